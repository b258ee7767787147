"""`finops kpi --quality`: what the same work costs on each judged model, and which no other beats (docs/method §16.57)."""

from __future__ import annotations

import pandas as pd

from ...decide.outlook.quality import against_cost
from ...decide.questions.answer import Answer
from ...errors import InputError, LedgerError, listing
from ...facts.cycle.quality import read_quality
from ...facts.daily import warehouse
from ...measure.actuals import cost_rows, month_column
from ...measure.cycle.facts import facts_of
from ...measure.outlook.frontier import candidates, prices_listed
from ...names import COMPANY
from ...periods import add_months, month_days, month_name
from ...prices.lists.catalog import load_catalog
from ...progress import Progress
from ...publish import close
from ...settings import Settings

WINDOW = 12  # months of samples that count


def quality_against_cost(
    settings: Settings,
    *,
    month: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Judged models of each workload beside each other at the prices of a month (None: the newest complete one).

    Raises InputError where no samples are named or none meet a workload with tokens; LedgerError for a month the ledger has nothing of.
    """
    if not settings.quality_samples:
        raise InputError(
            "finops.yaml: quality_samples: no file of judged answers is named, so quality is not known. Write a CSV with week, workload, model, "
            "sampled, accepted, and name it: quality_samples: quality.csv."
        )
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    chosen = month or close.pick_month(ledger, None, False, settings.time_zone)[0]
    rows = cost_rows(daily)
    known = sorted(set(month_column(rows)))
    if chosen not in known:
        raise LedgerError(
            f"--to: the ledger has no cost in {chosen}. It has cost from {month_name(known[0])} to {month_name(known[-1])}."
        )
    entity = settings.own.name if settings.own else ""
    names = [one.name for one in settings.entities]
    samples = read_quality(settings.path(settings.quality_samples), entity, names)
    last = pd.Timestamp(month_days(chosen)[-1])
    first = pd.Timestamp(f"{add_months(chosen, 1 - WINDOW)}-01")
    recent = samples[(samples["date"] >= first) & (samples["date"] <= last)]
    tokens = rows[rows["ConsumedUnit"].str.casefold().eq("tokens")]
    tokens = tokens[month_column(tokens) == chosen]
    catalog = load_catalog(settings.path(settings.prices)) if settings.prices else None
    listed = prices_listed(catalog, f"{last:%Y-%m-%d}", settings.currency)
    each, notes = {}, []
    for workload, own in recent.groupby("workload", sort=True):
        mine = tokens[tokens["x_Workload"] == workload]
        if mine.empty:
            notes.append(f"{workload}: has samples and no tokens in {month_name(chosen)}.")
            continue
        each[str(workload)] = candidates(str(workload), own, tokens, mine, listed)
        former = set(samples.loc[samples["workload"] == workload, "model"]) - set(own["model"])
        if former:
            notes.append(
                f"{workload}: {listing(sorted(former))} was last judged more than {WINDOW} months before, and is left out."
            )
        unjudged = set(mine["x_Model"]) - set(own["model"]) - {""}
        if unjudged:
            notes.append(f"{workload}: {listing(sorted(unjudged))} is in use and was not judged.")
    if not each:
        raise InputError(
            f"{settings.quality_samples}: no workload of it has both samples of the {WINDOW} months to {chosen} and tokens on the bill in {chosen}. "
            f"Workloads with tokens: {listing(sorted(set(tokens['x_Workload'])))}."
        )
    facts = facts_of(settings, ledger, daily, COMPANY, asked=["cost_per_driver"])
    counts = {}
    for name, drives in facts.carried.items():
        for workload in each:
            if drives.workloads == frozenset({workload}) and not drives.outcome:
                own = facts.drivers[facts.drivers["name"] == name]
                number = float(own.loc[own["date"].dt.strftime("%Y-%m") == chosen, "value"].sum())
                if number > 0:
                    counts[workload] = (name.replace("_", " "), number)
    return against_cost(each, chosen, currency=settings.currency, counts=counts, notes=notes)


__all__ = ["quality_against_cost"]
