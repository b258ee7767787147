"""How mature FinOps is here, by what can be measured: capabilities, milestones and practices (docs/method §18)."""
