"""`fm.workbench`: what-ifs on the draws of a base that is simulated once (docs/method §3.83)."""

from __future__ import annotations

import numpy as np
import pytest

import finops_model as fm
from finops_model.errors import InputError, ScenarioError
from finops_model.simulate import scenarios as simulate
from finops_model.simulate.scenarios import run_many

CHANGES = [
    "prices/GPU/price × 0.8 from 2025-05",
    "workloads/*/demand/level × +20%",
    "+ copilot = {p10: 100, p50: 200, p90: 500} from 2025-05",
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ws")
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day},{90 + i % 7},a,GPU" for i, day in enumerate(days)]
    bill += [f"{day},{30 + i % 5},b,Storage" for i, day in enumerate(days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    return fm.start(folder / "bill.csv", folder=folder / "demo")


@pytest.fixture(scope="module")
def bench(settings):
    made = fm.workbench(settings, paths=300, months=4, budget=40_000.0)
    made.what_if("cheaper", CHANGES[:1], question="q?", owner="FP")
    made.what_if("all", CHANGES)
    return made


def test_the_base_is_simulated_once(settings, monkeypatch):
    """However many what-ifs, questions and workbenches: it is kept."""
    runs = []
    real = simulate.simulate
    monkeypatch.setattr(
        simulate,
        "simulate",
        lambda plan, *a, **k: runs.append(plan.about.name) or real(plan, *a, **k),
    )
    made = fm.workbench(settings, paths=256, months=2)
    made.what_if("a", CHANGES[:1]).what_if("b", CHANGES[1:2])
    made.compare()
    made.compare(months=["2025-04"])
    fm.workbench(settings, paths=256, months=2).what_if("c", CHANGES[:1]).compare()
    assert runs == ["Base", "a", "b", "c"]


def test_a_saved_what_if_is_a_scenario_file_with_the_same_numbers(bench, settings):
    """What the notebook says is what `finops compare` and `fm.run_many` say of the file, bit for bit."""
    path = bench.save("all")
    assert path == settings.path("scenarios/all.yaml")
    base = settings.path(settings.scenario)
    runs = run_many([base, path], settings, paths=300, months=4, dials=False)
    assert (runs[0].effective == bench.base.effective).all()
    assert (runs[1].effective == bench.run("all").effective).all()
    again = fm.workbench(settings, paths=300, months=4).load(path)
    assert (again.run("all").effective == bench.run("all").effective).all()
    with pytest.raises(ScenarioError, match="is there already"):
        bench.save("all")
    assert bench.save("all", replace=True) == path


def test_side_by_side_is_arithmetic_on_paths(bench):
    """By an independent way: a plain loop over the paths."""
    answer = bench.compare()
    table = answer.table.set_index("scenario")
    base = bench.base.effective.sum(axis=(1, 2))
    for name in ("cheaper", "all"):
        total = bench.run(name).effective.sum(axis=(1, 2))
        apart = [float(b - a) for a, b in zip(base, total, strict=True)]
        mean = sum(apart) / len(apart)
        error = (sum((x - mean) ** 2 for x in apart) / (len(apart) - 1)) ** 0.5 / len(apart) ** 0.5
        row = table.loc[name]
        assert row["against base"] == pytest.approx(mean)
        assert row["±"] == pytest.approx(error)
        assert row["cheaper in"] == sum(x < 0 for x in apart) / len(apart)
        assert row["mean"] == pytest.approx(total.mean())
        assert row["P90"] == pytest.approx(np.quantile(total, 0.9))
    assert list(table.index) == ["Base", "cheaper", "all"]
    assert answer.sentence.startswith("cheaper is cheapest: $")
    assert answer.reason == "cheaper changes: price of GPU 1 → 0.8."
    assert answer.next_best.startswith("Base costs $")
    months = answer.tables["Months"]
    assert months[months["scenario"] == "all"]["mean"].sum() == pytest.approx(
        table.loc["all", "mean"]
    )


def test_over_the_budget_counts_what_is_booked(settings):
    """By hand: paths whose year, with January and February as booked, is above the budget."""
    made = fm.workbench(settings, paths=300, months=10, budget=47_000.0)
    table = made.what_if("cheaper", CHANGES[:1]).compare().table.set_index("scenario")
    days = made.daily[made.daily["ChargeDate"] < "2025-03-01"]
    for name, run in (("Base", made.base), ("cheaper", made.run("cheaper"))):
        year = run.effective.sum(axis=(1, 2)) + days["EffectiveCost"].sum()
        assert table.loc[name, "over the budget in"] == np.mean(year > 47_000)
    assert 0 < table.loc["Base", "over the budget in"] > table.loc["cheaper", "over the budget in"]


def test_a_price_that_is_certain_has_a_difference_that_is_known(settings):
    """Closed form: 20 % off one service takes exactly 20 % of its cost off every path."""
    made = fm.workbench(settings, paths=256, months=2).what_if("x", ["prices/GPU/price × 0.8"])
    base = made.base
    gpu = [i for i, name in enumerate(base.workloads) if "GPU" in name]
    expected = -0.2 * base.by_workload[gpu, :, 0].sum()  # of the month under way a part is booked
    got = made.compare().table.set_index("scenario").loc["x", "against base"]
    booked = made.daily[
        (made.daily["ChargeDate"] >= "2025-03-01") & (made.daily["ServiceName"] == "GPU")
    ]["EffectiveCost"].sum()
    assert got == pytest.approx(expected + 0.2 * booked, rel=1e-6)


def test_the_waterfall_adds_up_and_tells_the_overlap(bench):
    table = bench.waterfall("all").table.set_index("step")["change"]
    assert table.drop("together").sum() == pytest.approx(table["together"])
    whole = bench.compare().table.set_index("scenario")["against base"]
    assert table["together"] == pytest.approx(whole["all"])
    price = next(name for name in table.index if "GPU" in name)
    assert table[price] == pytest.approx(whole["cheaper"])
    # from 2025-05 both hold: 0.8 × 1.2
    assert table["overlap"] == pytest.approx(0.2 * table[price], rel=1e-6)


def test_the_tornado_varies_what_is_uncertain_and_nothing_else(bench):
    answer = bench.tornado("all")
    assert list(answer.table["value"]) == ["copilot: cost per month"]
    low, high = answer.table.loc[0, ["total at P10", "total at P90"]]
    assert high > low and answer.picture is not None
    with pytest.raises(ScenarioError, match="has no uncertain value"):
        bench.tornado("cheaper")


def test_an_answer_shows_itself_in_a_notebook_and_as_files(bench, tmp_path):
    html = bench._repr_html_()
    assert "<svg" in html and "cheaper is cheapest" in html
    for kind in ("csv", "xlsx", "json", "html"):
        assert bench.compare().export(tmp_path / f"a.{kind}").stat().st_size > 100


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda b: b.what_if("x", []), "'x': has no change, so it is the base. Name one."),
        (
            lambda b: b.what_if("x", ["prices/GPX/price = 2"]),
            "'x', change 1: path 'prices/GPX/price' is not there. Did you mean 'prices/GPU/price'? Known in 'prices': GPU, Storage.",
        ),
        (
            lambda b: b.what_if("x", [{"path": "prices/GPU/price", "op": "scal", "value": 1}]),
            "'x', change 1: changes/0/op: must be 'set', 'scale' or 'add', not 'scal'. Did you mean 'scale'?",
        ),
        (
            lambda b: b.save("chaper"),
            "workbench: unknown what-if 'chaper'. Did you mean 'cheaper'? Known: cheaper, all.",
        ),
        (lambda b: b.drop("y"), "workbench: unknown what-if 'y'. Known: cheaper, all."),
        (
            lambda b: fm.workbench(3),
            "workbench: give the folder of a workspace, its finops.yaml or its settings.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_plain_words(bench, call, says):
    with pytest.raises((ScenarioError, InputError)) as caught:
        call(bench)
    assert str(caught.value).replace("all, cheaper", "cheaper, all") == says
    assert list(bench.what_ifs) == ["cheaper", "all"]


def test_a_file_on_another_base_is_refused(bench, settings, tmp_path):
    (tmp_path / "other.yaml").write_text(
        "name: o\nchanges:\n- {path: prices/GPU/price, op: scale, value: 2, because: b}\n"
    )
    with pytest.raises(ScenarioError, match="stands on another base than 00_base.yaml"):
        bench.load(tmp_path / "other.yaml")
