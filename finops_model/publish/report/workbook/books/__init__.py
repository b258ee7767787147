"""Sheets of the books: why cost moved (docs/method §10.4)."""
