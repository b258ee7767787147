"""Sheets of the books: why cost moved (docs/method §10.4), who is paid, what was committed, cash beside expense."""
