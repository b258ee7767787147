"""What differs between two states of a catalog, and which of it breaks the rule that history is only appended to (docs/method §4.6)."""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass, is_dataclass
from pathlib import Path

import numpy as np

from ...errors import PriceError
from . import odd
from .catalog import Catalog, Price, load_catalog

ALLOWED = ("added", "appended", "ended")  # what a newer state may do to an older one
BROKEN = (
    "removed",
    "lost",
    "changed",
)  # what it may not: a report of last year could not be rebuilt


@dataclass(frozen=True)
class Change:
    """One difference between two catalogs."""

    sku: str
    what: str  # added, appended, ended; removed, lost, changed
    since: str  # the price it is about
    before: object = None  # rate form before, None where there was none
    after: object = None  # rate form after
    percent: float | None = (
        None  # change of the price in percent; None where no single number says it
    )

    @property
    def breaks_history(self) -> bool:
        """Whether an older report could no longer be rebuilt."""
        return self.what in BROKEN


def diff(before: Catalog, after: Catalog) -> tuple[Change, ...]:
    """Differences by SKU and date, sorted.

    added      a SKU, with its newest price             removed   a SKU
    appended   a later price; before: the price until then   lost      a dated price that is gone (or one put in before a later one: changed)
    ended      a price got its last day                 changed   a past price, unit or currency
    """
    changes = []
    for sku in sorted(before.prices.keys() | after.prices.keys()):
        old, new = before.prices.get(sku, ()), after.prices.get(sku, ())
        if not old or not new:
            last = (old or new)[-1]
            changes.append(
                Change(
                    sku,
                    "removed" if old else "added",
                    last.since,
                    last.rate if old else None,
                    last.rate if new else None,
                )
            )
            continue
        changes += _history(sku, old, new)
    return tuple(changes)


def _history(sku: str, old: tuple[Price, ...], new: tuple[Price, ...]) -> list[Change]:
    had, has = {price.since: price for price in old}, {price.since: price for price in new}
    changes = []
    for since in sorted(had.keys() | has.keys()):
        before, after = had.get(since), has.get(since)
        if after is None:
            changes.append(Change(sku, "lost", since, had[since].rate))
        elif before is None:
            then = [price for price in new if price.since < since]
            previous = then[-1].rate if then else None
            late = since > old[-1].since
            changes.append(
                Change(
                    sku,
                    "appended" if late else "changed",
                    since,
                    previous,
                    after.rate,
                    percent(previous, after.rate),
                )
            )
        elif (before.rate, before.unit, before.currency) != (
            after.rate,
            after.unit,
            after.currency,
        ):
            same = (before.unit, before.currency) == (after.unit, after.currency)
            changes.append(
                Change(
                    sku,
                    "changed",
                    since,
                    before.rate,
                    after.rate,
                    percent(before.rate, after.rate) if same else None,
                )
            )
        elif before.until != after.until and not (
            before.until is None and after.until in has
        ):  # else it ended by its successor
            changes.append(
                Change(
                    sku,
                    "ended" if before.until is None else "changed",
                    since,
                    before.rate,
                    after.rate,
                )
            )
    return changes


def percent(before, after) -> float | None:
    """By how many percent a rate form changed; None unless all of its prices moved by the same factor and nothing else moved.

    >>> from ..rates import make
    >>> percent(make("linear", {"price": 10.0}), make("linear", {"price": 2.0}))
    -80.0
    """
    if type(before) is not type(after) or not is_dataclass(before):
        return None
    names = before.__dataclass_fields__
    money = [name for name in names if name in ("price", "prices", "flat", "fee", "minimum")]
    if not money or any(
        getattr(before, name) != getattr(after, name) for name in names if name not in money
    ):
        return None
    old, new = (
        np.concatenate([np.ravel(getattr(rate, name)) for name in money]).astype(float)
        for rate in (before, after)
    )
    if old.shape != new.shape or ((old == 0) != (new == 0)).any() or not (old > 0).any():
        return None
    factors = new[old > 0] / old[old > 0]
    return (
        float(round((factors[0] - 1) * 100, 6))
        if np.allclose(factors, factors[0], rtol=1e-9)
        else None
    )


