"""One synthetic bill of Google Cloud (July 2026, EUR): as BigQuery exports it, in every packing, and as the cost table of the console shows it.

A row is a record as bq writes it; amounts are decimal texts that a double holds as they are written. Nothing here is drawn at random.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ACCOUNT = "01AAAA-BBBBBB-CCCCCC"
RECORDS = ("service", "sku", "project", "location", "usage", "invoice", "price", "resource", "adjustment_info")  # fmt: skip
LISTS = ("labels", "credits", "system_labels", "tags")
COMPUTE, VERTEX, GEMINI = (
    ("6F81-5844-456A", "Compute Engine"),
    ("C7E2-9256-1C43", "Vertex AI"),
    ("AEFD-7695-64FA", "Gemini API"),
)
CUD, SUD = "COMMITTED_USAGE_DISCOUNT", "SUSTAINED_USAGE_DISCOUNT"


def credit(name: str, kind: str, amount: str) -> dict[str, str]:
    """A credit of a row."""
    return {"name": name, "full_name": f"{name} (full)", "type": kind, "id": name, "amount": amount}


def row(day: int, cost: str, service, sku, sku_id="", credits=(), hour=8, **more) -> dict:
    """A record of the export: an hour of use on a day of July 2026."""
    start = dt.datetime(2026, 7, 1, hour) + dt.timedelta(day)
    record = {
        "billing_account_id": ACCOUNT,
        "service": {"id": service[0], "description": service[1]},
        "sku": {"id": sku_id or sku[:4], "description": sku},
        "usage_start_time": f"{start} UTC",
        "usage_end_time": f"{start + dt.timedelta(hours=1)} UTC",
        "project": {
            "id": "shop-prod",
            "number": "123456",
            "name": "Shop",
            "labels": [{"key": "env", "value": "prod"}],
        },
        "labels": [{"key": "team", "value": "search"}],
        "system_labels": [],
        "tags": [],
        "location": {"location": "europe-west4", "region": "europe-west4"},
        "export_time": f"{start + dt.timedelta(days=1)} UTC",
        "cost": cost,
        "currency": "EUR",
        "currency_conversion_rate": "0.875",
        "usage": {
            "amount": "3600.0",
            "unit": "seconds",
            "amount_in_pricing_units": "1.0",
            "pricing_unit": "hour",
        },
        "credits": list(credits),
        "invoice": {"month": "202607"},
        "cost_type": "regular",
        "adjustment_info": {"id": None, "description": None, "type": None, "mode": None},
        "cost_at_list": cost,
        "price": {"effective_price": "2.5"},
        "resource": {"name": "vm-1", "global_name": "//compute.googleapis.com/vm-1"},
        "transaction_type": "GOOGLE",
        "seller_name": "Google LLC",
    }
    return record | more


def bill(days: int = 31) -> list[dict]:
    """Every kind of row: discounts on the row, promotions, a fee of a commitment, tokens, a seller, tax, adjustment, rounding, late use."""
    rows = []
    for day in range(days):
        rows.append(row(day, "100.25", COMPUTE, "A2 GPU hour", credits=[credit("Resource CUD", CUD, "-30.5"), credit("Sustained", SUD, "-5.25")]))  # fmt: skip
        rows.append(row(day, "12.5", COMPUTE, "Spot Preemptible G2 Core", hour=9, labels=[]))
        rows.append(row(day, "8.0", COMPUTE, "Commitment v1: A2 Cpu in Netherlands for 1 Year", hour=0))  # fmt: skip
        rows.append(row(day, "1.5", VERTEX, "Gemini 2.5 Flash GA Text Input - Predictions", labels=[{"key": "team", "value": "ads"}]))  # fmt: skip
        rows.append(row(day, "0.000030517578125", GEMINI, "Generate content output token count gemini 2.5 pro short output text", credits=[credit("Trial", "PROMOTION", "-0.000030517578125")]))  # fmt: skip
        rows.append(row(day, "3.75", ("X-1", "Claude Opus 4.5"), "Claude Opus 4.5 Input Tokens", transaction_type="THIRD_PARTY_RESELLER", seller_name="Anthropic"))  # fmt: skip
    none = {"amount": None, "unit": None, "amount_in_pricing_units": None, "pricing_unit": None}
    apart = {"labels": [], "usage": none}
    invoice = ("INV", "Invoice")
    rows.append(row(0, "60.0", COMPUTE, "A2 GPU hour", hour=23, usage_start_time="2026-06-30 23:00:00 UTC", usage_end_time="2026-07-01 00:00:00 UTC"))  # fmt: skip
    rows.append(row(days - 1, "250.125", invoice, "VAT (19%)", cost_type="tax", **apart))
    rows.append(row(days - 1, "-20.0", invoice, "Service credit", cost_type="adjustment", **apart) | {"adjustment_info": {"id": "a1", "description": "SLA", "type": "SLA", "mode": "MANUAL_ADJUSTMENT"}})  # fmt: skip
    rows.append(row(days - 1, "0.0078125", invoice, "Rounding error", cost_type="rounding_error", **apart))  # fmt: skip
    return rows


def total(rows: list[dict]) -> Decimal:
    """What is owed: cost and every credit, added up here and nowhere else."""
    return sum((Decimal(r["cost"]) + sum((Decimal(c["amount"]) for c in r["credits"]), Decimal(0)) for r in rows), Decimal(0))  # fmt: skip


def typed(value, name: str = ""):
    """Amounts as doubles, as BigQuery holds them."""
    if isinstance(value, dict):
        return {key: typed(cell, key) for key, cell in value.items()}
    if isinstance(value, list):
        return [typed(cell) for cell in value]
    number = name in ("cost", "amount", "amount_in_pricing_units", "cost_at_list", "effective_price", "currency_conversion_rate")  # fmt: skip
    return float(value) if number and value is not None else value


def json_lines(rows, path: Path) -> Path:
    """As bq extract writes it."""
    path.write_text("".join(json.dumps(typed(one)) + "\n" for one in rows))
    return path


def flat(one: dict, write) -> dict:
    """Records as columns (service.description), lists by `write`."""
    cells = {}
    for name, value in typed(one).items():
        if name in RECORDS:
            cells |= {
                f"{name}.{key}": write(cell) if isinstance(cell, list) else cell
                for key, cell in value.items()
            }
        else:
            cells[name] = write(value) if isinstance(value, list) else value
    return cells


def table(rows: list[dict], path: Path) -> Path:
    """Rows of cells as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {key: "" if cell is None else cell for key, cell in one.items()} for one in rows
        )
    return path


