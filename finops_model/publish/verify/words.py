"""What is not as it was published, in the order a reader asks: which bill changed, by how much, which figures follow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ...errors import several
from ...measure.restated import CENT
from ...periods import month_name
from ..report.briefs import lookup
from ..report.manifest import compare_briefs

FIGURES = (
    ("actual/month", "cost of the month"),
    ("actual/year_to_date", "year to date"),
    ("budget/month", "budget of the month"),
    ("landing/budget", "budget of the year"),
    ("landing/p50", "median landing of the year"),
    ("landing/p10", "P10 of the landing"),
    ("landing/p90", "P90 of the landing"),
    ("landing/overrun_probability", "chance of an overrun"),
    ("page_one/year_to_date/value", "year to date"),
    ("page_one/carriers/mean_overrun", "mean overrun"),
)
SHARES = {"landing/overrun_probability"}
NAMED = 6  # figures named one by one
RAW = 3  # places named as they stand, where no figure of page one moved
MADE_OF = "lineage/"  # what a brief says of its own making
Billed = dict[tuple[str, str], Decimal]


def billed(brief: Mapping) -> Billed:
    """(issuer, billing period): what the ledger held of the bill, as the tie-out of a brief says it."""
    return {
        (row["issuer"], row["billing_period"]): Decimal(row["ledger"] or 0)
        for row in brief["tie_out"]["rows"]
    }


def bills(
    currency: str, was: tuple[Billed, Mapping[str, float]], now: tuple[Billed, Mapping[str, float]]
) -> list[str]:
    """Bills, and months of use, that are other amounts now than when the report was published.

    was, now   (what was billed by issuer and period, cost by month)
    """
    changes = []
    for issuer, period in sorted({*was[0], *now[0]}):
        before, after = (side[0].get((issuer, period), Decimal(0)) for side in (was, now))
        if before != after:
            changes.append(
                f"the bill of {issuer} for {month_name(period)} was {before:,.2f} {currency} when it was published and is {after:,.2f} {currency} now "
                f"({after - before:+,.2f} {currency})"
            )
    for month in sorted({*was[1], *now[1]}):
        cost, costs = was[1].get(month, 0.0), now[1].get(month, 0.0)
        gap = costs - cost
        if abs(gap) >= CENT:
            changes.append(
                f"{month_name(month)} cost {cost:,.2f} {currency} when it was published and {costs:,.2f} {currency} now "
                f"({gap:+,.2f} {currency})"
            )
    return changes


def figures(published: Mapping, rebuilt: Mapping, places: list[str]) -> list[str]:
    """Figures of page one that moved, in words; where none did, the first places as they stand; and how many more differ.

    places   every place that differs, as `compare_briefs` names it
    """
    told = [*_figures(published, rebuilt), *_periods(published, rebuilt)]
    then, now = published.get("headline"), rebuilt.get("headline")
    shown = told[:NAMED]
    if then != now:
        shown.append(f"the headline: '{then}' was published, '{now}' now")
    left = len(places) - len(told) - (then != now)
    if not shown:
        shown, left = places[:RAW], len(places) - RAW
        return [*shown, *([f"and {several(left, 'more place')} of the brief"] if left > 0 else [])]
    if left > 0 or len(told) > NAMED:
        more = max(left, 0) + max(len(told) - NAMED, 0)
        shown.append(
            f"and {several(more, 'more figure')} of the report that {'follows' if more == 1 else 'follow'} from these"
        )
    return shown


def places_of(published: Mapping, rebuilt: Mapping) -> list[str]:
    """Every place in which a brief that was made again differs, bit for bit, but for what it says of its making."""
    return [
        line
        for line in compare_briefs(published, rebuilt, most=None)
        if not line.startswith(MADE_OF)
    ]


def numbers_of(published: Mapping, rebuilt: Mapping) -> tuple[list[str], list[str]]:
    """Numbers of a published brief that are others now, and those this version does not give; across versions, so to nine digits (§15.61).

    Texts, and what only this version knows to say, are not held against each other.

    >>> numbers_of({"a": 1.0, "b": "12.50", "c": "x", "old": 2}, {"a": 1.0000000000001, "b": "12.51", "new": 3})
    (['b: 12.50 was published, 12.51 now'], ['old'])
    """
    moved: list[str] = []
    gone: list[str] = []
    _numbers(published, rebuilt, "", moved, gone)
    return [line for line in moved if not line.startswith(MADE_OF)], gone


def _numbers(then: Any, now: Any, path: str, moved: list[str], gone: list[str]) -> None:
    name = path.lstrip("/")
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key, value in then.items():
            if key in now:
                _numbers(value, now[key], f"{path}/{key}", moved, gone)
            elif path in KEYED:
                moved.append(f"{name}/{key}: {value} was published, nothing now")
            elif _counts(value):
                gone.append(f"{name}/{key}".lstrip("/"))
    elif isinstance(then, list) and isinstance(now, list):
        for i, (left, right) in enumerate(zip(then, now, strict=False)):
            _numbers(left, right, f"{path}/{i}", moved, gone)
        if len(then) != len(now) and any(map(_counts, [*then, *now])):
            moved.append(f"{name}: {len(then)} entries were published, {len(now)} now")
    elif _counts(then) or _counts(now):
        one, other = _number(then), _number(now)
        if one is None or other is None or not _same(one, other):
            moved.append(f"{name}: {_plain(then)} was published, {_plain(now)} now")


def _plain(value: Any) -> str:
    return "nothing" if value is None else str(value)[:60]


KEYED = {"/actual/by_month", "/budget/by_month"}  # whose keys are months, not names of a version


def _same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= Decimal("1e-9") * max(abs(one), abs(other), Decimal(1))


def _counts(value: Any) -> bool:
    """Whether a value holds numbers: one itself, a decimal text, or a container of some."""
    if isinstance(value, Mapping):
        return any(map(_counts, value.values()))
    if isinstance(value, list):
        return any(map(_counts, value))
    return _number(value) is not None


def _number(value: Any) -> Decimal | None:
    """A value as an exact number; None for a text that is none, for yes and no, for nothing."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _figures(published: Mapping, rebuilt: Mapping) -> list[str]:
    currency, told = published["currency"], []
    for path, what in FIGURES:
        then, now = _figure(published, path), _figure(rebuilt, path)
        if then is None and now is None:
            continue
        if then is None or now is None:
            said = [
                "nothing" if one is None else _in_words(one, path, currency) for one in (then, now)
            ]
        elif abs(now - then) >= (0.0005 if path in SHARES else CENT):
            said = [_in_words(one, path, currency) for one in (then, now)]
        else:
            continue
        line = f"{what}: {said[0]} was published, {said[1]} now"
        if line not in told:
            told.append(line)
    return told


def _periods(published: Mapping, rebuilt: Mapping) -> list[str]:
    """Quarters and years of page one whose figure moved."""
    currency = published["currency"]
    sides = [
        {
            line.get("period"): line.get("value")
            for line in _value(brief, "page_one/periods/lines") or []
        }
        for brief in (published, rebuilt)
    ]
    return [
        f"{period}: {then:,.2f} {currency} was published, {now:,.2f} {currency} now"
        for period, then in sides[0].items()
        if then is not None
        and (now := sides[1].get(period)) is not None
        and abs(now - then) >= CENT
    ]


def _in_words(value: float, path: str, currency: str) -> str:
    return f"{100 * value:.1f} %" if path in SHARES else f"{value:,.2f} {currency}"


def _figure(brief: Mapping, path: str) -> float | None:
    """The figure at a path; None where a brief has none."""
    value = _value(brief, path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _value(brief: Mapping, path: str) -> Any:
    try:
        return lookup(brief, path)
    except (KeyError, TypeError, IndexError, ValueError):
        return None
