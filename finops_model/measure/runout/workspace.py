"""Everything of a workspace that can run out: the front door `fm.runout`, and the rows of report and watch."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass

import pandas as pd

from ...errors import InputError
from ...facts.daily.entities import chosen
from ...facts.plans import together
from ...facts.plans.balances import balances_of
from ...facts.workspace import read_daily
from ...periods import check_day
from ...progress import Progress
from ...scenario.volumes import too_little
from ...settings import Settings
from ...simulate import scenarios
from ...simulate.run import no_run
from ...wording import runout as words
from ..anomalies.quotas import quotas_of
from . import limits
from .balances import balance_rows
from .types import RunoutRow


@dataclass(frozen=True)
class Runouts:
    """When things run out, a row each; what is likely to run out first comes first."""

    as_of: str
    currency: str
    rows: tuple[RunoutRow, ...]

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __str__(self) -> str:
        return "\n".join(one["sentence"] for one in self.rows) or words.NOTHING

    def as_dict(self) -> dict:
        """Plain values, for JSON."""
        return {
            "schema": 1,
            "as_of": self.as_of,
            "currency": self.currency,
            "basis": "Effective",
            "rows": [dict(one) for one in self.rows],
        }

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in words.COLUMNS)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in words.cells(one, self.currency))
            + "</tr>"
            for one in self.rows
        )
        note = html.escape(words.note(self.as_of, self.currency))
        if not self.rows:
            return f"<div>{html.escape(words.NOTHING)}</div>"
        return (
            f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}</div>"
        )


def runout(
    settings: Settings | str | os.PathLike | None = None,
    as_of: str | None = None,
    *,
    run=None,
    daily: pd.DataFrame | None = None,
    paths: int | None = None,
    entity: str | None = None,
    progress: Progress | None = None,
) -> Runouts:
    r"""When budgets, balances, credits, commitments and quotas of a workspace run out.

    Parameters
    ----------
    settings : Settings or path, optional
        The workspace: its settings, its folder or its finops.yaml; None: finops.yaml here. What it has: `budgets`, `balances`, `commitments`,
        quotas under `watch`.
    as_of : str, optional
        Last day of the bill used, YYYY-MM-DD; None: the newest complete one.
    run : Run, optional
        Of the base scenario, for budgets; None: it is simulated where there is a budget.
    daily : frame, optional
        DAILY; None: read from the ledger.
    paths : int, optional
        Of that run.
    entity : str, optional
        Of a workspace that names entities: which.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Runouts
        `.rows`: what, remaining, per_day, and the days by which 10, 50 and 90 % of all futures have
        run out (None: not within the horizon); EffectiveCost in the ledger's currency, or the unit
        of the row.

    Raises
    ------
    InputError, LedgerError
        A balance or quota that makes no sense, an empty ledger.

    Source
    ------
    docs/method §9.21 to §9.23.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},100,a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> balance = {"name": "Prepaid", "left": 950, "left_on": "2025-03-28"}
    >>> settings = type(settings).model_validate({**dict(settings), "balances": [balance]})
    >>> row = fm.runout(settings).rows[0]
    >>> row["remaining"], row["likely"]
    (950.0, '2025-04-07')
    """
    settings = chosen(settings, entity, "runout")
    daily = read_daily(settings) if daily is None else daily
    first, last = str(daily["ChargeDate"].min().date()), newest(daily)
    as_of = last if as_of is None else check_day(as_of, "as_of")
    if not first <= as_of <= last:
        raise InputError(
            f"as_of {as_of}: the ledger has complete data from {first} to {last}. Choose a day in between."
        )
    balances_of(settings, daily)
    quotas_of(settings, daily)
    facts = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    if run is None and settings.budgets:
        base = settings.path(settings.scenario) if settings.scenario else None
        why = too_little(facts, as_of)
        run = (
            no_run(why, settings, as_of, sorted(set(facts["x_BusinessUnit"])))
            if why
            else scenarios.run(
                base, settings, as_of, paths, daily=daily, dials=False, progress=progress
            )
        )
    return Runouts(as_of, settings.currency, tuple(rows_of(settings, facts, as_of, run)))


def newest(daily: pd.DataFrame) -> str:
    """The newest day to which all sources are complete."""
    usage = daily.loc[daily["ChargeCategory"] == "Usage", "ChargeDate"]
    last = str((usage if len(usage) else daily["ChargeDate"]).max().date())
    return min(daily.attrs.get("complete") or last, last)


def rows_of(
    settings: Settings, daily: pd.DataFrame, as_of: str, run=None, quotas=None
) -> list[RunoutRow]:
    """A row for each thing of a workspace that can run out, the first to do so first; names are held against the bill elsewhere.

    daily    DAILY up to as_of
    run      of the base scenario: budgets need one
    quotas   None: those of finops.yaml
    """
    budgets = together.budgets(settings)
    quotas = quotas_of(settings, None) if quotas is None else quotas
    found = [
        *(
            limits.budget_rows(run, daily, budgets, as_of, settings)
            if budgets is not None and run is not None
            else []
        ),
        *balance_rows(balances_of(settings), daily, as_of, settings),
        *limits.commitment_rows(daily, as_of, settings),
        *limits.quota_rows(list(quotas), daily, as_of, settings),
    ]
    return sorted(found, key=_first)


def _first(row: RunoutRow) -> tuple:
    """Those that ran out, then by likely day; a budget of the company before those of its units."""
    order = {"out": 0, "running": 1, "not begun": 1, "not known": 2, "ended": 3}
    return order[row["state"]], row["likely"] or "9999", row["business_unit"], row["name"]
