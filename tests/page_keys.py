"""Keys of page one by hand: the company of the sample at the end of October 2026, and what other cases change of it."""

from __future__ import annotations

import copy
import json
from pathlib import Path

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
LIMITS = {"of_line": 0.02, "of_company": 0.001, "least": 9716.7}


def read(name: str) -> dict:
    """A brief of before page one."""
    return json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))


def line(period: str, state: str, value, budget=None, **more) -> dict:
    """A quarter or a year of months, its variance worked out."""
    found = {"period": period, "kind": "year" if period[:2] == "FY" else "quarter", "state": state}
    months = 12 if period[:2] == "FY" else 3
    found |= {"booked": {"actual": months, "forecast": 0}.get(state, 1), "months": months}
    found |= {"value": value, "p10": None, "p90": None, "budget": budget}
    variance = None if budget is None or value is None else value - budget
    material = variance is not None and abs(variance) >= max(0.02 * budget, LIMITS["least"])
    found |= {"variance": variance, "material": material, "last_forecast": None}
    return {**found, "since_last": None, "last_year": None, "growth": None, **more}


COMPANY = {
    "materiality": LIMITS,
    "periods": {
        "lines": [
            line("Q1 2026", "actual", 2155367.2, 2098800.0, last_year=1571200.5, growth=0.3718),
            line("Q2 2026", "actual", 2351893.6, 2279200.0, last_year=1729600.2, growth=0.3598),
            line("Q3 2026", "actual", 2573559.1, 2559200.0, last_year=1859000.8, growth=0.3844),
            line(
                "Q4 2026",
                "part",
                2710194.2,
                2779500.0,
                p10=2629285.0,
                p90=2791700.0,
                last_forecast=2741230.0,
                since_last=-31035.8,
                last_year=2070111.0,
                growth=0.3092,
            ),
            line(
                "FY2026",
                "part",
                9791014.055,
                9716700.0,
                booked=10,
                p10=9670147.43,
                p90=9924542.191,
                last_forecast=9822049.8,
                since_last=-31035.8,
                last_year=7229912.5,
                growth=0.3542,
            ),
            line("Q1 2027", "forecast", 2901200.0, p10=2510000.0, p90=3350000.0),
            line(
                "FY2027",
                "forecast",
                12901200.0,
                p10=11603000.0,
                p90=14402000.0,
                last_forecast=12631000.0,
                since_last=270200.0,
                last_year=9791014.055,
                growth=0.3177,
            ),
        ],
        "year_to_date": {
            "period": "FY2026",
            "until": "2026-10-31",
            "value": 7984080.356,
            "budget": 7839200.0,
            "variance": 144880.356,
            "material": False,
            "last_year": 5887000.0,
        },
        "last_report": "2026-09",
        "last_source": "re-created",
        "sentence": "$145k over budget by October 2026. FY2027 needs $12.9m, if nothing changes.",
    },
    "next_month": {
        "month": "2026-11",
        "value": 878000.0,
        "change": -25260.5,
        "parts": [
            {"what": "a day less", "amount": -29137.0},
            {"what": "pretraining-experiments rests", "amount": -8100.0},
            {"what": "everything else", "amount": 11976.5},
        ],
        "sentence": "November 2026 is forecast $25.3k under October 2026: a day less −$29.1k, pretraining-experiments rests −$8.10k.",
    },
    "since_report": {
        "month": "2026-09",
        "lines": [
            {
                "what": "October cost",
                "change": 9972.0,
                "sentence": "Support chat +$12.4k, pretraining −$25.5k, a day more +$29.1k.",
            },
            {"what": "FY2026", "change": -31035.8, "sentence": "Volume −$38.0k, price +$7.00k."},
            {"what": "Budget", "change": None, "sentence": "Unchanged since 10 July 2026."},
            {
                "what": "FY2027",
                "change": 270200.0,
                "sentence": "The H100 commitment ends on 31 December.",
            },
        ],
    },
    "carriers": {
        "period": "FY2026",
        "futures": 4000,
        "over": 3007,
        "mean_overrun": 121300.0,
        "parts": [
            {
                "part": "(unassigned)",
                "kind": "no budget",
                "mean": 288200.0,
                "decisive": 0.98,
                "material": True,
            },
            {
                "part": "Research Platform",
                "kind": "unit",
                "mean": 98100.0,
                "decisive": 0.61,
                "material": True,
            },
            {
                "part": "Customer Support",
                "kind": "unit",
                "mean": -58000.0,
                "decisive": None,
                "material": False,
            },
            {
                "part": "Search & Discovery",
                "kind": "unit",
                "mean": -88000.0,
                "decisive": None,
                "material": True,
            },
            {
                "part": "Risk & Compliance",
                "kind": "unit",
                "mean": -119000.0,
                "decisive": None,
                "material": True,
            },
        ],
        "sentence": "In the futures that go over, FY2026 is $121k over on average: spend without a unit or a budget is $288k over and decides in 98 % of them.",
    },
    "decisions": [
        {
            "by": "2026-11-30",
            "what": "Shut the idle endpoint embed-legacy-eu",
            "kind": "stated",
            "period": "FY2027",
            "saves": 172000.0,
            "p10": None,
            "p90": None,
            "if_nothing": "",
            "owner": "Platform",
            "source": "decisions.yaml",
        },
        {
            "by": "2026-12-15",
            "what": "Send routine chats to the smaller model: 60 % of traffic, quality holds",
            "kind": "what-if",
            "period": "FY2027",
            "saves": 812000.0,
            "p10": 640000.0,
            "p90": 960000.0,
            "if_nothing": "",
            "owner": "Customer Support",
            "source": "scenarios/20_smaller_model.yaml",
        },
        {
            "by": "2026-12-31",
            "what": "Renew H100: 49 GPUs an hour for a year",
            "kind": "commitment ends",
            "period": "FY2027",
            "saves": 510000.0,
            "p10": 400000.0,
            "p90": 583000.0,
            "if_nothing": "40 GPUs go on demand: +$40.2k a month",
            "owner": "Procurement",
            "source": "the inventory",
        },
        {
            "by": "2027-02-28",
            "what": "Move batch scoring to spot",
            "kind": "what-if",
            "period": "FY2027",
            "saves": -21000.0,
            "p10": -50000.0,
            "p90": 9000.0,
            "if_nothing": "",
            "owner": "",
            "source": "scenarios/30_spot.yaml",
        },
    ],
    "commitments": [
        {
            "name": "hyperion-h100-1y-2026",
            "what": "40 H100 GPUs an hour",
            "vendor": "Hyperion Cloud",
            "ends": "2026-12-31",
            "days_left": 61,
            "cost": 74400.0,
            "used": 0.9797,
            "unused": 1510.3,
            "unused_year_to_date": 21030.0,
        },
        {
            "name": "borealis-ptu-2027",
            "what": "20 provisioned units",
            "vendor": "Borealis",
            "ends": "2027-06-30",
            "days_left": 242,
            "cost": None,
            "used": None,
            "unused": None,
            "unused_year_to_date": None,
        },
    ],
    "vendors": [
        {
            "vendor": "Hyperion Cloud",
            "actual": 401100.0,
            "share": 0.444,
            "previous": 398000.0,
            "year_to_date": 3601000.0,
        },
        {
            "vendor": "Aurora AI",
            "actual": 276866.97,
            "share": 0.3065,
            "previous": None,
            "year_to_date": 2301000.0,
        },
        {
            "vendor": "Borealis",
            "actual": 225293.5,
            "share": 0.2494,
            "previous": 215000.0,
            "year_to_date": 2082080.4,
        },
    ],
    "cash": {
        "lines": [
            {
                "period": "October 2026",
                "billed": 904863.31,
                "expense": 903260.52,
                "difference": 1602.79,
            },
            {
                "period": "FY2026 to date",
                "billed": None,
                "expense": 7984080.36,
                "difference": None,
            },
        ],
        "sentence": "October was billed $1.60k above what it cost: tax.",
    },
}


