"""`fm.kpi`: unit costs of two months, on a workspace (docs/method §16.4)."""

from __future__ import annotations

from collections.abc import Sequence

from ..decide.questions import unit_costs
from ..decide.questions.answer import Answer
from ..decide.questions.kpi.listed import listed as all_of_them
from ..decide.questions.kpi.trend import trend as over_months
from ..errors import InputError, LedgerError, listing, nearest, unknown
from ..facts.daily import warehouse
from ..measure.actuals import cost_rows, month_column
from ..measure.cycle.facts import facts_of
from ..measure.kpis import Facts, parts_of, shelf
from ..names import COMPANY
from ..periods import month_name
from ..progress import Progress
from ..publish import close
from ..settings import Settings, load_settings
from .outlook.views import VIEWS
from .outlook.views import view as viewed


def kpi(
    settings: Settings | None = None,
    first: str | None = None,
    last: str | None = None,
    *,
    only: str | None = None,
    unit: str | None = None,
    kpis: Sequence[str] | None = None,
    listed: bool = False,
    trend: int | None = None,
    view: str | None = None,
    as_of: str | None = None,
    paths: int | None = None,
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
        One line by its name, "Cost per chat", or a KPI by its own, "Cost per API call".
    unit : str, optional
        A business unit; None: the company.
    kpis : sequence of str, optional
        Files of the shelf of KPIs; None: those of finops.yaml, else the defaults.
    listed : bool, optional
        Every KPI of the shelf instead: what it is, its value in `last`, and why it has none.
    trend : int, optional
        So many months up to `last` instead of two.
    view : str, optional
        Instead: "ahead" (unit costs of coming months with their range), "sets" (sets of drivers,
        to the cent), "margin" (gross margin after AI cost), "quality" (models by quality and cost).
    as_of, paths : optional
        With "ahead": last day of the bill to use; futures.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each unit cost that both months have; for each KPI; for each line with a month.

    Raises
    ------
    FinOpsError
        A month the ledger has nothing of, a unit or KPI nobody has, no unit cost in both months.

    Source
    ------
    docs/method §16.1, §16.4, §16.10, §16.51 to §16.57.

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
    if view is not None or as_of is not None or paths is not None:
        if view is not None and view not in VIEWS:
            raise InputError(unknown("view", "view", view, VIEWS))
        asked_for = {"--list": listed, "--trend": trend is not None, f"--{view}": view is not None}
        answer = viewed(
            settings,
            asked_for,
            only=only,
            unit=unit,
            months=(first, last),
            as_of=as_of,
            paths=paths,
            progress=progress,
        )
        if answer is not None:
            return answer
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    name = close.pick_unit(daily, unit)
    whose = "the company" if name == COMPANY else name
    months = sorted(set(month_column(cost_rows(daily))))
    newest = close.pick_month(ledger, None, False, settings.time_zone)[0]
    first, last = _months(months, first, last or newest)
    if listed:
        names = list(kpis) if kpis is not None else list(shelf())
        return all_of_them(facts_of(settings, ledger, daily, name, names), last, whose, names)
    asked = kpis if kpis is not None else settings.kpis
    facts = facts_of(settings, ledger, daily, name, asked)
    if only is not None and _named(facts, asked, only) is None:
        usual = [part.name for part in parts_of(facts, asked)]
        asked = _file_of(only) or list(shelf())
        facts = facts_of(settings, ledger, daily, name, asked)
        if _file_of(only):
            only = None  # a KPI by its own name: all its lines
        elif _named(facts, asked, only) is None:
            raise InputError(_no_such(only, usual, [part.name for part in parts_of(facts, asked)]))
    if trend is not None:
        back = months[: months.index(last) + 1][-trend:]
        return over_months(facts, back, whose, asked=asked, only=only)
    return unit_costs.between(facts, first, last, asked=asked, only=only, whose=whose)


def _months(months: list[str], first: str | None, last: str) -> tuple[str, str]:
    """The two months asked for, the earlier first. Raises LedgerError where the ledger has no cost in one."""
    first = first or (months[months.index(last) - 1] if last in months[1:] else last)
    for option, month in (("--from", first), ("--to", last)):
        if month not in months:
            raise LedgerError(
                f"{option}: the ledger has no cost in {month}. It has cost from {month_name(months[0])} to {month_name(months[-1])}."
            )
    return min(first, last), max(first, last)


def _named(facts: Facts, asked: Sequence[str] | None, only: str) -> str | None:
    """The line of that name, as it is written; None where there is none."""
    names = {part.name.casefold(): part.name for part in parts_of(facts, asked)}
    return names.get(only.casefold())


def _no_such(only: str, usual: Sequence[str], lines: Sequence[str]) -> str:
    """The message for a line that nobody has. usual: those of the report; lines: those that have data here."""
    titles = [getattr(module, "TITLE", name) for name, module in shelf().items()]
    guess = nearest(only, [*lines, *titles])
    hint = f" Did you mean '{guess}'?" if guess else ""
    known = f" In the report: {listing(usual)}." if usual else ""
    return f"--kpi: unknown unit cost '{only[:60]}'.{hint}{known} Every KPI: finops kpi --list."


def _titles() -> dict[str, str]:
    """Names and titles of the KPIs of the shelf -> their files."""
    words: dict[str, str] = {}
    for name, module in shelf().items():
        words |= {name: name, str(getattr(module, "TITLE", name)).casefold(): name}
    return words


def _file_of(only: str) -> list[str] | None:
    """The KPI of that name or title, as a list of one; None where there is none."""
    name = _titles().get(only.casefold())
    return None if name is None else [name]
