"""A question is answered in one form: sentence, table, range, reason, next best, one picture; by command, `fm` and notebook alike."""
