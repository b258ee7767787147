"""The engines: the same plan of arrays, in numpy and compiled."""
