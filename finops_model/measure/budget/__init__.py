"""A budget against its own period: where it lands, its parts, and what it leaves out."""
