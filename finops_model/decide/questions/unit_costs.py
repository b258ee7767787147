"""What a unit costs in one month and in another, with what it is divided out of (docs/method §16.4)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...errors import InputError, unknown
from ...measure.kpis import Facts, Part, parts_of
from ...periods import month_days, month_name
from ...wording import pictures
from .answer import Answer, units


def of_month(part: Part, month: str) -> dict | None:
    """Cost and count of a month, on days that have both, and how many days that are; None where there is no such day or nothing is counted.

    >>> day = pd.to_datetime(["2026-02-01", "2026-02-02"])
    >>> of_month(Part("a", "USD", pd.Series([3.0, 5.0], day), pd.Series([4.0], day[:1])), "2026-02")
    {'value': 0.75, 'cost': 3.0, 'count': 4.0, 'days': 1, 'of_days': 28}
    """
    both = pd.concat({"n": part.numerator, "d": part.denominator}, axis=1, join="inner").dropna()
    both = both[both.index.to_series().dt.strftime("%Y-%m").to_numpy() == month]
    count = float(both["d"].sum())
    if both.empty or count <= 0:
        return None
    cost, of_days = float(both["n"].sum()), len(month_days(month))
    return {
        "value": cost / count,
        "cost": cost,
        "count": count,
        "days": len(both) if part.step == "day" else of_days,
        "of_days": of_days,
    }


def between(
    facts: Facts,
    first: str,
    last: str,
    *,
    asked: Sequence[str] | None = None,
    only: str | None = None,
    whose: str = "the company",
) -> Answer:
    """Unit costs of two months side by side.

    Parameters
    ----------
    facts : Facts
        Of one unit (measure/kpis).
    first, last : str
        YYYY-MM, the earlier and the later.
    asked : sequence of str, optional
        Files of the shelf; None: its defaults.
    only : str, optional
        One line by its name, "Cost per chat"; None: all that both months have.
    whose : str, optional
        For the sentence.

    Returns
    -------
    Answer
        A row for each line: its value in both months and the change; cost, count and days behind
        them in the sheet Parts.

    Raises
    ------
    InputError
        No line has a value in both months, or none has that name.

    Source
    ------
    docs/method §16.1, §16.4.
    """
    rows = []
    for part in parts_of(facts, asked):
        before, after = of_month(part, first), of_month(part, last)
        if before and after:
            rows.append((part, before, after))
    names = [part.name for part, _, _ in rows]
    if not rows:
        raise InputError(
            f"no unit cost of {whose} has a value in both {first} and {last}. A unit cost needs days with a cost and with a count: "
            "drivers of finops.yaml (finops add drivers FILE), GPU hours or tokens of the bill."
        )
    if only is not None:
        near = {name.casefold(): name for name in names}
        if only.casefold() not in near:
            raise InputError(unknown("--kpi", "unit cost", only, names))
        rows = [row for row in rows if row[0].name == near[only.casefold()]]
    table = pd.DataFrame([_shown(part, before, after, first, last) for part, before, after in rows])
    if any(_is_share(part) for part, _, _ in rows):
        table["points"] = [_points(part, before, after) for part, before, after in rows]
    behind = pd.DataFrame([_row(part, before, after, first, last) for part, before, after in rows])
    money = [row for row in rows if not _is_share(row[0])] or rows
    part, before, after = next((row for row in money if row[0].better == "lower"), money[0])
    partial = [
        f"{part.name}, {month_name(month)}: {said['days']} of {said['of_days']} days have both a cost and a count."
        for part, *both in rows
        for month, said in zip((first, last), both, strict=True)
        if said["days"] < said["of_days"]
    ]
    forms = {f"{what} {month}": form for month in (first, last) for what, form in _FORMS}
    forms |= {first: "units", last: "units", "change": "share", "points": "units"}
    return Answer(
        question="kpi",
        sentence=_sentence(part, before, after, first, last, whose),
        table=table,
        forms=forms,
        range="These are actuals, so there is no range."
        + ("" if partial else " Every day of both months has a cost and a count."),
        reason=_reason(part, before, after, facts.currency),
        next_best="",
        currency=facts.currency,
        notes=tuple(partial[:6])
        + ((f"And {len(partial) - 6} more months with days missing.",) if len(partial) > 6 else ()),
        figures={
            part.name: {
                first: before,
                last: after,
                "change": _change(before["value"], after["value"]),
            }
            for part, before, after in rows
        },
        tables={"Parts": behind},
        picture=pictures.bars(
            [month_name(first), month_name(last)],
            [_value(part, before), _value(part, after)],
            [_unit(_value(part, before)), _unit(_value(part, after))],
            words=f"{part.name}: {_unit(_value(part, before))} and {_unit(_value(part, after))} {_unit_of(part)}.",
            axis=_unit_of(part),
            highlight=1,
        ),
    )


_FORMS = (("value", "units"), ("cost", "money"), ("count", "count"), ("days", "count"))


def _is_share(part: Part) -> bool:
    return part.unit == "share"


def _unit_of(part: Part) -> str:
    return "%" if _is_share(part) else part.unit


def _value(part: Part, said: dict) -> float:
    """The value as it is shown: a share in percent."""
    return said["value"] * (100 if _is_share(part) else 1)


def _points(part: Part, before: dict, after: dict) -> float | None:
    """By how many points a share moved; of anything else None."""
    return _value(part, after) - _value(part, before) if _is_share(part) else None


def _shown(part: Part, before: dict, after: dict, first: str, last: str) -> dict:
    """A row of the table; a share moves by points and not by a share of itself."""
    return {
        "unit cost": part.name,
        "unit": _unit_of(part),
        first: _value(part, before),
        last: _value(part, after),
        "change": None if _is_share(part) else _change(before["value"], after["value"]),
    }


def _reason(part: Part, before: dict, after: dict, currency: str) -> str:
    """How numerator and denominator moved."""
    above, below = (_moved(_change(before[key], after[key])) for key in ("cost", "count"))
    if _is_share(part):
        return (
            f"what counts went from {_unit(before['cost'])} to {_unit(after['cost'])} ({above}), "
            f"what it is a share of from {_unit(before['count'])} to {_unit(after['count'])} ({below})."
        )
    return (
        f"the cost behind it went from {before['cost']:,.2f} to {after['cost']:,.2f} {currency} ({above}), "
        f"the count from {before['count']:,.0f} to {after['count']:,.0f} ({below})."
    )


def _sentence(part: Part, before: dict, after: dict, first: str, last: str, whose: str) -> str:
    values = [_unit(_value(part, said)) for said in (before, after)]
    told = [
        f"{value}{' %' if _is_share(part) else ''} in {month_name(month)}"
        for value, month in zip(values, (first, last), strict=True)
    ]
    points = _points(part, before, after)
    moved = (
        _moved(_change(before["value"], after["value"]))
        if points is None
        else f"{'up' if points > 0 else 'down'} {abs(points):.1f} points"
        if round(points, 1)
        else "no change"
    )
    unit = "" if _is_share(part) else f" ({part.unit})"
    return f"{part.name} of {whose} was {told[0]} and {told[1]}{unit}: {moved}."


def _row(part: Part, before: dict, after: dict, first: str, last: str) -> dict:
    row = {"unit cost": part.name, "unit": part.unit, "of": part.of}
    for month, said in ((first, before), (last, after)):
        row |= {f"{what} {month}": said[what] for what, _ in _FORMS}
    return row


def _change(before: float, after: float) -> float | None:
    """Share by which it moved; None from nothing.

    >>> _change(2.0, 3.0), _change(0.0, 1.0)
    (0.5, None)
    """
    return after / before - 1 if before else None


def _moved(change: float | None) -> str:
    """A change in words.

    >>> _moved(0.25), _moved(-0.5), _moved(0.0), _moved(None)
    ('up 25 %', 'down 50 %', 'no change', 'from nothing')
    """
    if change is None:
        return "from nothing"
    if not round(change, 4):
        return "no change"
    share = f"{100 * abs(change):.1f}".removesuffix(".0")
    return f"{'up' if change > 0 else 'down'} {share} %"


def _unit(value: float) -> str:
    """A unit cost with four digits.

    >>> _unit(0.0096312), _unit(1234.56)
    ('0.009631', '1,235')
    """
    return units(value) if abs(value) < 1000 else f"{value:,.0f}"
