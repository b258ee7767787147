"""One synthetic bill of AWS (July 2026, USD) in the three headings of the cost and usage report, and as tables of Cost Explorer.

A line is a dict of classic headings; amounts are decimal texts that a double holds as they are written. Each writer gives the same lines another
dress: classic CSV, what Athena and Parquet call them, CUR 2.0 with maps. Nothing here is drawn at random.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PAYER, TEAM, LAB = "111122223333", "222233334444", "333344445555"
PLAN = "arn:aws:savingsplans::111122223333:savingsplan/sp-1"
RESERVED = "arn:aws:ec2:us-east-1:111122223333:reserved-instances/ri-1"
HEADINGS = (
    "identity/LineItemId",
    "bill/InvoiceId",
    "bill/BillingEntity",
    "bill/BillType",
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "bill/BillingPeriodEndDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedCost",
    "lineItem/BlendedCost",
    "lineItem/LineItemDescription",
    "lineItem/LegalEntity",
    "product/ProductName",
    "product/region",
    "product/sku",
    "pricing/currency",
    "pricing/publicOnDemandCost",
    "pricing/unit",
    "reservation/ReservationARN",
    "reservation/EffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "savingsPlan/SavingsPlanARN",
    "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate",
    "savingsPlan/UsedCommitment",
    "costCategory/unit",
    "resourceTags/aws:created_by",
    "resourceTags/user:team",
    "resourceTags/user:env",
)
NUMBERS = ("Cost", "Amount", "Commitment", "ToDate", "Fee", "Period")
EC2, SEARCH, PROD = "Amazon Elastic Compute Cloud", {"team": "search", "env": "prod"}, "USE1-"


def bill(days: int = 31) -> list[dict[str, str]]:
    """The lines of the bill: every type of line that AWS documents, by day and once a month."""
    lines: list[dict[str, str]] = []

    def add(kind, day, cost, code, product, usage="", tags=None, end=None, **more):
        start = dt.date(2026, 7, 1) + dt.timedelta(day)
        end = start + dt.timedelta(1) if end is None else end
        lines.append(
            dict.fromkeys(HEADINGS, "")
            | {
                "identity/LineItemId": f"line-{len(lines)}",
                "bill/BillingEntity": "AWS",
                "bill/BillType": "Anniversary",
                "bill/PayerAccountId": PAYER,
                "bill/BillingPeriodStartDate": "2026-07-01T00:00:00Z",
                "bill/BillingPeriodEndDate": "2026-08-01T00:00:00Z",
                "lineItem/UsageAccountId": TEAM,
                "lineItem/LineItemType": kind,
                "lineItem/UsageStartDate": f"{start}T00:00:00Z",
                "lineItem/UsageEndDate": f"{end}T00:00:00Z",
                "lineItem/ProductCode": code,
                "lineItem/UsageType": usage,
                "lineItem/CurrencyCode": "USD",
                "lineItem/UnblendedCost": cost,
                "lineItem/LegalEntity": "Amazon Web Services, Inc.",
                "product/ProductName": product,
            }
            | {f"resourceTags/user:{key}": value for key, value in (tags or {}).items()}
            | {name.replace("_", "/", 1): value for name, value in more.items()}
        )

    august = dt.date(2026, 8, 1)
    for day in range(days):
        hours = {"pricing_unit": "Hrs", "pricing_currency": "USD", "product_region": "us-east-1"}
        own = {"resourceTags_aws:created_by": "root", "costCategory_unit": "Product"}
        own |= {
            "lineItem_ResourceId": "i-1",
            "product_sku": "SKU1",
            "lineItem_Operation": "RunInstances",
        }
        add(
            "Usage",
            day,
            f"{240 + day}.25",
            "AmazonEC2",
            EC2,
            f"{PROD}BoxUsage:p5.xlarge",
            SEARCH,
            lineItem_UsageAmount="24",
            **{"pricing_publicOnDemandCost": f"{240 + day}.25"},
            **hours,
            **own,
        )
        add(
            "Usage",
            day,
            "3.5",
            "AmazonEC2",
            EC2,
            f"{PROD}SpotUsage:g5.xlarge",
            {"team": "ads"},
            lineItem_UsageAmount="7",
            **hours,
        )
        plan = {"savingsPlan_SavingsPlanARN": PLAN}
        add(
            "SavingsPlanCoveredUsage",
            day,
            "100.0",
            "AmazonEC2",
            EC2,
            f"{PROD}BoxUsage:m7i.large",
            SEARCH,
            lineItem_UsageAmount="10",
            savingsPlan_SavingsPlanEffectiveCost="70.0",
            pricing_publicOnDemandCost="100.0",
            **plan,
            **hours,
        )
        add(
            "SavingsPlanNegation",
            day,
            "-100.0",
            "AmazonEC2",
            EC2,
            f"{PROD}BoxUsage:m7i.large",
            lineItem_UsageAmount="10",
            **plan,
        )
        add(
            "SavingsPlanRecurringFee",
            day,
            "40.0",
            "ComputeSavingsPlans",
            "Savings Plans for AWS Compute usage",
            "ComputeSP:1yrPartialUpfront",
            savingsPlan_TotalCommitmentToDate="80.0",
            savingsPlan_UsedCommitment="70.0",
            **plan,
        )
        reserved = {"reservation_ReservationARN": RESERVED}
        add(
            "DiscountedUsage",
            day,
            "0.0",
            "AmazonRDS",
            "Amazon Relational Database Service",
            f"{PROD}InstanceUsage:db.r6g",
            {"team": "ads"},
            lineItem_UsageAmount="24",
            reservation_EffectiveCost="12.5",
            pricing_publicOnDemandCost="20.0",
            **reserved,
            **hours,
        )
        thousand = {"pricing_unit": "1K tokens", "lineItem_UsageAccountId": LAB}
        for kind, amount, cost in (
            ("input-tokens", "500.25", "1.5"),
            ("output-tokens-batch", "60.5", "0.75"),
            ("cache-read-input-token-count", "900.0", "0.25"),
        ):
            add(
                "Usage",
                day,
                cost,
                "AmazonBedrock",
                "Amazon Bedrock",
                f"{PROD}Claude4.6Sonnet-{kind}",
                {"team": "lab"},
                lineItem_UsageAmount=amount,
                **thousand,
            )
        add(
            "Usage",
            day,
            "2.125",
            "x1y2z3",
            "Claude Haiku 5 (Amazon Bedrock Edition)",
            f"{PROD}MP:USE1_OutputTokenCount-Units",
            {"team": "lab"},
            lineItem_UsageAmount="0.5",
            pricing_unit="Million tokens",
            **{"bill_BillingEntity": "AWS Marketplace", "lineItem_LegalEntity": "Anthropic, PBC"},
        )
        add("EdpDiscount", day, "-24.5", "AmazonEC2", EC2, f"{PROD}BoxUsage:p5.xlarge")
        add(
            "PrivateRateDiscount",
            day,
            "-0.125",
            "AmazonBedrock",
            "Amazon Bedrock",
            f"{PROD}Claude4.6Sonnet-input-tokens",
        )
    once = {"bill_BillType": "Purchase", "bill_InvoiceId": "INV-2"}
    add(
        "SavingsPlanUpfrontFee",
        0,
        "14600.0",
        "ComputeSavingsPlans",
        "Savings Plans for AWS Compute usage",
        "ComputeSP:1yrPartialUpfront",
        savingsPlan_SavingsPlanARN=PLAN,
        **once,
    )
    add(
        "Fee",
        0,
        "1200.0",
        "AmazonRDS",
        "Amazon Relational Database Service",
        "HeavyUsage:db.r6g",
        reservation_ReservationARN=RESERVED,
        **once,
    )
    add(
        "RIFee",
        0,
        "300.0",
        "AmazonRDS",
        "Amazon Relational Database Service",
        "HeavyUsage:db.r6g",
        end=august,
        reservation_ReservationARN=RESERVED,
        reservation_UnusedAmortizedUpfrontFeeForBillingPeriod="8.0",
        reservation_UnusedRecurringFee="4.5",
    )
    add("Fee", 0, "99.0", "AWSSupportBusiness", "AWS Support (Business)", end=august)
    add(
        "Fee",
        2,
        "49.0",
        "seller1",
        "Vector Store",
        end=august,
        **once | {"bill_BillingEntity": "AWS Marketplace", "lineItem_LegalEntity": "Vectors GmbH"},
    )
    add("Tax", 0, "321.0", "AmazonEC2", EC2, end=august, bill_InvoiceId="INV-1")
    add("Credit", 4, "-50.0", "AmazonEC2", EC2)
    add("Refund", 5, "-12.0", "AmazonEC2", EC2, bill_BillType="Refund")
    return lines


DAYS, RISE = 31, sum(range(31))  # the dear machine costs 1.00 more every day
ONCE = Decimal("99") + 49 + 321 - 50 - 12  # support, marketplace, tax, credit, refund
BILLED = DAYS * Decimal("263.75") + RISE + 14600 + 1200 + 300 + ONCE  # by hand, not by the lines
EFFECTIVE = (
    DAYS * Decimal("316.25") + RISE + Decimal("12.50") + ONCE
)  # 70 + 10 + 12.50 for 100 - 100 + 40 + 0 a day


def athena(heading: str) -> str:
    """What Athena and Parquet call a column.

    >>> [athena(h) for h in ("lineItem/UnblendedCost", "reservation/ReservationARN", "resourceTags/user:team", "product/sku")]
    ['line_item_unblended_cost', 'reservation_reservation_a_r_n', 'resource_tags_user_team', 'product_sku']
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z])", "_", heading)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def classic(lines: list[dict[str, str]], path: Path) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADINGS)
        writer.writeheader()
        writer.writerows(lines)
    return path


