"""Layers of a scenario: what they are, and those that approved actions add to the base."""
