"""How cost moved in a year, and how a forecast moved since the one before: growth, revisions."""
