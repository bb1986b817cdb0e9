"""Loading what a site has: rows of any source become rows of the governance database, by a mapping.

One street for every kind (`importing`): a source gives chunks of texts (`sources`), the kind's own
street understands and checks them, `staging` keeps what was accepted in a batch (`batches`) that
nobody sees, and one transaction makes it visible; `report` lists what was found.

Cases (`cases`): `case_mapping` says what a file means, `interpreting` gives values their types,
`checks` rejects or doubts, `case_rows` writes rows for the server, `whole_file` checks the file as
a whole, `publishing` writes cases and steps. All other kinds are declared in `tables`.

`command` is what `cockpit import` calls; `first_mapping` what `cockpit import --init` calls.
"""
