"""Packs: what an audience is shown of a month of a workspace (docs/method §15.80)."""
