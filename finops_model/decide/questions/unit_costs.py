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
    table = pd.DataFrame(
        [
            {
                "unit cost": part.name,
                "unit": part.unit,
                first: before["value"],
                last: after["value"],
                "change": _change(before["value"], after["value"]),
            }
            for part, before, after in rows
        ]
    )
    behind = pd.DataFrame([_row(part, before, after, first, last) for part, before, after in rows])
    part, before, after = next((row for row in rows if row[0].better == "lower"), rows[0])
    change = _change(before["value"], after["value"])
    partial = [
        f"{part.name}, {month_name(month)}: {said['days']} of {said['of_days']} days have both a cost and a count."
        for part, *both in rows
        for month, said in zip((first, last), both, strict=True)
        if said["days"] < said["of_days"]
    ]
    forms = {f"{what} {month}": form for month in (first, last) for what, form in _FORMS}
    forms |= {first: "units", last: "units", "change": "share"}
    return Answer(
        question="kpi",
        sentence=f"{part.name} of {whose} was {_unit(before['value'])} in {month_name(first)} and {_unit(after['value'])} in {month_name(last)} "
        f"({part.unit}): {_moved(change)}.",
        table=table,
        forms=forms,
        range="These are actuals, so there is no range."
        + ("" if partial else " Every day of both months has a cost and a count."),
        reason=f"the cost behind it went from {before['cost']:,.2f} to {after['cost']:,.2f} {facts.currency} ({_moved(_change(before['cost'], after['cost']))}), "
        f"the count from {before['count']:,.0f} to {after['count']:,.0f} ({_moved(_change(before['count'], after['count']))}).",
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
            [before["value"], after["value"]],
            [_unit(before["value"]), _unit(after["value"])],
            words=f"{part.name}: {_unit(before['value'])} and {_unit(after['value'])} {part.unit}.",
            axis=part.unit,
            highlight=1,
        ),
    )


_FORMS = (("value", "units"), ("cost", "money"), ("count", "count"), ("days", "count"))


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
