"""The archive of published reports: immutable sets, generations that list them, one link that commits (docs/method §15.31)."""
