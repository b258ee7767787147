"""Books as plain loops over rows: another way than the product (docs/method §14.20)."""
