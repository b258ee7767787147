"""From a series to its forecast: methods, the ensemble, widths, covariates, backtests."""
