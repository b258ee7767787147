"""The close of a period: gathered, walked through its states, its files and its page (docs/method §14.60)."""
