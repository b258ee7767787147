"""Oracles: closed forms and moments that the product is held to; no product (docs/method §3.25, §3.29)."""
