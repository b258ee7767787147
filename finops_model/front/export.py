"""`fm.export`: actuals, budget, forecast and scenarios of a workspace as one FOCUS-shaped file (docs/method §15.70)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..decide.questions.answer import Answer
from ..errors import InputError, listing, unknown
from ..periods import check_month, month_name
from ..progress import Progress, silent
from ..publish import close
from ..publish.exports import rows as exports
from ..publish.exports.write import check, write
from ..settings import Settings, load_settings
from ..simulate import scenarios as simulate
from ..simulate.kept_fits import Fits
from ..wording import clean, money

READ_ME = (
    "Rows whose x_Quantile is empty add up: actuals, budgets, and the expected value (mean) of a forecast by month and workload.",
    "Rows with an x_Quantile (0.1, 0.5, 0.9) stand alone: a quantile of a workload, a unit or the company (x_Level) in one month. They never add up.",
    "x_Kind is actual, budget, forecast (the base) or scenario. Budget and forecast overlap by intent: choose one x_Kind, or actual and forecast together.",
    "Forecast rows begin on the day after the last actual one (ChargePeriodStart), so that actual and forecast together are the whole month.",
    "EffectiveCost of a forecast and a budget is before credits and tax; BilledCost is of actuals alone. x_Run names what made a forecast.",
)


def export(
    path: str | Path,
    settings: Settings | None = None,
    *,
    what: Sequence[str] | None = None,
    scenarios: Sequence[str | Path] = (),
    first: str | None = None,
    last: str | None = None,
    by: str = "month",
    quantiles: Sequence[float] = exports.QUANTILES,
    as_of: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""Write actuals, budget, forecast and scenarios as one table under FOCUS names.

    Parameters
    ----------
    path : path
        A .parquet, .csv or .xlsx file; one of that name is replaced.
    settings : Settings, optional
        The workspace; None: finops.yaml here. Of several entities: each in its own currency.
    what : sequence of str, optional
        Of actual, budget, forecast; None: all three. Scenarios come with their files.
    scenarios : sequence of path, optional
        Scenario files, on the draws of the base.
    first, last : str, optional
        YYYY-MM: the months of ChargePeriodStart that are taken; None: all.
    by : str, optional
        Actuals by "month" or by "day".
    quantiles : sequence of float, optional
        Between 0 and 1, of units and of the company; workloads have 0.1, 0.5, 0.9.
    as_of : str, optional
        Last day of actuals, YYYY-MM-DD; None: the newest that is complete.
    paths, engine, progress : optional
        As in `fm.run_many`.

    Returns
    -------
    Answer
        A row for each kind and scenario: months, rows, and the sum of the rows that add up.

    Raises
    ------
    FinOpsError
        Another kind of file, a month or quantile that is none, a scenario that makes no sense;
        then nothing is written.

    Source
    ------
    docs/method §15.70 to §15.74; FOCUS 1.4 column names.

    Examples
    --------
    >>> import pathlib, tempfile, pandas as pd, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [str(day.date()) for day in pd.date_range("2025-01-01", "2025-03-31")]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> answer = fm.export(folder / "all.parquet", settings, what=["actual"])
    >>> answer.sentence
    'all.parquet: 3 rows of actuals of January to March 2025, $8.50k.'
    >>> float(pd.read_parquet(folder / "all.parquet")["EffectiveCost"].sum())
    8498.0
    """
    settings, bars = settings or load_settings(), progress or silent
    file = check(Path(path))
    kinds = _kinds(what)
    quantiles = _quantiles(quantiles)
    if by not in ("month", "day"):
        raise InputError(unknown("--by", "step", by, ("month", "day")))
    first = check_month(first) if first else None
    last = check_month(last) if last else None
    if first and last and first > last:
        raise InputError(f"--from {first} lies after --to {last}. Exchange them.")
    if scenarios and len(settings.parts()) > 1:
        raise InputError(
            "--scenario: a scenario is of one entity, and this company has several. Name it with --entity."
        )
    parts, notes = [], []
    for own in settings.parts():
        ledger = close.books(own, bars)
        day = close.check_as_of(ledger, as_of, own.time_zone, None)
        if "actual" in kinds:
            parts.append(exports.actual_rows(ledger, own, day, by))
        if "budget" in kinds:
            parts.append(exports.budget_rows(own, day))
        if "forecast" in kinds or scenarios:
            made, said = _ahead(
                own,
                day,
                kinds=kinds,
                scenarios=scenarios,
                quantiles=quantiles,
                how={"paths": paths, "engine": engine, "progress": progress},
            )
            parts += made
            notes += said
    # a frame of no row has no type of its own, and would change those of the others
    table = (
        pd.concat([part for part in parts if len(part)], ignore_index=True)
        if any(map(len, parts))
        else parts[0]
    )
    month = table["ChargePeriodStart"].dt.tz_convert(settings.time_zone).dt.strftime("%Y-%m")
    taken = (month >= (first or "")) & (month <= (last or "9999-99"))
    table, month = table[taken].reset_index(drop=True), month[taken].reset_index(drop=True)
    if table.empty:
        raise InputError(
            f"there is nothing to export{f' from {first}' if first else ''}{f' to {last}' if last else ''}: "
            f"no {listing(kinds)} lies there. Leave --from and --to out, or name other months."
        )
    summary = _summary(table, month)
    written = write(table, file, [*READ_ME, *notes])
    return Answer(
        question="export",
        sentence=f"{written.name}: {_said(summary)}.",
        table=summary,
        forms={"rows": "count", "EffectiveCost": "money"},
        range=READ_ME[1]
        if table["x_Quantile"].notna().any()
        else "These rows add up; there is no range in them.",
        reason=READ_ME[0],
        next_best="",
        currency=settings.currency,
        notes=(*notes, *READ_ME[2:]),
        figures={"file": str(written), "rows": len(table), "columns": list(table)},
    )


