"""The parts of the company's budget: units over and under, spend without a budget, budget without spend (docs/method §9.4).

A part is over or under by its mean landing, because means add up and medians do not: the parts are the company's to the cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...names import COMPANY
from ...periods import fiscal_months
from ...wording.landing import likely_over
from .. import actuals
from ..words import money
from . import fiscal

UNIT, NONE, IDLE, FREE = "unit", "no budget", "no spend", "no unit"  # what a line is
FREE_NAME, BEYOND_NAME = "Budget given to no unit", "Units' budgets beyond the company's"
SMALL = 0.005  # money below half a cent is none
WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def child_line(child: dict) -> dict:
    """A unit's figures on the company page, from its brief."""
    land, budget = child["landing"], child["budget"]
    return {
        "unit": child["unit"],
        "slug": child["slug"],
        "actual": child["actual"]["month"],
        "budget": budget["month"] if budget else None,
        "landing_p10": land["p10"],
        "landing_p50": land["p50"],
        "landing_p90": land["p90"],
        "overrun_probability": land["overrun_probability"],
        "landing_mean": land["mean"],
    }


def lines(
    whole: dict,
    units: Mapping[str, dict],
    budgeted: Iterable[str] = (),
    fiscal_year_starts: int = 1,
    by_month=lambda unit: {},
    in_year: Callable[[str], float | None] | None = None,
) -> list[dict]:
    """A line per unit of the company: kind, actual and budget of the month, year_budget, landing_mean, over (+) or under (−).

    whole      the company's brief;  units: the briefs of the units the bill knows
    budgeted   units with an approved budget, `by_month(unit)` their budget by month: those without a bill are lines too

    in_year    of a year that is weeks: a unit's budget of it

    A company that has a budget, and units that have one, make spend without a budget a line with budget 0. What a company's own budget leaves
    over when the units have theirs is a line of its own, so that every column adds up.
    """
    if not units:
        return []
    year = fiscal_months(whole["month"], fiscal_year_starts)
    plans = {
        unit: {month: value for month, value in by_month(unit).items() if month in year}
        for unit in dict.fromkeys([*units, *budgeted])
    }
    month, total = (
        (whole["budget"] or {}).get("month"),
        whole["landing"]["budget"] if whole["landing"]["mean"] is not None else None,
    )
    divided = any(plans.values())
    rows = []
    for unit in [*units, *sorted(unit for unit in plans if unit not in units and plans[unit])]:
        line = child_line(units[unit]) if unit in units else _idle(unit)
        kind = NONE if divided and not plans[unit] else UNIT if unit in units else IDLE
        budget = plans[unit].get(
            whole["month"], 0.0 if divided and month is not None else line["budget"]
        )
        of_year = in_year(unit) if in_year else float(sum(plans[unit].values()))
        yearly = (of_year or 0.0) if divided and total is not None else None
        rows.append(
            {
                **line,
                "kind": kind,
                "budget": budget,
                "year_budget": yearly,
                "over": None if yearly is None else line["landing_mean"] - yearly,
                "overrun_probability": None if kind == NONE else line["overrun_probability"],
            }
        )
    left: list[float | None] = [
        None if known is None or not divided else known - sum(row[key] for row in rows)
        for key, known in (("budget", month), ("year_budget", total))
    ]
    stated = [value for value in left if value is not None]
    if any(abs(value) >= SMALL for value in stated):
        name = FREE_NAME if stated[-1] >= 0 else BEYOND_NAME  # the year's where it is stated
        rows.append(
            {
                **_idle(name),
                "kind": FREE,
                "budget": left[0],
                "year_budget": left[1],
                "over": None if left[1] is None else -left[1],
                **dict.fromkeys(
                    ("landing_p10", "landing_p50", "landing_p90", "overrun_probability")
                ),
            }
        )
    return rows


def _idle(unit: str) -> dict:
    """A line without spend."""
    return {
        "unit": unit,
        "slug": None,
        "actual": 0.0,
        "budget": None,
        "landing_p10": 0.0,
        "landing_p50": 0.0,
        "landing_p90": 0.0,
        "overrun_probability": 0.0,
        "landing_mean": 0.0,
    }


def reason(brief: dict) -> dict | None:
    """What carries the company over its year's budget, or keeps it inside: over (money by means), title, sentence. None without parts.

    brief   the company's, with its `children` as `lines` makes them
    """
    land, currency = brief["landing"], brief["currency"]
    rows = [row for row in brief["children"] if row.get("over") is not None]
    if land["budget"] is None or not rows:
        return None
    over = land["mean"] - land["budget"]
    exceeds = (
        over > 0 if land["overrun_probability"] is None else land["overrun_probability"] >= 0.5
    )
    bare = [row for row in rows if row["kind"] == NONE and abs(row["over"]) >= SMALL]
    own = sorted((row for row in rows if row["kind"] in (UNIT, IDLE)), key=lambda row: -row["over"])
    free = next((row for row in rows if row["kind"] == FREE), None)
    clauses = _parts(bare, own, free, currency)
    gap = f"{money(abs(over), currency)} {'over' if over > 0 else 'under'} its budget"
    sentence = (
        f"{land['period']} lands {gap} on average: {'; '.join(clauses)}."
        if clauses
        else f"{land['period']} lands {gap} on average."
    )
    return {"over": over, "title": _title(exceeds, bare, own, free, currency), "sentence": sentence}


