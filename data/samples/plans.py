"""What lies beside a bill: invoices, budgets, drivers, organisation, commitment, shapes, endpoints, truth."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import numpy as np
import pandas as pd
from bill import SHOWN
from company import COMMITMENT, DRIVERS, EVENTS, GPUS, MODELS, ORGANISATION, SKUS, TOKENS, WORKLOADS
from focus import OPEN_MONTH
from patterns import DATES, driver, hour_of_week, noise
from prices import at
from usage import gpu_hours, gpu_lines

UNITS = ("Customer Support", "Search & Discovery", "Risk & Compliance", "Research Platform")
# latent landing of FY2026 ÷ budget of the reforecast: Research is clearly over, Search clearly under
LANDING = {
    "Customer Support": 0.992,
    "Search & Discovery": 0.945,
    "Risk & Compliance": 0.965,
    "Research Platform": 1.06,
}
UNIT = 100_000_000


def text_csv(header: list[str], rows) -> str:
    """CSV text with unix line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def unit_of(workload: str) -> str:
    """Business unit of a workload; '(unassigned)' for what carries no team."""
    if workload == "(commitment)":
        return ORGANISATION["ml-platform"]
    return ORGANISATION[WORKLOADS[workload][0]] if workload in WORKLOADS else "(unassigned)"


def exact(total: int) -> str:
    """Hundred-millionths as decimal text without trailing zeros beyond cents."""
    value = Decimal(int(total)) / UNIT
    text = f"{value:.8f}".rstrip("0")
    return text + "0" * max(0, 3 - len(text) + text.index("."))


def invoices(rows: pd.DataFrame) -> str:
    """Per issuer and closed month the exact sum of BilledCost."""
    closed = rows[rows["billing_month"] < OPEN_MONTH]
    totals = closed.groupby(["provider", "billing_month"])["billed"].sum()
    return text_csv(
        ["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"],
        [(issuer, month, "USD", exact(total)) for (issuer, month), total in totals.items()],
    )


def by_unit(rows: pd.DataFrame) -> pd.DataFrame:
    """EffectiveCost, US dollars, (month of charge, unit)."""
    return rows.assign(
        unit=rows["workload"].map(unit_of), cost=rows["effective"] / UNIT
    ).pivot_table(index="month", columns="unit", values="cost", aggfunc="sum", fill_value=0.0)


def budgets(rows: pd.DataFrame) -> str:
    """FY2025, FY2026 as approved, FY2026 reforecast 6+6 (January to June booked). Smooth plans around the truth."""
    cost, lines = by_unit(rows), []

    def plan(version, approved_on, by, author, year, landing, booked_to=""):
        months = [f"{year}-{m:02d}" for m in range(1, 13)]
        for unit in UNITS:
            actual = cost.loc[months, unit].to_numpy()
            trend = np.polyval(np.polyfit(np.arange(12), actual, 1), np.arange(12))
            target = actual.sum() / landing[unit]
            booked = np.array([month <= booked_to for month in months])
            rest = trend * np.maximum(0.0, (target - actual[booked].sum()) / trend[~booked].sum())
            for month, amount in zip(months, np.where(booked, actual, rest), strict=True):
                lines.append(
                    (
                        version,
                        approved_on,
                        by,
                        author,
                        unit,
                        month,
                        "USD",
                        f"{round(amount / 100) * 100:.2f}",
                    )
                )

    plan(
        "2025 approved",
        "2024-12-13",
        "Ingrid Halvorsen",
        "Tomas Lindqvist",
        2025,
        {
            "Customer Support": 1.02,
            "Search & Discovery": 0.97,
            "Risk & Compliance": 1.01,
            "Research Platform": 1.09,
        },
    )
    plan(
        "2026 approved",
        "2025-12-12",
        "Ingrid Halvorsen",
        "Tomas Lindqvist",
        2026,
        {
            "Customer Support": 1.04,
            "Search & Discovery": 0.95,
            "Risk & Compliance": 1.0,
            "Research Platform": 1.11,
        },
    )
    plan(
        "2026 reforecast 6+6",
        "2026-07-10",
        "Ingrid Halvorsen",
        "Priya Raman",
        2026,
        LANDING,
        booked_to="2026-06",
    )
    return text_csv(
        [
            "version",
            "approved_on",
            "approved_by",
            "author",
            "business_unit",
            "month",
            "currency",
            "amount",
        ],
        lines,
    )


