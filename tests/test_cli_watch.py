"""`finops watch` on the sample company: the runaway of August 2026 is found as it happens (data/samples/truth.json)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import commands
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.facts.daily import warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.measure.anomalies.watch import watch
from finops_model.records.store import Records
from finops_model.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
TRUTH = json.loads((ROOT / "data" / "samples" / "truth.json").read_text(encoding="utf-8"))


def finops(*words, cwd, **env):
    return commands.finops(*words, cwd=cwd, columns=160, **env)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watch")
    shutil.copytree(
        ROOT / "data" / "samples",
        folder / "data" / "samples",
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
    )
    document = yaml.safe_load((ROOT / "finops.yaml").read_text(encoding="utf-8"))
    document.update(
        {
            "ledger": "ledger",
            "runs": "runs",
            "reports": "reports",
            "scenario": None,
            "what_ifs": [],
            "prices": None,
        }
    )
    (folder / "finops.yaml").write_text(
        yaml.safe_dump({k: v for k, v in document.items() if v is not None}), encoding="utf-8"
    )
    settings = load_settings(folder)
    Ledger(settings.path(settings.ledger)).ingest(settings.files(settings.bills))
    with Records(settings.path(settings.records)) as records:
        records.append("decision", {"text": "the records begin"})
    (folder / "finops.yaml").write_text(
        yaml.safe_dump({k: v for k, v in document.items() if v is not None and k != "bills"}),
        encoding="utf-8",
    )
    return folder  # the ledger is there: bills need not be read again


@pytest.fixture(scope="module")
def daily(workspace):
    settings = load_settings(workspace)
    return warehouse.daily(Ledger(settings.path(settings.ledger)), settings)


def test_the_runaway_is_found_on_each_of_its_days(daily):
    truth = TRUTH["anomalies"][0]
    ids = set()
    for day in truth["days"]:
        (one,) = [a for a in watch(daily, day).alerts if a.subject == truth["workload"]]
        assert (one.kind, one.start, one.end, one.ongoing) == (
            "runaway",
            truth["days"][0],
            day,
            True,
        )
        assert (one.team, one.business_unit) == ("applied-research", "Research Platform")
        ids.add(one.id)
    assert len(ids) == 1
    assert one.severity == pytest.approx(truth["extra_cost"], rel=0.05)
    assert one.parts["lines"][0]["SkuId"] == truth["sku"] and one.hours > 3 * one.hours_expected
    assert watch(daily, truth["days"][-1]).alerts[0] == one  # the most money stands first
    later = [a for a in watch(daily, "2026-08-28").alerts if a.id in ids]
    assert [a.end for a in later] == [truth["days"][-1]] and not later[0].ongoing


def test_launch_standby_endpoint_and_idle_commitment_of_the_truth_are_found(daily):
    found = watch(daily, "2026-11-15", since="2025-03-01", levels=["workload", "team"]).alerts
    launch = [a for a in found if a.subject == TRUTH["launch"]["workload"] and a.direction == "up"]
    assert any("2025-09-08" <= a.start <= "2025-11-30" for a in launch)
    (standby,) = [
        a
        for a in found
        if a.dimension == "workload"
        and a.subject == TRUTH["idle"]["workload"]
        and a.start == "2025-03-01"
    ]
    assert standby.parts["lines"][0]["SkuId"] == TRUTH["idle"]["sku"]
    assert any(a.kind == "commitment" and a.subject == TRUTH["commitment"]["id"] for a in found)
    cut = next(p for p in TRUTH["price_changes"] if p.get("sku"))
    cheaper = [
        a
        for a in found
        if a.direction == "down"
        and cut["date"] <= a.start <= "2025-07-05"
        and a.parts["lines"][0]["SkuId"] == cut["sku"]
    ]
    assert any(
        a.parts["rate"] < 0.8 * a.severity for a in cheaper
    )  # told as price, not as less use
    for one in found:
        if one.parts:
            total = sum(one.parts[name] for name in ("volume", "mix", "rate"))
            assert (
                total
                == pytest.approx(one.severity, abs=1e-6)
                == pytest.approx(sum(line["change"] for line in one.parts["lines"]), abs=1e-6)
            )
    spend = [a for a in found if a.kind in ("spend", "runaway") and a.dimension == "workload"]
    months = 20.5 * daily["x_Workload"].nunique()
    assert len(spend) / months < 0.25  # few enough to be read


def test_what_is_later_than_as_of_changes_nothing(daily):
    cut = daily[daily["ChargeDate"] <= pd.Timestamp("2026-08-19")]
    changed = daily.copy()
    changed.loc[changed["ChargeDate"] > pd.Timestamp("2026-08-19"), "EffectiveCost"] *= 9
    assert watch(cut, "2026-08-19") == watch(daily, "2026-08-19") == watch(changed, "2026-08-19")


def said(workspace, *words):
    done = CliRunner().invoke(app, ["watch", *words, "--settings", str(workspace)])
    assert done.exit_code == 0 and done.exception is None, done.exception
    return done.output


def test_the_command_shows_records_and_keeps_quiet(workspace):
    code, out, err = finops("watch", "--as-of", "2026-08-21", cwd=workspace)
    assert code == 0, err
    for word in (
        "Runaway job",
        "hyperparameter-sweeps",
        "+$8.",
        "applied-research",
        "alerts/2026-08-21",
    ):
        assert word in out
    shown = said(workspace, "--as-of", "2026-08-21")  # a narrow terminal: a list instead of a table
    assert (
        "+$8.82k  Runaway job  hyperparameter-sweeps" in shown
        and "  Owner: applied-research, Research Platform" in shown
    )
    told = json.loads(said(workspace, "--as-of", "2026-08-21", "--json"))
    first = told["alerts"][0]
    assert (
        first["kind"] == "runaway" and told["as_of"] == "2026-08-21" and first["id"] in told["new"]
    )
    assert told["basis"] == "Effective"
    with Records(workspace / ".finops" / "sample" / "records.sqlite") as records:
        head = records.head[:16]
    line = f"Chain head {head}: finops audit --expect {head}."
    mail = (workspace / "watch" / "alerts" / "2026-08-21" / "alerts.md").read_text()
    assert told["notes"][-1] == line and mail.splitlines()[-1] == line
    assert (
        json.loads((workspace / "watch" / "alerts" / "2026-08-21" / "alerts.json").read_text())
        == told
    )
    assert said(
        workspace, "feedback", first["id"], "expected", "--because", "sweep for the new model"
    ).startswith("Recorded: hyperparameter-sweeps, 2026-08-18 to 2026-08-21, expected.")
    again = json.loads(said(workspace, "--as-of", "2026-08-21", "--json"))
    assert first["id"] not in {a["id"] for a in again["alerts"]} and again["accepted"] == 1
    assert not [
        a for a in again["alerts"] if a["subject"] == "HYP-H100-SPOT"
    ]  # nor for its SKU instead


@pytest.mark.parametrize(
    "words, message",
    [
        (
            ("--as-of", "2027-01-01"),
            "--as-of 2027-01-01: the ledger has data from 2024-06-01 to 2026-11-15. Choose a day in between.",
        ),
        (("--as-of", "soon"), "--as-of: 'soon' is not a day. Write it as 2026-01-31."),
        (
            ("--as-of", "2026-08-21", "--since", "2026-09-01"),
            "--since 2026-09-01 is after the last day looked at, 2026-08-21. Choose an earlier day.",
        ),
        (("--by", "teem"), "--by: unknown dimension 'teem'. Did you mean 'team'?"),
        (("--notify",), "--notify: there is no address. Set FINOPS_NOTIFY_URLS"),
        (("feedback", "zzz", "expected"), "finops watch feedback: unknown alert 'zzz'."),
        (
            ("feedback", "zzz", "fine"),
            "finops watch feedback: unknown verdict 'fine'. Known: expected, real.",
        ),
        (("--quotas", "nothing.csv"), "nothing.csv"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(workspace, monkeypatch, words, message):
    monkeypatch.setenv("FINOPS_NOTIFY_URLS", "")
    done = CliRunner().invoke(app, ["watch", *words, "--settings", str(workspace)])
    assert isinstance(done.exception, FinOpsError) and message in str(done.exception)


def told(workspace, **watch):
    """A folder with the workspace's ledger, no verdicts, and these limits in its finops.yaml."""
    folder = workspace / "told"
    folder.mkdir(exist_ok=True)
    if not (folder / "ledger").exists():
        (folder / "ledger").symlink_to(workspace / "ledger")
    document = yaml.safe_load((workspace / "finops.yaml").read_text(encoding="utf-8"))
    document |= {
        key: str(workspace / document[key])
        for key in ("organisation", "budgets")
        if document.get(key)
    }
    (folder / "finops.yaml").write_text(
        yaml.safe_dump(document | {"watch": watch}), encoding="utf-8"
    )
    return folder


