"""Sections of the books on a page: fiscal periods, the company in its currency."""
