"""`fm.forecast` of a series, a table or a workspace, and what it gives."""
