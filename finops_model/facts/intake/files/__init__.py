"""A file from outside, opened with suspicion: its kind, its text cells, and the lines that are no rows."""
