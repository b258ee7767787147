"""The brief of one unit and month: the single source of every number people see (docs/architecture.md §5).

`brief(...)` is a pure function of facts, runs and plans; report, workbook, archive and dashboard only show it.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from ..errors import several
from ..names import COMPANY, slug
from ..periods import add_months, fiscal_months, month_name
from ..schemas import NEWEST
from . import accuracy, accuracy_types, actuals, grades, kpis
from . import brief_types as typed
from .basis import sections
from .bridge import states
from .brief_types import Brief, Landing
from .budget import against, fiscal, outside, outside_words
from .budget import landing as budgets
from .carried import tie
from .change import growth, moved
from .change.by_prophet import by_prophet
from .change.types import WhatIfChange
from .close import Close, status
from .page_one.build import page_one
from .reach import same_days
from .restated import restated
from .usage import purchases
from .wasted.section import waste_of
from .words import headline, summary


def forecast_months(run, unit: str | None, budget_by_month: dict) -> list[typed.ForecastMonth]:
    """One row per month of the horizon: spread, part already booked, budget, probability of exceeding it."""
    rows: list[typed.ForecastMonth] = []
    for i, month in enumerate(run.months):
        totals = run.total(unit=unit, months=[month])
        booked = run.so_far[i].sum() if unit is None else run.so_far[i][run.units.index(unit)]
        budget = budget_by_month.get(month)
        rows.append(
            {
                "month": month,
                **budgets.spread(totals),
                "so_far": float(booked),
                "budget": budget,
                "overrun_probability": budgets.probability(totals, budget),
                "override": by_hand(run, unit, month),
            }
        )
    return rows


def by_hand(run, unit: str | None, month: str) -> typed.Override | None:
    """The number somebody set by hand for a unit's month, with who and why; it stands beside the model's P50, never in its place (§11.8).

    A number for one workload is none for its unit.
    """
    for override in getattr(run, "overrides", None) or ():
        if (
            override["month"] == month
            and not override.get("workload")
            and (None if override.get("unit") in (None, "", COMPANY) else override["unit"]) == unit
        ):
            return {
                "value": float(override["value"]),
                "by": str(override.get("by") or ""),
                "because": str(override.get("because") or ""),
            }
    return None


def landing(
    close: Close, run, unit: str | None, booked_by_month: dict, budget_by_month: dict
) -> Landing:
    """The fiscal year of the report month: booked months fixed, the rest from the run's paths."""
    if close.calendar is not None:
        own = fiscal.year_of(close.calendar, close.month)
        plan = fiscal.plan_of(close.budgets, unit, own, close.as_of)
        by_day = fiscal.by_day(close.daily, unit)
        return fiscal.landing_of(run, by_day, own, fiscal.year_budget(plan, own), unit)
    year = against.period_of(None, f"{close.month}-01", close.fiscal_year_starts)
    in_year = [budget_by_month[m] for m in year.months if m in budget_by_month]
    return against.landing_of(
        run, booked_by_month, year, float(sum(in_year)) if len(in_year) == 12 else None, unit
    )


def what_if_lines(close: Close, unit: str | None) -> list[typed.WhatIf]:
    """Each what-if beside the base, over the whole horizon: path-wise differences, never differences of medians."""
    lines: list[typed.WhatIf] = []
    for run in close.what_ifs:
        difference = run.total(unit=unit) - close.base.total(unit=unit)
        low, mid, high = (float(value) for value in np.quantile(difference, [0.1, 0.5, 0.9]))
        lines.append(
            {
                "name": run.name,
                "question": run.question,
                "p10": run.quantile(0.1, unit=unit),
                "p50": run.quantile(0.5, unit=unit),
                "p90": run.quantile(0.9, unit=unit),
                "difference_p10": low,
                "difference_p50": mid,
                "difference_p90": high,
                "difference_mean": float(difference.mean()),
                "probability_cheaper": float(np.mean(difference < 0)),
                "period": f"{month_name(run.months[0])} to {month_name(run.months[-1])}",
                "changes": what_if_changes(run, close.base),
            }
        )
    return lines


