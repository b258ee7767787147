"""What it costs: dated prices, rate forms, commitments, settlement (docs/method §4, §5, §8)."""
