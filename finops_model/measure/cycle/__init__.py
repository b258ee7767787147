"""What a workspace knows besides its bill, gathered for KPIs: use, customers, quality, budgets, published forecasts, anomalies, tags, waste."""
