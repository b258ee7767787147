"""`finops explain FIGURE`: where a figure comes from, by its id: formula, inputs, rows (docs/method §12.28)."""
