"""Deliveries, judged and kept: rows that add up, and a record of each that is written once."""
