"""Page one: quarters and years, what carries an overrun, what to decide, what changed (docs/method §9)."""
