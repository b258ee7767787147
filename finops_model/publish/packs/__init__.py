"""One page for an audience: one template, six audiences (docs/method §15.80)."""