def company(**changed) -> dict:
    """The company's brief with page one; `changed`: keys of page one that are others, None: not there."""
    brief = read("company")
    keys = copy.deepcopy(COMPANY) | changed
    brief["page_one"] = {name: value for name, value in keys.items() if value is not None}
    return brief


def unit() -> dict:
    """A unit under its budget: no carriers, no commitments."""
    brief, keys = read("unit"), copy.deepcopy(COMPANY)
    keys["periods"]["lines"] = [
        line("Q1 2026", "actual", 748011.0, 751900.0),
        line("Q2 2026", "actual", 771222.0, 740200.0),
        line("Q3 2026", "actual", 829473.0, 876300.0),
        line("Q4 2026", "part", 901723.9, 946500.0, p10=858000.0, p90=949000.0),
        line("FY2026", "part", 3250429.874, 3314900.0, booked=10, p10=3203640.678, p90=3298609.493),
        line("FY2027", "forecast", 4301200.0, p10=3803000.0, p90=4902000.0),
    ]
    keys["periods"]["year_to_date"] |= {
        "value": 2655627.05,
        "budget": 2676100.0,
        "variance": -20472.95,
    }
    keys["periods"] |= {"last_report": None, "last_source": "none"}
    keys["periods"]["sentence"] = (
        "$20.5k under budget by October 2026. FY2027 needs $4.30m, if nothing changes."
    )
    for gone in ("carriers", "commitments", "vendors", "cash", "decisions"):
        keys.pop(gone)
    keys["since_report"] = {"month": None, "lines": []}
    return {**brief, "page_one": keys}
