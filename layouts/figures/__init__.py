"""Plotly figures and drawn lines, from series of a snapshot. Texts beside them stand in panels."""
