"""Usage joined to money: what a model, key, job or request cost, how well machines were used, what is not billed yet."""
