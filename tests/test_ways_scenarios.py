"""Every way of capacity, storage and tokens through `finops run` on a small workspace of one's own, and the second sample company's scenarios."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import commands
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import ScenarioError
from finops_model.scenario.ways import make
from finops_model.scenario.ways._base import Months

RUNNER = CliRunner()
ROOT = Path(__file__).resolve().parents[1]
STARTUP = ROOT / "data" / "startup"
WAYS = {
    "storage": {"use": 20_000, "price": {"kind": "graduated", "starts": [0, 51_200], "prices": [0.023, 0.022]}, "opening": 50_000, "opening_stays": True},
    "transfer": {"use": 63_488, "legs": [{"from": "region", "to": "internet", "price": {"starts": [0, 10_240], "prices": [0.09, 0.085], "free": 100}}], "flows": [{"from": "region", "to": "internet"}]},
    "hardware": {"gpus": 8, "capital": 280_000, "kilowatts": 10, "power_price": 0.2, "use": 3000, "rent": 2.5},
    "provisioned": {"units": 15, "rate": 1, "per_unit": 4750, "weights": {"input": 1, "output": 8}, "minimum": 15, "increment": 5, "shape": "gamma", "cv": 1, "pay_as_you_go": {"input": 3, "output": 15}, "use": {"input": 1.5e9, "output": 1e8}},
    "spot": {"use": 5000, "spot": 1.4, "on_demand": 4, "interrupted": 0.2, "machines": 8, "checkpoint_minutes": 5, "available": 0.8},
    "tokens": {"model": "gpt-5.4", "use": {"input": 2e9, "output": 1e8}, "cache_hit": 0.7, "batch_share": 0.2, "sizes": {"p50": 4000, "p90": 30_000}},
    "capacity_block": {"instances": 4, "rate": 39.33, "days": 7, "use": 600},
}  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    days = [f"2026-{m:02}-{d:02}" for m in (7, 8, 9, 10) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    fm.start(folder / "bill.csv", folder=folder / "demo")
    return folder / "demo"


def scenario(workspace: Path, name: str, purchases: dict) -> Path:
    changes = [
        {
            "path": f"purchases/{key}",
            "op": "add",
            "since": "2026-12",
            "because": "a test",
            "value": value,
        }
        for key, value in purchases.items()
    ]
    file = workspace / "scenarios" / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"name": name, "base": "00_base.yaml", "changes": changes}))
    return file


@pytest.mark.parametrize("kind", WAYS)
def test_a_way_through_the_command_costs_what_it_costs_alone(workspace, kind):
    file = scenario(workspace, kind, {"x": {"way": kind, "exactly": True, **WAYS[kind]}})
    done = RUNNER.invoke(
        app, ["run", str(file), "-s", str(workspace / "finops.yaml"), "--paths", "100", "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    row = next(one for one in _purchases(told) if one["name"] == "x")
    fields = {key: value for key, value in WAYS[kind].items() if key != "use"}
    held = Months.between(row["months"], "2026-12-01")
    way, use = make(kind, fields), WAYS[kind]["use"]
    use = use if isinstance(use, dict) else {type(way).METERS[0]: use}
    alone = way.settle({name: np.array([held.share * value]) for name, value in use.items()}, held)
    for part, money in row["parts"].items():
        assert money == pytest.approx(alone.parts[part][0].tolist(), abs=0.005), part
    assert sum(map(sum, row["parts"].values())) == pytest.approx(alone.cost.sum(), abs=0.05)
    assert row["formula"] == alone.formula


def _purchases(told) -> list[dict]:
    """The rows of purchases wherever the answer keeps them."""
    if isinstance(told, dict):
        if "purchases" in told and isinstance(told["purchases"], list):
            return told["purchases"]
        return [row for value in told.values() for row in _purchases(value)]
    return [row for value in told for row in _purchases(value)] if isinstance(told, list) else []


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_ranges_of_ways_move_the_cost_on_every_path(workspace, engine):
    purchases = {
        "lake": {
            "way": "storage",
            **WAYS["storage"],
            "opening": {"p10": 3e4, "p50": 5e4, "p90": 9e4},
        },
        "spots": {"way": "spot", **WAYS["spot"], "spot": {"p10": 1, "p50": 1.4, "p90": 2.5}},
        "box": {
            "way": "hardware",
            **WAYS["hardware"],
            "power_price": {"p10": 0.1, "p50": 0.2, "p90": 0.4},
        },
        "ptu": {
            "way": "provisioned",
            **WAYS["provisioned"],
            "cv": {"p10": 0.5, "p50": 1, "p90": 2},
        },
        "chat": {
            "way": "tokens",
            **WAYS["tokens"],
            "cache_hit": {"p10": 0.5, "p50": 0.7, "p90": 0.8},
        },
    }
    settings = fm.load_settings(workspace / "finops.yaml")
    for name, value in purchases.items():
        certain = {**value, "exactly": True}
        one = fm.run(
            scenario(workspace, f"r_{name}", {name: certain}),
            settings,
            paths=128,
            months=4,
            engine=engine,
        )
        base = fm.run(None, settings, paths=128, months=4, engine=engine)
        own = one.total() - base.total()
        assert own.std() > 0 and (own > 0).all(), name


def test_storage_does_not_take_what_lies_there_for_what_is_written(workspace):
    file = scenario(
        workspace, "taken", {"x": {"way": "storage", "price": 0.02, "for": {"workloads": ["*"]}}}
    )
    with pytest.raises(ScenarioError) as refused:
        fm.run(file, fm.load_settings(workspace / "finops.yaml"), paths=100)
    assert str(refused.value).endswith(
        "purchases/x/for: what a bill counts is what lies there, and this storage counts what is written. Say counts: stock, or write use "
        "and opening."
    )


SAMPLE = {
    "Thistledown Inc.": [
        "inc_30_seats_for_agents",
        "inc_40_evals_on_own_gpus",
        "inc_41_evals_on_rented_gpus",
    ],
    "Thistledown GmbH": ["gmbh_20_recordings_by_age", "gmbh_30_cache_for_answers"],
}
WAYS_OF_SAMPLE = {"subscription", "tokens", "storage", "hardware", "spot"}


def test_the_second_sample_company_buys_in_these_ways():
    told = set()
    for names in SAMPLE.values():
        for name in names:
            text = yaml.safe_load(
                (STARTUP / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
            )
            told |= {change["value"]["way"] for change in text["changes"] if change["op"] == "add"}
    assert told == WAYS_OF_SAMPLE


@pytest.fixture(scope="module")
def startup(tmp_path_factory):
    """The second sample company with a ledger of its own."""
    folder = tmp_path_factory.mktemp("second") / "data" / "startup"
    shutil.copytree(STARTUP, folder)
    shutil.copy(STARTUP.parent / "accounts.yaml", folder.parent)
    code, _, err = commands.finops("ingest", cwd=folder)
    assert code == 0, err
    return folder


@pytest.mark.parametrize("entity", SAMPLE)
def test_the_second_sample_company_runs_on_its_ways(startup, entity):
    settings = fm.load_settings(startup / "finops.yaml").entity(entity)
    files = [startup / "scenarios" / f"{name}.yaml" for name in SAMPLE[entity]]
    base = fm.run(
        files[0].with_name(f"{files[0].name[: files[0].name.index('_')]}_00_base.yaml"),
        settings,
        paths=100,
    )
    for file in files:
        one = fm.run(file, settings, paths=100)
        assert one.purchases and 0.3 < one.total().mean() / base.total().mean() < 1.1, file.name
        assert all(row["formula"] for row in one.purchases)
