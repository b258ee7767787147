"""Workers of pytest-xdist are told the width of the terminal; the command line must find its own, as it does for users."""

import os

os.environ.pop("COLUMNS", None)
