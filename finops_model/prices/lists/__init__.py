"""Price lists by date: the catalog, exchange rates, changes between two days, and how they are renewed."""