def drivers() -> str:
    """Drivers and outcomes, one row a day and name, until the last day of the bill."""
    volume = {name: driver(name) for name in DRIVERS}
    success = np.clip(
        0.68
        + 0.02 * noise("outcome/resolved", 1.0, 0.7)
        + 0.04 * (DATES >= np.datetime64("2026-01-15")),
        0.4,
        0.9,
    )
    resolved = np.round(volume["conversations"] * success)
    outcomes = np.round(
        resolved + 0.95 * volume["documents_processed"] + 0.002 * volume["searches"]
    )
    series = [(name, "driver", DRIVERS[name].unit, values) for name, values in volume.items()]
    series += [
        ("resolved_conversations", "outcome", "conversations", resolved),
        ("outcomes", "outcome", "outcomes", outcomes),
    ]
    rows = [
        (DATES[i], name, role, unit, int(values[i]))
        for name, role, unit, values in series
        for i in range(SHOWN)
    ]
    return text_csv(["date", "name", "role", "unit", "value"], rows)


def organisation() -> str:
    return text_csv(["team", "business_unit"], ORGANISATION.items())


def commitments() -> str:
    """The commitment under FOCUS 1.4 Contract Commitment names (ours: x_Rate, USD per GPU-hour; x_SkuIds; x_Owner)."""
    prefix = "ContractCommitment"
    hours = COMMITMENT["gpus"] * 24 * 365
    record = {
        "ContractId": "hyp-agreement-2026",
        "ContractPeriodStart": f"{COMMITMENT['start']}T00:00:00Z",
        "ContractPeriodEnd": f"{COMMITMENT['end']}T00:00:00Z",
        f"{prefix}Id": COMMITMENT["id"],
        f"{prefix}Type": "GPU commitment, 1 year",
        f"{prefix}Category": "Usage",
        f"{prefix}Description": "40 H100 GPUs an hour for one year",
        f"{prefix}PeriodStart": f"{COMMITMENT['start']}T00:00:00Z",
        f"{prefix}PeriodEnd": f"{COMMITMENT['end']}T00:00:00Z",
        f"{prefix}Quantity": COMMITMENT["gpus"],
        f"{prefix}Unit": "GPU-hours",
        f"{prefix}Cost": f"{hours * Decimal(COMMITMENT['rate']):.2f}",
        f"{prefix}FulfillmentInterval": "Hourly",
        f"{prefix}LifecycleStatus": "Active",
        f"{prefix}BenefitCategory": "Discount",
        f"{prefix}DiscountPercentage": COMMITMENT["discount"],
        f"{prefix}Model": "Continuous",
        f"{prefix}OfferCategory": "Public",
        f"{prefix}PaymentModel": "No Upfront",
        f"{prefix}PaymentInterval": "Monthly",
        f"{prefix}PaymentUpfrontPercentage": "0",
        "BillingCurrency": "USD",
        "ServiceProviderName": "Hyperion Cloud",
        "InvoiceIssuerName": "Hyperion Cloud",
        "x_SkuIds": COMMITMENT["sku"],
        "x_Rate": COMMITMENT["rate"],
        "x_Owner": "Procurement",
    }
    return text_csv(list(record), [list(record.values())])


def hour_shapes() -> str:
    """The true hour-of-week shape of every GPU workload, Monday 00:00 UTC is hour 0; each day has mean 1."""
    shapes = {spec.workload: spec.shape for spec in GPUS if spec.workload in WORKLOADS}
    rows = [
        (workload, hour, f"{value:.4f}")
        for workload, kind in shapes.items()
        for hour, value in enumerate(hour_of_week(kind))
    ]
    return text_csv(["workload", "hour_of_week", "share"], rows)


