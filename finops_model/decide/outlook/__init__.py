"""Answers on value and on unit costs ahead: return, payback, ranges of coming months, quality against cost."""
