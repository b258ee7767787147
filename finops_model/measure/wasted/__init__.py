"""Waste in a brief: what it cost in the month and since when, of the company or of a unit (docs/method §17.11)."""
