"""SHELF of KPIs: one file per KPI; adding a file adds a KPI and moves no report (docs/method §16).

A file holds `parts(facts) -> list[Part]`: names, units, daily numerators and denominators. Only a KPI that says `DEFAULT = True` stands in every
report; any other where `kpis:` of finops.yaml names it. The value of a month is the sum of the numerator over the sum of the denominator, **on days
that have both**; a month with fewer such days than it has days is marked partial.

A file also says what it is: TITLE, FORMULA, UNIT, BASIS (of its money), SOURCE, PERSONA (whose question it answers), BETTER; which further facts it
NEEDS (fields of Facts), and what to do WITHOUT them. A file of somebody's own may leave these out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import pandas as pd

from ...errors import InputError, unknown
from ...facts.basis import basis_of, same
from ...periods import month_days
from ...shelf import Contract, Function, defaults, modules, wrong
from ..cycle.types import UnitCost, UnitCostMonth

PERSONAS = ("data", "platform", "product", "finance", "leadership")
BASES = ("Effective", "Billed", "List", "none")  # none: no money in it
BETTER = ("lower", "higher")
STEPS = ("day", "month")
CONTRACT = Contract(
    "KPI",
    {"parts": Function(("facts",))},
    {
        "DEFAULT": bool,
        "TITLE": str,
        "FORMULA": str,
        "UNIT": str,
        "BASIS": BASES,
        "SOURCE": str,
        "PERSONA": tuple,
        "BETTER": BETTER,
        "NEEDS": tuple,
        "WITHOUT": str,
    },
)


@dataclass(frozen=True, kw_only=True)
class CycleFacts:
    """What a workspace may know besides cost and drivers, each None where it knows nothing of it.

    Parameters
    ----------
    usage : frame, optional
        `facts.usage.daily.daily_usage`, one view, of the unit's workloads; with a column
        x_Workload.
    quality : frame, optional
        date, workload, model, sampled, accepted, score (nan: not given).
    seats : frame, optional
        month, workload, SkuId, bought, opened.
    customers : frame, optional
        customer, name, segment, tier, since (a month; "": not given).
    customer_usage : frame, optional
        month, customer, name (a driver), count.
    waste : sequence, optional
        `measure.waste.Waste`, each cost once.
    budget : dict, optional
        Month -> budget of the unit in `currency`.
    grades : frame, optional
        Published forecasts: month, made, lead (months), p50, actual (nan: not over), previous (P50
        of the forecast before it of the same month; nan: none).
    anomalies : frame, optional
        date, amount: what days cost more than expected, in `currency`.
    tags : frame, optional
        month, cost, debt: of the cost, what breaks a rule of tags.
    complete : str, optional
        Newest day that every source has reached; "": the newest of `daily`.
    year_starts : int, optional
        Month in which the fiscal year begins.
    values : frame, optional
        Business value by initiative and month.
    actions : sequence, optional
        `facts.cycle.actions.Action`.
    saved : frame, optional
        month, would, paid: what workloads would have cost without the actions that the bill shows,
        and what they cost.
    sales : Series, optional
        Revenue by day, in `currency`.
    goods : frame, optional
        The rows of `daily` that count as cost of goods sold.

    Examples
    --------
    >>> CycleFacts(budget={"2026-10": 1000.0}).usage is None
    True
    """

    usage: pd.DataFrame | None = None
    quality: pd.DataFrame | None = None
    seats: pd.DataFrame | None = None
    customers: pd.DataFrame | None = None
    customer_usage: pd.DataFrame | None = None
    waste: Sequence | None = None
    budget: Mapping[str, float] | None = None
    grades: pd.DataFrame | None = None
    anomalies: pd.DataFrame | None = None
    tags: pd.DataFrame | None = None
    complete: str = ""
    year_starts: int = 1
    values: pd.DataFrame | None = None
    actions: Sequence | None = None
    saved: pd.DataFrame | None = None
    sales: pd.Series | None = None
    goods: pd.DataFrame | None = None


@dataclass(frozen=True)
class Facts(CycleFacts):
    """What KPIs are made of: cost rows of one unit, drivers, and which drivers the unit carries.

    Parameters
    ----------
    daily : frame
        DAILY of the unit, cost rows only; money in `currency`.
    drivers : frame
        date, name, role, unit, value.
    carried : dict
        Driver -> measure.carried.Drives. A set of workloads is of the company; None: all of them.
    currency : str
        Three letters.
    usage, quality, seats, customers, customer_usage, waste, budget : optional
        As in CycleFacts.
    grades, anomalies, tags, complete, year_starts, values, actions, saved : optional
        As in CycleFacts.
    sales, goods : optional
        As in CycleFacts.

    Examples
    --------
    >>> Facts(pd.DataFrame(), pd.DataFrame(), {}, "EUR").currency
    'EUR'
    """

    daily: pd.DataFrame
    drivers: pd.DataFrame
    carried: dict
    currency: str


@dataclass(frozen=True)
class Part:
    """One KPI line: daily numerator and denominator, indexed by day.

    Parameters
    ----------
    name : str
        As the report writes it.
    unit : str
        Of the value: "USD / GPU hour".
    numerator : Series
        Money or units by day.
    denominator : Series
        By day; days that only one of the two has do not count.
    better : str, optional
        "lower" or "higher".
    loaded : Series, optional
        The numerator with a share of what no driver drives; None: there is no such view.
    of : str, optional
        Whose cost it is, in words.
    step : str, optional
        "day", or "month": what is known by month alone stands on one day of it, and is whole.

    Raises
    ------
    InputError
        Numerator, denominator or `loaded` is a column of money on another basis than EffectiveCost.

    Source
    ------
    docs/method §6.6, §16.1, §16.3.

    Examples
    --------
    >>> day = pd.to_datetime(["2026-02-01"])
    >>> Part("Cost per chat", "USD / chat", pd.Series([3.0], day), pd.Series([4.0], day)).better
    'lower'
    """

    name: str
    unit: str
    numerator: pd.Series
    denominator: pd.Series
    better: str = "lower"
    loaded: pd.Series | None = None
    of: str = ""
    step: str = "day"

    def __post_init__(self):
        figures = {"the unit cost of a report": "Effective"}
        for what in ("numerator", "denominator", "loaded"):
            column = str(getattr(getattr(self, what), "name", ""))
            if basis := basis_of(column):
                figures[f"KPI '{self.name}': {column}, its {what},"] = basis
        same(figures, "Take EffectiveCost.")


def shelf() -> dict[str, ModuleType]:
    """The KPI modules of this folder by name.

    Returns
    -------
    dict of str to module
        In the order of the alphabet.

    Raises
    ------
    FinOpsError
        A file does not hold what a KPI holds (CONTRACT).

    Examples
    --------
    >>> "cost_per_gpu_hour" in shelf()
    True
    """
    return modules(__name__, CONTRACT)


def pick(asked: Iterable[str] | None = None) -> tuple[str, ...]:
    """Names of the KPIs of a report.

    Parameters
    ----------
    asked : iterable of str, optional
        Those that `kpis:` of finops.yaml names; None: the defaults of the shelf.

    Returns
    -------
    tuple of str
        Each name once, in the order asked.

    Raises
    ------
    InputError
        A name that is none, with the nearest match.

    Examples
    --------
    >>> pick(["cost_per_gpu_hour"])
    ('cost_per_gpu_hour',)
    >>> "cost_per_driver" in pick()
    True
    """
    known = shelf()
    if asked is None:
        return defaults(known)
    for name in (names := tuple(dict.fromkeys(asked))):
        if name not in known:
            raise InputError(unknown("finops.yaml: kpis", "KPI", name, known))
    return names


def by_day(frame: pd.DataFrame, column: str) -> pd.Series:
    """Sum of a column per ChargeDate.

    Parameters
    ----------
    frame : frame
        Rows with ChargeDate.
    column : str
        A measure.

    Returns
    -------
    Series
        Indexed by day, in the unit of the column.

    Examples
    --------
    >>> rows = pd.DataFrame({"ChargeDate": ["2026-02-01"] * 2, "EffectiveCost": [3.0, 5.0]})
    >>> by_day(rows, "EffectiveCost").to_dict()
    {'2026-02-01': 8.0}
    """
    return frame.groupby("ChargeDate")[column].sum()


def monthly(part: Part) -> list[UnitCostMonth]:
    """Value, days and whether partial, month by month.

    Parameters
    ----------
    part : Part
        A line of a KPI.

    Returns
    -------
    list of UnitCostMonth
        Oldest first: sum of the numerator over sum of the denominator, on days that have both. A
        month without such days, or with a denominator of 0, is left out.

    Source
    ------
    docs/method §16.1.

    Examples
    --------
    >>> day = pd.to_datetime(["2026-02-01", "2026-02-02"])
    >>> monthly(Part("a", "USD", pd.Series([3.0, 5.0], day), pd.Series([4.0], day[:1])))
    [{'month': '2026-02', 'value': 0.75, 'numerator': 3.0, 'denominator': 4.0, 'days': 1, 'partial': True}]
    """
    both = pd.concat({"n": part.numerator, "d": part.denominator}, axis=1, join="inner").dropna()
    if both.empty:
        return []
    months = both.index.to_series().dt.strftime("%Y-%m").to_numpy()
    rows: list[UnitCostMonth] = []
    for month, group in both.groupby(months, sort=True):
        if group["d"].sum() > 0:
            days = len(month_days(month))
            count = len(group) if part.step == "day" else days
            rows.append(
                {
                    "month": month,
                    "value": float(group["n"].sum() / group["d"].sum()),
                    "numerator": float(group["n"].sum()),
                    "denominator": float(group["d"].sum()),
                    "days": count,
                    "partial": count < days,
                }
            )
    return rows


def _parts(module: ModuleType, facts: Facts) -> list[Part]:
    """The lines of one KPI. Raises FinOpsError where its file gives something else."""
    parts = module.parts(facts)
    if not isinstance(parts, (list, tuple)):
        raise wrong(module, "parts", parts, "a list of Part")
    for part in parts:
        if not isinstance(part, Part):
            raise wrong(module, "parts", part, "a list of Part")
    return list(parts)


def parts_of(facts: Facts, asked: Iterable[str] | None = None) -> list[Part]:
    """Every line of the KPIs asked for, in their order, each once: a line of the same name and unit is the same one.

    Parameters
    ----------
    facts : Facts
        Of one unit.
    asked : iterable of str, optional
        As in `pick`.

    Returns
    -------
    list of Part
        Of all KPIs.

    Raises
    ------
    FinOpsError
        The file of a KPI gave something else than Parts; a name that is none.

    Examples
    --------
    >>> used = {"ChargeDate": pd.to_datetime(["2026-02-01"]), "ConsumedUnit": ["Hours"]}
    >>> rows = pd.DataFrame(used).assign(ConsumedQuantity=1.0, EffectiveCost=2.0)
    >>> parts_of(Facts(rows, pd.DataFrame(), {}, "USD"), ["cost_per_million_tokens"])
    []
    """
    known = shelf()
    lines: dict[tuple[str, str], Part] = {}
    for name in pick(asked):
        for part in _parts(known[name], facts):
            lines.setdefault((part.name, part.unit), part)
    return list(lines.values())


def unit_costs(
    facts: Facts, month: str, trend: int = 13, asked: Iterable[str] | None = None
) -> list[UnitCost]:
    """The KPI lines of a brief.

    Parameters
    ----------
    facts : Facts
        Of one unit.
    month : str
        YYYY-MM; a line without a value in it is left out.
    trend : int, optional
        At most so many months up to it.
    asked : iterable of str, optional
        As in `pick`.

    Returns
    -------
    list of UnitCost
        Value in the month, in the one before it (of those with a value), the change as a
        share of it, and the trend.

    Raises
    ------
    FinOpsError
        The file of a KPI gave something else than Parts; a name that is none.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "ChargeDate": pd.to_datetime(["2026-02-01"]),
    ...         "ConsumedUnit": "GPU-hours",
    ...         "CommitmentDiscountId": "",
    ...         "ConsumedQuantity": 4.0,
    ...         "EffectiveCost": 10.0,
    ...     }
    ... )
    >>> facts = Facts(rows, pd.DataFrame(), {}, "USD")
    >>> [(line["name"], line["value"]) for line in unit_costs(facts, "2026-02", asked=["cost_per_gpu_hour"])]
    [('Cost per GPU hour', 2.5)]
    """
    lines: list[UnitCost] = []
    for part in parts_of(facts, asked):
        rows = [row for row in monthly(part) if row["month"] <= month][-trend:]
        now = next((row for row in rows if row["month"] == month), None)
        if now is None:
            continue

        before = next((row for row in reversed(rows) if row["month"] < month), None)
        # of nothing, and of less than nothing, there is no share
        change = now["value"] / before["value"] - 1 if before and before["value"] > 0 else None
        line: UnitCost = {
            "name": part.name,
            "unit": part.unit,
            "value": now["value"],
            "previous": before["value"] if before else None,
            "change_pct": change,
            "days": now["days"],
            "partial": now["partial"],
            "numerator": now["numerator"],
            "denominator": now["denominator"],
            "better": part.better,
            "by_month": rows,
        }

        if part.of:
            line["of"] = part.of
        if part.loaded is not None:
            loaded = monthly(replace(part, numerator=part.loaded))
            full = {row["month"]: row["value"] for row in loaded}
            line["fully_loaded"] = full.get(month)
            line["fully_loaded_previous"] = full.get(before["month"]) if before else None
        lines.append(line)
    return lines
