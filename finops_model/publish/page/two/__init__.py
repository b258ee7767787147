"""Page two and on: all that page one leaves out, in full."""
