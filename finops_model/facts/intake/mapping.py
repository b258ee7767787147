"""The mapping of a table: which column is what, how it is written, what is left out, what is in doubt (docs/mapping.md, method §13.30)."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from ...documents import checked, dump_yaml, load_yaml, write_atomic
from ...errors import printable
from ...settings import Strict
from ..basis import FORMS, OTHER
from .shape.heading_words import ROLES
from .written import BLANK, cells_of, date_order, decimal_mark, line_of, usual_mark

__all__ = [
    "BLANK",
    "Mapping",
    "cells_of",
    "date_order",
    "decimal_mark",
    "line_of",
    "load_mapping",
    "usual_mark",
]

TAGS = ("team", "environment", "workload", "business_unit")
Category = Literal["Usage", "Purchase", "Tax", "Credit", "Adjustment"]
ABOUT = "# Which column is what (every field: docs/mapping.md). Correct it and give it with --mapping FILE.\n"
UNSAVED = (
    "doubts",
    "open_money",
    "open_totals",
    "off_totals",
    "rivals",
)  # a saved mapping is its owner's word: what it says is no doubt any more


class Mapping(Strict):
    """How a table becomes a bill: columns by role, how dates and numbers are written, what was assumed, what is in doubt.

    >>> Mapping(date="Day", amount="Cost").doubts
    ()
    """

    file: str = ""
    sheet: str | None = None
    date: str | None = None  # column with a day
    month: str | None = None  # column with a month
    months: dict[str, str] = {}  # or: column -> month YYYY-MM, one column per month
    date_order: Literal["iso", "day first", "month first"] = "iso"
    date_order_assumed: bool = False  # no cell tells the order: the default was taken
    whole_months: bool = False  # each row is the cost of a whole month, spread evenly over its days
    amount: str | None = None
    basis: Literal["Billed", "Effective"] = "Billed"  # of the amount: cash, or amortised
    decimal: Literal[".", ","] = "."
    decimal_assumed: bool = False
    decimals: dict[str, Literal[".", ","]] = {}  # columns that write their numbers another way
    scale: Annotated[Decimal, Field(gt=0)] = Decimal(
        1
    )  # 1000 where the table is in thousands, 0.01 where it is in cents
    currency: str | None = None  # column
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = (
        "USD"  # where neither column nor cell says
    )
    currency_assumed: bool = False
    team: str | None = None
    environment: str | None = None
    service: str | None = None
    workload: str | None = None
    business_unit: str | None = None
    quantity: str | None = None
    unit: str | None = None
    account: str | None = None
    provider: str | None = None
    sku: str | None = None
    region: str | None = None
    category: str | None = None  # column that says usage, tax, credit, purchase
    categories: dict[str, Category] = {}  # words of that column that are not known by themselves
    add: dict[
        str, Category
    ] = {}  # columns whose amounts are charges beside the amount: added as they are written
    subtract: dict[str, Category] = {}  # the same, written without a minus: taken off
    ignore: tuple[str, ...] = ()  # columns with money that are left out on purpose
    fixed: dict[
        Literal["provider", "service", "account", "region", "sku", "unit"], str
    ] = {}  # role -> what every row without such a column says
    leave: tuple[str, ...] = ()  # lines that look like totals and are left out: 'label = amount'
    count: tuple[str, ...] = ()  # such lines that are charges
    found: dict[str, str] = {}  # role -> what was seen, for readers
    notes: tuple[str, ...] = ()
    doubts: tuple[
        str, ...
    ] = ()  # what could be read another way, each with what to write; () = unambiguous
    open_money: tuple[str, ...] = ()  # columns with money that no field names yet
    open_totals: tuple[
        str, ...
    ] = ()  # lines that may be totals and that neither leave nor count names; they are counted
    rivals: tuple[
        tuple[str, ...], ...
    ] = ()  # a role, then the columns that could have it: first the one that is taken
    off_totals: tuple[
        str, ...
    ] = ()  # totals at the bottom that the lines above do not sum to; they are left out

    def mark(self, column: str | None) -> str:
        """The decimal mark of a column.

        >>> Mapping(amount="Kosten", decimal=",", decimals={"Hours": "."}).mark("Hours")
        '.'
        """
        return self.decimals.get(column or "", self.decimal)

    def settled(self) -> Mapping:
        """The mapping after somebody has looked and agreed: no doubts, and what was not counted stands in `ignore`.

        >>> agreed = Mapping(amount="Cost", doubts=("'VAT' is not counted",), open_money=("VAT",)).settled()
        >>> agreed.doubts, agreed.ignore
        ((), ('VAT',))
        """
        return self.model_copy(
            update={
                "doubts": (),
                "open_money": (),
                "ignore": (*self.ignore, *self.open_money),
                "open_totals": (),
                "rivals": (),
                "count": (*self.count, *self.open_totals),
                "off_totals": (),
                "leave": (*self.leave, *self.off_totals),
            }
        )

    def save(self, path: str | os.PathLike):
        """Write the mapping as YAML; what is not there is left out, doubts stand above as remarks."""
        kept = {
            key: value
            for key, value in self.model_dump(mode="json").items()
            if value not in (None, {}, [], "", False) and key not in UNSAVED
        }
        kept.pop("scale", None)
        if self.scale != 1:
            kept["scale"] = (
                int(self.scale) if self.scale == int(self.scale) else format(self.scale, "f")
            )
        doubts = "".join(
            f"# IN DOUBT: {printable(' '.join(doubt.split()))}\n" for doubt in self.doubts
        )
        return write_atomic(path, ABOUT + doubts + dump_yaml(kept))

    def describe(self) -> str:
        """One line per role: what it is, from which column, what was seen in it; then what to look at twice ('!') and doubts ('?')."""
        lines = []
        for role in (
            "date",
            "month",
            "amount",
            *(r for r in ROLES if r not in ("date", "month", "amount")),
        ):
            column = getattr(self, role)
            if column is not None:
                seen = self.found.get(role)
                lines.append(f"{role.replace('_', ' ')} ← '{column}'{f' ({seen})' if seen else ''}")
        if self.months:
            first, last = min(self.months.values()), max(self.months.values())
            lines.insert(
                0,
                f"month ← {len(self.months)} columns '{next(iter(self.months))}' … '{list(self.months)[-1]}' ({first} … {last})",
            )
        if self.currency is None:
            lines.append(
                f"currency ← {self.currency_code} ({'assumed: the table does not say' if self.currency_assumed else 'as the table says'})"
            )
        other = OTHER[self.basis]
        lines.append(
            f"basis ← {self.basis} ({FORMS[self.basis]}): {other}Cost is not known; where the amounts are {FORMS[other]}, write basis: {other}"
        )
        if self.found.get("currencies"):
            lines.insert(0, self.found["currencies"])
        return "\n".join(
            [
                *lines,
                *(f"! {note}" for note in self.notes),
                *(f"? {doubt}" for doubt in self.doubts),
            ]
        )


def load_mapping(path: str | os.PathLike) -> Mapping:
    """The mapping in a YAML file."""
    return checked(Mapping, load_yaml(path))
