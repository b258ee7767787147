"""Daily usage and cost by workload, allocated to teams and units, and how far each source reaches."""
