"""A published report: built beside, renamed into place, listed, verified."""
