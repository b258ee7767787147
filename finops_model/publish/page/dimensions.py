"""Cost by each dimension of the company's own, on the company's page: the values that carry most, budgets of values (docs/method §13.65, §13.66)."""

from __future__ import annotations

import math
from typing import cast

from markupsafe import Markup

from ...measure.allocation.types import Dimension
from ...periods import month_name
from ...wording import dimensions as words
from ...wording.landing import CHANCE_COLUMN
from .tables import Column, Figures, signed, table, whole
from .units import whole as of_whole

TOP, LONG = 5, 24  # values shown one by one, without budgets and with them


def dimensions(figures: Figures) -> list[Markup]:
    """A table for each dimension of the company's own, two for one with budgets."""
    every = (figures.brief.get("allocation") or {}).get("dimensions") or []
    shown: list[Markup] = []
    for i, one in enumerate(every):
        if one["budgeted"]:
            shown += [_budgets(figures, i, one), _year(figures, i, one)]
        elif one["own"]:
            shown.append(_cost(figures, i, one))
    return shown


def _cost(figures: Figures, i: int, one: Dimension) -> Markup:
    """The month, the month before and the year so far."""
    brief, keys = figures.brief, ("actual", "previous_month", "year_to_date")
    flash = brief["status"] == "flash"
    rows = _rows(figures, i, one, TOP, [(key, "whole") for key in keys] + [("share", "percent")])
    before = "actual/previous_same_days" if flash else "actual/previous_month"
    total = [
        brief["unit"],
        *(figures.show(path, "whole") for path in ("actual/month", before, "actual/year_to_date")),
        "",
    ]
    columns = [
        Column(words.titled(one["name"]), False),
        Column("This month so far" if flash else "This month"),
        Column("Same days, month before" if flash else "Month before"),
        Column(f"{brief['landing']['period']} so far"),
        Column("Share of the month"),
    ]
    name = one["name"]
    note = f"What each is heading for: finops forecast --by {name}. Every value is on the workbook's sheet Dimensions."
    caption = f"{month_name(brief['month'])} by {words.spoken(name)}, {figures.currency}"
    return table(columns, rows, caption, total=total, name=f"by-{name}", note=note)


def _budgets(figures: Figures, i: int, one: Dimension) -> Markup:
    """The month of each value against its budget."""
    brief = figures.brief
    rows = _rows(figures, i, one, LONG, [("actual", "whole"), ("budget", "whole")])
    values = [cast(dict, line) for line in _first(one, LONG)[0]]
    gaps: list[str] = [
        "–" if line["budget"] is None else signed(line["actual"] - line["budget"], figures.digits)
        for line in values
    ]
    gaps += ["–"] * (len(rows) - len(gaps))
    rows = [[*row, gap] for row, gap in zip(rows, gaps, strict=True)]
    planned = [
        line["budget"] for line in cast(list[dict], one["values"]) if line["budget"] is not None
    ]
    total = [
        brief["unit"],
        figures.show("actual/month", "whole"),
        whole(math.fsum(planned), figures.digits) if planned else "–",
        "",
    ]
    columns = [
        Column(words.titled(one["name"]), False),
        Column("Actual so far" if brief["status"] == "flash" else "Actual"),
        Column("Budget"),
        Column("Over (+) or under (−)"),
    ]
    note = f"Actuals add up to the {of_whole(brief)}; a charge has one {words.spoken(one['name'])}, so it counts under one of these budgets."
    caption = f"{month_name(brief['month'])} by {words.spoken(one['name'])}, {figures.currency}"
    return table(columns, rows, caption, total=total, name=f"by-{one['name']}", note=note)


def _year(figures: Figures, i: int, one: Dimension) -> Markup:
    """Where each value lands against its budget of the year."""
    brief, period = figures.brief, figures.brief["landing"]["period"]
    keys = [(f"landing_{q}", "whole") for q in ("p10", "p50", "p90", "mean")]
    keys += [("year_budget", "whole"), ("over", "signed"), ("overrun_probability", "chance")]
    rows = _rows(figures, i, one, LONG, keys)
    planned = [
        line["year_budget"]
        for line in cast(list[dict], one["values"])
        if line["year_budget"] is not None
    ]
    total = [
        brief["unit"],
        *(figures.show(f"landing/{q}", "whole") for q in ("p10", "p50", "p90", "mean")),
        whole(math.fsum(planned), figures.digits) if planned else "–",
        "",
        "",
    ]
    columns = [
        Column(words.titled(one["name"]), False),
        *map(
            Column,
            ("P10", "Median", "P90", "Mean", "Budget", "Over (+) or under (−)", CHANCE_COLUMN),
        ),
    ]
    note = f"Over or under is mean − budget. Means add up to the {of_whole(brief)}; medians and ranges do not."
    if (gap := one["budgets_differ"]) is not None:
        word = "above" if gap > 0 else "below"
        note += f" These budgets together are {whole(abs(gap), figures.digits)} {figures.currency} {word} the {of_whole(brief)}'s."
    caption = f"{period} by {words.spoken(one['name'])}, {figures.currency}"
    return table(columns, rows, caption, total=total, name=f"by-{one['name']}-year", note=note)


def _first(one: Dimension, most: int) -> tuple[list, list]:
    """The values shown, and the others; one alone is shown too."""
    values = one["values"]
    most = len(values) if len(values) <= most + 1 else most
    return values[:most], values[most:]


def _rows(figures: Figures, i: int, one: Dimension, most: int, keys: list) -> list[list]:
    """A row per value, and one that adds the others up where they add up."""
    values, rest = _first(one, most)
    at = f"allocation/dimensions/{i}/values"
    rows = [
        [
            words.value(one["name"], line["value"]),
            *(figures.show(f"{at}/{k}/{key}", way) for key, way in keys),
        ]
        for k, line in enumerate(values)
    ]
    if not rest:
        return rows
    count = len(rest) + max(one["more"] - 1, 0)
    cells = []
    for key, way in keys:
        known = [line[key] for line in rest if line[key] is not None]
        adds = key in (
            "actual",
            "previous_month",
            "year_to_date",
            "share",
            "landing_mean",
            "budget",
        )
        cells.append(figures.ways[way](math.fsum(known)) if adds and known else "–")
    return [*rows, [f"{count:,} more", *cells]]
