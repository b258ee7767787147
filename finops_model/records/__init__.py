"""The records: what was published, approved, closed, booked and decided, one row after the other, never changed (docs/method §14.3).

`store` keeps them, `states` says how far a period is, `audit` whether the chain of rows is whole, `rows` what a row says.
"""
