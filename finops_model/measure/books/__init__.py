"""What is booked: rates, periods, accruals, prepaid, journal and statements, in Decimal."""
