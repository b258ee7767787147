"""Levers as a scenario pulls them: a change is read, and all levers of a workload act on its units."""
