"""The page of maturity: levels, what holds them, milestones, practices, trend (docs/method §18.11)."""
