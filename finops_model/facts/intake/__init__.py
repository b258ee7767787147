"""From a person's own file to rows: what a file is, which column means what, and who exports such files."""
