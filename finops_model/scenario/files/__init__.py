"""Scenario files as things to work with: written from words, listed, told in words, compared, looked through for slips."""
