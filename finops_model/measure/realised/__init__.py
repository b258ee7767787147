"""What an action saved by the bill: unit cost before × volume after at the day's prices − what was paid, with its range (docs/method §17.60)."""
