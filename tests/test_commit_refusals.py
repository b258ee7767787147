"""Every sentence with which the public calls about commitments refuse what makes no sense, word for word (docs/method §8.3–§8.11)."""

from __future__ import annotations

import numpy as np
import pytest

from finops_model.decide.commitments import ratios
from finops_model.decide.commitments.offers import offer_from
from finops_model.decide.commitments.search import laws
from finops_model.decide.commitments.search.best import (
    Limits,
    Offer,
    best_commitments,
    ladder,
    load_offers,
    online_reservation,
)
from finops_model.decide.commitments.search.objective import check_objective
from finops_model.errors import PriceError

FLAT = np.full((1, 24), 10.0)
TWO = [[40.0] * 16 + [100.0] * 8]
A_AND_B = {"A": FLAT, "B": FLAT}
PLAN = Offer(name="plan", kind="spend", discounts={"A": 0.4})
ONE, THREE = (
    Offer(name="one", rate=0.7, on_demand=1.0),
    Offer(name="three", rate=0.5, on_demand=1.0, term_months=36),
)

BEST = [
    (
        lambda: best_commitments(FLAT),
        "best_commitments: give rate and on_demand for one pool, or offers.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, offers=[PLAN]),
        "best_commitments: give rate and on_demand, or offers, not both.",
    ),
    (
        lambda: best_commitments(FLAT, offers=[]),
        "best_commitments: there are no offers; give at least one.",
    ),
    (lambda: best_commitments(FLAT, 0, 1.0), "rate is 0; it must be a finite number above 0."),
    (
        lambda: best_commitments(FLAT, -0.5, 1.0),
        "rate is -0.5; it must be a finite number above 0.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, np.nan),
        "on_demand is nan; it must be a finite number, 0 or more.",
    ),
    (
        lambda: best_commitments(FLAT, "half", 1.0),
        "rate is half; it must be a finite number above 0.",
    ),
    (
        lambda: best_commitments([1.0, -2.0], 0.5, 1.0),
        "demand: quantity is -2 at position (1,); it must be finite and 0 or more.",
    ),
    (
        lambda: best_commitments([[1.0, np.nan]], 0.5, 1.0),
        "demand: quantity is nan at position (0, 1); it must be finite and 0 or more.",
    ),
    (
        lambda: best_commitments(np.array([[1, np.inf]], np.float32), 0.5, 1.0),
        "demand: quantity is inf at position (0, 1); it must be finite and 0 or more.",
    ),
    (
        lambda: best_commitments(["a"], 0.5, 1.0),
        "demand: quantity is ['a']; it must be a number or an array of numbers.",
    ),
    (lambda: best_commitments([], 0.5, 1.0), "demand: there is none; give at least one hour."),
    (
        lambda: best_commitments({}, offers=[PLAN]),
        "demand: there is none; give (path, hour) for at least one SKU.",
    ),
    (
        lambda: best_commitments({"A": FLAT, "B": FLAT[:, :3]}, offers=[PLAN]),
        "demand of B has shape (1, 3) but A has (1, 24); give every SKU the same paths and hours.",
    ),
    (
        lambda: best_commitments(np.zeros((2, 3)), offers=[PLAN], skus=("A", "B")),
        "demand has shape (2, 3) and there are 2 SKUs; give (path, hour, sku), or a mapping of SKU to (path, hour).",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, objective="cvr"),
        "best_commitments: unknown objective 'cvr'. Did you mean 'cvar'? Known: mean, cvar, regret, waste.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, beta=1.5),
        "beta is 1.5; it must be a share from 0 to 1: CVaR at 0.9 is the mean of the worst tenth of the paths.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, budget=-1),
        "budget is -1; it must be a finite number, 0 or more.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, min_utilisation=80),
        "min_utilisation is 80; it must be a share from 0 to 1.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, utilisation_at="p5"),
        "utilisation_at is 'p5'; it must be mean or p10.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0, min_share=0.8, max_share=0.5),
        "min_share 0.8 is above max_share 0.5; no level keeps to both.",
    ),
    (
        lambda: best_commitments(A_AND_B, offers=[PLAN, PLAN]),
        "best_commitments: two offers are called 'plan'; give every offer a name of its own.",
    ),
    (
        lambda: best_commitments(
            {"A": FLAT}, offers=[{"name": "plan", "kind": "spend", "discounts": {"B": 0.3}}]
        ),
        "offer 'plan': unknown SKU 'B'. Known: A. Give its demand, or leave it out of the offer.",
    ),
    (
        lambda: best_commitments({"A": FLAT}, offers=[Offer(name="ri", rate=0.5)]),
        "offer 'ri': the on-demand price of A is not known; pass prices={sku: money per unit} or write on_demand.",
    ),
    (
        lambda: best_commitments(FLAT, offers=[Offer(name="ri", rate=0.5)]),
        "offer 'ri': the on-demand price is not known; pass prices={sku: money per unit} or write on_demand.",
    ),
    (
        lambda: best_commitments(
            A_AND_B, offers=[Offer(name="ri", discount=0.5)], prices={"A": 1, "B": 2}
        ),
        "offer 'ri': its SKUs have different on-demand prices, so a discount gives no single rate; write rate.",
    ),
    (
        lambda: best_commitments(FLAT, offers=[ONE, THREE]),
        "offer 'three' runs 3 years but demand stands for 1; give 3 years of hours (or years=3 where fewer hours stand for them).",
    ),
    (
        lambda: best_commitments(
            FLAT, offers=[ONE, Offer(name="half", rate=0.8, on_demand=1.0, term_months=6)]
        ),
        "terms of 6, 12 months on the same usage; side by side are one of 12 months and one of several whole years.",
    ),
    (
        lambda: best_commitments(FLAT, offers=[ONE, THREE], years=3, objective="cvar"),
        "terms of one and of several years side by side are solved for objective mean; ask for one of them to set another objective.",
    ),
    (
        lambda: best_commitments(FLAT[:, :10], offers=[ONE, THREE], years=3),
        "demand has 10 hours for 3 years; give every year as many hours.",
    ),
    (
        lambda: best_commitments(
            A_AND_B,
            offers=[PLAN, Offer(name="broad", kind="spend", discount=0.3)],
            objective="regret",
        ),
        "regret is for offers that do not overlap; for overlapping ones use mean, cvar or waste.",
    ),
    (
        lambda: best_commitments(
            A_AND_B,
            offers=[PLAN, Offer(name="broad", kind="spend", discount=0.3)],
            objective="cvar",
            max_share=0.5,
        ),
        "limits on several offers together are solved for objective mean; give one offer, or no limits.",
    ),
    (
        lambda: best_commitments(
            A_AND_B,
            offers=[PLAN, Offer(name="other", kind="spend", discounts={"B": 0.3})],
            objective="cvar",
            budget=1000,
        ),
        "a budget shared by several offers is solved for objective mean; give one offer, or no budget.",
    ),
    (
        lambda: best_commitments(TWO, 0.7, 1.0, break_even_months=6),
        "offer 'commitment': nothing keeps to break-even within 6 months: even the first unit breaks it (it breaks even after 8.4 months). "
        "Loosen it, or buy nothing.",
    ),
    (
        lambda: best_commitments({"A": FLAT}, offers=[PLAN], break_even_months=6),
        "nothing keeps to break-even within 6 months: plan breaks even after 7.2 months of full use, later than the limit of 6. "
        "Loosen it, or buy nothing.",
    ),
    (
        lambda: best_commitments([[0.0] * 12 + [10.0] * 12], 0.3, 1.0, min_utilisation=0.9),
        "offer 'commitment': nothing keeps to the utilisation of at least 90% (mean): even the first unit breaks it (it is used in 50% of the hours). "
        "Loosen it, or buy nothing.",
    ),
    (
        lambda: best_commitments(TWO, 0.7, 1.0, minimum=20, budget=61_320),
        "offer 'commitment': nothing keeps to the budget of 61,320: it allows at most 10 an hour and the smallest purchase is 20. "
        "Loosen it, or buy nothing.",
    ),
    (
        lambda: best_commitments(TWO, 0.7, 1.0, min_share=0.5, budget=61_320),
        "offer 'commitment': nothing keeps to the budget of 61,320: it allows at most 10 an hour and 50% of mean demand is 30. "
        "Loosen it, or buy nothing.",
    ),
    (
        lambda: best_commitments(A_AND_B, offers=[PLAN, ONE], prices={"A": 1.0, "B": 1.0}).quantity,
        "there are 2 purchases; ask for one of them: .purchase('plan').quantity.",
    ),
    (
        lambda: best_commitments(FLAT, 0.5, 1.0).purchase("comitment"),
        "recommendation: unknown offer 'comitment'. Did you mean 'commitment'? Known: commitment.",
    ),
    (
        lambda: check_objective("mean", "much"),
        "beta is much; it must be a finite number, 0 or more.",
    ),
    (lambda: Limits(max_share=-1), "max_share is -1; it must be a finite number, 0 or more."),
]

