"""Every crossing of a function, and what `finops solve` finds over options and scenarios (docs/method §8.67–§8.69)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.questions.crossings import crossings
from finops_model.decide.questions.solve_scenario import changed
from finops_model.errors import FinOpsError, InputError
from finops_model.prices.terms import payments


def asked(options: dict, **keys) -> dict:
    return {
        "question": "Which?",
        "from": "2027-01",
        "demand": {"unit": "GPU-hours", "per_hour": 8},
        "on_demand": 4.0,
        **keys,
        "options": options,
    }


RENT = {"way": "on_demand"}
YEAR = {"way": "committed", "quantity": 10, "discount": 0.25}


# --- crossings ----------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=3, max_size=9))
def test_all_crossings_of_a_polyline_are_found(heights):
    """A crossing lies between two knots of other sign, or on one; a stretch of zeros is given by its ends."""
    xs = np.arange(len(heights), dtype=float)
    ys = np.array(heights, float)
    wanted = []
    for i in range(len(xs)):
        if ys[i] == 0:
            wanted.append(xs[i])
        if i + 1 < len(xs) and ys[i] * ys[i + 1] < 0:
            wanted.append(xs[i] - ys[i] * (xs[i + 1] - xs[i]) / (ys[i + 1] - ys[i]))
    seen = crossings(lambda x: float(np.interp(x, xs, ys)), 0.0, float(xs[-1]))
    got = list(seen.values)
    for low, high in seen.flat:
        got += [x for x in xs if low - 1e-6 <= x <= high + 1e-6]
    got.sort()
    assert len(got) == len(wanted) and np.allclose(got, wanted, atol=1e-6)


def test_two_zeros_between_two_points_of_the_scan_are_both_found():
    for gap in (1e-2, 1e-3):
        seen = crossings(lambda x, g=gap: (x - 0.51) ** 2 - g**2 / 4, 0.0, 1.0, points=5)
        assert seen.values == pytest.approx((0.51 - gap / 2, 0.51 + gap / 2), abs=1e-6)


def test_none_at_the_edge_and_flat():
    assert crossings(lambda x: x + 1, 0.0, 1.0).sign == 1
    assert crossings(lambda x: x - 1, 0.0, 1.0).edges == ("high",)
    flat = crossings(lambda x: max(x - 0.5, 0.0), 0.0, 1.0)
    assert flat.flat[0][0] == 0.0 and flat.flat[0][1] == pytest.approx(0.5)


# --- options, against closed forms ----------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(use=st.floats(0.5, 9.9))
def test_the_discount_at_which_a_commitment_pays_is_one_less_its_utilisation(use):
    document = asked({"rent": RENT, "year": YEAR}, demand={"per_hour": use})
    answer = fm.solve(document, "discount", equals="rent")
    assert answer.figures["values"] == pytest.approx([1 - use / 10], rel=1e-9)


def test_the_price_of_the_market_moves_what_is_above_a_commitment_too():
    """10 an hour are used and 6 committed at 3: rent p × 10 = 18 + p × 4, so p = 3."""
    document = asked(
        {
            "rent": {"way": "on_demand", "price": 4.0},
            "year": {"way": "committed", "quantity": 6, "rate": 3.0},
        },
        demand={"per_hour": 10},
    )
    document.pop("on_demand")
    answer = fm.solve(document, "price", option="rent", equals="year")
    assert answer.figures["values"] == pytest.approx([3.0], rel=1e-9)


def test_a_saving_has_two_levels_and_the_best_one_between_them_is_the_newsvendor():
    document = asked(
        {"rent": RENT, "year": {**YEAR, "quantity": 5}},
        demand={"per_hour": {"min": 0, "max": 20}},
        paths=5_000,
    )
    # saving a hour at level K of use uniform on 0…20: 4 (K − K²/40) − 3 K = K − K²/10
    answer = fm.solve(document, "level", equals="rent", target=1.6 * 8760, high=15.0)
    assert answer.figures["values"] == pytest.approx([2.0, 8.0], rel=0.05)
    errors = answer.table["±"].tolist()
    assert all(
        abs(value - exact) < 4 * error
        for value, exact, error in zip(answer.figures["values"], (2.0, 8.0), errors, strict=True)
    )


def test_a_budget_at_p80_is_met_by_a_scale_that_is_linear():
    document = asked({"rent": RENT}, demand={"per_hour": {"p10": 5, "p50": 8, "p90": 14}})
    cost = fm.options(document)
    p80 = fm.solve(document, "volume", budget=1.0, high=2.0)
    assert p80.sentence.startswith("A volume of")
    one = fm.solve(document, "volume", budget=500_000)
    two = fm.solve(document, "volume", budget=1_000_000, high=6.0)
    assert two.figures["values"][0] == pytest.approx(2 * one.figures["values"][0], rel=1e-6)
    assert cost.figures["cost"]["rent"] > 0


def test_a_rate_at_which_payment_options_tie_is_the_discount_solved_for():
    """All upfront at the discount found has the NPV of no upfront."""
    document = asked(
        {
            "later": {"way": "committed", "quantity": 8, "discount": 0.30},
            "at once": {
                "way": "committed",
                "quantity": 8,
                "discount": 0.30,
                "payment": "all_upfront",
            },
        },
        discount_rate=0.10,
    )
    answer = fm.solve(document, "discount", option="at once", equals="later")
    later = payments.Payment(8 * 2.8 * 8760, "2027-01-01", "2028-01-01", currency="")
    dates, amounts = later.cash()
    worth = float(payments.npv(amounts, dates, 0.10, "2027-01-01"))
    assert answer.figures["values"] == pytest.approx([1 - worth / (8 * 4.0 * 8760)], rel=1e-9)


def test_a_hit_rate_is_that_of_the_tokens():
    document = asked(
        {
            "rent": RENT,
            "api": {
                "way": "tokens",
                "takes": {"input": 1e6, "output": 1e5},
                "prices": {"input": 4.0, "output": 10.0},
                "relative": {"cache_read": 0.25},
                "cache_hit": 0.1,
            },
        }
    )
    # 4 = 4 (1 − h) + 1 h + 1  →  h = 1/3
    answer = fm.solve(document, "hit_rate", equals="rent")
    assert answer.figures["values"] == pytest.approx([1 / 3], rel=1e-6)


def test_in_80_of_100_futures():
    document = asked(
        {"rent": RENT, "year": YEAR}, demand={"per_hour": {"min": 0, "max": 10}}, paths=4_000
    )
    # use u is the commitment's own level or less: it pays where 4 u > 40 (1 − d); u's 20 % quantile is 2
    answer = fm.solve(document, "discount", equals="rent", at=80)
    assert answer.figures["values"] == pytest.approx([0.8], abs=0.02)


def test_none_is_an_answer_with_the_nearest_value():
    answer = fm.solve(asked({"rent": RENT, "year": YEAR}), "level", equals="rent", target=1e6)
    assert answer.sentence == (
        "None: from 0 units an hour to 30 units an hour there is no level of 'year' where $1.00m is saved against 'rent'; "
        "it falls short by $930k or more (nearest at 7.5 units an hour)."
    ) or answer.sentence.startswith(
        "None: from 0 units an hour to 30 units an hour there is no level of 'year'"
    )
    assert answer.figures["values"] == [] and len(answer.table) == 0


REFUSED = [
    (("discont",), {}, "--for: 'discont' is nothing to solve for. Did you mean 'discount'? Name one of: discount, level, price, volume, hit_rate."),
    (("hit_rate",), {}, "--for hit_rate: no option of the file has one ('rent' and 'year'). Solve for volume, or for what the option says: discount, level, price, volume, hit_rate."),
    ((), {}, "Say what to solve for: --for discount, level, price, volume or hit_rate."),
    (("discount",), {"option": "yeer"}, "--option: there is no option 'yeer'. Did you mean 'year'? Name one of: 'rent' and 'year'."),
    (("volume",), {"equals": "rant"}, "--equals: there is no other option 'rant'. Name one of: 'year'."),
    (("level",), {"budget": 1.0, "equals": "rent"}, "--budget is a goal of its own; leave out --equals and --target, or take --budget out."),
    (("level",), {"at": 40}, "--at 40: write a percentage from 50 to 99 (80: 8 of 10 futures)."),
    (("level",), {"budget": float("nan")}, "--budget nan: write money as a plain number."),
    (("level",), {"low": 5.0, "high": 2.0}, "--from 5 --to 2: write a range that rises from 0 or more."),
    (("discount",), {"option": "year", "high": 2.0}, "--from 0 --to 2: write a range that rises from 0 or more within 0 to 1."),
    (("level",), {"path": "a/b"}, "--path is a path of a scenario; of a file of options say --for and --option."),
]  # fmt: skip


@pytest.mark.parametrize(("how", "keys", "words"), REFUSED, ids=[r[2][:40] for r in REFUSED])
def test_what_cannot_be_meant_is_refused_in_one_sentence(how, keys, words):
    with pytest.raises(InputError) as refused:
        fm.solve(asked({"rent": RENT, "year": YEAR}), *how, **keys)
    assert str(refused.value) == words


# --- a scenario -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solve")
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3, 4, 5, 6) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    known = fm.start(folder / "bill.csv", folder=folder / "demo")
    more = folder / "demo" / "scenarios" / "10_more.yaml"
    more.write_text(
        "name: More\nquestion: More?\nbase: 00_base.yaml\nchanges:\n"
        "  - {path: workloads/a%2F(untagged)%2FGPU/demand/level, op: set, value: 1.5, because: a test}\n"
    )
    return known, more


def test_a_level_of_demand_is_linear_in_what_it_saves(workspace):
    """Cost over all months = what is booked of the month under way + level × the rest: a straight line."""
    known, more = workspace
    base, other = fm.run_many([None, more], known, paths=200, dials=False)
    more_cost = float((other.total() - base.total()).mean())
    answer = fm.solve(more, "volume", known, target=-1_000.0, paths=200)
    assert answer.figures["values"] == pytest.approx([1 + 0.5 * 1_000 / more_cost], rel=1e-3)


def test_a_budget_of_the_year_holds_what_is_booked(workspace):
    known, more = workspace
    answer = fm.solve(more, "volume", known, budget=40_000.0, paths=200)
    value = answer.figures["values"][0]
    scenario = changed(fm.load_scenario(more), "workloads/a%2F(untagged)%2FGPU/demand/level", value)
    assert scenario.layers[-1].document.changes[0].value == value
    more.with_name("11_at.yaml").write_text(
        more.read_text().replace("value: 1.5", f"value: {value:.12f}")
    )
    run = fm.run(more.with_name("11_at.yaml"), known, paths=200, dials=False)
    booked = float(fm.daily(fm.Ledger(known.path(known.ledger)), known)["EffectiveCost"].sum())
    ahead = [month for month in run.months if month <= "2025-12"]
    before = booked - float(run.so_far.sum())
    p80 = float(np.quantile(before + run.total(months=ahead), 0.8))
    assert p80 == pytest.approx(40_000, rel=1e-3)


def test_a_scenario_refuses_in_words(workspace):
    known, more = workspace
    for keys, words in (
        ({"path": "workloads/a%2F(untagged)%2FGPU/demand/levl"}, "Did you mean 'workloads/a%2F(untagged)%2FGPU/demand/level'?"),
        ({"variable": "hit_rate"}, "--for hit_rate: this scenario has none. Name the value: --path, as finops scenario show lists them."),
        ({"variable": "volume", "option": "x"}, "--option is of a file of options; of a scenario name the value: --path."),
        ({"variable": "volume", "equals": "rent"}, "--equals: a scenario is compared with its base, not with 'rent'. Write --equals base."),
    ):  # fmt: skip
        with pytest.raises(FinOpsError) as refused:
            fm.solve(more, settings=known, paths=200, **keys)
        assert words in str(refused.value)


# --- the command ----------------------------------------------------------------------------------


def test_the_command_prints_writes_and_gives_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "offers.yaml"
    file.write_text(
        "question: Commit?\nfrom: 2027-01\non_demand: 4.0\ndemand: {per_hour: 8}\noptions:\n"
        "  rent: {way: on_demand}\n  year: {way: committed, quantity: 10, discount: 0.25}\n"
    )
    shown = CliRunner().invoke(
        app,
        [
            "solve",
            str(file),
            "--for",
            "discount",
            "--equals",
            "rent",
            "--export",
            "a.html",
            "--json",
        ],
    )
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    assert told["figures"]["values"] == pytest.approx([0.2])
    assert told["sentence"] == "A discount of 20 % of 'year': there it costs the same as 'rent'."
    assert "<svg" in (tmp_path / "a.html").read_text()


def test_the_factor_that_a_file_scales_by_is_the_number_that_is_varied(tmp_path):
    """A value set beside it from the first day on would answer another question."""
    from finops_model.decide.questions.solve_scenario import changed
    from finops_model.scenario.document import load_scenario

    (tmp_path / "less.yaml").write_text(
        "name: Less\nchanges:\n"
        "- {path: workloads/chat/demand/level, op: scale, value: 0.5, since: 2026-12, because: x}\n"
    )
    scenario = load_scenario(tmp_path / "less.yaml")
    (change,) = changed(scenario, "workloads/chat/demand/level", 0.7).layers[-1].document.changes
    assert (change.op, change.value, str(change.since)[:7]) == ("scale", 0.7, "2026-12")
