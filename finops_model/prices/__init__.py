"""What it costs: dated prices, rate forms, commitments, settlement (docs/method.md §4, §5, §8)."""
