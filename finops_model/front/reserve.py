"""`fm.reserve`: what a budget needs beyond what is approved, with what is booked of its period, the same numbers as page one."""

from __future__ import annotations

from typing import cast

from ..decide.questions.answer import Answer
from ..decide.questions.portfolio import LEAST, check_level
from ..decide.questions.reserve import Asked, reserve_of
from ..errors import InputError
from ..facts.plans.held_back import held_back
from ..measure.brief_types import Landing
from ..measure.budget import against
from ..measure.budget.by_unit import paths_by_unit
from ..names import COMPANY
from ..progress import Progress
from ..settings import Settings, load_settings
from ._ground import ground


def reserve(
    settings: Settings | None = None,
    level: float = 80,
    budget: str | None = None,
    *,
    amount: float | None = None,
    as_of: str | None = None,
    month: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""What a budget needs beyond what is approved to hold at a level, and which unit carries how much of it.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    level : float, optional
        Percent, 50 to 99: in 80, 8 of 10 futures stay under the amount.
    budget : str, optional
        The period of the budget: FY2027, FY2026-Q4, 2026-11; None: the fiscal year under way.
    amount : float, optional
        A budget of that period in money, instead of the approved one.
    as_of, month : str, optional
        Last day of the bill to use, or the month of the report whose day it is.
    paths : int, optional
        Futures, 500 or more; None: the base's, at least 500.
    engine, progress : optional
        As in `fm.run`.

    Returns
    -------
    Answer
        A row for each unit, then diversification and the company; money in the ledger's currency.

    Raises
    ------
    InputError, LedgerError, ScenarioError
        A level, a period or a number of futures that cannot be meant; neither bill nor simulation
        reaches the period.

    Source
    ------
    docs/method §8.70 to §8.73.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> answer = reserve(settings, budget="2025-04", amount=1_000.0, paths=500)
    >>> answer.figures["reserve"] == answer.figures["quantile"] - 1_000.0
    True
    """
    settings = settings or load_settings()
    check_level(level)
    if amount is not None and amount < 0:
        raise InputError(f"--amount {amount:g}: a budget is 0 or more.")
    base = ground(
        settings,
        budget,
        as_of=as_of,
        month=month,
        paths=paths,
        least=LEAST,
        engine=engine,
        progress=progress,
    )
    run, daily = base.base, base.daily
    in_force = base.budget() if amount is None else float(amount)
    land = against.landing_beside(run, daily, in_force, base.period)
    if land["why_none"]:
        raise InputError(
            f"--budget: where {land['period']} lands is not known: {land['why_none']}."
        )
    totals = paths_by_unit(run, daily, base.period)
    budgeted = base.budgets.units() if base.budgets is not None else []
    budgets = {} if amount is not None else {u: base.budget(u) for u in {*totals, *budgeted}}
    held = held_back(base.budgets, COMPANY, base.budget_shares(), base.as_of)
    notes = list(base.notes)
    if base.raised:
        notes.append(
            f"Futures: {LEAST} were taken; the base says {base.raised}, too few for shares, so a report's own figures differ by chance."
        )
    return reserve_of(
        Asked(
            land=cast(Landing, land),
            totals=totals,
            budgets=dict(sorted(budgets.items())),
            held=[] if amount is not None else held,
            currency=run.currency,
            as_of=run.as_of,
            level=level,
            stated=amount is not None,
            notes=tuple(notes),
        )
    )


__all__ = ["reserve"]
