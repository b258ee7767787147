"""The sections between page one and the basis: each a function from the brief's figures to what its template shows, or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ...measure.brief_types import Brief
from ...measure.budget.outside_words import short
from ...measure.words import money
from ...periods import month_name
from ...wording import bridge as bridge_words
from ...wording import day, gap
from ...wording import runout as runout_words
from ...wording.landing import CHANCE_COLUMN, kind
from ...wording.workload import spoken_apart
from ..charts.budget import against_budget
from ..charts.drivers import range_shares, what_moved
from ..charts.waterfall import waterfall
from ..charts.what_ifs import what_if_differences
from .books.fiscal import fiscal
from .tables import OVER, Column, Figures, drawn, table, whole

ACTUAL_MONTHS = 12  # months of actuals in the table by month


def budget(figures: Figures) -> dict | None:
    """Month and year against the budget, then every month."""
    brief, currency = figures.brief, figures.currency
    ahead = {row["month"]: i for i, row in enumerate(brief["forecast"]["months"])}
    known = [month for month in sorted(brief["actual"]["by_month"]) if month not in ahead][
        -ACTUAL_MONTHS:
    ]
    rows = [_booked(figures, month) for month in known] + [
        _to_come(figures, i) for i in ahead.values()
    ]
    if not rows:
        return None
    columns = [
        Column("Month", False),
        Column("", False),
        Column("Cost"),
        Column(OVER),
        Column("Budget"),
        Column("P10"),
        Column("P90"),
        Column(CHANCE_COLUMN),
    ]
    planned = any(row[4] != "–" for row in rows)
    ranged = any(row[5] not in ("", "–") for row in rows)
    kept = [0, 1, 2, *([3, 4] if planned else []), *([5, 6] if ranged else [])]
    kept += [7] if planned else []
    columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
    note = (
        "The cost of a month to come is its median; P10 and P90 frame eight of ten futures; P90 is exceeded in one of ten. "
        f"Ranges of months do not add up: the year is added up future by future. {_landing(brief, currency)}"
    )
    if not any(row["p10"] != row["p90"] for row in brief["forecast"]["months"]):
        note = _landing(brief, currency)
    if said := brief.get("by_prophet"):
        note = f"{note} {said['sentence']}"
    return {
        "title": "Against the budget" if brief["budget"] else "Month by month",
        "figure": against_budget(brief),
        "tables": [
            table(
                columns, rows, f"Cost by month, {figures.money('budget')}", note=note, name="months"
            ),
            *fiscal(figures),
            *_by_day(figures),
            *_runs_out(figures),
        ],
    }


def _by_day(figures: Figures) -> list:
    """Cost by day, where a bill is too short for anything else."""
    rows = [
        [day(date), figures.show(f"actual/by_day/{date}", "whole")]
        for date in sorted(figures.brief["actual"].get("by_day") or {})
    ]
    return (
        [
            table(
                [Column("Day", False), Column("Cost")],
                rows,
                f"Cost by day, {figures.money('actual')}",
                name="days",
            )
        ]
        if rows
        else []
    )


def _runs_out(figures: Figures) -> list:
    """When budgets, balances, credits, commitments and quotas run out; no table where the brief has none."""
    currency, found = figures.currency, figures.brief.get("runout") or []
    rows = []
    for i, row in enumerate(found):
        cells: list = runout_words.cells(row, currency)
        if row["unit"] == currency:
            cells[1:3] = [
                figures.show(f"runout/{i}/{key}", "money") for key in ("remaining", "per_day")
            ]
        rows.append(cells)
    if not rows:
        return []
    columns = [
        Column(name, i in (1, 2), i not in (1, 2)) for i, name in enumerate(runout_words.COLUMNS)
    ]
    said = [
        row["sentence"]
        for row in found
        if row["unused_chance"] or row["why"] or row["state"] in ("out", "ended")
    ]
    note = " ".join([*said, runout_words.note(figures.brief["data_as_of"], currency)])
    caption = f"When it runs out, {figures.money('runout')}"
    return [table(columns, rows, caption, note=note, name="runout")]


def _booked(figures: Figures, month: str) -> list:
    brief, show = figures.brief, figures.show
    budget, cost = brief["budget"], brief["actual"]["by_month"][month]
    plan = (budget.get("by_month") if budget else None) or {}
    partial = month in brief["actual"]["partial_months"]
    return [
        month_name(month),
        "partial month" if partial else "actual",
        show(f"actual/by_month/{month}", "whole"),
        figures.over(None if partial else plan.get(month), cost),
        show(f"budget/by_month/{month}", "whole") if month in plan else "–",
        "",
        "",
        "",
    ]


def _to_come(figures: Figures, i: int) -> list:
    row, at, show = figures.brief["forecast"]["months"][i], f"forecast/months/{i}", figures.show
    booked = f", {money(row['so_far'], figures.currency)} booked" if row["so_far"] else ""
    return [
        month_name(row["month"]),
        f"forecast{booked}",
        show(f"{at}/p50", "whole"),
        figures.over(row["budget"], row["p50"]),
        show(f"{at}/budget", "whole"),
        *(
            ["–", "–"]
            if row["p10"] == row["p90"]
            else [show(f"{at}/{q}", "whole") for q in ("p10", "p90")]
        ),
        show(f"{at}/overrun_probability", "chance"),
    ]


def _landing(brief: Brief, currency: str) -> str:
    land, reserve = brief["landing"], brief["landing"]["holdback_p80"]
    left = short(brief.get("year_outside"), currency)
    aside = f", {left}" if left else ""
    if kind(land) != "range":
        beside = (
            ""
            if land["budget"] is None or land["p50"] is None
            else f", {gap(land['p50'], land['budget'], currency)} its budget"
        )
        ahead = (
            "" if land["p50"] is None else f", {money(land['p50'], currency)} at its end{beside}"
        )
        return f"{land['period']}: {money(land['booked'], currency)} booked{ahead}{aside}."
    text = f"{land['period']}: {money(land.get('booked_so_far', land['booked']), currency)} booked, mean {money(land['mean'], currency)}{aside}"
    if reserve is None:
        return f"{text}."
    if reserve > 0:
        return f"{text}; to be 80 % sure, {money(reserve, currency)} on top of the budget would be needed."
    return f"{text}; at 80 % certainty {money(-reserve, currency)} of the budget stays unused."


def movements(figures: Figures) -> dict | None:
    """What moved: the bridge from the month before, and from the budget to the year to date (docs/method §10.4)."""
    brief = figures.brief
    flash = brief["status"] == "flash"
    bridges = brief.get("bridge") or []
    if not bridges:
        return _movements_before(figures)
    found: dict = {"title": "What moved so far" if flash else "What moved", "tables": []}
    for i, one in enumerate(bridges):
        figure = waterfall(one, figures.currency)
        if i == 0:
            found |= {"lead": bridge_words.sentence(one, figures.currency), "figure": figure}
        elif figure:
            found["tables"].append(drawn(figure))
        found["tables"].append(_bridge(figures, i))
    return found


def _bridge(figures: Figures, i: int) -> Markup:
    """A bridge by name: its ends, and the steps that are not nothing."""
    one = (figures.brief.get("bridge") or [])[i]
    steps, ends = bridge_words.shown(one), ("previous", "current", "change")
    names = spoken_apart(row["name"] for row in one["rows"])
    rows = [
        [
            names[at] or "(no name)",
            *(figures.show(f"bridge/{i}/rows/{at}/{key}", "whole") for key in ends),
            *(
                figures.show(f"bridge/{i}/rows/{at}/steps/{step}", "whole")
                if step in row["steps"]
                else "–"
                for step in steps
            ),
        ]
        for at, row in enumerate(one["rows"])
    ]
    total = [
        "Total",
        *(
            figures.show(f"bridge/{i}/{key}", "whole")
            for key in ("from/amount", "to/amount", "change")
        ),
        *(figures.show(f"bridge/{i}/steps/{step}", "whole") for step in steps),
    ]
    columns = [
        Column({"unit": "Unit", "service": "Service"}.get(one["by"], "Workload"), False),
        *map(Column, (_first(one["from"]["name"]), _first(one["to"]["name"]), "Change")),
        *(Column(bridge_words.title(step, one["parts"])) for step in steps),
    ]
    apart = [bridge_words.of(one, step, figures.currency) for step in steps]
    named = zip(steps, apart, strict=True)
    said = [f"{bridge_words.title(step, one['parts'])}: {text}." for step, text in named if text]
    return table(
        columns,
        rows,
        f"From {one['from']['name']} to {one['to']['name']}, {figures.money('bridge')}",
        total=total,
        note=" ".join([*said, *one["said"], bridge_words.LATER]),
        name="bridge",
    )


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _movements_before(figures: Figures) -> dict | None:
    """What moved since the month before, of a brief from before §10.4: volume and price."""
    brief = figures.brief
    moved: Sequence[Mapping] = brief["drivers"]["change"]
    flash = brief["status"] == "flash"
    keys = ("previous", "current", "change", "volume", "price")
    same = (
        brief["actual"].get("previous_same_days") is not None
    )  # briefs before §13.16 had the whole month before
    if not moved:
        return None
    rows = [
        [row["name"], *(figures.show(f"drivers/change/{i}/{key}", "whole") for key in keys)]
        for i, row in enumerate(moved)
    ]
    total = ["Total", *(whole(sum(row[key] for row in moved), figures.digits) for key in keys)]
    columns = [
        Column("Workload", False),
        *map(
            Column,
            (
                "Same days, month before" if flash and same else "Month before",
                "This month so far" if flash else "This month",
                "Change",
                "of it volume",
                "of it price",
            ),
        ),
    ]
    note = "Price holds list prices, discounts and how much a commitment covered; volume is everything else."
    if flash:
        until = f"{month_name(brief['month'])} up to {day(brief['data_as_of'])}"
        note = f"The month is under way: {until} is compared with the {'same days of the' if same else 'whole'} month before. {note}"
    return {
        "title": "What moved so far" if flash else "What moved",
        "figure": None if flash else what_moved(brief),
        "tables": [
            table(
                columns,
                rows,
                f"Change since the month before, {figures.money('drivers')}",
                total=total,
                note=note,
                name="moved",
            )
        ],
    }


def uncertainty(figures: Figures) -> dict | None:
    """Which workloads make the range wide."""
    shares = [row for row in figures.brief["drivers"]["range"] if row["share"]]
    if not shares:
        return None
    alone = f"All of the uncertainty comes from {shares[0]['name']}." if len(shares) == 1 else ""
    return {
        "title": "What makes the range wide",
        "lead": alone,
        "figure": None if alone else range_shares(figures.brief),
        "tables": [],
    }


def what_ifs(figures: Figures) -> dict | None:
    """Each what-if beside the base."""
    brief, show = figures.brief, figures.show
    if not brief["what_ifs"]:
        return None
    keys = ("p50", "difference_p10", "difference_p50", "difference_p90", "difference_mean")
    rows = [
        [
            row["question"] or row["name"],
            *(show(f"what_ifs/{i}/{key}", "whole") for key in keys),
            show(f"what_ifs/{i}/probability_cheaper", "chance"),
        ]
        for i, row in enumerate(brief["what_ifs"])
    ]
    columns = [
        Column("What if", False, True),
        *map(
            Column,
            ("Cost, median", "Difference P10", "Median", "P90", "Mean", "Chance it costs less"),
        ),
    ]
    note = "Both sides share every random draw, so a difference is the change itself and not luck. Negative: costs less than the base."
    caption = f"{brief['what_ifs'][0]['period']}, {figures.money('what_ifs')}"
    return {
        "title": "What if",
        "figure": what_if_differences(brief),
        "tables": [table(columns, rows, caption, note=note, name="what-if")],
    }
