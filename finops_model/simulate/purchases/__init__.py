"""Purchases on paths: their use as columns of the kernel, and what their ways charge for it (docs/method §3.42)."""