OFFERS = [
    (
        lambda: Offer(name="ri"),
        "offer 'ri': rate is missing; write the effective money per committed unit and hour.",
    ),
    (
        lambda: Offer(name="ri", rate=0),
        "offer 'ri': rate is 0; it must be a finite number above 0.",
    ),
    (
        lambda: Offer(name="ri", kind="unit", rate=1),
        "offer 'ri': unknown kind 'unit'. Did you mean 'units'? Known: units, spend, capacity.",
    ),
    (
        lambda: Offer(name="ri", rate=-1),
        "offer 'ri': rate is -1; it must be a finite number, 0 or more.",
    ),
    (
        lambda: Offer(name="ri", rate=1, term_months=0),
        "offer 'ri': term_months is 0; it must be a finite number above 0.",
    ),
    (
        lambda: Offer(name="ri", rate=1, upfront_share=2),
        "offer 'ri': upfront_share is 2; it must be a share from 0 to 1.",
    ),
    (
        lambda: Offer(name="ri", rate=1, minimum=5, maximum=4),
        "offer 'ri': the minimum 5 is above the maximum 4; change one of them.",
    ),
    (
        lambda: Offer(name="ri", rate=1, maximum=-4),
        "offer 'ri': maximum is -4; it must be a finite number, 0 or more.",
    ),
    (
        lambda: Offer(name="ri", rate=1, penalty=2),
        "offer 'ri': a penalty for blocked demand goes with kind capacity, not units.",
    ),
    (
        lambda: Offer(name="ri", discount=1.2),
        "offer 'ri': discount is 1.2; write it as a share from 0 to below 1.",
    ),
    (
        lambda: Offer(name="plan", kind="spend"),
        "offer 'plan': a spend commitment needs discount (one for every SKU) or discounts (SKU: share).",
    ),
    (
        lambda: Offer(name="plan", kind="spend", rate=1.5),
        "offer 'plan': the rate of a spend commitment is 1 - discount, from 0 to 1; write discount or discounts.",
    ),
    (
        lambda: Offer(name="plan", kind="spend", discounts={"A": 40}),
        "offer 'plan': discount of A is 40; write it as a share from 0 to below 1.",
    ),
    (
        lambda: Offer(name="plan", kind="spend", discounts={"A": 0.4}, skus=("A", "B")).discount_of(
            "B", 1.0
        ),
        "offer 'plan': there is no discount for B; write it under discounts.",
    ),
    (
        lambda: offer_from({"name": "ri", "rte": 1}, "offers[0]"),
        "offers[0]: offer 'ri': unknown key 'rte'. Did you mean 'rate'? Known: name, kind, rate, on_demand, discount, discounts, skus, unit, "
        "term_months, upfront_share, minimum, step and 7 more.",
    ),
    (
        lambda: offer_from("a year", "offers[0]"),
        "offers[0]: an offer must be a mapping of names to values, not 'a year'.",
    ),
    (
        lambda: offer_from({"name": "ri"}, "offers[2]"),
        "offers[2]: offer 'ri': rate is missing; write the effective money per committed unit and hour.",
    ),
]

