"""Sections of finops.yaml about what is booked: fiscal periods, exchange rates."""
