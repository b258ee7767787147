"""What is not known, as distributions and risks: elicited, fitted, correlated, and the answers read from paths."""