def what_if_changes(run, base) -> list[WhatIfChange]:
    """What a what-if changes of the base, in the order of its file: its inputs."""
    known = getattr(base, "assumptions", [])
    return [
        {
            "path": path,
            "how": note["how"],
            "value": value,
            "was": note["was"],
            "since": note["since"],
            "owner": note.get("owner") or "",
            "because": note.get("because") or "",
        }
        for note in getattr(run, "assumptions", [])
        if note.get("inputs") and note not in known
        for path, value in note["inputs"]
    ]


def quality(close: Close, rows: pd.DataFrame, total: float) -> list[typed.Quality]:
    """What a reader should know about the data before trusting the page."""
    part = rows[actuals.month_column(rows) == close.month]
    notes: list[typed.Quality] = []
    for what, mask, note in (
        (
            "Untagged (no team)",
            part["x_Team"] == "(untagged)",
            "shown, never dropped: it stays in the total",
        ),
        (
            "Not assigned to a unit",
            part["x_BusinessUnit"] == "(unassigned)",
            "no team, or a team the organisation file does not know",
        ),
        (
            "Negative usage rows",
            (part["EffectiveCost"] < 0) & (part["ChargeClass"] != "Correction"),
            "kept: invoices contain them",
        ),
    ):
        amount = float(part.loc[mask, "EffectiveCost"].sum())
        if amount:
            notes.append(
                {
                    "what": what,
                    "amount": amount,
                    "share": amount / total if total else None,
                    "note": note,
                }
            )
    if close.quarantined_rows:
        notes.append(
            {
                "what": "Rows in quarantine",
                "amount": float(close.tie_out.get("quarantined") or 0),
                "share": None,
                "note": f"{several(close.quarantined_rows, 'row')} {'was' if close.quarantined_rows == 1 else 'were'} refused, each with file, row and reason (finops reconcile)",
            }
        )
    return notes


def assumptions(run, as_of: str) -> list[typed.Assumption]:
    """The run's assumptions and decisions for readers; stale when their review date has passed."""
    lines: list[typed.Assumption] = []
    for item in run.assumptions:
        review = str(item.get("review_by") or "")
        text = item.get("text") or item.get("path", "")
        because = item.get("because")
        lines.append(
            {
                "text": f"{text}: {because}" if because and because not in text else text,
                "value": item.get("value"),
                "kind": item.get("kind", "assumption"),
                "source": item.get("source") or "",
                "owner": item.get("owner") or "",
                "review_by": review,
                "stale": bool(review) and review < as_of,
            }
        )
    return lines


def workloads_by_hand(run, unit: str | None) -> list[typed.WorkloadOverride]:
    """Numbers set by hand for single workloads of a unit, each beside the model's P50 of the same money (§11.8)."""
    return [
        {
            "workload": str(override.get("workload") or ""),
            "month": str(override.get("month") or ""),
            "by": str(override.get("by") or ""),
            "because": str(override.get("because") or ""),
            "value": float(override["value"]),
            "p50": float(override["p50"]),
        }
        for override in getattr(run, "overrides", None) or ()
        if override.get("workload") and (unit is None or override["unit"] == unit)
    ]


def budget_of(
    version: dict | None, month: str, land: Landing, budget_by_month: dict
) -> typed.Budget | None:
    """The brief's `budget`: who approved which version, and its amounts; None without one."""
    if version is None:
        return None
    amounts = {"month": budget_by_month.get(month), "year": land["budget"]}
    return cast(typed.Budget, {**version, **amounts, "by_month": budget_by_month})