def nested(rows, path: Path) -> Path:
    """CSV whose records and lists are JSON text."""
    return table([{k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in typed(one).items()} for one in rows], path)  # fmt: skip


def pandas_written(rows, path: Path) -> Path:
    """CSV with flattened records and lists as Python writes them."""
    return table([flat(one, repr) for one in rows], path)


def numpy_written(rows, path: Path) -> Path:
    """The same, with lists as numpy writes arrays of records: no comma between them."""
    return table([flat(one, lambda v: "[" + "\n ".join(map(repr, v)) + "]") for one in rows], path)


def parquet(rows, path: Path) -> Path:
    """Structs and lists of structs."""
    pairs = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
    credits = pa.list_(pa.struct([(k, pa.string()) for k in ("name", "full_name", "type", "id")] + [("amount", pa.float64())]))  # fmt: skip
    records = [
        one | {k: dt.datetime.fromisoformat(one[k].replace(" UTC", "+00:00")) for k in ("usage_start_time", "usage_end_time", "export_time")}
        for one in typed(rows)
    ]  # fmt: skip
    shape = pa.Table.from_pylist(records).schema
    for name, kind in (("labels", pairs), ("system_labels", pairs), ("tags", pairs), ("credits", credits)):  # fmt: skip
        shape = shape.set(shape.get_field_index(name), pa.field(name, kind))
    pq.write_table(pa.Table.from_pylist(records, shape), path)
    return path


