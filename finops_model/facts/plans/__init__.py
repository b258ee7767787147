"""What people decided: budgets, drivers, invoices, the organisation, commitments."""
