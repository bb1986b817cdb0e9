"""Where rows come from: delimited text, Excel, Parquet, GeoJSON, or a query on another database.

`rows` says what all of them offer; `opening` picks one for a file or a query. Here no value is
understood: everything is handed on as text, row by row known by its line.
"""
