"""`kpi`: a file of the KPI shelf, on a bill, drivers and tables of a few rows (docs/method §16.10)."""

from types import SimpleNamespace

import pandas as pd

from finops_model.measure import kpis
from finops_model.measure.carried import Drives

from . import known, need

BILL = {
    "day": "2026-02-01",
    "cost": 0.0,
    "list": 0.0,
    "quantity": 0.0,
    "unit": "",
    "meter": "",
    "sku": "",
    "model": "",
    "category": "Usage",
    "status": "",
    "commitment": "",
    "workload": "w",
    "environment": "production",
    "business_unit": "U",
    "customer": "",
}
COLUMNS = {
    "day": "ChargeDate",
    "cost": "EffectiveCost",
    "list": "ListCost",
    "quantity": "ConsumedQuantity",
    "unit": "ConsumedUnit",
    "meter": "SkuMeter",
    "sku": "SkuId",
    "model": "x_Model",
    "category": "ChargeCategory",
    "status": "CommitmentDiscountStatus",
    "commitment": "CommitmentDiscountId",
    "workload": "x_Workload",
    "environment": "x_Environment",
    "business_unit": "x_BusinessUnit",
    "customer": "x_Customer",
}
USE = {
    "day": "2026-02-01",
    "meter": "requests",
    "quantity": 0.0,
    "unit": "Requests",
    "model": "",
    "tier": "",
    "job": "",
    "workload": "w",
}
USED = {
    "day": "UsageDate",
    "meter": "SkuMeter",
    "quantity": "ConsumedQuantity",
    "unit": "ConsumedUnit",
    "model": "x_Model",
    "tier": "x_Tier",
    "job": "x_Job",
    "workload": "x_Workload",
}
TABLES = {
    "quality": {"date": "2026-02-02", "workload": "w", "model": "m", "sampled": 1, "accepted": 0},
    "seats": {"month": "2026-02", "workload": "w", "SkuId": "s", "bought": 1, "opened": 0},
    "customers": {"customer": "c", "name": "", "segment": "", "tier": "", "since": ""},
    "customer_usage": {"month": "2026-02", "customer": "c", "name": "chats", "count": 0},
    "grades": {"month": "", "made": "", "lead": 1, "p50": 0.0, "actual": None, "previous": None},
    "anomalies": {"date": "2026-02-01", "amount": 0.0},
    "tags": {"month": "2026-02", "cost": 0.0, "debt": 0.0},
    "values": {"initiative": "a", "month": "2026-02", "kind": "other", "likely": 0.0, "cost": 0.0},
    "saved": {"month": "2026-02", "would": 0.0, "paid": 0.0},
}
ACTION = {"decision": "proposed", "done_on": None, "decided_on": None, "expires": None}
PLAIN = ("budget", "complete", "year_starts")
GIVEN = {"sales", "goods", "bill", "drivers", "drives", "usage", "waste", "actions", "month"}
GIVEN |= {*TABLES, *PLAIN}


def frame(rows: list[dict], defaults: dict, what: str) -> pd.DataFrame:
    for row in rows:
        known(row, defaults, what)
    return pd.DataFrame([{**defaults, **row} for row in rows], columns=list(defaults))


def facts_of(given: dict) -> kpis.Facts:
    known(given, GIVEN, "given of a kpi")
    bill = frame(need(given, "bill", "given of a kpi", GIVEN), BILL, "a row of the bill")
    bill = bill.rename(columns=COLUMNS).assign(ChargeDate=pd.to_datetime(bill["day"]))
    drivers = frame(
        given.get("drivers", []),
        {"date": "2026-02-01", "name": "chats", "unit": "", "role": "driver", "value": 0.0},
        "a row of drivers",
    )
    more: dict = {name: given[name] for name in PLAIN if name in given}
    for name, defaults in TABLES.items():
        if name in given:
            more[name] = frame(given[name], defaults, f"a row of {name}")
            for column in {"date"} & set(defaults):
                more[name][column] = pd.to_datetime(more[name][column])
    for column in ("actual", "previous"):
        if "grades" in more:
            more["grades"][column] = more["grades"][column].astype(float)
    if "usage" in given:
        more["usage"] = frame(given["usage"], USE, "a row of use").rename(columns=USED)
    if "sales" in given:  # day -> revenue
        more["sales"] = pd.Series(
            list(map(float, given["sales"].values())),
            pd.to_datetime([str(d) for d in given["sales"]]),
        )
    if "goods" in given:  # workloads that count as cost of goods sold
        more["goods"] = bill[bill["x_Workload"].isin(given["goods"])]
    if "waste" in given:
        more["waste"] = [SimpleNamespace(**line) for line in given["waste"]]
    if "actions" in given:
        more["actions"] = [SimpleNamespace(**ACTION | row) for row in given["actions"]]
    carried = {
        name: Drives(
            workloads=frozenset(drives["workloads"]) if "workloads" in drives else None,
            outcome=drives.get("outcome", False),
        )
        for name, drives in given.get("drives", {}).items()
    }
    drivers["date"] = pd.to_datetime(drivers["date"])
    return kpis.Facts(bill, drivers, carried, "USD", **more)


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"file", "line"}, "kpi")
    month = str(given.get("month", "2026-02"))
    parts = kpis.parts_of(facts_of(given), [need(subject, "file", "kpi")])
    lines = {part.name: part for part in parts}
    values = {name: kpis.monthly(part) for name, part in lines.items()}
    now = {name: row for name, rows in values.items() for row in rows if row["month"] == month}
    answers: dict = {
        "count": len(now),
        "lines": {name: row["value"] for name, row in now.items()},
        "trend": {row["month"]: row["value"] for rows in list(values.values())[:1] for row in rows},
    }
    name = subject.get("line") or next(iter(now), None)
    if name in now:
        row = now[name]
        answers |= {key: row[key] for key in ("value", "numerator", "denominator", "days")}
        answers |= {"partial": str(row["partial"]).lower(), "unit": lines[name].unit}
        answers |= {"name": name, "better": lines[name].better}
        if lines[name].loaded is not None:
            whole = kpis.Part("", "", lines[name].loaded, lines[name].denominator)
            loaded = {each["month"]: each["value"] for each in kpis.monthly(whole)}
            answers["fully_loaded"] = loaded[month]
    return answers
