"""`fm.roi`: what business value returns on what it costs, in a named period (docs/method §16.60 to §16.64)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...decide.outlook.returns import returned
from ...decide.questions.answer import Answer
from ...errors import InputError, unknown
from ...facts.cycle.values import Value, read_values
from ...measure.actuals import cost_rows, month_column
from ...measure.budget import against
from ...measure.outlook import returns
from ...periods import check_month, month_name, month_range
from ...progress import Progress
from ...settings import Settings, load_settings
from .paths import Ahead, ahead

FEWEST = 500  # futures: a chance is told in whole percents
PATHS = 4000


def roi(
    settings: Settings | None = None,
    period: str | None = None,
    *,
    first: str | None = None,
    last: str | None = None,
    initiative: str | None = None,
    discount_rate: float | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""What business value returns on what it costs in a period: ROI, payback and the chance of either.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here. Its file `values` has the ranges.
    period : str, optional
        FY2026, FY2026-Q4, 2026-11; None: all months of the file.
    first, last : str, optional
        YYYY-MM, instead of a period.
    initiative : str, optional
        One by its name; None: all, and all of them together.
    discount_rate : float, optional
        A year, 0.08 is 8 %; None: that of finops.yaml, else 0.
    as_of : str, optional
        Last day of the bill to use, where workloads are named whose cost counts.
    paths : int, optional
        Futures, 500 or more; None: 4000, or the base's where costs are simulated.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each initiative, then all together; money in the ledger's currency.

    Raises
    ------
    InputError, LedgerError, ScenarioError
        No file of values, a row of it that cannot be meant, a period without values, a workload
        that no bill has, a month that neither bill nor simulation reaches.

    Source
    ------
    docs/method §16.60 to §16.64.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> head = "initiative,month,kind,low,likely,high,owner,cost\n"
    >>> rows = "Assistant,2026-01,revenue,80,100,120,Ana,90\nAssistant,2026-02,revenue,80,100,120,Ana,60\n"
    >>> _ = (folder / "values.csv").write_text(head + rows)
    >>> _ = (folder / "finops.yaml").write_text("company: Acme\nvalues: values.csv\n")
    >>> fm.roi(fm.load_settings(folder)).sentence
    'Assistant brings $200 on $150 of cost in January 2026 to February 2026: ROI 33 %, and it is above 0 with a chance of 95 %.'
    """
    settings = settings or load_settings()
    if paths is not None and paths < FEWEST:
        raise InputError(
            f"--paths {paths}: a chance needs {FEWEST} futures or more. Leave --paths out to take {PATHS}."
        )
    rate = settings.discount_rate if discount_rate is None else discount_rate
    if not 0 <= rate < 1:
        raise InputError(
            f"--discount {rate:g}: a discount rate is a share a year from 0 to below 1; 8 % is 0.08."
        )
    rows = _rows(settings)
    each = returns.named(rows)
    where = str(settings.values)
    for name, own in each.items():
        returns.check(name, own, where)
    if initiative is not None:
        near = {name.casefold(): name for name in each}
        if initiative.casefold() not in near:
            raise InputError(unknown("--initiative", "initiative", initiative, each))
        each = {near[initiative.casefold()]: each[near[initiative.casefold()]]}
    months, words = _period(settings, period, first, last, each)
    sought = {
        name: (sorted({w for row in own for w in row.workloads}), inside)
        for name, own in each.items()
        if (inside := sorted({row.month for row in own} & set(months)))
        and any(row.workloads for row in own)
    }
    costs: Mapping[str, dict[str, np.ndarray]] = {}
    simulated, count = "", paths or PATHS
    if sought:
        costs, count, simulated = _costs(settings, sought, as_of, paths, progress, where)
    initiatives = [
        one
        for name, own in each.items()
        if (
            one := returns.initiative(
                name, own, months, paths=count, seed=settings.seed, costs=costs.get(name)
            )
        )
    ]
    partly = [
        f"{one.name} has values from {month_name(one.months[0])} to {month_name(one.months[-1])} only; other months of the period count neither value nor cost of it."
        for one in initiatives
        if len(one.months) < len(months)
    ]
    return returned(
        initiatives,
        words,
        currency=settings.currency,
        rate=rate,
        simulated=simulated,
        notes=partly,
    )


