"""How far the data can be relied on: the data-quality card of a workspace and month (docs/method §13.70)."""
