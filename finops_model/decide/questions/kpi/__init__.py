"""Answers on KPIs: which there are and which have data here, and how they moved month by month."""
