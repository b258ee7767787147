"""The shape of a table inside a grid of cells: its header of one or several lines, its subtotals, records written one below the other."""
