"""Questions about budgets on a workspace: the draft of a year, and a budget's life from proposal to close."""