def endpoints() -> str:
    """Requests and paid GPU-hours of serving endpoints by month: the stand-by endpoint serves next to nothing."""
    months = DATES[:SHOWN].astype("datetime64[M]")
    scored = driver("transactions_scored")[:SHOWN]
    searches = driver("searches")[:SHOWN]
    busy = {
        "fraud-scoring-l4": scored,
        "reco-inference-a100": searches,
        "reco-inference-h100": searches * 0.4,
    }
    rows = []
    for line, spec in zip(gpu_lines(), GPUS, strict=True):
        standby = spec.resource == EVENTS["standby"]["resource"]
        if not standby and line.resource not in busy:
            continue
        requests = np.full(SHOWN, 3.0) if standby else busy[line.resource]
        for month in np.unique(months):
            hours = int(line.quantity[:SHOWN][months == month].sum()) / 10_000
            if hours:
                rows.append(
                    (
                        month,
                        line.resource,
                        line.workload,
                        line.sku,
                        int(requests[months == month].sum()),
                        f"{hours:.2f}",
                    )
                )
    return text_csv(["month", "ResourceId", "workload", "SkuId", "requests", "gpu_hours"], rows)


def truth(rows: pd.DataFrame, latent: pd.DataFrame) -> str:
    """What a good analysis should find."""
    cost = by_unit(rows)
    spending = rows[rows["category"].isin(["Usage", "Purchase"])]
    untagged = (
        spending[spending["workload"] == "(untagged)"].groupby("month")["effective"].sum() / UNIT
    )
    share = untagged / (spending.groupby("month")["effective"].sum() / UNIT)
    standby = (
        rows[rows["resource"] == EVENTS["standby"]["resource"]].groupby("month")["effective"].sum()
        / UNIT
    )
    runaway = EVENTS["runaway"]
    inside = [str(day) for day in DATES if runaway["first"] <= str(day) <= runaway["last"]]
    spec = next(
        spec for spec in GPUS if (spec.workload, spec.sku) == (runaway["workload"], runaway["sku"])
    )
    paid = rows[(rows["workload"] == runaway["workload"]) & (rows["sku"] == runaway["sku"])]
    paid = paid[DATES[paid["day"]].astype(str) >= runaway["first"]]
    paid = float(paid[DATES[paid["day"]].astype(str) <= runaway["last"]]["effective"].sum()) / UNIT
    hours = gpu_hours(spec)
    first = int(np.searchsorted(DATES, np.datetime64(runaway["first"])))
    normal = float(np.mean(hours[first - 42 : first])) * 4
    usage = float(hours[first : first + 4].sum())
    future = by_unit(latent)
    month_money = lambda frame: {
        m: {k: round(float(v), 2) for k, v in line.items()} for m, line in frame.iterrows()
    }
    plain = lambda series: {m: round(float(v), 6) for m, v in series.items()}
    found = {
        "idle": {
            "resource": EVENTS["standby"]["resource"],
            "workload": "fraud-scoring",
            "sku": "HYP-A100-OD",
            "cost_by_month": {m: round(float(v), 2) for m, v in standby.items()},
        },
        "anomalies": [
            {
                "workload": runaway["workload"],
                "sku": runaway["sku"],
                "days": inside,
                "paid": round(paid, 2),
                "times_normal": round(usage / normal, 2),
                "extra_cost": round(paid * (1 - normal / usage), 2),
            }
        ],
        "growth_per_month": {
            **{name: form.growth for name, form in DRIVERS.items()},
            **{
                w: round(spec.growth + (DRIVERS[spec.driver].growth if spec.driver else 0), 4)
                for w, spec in TOKENS.items()
            },
            **{
                f"{s.workload}/{s.sku}": round(
                    s.growth + (DRIVERS[s.driver].growth if s.driver else 0), 4
                )
                for s in GPUS
                if s.workload in WORKLOADS and not s.resource
            },
        },
        "launch": EVENTS["launch"],
        "migration": EVENTS["migration"],
        "price_changes": [
            {
                "sku": "HYP-H100-OD",
                "date": "2025-07-01",
                "from": 6.98,
                "to": float(at(SKUS["HYP-H100-OD"][3], "2025-07-01")),
            },
            {
                "model": "aurora-large-2",
                "date": "2026-03-01",
                "change": -0.2,
                "prices": MODELS["aurora-large-2"][1],
            },
            {
                "model": "cinder-embed-1",
                "date": "2026-06-01",
                "change": 0.25,
                "prices": MODELS["cinder-embed-1"][1],
            },
        ],
        "untagged_share_by_month": plain(share),
        "credits": EVENTS["credits"],
        "tax": EVENTS["tax"],
        "commitment": COMMITMENT,
        "effective_by_month_and_unit": month_money(cost),
        "latent_effective_by_month_and_unit": month_money(future.loc["2026-11":]),
        "landing_over_budget_2026": LANDING,
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
