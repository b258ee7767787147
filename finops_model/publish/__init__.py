"""What people see: reports, workbook, archive, dashboard. Every number on them comes from a brief (docs/architecture.md §5)."""
