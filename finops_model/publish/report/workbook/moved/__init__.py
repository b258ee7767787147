"""Sheets of what moved: since the month before, since the last report, what carries an overrun, the past and how it was forecast."""
