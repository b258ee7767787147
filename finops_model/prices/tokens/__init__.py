"""What tokens cost: vendors' buckets, list prices, sizes, and usage records."""
