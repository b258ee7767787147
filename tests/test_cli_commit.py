"""`finops commit` on the sample company: what it prints, its JSON, its refusals; the offers it ships; the chart of regret."""

from __future__ import annotations

import csv
import json
import re
import shutil
import xml.etree.ElementTree as tree
from pathlib import Path

import commands
import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.commitments.answer import Curve
from finops_model.decide.commitments.offers import load_offers
from finops_model.errors import FinOpsError
from finops_model.facts.ledger.store import Ledger
from finops_model.prices.lists.catalog import load_catalog
from finops_model.publish.charts.commitments import regret_curve
from finops_model.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]


def finops(*words, cwd):
    return commands.finops(*words, cwd=cwd, columns=160, FINOPS_ENGINE="numpy")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commit")
    shutil.copytree(
        ROOT / "data",
        folder / "data",
        ignore=shutil.ignore_patterns("*.py", "__pycache__", "world", "fx", "risk", "tokens"),
    )
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    document = yaml.safe_load((ROOT / "finops.yaml").read_text(encoding="utf-8")) | {
        "ledger": "ledger",
        "runs": "runs",
        "reports": "reports",
    }
    (folder / "finops.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    settings = load_settings(folder)
    Ledger(settings.path(settings.ledger)).ingest(settings.files(settings.bills))
    (folder / "finops.yaml").write_text(
        yaml.safe_dump({k: v for k, v in document.items() if k != "bills"}), encoding="utf-8"
    )
    return folder  # the ledger is there: bills need not be read again


@pytest.fixture(scope="module")
def answer(workspace):
    code, said, problem = finops(
        "commit",
        "--offer",
        "hyperion-h100-1y",
        "--paths",
        100,
        "--replay-months",
        3,
        "--json",
        cwd=workspace,
    )
    assert code == 0, problem
    return json.loads(said)


def test_the_json_has_every_figure_and_they_agree(answer):
    assert set(answer) == {
        "headline",
        "as_of",
        "basis",
        "start",
        "currency",
        "paths",
        "hours",
        "objective",
        "beta",
        "purchases",
        "saving",
        "on_demand_cost",
        "cost",
        "coverage",
        "effective_savings_rate",
        "utilisation",
        "break_even",
        "curves",
        "signed",
        "cliffs",
        "replays",
        "notes",
        "published",
        "question",
        "sentence",
        "table",
        "range",
        "reason",
        "next_best",
        "figures",
        "tables",
    }
    assert answer["sentence"] == answer["headline"] and answer["question"] == "commit"
    assert (answer["as_of"], answer["start"], answer["hours"], answer["paths"]) == (
        "2026-11-15",
        "2027-01-01",
        8760,
        100,
    )
    (bought,) = answer["purchases"]
    assert (
        bought["offer"] == "hyperion-h100-1y"
        and 44 <= bought["quantity"] <= 60
        and bought["quantity"] % 1 == 0
    )
    assert bought["commitment"] == pytest.approx(bought["quantity"] * 2.5545 * 8760)
    saving = answer["saving"]
    assert (
        saving["mean"] == pytest.approx(answer["on_demand_cost"] - answer["cost"])
        and saving["p10"] < saving["p50"] < saving["p90"]
    )
    assert answer["effective_savings_rate"] == pytest.approx(
        saving["mean"] / answer["on_demand_cost"]
    )
    used = answer["utilisation"]["mean"]
    assert (
        answer["effective_savings_rate"]
        == pytest.approx(answer["coverage"] * (1 - 0.65 / used), rel=0.02)
        and answer["utilisation"]["p10"] < used
    )
    even = answer["break_even"]["hyperion-h100-1y"]
    assert even["utilisation"] == pytest.approx(0.65) and even["payback_months"] == 0
    assert (
        12 * 0.65
        <= even["exposure_months_p10"]
        <= even["exposure_months_p50"]
        <= even["exposure_months_p90"]
        < 12
    )
    (curve,) = answer["curves"]
    assert (
        np.argmin(curve["mean_regret"])
        == np.argmax(curve["mean_saving"])
        == curve["levels"].index(curve["chosen"])
    )


def test_what_is_signed_its_cliff_and_the_replay_are_told(answer):
    with open(ROOT / "data" / "samples" / "commitments.csv", newline="", encoding="utf-8") as file:
        (record,) = csv.DictReader(file)
    (held,), (cliff,) = answer["signed"], answer["cliffs"]
    assert (
        held["id"] == record["ContractCommitmentId"]
        and held["end"] == "2027-01-01"
        and held["successor"] == ""
    )
    assert cliff["month"] == "2027-01" and cliff["dropped"] == 40
    assert cliff["extra_per_month"] == pytest.approx((3.93 - float(record["x_Rate"])) * 40 * 730)
    (replay,) = answer["replays"]
    lines = {line["rule"]: line for line in replay["lines"]}
    assert {
        "this rule",
        "nothing bought",
        "best level of the last 7 days",
        "best level of the last 30 days",
        "best level of the last 60 days",
        "online rule, no forecast",
        "as signed",
        "best in hindsight",
    } == set(lines)
    best = lines["best in hindsight"]["cost"]
    assert (
        all(line["cost"] >= best - 1e-6 for line in lines.values())
        and lines["nothing bought"]["saving"] == 0
    )
    assert lines["as signed"]["held"] == [40.0] * 3


def test_the_terminal_shows_recommendation_levels_and_cliffs(workspace):
    code, said, problem = finops(
        "commit",
        "--paths",
        60,
        "--no-replay",
        "--offer",
        "hyperion-h100-1y",
        "--offer",
        "hyperion-h100-1y-half-upfront",
        cwd=workspace,
    )
    assert code == 0, problem
    assert said.startswith("Commit to ") and "hyperion-h100-1y-half-upfront" in said.splitlines()[0]
    for words in (
        "Range: It saves $",
        "in 8 of 10 futures",
        "it costs more than on demand in ",
        "Reason: hyperion-h100-1y-half-upfront is used in ",
        "of its hours and pays from 63%.",
        "Next best: hyperion-h100-1y at ",
        "savings rate",
        "pays from use of",
        "last unit used",
        "Against the best level in hindsight it costs ",
        "as long as money costs less than",
        "what other levels would do",
        "▶ hyperion-h100-1y-half-upfront",
        "◀ best alone",
        "How many: who says what, over its own term",
        "30_commit_gpu.yaml",
        "signed: hyperion-h100-1y-2026",
        "At once or in steps, over the first term",
        "in 4 steps",
        "The discount rate is 0, so NPV is the sum of what is paid",
        "Signed: hyperion-h100-1y-2026, 40 GPU-hours an hour, ends 2027-01-01 (in 47 days); nothing follows.",
        "Cliff in 2027-01: 40 GPU-hours an hour drop off; the same use on demand costs $40.2k a month more.",
    ):
        assert words in said, words
    assert "Replayed" not in said


def test_the_answer_is_written_as_a_file_with_every_level_and_cash_by_month(workspace, tmp_path):
    """Cash by month of the workbook adds up to the cost of the table, level by level to the figures of --json."""
    book = tmp_path / "commit.xlsx"
    options = ["--paths", 60, "--no-replay", "--discount-rate", 0.08, "--json", "--export", book]
    code, said, problem = finops("commit", *options, cwd=workspace)
    assert code == 0, problem
    answer = json.loads(said)
    sheets = pd.read_excel(book, sheet_name=None)
    assert list(sheets) == ["Answer", "Table", "Levels", "How many", "Ladders", "Cash by month"]
    assert sheets["Answer"]["Answer"][0] == answer["sentence"]
    cash, table = sheets["Cash by month"], sheets["Table"]
    for name, cost in zip(table["option"], table["cost"], strict=True):
        assert cash[name.removeprefix("▶ ")].sum() == pytest.approx(cost)
    assert answer["figures"]["discount_rate"] == 0.08 and table["NPV"].is_monotonic_increasing
    assert (table["NPV"] < table["cost"]).all()
    levels = answer["figures"]["levels"]
    assert set(levels) == {offer.name for offer in load_offers(ROOT / "data" / "commitments")}
    assert len(sheets["Levels"]) == sum(map(len, levels.values()))
    many = {row["who says"]: row for row in answer["tables"]["How many"]}
    assert (
        many["30_commit_gpu.yaml"]["level"] == 60
        and many["signed: hyperion-h100-1y-2026"]["level"] == 40
    )
    assert many["hyperion-h100-3y"]["level"] > many["hyperion-h100-1y"]["level"] > 40


def test_the_front_door_gives_the_same_answer(workspace):
    how = {"paths": 60, "replay_months": 0}
    answer = fm.commit(load_settings(workspace), ["hyperion-h100-1y"], **how)
    words = ["--offer", "hyperion-h100-1y", "--paths", 60, "--no-replay", "--json"]
    code, said, problem = finops("commit", *words, cwd=workspace)
    assert code == 0, problem
    assert json.loads(said)["figures"] == answer.plain()["figures"]
    assert "<svg" in answer._repr_html_() and "array(" not in str(answer) + repr(answer)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["--discount-rate", "8"],
            "discount_rate is 8; it must be a share from 0 to 1: 0.08 is 8 % a year.",
        ),
        (
            ["--offer", "hyperion-h100-2y"],
            "commitments: unknown offer 'hyperion-h100-2y'. Did you mean 'hyperion-h100-3y'? Known: hyperion-h100-1y, "
            "hyperion-h100-1y-half-upfront, hyperion-h100-3y, hyperion-h100-3y-half-upfront.",
        ),
        (["--min-utilisation", "85"], "min_utilisation is 85; it must be a share from 0 to 1."),
        (["--budget", "-5"], "budget is -5.0; it must be a finite number, 0 or more."),
        (
            ["--objective", "median", "--offer", "hyperion-h100-1y"],
            "best_commitments: unknown objective 'median'. Did you mean 'mean'? Known: mean, cvar, regret, waste.",
        ),
        (
            ["--start", "2026-11-01", "--offer", "hyperion-h100-1y"],
            "start 2026-11-01 is not after the newest day of data, 2026-11-15; give a day that is still to come.",
        ),
    ],
)
def test_refusals_are_one_sentence(workspace, words, text):
    problem = (
        CliRunner()
        .invoke(app, ["commit", "--no-replay", "--settings", str(workspace), *words])
        .exception
    )
    assert isinstance(problem, FinOpsError) and (problem.exit_code, str(problem)) == (2, text)


