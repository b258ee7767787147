"""What lies beside the start-up's bills: invoices, budgets, drivers, seats, customers, quality, actions, credits, plan rates, truth."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import numpy as np
import pandas as pd
from billing import UNIT, all_charges
from demand import (
    DATES,
    DONE,
    MONTH_OF,
    MONTHS,
    SHOWN,
    customers,
    driver,
    outcome,
    seat_months,
    shares,
    since,
)
from firm import (
    ACCOUNTS,
    ACTED_ON,
    ACTIONS,
    BUDGETS,
    CREDITS,
    DEMO_INDEX,
    DRIVERS,
    ENTITIES,
    MODEL_MIGRATION,
    ORGANISATION,
    OUTCOMES,
    OWN_KEYS,
    PEOPLE,
    PLAN_RATES,
    PRICE_CUT,
    PROTOTYPE_SINCE,
    SEED,
    TAX,
    TOKENS,
    UNITS,
    WORKLOADS,
)

from finops_model.documents import dump_yaml
from finops_model.streams import generator

SHOWN_MONTHS = [str(month) for month in MONTHS if month <= MONTH_OF[SHOWN - 1]]
# workload -> (score of the large model, of its successor, of the small one), share accepted of a blind sample, mean score 1 to 5
QUALITY = {
    "answers": ((0.905, 4.31), (0.912, 4.36), (0.842, 3.92)),
    "drafts": ((0.871, 4.12), (0.874, 4.15), (0.872, 4.11)),
}


def text_csv(header: list[str], rows) -> str:
    """CSV text with unix line ends."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def exact(total: int) -> str:
    """Hundred-millionths as decimal text, cents at least."""
    text = f"{Decimal(int(total)) / UNIT:.8f}".rstrip("0")
    return text + "0" * max(0, 3 - len(text) + text.index("."))


def unit_of(workload: str) -> str:
    team = WORKLOADS.get(workload, ("", "", ""))[0]
    return ORGANISATION[team][0] if team else "(unassigned)"


def invoices(rows: pd.DataFrame, entity: str) -> str:
    """Per issuer and month the exact sum of BilledCost, credits and tax included, of one entity."""
    own = rows[rows["entity"] == entity]
    totals = own.groupby(
        [own["provider"].map(lambda vendor: ACCOUNTS[vendor, entity][2]), "billing_month"]
    )["billed"].sum()
    return text_csv(
        ["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"],
        [
            (issuer, month, ENTITIES[entity][1], exact(total))
            for (issuer, month), total in totals.items()
        ],
    )


def cost(rows: pd.DataFrame, entity: str) -> pd.DataFrame:
    """EffectiveCost before credits and tax, (month, unit), money of the entity."""
    own = rows[(rows["entity"] == entity) & ~rows["category"].isin(["Credit", "Tax"])]
    return own.assign(unit=own["workload"].map(unit_of), cost=own["effective"] / UNIT).pivot_table(
        index="month", columns="unit", values="cost", aggfunc="sum", fill_value=0.0
    )


