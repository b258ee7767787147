"""The company's units on the page: the month, then the year with each part over or under its budget (docs/method §9.4)."""

from __future__ import annotations

from ...measure.brief_types import Brief, Child, MoreUnits
from ...measure.budget.outside_words import short
from ...periods import month_name
from ...wording.landing import CHANCE_COLUMN, likely_over
from .tables import OVER, Column, Figures, table, toned

QUANTILES = ("landing_p10", "landing_p50", "landing_p90")
TEAMS, NO_TEAM = 24, "no team"
BARE = "no budget"  # kind of a line: measure/budget/parts.py


def units(figures: Figures) -> dict | None:
    """A line per business unit, spend without a budget and budget without spend among them; without units a line per team."""
    brief = figures.brief
    if not brief["children"]:
        return _teams(figures) if brief.get("teams") else None
    if "reason" not in brief:  # a brief of before §9.4
        return {
            "title": _title_before(brief["children"]),
            "figure": None,
            "tables": [_month(figures, whole_year=True)],
        }
    why = brief["reason"]
    return {
        "title": why["title"] if why else _untold(brief),
        "figure": None,
        "lead": why["sentence"] if why else "",
        "tables": [_month(figures), _year(figures)],
    }


def _teams(figures: Figures) -> dict:
    """Cost by team, where no organisation file says which unit bears it."""
    brief, show = figures.brief, figures.show
    rows = [
        [
            row["team"] or NO_TEAM,
            *(
                show(f"teams/{i}/{key}", "whole")
                for key in ("actual", "previous_month", "year_to_date")
            ),
            show(f"teams/{i}/share", "percent"),
        ]
        for i, row in enumerate(brief["teams"][:TEAMS])
    ]
    flash = brief["status"] == "flash"
    before = "actual/previous_same_days" if flash else "actual/previous_month"
    total = [
        brief["unit"],
        show("actual/month", "whole"),
        show(before, "whole"),
        show("actual/year_to_date", "whole"),
        "",
    ]
    columns = [
        Column("Team", False),
        Column("This month so far" if flash else "This month"),
        Column("Same days, month before" if flash else "Month before"),
        Column(f"{brief['landing']['period']} so far"),
        Column("Share of the month"),
    ]
    more = len(brief["teams"]) - TEAMS
    note = f"All teams add up to the {whole(brief)}. What a team is heading for: finops forecast --by team."
    if more > 0:
        note += f" {more} team{'s' if more > 1 else ''} with less cost or no name {'are' if more > 1 else 'is'} not shown."
    caption = f"{month_name(brief['month'])} by team, {figures.money('teams')}"
    return {
        "title": "Cost by team",
        "figure": None,
        "tables": [table(columns, rows, caption, total=total, name="teams", note=note)],
    }


def _month(figures: Figures, whole_year: bool = False) -> str:
    """Actual and budget of the month; in briefs of before also where the year lands."""
    brief, show = figures.brief, figures.show
    flash = brief["status"] == "flash"
    year = QUANTILES if whole_year else ()
    rows = [
        [
            _name(row),
            show(f"{at}/actual", "whole"),
            show(f"{at}/budget", "whole"),
            "under way" if flash else figures.over(row["budget"], row["actual"]),
            *(show(f"{at}/{q}", "whole") for q in year),
            *([show(f"{at}/overrun_probability", "chance")] if whole_year else []),
        ]
        for at, row in _lines(brief)
    ]
    plan = brief["budget"].get("month") if brief["budget"] else None
    total = [
        brief["unit"],
        show("actual/month", "whole"),
        show("budget/month", "whole") if brief["budget"] else "–",
        "" if flash else figures.over(plan, brief["actual"]["month"]),
        *(show(q.replace("_", "/"), "whole") for q in year),
        *([show("landing/overrun_probability", "chance")] if whole_year else []),
    ]
    columns = [
        Column("Unit", False),
        Column("Actual"),
        Column("Budget"),
        Column(OVER),
    ]
    if not whole_year:
        note = f"Actuals{' and budgets' if plan is not None else ''} add up to the {whole(brief)}."
        if brief.get("more_units"):
            note += " The units that carry most cost are listed here one by one; every unit is a line of the workbook's sheet Units."
        return table(
            columns,
            rows,
            f"{month_name(brief['month'])} by business unit, {figures.money('children')}",
            total=total,
            name="units",
            note=note,
        )
    columns += map(Column, ("Year P10", "Year median", "Year P90", CHANCE_COLUMN))
    caption = f"{month_name(brief['month'])} and {brief['landing']['period']} by business unit, {figures.money('children')}"
    note = f"Actuals add up to the {whole(brief)}; ranges do not: the {whole(brief)}'s range is taken after adding up each future."
    return table(columns, rows, caption, total=total, name="units", note=note)