def _title(
    exceeds: bool, bare: list[dict], own: list[dict], free: dict | None, currency: str
) -> str:
    spare = sum(row["over"] for row in own)
    ahead = [row for row in own if row["over"] >= SMALL]
    clauses = [(sum(row["over"] for row in bare), _without(bare, currency))] if bare else []
    if exceeds:
        if free is not None and free["over"] > 0:
            clauses.append(
                (
                    free["over"],
                    f"the units' budgets are {money(free['over'], currency)} more than the company's",
                )
            )
        if bare and own and spare <= 0:
            clauses.append((-1.0, _together(own, currency)))
        else:
            clauses += [
                (row["over"], f"{row['unit']} lands {money(row['over'], currency)} over its budget")
                for row in ahead[:2]
            ]
        return _capital(
            "; ".join(text for _, text in sorted(clauses, key=lambda one: -one[0]))
        ) or likely_over(["The company"])
    likely = [row["unit"] for row in own if (row["overrun_probability"] or 0) >= 0.5]
    first = likely_over(likely) + (", the company is not" if likely else "")
    return "; ".join([first, *(text for _, text in clauses)])


def _parts(bare: list[dict], own: list[dict], free: dict | None, currency: str) -> list[str]:
    """The whole difference in clauses: no budget, the units (of their sum who is over, who is under), budget of no unit."""
    clauses = [_without(bare, currency)] if bare else []
    each = _each(own, currency)
    if bare and len(own) > 1 and (sum(row["over"] for row in own) <= 0 or len(each) < 2):
        aside = f" ({', '.join(each)})" if len(each) > 1 else ""
        return [*clauses, _together(own, currency) + aside, *_free(free, currency)]
    return [*clauses, *each, *_free(free, currency)]


def _each(own: list[dict], currency: str) -> list[str]:
    """The units that are over by most, then the others together."""
    named = [row for row in own if row["over"] >= SMALL][:3]
    clauses = [f"{row['unit']} lands {money(row['over'], currency)} over its own" for row in named]
    rest = [row for row in own if row not in named]
    left = sum(row["over"] for row in rest)
    if rest and abs(left) >= SMALL:
        side = f"{money(abs(left), currency)} {'over' if left > 0 else 'under'}"
        who = (
            f"the other {count(len(rest))} together"
            if named
            else f"the {count(len(rest))} units together land"
        )
        clauses.append(
            f"{who} {side} theirs"
            if len(rest) > 1
            else f"{rest[0]['unit']}{'' if named else ' lands'} {side} its own"
        )
    return clauses


def _free(free: dict | None, currency: str) -> list[str]:
    if free is None or abs(free["over"]) < SMALL:
        return []
    if free["over"] < 0:
        return [f"{money(-free['over'], currency)} of the budget is given to no unit"]
    return [f"the units' budgets are {money(free['over'], currency)} more than the company's"]


def _without(bare: list[dict], currency: str) -> str:
    """Spend that nobody has a budget for."""
    cost, names = sum(row["landing_mean"] for row in bare), [row["unit"] for row in bare]
    if len(names) == 1:
        return f"{names[0]} has no budget and lands at {money(cost, currency)}"
    who = (
        f"{', '.join(names[:-1])} and {names[-1]}"
        if len(names) <= 3
        else f"{count(len(names))} units"
    )
    return f"{who} have no budget and land at {money(cost, currency)} together"


def _together(own: list[dict], currency: str) -> str:
    """The units that have a budget, together."""
    spare = -sum(row["over"] for row in own)
    gap = (
        "on"
        if abs(spare) < SMALL
        else f"{money(abs(spare), currency)} {'under' if spare > 0 else 'over'}"
    )
    if len(own) == 1:
        return f"{own[0]['unit']} lands {gap} its own"
    return f"the {count(len(own))} units together land {gap} theirs"


def count(n: int) -> str:
    """A small number in words.

    >>> count(3), count(20)
    ('three', '20')
    """
    return WORDS[n] if n < len(WORDS) else str(n)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def company_lines(close, briefs: Mapping[str, dict], every: Iterable[str]) -> dict:
    """The company's brief with a line per unit and, where the year has a budget, what carries it: `children`, `reason` and its sentence.

    close   a measure.close.Close;  briefs: those made so far, the company's and every unit's
    """
    plans = close.budgets
    budgeted = plans.units() if plans is not None else []
    units = {unit: briefs[unit] for unit in every} or (
        _only(close.daily, briefs[COMPANY]) if budgeted else {}
    )
    whole = {
        **briefs[COMPANY],
        "children": lines(
            briefs[COMPANY],
            units,
            budgeted,
            close.fiscal_year_starts,
            lambda unit: plans.by_month(unit, as_of=close.as_of) if plans is not None else {},
            _in_weeks(close),
        ),
    }
    why = reason(whole)
    return {
        **whole,
        "reason": why,
        "summary": [*whole["summary"], *([why["sentence"]] if why else [])],
    }


def _in_weeks(close) -> Callable[[str], float | None] | None:
    """Of a company whose year is weeks: the budget of a unit's year."""
    if close.calendar is None:
        return None
    year, plans = fiscal.year_of(close.calendar, close.month), close.budgets
    return lambda unit: fiscal.year_budget(fiscal.plan_of(plans, unit, year, close.as_of), year)


def _only(daily, whole: dict) -> dict:
    """The one unit that has all the spend, with the company's figures; none where the bill is not divided into units at all."""
    names = set(actuals.cost_rows(daily)["x_BusinessUnit"]) - {"All"}
    return (
        {name: {**whole, "unit": name, "slug": None} for name in names} if len(names) == 1 else {}
    )
