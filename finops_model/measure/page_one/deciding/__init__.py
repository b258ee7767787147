"""What there is to decide, and what is signed already: commitments that end, what-ifs with a day, what runs out (docs/method §9.31)."""
