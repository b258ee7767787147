"""A company with four GPU SKUs in three workloads, commitments on them, and what they cost hour by hour: for the tests of pools."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from scenario_world import demand_for, rows, settings, world

from finops_model.prices.instruments import make
from finops_model.prices.settle.hours import weekday_of
from finops_model.prices.settle.settlement import settle
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.compile.to_flat import compile_flat
from finops_model.simulate.kernel import engine
from finops_model.simulate.scenarios import simulate

HOURS = 24
SHAPED = "name: a\nshapes: shapes.csv\n"


def gpus() -> pd.DataFrame:
    """The small company with a second GPU workload: `train` uses H100 (240 at 2), `serve` A100, B200 and L4, `search` A100."""
    days = pd.date_range("2026-05-01", "2026-10-31")
    own = dict(
        x_Team="ml", x_BusinessUnit="Research", ServiceName="Compute", ConsumedUnit="GPU-hours"
    )
    more = [
        (name, sku, amount)
        for name, uses in USES.items()
        if name != "train"
        for sku, amount in uses.items()
    ]
    return pd.concat(
        [
            world(),
            *(
                rows(
                    days,
                    SkuId=sku,
                    ConsumedQuantity=amount,
                    EffectiveCost=amount * PRICE[sku],
                    x_Workload=name,
                    **own,
                )
                for name, sku, amount in more
            ),
        ],
        ignore_index=True,
    )


PRICE = {"H100": 2.0, "A100": 1.5, "B200": 5.0, "L4": 0.5}
USES = {
    "train": {"H100": 240.0},
    "serve": {"A100": 240.0, "B200": 60.0, "L4": 480.0},
    "search": {"A100": 120.0},
}


def company_in(folder):
    """(folder, facts, hour-of-week shape by workload); the shapes lie in shapes.csv."""
    hours = np.arange(168)
    shapes = {
        "train": 1 + hours % 24 / 24,
        "serve": 1 + 0.9 * np.sin(hours / 24 * 2 * np.pi),
        "search": 1.0 + (hours % 24 > 7) * (hours < 120),
    }
    (folder / "shapes.csv").write_text(
        "workload,hour_of_week,share\n"
        + "".join(
            f"{name},{h},{v}\n" for name, shape in shapes.items() for h, v in enumerate(shape)
        )
    )
    return folder, base.read_facts(gpus(), settings(folder)), shapes


def add(name, since="2026-12", **terms):
    """A change that adds a commitment; `unit` USD: Spend."""
    values = {
        "ContractCommitmentQuantity": terms.pop("quantity"),
        "ContractCommitmentUnit": terms.pop("unit", "GPU-hours"),
        **terms,
    }
    return f"path: commitments/{name}, op: add, since: {since}, because: x, value: {str(values).replace(chr(39), '')}"


def made(company, *changed, head="name: a\n", months=3, **demand):
    folder, facts, _ = company
    (folder / "s.yaml").write_text(
        head + ("changes:\n" + "".join(f"- {{{line}}}\n" for line in changed) if changed else "")
    )
    found = scenario.resolve(
        scenario.load_scenario(folder / "s.yaml"),
        settings=settings(folder),
        facts=facts,
        months=months,
    )
    return compile_plan(found, demand_for(facts, 430, **demand))


def drawn(plan, paths, seed=7, engine_=None):
    """(volume (day, workload, path), prices (line, day, path)) out of the engine itself: days as months, a meter for each."""
    flat = compile_flat(plan.but(pools=(), unused_owner=(), tiered=())).flat
    days, works, lines = len(plan.dates), plan.demand.count, len(flat.lines)
    columns = [f"v{w}" for w in range(works)] + [f"p{i}" for i in range(lines)]
    flat = dataclasses.replace(
        flat,
        months=tuple(map(str, range(days))),
        month_of=np.arange(days),
        columns=tuple(columns),
        units=len(columns),
        fixed=None,
        charge_workload=[*range(works), *[0] * lines],
        charge_column=list(range(len(columns))),
        charge_line=[-1] * works + list(range(lines)),
        charge_rate=np.ones((len(columns), days)),
    )
    found = engine.simulate_block(flat, 0, paths, seed, engine_).cost.transpose(1, 2, 0)
    return found[:, :works], (found[:, works:] / found[:, :1]).transpose(1, 0, 2)


def by_hand(company, plan, held, paths, prices=None, hours=False, engine_=None):
    """Change of the company's cost by month and path, hour by hour with the settlement: held are its instruments as documents."""
    volume, lines = drawn(plan, paths, engine_=engine_)
    days, names = len(plan.dates), list(plan.names)
    skus, weekday = tuple(PRICE), weekday_of(plan.dates)
    usage, price = np.zeros((paths, days, HOURS, len(skus))), np.zeros((paths, days, len(skus)))
    for s, sku in enumerate(skus):
        price[..., s] = PRICE[sku] if prices is None or sku not in prices else lines[prices[sku]].T
        for name, uses in USES.items():
            whole = sum(
                amount * PRICE[one] for one, amount in uses.items()
            )  # volume is money at list
            shape = company[2][name].reshape(7, HOURS) if hours else np.ones((7, HOURS))
            share = (shape / shape.sum(axis=1, keepdims=True))[weekday]
            usage[..., s] += (
                volume[:, names.index(name)].T[:, :, None] * share * uses.get(sku, 0.0) / whole
            )
    when = (plan.dates[:, None].astype("datetime64[h]") + np.arange(HOURS)).ravel()
    change, plan_held = np.zeros((paths, len(plan.months))), [make(fields) for fields in held]
    for p in range(paths):
        dated = {sku: np.repeat(price[p, :, s], HOURS) for s, sku in enumerate(skus)}
        done = settle(usage[p].reshape(-1, len(skus)), skus, dated, plan_held, dates=when)
        change[p] = -done.savings
    return change, usage, price


