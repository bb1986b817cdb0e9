"""Kinds that are simple tables: declared by their fields, and all loaded by the same code.

`fields` says what a field may be, `kinds` declares the kinds, `mapping` is what an operator writes,
`reading` gives texts their types, `checking` finds what is wrong, `publishing` writes rows. Kinds
that need more than that have a module of their own: `regions`, `zones`, `outlines`, `steps`,
`reported`.
"""
