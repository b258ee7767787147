"""Cost by each dimension of the company's own, on the company's page: the values that carry most, budgets of values (docs/method §13.65, §13.66)."""

from __future__ import annotations

import math
from typing import cast

from markupsafe import Markup

from ...measure.allocation.types import Dimension, Value
from ...periods import month_name
from ...wording import dimensions as words
from ...wording.landing import CHANCE_COLUMN
from .tables import Column, Figures, signed, table, whole
from .units import whole as of_whole

ADDED = ("actual", "previous_month", "year_to_date", "share", "landing_mean", "budget")
GAP = "gap"  # actual less budget: no figure of the brief
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
    flash = brief["status"] == "flash"  # a month under way is not held against its whole budget
    keys = [("actual", "whole"), ("budget", "whole"), (GAP, "signed")]
    rows = _rows(figures, i, one, LONG, keys)
    cost = None if flash else brief["actual"]["month"]
    total = [
        brief["unit"],
        figures.show("actual/month", "whole"),
        *_planned(figures, one, "budget", cost),
    ]
    columns = [
        Column(words.titled(one["name"]), False),
        Column("Actual so far" if flash else "Actual"),
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
    total = [
        brief["unit"],
        *(figures.show(f"landing/{q}", "whole") for q in ("p10", "p50", "p90", "mean")),
        *_planned(figures, one, "year_budget", brief["landing"]["mean"]),
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


def _gap(figures: Figures, line: Value) -> str:
    """What a value is over or under its budget of the month; not of a month under way."""
    budget = line.get("budget")
    if budget is None or figures.brief["status"] == "flash":
        return "–"
    return signed(line["actual"] - budget, figures.digits)


def _planned(figures: Figures, one: Dimension, key: str, cost: float | None) -> list[str]:
    """Budgets of the values added up, and what the company is over or under them where every value has one."""
    found = [line[key] for line in cast(list[dict], one["values"])]
    known = [amount for amount in found if amount is not None]
    plan = math.fsum(known)
    whole_of_it = bool(known) and len(known) == len(found) and cost is not None
    return [
        whole(plan, figures.digits) if known else "–",
        signed(cost - plan, figures.digits) if whole_of_it and cost is not None else "",
    ]


def _first(one: Dimension, most: int) -> tuple[list[int], list]:
    """Places of the values shown, and the others; one alone is shown too, and what has no value always."""
    values = one["values"]
    named = [k for k, line in enumerate(values) if line["value"]]
    most = len(named) if len(named) <= most + 1 else most
    return named[:most], [values[k] for k in named[most:]]


def _rows(figures: Figures, i: int, one: Dimension, most: int, keys: list) -> list[list]:
    """A row per value, one that adds the others up where they add up, and what has no value."""
    places, rest = _first(one, most)
    at = f"allocation/dimensions/{i}/values"

    def row(k: int) -> list:
        line = one["values"][k]
        shown = [
            _gap(figures, line) if key == GAP else figures.show(f"{at}/{k}/{key}", way)
            for key, way in keys
        ]
        return [words.value(one["name"], line["value"]), *shown]

    rows = [row(k) for k in places]
    if rest:
        count = len(rest) + max(one["more"] - 1, 0)
        cells = []
        for key, way in keys:
            known = [line[key] for line in rest if line.get(key) is not None]
            cells.append(figures.ways[way](math.fsum(known)) if key in ADDED and known else "–")
        rows.append([f"{count:,} more", *cells])
    none = [k for k, line in enumerate(one["values"]) if not line["value"]]
    return rows + [row(k) for k in none]
