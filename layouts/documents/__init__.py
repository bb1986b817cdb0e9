"""Files made from the dictionary or from a snapshot; everything on a screen stands elsewhere."""
