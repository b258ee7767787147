"""Why one state of cost differs from another, step by step and to the cent: plan, forecast, actual, scenario (docs/method §10.4)."""
