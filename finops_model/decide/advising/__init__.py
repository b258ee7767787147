"""Advice that is simulated: what each saves on the base's draws, which go together, what a set saves and overlaps."""
