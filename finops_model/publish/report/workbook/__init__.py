"""The Excel workbook beside a report: a file per sheet, live formulas where a figure is a product or a sum."""
