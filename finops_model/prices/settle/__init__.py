"""From usage to charges: hourly and monthly settlement, invoices, adjustments, whole cents."""
