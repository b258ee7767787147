"""Purchases of a scenario: what is bought in which way, what it is used for, and from when (docs/method §3.41)."""
