"""The facts of KPIs of a workspace: only those that the KPIs asked for need are read (docs/method §16.10)."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...facts.cycle.customers import read_customer_usage, read_customers
from ...facts.cycle.quality import read_quality
from ...facts.cycle.seats import read_seats
from ...facts.cycle.values import Value, read_values
from ...facts.daily import tag_debt, warehouse
from ...facts.plans import together
from ...facts.plans.read import read_drivers
from ...facts.usage.daily import daily_usage, one_view
from ...facts.usage.store import UsageStore
from ...names import COMPANY
from ...settings import load_tag_rules
from .. import grades
from ..actuals import cost_rows
from ..anomalies.detect import find_anomalies
from ..outlook import margin
from ..realised.actions import SHOWN
from ..realised.saved import Realised
from ..realised.workspace import actions_of, outcomes_of
from ..waste import found_waste


def gather(
    settings,
    ledger,
    daily: pd.DataFrame,
    unit: str,
    needs: Iterable[str],
    before: str = "9999-12",
) -> dict:
    """Fields of `kpis.CycleFacts` by name, of a unit ("Company": all); those that are not needed are left out.

    settings, ledger   of the company, or of one entity;  daily: DAILY of it;  needs: names of fields
    before             YYYY-MM: forecasts that were published in an earlier month count
    Raises FinOpsError where a file cannot be read.
    """
    rows = cost_rows(daily)
    own = rows if unit == COMPANY else rows[rows["x_BusinessUnit"] == unit]
    workloads = set(own["x_Workload"])
    complete = str(daily.attrs.get("complete", "") or "")
    entity = settings.own.name if settings.own else ""
    entities = [one.name for one in settings.entities]
    wanted, facts = set(needs), {"complete": complete, "year_starts": settings.fiscal_year_starts}
    if wanted & {"usage"}:
        facts["usage"] = usage_of(settings, workloads, complete)
    if "quality" in wanted and settings.quality_samples:
        path = settings.path(settings.quality_samples)
        facts["quality"] = _of(read_quality(path, entity, entities), workloads)
    if "seats" in wanted and settings.seats:
        paid = read_seats(settings.path(settings.seats), entity, entities)
        paid = paid if unit == COMPANY else paid[paid["workload"].isin(workloads)]
        named = paid["workload"].where(paid["workload"].ne(""), paid["SkuId"])
        facts["seats"] = paid.assign(workload=named) if len(paid) else None
    if wanted & {"customers", "customer_usage"}:
        facts |= _customers(settings, entity, entities)
    if "budget" in wanted and (budgets := together.budgets(settings)) is not None:
        facts["budget"] = budgets.by_month(unit)
    if "grades" in wanted:
        facts["grades"] = graded(settings, daily, unit, complete, before)
    if "anomalies" in wanted:
        facts["anomalies"] = anomalies(own, complete)
    if "tags" in wanted and unit == COMPANY:
        facts["tags"] = tags(settings, ledger)
    if "waste" in wanted and len(rows):
        last = complete or str(rows["ChargeDate"].max().date())
        lines = found_waste(settings, ledger, daily, last[:7])
        facts["waste"] = [line for line in lines if line.sure and unit in (COMPANY, line.unit)]
    if wanted & {"sales", "goods"} and settings.cogs is not None and unit == COMPANY:
        margin.check(settings.cogs, rows)
        drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
        facts["sales"] = margin.sales_of(settings.cogs, drivers)
        facts["goods"] = own[margin.classes(own, settings.cogs) != margin.RESEARCH]
    if "values" in wanted and settings.values and unit == COMPANY:
        values = read_values(settings.path(settings.values), settings.currency, entity, entities)
        facts["values"] = _stated(values)
    if wanted & {"actions", "saved"} and settings.actions and unit == COMPANY:
        facts |= _actions(settings, ledger, daily, wanted)
    return facts


def _actions(settings, ledger, daily: pd.DataFrame, wanted: set[str]) -> dict:
    """The table of actions, and by month what those that the bill shows would have cost and did."""
    actions = actions_of(settings)
    if "saved" not in wanted:
        return {"actions": actions}
    shown = [
        one.result
        for one in outcomes_of(settings, ledger, daily, actions)
        if one.verdict == SHOWN and isinstance(one.result, Realised)
    ]
    rows = [(m, would, paid) for one in shown for m, (would, paid, _) in one.by_month.items()]
    return {"actions": actions, "saved": pd.DataFrame(rows, columns=["month", "would", "paid"])}


def _stated(values: list[Value]) -> pd.DataFrame:
    """Rows of values: initiative, month, kind, likely, cost (nan: not stated)."""
    rows = [
        (
            one.initiative,
            one.month,
            one.kind,
            float(one.likely),
            float("nan" if one.cost is None else one.cost),
        )
        for one in values
        if not one.workloads  # what they cost is the bill's, not what is stated
    ]
    return pd.DataFrame(rows, columns=["initiative", "month", "kind", "likely", "cost"])


def usage_of(settings, workloads: set[str], complete: str) -> pd.DataFrame | None:
    """Use by day, one view, with x_Workload; files of `usage:` are taken in first. Of an entity what its billing accounts used.

    A count of a month that the bill has not reached the end of is of an unknown part of it, and is left out (complete: YYYY-MM-DD, "": no bound).
    None where nothing is known of these workloads.
    """
    store = UsageStore(settings.path(settings.usage_facts))
    if settings.usage:
        store.ingest(settings.files(settings.usage), time_zone=settings.usage_time_zone)
    table = _told(store.table(), complete)
    if not table.num_rows:
        return None
    rows, _ = one_view(daily_usage(table, settings.time_zone))
    if settings.own is not None:
        rows = rows[rows["SubAccountId"].isin(settings.own.billing_accounts)]
    tagged = {text: _tagged(text) for text in set(rows["Tags"])}
    named = rows["Tags"].map(tagged)
    rows = rows.assign(x_Workload=named.where(named.ne(""), rows["x_Job"]))
    rows = rows[rows["x_Workload"].isin(workloads) | rows["x_Workload"].eq("")]
    return rows if len(rows) else None


def _told(table: pa.Table, complete: str) -> pa.Table:
    """Rows of use that end by the newest complete day, or are of a day or less."""
    if not complete or not table.num_rows:
        return table
    start, end = (
        pc.cast(table[name], pa.timestamp("us", "UTC")) for name in ("UsageStart", "UsageEnd")
    )
    last = pa.scalar(
        pd.Timestamp(complete, tz="UTC") + pd.Timedelta(days=1), pa.timestamp("us", "UTC")
    )
    short = pc.less_equal(
        pc.subtract(end, start), pa.scalar(pd.Timedelta(days=1), pa.duration("us"))
    )
    return table.filter(pc.or_(short, pc.less_equal(end, last)))


def _tagged(text: str) -> str:
    return str(json.loads(text).get("workload", "")) if text else ""


def _of(rows: pd.DataFrame, workloads: set[str]) -> pd.DataFrame | None:
    own = rows[rows["workload"].isin(workloads)]
    return own if len(own) else None


def _customers(settings, entity: str, entities: list[str]) -> dict:
    """customers, customer_usage as far as finops.yaml names their files."""
    if not settings.customers and not settings.customer_usage:
        return {}
    listed = (
        read_customers(settings.path(settings.customers), entity, entities)
        if settings.customers
        else None
    )
    facts = {} if listed is None else {"customers": listed[listed["mine"]]}
    if settings.customer_usage:
        used = read_customer_usage(settings.path(settings.customer_usage), listed)
        facts["customer_usage"] = used if len(used) else None
    return facts


def graded(
    settings, daily: pd.DataFrame, unit: str, complete: str, before: str
) -> pd.DataFrame | None:
    """Forecasts of a unit that were published before a month: month, made, lead, p50, actual (nan: not over), previous (nan: none); None where nothing was published."""
    rows = grades.published(settings.path(settings.reports), before=before, settings=settings)
    rows = rows[rows["unit"].eq(unit) & rows["workload"].eq("")]
    if rows.empty:
        return None
    actual = grades.actual_months(daily, complete or "9999", [unit])
    rows = rows.sort_values(["for", "made"])
    return pd.DataFrame(
        {
            "month": rows["for"],
            "made": rows["made"],
            "lead": rows["lead"],
            "p50": rows["p50"].astype(float),
            "actual": [actual.get((unit, month), float("nan")) for month in rows["for"]],
            "previous": rows.groupby("for")["p50"].shift().astype(float),
        }
    )


def anomalies(rows: pd.DataFrame, complete: str) -> pd.DataFrame | None:
    """What days cost more than expected, workload by workload: date, amount; None where nothing could be judged."""
    by_day = rows.groupby(["ChargeDate", "x_Workload"], as_index=False)["EffectiveCost"].sum()
    if by_day["ChargeDate"].nunique() < 22:
        return None
    total = float(rows["EffectiveCost"].sum()) / max(by_day["ChargeDate"].nunique(), 1)
    found = find_anomalies(
        by_day.rename(columns={"ChargeDate": "ds", "EffectiveCost": "y"}),
        money_floor=max(0.01 * total, 0.0),
        direction="up",
        as_of=complete or None,
        dimension="workload",
    )
    spread = [
        (day, episode.excess / episode.days)
        for episode in found
        for day in pd.date_range(episode.start, episode.end)
    ]
    return pd.DataFrame(spread, columns=["date", "amount"])


def tags(settings, ledger) -> pd.DataFrame | None:
    """Cost and tag debt by month: month, cost, debt (docs/method §13.61)."""
    rules = load_tag_rules(settings)
    months = warehouse.tag_months(ledger, settings, list(tag_debt.expected(rules)))
    told = tag_debt.debt(months, rules)["months"]
    rows = [(one["month"], float(one["cost"]), float(one["debt"])) for one in told]
    return pd.DataFrame(rows, columns=["month", "cost", "debt"]) if rows else None
