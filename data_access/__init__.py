"""The only part that speaks SQL or runs the database: schema, imports, readings, server.

Nothing here knows dash or how a number looks. Callers get plain values of ``dashboard``.
"""
