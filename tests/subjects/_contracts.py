"""What the subjects of contracts share: objects from mappings, answers by day and month."""

from dataclasses import fields

import numpy as np

from finops_model.prices.terms.dates import later

from . import known


def make(kind, mapping: dict, what: str):
    """A dataclass from a mapping; a key it does not have is a slip."""
    known(mapping, [field.name for field in fields(kind)], what)
    return kind(
        **{
            key: tuple(value)
            if isinstance(value, list) and key not in ("quantity", "list_cost")
            else value
            for key, value in mapping.items()
        }
    )


def by(keys, values) -> dict:
    """{text of a day or month: money}, money of one key added up; (..., key) values."""
    result: dict = {}
    for i, key in enumerate(keys):
        result[str(key)] = result.get(str(key), 0.0) + np.asarray(values, float)[..., i]
    return result


def end_of(subject: dict, start) -> str:
    """The exclusive end a mapping states: end, or hours, days, months or years of a term (taken out of the mapping)."""
    stated = [key for key in ("end", "hours", "days", "term_months", "years") if key in subject]
    assert len(stated) == 1, f"give one of end, hours, days, term_months and years, not {stated}"
    start, length = np.datetime64(str(start), "D"), subject.pop(stated[0])
    if stated[0] == "end":
        return length
    if stated[0] in ("term_months", "years"):
        return str(later(start, int(length) * (12 if stated[0] == "years" else 1)))
    days = length / 24 if stated[0] == "hours" else length
    assert days == int(days), "hours of a term must be whole days of 24"
    return str(start + int(days))
