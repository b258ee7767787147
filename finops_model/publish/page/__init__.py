"""The page of a report: its first page, its sections, its tables."""
