"""`fm.kpi`: unit costs of two months, on a workspace (docs/method §16.4)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..decide.questions import unit_costs
from ..decide.questions.answer import Answer
from ..errors import LedgerError
from ..facts.daily import warehouse
from ..facts.plans.read import read_drivers
from ..measure import carried
from ..measure.actuals import cost_rows, month_column
from ..measure.kpis import Facts
from ..names import COMPANY
from ..periods import month_name
from ..progress import Progress
from ..publish import close
from ..scenario.document import load_scenario, resolve
from ..settings import Settings, load_settings


def kpi(
    settings: Settings | None = None,
    first: str | None = None,
    last: str | None = None,
    *,
    only: str | None = None,
    unit: str | None = None,
    kpis: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""Unit costs of two months side by side, with the cost and the count that each is divided out of.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    first, last : str, optional
        YYYY-MM. last None: the newest month that is complete; first None: the month before it.
    only : str, optional
        One line by its name, "Cost per chat".
    unit : str, optional
        A business unit; None: the company.
    kpis : sequence of str, optional
        Files of the shelf of KPIs; None: those of finops.yaml, else the defaults.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each unit cost that both months have.

    Raises
    ------
    FinOpsError
        A month the ledger has nothing of, a unit or KPI nobody has, no unit cost in both months.

    Source
    ------
    docs/method §16.1, §16.4.

    Examples
    --------
    >>> import pathlib, tempfile, pandas as pd, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [str(day.date()) for day in pd.date_range("2025-01-01", "2025-03-31")]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},{day[6]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> counted = ["date,name,value", *(f"{day},chats,4" for day in days)]
    >>> _ = (folder / "demo/chats.csv").write_text("\n".join(counted))
    >>> settings = settings.model_copy(update={"drivers": ["chats.csv"]})
    >>> fm.kpi(settings, "2025-01", "2025-02").sentence
    'Cost per chat of the company was 0.25 in January 2025 and 0.5 in February 2025 (USD / chat): up 100 %.'
    """
    settings = settings or load_settings()
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    months = sorted(set(month_column(cost_rows(daily))))
    last = last or close.pick_month(ledger, None, False, settings.time_zone)[0]
    first = first or (months[months.index(last) - 1] if last in months[1:] else last)
    for option, month in (("--from", first), ("--to", last)):
        if month not in months:
            raise LedgerError(
                f"{option}: the ledger has no cost in {month}. It has cost from {month_name(months[0])} to {month_name(months[-1])}."
            )
    if first > last:
        first, last = last, first
    name = close.pick_unit(daily, unit)
    carried.check(settings.unit_costs, daily)
    drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    own = carried.choose(
        settings.unit_costs, drivers, daily, _follows(settings, daily), close.units_of(daily)
    )
    rows = cost_rows(daily)
    if name != COMPANY:
        rows = rows[rows["x_BusinessUnit"] == name]
    facts = Facts(
        rows, _no_drivers() if drivers is None else drivers, own.get(name, {}), settings.currency
    )
    return unit_costs.between(
        facts,
        first,
        last,
        asked=kpis if kpis is not None else settings.kpis,
        only=only,
        whose="the company" if name == COMPANY else name,
    )


def _no_drivers() -> pd.DataFrame:
    return pd.DataFrame({"date": [], "name": [], "role": [], "unit": [], "value": []})


def _follows(settings: Settings, daily) -> dict[str, str]:
    """Workload -> the driver it follows in the base scenario, "" for none."""
    if not settings.scenario:
        return {}
    base = resolve(load_scenario(settings.path(settings.scenario)), daily, settings)
    return {name: one.get("driver") or "" for name, one in base.tree["workloads"].items()}
