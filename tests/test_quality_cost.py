"""Quality against cost (docs/method §16.57): fronts by comparing every pair, sampling ranges by the binomial, costs by plain sums; the planted
over-large model of the second sample company."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from commands import finops
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.facts.workspace import read_daily
from finops_model.front.outlook.quality import quality_against_cost
from finops_model.measure.outlook.frontier import candidates, cost_on, front, wilson

ROOT = Path(__file__).resolve().parents[1]
points = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)), min_size=1, max_size=8
)


@settings(max_examples=80)
@given(points)
def test_the_front_is_what_no_other_beats(given_points):
    stands = front(given_points)
    assert any(stands)  # somebody always stands
    for mine, on in zip(given_points, stands, strict=True):
        beaten = [p for p in given_points if p[0] <= mine[0] and p[1] >= mine[1] and p != mine]
        assert on == (not beaten)
    # along the front quality rises with cost
    line = sorted({p for p, on in zip(given_points, stands, strict=True) if on})
    assert all(a[1] < b[1] for a, b in zip(line, line[1:], strict=False))


def test_the_sampling_range_holds_the_share_eight_times_in_ten():
    """Exact: over all outcomes of a binomial, weighted by their chance."""
    n, p = 400, 0.87
    inside = 0.0
    for k in range(n + 1):
        low, high = wilson(k, n)
        if low <= p <= high:
            inside += math.exp(
                math.lgamma(n + 1)
                - math.lgamma(k + 1)
                - math.lgamma(n - k + 1)
                + k * math.log(p)
                + (n - k) * math.log(1 - p)
            )
    assert inside == pytest.approx(0.8, abs=0.03)


def test_the_same_work_is_priced_as_paid_then_as_listed():
    mix = {("input", ""): 10.0, ("cached_input", ""): 5.0, ("output", ""): 2.0}
    own, listed = (
        {("input", ""): 2.0, ("output", ""): 8.0},
        {("input", ""): 3.0, ("cached_input", ""): 0.5},
    )
    assert cost_on(mix, own, listed) == (10 * 2 + 5 * 0.5 + 2 * 8, "paid and price list")
    assert cost_on(mix, own, {}) == (10 * 2 + 5 * 2 + 2 * 8, "as not cached and paid")
    assert cost_on(mix, {}, listed) == (None, "no price")


def test_candidates_of_a_workload_by_hand():
    tokens = pd.DataFrame(
        [
            ("w", "big", "input tokens", 10.0, 30.0),
            ("w", "big", "output tokens", 4.0, 40.0),
            ("v", "small", "input tokens", 5.0, 5.0),
        ],
        columns=["x_Workload", "x_Model", "SkuMeter", "ConsumedQuantity", "EffectiveCost"],
    )
    samples = pd.DataFrame(
        {"model": ["big", "small", "other"], "sampled": [100.0] * 3, "accepted": [90.0, 91.0, 99.0]}
    )
    listed = {"small": {("output", ""): 2.0}}
    each = candidates("w", samples, tokens, tokens[tokens["x_Workload"] == "w"], listed)
    assert [(one.model, one.cost, one.in_use, one.on_front, one.beaten_by) for one in each] == [
        ("small", 10 * 1.0 + 4 * 2.0, 0.0, True, ""),
        ("big", 70.0, 1.0, False, "small"),
        ("other", None, 0.0, False, ""),
    ]
    assert not each[1].surely  # 90 and 91 of 100 are the same to samples


@pytest.fixture(scope="module")
def startup(tmp_path_factory):
    """The second sample company, with a ledger of its own."""
    folder = tmp_path_factory.mktemp("quality") / "data"
    shutil.copytree(ROOT / "data/startup", folder / "startup")
    shutil.copy(ROOT / "data/accounts.yaml", folder)
    return fm.load_settings(folder / "startup")


def test_the_planted_model_that_is_too_large_is_named(startup):
    truth = json.loads((ROOT / "data/startup/truth.json").read_text())["quality"]
    answer = quality_against_cost(startup.entity("Thistledown Inc."))
    models = {(one["workload"], one["model"]): one for one in answer.figures["models"]}
    for (workload, model), one in models.items():
        assert one["low"] - 0.01 <= truth[workload][model] <= one["high"] + 0.01
    assert models["drafts", "ottermere-grand-2"]["beaten_by"] == "ottermere-swift-1"
    assert models["answers", "ottermere-grand-2"]["on_front"]
    assert answer.sentence.startswith(
        "ottermere-swift-1 is as good as ottermere-grand-2 for drafts ("
    )
    paid = read_daily(startup.entity("Thistledown Inc."))
    paid = paid[paid["x_Workload"] == "drafts"]
    paid = paid[
        paid["ChargeDate"].dt.strftime("%Y-%m").eq("2026-10") & paid["ConsumedUnit"].eq("Tokens")
    ]
    assert models["drafts", "ottermere-grand-2"]["cost"] == pytest.approx(
        float(paid["EffectiveCost"].sum()), rel=1e-9
    )


def test_the_command_says_the_same_and_refuses(startup, tmp_path):
    where = ("-s", str(startup.root), "--entity", "Thistledown Inc.")
    page = tmp_path / "quality.html"
    code, said, _ = finops(
        "kpi", "--quality", "--to", "2026-09", "--json", "--export", str(page), *where
    )
    one = quality_against_cost(startup.entity("Thistledown Inc."), month="2026-09")
    assert code == 0 and json.loads(said)["figures"] == one.plain()["figures"]
    assert "<svg" in page.read_text()
    for asked, message in (
        (
            ("--unit", "Product"),
            "--quality: tells every workload that was judged, so it goes without --unit and --kpi. Take them out.",
        ),
        (
            ("--from", "2026-01"),
            "--from: goes without --quality, which is of one month. Write --to.",
        ),
    ):
        code, _, said = finops("kpi", "--quality", *asked, *where)
        assert (code, said.strip()) == (2, f"Error  {message}")


def test_without_samples_quality_is_not_known(startup):
    with pytest.raises(fm.FinOpsError) as refused:
        quality_against_cost(
            startup.entity("Thistledown Inc.").model_copy(update={"quality_samples": None})
        )
    assert str(refused.value) == (
        "finops.yaml: quality_samples: no file of judged answers is named, so quality is not known. Write a CSV with week, workload, model, "
        "sampled, accepted, and name it: quality_samples: quality.csv."
    )
