"""Sheets of the plan: months, quarters and years against the budget, what-ifs, decisions, what runs out."""
