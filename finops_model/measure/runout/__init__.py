"""When it runs out: budgets, balances, credits, commitments and quotas, all by `uncertainty.chances.runout` (docs/method §9.21–§9.23)."""
