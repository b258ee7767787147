"""Terms of contracts: agreements, credits, payments, subscriptions, ending early."""
