"""A resolved scenario becomes a plan of arrays."""
