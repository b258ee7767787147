"""The bridge of two states of a workspace: `fm.bridge`, `finops bridge`, its files (docs/method §10.8)."""
