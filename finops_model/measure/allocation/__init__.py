"""Whose cost it is: shared cost given out, and tables by each dimension (docs/method §13.64)."""
