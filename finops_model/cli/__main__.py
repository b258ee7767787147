"""`python -m finops_model.cli`."""

from . import main

main()