WRITERS = {
    "bill.jsonl": json_lines,
    "nested.csv": nested,
    "pandas.csv": pandas_written,
    "numpy.csv": numpy_written,
    "bill.parquet": parquet,
}

COLUMNS = (
    "Billing account name", "Billing account ID", "Project name", "Project ID", "Service description", "Service ID", "SKU description", "SKU ID",
    "Credit type", "Cost type", "Usage start date", "Usage end date", "Usage amount", "Usage unit", "Unrounded cost ({})", "Cost ({})",
)  # fmt: skip
KINDS = {
    "regular": "Usage",
    "tax": "Tax",
    "adjustment": "Adjustment",
    "rounding_error": "Rounding error",
}


def number(value: Decimal, places: str, mark: str) -> str:
    """A number as a console writes it: 1,234.50, or 1.234,50."""
    text = f"{value.quantize(Decimal(places), ROUND_HALF_UP):,f}"
    return text if mark == "." else text.translate(str.maketrans(",.", ".,"))


def lines(rows: list[dict], mark: str = ".") -> list[list[str]]:
    """The lines of a cost table without grouping: one per project, SKU and credit type, over the month; the rest of cents is its rounding error."""
    groups: dict[tuple, list] = defaultdict(list)
    for one in rows:
        key = (one["service"]["description"], one["service"]["id"], one["sku"]["description"], one["sku"]["id"])  # fmt: skip
        days = one["usage_start_time"][:10], one["usage_end_time"][:10]
        kind = KINDS[one["cost_type"]]
        if kind != "Rounding error":
            groups[(*key, "", kind)].append((*days, Decimal(one["cost"])))
        for c in one["credits"]:
            groups[(*key, c["type"], kind)].append((*days, Decimal(c["amount"])))
    table = []
    for (service, sid, sku, kid, kind, cost_type), found in groups.items():
        amount = sum((each for _, _, each in found), Decimal(0))
        start = min(day for day, _, _ in found)
        end = max(day for day, _, _ in found)
        table.append(
            ["Example", ACCOUNT, "Shop", "shop-prod", service, sid, sku, kid, kind, cost_type, start, end]
            + [number(Decimal(len(found) * 1000), "1", mark), "hour", number(amount, "1.000000", mark), number(amount, "1.00", mark)]
        )  # fmt: skip
    return table


def console(
    rows: list[dict],
    path: Path,
    mark: str = ".",
    currency: str = "EUR",
    sign: str = "€",
    foot=True,
    top=True,
) -> Path:
    """The download of the console's cost table, with preamble, rounding error and total."""
    body = lines(rows, mark)
    unrounded = sum(
        (Decimal(line[-2].replace(",", "") if mark == "." else line[-2].replace(".", "").replace(",", ".")) for line in body),
        Decimal(0),
    )  # fmt: skip
    whole = unrounded.quantize(Decimal("1.00"), ROUND_HALF_UP)
    width = len(COLUMNS)
    above = [
        ["Invoice number", "4700000001"], ["Invoice date", "2026-07-31"], ["Due date", "2026-08-30"], ["Billing ID", "9988"],
        ["Billing account ID", ACCOUNT], ["Currency", currency], ["Currency exchange rate", "0.875"], ["Total amount due", f"{sign}{number(whole, '1.00', mark)}"],
    ]  # fmt: skip
    below = [
        ["Rounding error", number(whole - unrounded, "1.000000", mark), number(Decimal(0), "1.00", mark)],
        ["Total", number(whole, "1.000000", mark), number(whole, "1.00", mark)],
    ]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows(above if top else [])
        writer.writerow([name.format(sign) for name in COLUMNS])
        writer.writerows(body)
        for kind, *money in below if foot else []:
            writer.writerow([""] * 9 + [kind] + [""] * (width - 12) + money)
    return path
