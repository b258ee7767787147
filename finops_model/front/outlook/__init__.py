"""`fm.roi`, and what `finops kpi` says of coming months, of driver sets, of margin and of quality against cost."""
