"""What prints is words: no array, never instead of 0 or inf, the nearest name instead of a KeyError; money is no unit (docs/method §8.86)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

import finops_model as fm
from finops_model.decide.commitments.ladder import ladder
from finops_model.decide.commitments.offers import Offer, load_offers
from finops_model.decide.commitments.replay import replay_commitments
from finops_model.decide.commitments.search.best import online_reservation
from finops_model.decide.compare import Comparison, Line
from finops_model.errors import PriceError, ScenarioError
from finops_model.prices.capacity.hardware import Hardware, own_or_rent
from finops_model.prices.terms.agreements import Agreement

CODE = re.compile(r"array\(|\[\d|dtype|nan\b|\binf\b|object at|np\.|float64|functools|<function")


def plainly(thing) -> str:
    """Its text, which is its repr, free of what only programmers read."""
    assert str(thing) == repr(thing)
    assert not CODE.search(str(thing)), str(thing)
    return str(thing)


@effort(max_examples=25, deadline=None)
@given(
    demand=st.lists(st.floats(0, 50), min_size=1, max_size=30),
    rate=st.floats(0.1, 2.5),
    upfront=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_a_recommendation_its_curve_outcome_and_break_even_are_words(demand, rate, upfront):
    best = fm.best_commitments(demand, rate=rate, on_demand=2.0, upfront_share=upfront)
    for thing in (best, best.curve(), best.outcome, best.break_even()):
        plainly(thing)
    assert "array" not in best._repr_html_()


def test_months_that_never_come_are_never():
    best = fm.best_commitments(
        np.zeros((1, 24)), rate=1.0, on_demand=2.0, min_share=0.0, minimum=1.0
    )
    assert "Buy nothing" in plainly(best)
    forced = best.purchases[0].__class__(
        Offer(rate=1.0, on_demand=2.0, upfront_share=0.5), 3.0, 1.0
    )
    single = best.__class__(
        purchases=(forced,), objective="mean", beta=0.9, paths=1, hours=24,
        evaluate=lambda: type(best.outcome)(
            np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1)), np.array([72.0]), np.array([72.0])
        ),
    )  # fmt: skip
    assert (
        plainly(single.break_even())
        == "at no use; never (P10 never, P90 never); upfront back never"
    )


def test_a_replay_a_ladder_and_the_online_rule_are_words():
    offer = Offer(name="year", rate=0.6, on_demand=1.0)
    found = replay_commitments(
        np.tile(np.arange(24.0), 200), [offer], first_day="2025-01-01", months=2, paths=2,
        forecast=lambda known, hours, *_: np.full((2, hours), known[-24:].mean()),
    )  # fmt: skip
    plainly(found), plainly(found.lines[0])
    plainly(ladder(np.ones((2, 12, 24)), 0.6, 1.0, target=1.0))
    plainly(online_reservation([1.0] * 20, upfront=5.0, on_demand=1.0, term=10))
    with pytest.raises(
        PriceError, match="^replay: unknown rule 'this rul'. Did you mean 'this rule'. Known: "
    ):
        found["this rul"]


def test_a_comparison_is_words_and_tells_the_nearest_scenario():
    lines = (
        Line("Base", "", 1.0, 2.0, 3.0, 2.0, np.zeros(4)),
        Line("More GPUs", "?", 2.0, 3.0, 4.0, 3.0, np.array([-1.0, 1.0, 2.0, 2.0])),
    )
    both = Comparison("USD", ("2027-01", "2027-02"), 4, 1, None, lines)
    assert plainly(both).splitlines()[2] == (
        "  More GPUs: P10 2, P50 3, P90 4; +1 ± 1 on average (+0 to +2 in 8 of 10 futures), cheaper in 25 %"
    )
    plainly(lines[1])
    with pytest.raises(
        ScenarioError,
        match="^comparison: unknown scenario 'More GPU'. Did you mean 'More GPUs'. Known: Base, More GPUs.$",
    ):
        both["More GPU"]


def test_owning_that_never_pays_is_never():
    box = Hardware(gpus=8, capital=8 * 35_040, life_months=48)
    done = own_or_rent(box, rent=2.0, utilisation=[0.1, 0.75])
    assert done.payback.tolist() == [np.inf, 32.0]
    assert "its cash is back after 32 months, never in 1 of 2 cases" in plainly(done)
    never = own_or_rent(box, rent=2.0, utilisation=0.1)
    assert plainly(never).endswith("its cash is back never within the months looked at")


def test_chances_of_an_agreement_are_numbers():
    done = Agreement(commitments=(1300.0, 1300.0), start="2027-01").settle(np.full((5, 24), 100.0))
    told = done.chances()
    assert not CODE.search(
        str({k: v for k, v in told.items() if k != "half_met_by"}).replace("[", "(")
    )
    assert told["probability"] == [1.0, 1.0] and told["expected"] == [100.0, 100.0]
    assert plainly(done).startswith(
        "an agreement of 2 years: year 1: a shortfall in 100% of 5 paths, 100 on average"
    )
    assert all(
        f"{key} " in Agreement.settle.__globals__["Outcome"].chances.__doc__
        or key in Agreement.settle.__globals__["Outcome"].chances.__doc__
        for key in told
    )


DAYS = pd.date_range("2026-01-01", periods=60)
HOURS = pd.date_range("2026-01-01", periods=240, freq="h")
UNITS = "Give units, for example GPU-hours an hour; or say unit='USD' (the currency), with on_demand=1 and rate = 1 − discount."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: fm.best_commitments(pd.Series(3.0, DAYS), rate=0.6, on_demand=1.0),
            "best_commitments: demand comes in days and hours are settled here. Give a day's use ÷ 24 for each of its hours, "
            "(path, hour) or 24 numbers a day.",
        ),
        (
            lambda: fm.best_commitments(pd.Series(3.0, DAYS[::7]), rate=0.6, on_demand=1.0),
            "best_commitments: demand comes in steps of 168 hours and hours are settled here.",
        ),
        (
            lambda: fm.best_commitments(
                pd.Series(3.0, HOURS, name="EffectiveCost"), rate=0.6, on_demand=2.0
            ),
            f"best_commitments: demand is EffectiveCost, which is money, and units an hour are counted here. {UNITS}",
        ),
        (
            lambda: fm.best_commitments({"gpu": pd.Series(3.0, DAYS)}, offers=[{"rate": 1}]),
            "best_commitments: demand comes in days and hours are settled here. Give a day's use ÷ 24 for each of its hours, "
            "(path, hour) or 24 numbers a day.",
        ),
        (
            lambda: fm.best_commitments([3.0], rate=0.6, on_demand=2.0, unit="USD"),
            "best_commitments: unit is USD, so demand is money an hour and on_demand is 1, not 2; rate is 1 − discount. "
            "For units give unit='GPU-hours' (or what they are).",
        ),
        (
            lambda: replay_commitments(
                pd.Series(3.0, HOURS), [Offer(rate=0.6, on_demand=1.0)], first_day="2026-01-01", daily=True
            ),
            "replay_commitments: demand comes in hours and days are settled here.",
        ),
    ],
)  # fmt: skip
def test_money_and_days_are_refused_where_units_an_hour_are_counted(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_hours_of_units_and_money_that_is_said_to_be_money_are_taken():
    hours = pd.Series(np.arange(240.0), HOURS)
    best = fm.best_commitments(hours, rate=0.6, on_demand=1.0, unit="GPU-hours")
    assert best.quantity == fm.best_commitments(np.arange(240.0), rate=0.6, on_demand=1.0).quantity
    assert "GPUs an hour" in best.headline()
    money = pd.Series(np.arange(240.0), HOURS, name="EffectiveCost")
    assert fm.best_commitments(money, rate=0.6, on_demand=1.0, unit="USD").quantity == best.quantity
    plan = {"kind": "spend", "discount": 0.4}
    assert fm.best_commitments(money, offers=[plan]).quantity == pytest.approx(0.6 * best.quantity)


def test_one_offer_may_be_named_without_a_list(tmp_path):
    (tmp_path / "one.yaml").write_text(
        "offers: [{name: plan, rate: 1.0}, {name: other, rate: 2.0}]"
    )
    assert [offer.name for offer in load_offers(tmp_path, "plan")] == ["plan"]
