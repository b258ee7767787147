"""How wide a forecast is: error paths, pooled errors, noise, demand of many workloads."""
