"""How daily facts are asked of the ledger's rows: columns, and expressions that run where the bill lies."""
