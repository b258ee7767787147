"""Facts: what happened. Exports come in, a ledger keeps them to the cent, the warehouse answers by day."""
