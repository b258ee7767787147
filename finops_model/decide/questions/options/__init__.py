"""`finops options`: any list of offers and ways to buy on the same draws and the same demand (docs/method §8.60–§8.66)."""