def seen(folder, *words):
    done = CliRunner().invoke(
        app, ["watch", "--as-of", "2026-08-21", "--json", *words, "--settings", str(folder)]
    )
    if done.exception:
        raise done.exception
    return json.loads(done.stdout)


SWEEPS = {
    "dimension": "workload",
    "subject": "hyperparameter-sweeps",
    "unit": "GPU-hours",
    "per": "day",
    "quantity": 10,
}


def test_limits_and_quotas_stand_in_finops_yaml_and_an_option_counts_before_them(
    workspace, tmp_path
):
    plain = seen(told(workspace))
    assert not [a for a in plain["alerts"] if a["kind"] == "quota"] and [
        a for a in plain["alerts"] if a["kind"] == "runaway"
    ]
    listed = seen(told(workspace, quotas=[SWEEPS]))
    (quota,) = [a for a in listed["alerts"] if a["kind"] == "quota"]
    assert (
        quota["subject"] == "hyperparameter-sweeps"
        and "over its quota of 10 GPU-hours a day" in quota["what"]
    )
    folder = told(workspace, quotas="limits.csv", threshold=1000.0, money_floor=5.0)
    (folder / "limits.csv").write_text(
        "dimension,subject,unit,per,quantity\nworkload,hyperparameter-sweeps,GPU-hours,day,10\n",
        encoding="utf-8",
    )
    filed = seen(folder)
    assert [a for a in filed["alerts"] if a["kind"] == "quota"] == [quota]
    assert filed["money_floor"] == 5.0 and not [
        a for a in filed["alerts"] if a["kind"] in ("spend", "runaway")
    ]
    back = seen(folder, "--threshold", "3", "--by", "workload", "--money-floor", "0")
    assert back["money_floor"] == 0.0 and [a for a in back["alerts"] if a["kind"] == "runaway"]
    other = tmp_path / "other.csv"
    other.write_text(
        "dimension,subject,unit,per,quantity\nworkload,hyperparameter-sweeps,GPU-hours,day,1e9\n",
        encoding="utf-8",
    )
    assert not [a for a in seen(folder, "--quotas", other)["alerts"] if a["kind"] == "quota"]