def change_of(plan, paths, engine_="numpy"):
    """Change of cost by (path, month) that the plan's commitments make."""
    with_, without = (
        simulate(one, paths, 7, dials=False, engine=engine_).effective.sum(axis=2)
        for one in (plan, plan.but(pools=(), unused_owner=()))
    )
    return with_ - without, without


TERM = {"start": "2026-12-01", "end": "2027-12-01"}
FAMILIES = {
    "narrow in broad, units": (
        [
            add("narrow", quantity=6, x_SkuIds="[H100]", x_Rate=1.3),
            add("broad", quantity=15, x_SkuIds="[A100, H100]", x_Rate=1.1),
        ],
        [
            {"kind": "units", "id": "narrow", "quantity": 6, "rate": 1.3, "skus": ["H100"]},
            {"kind": "units", "id": "broad", "quantity": 15, "rate": 1.1, "skus": ["A100", "H100"]},
        ],
    ),
    "units under a spend plan": (
        [
            add(
                "plan",
                quantity=30,
                unit="USD",
                ContractCommitmentDiscountPercentage=0.3,
                x_SkuIds="[A100, B200, H100, L4]",
            ),
            add("ri", quantity=8, x_SkuIds="[H100]", x_Rate=1.2),
        ],
        [
            {"kind": "units", "id": "ri", "quantity": 8, "rate": 1.2, "skus": ["H100"]},
            {
                "kind": "spend",
                "id": "plan",
                "commitment": 30,
                "discount": 0.3,
                "counts": "list",
                "skus": ["A100", "B200", "H100", "L4"],
            },
        ],
    ),
    "a chain that is shared in part": (
        [
            add("one", quantity=7, x_SkuIds="[H100, A100]", x_Rate=1.0, x_EligibleShare=0.7),
            add("two", quantity=9, x_SkuIds="[A100, B200]", x_Rate=1.4),
            add("three", since="2027-01", quantity=12, x_SkuIds="[B200, L4]", x_Rate=0.9),
        ],
        [
            {
                "kind": "units",
                "id": "one",
                "quantity": 7,
                "rate": 1.0,
                "skus": ["H100", "A100"],
                "eligible_share": 0.7,
            },
            {"kind": "units", "id": "two", "quantity": 9, "rate": 1.4, "skus": ["A100", "B200"]},
            {
                "kind": "units",
                "id": "three",
                "quantity": 12,
                "rate": 0.9,
                "skus": ["B200", "L4"],
                "start": "2027-01-01",
                "end": "2028-01-01",
            },
        ],
    ),
    "a rate for each SKU": (
        [
            add(
                "plan",
                quantity=20,
                unit="USD",
                x_Rates="{H100: 1.4, A100: 1.2, B200: 3.0, L4: 0.55}",
            )
        ],
        [
            {
                "kind": "spend",
                "id": "plan",
                "commitment": 20,
                "rates": {"H100": 1.4, "A100": 1.2, "B200": 3.0, "L4": 0.55},
            }
        ],
    ),
    "a discount for each SKU, beside a narrow plan": (
        [
            add(
                "broad",
                quantity=18,
                unit="USD",
                x_Discounts="{H100: 0.25, A100: 0.2, B200: 0.45, L4: 0.2}",
                x_EligibleShare=0.8,
            ),
            add("narrow", quantity=5, unit="USD", x_Rates="{B200: 2.6}"),
        ],
        [
            {
                "kind": "spend",
                "id": "broad",
                "commitment": 18,
                "discounts": {"H100": 0.25, "A100": 0.2, "B200": 0.45, "L4": 0.2},
                "eligible_share": 0.8,
            },
            {"kind": "spend", "id": "narrow", "commitment": 5, "rates": {"B200": 2.6}},
        ],
    ),
    "one unit and one money commitment on the same SKU": (
        [
            add(
                "money",
                quantity=6,
                unit="USD",
                ContractCommitmentDiscountPercentage=0.4,
                x_SkuIds="[H100]",
            ),
            add("units", quantity=7, x_SkuIds="[H100]", x_Rate=1.1),
        ],
        [
            {"kind": "units", "id": "units", "quantity": 7, "rate": 1.1, "skus": ["H100"]},
            {
                "kind": "spend",
                "id": "money",
                "commitment": 6,
                "discount": 0.4,
                "counts": "list",
                "skus": ["H100"],
            },
        ],
    ),
    "a stated priority": (
        [
            add(
                "broad",
                quantity=14,
                unit="USD",
                ContractCommitmentDiscountPercentage=0.3,
                x_SkuIds="[A100, H100]",
                x_Priority=1,
            ),
            add("ri", quantity=8, x_SkuIds="[H100]", x_Rate=1.2),
        ],
        [
            {
                "kind": "spend",
                "id": "broad",
                "commitment": 14,
                "discount": 0.3,
                "counts": "list",
                "skus": ["A100", "H100"],
                "priority": 1,
            },
            {"kind": "units", "id": "ri", "quantity": 8, "rate": 1.2, "skus": ["H100"]},
        ],
    ),
}
