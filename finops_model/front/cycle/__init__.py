"""Names of the front door of the FinOps cycle that ask several rooms: `fm.maturity`; `finops agenda`."""
