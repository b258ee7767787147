"""What a workspace knows of the future, as arrays of days: events, drivers, holidays, caps, overrides."""
