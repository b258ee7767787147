"""Next year's budget drafted, money moved between lines, what is left of a year that ends (docs/method §9.40)."""
