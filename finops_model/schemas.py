"""Versions of what is written and read again: one number per kind of document, raised when what a key means changes.

A key that is added keeps the number: readers pass over keys they do not know and give those that are missing their default. A document
of a newer number is refused, one of an older number is read (docs/compatibility.md).
"""

from __future__ import annotations

from .errors import FinOpsError, as_written

NEWEST = {
    "ledger record": 1,
    "brief": 1,
    "run": 1,
    "scenario": 1,
    "usage record": 1,
    "record store": 1,
}


def check_schema(kind: str, found, where: str, error: type[FinOpsError] = FinOpsError) -> int:
    """The schema number of a document, if this version reads it; raises `error` otherwise.

    >>> check_schema("brief", 1, "brief.json")
    1
    >>> check_schema("brief", 2, "brief.json")
    Traceback (most recent call last):
        ...
    finops_model.errors.FinOpsError: brief.json: schema 2 of a brief; this version of finops-model reads up to 1. Use the version that wrote it.
    """
    newest = NEWEST[kind]
    if isinstance(found, int) and not isinstance(found, bool) and 1 <= found <= newest:
        return found
    if isinstance(found, int) and found > newest:
        raise error(
            f"{where}: schema {found} of a {kind}; this version of finops-model reads up to {newest}. Use the version that wrote it."
        )
    told = "none is written there" if found is None else f"{as_written(found, 40)} is written there"
    raise error(f"{where}: the schema of a {kind} is a number from 1 to {newest}; {told}.")
