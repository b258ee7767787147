"""`risk`: what risks of a scenario make of a certain cost, through scenario file, plan and engine (tests/spec/risks/README.md)."""

import copy
import json
import re
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scenario_world import demand_for, rows

from finops_model.prices.rates.graduated import Graduated
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.settings import Settings
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.kernel.limits import check_count
from finops_model.simulate.scenarios import simulate
from finops_model.uncertainty import risks

from . import known, need

WORLD = {"price", "demand", "as_of", "months", "tiers"}
ASKS = WORLD | {"changes", "paths", "seed", "engine", "level", "above"}
TARGETS = ("skus", "services", "workloads")


def evaluate(subject, given: dict) -> dict:
    known(given, ASKS, "given of a risk sentence")
    need(given, "tiers" if "tiers" in given else "price", "given of a risk sentence", ASKS)
    assert not {"tiers", "price"} <= set(given), "give price or tiers, not both"
    need(given, "demand", "given of a risk sentence", ASKS)
    named = (
        subject
        if isinstance(subject, dict)
        and subject
        and all(isinstance(one, dict) and "kind" in one for one in subject.values())
        else None
    )
    terms = named or {
        f"r{i}": one
        for i, one in enumerate(subject if isinstance(subject, list) else [subject])
        if one
    }
    asked = {key: value for key, value in given.items() if key not in ("level", "above")}
    found, plain, months, words = _costs(
        json.dumps([{name: _aimed(one) for name, one in terms.items()}, asked])
    )
    factor = found / plain
    answers = {
        "cost": dict(zip(months, found.mean(axis=0))),
        "total": found.sum(axis=1).mean(),
        "without": dict(zip(months, plain)),
        "factor": dict(zip(months, factor.mean(axis=0))),
        "factor_second": dict(zip(months, (factor**2).mean(axis=0))),
        "factor_sd": dict(zip(months, factor.std(axis=0))),
        "total_factor_sd": found.sum(axis=1).std() / plain.sum(),
        "words": words,
    }
    if "level" in given:
        answers |= {
            "quantile": dict(zip(months, np.quantile(found, given["level"], axis=0).T)),
            "total_quantile": np.quantile(found.sum(axis=1), given["level"]),
        }
    if "above" in given:
        answers |= {
            "chance": dict(zip(months, (found > given["above"]).mean(axis=0))),
            "total_chance": (found.sum(axis=1) > given["above"]).mean(),
        }
    return answers


def _aimed(terms: dict) -> dict:
    """A risk that names nothing acts on all that its kind can act on."""
    terms, form = copy.deepcopy(terms), risks._shelf.shelf(risks.__name__).get(terms.get("kind"))
    if form is not None and not any(key in terms for key in TARGETS):
        terms |= {{"price": "skus", "demand": "workloads"}[act]: "*" for act in form.acts}
    return terms


@lru_cache(maxsize=64)  # a sentence is judged once for each of its numbers
def _costs(text: str):
    """Cost still to come (path, month) with the risks and (month,) without anything, the months, and what each risk says."""
    terms, given = json.loads(text)
    paths, seed, engine = (
        given.get("paths", 16384),
        given.get("seed", 1),
        given.get("engine", "numpy"),
    )
    check_count(paths)
    facts, folder = _world(json.dumps({key: value for key, value in given.items() if key in WORLD}))
    months = given.get("months", 6)

    def plan(document):
        with tempfile.TemporaryDirectory() as at:
            file = Path(at) / "s.yaml"
            file.write_text(yaml.safe_dump({"name": "sentence", **document}, sort_keys=False))
            try:
                found = scenario.resolve(
                    scenario.load_scenario(file), settings=folder, facts=facts, months=months
                )
                return compile_plan(
                    found, demand_for(facts, len(future(found)), spread=0.0, sigma=0.0)
                ), found
            except scenario.ScenarioError as problem:
                raise type(problem)(
                    re.sub(rf"{re.escape(str(file))}(:\d+)?", "scenario", str(problem))
                ) from None

    def cost(plan, paths):
        run = simulate(plan, paths, seed, dials=False, engine=engine)
        return run.effective.sum(axis=2) - run.so_far.sum(axis=1)

    plain, risky = (
        plan({})[0],
        plan(
            {
                "risks": terms,
                "changes": [{"because": "sentence", **one} for one in given.get("changes", [])],
            }
        ),
    )
    words = [
        note["text"].partition(": ")[2]
        for note in risky[1].assumptions
        if note["path"].startswith("risks/")
    ]
    return cost(risky[0], paths), cost(plain, 1)[0], plain.months, words


@lru_cache(maxsize=64)
def _world(text: str):
    """A ledger of days that are all alike up to as_of: one workload for each SKU."""
    given = json.loads(text)
    price, demand, tiers = given.get("price", 0.0), given["demand"], given.get("tiers")
    names = sorted({name for one in (price, demand) if isinstance(one, dict) for name in one}) or [
        "sku"
    ]
    as_of = given.get("as_of", "2026-10-31")
    days = pd.date_range(end=as_of, periods=200)
    parts = []
    for name in names:
        units, money = (
            float(one[name] if isinstance(one, dict) else one) for one in (demand, price)
        )
        cost = (
            units * money
            if tiers is None
            else Graduated(tuple(tiers["starts"]), tuple(tiers["prices"])).charge(
                units * days.days_in_month
            )
            / days.days_in_month
        )
        parts.append(
            rows(
                days,
                SkuId=name,
                ServiceName="Service",
                ConsumedUnit="GPU-hours",
                ConsumedQuantity=units,
                EffectiveCost=cost,
                x_Workload="job" if name == "sku" else name,
                x_BusinessUnit="Unit",
                x_Team="team",
            )
        )
    with tempfile.TemporaryDirectory() as at:
        folder = Settings(root=at)
        if tiers is not None:
            (Path(at) / "prices").mkdir()
            own = {"service": "Service", "unit": "GPU-hours", "rate": "graduated"}
            prices = {
                name: {**own, "history": {"2025-01-01": copy.deepcopy(tiers)}} for name in names
            }
            (Path(at) / "prices" / "p.yaml").write_text(
                yaml.safe_dump(
                    {
                        "provider": "P",
                        "currency": "USD",
                        "reference": "sentence",
                        "checked": "2026-10-01",
                        "prices": prices,
                    }
                )
            )
            folder = Settings(root=at, prices="prices")
        return base.read_facts(pd.concat(parts, ignore_index=True), folder, as_of=as_of), folder