OTHERS = [
    (
        lambda: laws.law_of({"dist": "norml", "mean": 1, "sd": 1}),
        "demand: unknown distribution 'norml'. Did you mean 'normal'? Known: normal, exponential, lognormal, gamma, uniform, triangular, weibull, constant.",
    ),
    (
        lambda: laws.law_of({"dist": "normal", "mean": 1}),
        "demand: normal is given by mean, sd, not by mean.",
    ),
    (
        lambda: laws.law_of({"dist": "normal", "mean": 1, "sd": 0}),
        "demand: normal: sd is 0.0; it must be a finite number above 0.",
    ),
    (
        lambda: laws.law_of({"dist": "exponential", "mean": -1}),
        "demand: exponential: mean is -1; it must be a finite number, 0 or more.",
    ),
    (
        lambda: laws.law_of({"dist": "uniform", "low": 5, "high": 5}),
        "demand: uniform: the highest value 5 is not above the lowest 5.",
    ),
    (
        lambda: laws.law_of({"dist": "triangular", "low": 5, "mode": 9, "high": 8}),
        "demand: triangular: the mode 9 is not between 5 and 8.",
    ),
    (
        lambda: laws.fractile(0.7, 1.0, "regret"),
        "regret has no closed form here; give demand as paths.",
    ),
    (
        lambda: ladder(np.zeros((2, 0)), 0.5, 1.0),
        "ladder: demand has shape (1, 2, 0); give (path, month, hour).",
    ),
    (
        lambda: ladder(np.ones(5), 0.5, 1.0),
        "ladder: demand has shape (5,); give (path, month, hour).",
    ),
    (
        lambda: ladder(-np.ones((6, 2)), 0.5, 1.0),
        "ladder: demand: quantity is -1 at position (0, 0); it must be finite and 0 or more.",
    ),
    (
        lambda: ladder(np.ones((5, 2)), 0.5, 1.0, steps=1.5),
        "ladder: steps is 1.5; it must be a whole number, 1 or more.",
    ),
    (
        lambda: ladder(np.ones((5, 2)), 0.5, 1.0, term_months=0),
        "ladder: term_months is 0; it must be a whole number, 1 or more.",
    ),
    (
        lambda: ladder(np.ones((5, 2)), 0.5, 1.0, target=-4),
        "ladder: target is -4; it must be a finite number, 0 or more.",
    ),
    (
        lambda: online_reservation([-1.0], 1.0, 1.0, 5),
        "demand: quantity is -1 at position (0,); it must be finite and 0 or more.",
    ),
    (
        lambda: online_reservation([1.0], 0, 1.0, 5),
        "upfront is 0; it must be a finite number above 0.",
    ),
    (
        lambda: online_reservation([1.0], 1.0, 1.0, 2.5),
        "term is 2.5; it must be a whole number of times.",
    ),
    (
        lambda: ratios.effective_savings_rate(0.8, 0.0, 0.3),
        "utilisation is 0 but coverage is not; what covers usage is used.",
    ),
    (
        lambda: ratios.effective_savings_rate(1.8, 0.9, 0.3),
        "coverage is 1.8; it must be a share from 0 to 1.",
    ),
    (
        lambda: ratios.break_even_utilisation(0.8, 0.0),
        "on_demand is 0; what costs nothing on demand never breaks even.",
    ),
    (
        lambda: ratios.payback_months(12, 0.5, 1.0, 2),
        "upfront_share is 2; it must be a share from 0 to 1.",
    ),
]