def budgets(latent: pd.DataFrame, entity: str) -> str:
    """Versions by unit and month: a straight line around the truth, off it as firm.py says; a draft has no approval."""
    found, lines = cost(latent, entity), []
    for year, versions in BUDGETS.items():
        months = [f"{year}-{m:02d}" for m in range(1, 13)]
        for version, approved, landing in versions:
            for unit in UNITS:
                actual = found.loc[months, unit].to_numpy()
                line = np.maximum(
                    np.polyval(np.polyfit(np.arange(12), actual, 1), np.arange(12)),
                    0.2 * actual.mean(),
                )
                for month, value in zip(
                    months, line * actual.sum() / landing[unit] / line.sum(), strict=True
                ):
                    lines.append(
                        (
                            version,
                            approved,
                            PEOPLE["approver"] if approved else "",
                            PEOPLE["author"],
                            unit,
                            month,
                            ENTITIES[entity][1],
                            f"{round(value / 10) * 10:.2f}",
                        )
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


def drivers(entity: str) -> str:
    """Drivers and outcomes of an entity, one row a day and name."""
    series = [(name, "driver", driver(name, entity)) for name in DRIVERS] + [
        (name, "outcome", outcome(name, entity)) for name in OUTCOMES
    ]
    return text_csv(
        ["date", "name", "role", "unit", "value"],
        [
            (DATES[i], name, role, name.replace("_", " "), int(values[i]))
            for name, role, values in series
            for i in range(SHOWN)
        ],
    )


def seats() -> str:
    rows = [
        (ENTITIES[entity][0], *line)
        for entity in ENTITIES
        for line in seat_months(entity, DONE)
        if line[0] in SHOWN_MONTHS
    ]
    return text_csv(["entity", "month", "workload", "SkuId", "bought", "opened"], rows)


def customer_list() -> str:
    rows = [
        (
            ENTITIES[entity][0],
            one["id"],
            one["name"],
            one["segment"],
            one["since"],
            "own key" if k < OWN_KEYS[entity] else "shared key",
        )
        for entity in ENTITIES
        for k, one in enumerate(customers(entity))
    ]
    return text_csv(["entity", "customer", "name", "segment", "since", "billed_by"], rows)


def customer_usage() -> str:
    """Tickets and documents by customer and month: whole numbers that add up to the drivers (largest remainder)."""
    rows = []
    for entity in ENTITIES:
        for k, month in enumerate(SHOWN_MONTHS):
            inside = MONTH_OF[:SHOWN].astype(str) == month
            counts = {}
            for name in DRIVERS:
                total = int(driver(name, entity)[:SHOWN][inside].sum())
                wanted = shares(entity)[k] * total
                whole = np.floor(wanted).astype(int)
                whole[np.argsort(whole - wanted, kind="stable")[: total - whole.sum()]] += 1
                counts[name] = whole
            for c, customer in enumerate(customers(entity)):
                if any(counts[name][c] for name in DRIVERS):
                    rows.append(
                        (month, customer["id"], *(int(counts[name][c]) for name in DRIVERS))
                    )
    return text_csv(["month", "customer", *DRIVERS], rows)


def quality() -> str:
    """Blind samples by week, workload and model: how many of 200 answers were accepted, mean score 1 to 5."""
    rows, names = [], ("ottermere-grand-1", "ottermere-grand-2", "ottermere-swift-1")
    mondays = [day for day in DATES[:SHOWN:1] if (day.astype(int) + 3) % 7 == 0]
    for entity in ENTITIES:
        for workload, by_model in QUALITY.items():
            for model, (accepted, score) in zip(names, by_model, strict=True):
                stream = generator(SEED, f"quality/{entity}/{workload}/{model}")
                draws = (
                    stream.binomial(200, accepted, len(mondays)),
                    score + stream.standard_normal(len(mondays)) * 0.05,
                )
                first, last = {
                    "ottermere-grand-1": ("2024-11-01", "2025-07-31"),
                    "ottermere-grand-2": ("2025-06-02", "2026-12-31"),
                    "ottermere-swift-1": ("2026-03-02", "2026-12-31"),
                }[model]
                rows += [
                    (
                        day,
                        ENTITIES[entity][0],
                        workload,
                        model,
                        200,
                        int(draws[0][i]),
                        f"{draws[1][i]:.2f}",
                    )
                    for i, day in enumerate(mondays)
                    if first <= str(day) <= last
                ]
    return text_csv(["week", "entity", "workload", "model", "sampled", "accepted", "score"], rows)


def actions() -> str:
    """What the owners say: id, entity, action, owner, claimed_on, expected monthly saving, status. Not whether it is true."""
    return text_csv(
        [
            "id",
            "entity",
            "action",
            "owner",
            "claimed_on",
            "expected_monthly_saving",
            "currency",
            "status",
            "workload",
            "kind",
        ],
        [
            (
                name,
                ENTITIES[entity][0],
                text,
                owner,
                day,
                f"{saving}.00",
                ENTITIES[entity][1],
                status,
                *ACTED_ON[name],
            )
            for name, (entity, text, owner, day, saving, status, _) in ACTIONS.items()
        ],
    )


def credit_list() -> str:
    """Grants as the contract says them; what was used stands on the bill."""
    return text_csv(
        [
            "id",
            "entity",
            "issuer",
            "service",
            "granted",
            "currency",
            "granted_on",
            "expires_on",
            "share_of_bill",
            "description",
        ],
        [
            (
                CREDITS["id"],
                ENTITIES[CREDITS["entity"]][0],
                CREDITS["vendor"],
                CREDITS["service"],
                CREDITS["granted"],
                ENTITIES[CREDITS["entity"]][1],
                CREDITS["granted_on"],
                CREDITS["expires_on"],
                CREDITS["share"],
                CREDITS["description"],
            )
        ],
    )


def organisation() -> str:
    return text_csv(
        ["team", "business_unit", "cost_center"],
        [(team, unit, centre) for team, (unit, centre) in ORGANISATION.items()],
    )


def plan_rates() -> dict[str, str]:
    """plan_rates/fy<year>.yaml -> text: the year's budget rate, euros in US dollars."""
    return {
        f"plan_rates/fy{year}.yaml": dump_yaml(
            {
                "name": f"FY{year} plan rates",
                "approved_on": day,
                "approved_by": PEOPLE["approver"],
                "currency": "USD",
                "rates": {"EUR": float(rate)},
            }
        )
        for year, (day, rate) in PLAN_RATES.items()
    }


# truth ---------------------------------------------------------------------------------------------------------------


def monthly_cost(rows: pd.DataFrame) -> dict[str, float]:
    return {
        month: round(float(value) / UNIT, 2)
        for month, value in rows.groupby("month")["effective"].sum().items()
    }


def saved(rows: pd.DataFrame, name: str) -> dict:
    """What an action saved: the bill had it not been done, less the bill, by month until the last day."""
    entity, text, _, day, expected, status, real = ACTIONS[name]
    found = {
        "entity": ENTITIES[entity][0],
        "real": real,
        "since": day if real else None,
        "expected_monthly_saving": expected,
    }
    if real:
        without = all_charges(DONE - {name})
        without = without[
            (without["day"] < SHOWN)
            & (without["entity"] == entity)
            & ~without["category"].isin(["Credit", "Tax"])
        ]
        own = rows[(rows["entity"] == entity) & ~rows["category"].isin(["Credit", "Tax"])]
        gap = {m: round(v - monthly_cost(own)[m], 2) for m, v in monthly_cost(without).items()}
        found["saved_by_month"] = {month: value for month, value in gap.items() if value}
    return found


def waste(rows: pd.DataFrame) -> dict:
    """What was planted and stands in the bill to this day, by month, money of the entity."""
    of = lambda entity, mask: monthly_cost(rows[(rows["entity"] == entity) & mask])
    unused = {}
    for entity in ENTITIES:
        for month, workload, sku, bought, opened in seat_months(entity, DONE):
            if month in SHOWN_MONTHS:
                price = (
                    rows[
                        (rows["entity"] == entity) & (rows["sku"] == sku) & (rows["month"] == month)
                    ]["effective"].sum()
                    / UNIT
                    / bought
                )
                unused.setdefault(f"{entity}/{workload}", {})[month] = {
                    "seats": bought - opened,
                    "cost": round(float(price * (bought - opened)), 2),
                }
    small = lambda entity, part: {
        "workload": "drafts",
        "entity": ENTITIES[entity][0],
        "share_that_needs_no_large_model": 0.7,
    }
    return {
        "unused_seats": unused,
        "forgotten_key": {
            "entity": ENTITIES["inc"][0],
            "workload": "prototype-key",
            "since": PROTOTYPE_SINCE,
            "cost_by_month": of("inc", rows["workload"] == "prototype-key"),
        },
        "idle_index": {
            "entity": ENTITIES["gmbh"][0],
            "workload": "demo-index",
            "since": DEMO_INDEX["since"],
            "GB": DEMO_INDEX["GB"],
            "cost_by_month": of("gmbh", rows["workload"] == "demo-index"),
        },
        "not_batched": {
            "entity": ENTITIES["gmbh"][0],
            "workload": "nightly-evals",
            "half_of_cost_by_month": {
                m: round(v / 2, 2)
                for m, v in of("gmbh", rows["workload"] == "nightly-evals").items()
            },
        },
        "not_cached": {
            "entity": ENTITIES["gmbh"][0],
            "workload": "answers",
            "meter": "input_tokens",
            "cached_share": 0.0,
            "input_cost_by_month": of(
                "gmbh", (rows["workload"] == "answers") & rows["sku"].str.endswith(":input_tokens")
            ),
        },
        "model_too_large": [small("inc", 0.7)],
        "no_lifecycle": {
            "entity": ENTITIES["gmbh"][0],
            "workload": "call-recordings",
            "hot_cost_by_month": of("gmbh", rows["workload"] == "call-recordings"),
        },
    }


def truth(rows: pd.DataFrame, latent: pd.DataFrame) -> str:
    """What a good analysis should find."""
    plain = lambda frame: {
        m: {k: round(float(v), 2) for k, v in line.items()} for m, line in frame.iterrows()
    }
    own = rows[(rows["entity"] == CREDITS["entity"]) & (rows["category"] == "Credit")]
    spent = Decimal(-int(own["billed"].sum())) / UNIT
    found = {
        "growth_per_month": {name: form.growth for name, form in DRIVERS.items()}
        | {name: spec.growth for name, spec in TOKENS.items() if not spec.driver},
        "waste": waste(rows),
        "actions": {name: saved(rows, name) for name in ACTIONS},
        "migration": MODEL_MIGRATION,
        "price_cut": PRICE_CUT,
        "credits": {
            **CREDITS,
            "used": f"{spent:.2f}",
            "lost": f"{Decimal(CREDITS['granted']) - spent:.2f}",
        },
        "tax": [
            {"entity": ENTITIES[entity][0], "vendor": vendor, "rate": rate}
            for (entity, vendor), (rate, _) in TAX.items()
        ],
        "quality": {
            workload: {
                "ottermere-grand-1": old[0],
                "ottermere-grand-2": new[0],
                "ottermere-swift-1": small[0],
            }
            for workload, (old, new, small) in QUALITY.items()
        },
        "outcomes": {name: {"of": of, "share": level} for name, (of, level, _) in OUTCOMES.items()},
        "customers": {
            ENTITIES[entity][0]: {
                "own_keys": [one["id"] for one in customers(entity)[: OWN_KEYS[entity]]],
                "share_of_last_month": {
                    one["id"]: round(float(shares(entity)[len(SHOWN_MONTHS) - 1][k]), 6)
                    for k, one in enumerate(customers(entity))
                },
            }
            for entity in ENTITIES
        },
        "effective_by_month_and_unit": {
            ENTITIES[entity][0]: plain(cost(rows, entity)) for entity in ENTITIES
        },
        "latent_effective_by_month_and_unit": {
            ENTITIES[entity][0]: plain(cost(latent, entity).loc["2026-11":]) for entity in ENTITIES
        },
        "landing_over_budget": {
            str(year): {version: landing for version, _, landing in versions}
            for year, versions in BUDGETS.items()
        },
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


__all__ = [
    "actions",
    "budgets",
    "credit_list",
    "customer_list",
    "customer_usage",
    "drivers",
    "invoices",
    "organisation",
    "plan_rates",
    "quality",
    "seats",
    "since",
    "truth",
]
