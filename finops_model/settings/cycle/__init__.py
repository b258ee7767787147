"""What finops.yaml says of the FinOps cycle: files of outcomes, actions, reviews; policies and thresholds."""