@pytest.mark.parametrize(
    "watch, message",
    [
        (
            {"quotas": [SWEEPS, {**SWEEPS, "per": "week"}]},
            "watch/quotas/1/per: must be 'day' or 'month', not 'week'.",
        ),
        (
            {"quotas": [{**SWEEPS, "quantity": -1}]},
            "watch/quotas/0/quantity: must be greater than or equal to 0, not '-1'.",
        ),
        (
            {"quotas": [{**SWEEPS, "unitt": "x"}]},
            "watch/quotas/0: unknown key 'unitt'. Did you mean 'unit'? Known: dimension, owner, per, quantity, subject, unit.",
        ),
        (
            {"quotas": [{key: value for key, value in SWEEPS.items() if key != "unit"}]},
            "watch/quotas/0/unit: is missing; write it.",
        ),
        (
            {"treshold": 3},
            "watch: unknown key 'treshold'. Did you mean 'threshold'? Known: by, late_days, money_floor, pace_margin, percent_floor, quotas, "
            "runout_days, threshold, unused_days, utilization.",
        ),
        ({"utilization": 80}, "watch/utilization: must be less than or equal to 1, not '80'."),
        (
            {"by": ["teem"]},
            "finops.yaml: watch/by: unknown dimension 'teem'. Did you mean 'team'? Known: workload, team, sku, service, business unit, model, "
            "environment, account.",
        ),
        (
            {"quotas": [{**SWEEPS, "dimension": "worklod"}]},
            "finops.yaml: watch/quotas/0/dimension: unknown dimension 'worklod'. Did you mean 'workload'? Known: "
            "workload, team, sku, service, business unit, model, environment, account.",
        ),
        (
            {"quotas": [SWEEPS, {**SWEEPS, "quantity": 5}]},
            "finops.yaml: watch/quotas/1/subject: this quota is given at watch/quotas/0 already. Keep one of them.",
        ),
        (
            {"quotas": [{**SWEEPS, "unit": "EUR"}]},
            "finops.yaml: watch/quotas/0/unit: unknown unit 'EUR'.",
        ),
        (
            {"quotas": [{**SWEEPS, "unit": "GPU-hous"}]},
            "finops.yaml: watch/quotas/0/unit: unknown unit 'GPU-hous'. Did you mean 'GPU-hours'?",
        ),
        ({"quotas": "nothing.csv"}, "nothing.csv"),
    ],
)
def test_limits_that_cannot_be_meant_are_one_sentence(workspace, watch, message):
    with pytest.raises(FinOpsError) as refused:
        seen(told(workspace, **watch))
    assert message in str(refused.value) and "\n" not in str(refused.value)
