"""Budgets, invoices and drivers as finops.yaml names them: one file or several together (docs/method §13.56)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd

from ...periods import Calendar
from ...settings import Settings
from . import read
from .budgets import Budgets

OCCURRENCE = "occurrence"  # which of several equal invoices of one file a row is


def budgets(settings: Settings) -> Budgets | None:
    """The budgets that finops.yaml names; None where it names none."""
    if not settings.budgets:
        return None
    return all_budgets(settings.named(settings.budgets), settings.currency, weeks_of(settings))


def weeks_of(settings: Settings) -> Calendar | None:
    """The calendar of a company whose year is weeks, which budgets may name periods of; None of months."""
    return settings.calendar_of() if settings.of_weeks else None


def invoices(settings: Settings) -> pd.DataFrame | None:
    """The invoices that finops.yaml names, as `read_invoices` gives them; None where it names none."""
    return all_invoices(settings.named(settings.invoices)) if settings.invoices else None


def all_budgets(paths: Sequence[Path], currency: str, calendar: Calendar | None = None) -> Budgets:
    """The budgets of several files as those of one: a line that stands in several of them counts once.

    Raises InputError where two files say something else of one version, unit and month.
    """
    parts = [read.read_budgets(path, currency, calendar) for path in paths]
    names = sorted({name for part in parts for name in part.dimensions})
    each = {
        name: _as_one(
            [part.dimensions[name] for part in parts if name in part.dimensions], currency
        )
        for name in names
    }
    return replace(_as_one(parts, currency), dimensions=each)


def _as_one(parts: Sequence[Budgets], currency: str) -> Budgets:
    """Lines of several files, those that stand in several of them once."""
    if len(parts) == 1:
        return parts[0]
    lines = pd.concat([_whole(part.frame, parts) for part in parts], ignore_index=True)
    where = [f"{line} of {part.name}" for part in parts for line in part.frame["line"]]
    once = ~lines.drop(columns="line").duplicated()
    return Budgets(
        lines.assign(line=where)[once].reset_index(drop=True),
        ", ".join(part.name for part in parts),
        currency,
        all(part.stated for part in parts),
        calendar=parts[0].calendar,
    )


def _whole(frame: pd.DataFrame, parts: Sequence[Budgets]) -> pd.DataFrame:
    """A file's lines with the columns that only other files have: nothing is held back, no time of an approval is said."""
    blank = {"held_back": Decimal(0), "held_by": "", "approved_at": ""}
    missing = {
        name: value
        for name, value in blank.items()
        if name not in frame and any(name in part.frame for part in parts)
    }
    return frame.assign(**missing)


def all_invoices(paths: Sequence[Path]) -> pd.DataFrame:
    """The invoices of several files: one that stands in several of them counts once, two equal ones of one file count twice.

    InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount (Decimal).
    """
    return union([read.read_invoices(path) for path in paths])


def union(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of invoices as one: of equal rows as many as the file that has most of them.

    >>> one, two = (pd.DataFrame({"BillingPeriod": months, "Amount": 5}) for months in (["2026-10"], ["2026-10", "2026-10", "2026-11"]))
    >>> union([one, two])["BillingPeriod"].tolist()
    ['2026-10', '2026-10', '2026-11']
    """
    numbered = [
        part.assign(**{OCCURRENCE: part.groupby(list(part.columns)).cumcount()}) for part in parts
    ]
    joined = pd.concat(numbered, ignore_index=True).drop_duplicates(ignore_index=True)
    return joined.drop(columns=OCCURRENCE)


def known_before(new: pd.DataFrame, there: pd.DataFrame) -> int:
    """How many of the new invoices stand in those that are there already, so that they add nothing.

    >>> one = pd.DataFrame({"BillingPeriod": ["2026-10", "2026-11"], "Amount": 5})
    >>> known_before(one, one.head(1))
    1
    """
    return len(new) + len(there) - len(union([there, new]))