def describe(rate, unit: str = "") -> str:
    """A rate form in a few words: `0.3 per 1,000,000 Tokens`, `graduated 0: 0.09, 10,240: 0.085 per GB`.

    >>> from ..rates import make
    >>> describe(make("graduated", {"starts": [0, 10], "prices": [2.0, 1.0]})), describe(make("linear", {"price": 0.3, "block": 1e6}), "Tokens")
    ('graduated 0: 2, 10: 1', '0.3 per 1,000,000 Tokens')
    >>> describe(make("volume", {"starts": [0, 10], "prices": [2.0, 1.0], "flat": [0, 5]}), "Seats")
    'volume 0: 2 and 0 flat, 10: 1 and 5 flat per Seats'
    """
    if rate is None:
        return "–"
    fields = dict(zip(rate.__dataclass_fields__, astuple(rate)))
    block = fields.pop("block", 1.0)
    size = "" if block == 1 else f"{block:,.0f}" if float(block).is_integer() else f"{block:g}"
    per = f" per {' '.join(filter(None, (size, unit)))}" if size or unit else ""
    kind = type(rate).__name__.lower()
    if set(fields) == {"price"}:
        return f"{fields['price']:.10g}{per}"
    if set(fields) == {"starts", "prices", "flat"}:
        flat = [f" and {fee:,.10g} flat" for fee in fields["flat"]] or [""] * len(fields["starts"])
        return (
            f"{kind} "
            + ", ".join(
                f"{start:,.10g}: {price:.10g}{fee}"
                for start, price, fee in zip(fields["starts"], fields["prices"], flat)
            )
            + per
        )
    return (
        f"{kind} "
        + ", ".join(
            f"{name} {value:,.10g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in fields.items()
        )
        + per
    )


def compare_places(before: str | os.PathLike, after: str | os.PathLike, day: str) -> list[dict]:
    """Differences of two price folders or documents, two tables of exchange rates or two token snapshots, as plain data.

    day   for token snapshots: prices in force on it are compared

    Returns dicts: what, name, since, before, after (texts), percent, breaks_history. Raises PriceError where the two are not of one sort.
    """
    sorts = [_sort(Path(place)) for place in (before, after)]
    if sorts[0] != sorts[1]:
        raise PriceError(
            f"{before} holds {sorts[0]}, {after} holds {sorts[1]}: compare two of the same sort."
        )
    if sorts[0] == "exchange rates":
        from .fx import stored
        from .refresh import merge

        rates, added, changed, removed = merge(stored(before), stored(after), replace=True)
        changes = [
            _plain("changed", name, since, old, new, True)
            for text in changed
            for name, since in [text.partition(": ")[0].split(" ")]
            for old, new in [text.partition(": ")[2].split(" -> ")]
        ]
        for what, count, breaks in (("added", added, False), ("removed", removed, True)):
            if count:
                changes.append(
                    _plain(what, "rates", str(rates.days[-1]), "", f"{count:,} values", breaks)
                )
        return changes
    if sorts[0] == "token prices":
        from ..tokens import refresh as token_refresh
        from ..tokens.table import load_tokens

        return [
            _plain(
                "added" if one["old"] is None else "removed" if one["new"] is None else "changed",
                " ".join(
                    filter(
                        None, (f"{one['provider']}/{one['model']}", one["context"], one["bucket"])
                    )
                ),
                day,
                "" if one["old"] is None else f"{one['old']:g}",
                "" if one["new"] is None else f"{one['new']:g}",
                False,
            )
            for one in token_refresh.changes(
                load_tokens(before, corrections=""), load_tokens(after, corrections=""), day
            )
        ]
    return [
        {
            "what": one.what,
            "name": one.sku,
            "since": one.since,
            "before": describe(one.before),
            "after": describe(one.after),
            "percent": one.percent,
            "breaks_history": one.breaks_history,
        }
        for one in diff(load_catalog(before), load_catalog(after))
    ]


def _sort(path: Path) -> str:
    if path.is_dir() or path.suffix in (".yaml", ".yml"):
        return "price documents"
    if path.suffix == ".jsonl":
        return "token prices"
    if path.name.endswith((".csv", ".csv.gz")):
        return "exchange rates"
    raise PriceError(
        f"{path}: neither price documents (.yaml), nor exchange rates (.csv, .csv.gz), nor a token snapshot (.jsonl)."
    )


def _plain(what: str, name: str, since: str, before: str, after: str, breaks: bool) -> dict:
    moved = None
    if what == "changed" and before and after:
        moved = round((float(after) / float(before) - 1) * 100, 6) if float(before) else None
    return {
        "what": what,
        "name": name,
        "since": since,
        "before": before,
        "after": after,
        "percent": moved,
        "breaks_history": breaks,
    }


def odd_places(before: str | os.PathLike, after: str | os.PathLike, day: str) -> list[str]:
    """What looks odd in the newer of two price folders or token snapshots, one sentence each (odd.py); rates have nothing to tell.

    day   for token snapshots: prices in force on it are compared
    """
    sort = _sort(Path(after))
    if sort == "token prices":
        from ..tokens.table import load_tokens

        old, new = (load_tokens(place, corrections="") for place in (before, after))
        corrected = [one for one in load_tokens().records if one.get("corrected")]
        return list(odd.of_tokens(old, new, day, corrected))
    if sort == "price documents":
        return list(odd.of_documents(load_catalog(before), load_catalog(after)))
    return []
