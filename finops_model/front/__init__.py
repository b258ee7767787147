"""Names of the front door that ask several rooms: `fm.forecast`, of a series, a table or a workspace; used by cli alone."""