def number(heading: str) -> bool:
    return heading.endswith(NUMBERS) and not heading.startswith("bill/")


def parquet(lines: list[dict[str, str]], path: Path) -> Path:
    """As Athena reads it: doubles, timestamps, an empty cell is null."""
    columns = {}
    for heading in HEADINGS:
        cells = [line[heading] or None for line in lines]
        if number(heading):
            columns[athena(heading)] = pa.array([c and float(c) for c in cells], pa.float64())
        elif heading.endswith("Date"):
            moments = [c and dt.datetime.fromisoformat(c).replace(tzinfo=None) for c in cells]
            columns[athena(heading)] = pa.array(moments, pa.timestamp("ms"))
        else:
            columns[athena(heading)] = pa.array(cells, pa.string())
    pq.write_table(pa.table(columns), path)
    return path


def second(line: dict[str, str]) -> dict:
    """A line of CUR 2.0: product, tags and cost categories are maps that hold filled keys alone."""
    row: dict = {"product": {}, "resource_tags": {}, "cost_category": {}, "discount": {}}
    for heading, cell in line.items():
        name = athena(heading)
        for prefix, word in (
            ("product_", "product"),
            ("resource_tags_", "resource_tags"),
            ("cost_category_", "cost_category"),
        ):
            if name.startswith(prefix) and name not in ("product_sku",):
                if cell:
                    row[word][name.removeprefix(prefix)] = cell
                break
        else:
            row[name] = cell
    return row


