"""A scenario becomes paths of cost: compiled to a plan, run on an engine, kept as a run."""