def _year(figures: Figures) -> str:
    """Where each unit lands, and over (+) or under (−) its budget by means, which add up."""
    brief, show = figures.brief, figures.show
    planned = any(row["over"] is not None for row in brief["children"])
    rows = [
        [
            _name(row),
            *(show(f"{at}/{q}", "whole") for q in QUANTILES),
            show(f"{at}/landing_mean", "whole"),
            *(
                [
                    show(f"{at}/year_budget", "whole"),
                    toned(
                        show(f"{at}/over", "signed"), figures.tone(row["over"], row["year_budget"])
                    ),
                    "no budget"
                    if row["kind"] == BARE
                    else show(f"{at}/overrun_probability", "chance"),
                ]
                if planned
                else []
            ),
        ]
        for at, row in _lines(brief)
    ]
    total = [
        brief["unit"],
        *(show(q.replace("_", "/"), "whole") for q in (*QUANTILES, "landing_mean")),
        *(
            [
                show("landing/budget", "whole"),
                show("reason/over", "signed"),
                show("landing/overrun_probability", "chance"),
            ]
            if planned
            else []
        ),
    ]
    columns = [Column("Unit", False), *map(Column, ("P10", "Median", "P90", "Mean"))]
    note = f"Means add up to the {whole(brief)}; medians and ranges do not: the {whole(brief)}'s are taken after adding up each future."
    if planned:
        columns += map(Column, ("Budget", OVER, CHANCE_COLUMN))
        note = f"Over or under is mean − budget. {note} Spend without a budget counts against a budget of 0."
    left = short(brief.get("year_outside"), figures.currency)
    note += f" All of it {left}." if left else ""
    return table(
        columns,
        rows,
        f"{brief['landing']['period']} by business unit, {figures.money('children')}",
        total=total,
        name="units-year",
        note=note,
    )


def whole(brief: Brief) -> str:
    """What the units add up to: the company, or one entity of it."""
    return "entity" if brief.get("entity") else "company"


def _lines(brief: Brief) -> list[tuple[str, Child | MoreUnits]]:
    """(path, line) of the table: every unit, or those that carry most and the others added up (docs/method §15.30)."""
    more = brief.get("more_units")
    gone = set(more["units"]) if more else ()
    shown = [
        (f"children/{i}", row) for i, row in enumerate(brief["children"]) if row["unit"] not in gone
    ]
    return [*shown, *([("more_units", more)] if more else [])]


def _name(row: Child | MoreUnits) -> str:
    """A line's name, with what it is where it is no unit with a budget and spend."""
    return (
        f"{row['unit']} ({row['kind']})" if row.get("kind") in (BARE, "no spend") else row["unit"]
    )


def _untold(brief: Brief) -> str:
    """The title where no year's budget can be held against the units."""
    if brief["landing"]["budget"] is not None:
        return f"The business units: the {whole(brief)}'s budget is not divided among them"
    return "The business units"


def _title_before(children: list[Child]) -> str:
    over = [row["unit"] for row in children if (row["overrun_probability"] or 0) >= 0.5]
    known = any(row["overrun_probability"] is not None for row in children)
    return likely_over(over) if over or known else "The business units"