def test_the_offers_of_the_sample_vendor_agree_with_its_prices_and_its_contract():
    offers = {offer.name: offer for offer in load_offers(ROOT / "data" / "commitments")}
    catalog = load_catalog(ROOT / "data" / "prices")
    on_demand = catalog.price("HYP-H100-OD", "2026-11-15").rate.price
    assert (
        offers["hyperion-h100-1y"].rate
        == catalog.price("HYP-H100-COMMIT-1Y", "2026-11-15").rate.price
    )
    off = {name: round(1 - offer.rate / on_demand, 6) for name, offer in offers.items()}
    assert off == {
        "hyperion-h100-1y": 0.35,
        "hyperion-h100-1y-half-upfront": 0.37,
        "hyperion-h100-3y": 0.45,
        "hyperion-h100-3y-half-upfront": 0.48,
    }
    assert {offer.term_months for offer in offers.values()} == {12, 36} and all(
        offer.skus == ("HYP-H100-OD",) for offer in offers.values()
    )


@pytest.mark.parametrize("unit", ["GPU-hours", "USD", "<b>units</b>"])
@pytest.mark.parametrize("chosen", [0.0, 30.0, 100.0])
def test_the_regret_curve_marks_the_recommended_level_and_says_its_figures(unit, chosen):
    levels = np.array([0.0, 30.0, 60.0, 100.0])
    regret = np.abs(levels - chosen) * 1000
    shown = regret_curve(
        Curve("one", unit, levels, -regret, -regret, regret, 1.5 * regret, chosen), "USD", signed=40
    )
    assert shown.title.startswith(f"{chosen:g} ") and "regretted by $0.00 on average" in shown.title
    assert ("buying nothing" in shown.title) == (chosen > 0)
    drawing = tree.fromstring(shown.svg)
    texts = ["".join(node.itertext()) for node in drawing.iter() if node.tag.endswith("text")]
    assert (
        f"recommended: {chosen:g}" in texts
        and "signed today: 40" in texts
        and "mean of all futures" in texts
    )
    assert "<b>" not in re.sub(r"&lt;b&gt;", "", shown._repr_html_().replace("<strong>", ""))
