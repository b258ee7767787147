"""Files of the FinOps cycle that people give: one module per table, every refusal with file, line and column (docs/cycle)."""
