"""Loading what a site has: files become rows of the governance database, by a mapping.

One street for every kind: `mapping` says what a file means, `reading` takes it in chunks,
`interpreting` gives the values types, `checks` rejects or doubts, `staging` keeps what was accepted
in a batch (`batches`) that nobody sees, `whole_file` checks it as a whole, `publishing` makes it
visible in one transaction, `report` lists what was found. `incidents` drives the street for
incidents. The command itself stands in cli.py.
"""
