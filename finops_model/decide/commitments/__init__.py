"""How much to commit: offers, demand, ladders, replays, and the answer in words."""