def _rows(settings: Settings) -> list[Value]:
    if settings.values is None:
        raise InputError(
            "finops.yaml: values: no file of business value is named, so there is no return. Write a CSV with initiative, month, kind, low, "
            "likely, high, owner, cost, and name it: values: values.csv."
        )
    own = settings.own.name if settings.own else ""
    names = [one.name for one in settings.entities]
    rows = read_values(settings.path(settings.values), settings.currency, own, names)
    if not rows:
        raise InputError(f"{settings.values}: no row is of {own}. Write some, or take its file.")
    return rows


def _period(
    settings: Settings,
    period: str | None,
    first: str | None,
    last: str | None,
    each: Mapping[str, Sequence[Value]],
) -> tuple[tuple[str, ...], str]:
    """The months of the period asked for, and how it is called."""
    if period is not None and (first or last):
        raise InputError("--period: goes without --from and --to. Write one or the other.")
    known = sorted({row.month for rows in each.values() for row in rows})
    if period is not None:
        asked = against.period_of(
            period, f"{known[-1]}-28", option="--period", **against.year_how(settings)
        )
        if asked.weeks:
            raise InputError(
                f"--period: {asked.name} is weeks, and values are of calendar months. Name months: --from {asked.months[0]} --to {asked.months[-1]}."
            )
        if not set(asked.months) & set(known):
            which = f", which is {_span(asked.months)}" if len(asked.months) > 1 else ""
            raise InputError(
                f"--period: no initiative has a value in {asked.name}{which}. {settings.values} has values in {_span(known)}: name a period "
                f"of these, or --from {known[0]} --to {known[-1]}."
            )
        return tuple(asked.months), asked.name
    start = check_month(first, "--from") if first else known[0]
    end = check_month(last, "--to") if last else known[-1]
    if end < start:
        raise InputError(f"--to: {end} is before {start}. Name the later month.")
    words = month_name(start) if start == end else f"{month_name(start)} to {month_name(end)}"
    return month_range(start, end), words


def _span(months: Sequence[str]) -> str:
    return months[0] if months[0] == months[-1] else f"{months[0]} to {months[-1]}"


def _costs(
    settings: Settings,
    sought: Mapping[str, tuple[list[str], list[str]]],
    as_of: str | None,
    paths: int | None,
    progress: Progress | None,
    where: str,
) -> tuple[dict[str, dict[str, np.ndarray]], int, str]:
    """Initiative -> month -> (path,) cost of its workloads: of the bill where it is complete, else simulated; how many paths; in words."""
    ground: Ahead = ahead(
        settings,
        {name: workloads for name, (workloads, _) in sought.items()},
        as_of=as_of,
        paths=paths or (PATHS if settings.paths < FEWEST else None),
        until=max(months[-1] for _, months in sought.values()),
        progress=progress,
    )
    rows = cost_rows(ground.daily)
    known = set(rows["x_Workload"]) | set(ground.workloads)
    booked = rows.groupby([rows["x_Workload"], month_column(rows)])["EffectiveCost"].sum()
    billed = set(month_column(rows))
    costs: dict[str, dict[str, np.ndarray]] = {}
    some = False
    for g, (name, (workloads, months)) in enumerate(sought.items()):
        for workload in workloads:
            if workload not in known:
                raise InputError(
                    unknown(f"{where}: workloads of '{name}'", "workload", workload, sorted(known))
                )
        costs[name] = {}
        for month in months:
            if month in ground.months:
                costs[name][month] = ground.cost[:, ground.months.index(month), g]
                some = True
            elif month in billed:
                paid = sum(float(booked.get((workload, month), 0.0)) for workload in workloads)
                costs[name][month] = np.full(ground.paths, paid)
            else:
                raise InputError(
                    f"{where}: month: '{name}' counts the cost of {', '.join(workloads)} in {month}, which neither bill nor simulation "
                    f"reaches: they run from {min(billed)} to {(ground.months or [max(billed)])[-1]}. Write its cost in the column cost, or a longer "
                    "horizon in the base scenario."
                )
    words = (
        f"Costs of workloads are the bill's to {ground.as_of}, then those of the base on {ground.paths:,} simulated futures."
        if some
        else f"Costs of workloads are the bill's, to {ground.as_of}."
    )
    return costs, ground.paths, words


__all__ = ["roi"]
