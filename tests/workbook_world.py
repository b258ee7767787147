"""A brief with all that page one knows, made of the company's: for the workbook, before any bill."""

from __future__ import annotations

import json
from pathlib import Path

from finops_model.periods import add_months, month_range

COMPANY = Path(__file__).parent / "fixtures" / "briefs" / "company.json"


def line(period, kind, inside, brief, before) -> dict:
    """A quarter or year, by plain loops over the months of the brief."""
    booked, budgets = brief["actual"]["by_month"], brief["budget"]["by_month"]
    ahead = {one["month"]: one["mean"] for one in brief["forecast"]["months"]}
    value = sum(booked[month] if month in booked else ahead[month] for month in inside)
    known = sum(month in booked for month in inside)
    budget = sum(budgets[m] for m in inside) if all(m in budgets for m in inside) else None
    earlier = [add_months(month, -12) for month in inside]
    last_year = sum(booked[m] for m in earlier) if all(m in booked for m in earlier) else None
    return {
        "period": period,
        "kind": kind,
        "state": "actual" if known == len(inside) else "part" if known else "forecast",
        "booked": known,
        "months": len(inside),
        "value": value,
        "p10": None if known == len(inside) else value * 0.97,
        "p90": None if known == len(inside) else value * 1.03,
        "budget": budget,
        "variance": None if budget is None else value - budget,
        "material": False,
        "last_forecast": before,
        "since_last": None if before is None else value - before,
        "last_year": last_year,
        "growth": None if last_year is None else value / last_year - 1,
    }


def full_brief(**changes) -> dict:
    """The company's brief of October 2026 with page one: what the briefs of this version have."""
    brief = json.loads(COMPANY.read_text(encoding="utf-8"))
    brief["landing"]["last"] = "2026-12"
    listed = sum(one["quantity"] * one["unit_price"] for one in brief["lines"])
    rest = brief["actual"]["month"] - listed  # the fixture lists the largest lines only
    others = {"workload": "others", "service": "", "sku": "", "unit": "charge", "quantity": 1.0}
    brief["lines"].append({"month": "2026-10", **others, "unit_price": rest, "cost": rest})
    year, following = month_range("2026-01", "2026-12"), month_range("2027-01", "2027-12")
    lines = []
    for name, months in (("2026", year), ("2027", following)):
        for i in range(4):
            quarter = months[3 * i : 3 * i + 3]
            lines.append(line(f"Q{i + 1} {name}", "quarter", quarter, brief, None))
        before = 9_650_000.0 if name == "2026" else None
        lines.append(line(f"FY{name}", "year", months, brief, before))
    actual, ahead = brief["actual"], brief["forecast"]["months"][0]
    change = ahead["mean"] - actual["month"]
    children, mean = brief["children"], brief["landing"]["mean"]
    left = {"actual": actual["month"], "landing_mean": mean}
    for i, child in enumerate(children):
        child["kind"] = "no budget" if child["budget"] is None else "unit"
        child["year_budget"] = None if child["budget"] is None else child["landing_p50"] - 1000.5
        last = i == len(children) - 1
        child["actual"] = left["actual"] if last else child["actual"]
        child["landing_mean"] = left["landing_mean"] if last else child["landing_p50"] + 10.25
        left = {key: left[key] - child[key] for key in left}
        over = child["landing_mean"] - (child["year_budget"] or 0.0)
        child["over"] = None if child["year_budget"] is None else over
    overrun = [("Research", "unit", 61_000.25), ("Customer Support", "unit", 42_000.5)]
    overrun += [("No budget", "no budget", 287_000.0), ("Search & Discovery", "unit", -9_000.75)]
    brief["page_one"] = {
        "materiality": {"of_line": 0.02, "of_company": 0.001, "least": 9716.7},
        "periods": {
            "lines": lines,
            "year_to_date": {
                "period": "FY2026",
                "until": "2026-10-31",
                "value": actual["year_to_date"],
                "budget": 7_838_800.0,
                "variance": actual["year_to_date"] - 7_838_800.0,
                "material": False,
                "last_year": 5_910_594.6,
            },
            "last_report": "2026-09",
            "last_source": "published",
            "sentence": "$145k over budget by October 2026. FY2027 needs $12.9m, if nothing changes.",
        },
        "next_month": {
            "month": ahead["month"],
            "value": ahead["mean"],
            "change": change,
            "parts": [
                {"what": "a day less", "amount": -29_137.4},
                {"what": "pretraining-experiments rests", "amount": change + 29_137.4},
            ],
            "sentence": "November is expected to cost less than October: it has a day less.",
        },
        "since_report": {
            "month": "2026-09",
            "lines": [
                {"what": "FY2026", "change": 141_014.1, "sentence": "FY2026 moved up by $141k."},
                {"what": "Budget", "change": None, "sentence": "The budget is the same."},
            ],
        },
        "carriers": {
            "period": "FY2026",
            "futures": 4000,
            "over": 3007,
            "mean_overrun": sum(amount for _, _, amount in overrun),
            "parts": [
                {"part": part, "kind": kind, "mean": amount, "decisive": 0.31, "material": True}
                for part, kind, amount in sorted(overrun, key=lambda one: -one[2])
            ],
            "sentence": "Spend without a budget carries most of the overrun of FY2026.",
        },
        "decisions": [
            {
                "by": "2026-12-15",
                "what": "Renew 40 H100 GPUs, or let them end",
                "kind": "commitment ends",
                "period": "FY2027",
                "saves": 320_199.42,
                "p10": 25_830.32,
                "p90": 600_441.87,
                "if_nothing": "40 GPUs go on demand: +40k a month",
                "owner": "Procurement",
                "source": "data/samples/commitments.csv",
            }
        ],
        "commitments": [
            {
                "name": "h100-2026",
                "what": "40 H100 GPUs an hour",
                "vendor": "Cinder Cloud",
                "ends": "2027-01-01",
                "days_left": 62,
                "cost": 71_424.0,
                "used": 0.96,
                "unused": 2_856.96,
                "unused_year_to_date": 18_000.0,
            },
            {
                "name": "seats",
                "what": "120 seats",
                "vendor": "Aurora AI",
                "ends": "2026-12-31",
                "days_left": 61,
                "cost": None,
                "used": None,
                "unused": None,
                "unused_year_to_date": None,
            },
        ],
        "vendors": [
            {
                "vendor": "Aurora AI",
                "actual": 276_866.97,
                "share": None,
                "previous": 263_000.5,
                "year_to_date": 2_500_000.0,
            },
            {
                "vendor": "Cinder Cloud",
                "actual": actual["month"] - 276_866.97,
                "share": None,
                "previous": None,
                "year_to_date": actual["year_to_date"] - 2_500_000.0,
            },
        ],
        "cash": {
            "lines": [
                {
                    "period": "2026-10",
                    "billed": 950_000.0,
                    "expense": actual["month"],
                    "difference": 950_000.0 - actual["month"],
                },
                {
                    "period": "FY2026 so far",
                    "billed": None,
                    "expense": actual["year_to_date"],
                    "difference": None,
                },
            ],
            "sentence": "In October $46.7k more was billed than it cost.",
        },
    }
    brief["what_ifs"][1]["changes"] = [
        {
            "path": "workloads/support-chat/routing/aurora-small-1",
            "how": "set",
            "value": "0.6",
            "was": "0",
            "since": "2026-12",
            "owner": "support-ai",
            "because": "Evaluation of October 2026 shows the same resolution rate.",
        }
    ]
    return {**brief, **changes}