def _ahead(own, day, *, kinds, scenarios, quantiles, how):
    """Rows of the base and of scenarios of one entity, and what is to be said of them."""
    daily = close.up_to(simulate.read_daily(own), day, False)
    base = own.path(own.scenario) if own.scenario else None
    fits = Fits(own.path(own.ledger))
    files = [*([base] if "forecast" in kinds else []), *scenarios]
    runs = simulate.run_many(
        files,
        own,
        as_of=day,
        daily=daily,
        dials=False,
        fits=fits,
        **how,
    )
    names = ["forecast" if "forecast" in kinds and i == 0 else "scenario" for i in range(len(runs))]
    empty = [f"{run.name}: {': '.join(run.nothing)}" for run in runs if run.nothing]
    return [
        exports.run_rows(run, daily, own, kind, quantiles)
        for run, kind in zip(runs, names, strict=True)
    ], [*fits.notes, *empty]


def _kinds(what: Sequence[str] | None) -> list[str]:
    known = exports.KINDS[:3]
    asked = list(dict.fromkeys(what)) if what is not None else list(known)
    for name in asked:
        if name not in known:
            raise InputError(unknown("--what", "kind of row", str(name), known))
    if not asked:
        raise InputError(f"--what: nothing is named. It is one of: {', '.join(known)}.")
    return asked


def _quantiles(given: Sequence[float]) -> list[float]:
    for q in given:
        if not 0 < q < 1:
            raise InputError(
                f"--quantile {q:g}: a quantile lies between 0 and 1. Write 0.9 for P90."
            )
    return sorted(set(map(float, given)))


def _summary(table: pd.DataFrame, month: pd.Series) -> pd.DataFrame:
    """A row for each currency, kind and scenario: months, rows, the sum of the rows that add up."""
    rows = []
    keys = ["x_Entity", "BillingCurrency", "x_Kind", "x_Scenario"]
    order = {kind: i for i, kind in enumerate(exports.KINDS)}
    for (entity, currency, kind, name), own in table.groupby(keys, dropna=False, sort=False):
        if kind == "budget":
            name = ""
        months = month[own.index]
        cost = sum(own.loc[own["x_Quantile"].isna(), "EffectiveCost"])
        rows.append(
            {
                "entity": entity if isinstance(entity, str) else "",
                "kind": kind,
                "scenario": clean(name) if isinstance(name, str) else "",
                "from": months.min(),
                "to": months.max(),
                "rows": len(own),
                "currency": currency,
                "EffectiveCost": float(cost),
            }
        )
    frame = pd.DataFrame(rows)
    frame = (
        frame.groupby(["entity", "kind", "scenario", "currency"], sort=False)
        .agg({"from": "min", "to": "max", "rows": "sum", "EffectiveCost": "sum"})
        .reset_index()
        .sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable")
    )
    frame = frame[["entity", "kind", "scenario", "from", "to", "rows", "currency", "EffectiveCost"]]
    return frame.drop(columns=[] if frame["entity"].any() else "entity").reset_index(drop=True)


NAMES = {"actual": "actuals", "budget": "budgets", "forecast": "the forecast", "scenario": ""}


def _said(summary: pd.DataFrame) -> str:
    """Each line of the summary in words."""
    words = []
    for row in summary.to_dict("records"):
        name = NAMES[row["kind"]] or f"'{row['scenario']}'"
        whose = f" of {row['entity']}" if row.get("entity") else ""
        words.append(
            f"{row['rows']:,} rows of {name}{whose} of {_months(row['from'], row['to'])}, {money(row['EffectiveCost'], row['currency'])}"
        )
    return "; ".join(words)


def _months(first: str, last: str) -> str:
    """A range of months in words.

    >>> _months("2025-01", "2025-03"), _months("2025-01", "2025-01"), _months("2025-12", "2026-01")
    ('January to March 2025', 'January 2025', 'December 2025 to January 2026')
    """
    if first == last:
        return month_name(first)
    begin = month_name(first).split()[0] if first[:4] == last[:4] else month_name(first)
    return f"{begin} to {month_name(last)}"


__all__ = ["export"]
