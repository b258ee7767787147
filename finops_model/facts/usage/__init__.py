"""Usage and machine telemetry as facts: quantities, judged and kept beside the bills; never money."""
