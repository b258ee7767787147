"""The basis of every money figure of a brief: which section is billed, which effective, and where one amount is taken for the other."""
