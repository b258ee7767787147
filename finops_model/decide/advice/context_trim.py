"""Prompts that have grown: what they carry along, trimmed (docs/method §17.41)."""

from __future__ import annotations

import pandas as pd

from ...scenario.changes import escape
from ...scenario.pulled.bought import INPUTS, OUTPUTS
from . import WINDOW, Ground, Recommendation

BACK = 26  # weeks before the newest four
GROWN = 1.3  # times the input for each token of output then


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload that reads GROWN times the input for each token it writes, against half a year before."""
    every = []
    for name, (units, bought) in ground.bought.items():
        read, written = bought.skus(units, INPUTS), bought.skus(units, OUTPUTS)
        if not read or not written:
            continue
        now, then = (_ratio(ground, name, read, written, weeks) for weeks in (0, BACK))
        if not now or not then or now < GROWN * then:
            continue
        trim = 1 - then / now
        every.append(
            ground.recommend(
                "context_trim",
                name,
                name,
                title=f"Trim the context of {name}",
                effort="medium",
                changes=(
                    {
                        "op": "set",
                        "path": f"workloads/{escape(name)}/context_trim",
                        "value": {"min": 0.0, "mode": round(trim / 2, 4), "max": round(trim, 4)},
                    },
                ),
                evidence=(
                    {"what": "input for each token of output, newest four weeks", "tokens": now},
                    {"what": "the same half a year before", "tokens": then},
                ),
                risk="What is left out may be what an answer needed: compare blind samples before and after.",
                rollback="Put the context back.",
                group=f"{name}/context",
                why=f"It reads {now:.1f} tokens for each that it writes; half a year before it was {then:.1f}.",
                sure=False,
            )
        )
    return every


def _ratio(ground: Ground, workload: str, read, written, weeks: int) -> float | None:
    """Input ÷ output tokens of four weeks that end so many weeks before the newest day, by model-free sums; None where one of them is 0."""
    last = pd.Timestamp(ground.as_of) - pd.Timedelta(weeks=weeks)
    daily = ground.facts.daily
    rows = daily[
        (daily["x_Workload"] == workload)
        & (daily["ChargeDate"] <= last)
        & (daily["ChargeDate"] > last - pd.Timedelta(days=WINDOW))
    ]
    meters = rows["SkuMeter"].str.casefold()
    amounts = rows["ConsumedQuantity"]
    ins = float(amounts[meters.str.contains("input|prompt|cach")].sum())
    outs = float(amounts[meters.str.contains("output|completion|reason")].sum())
    return ins / outs if ins and outs else None
