"""Unit costs of coming months, driver sets, margin, what value returns, quality against cost (docs/method §16.50)."""
