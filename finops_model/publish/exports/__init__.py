"""Actuals, forecast, scenarios and budget as one FOCUS-shaped table: what another tool unites with a bill."""
