"""Ways to find the best commitment: closed laws, cases, a linear program, layers."""
