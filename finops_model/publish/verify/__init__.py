"""Published reports made again from the ledger and held against what lies in the archive (docs/method §15.5)."""