def brief(close: Close, unit: str = COMPANY) -> Brief:
    r"""The brief of a unit: every number of its report, ready for canonical JSON.

    Parameters
    ----------
    close : Close
        Everything known at the close.
    unit : str, optional
        A business unit; "Company" is everything.

    Returns
    -------
    Brief
        Money in the currency of the close; its schema: measure/brief_types.py.

    Source
    ------
    docs/method §9, §11, §14, §16.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> base = fm.run(None, settings, paths=64, months=1)
    >>> month = {"company": "Acme", "month": "2025-03", "currency": "USD", "as_of": "2025-03-28"}
    >>> page = brief(Close(**month, daily=rows, base=base))
    >>> page["unit"], page["status"], round(page["actual"]["month"])
    ('Company', 'flash', 2646)
    """
    name = None if unit == COMPANY else unit
    rows, booked, complete, by_day = actuals.history(close.daily, unit, close.known)
    before = add_months(close.month, -1)
    year = fiscal_months(close.month, close.fiscal_year_starts)
    budget_by_month = (
        close.budgets.by_month(unit, as_of=close.as_of) if close.budgets is not None else {}
    )

    could = accuracy.reach(close.daily["ChargeDate"].min().date(), close.known)
    graded = accuracy.record(close.replays, complete, by_day, name, could=could) | {
        "published": _published(close, unit, complete)
    }

    state, reason = status(close)
    actual = booked.get(close.month, 0.0)
    beside = same_days(rows, close.month, close.as_of)
    land = landing(close, close.base, name, booked, budget_by_month)
    starts = close.fiscal_year_starts
    own_year = fiscal.year_of(close.calendar, close.month) if close.calendar else ()
    # `moved` compares sums of months: of a year of weeks there is none
    expects = [] if own_year else moved.expected(close.base, name, booked, starts)
    version = (
        close.budgets.describe(unit, close.month, as_of=close.as_of)
        if close.budgets is not None and budget_by_month
        else None
    )

    counted = close.drivers is not None
    facts = kpis.Facts(
        rows,
        close.drivers
        if close.drivers is not None
        else pd.DataFrame({"date": [], "name": [], "role": [], "unit": [], "value": []}),
        close.carried.get(unit, {}) if counted else {},
        close.currency,
        **close.kpi_facts.get(unit, {}),
    )

    year_to_date = sum(v for m, v in booked.items() if m in year and m <= close.month)
    if own_year:
        year_to_date = float(fiscal.rows_of(rows, own_year)["EffectiveCost"].sum())
    left_out = outside.of_year(
        close.daily, close.month, close.as_of, unit, close.fiscal_year_starts, own_year
    )
    spent: typed.Actual = {
        "month": actual,
        "previous_month": booked.get(before),
        "previous_same_days": actuals.by_month(beside).get(before),
        "year_to_date": year_to_date,
        "by_month": booked,
        "partial_months": [m for m in booked if m not in complete],
    }
    if close.base.nothing:
        spent["by_day"] = {str(d.date()): float(v) for d, v in by_day.iloc[-31:].items()}

    result: Brief = {
        "schema": NEWEST["brief"],
        "company": close.company,
        "unit": unit,
        "slug": slug(unit),
        "month": close.month,
        "currency": close.currency,
        "status": state,
        "status_reason": reason,
        "data_as_of": close.as_of,
        "complete": close.complete,
        "first_day": str(rows["ChargeDate"].min().date()) if len(rows) else None,
        "tie_out": cast(typed.TieOut, close.tie_out),
        "ledger_rows": close.ledger_rows,
        "ledger_all_time": close.ledger_all_time,
        "basis": sections.basis(close.taken),
        "excluded": actuals.excluded(close.daily, close.month, unit)
        + (close.excluded if unit == COMPANY else []),
        "year_outside": outside.beside(left_out, year_to_date, land),
        "not_forecast": [
            cast(typed.LeftOut, dict(item)) for item in getattr(close.base, "excluded", ())
        ]
        if unit == COMPANY
        else [],
        "budget": budget_of(version, close.month, land, budget_by_month),
        "actual": spent,
        "growth": growth.growth(close.daily, close.known, unit),
        "previous_forecast": accuracy.previous_forecast(
            close.month,
            actual if state != "flash" else None,
            name,
            close.published.get(unit),
            close.replays,
        ),
        "forecast": {
            "paths": close.base.paths,
            "seed": close.base.seed,
            "engine": close.base.engine,
            "months": forecast_months(close.base, name, budget_by_month),
            "reason": close.base.nothing[1] if close.base.nothing else None,
        },
        "by_hand": workloads_by_hand(close.base, name),
        "landing": land,
        "moved": []
        if own_year
        else moved.since_last_month(
            expects, close.published.get(unit), close.replays, name, rows, booked, starts
        ),
        "expected": [*expects, *moved.expected_month(close.base, name)],
        "drivers": {
            "change": actuals.changes(beside, close.month, before)
            if before >= f"{close.daily['ChargeDate'].min():%Y-%m}"
            else [],
            "range": _range(close.base, name),
        },
        "unit_costs": kpis.unit_costs(facts, close.month, asked=close.kpis),
        "unit_cost_tie": tie(facts.daily, facts.drivers, facts.carried, close.month),
        "accuracy": graded,
        "what_ifs": what_if_lines(close, name),
        "lines": actuals.lines(rows, close.month),
        "children": [],
        "assumptions": assumptions(close.base, close.as_of),
        "quality": quality(close, rows, actual),
        "people": cast(typed.People, close.people),
        "lineage": cast(typed.Lineage, close.lineage),
        "restated": restated(close.said.get(unit, {}), booked, close.month, unit),
        "counted_twice": close.counted_twice if unit == COMPANY else [],
        "billed_elsewhere": close.billed_elsewhere if unit == COMPANY else [],
        "headline": "",
        "summary": [],  # both are said below, of the others
    }

    purchases.put(result, close.base, name)
    if own_year and close.calendar is not None:
        plan = fiscal.plan_of(close.budgets, name, own_year, close.as_of)
        result["fiscal"] = fiscal.fiscal(close.base, by_day, close.calendar, own_year, plan, name)
    in_year = fiscal.rows_of(rows, own_year) if own_year else None
    if unit == COMPANY and (
        by_team := actuals.teams(rows, beside, close.month, before, year, in_year)
    ):
        result["teams"] = by_team
    if unit == COMPANY:
        result.update(cast(Brief, close.of_company))
    if lost := waste_of(close, unit, actual):
        result["waste"] = lost
    if bridges := states.of_brief(close, unit, rows, beside):
        result["bridge"] = bridges
    result.update(cast(Brief, close.beside(unit, rows)))
    if said := by_prophet(close.base, close.by_prophet, name, booked, 0 if own_year else starts):
        result["by_prophet"] = said
    result["page_one"] = page_one(close, result, rows, booked, by_day)
    left_out_words = outside_words.sentence(result["year_outside"], close.currency)
    return {
        **result,
        "headline": headline(result),
        "summary": [*summary(result), *([left_out_words] if left_out_words else [])],
    }


def _published(close: Close, unit: str, complete: dict) -> accuracy_types.Published | None:
    """What was published for the unit before this month, graded by its complete months."""
    if close.forecasts is None or not len(close.forecasts):
        return None
    own = close.forecasts[close.forecasts["unit"] == unit].reset_index(drop=True)
    actual = {(unit, month): value for month, value in complete.items()}
    alone = grades.workload_months(close.daily, close.as_of, own)
    return grades.grade(
        own, actual, naive=grades.naive_months(close.daily, own), workloads=alone
    ).as_brief()


def _range(run, unit: str | None, most: int = 10) -> list[typed.RangeShare]:
    column = len(run.units) if unit is None else run.units.index(unit)
    shares = [
        (workload, float(share))
        for workload, share in zip(run.workloads, run.range_share[:, column])
    ]
    shares = sorted(shares, key=lambda pair: -abs(pair[1]))
    return [{"name": name, "share": share} for name, share in shares[:most] if share]
