"""What `finops commit` says: every level of every offer, offers side by side, ladders, answers to "how many"."""