def second_csv(lines: list[dict[str, str]], path: Path) -> Path:
    rows = [
        {
            name: json.dumps(cell) if isinstance(cell, dict) else cell
            for name, cell in second(line).items()
        }
        for line in lines
    ]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def second_parquet(lines: list[dict[str, str]], path: Path) -> Path:
    """CUR 2.0 as Data Exports writes it: maps are maps."""
    rows, columns = [second(line) for line in lines], {}
    kind = {athena(heading): heading for heading in HEADINGS}
    for name in rows[0]:
        cells = [row[name] for row in rows]
        if isinstance(cells[0], dict):
            of = pa.float64() if name == "discount" else pa.string()
            columns[name] = pa.array(
                [list(cell.items()) for cell in cells], pa.map_(pa.string(), of)
            )
        elif number(kind[name]):
            columns[name] = pa.array([float(c) if c else None for c in cells], pa.float64())
        else:
            columns[name] = pa.array([c or None for c in cells], pa.string())
    pq.write_table(pa.table(columns), path)
    return path


WRITERS = {
    "classic.csv": classic,
    "athena.parquet": parquet,
    "second.csv": second_csv,
    "second.parquet": second_parquet,
}


GROUPS = {  # what Cost Explorer calls a grouping: the name of a line's column there
    "Service": lambda line: (
        "Tax" if line["lineItem/LineItemType"] == "Tax" else line["product/ProductName"]
    ),
    "Linked account": lambda line: line["lineItem/UsageAccountId"],
    "Region": lambda line: line["product/region"] or "NoRegion",
    "team": lambda line: f"team${line['resourceTags/user:team']}",
    "Charge type": lambda line: line["lineItem/LineItemType"],
}


def explorer(
    lines: list[dict[str, str]], by: str = "day", group: str = "Service"
) -> list[list[str]]:
    """The table of Cost Explorer of the bill's unblended cost: its line and its column of totals; empty where nothing was charged."""
    sums: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        start = line["lineItem/UsageStartDate"]
        when = {"hour": start, "day": start[:10], "month": f"{start[:7]}-01"}[by]
        into, name = sums.setdefault(when, {}), GROUPS[group](line)
        into[name] = into.get(name, Decimal(0)) + Decimal(line["lineItem/UnblendedCost"])
    names = sorted(
        {name for into in sums.values() for name in into}, key=lambda name: (name == "Tax", name)
    )
    total = {name: sum(into.get(name, Decimal(0)) for into in sums.values()) for name in names}
    body = [
        [when, *(into.get(name, "") for name in names), sum(into.values())]
        for when, into in sorted(sums.items())
    ]
    table = [
        [group, *(f"{name}($)" for name in names), "Total costs($)"],
        [f"{group} total", *total.values(), sum(total.values())],
        *body,
    ]
    return [[str(cell) for cell in row] for row in table]


def write_table(table: list[list[str]], path: Path, mark: str = ",") -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=mark, quoting=csv.QUOTE_ALL).writerows(table)
    return path
