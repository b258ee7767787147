"""Cost per resolved conversation, per million tokens, and the share of R&D: plain sums of the same patterns."""

import calendar
import json

said = {}
for number, word in ((9, "then"), (10, "now")):
    days = range(1, calendar.monthrange(2026, number)[1] + 1)
    read = sum(40 + day + number for day in days)  # millions of tokens
    written = sum(10 + number for day in days)
    lab = 6 * len(days)
    cost = 2.0 * read + 8.0 * written
    whole = cost + 2.0 * lab
    said |= {
        f"resolved {word}": cost / sum(1000 + 15 * day for day in days),
        f"tokens {word}": whole / (read + written + lab),
        f"input {word}": 2.0,
        f"output {word}": 8.0,
        f"lab {word}": 2.0 * lab / whole,
    }
said["sentence"] = [
    f"was {said['resolved then']:.4g} in September",
    f"and {said['resolved now']:.4g} in October",
]
print(json.dumps(said))
