"""The Monday list: what moved, what is wasted, what was raised; whose it is, why, a ticket for it, and what was answered (docs/method §12.21)."""
