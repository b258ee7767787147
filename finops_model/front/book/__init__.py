"""What-ifs as an Excel book with yellow cells: written, read with suspicion, answered by a book of results beside it."""
