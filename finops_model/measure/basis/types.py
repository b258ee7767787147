"""The brief's `basis`, typed. Light, nothing but `typing` is imported."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, NotRequired, TypedDict

Name = Literal["Billed", "Effective", "Contracted", "List"]


class TakenFor(TypedDict):
    """An issuer whose cost on one basis is not known, so that the other amount is taken for it; decimal text of the month's bill."""

    issuer: str
    not_known: Name
    taken: Name
    first: str
    last: str
    amount: str
    why: str
    left_out: NotRequired[
        str
    ]  # decimal text: commitments bought that are in no month's cost, of all periods
    currency: NotRequired[str]


class Basis(TypedDict):
    """On which basis the money of each section stands, and whose is not known."""

    sections: dict[str, Name]
    taken: list[TakenFor]
