"""What carries the company over its budget: its parts in the futures that go over (docs/method §9.30).

A part is a line of measure/budget/parts.py: a unit, spend without a budget, a budget without spend, what is given to no unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...facts.daily.allocate import ALL, UNASSIGNED
from ...names import COMPANY
from ...periods import fiscal_months
from ...wording import chance, money
from ..actuals import cost_rows
from ..brief_types import Landing
from ..budget import fiscal
from ..budget.parts import BEYOND_NAME, FREE, FREE_NAME, IDLE, NONE, SMALL, UNIT, count
from ..close import Close
from .material import is_material
from .types import Carrier, Carriers

LEAST = 200  # futures over the budget from which a share of them is said
NAMED = 3  # parts that a sentence names
NOBODYS = "spend without a unit or a budget"


def totals_by_unit(close: Close) -> dict[str, np.ndarray]:
    """Each unit's cost of the fiscal year on every path, what is booked included: {unit: (path,)}, money.

    They add up to the company's landing path by path; for that reason the company's weekdays spread every unit's months over their days
    where the year is weeks.
    """
    run, rows = close.base, cost_rows(close.daily)
    own = fiscal.year_of(close.calendar, close.month) if close.calendar is not None else ()
    of_unit = _of_weeks(close, own) if own else _of_months(close)
    return {unit: of_unit(unit) for unit in sorted({*rows["x_BusinessUnit"], *run.units})}


def _of_months(close: Close) -> Callable[[str], np.ndarray]:
    run, year = close.base, fiscal_months(close.month, close.fiscal_year_starts)
    open_months = [month for month in run.months if month in year]
    rows = cost_rows(close.daily)
    months = rows["ChargeDate"].to_numpy().astype("datetime64[M]").astype(str)
    closed = [month for month in year if month not in run.months]
    booked = rows[np.isin(months, closed)].groupby("x_BusinessUnit")["EffectiveCost"].sum()

    def of_unit(unit: str) -> np.ndarray:
        ahead = np.zeros(len(run.effective))
        if unit in run.units and open_months:
            ahead = run.total(unit, open_months)
        return float(booked.get(unit, 0.0)) + ahead

    return of_unit


def _of_weeks(close: Close, own: fiscal.Year) -> Callable[[str], np.ndarray]:
    run, whole = close.base, fiscal.by_day(close.daily, COMPANY)
    everybody = fiscal.booked_of(whole, own, run.as_of).sum()

    def of_unit(unit: str) -> np.ndarray:
        by_day = fiscal.by_day(close.daily, unit)
        ahead = np.zeros(len(run.effective))
        if unit in run.units and run.months:
            ahead = fiscal.paths_over(run, whole, own, fiscal.to_come(run, unit)) - everybody
        return fiscal.booked_of(by_day, own, run.as_of).sum() + ahead

    return of_unit


def year_budgets(close: Close, units: list[str]) -> dict[str, float | None]:
    """The budget of the fiscal year of each unit of the bill or with a budget; None where no month of it has one."""
    plans = close.budgets
    if plans is None:
        return dict.fromkeys(units)
    year = fiscal_months(close.month, close.fiscal_year_starts)
    own = fiscal.year_of(close.calendar, close.month) if close.calendar is not None else ()
    found: dict[str, float | None] = {}
    for unit in [*units, *sorted(set(plans.units()) - set(units))]:
        by_month = {
            month: value
            for month, value in plans.by_month(unit, as_of=close.as_of).items()
            if month in year
        }
        if own:
            of_year = fiscal.year_budget(fiscal.plan_of(plans, unit, own, close.as_of), own)
            found[unit] = (of_year or 0.0) if by_month else None
        else:
            found[unit] = float(sum(by_month.values())) if by_month else None
    return found


def parts_of(
    totals: Mapping[str, np.ndarray], budgets: Mapping[str, float | None], budget: float
) -> list[tuple[str, str, float, np.ndarray]]:
    """(part, kind, its budget, landing − its budget by path) of each part; together they are the company's on every path.

    totals    {unit: (path,)} of the units of the bill
    budgets   {unit: of the year, None: none}, also of units without spend
    budget    the company's
    """
    paths = next(iter(totals.values())).shape
    found = []
    for unit, own in budgets.items():
        if unit not in totals and own is None:
            continue
        kind = IDLE if unit not in totals else NONE if own is None else UNIT
        found.append((unit, kind, own or 0.0, totals.get(unit, np.zeros(paths)) - (own or 0.0)))
    left = budget - sum(own for _, _, own, _ in found)
    if abs(left) >= SMALL:
        name = FREE_NAME if left > 0 else BEYOND_NAME
        found.append((name, FREE, left, np.full(paths, -left)))
    return found


def carriers(close: Close, land: Landing, materiality: Mapping) -> Carriers | None:
    """What carries the overrun of the company's year; None without a budget of company and units, or where no future is over.

    land           the company's landing, as the brief has it
    materiality    from which distance to its budget a part is named (material.py)
    """
    if land["budget"] is None or land["mean"] is None:
        return None
    totals = totals_by_unit(close)
    budgets = year_budgets(close, list(totals))
    if set(totals) == {ALL} or not any(value is not None for value in budgets.values()):
        return None
    parts = parts_of(totals, budgets, float(land["budget"]))
    if len(parts) < 2:  # one unit that is the company carries all of it
        return None
    return of_parts(
        parts,
        float(land["budget"]),
        period=land["period"],
        currency=close.currency,
        certain=bool(land.get("closed") or land.get("no_width")),
        closed=bool(land.get("closed")),
        materiality=materiality,
    )


def of_parts(
    parts: list[tuple[str, str, float, np.ndarray]],
    budget: float,
    *,
    period: str,
    currency: str,
    materiality: Mapping,
    certain: bool = False,
    closed: bool = False,
) -> Carriers | None:
    """`carriers` of parts as `parts_of` makes them.

    certain   the landing has no width: all futures are one
    closed    the year is over

    >>> any_ = {"of_line": 0.0, "of_company": 0.0, "least": None}
    >>> a, b = np.array([30.0, -10.0]), np.array([-5.0, -5.0])
    >>> found = of_parts([("A", UNIT, 100.0, a), ("B", UNIT, 50.0, b)], 150.0, period="FY2026", currency="USD", materiality=any_)
    >>> found["over"], found["mean_overrun"], [(one["part"], one["mean"]) for one in found["parts"]]
    (1, 25.0, [('A', 30.0), ('B', -5.0)])
    """
    overrun = np.sum([each for _, _, _, each in parts], axis=0)
    over = overrun > 0
    count = int(over.sum())
    # float noise of a sum is no overrun, and lets no part hold the company
    grain = 1e-9 * max(abs(budget), 1.0)
    if not count or float(overrun[over].mean()) <= grain:
        return None
    lines: list[Carrier] = []
    for name, kind, own, each in parts:
        mine = each[over]
        would_hold = (overrun[over] - mine <= grain) & (mine > grain)
        mean = float(mine.mean())
        lines.append(
            {
                "part": name,
                "kind": kind,
                "mean": mean,
                "decisive": float(would_hold.mean()) if count >= LEAST and not certain else None,
                "material": is_material(mean, own, materiality),
            }
        )
    lines.sort(key=lambda line: (-line["mean"], line["part"]))
    found: Carriers = {
        "period": period,
        "futures": len(overrun),
        "over": count,
        "mean_overrun": float(overrun[over].mean()),
        "parts": lines,
        "sentence": "",
    }
    head = (
        f"{period} closed {money(found['mean_overrun'], currency)} over its budget"
        if closed
        else f"{period} is {money(found['mean_overrun'], currency)} over its budget in every future"
        if certain
        else f"In the futures that go over, {period} is {money(found['mean_overrun'], currency)} over on average"
    )
    return {**found, "sentence": f"{head}: {_clauses(lines, currency)}."}


def lead(found: Mapping, currency: str) -> str:
    """The clause of page one's lead: how far it goes over, by whom most, and what all others together are; nothing is left out.

    found   Carriers

    >>> any_ = {"of_line": 0.0, "of_company": 0.0, "least": None}
    >>> parts = [("A", UNIT, 100.0, np.array([30.0])), ("B", UNIT, 50.0, np.array([-5.0]))]
    >>> lead(of_parts(parts, 150.0, period="FY2026", currency="USD", materiality=any_), "USD")
    'Where FY2026 goes over, it is by $25.00 on average: A is $30.00 over, B is $5.00 under.'
    """
    head = found["sentence"].partition(": ")[0].rstrip(".")
    if head.endswith(" on average"):
        much = money(found["mean_overrun"], currency)
        head = f"Where {found['period']} goes over, it is by {much} on average"
    ahead = [one for one in found["parts"] if one["kind"] != FREE and one["mean"] >= SMALL]
    most = next((one for one in ahead if one["material"]), ahead[0] if ahead else None)
    if most is None:
        return f"{head}." if head else ""
    left = found["mean_overrun"] - most["mean"]
    rest = [one for one in found["parts"] if one is not most]
    others = ""
    if abs(left) >= SMALL:
        others = f", all others {_side(left, currency)}"
        if len(rest) == 1:
            only = rest[0]
            others = f", {(_free if only['kind'] == FREE else _is)(only, currency)}"
    return f"{head}: {_is(most, currency)}{others}."


def _clauses(lines: list[Carrier], currency: str) -> str:
    """Who is over, the largest first, whether that decides, and the others together."""
    units = [line for line in lines if line["kind"] != FREE]
    # a part that is worth no name stands among the others, but somebody is named
    ahead = [line for line in units if line["mean"] >= SMALL]
    named = [line for line in ahead if line["material"]][:NAMED] or ahead[:1]
    rest = [line for line in units if line not in named]
    clauses = [_clause(line, currency, first=i == 0) for i, line in enumerate(named)]
    left = sum(line["mean"] for line in rest)
    if len(rest) == 1 and abs(left) >= SMALL:
        clauses.append(_is(rest[0], currency))
    elif abs(left) >= SMALL:
        who = f"the {'other ' if named else ''}{count(len(rest))} units together are"
        clauses.append(f"{who} {_side(left, currency)}")
    clauses += [_free(line, currency) for line in lines if line["kind"] == FREE]
    return "; ".join(clauses)


def _clause(line: Carrier, currency: str, first: bool) -> str:
    if line["decisive"] is None:
        return _is(line, currency)
    share = f"and decides in {chance(line['decisive'])}{' of them' if first else ''}"
    return f"{_is(line, currency)} {share}"


def _is(line: Carrier, currency: str) -> str:
    who = line["part"]
    if line["kind"] == NONE:
        who = NOBODYS if who == UNASSIGNED else f"{who}, which has no budget,"
    return f"{who} is {_side(line['mean'], currency)}"


def _side(value: float, currency: str) -> str:
    return f"{money(abs(value), currency)} {'over' if value >= 0 else 'under'}"


def _free(line: Carrier, currency: str) -> str:
    amount = money(abs(line["mean"]), currency)
    if line["mean"] > 0:
        return f"the units' budgets are {amount} more than the company's"
    return f"{amount} of the budget is given to no unit"
