"""A scenario document: read, checked, layered over the ledger's base, and explained."""
