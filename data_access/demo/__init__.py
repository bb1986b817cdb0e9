"""The demo province: real names, codes and county outlines of Zhejiang, everything below invented.

Here: regions, their outlines and figures, code lists, organisations and the invented cases, each a
pure function of a seed, and what writes them to a database. Not here: the import of real data
(`data_access.imports`). Towns have real names and codes; outlines of towns, and villages and grids
altogether, are illustrative (示意). No name, address or number of a person is made up either.
"""