@pytest.mark.parametrize(
    "call, message",
    [*BEST, *OFFERS, *OTHERS],
    ids=[message[:70] for _, message in [*BEST, *OFFERS, *OTHERS]],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_documents_of_offers_are_refused_by_file_and_place(tmp_path):
    def refused(text, **how):
        (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(PriceError) as raised:
            load_offers(tmp_path, **how)
        return str(raised.value)

    with pytest.raises(PriceError) as raised:
        load_offers(tmp_path / "none")
    assert (
        str(raised.value)
        == f"{tmp_path / 'none'}: there are no offers; write a document with offers, for example data/commitments/hyperion.yaml, or name the folder of yours: --offers FOLDER."
    )
    assert (
        refused("vendor: x\n")
        == "one.yaml: offers is missing; write a list of offers, each with a name and a rate."
    )
    assert (
        refused("offers: [{name: a, rate: 0}]")
        == "one.yaml: offers[0]: offer 'a': rate is 0; it must be a finite number above 0."
    )
    assert refused("offers: [{name: a, rate: 1}, {name: a, rate: 2}]") == (
        f"{tmp_path.name}: two offers are called 'a'; every offer needs a name of its own."
    )
    good = "vendor: Hyperion\noffers: [{name: year, rate: 1}, {name: three, rate: 0.5, term_months: 36}]"
    assert (
        refused(good, only=["yaer"])
        == f"{tmp_path.name}: unknown offer 'yaer'. Did you mean 'year'? Known: year, three."
    )
    assert [
        (offer.name, offer.vendor, offer.term_months)
        for offer in load_offers(tmp_path, only=["three"])
    ] == [("three", "Hyperion", 36)]
