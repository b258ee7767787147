"""Agreements of scenarios: a plain loop over paths and contract years, scope, refusals (docs/method §3.48)."""

from __future__ import annotations

import numpy as np
import pytest
import scenario_world as small
from test_purchases import ENGINES, resolved, run

from finops_model.errors import ScenarioError
from finops_model.scenario.document import explain

DEAL = "agreements:\n  edp: {start: 2026-11, commitment: 3000, year_months: 2, years: 2, discount: [0.1, 0.2], services: [Compute]}\n"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return small.company(tmp_path_factory.mktemp("company"))


def research(one):
    return one.effective[:, :, one.units.index("Research")]


@pytest.mark.parametrize("engine", ENGINES)
def test_discount_and_shortfall_by_a_plain_loop_over_paths(company, engine):
    text = DEAL.replace("3000", "27000")
    base, deal = run(company, "", engine=engine), run(company, text, engine=engine)
    lake = base.by_workload[base.workloads.index("lake")]
    old, new = research(base), research(deal)
    support = base.units.index("Support")
    assert np.array_equal(base.effective[:, :, support], deal.effective[:, :, support])
    # lake is not in scope; Research = train + lake, and lake's paths are those of a run with train alone
    alone = run(
        company,
        "changes:\n- {path: workloads/lake/demand/level, op: set, value: 0, because: b}\n",
        engine=engine,
    )
    train = research(alone)
    expected = old.copy()
    missed = []
    for p in range(len(old)):
        for y, off in enumerate((0.1, 0.2)):
            net = train[p, 2 * y : 2 * y + 2] * (1 - off)
            expected[p, 2 * y : 2 * y + 2] -= train[p, 2 * y : 2 * y + 2] * off
            short = max(27000 - net.sum(), 0)
            expected[p, 2 * y + 1] += short
            missed.append(short)
    assert new == pytest.approx(expected, rel=1e-5)
    assert lake.shape == (4, 4)
    years = deal.agreements[0]["years"]
    assert np.mean([one["shortfall"] for one in years]) == pytest.approx(np.mean(missed), rel=1e-4)
    assert [one["ends"] for one in years] == ["2026-12", "2027-02"]


def test_levels_are_off_what_lies_above_them_in_each_contract_year(company):
    text = "agreements:\n  edp: {start: 2026-11, commitment: 0, year_months: 4, levels: {0: 0.05, 20000: 0.1}, workloads: [train]}\n"
    base, deal = run(company, "", sigma=0.0, spread=0.0), run(company, text, sigma=0.0, spread=0.0)
    use = 480.0 * np.array([30, 31, 31, 28])
    until = np.cumsum(use)
    off = np.diff(np.minimum(until, 20000) * 0.05 + np.maximum(until - 20000, 0) * 0.1, prepend=0)
    change = (base.effective - deal.effective).sum(axis=2)[0]
    assert change == pytest.approx(off, rel=1e-5)
    assert deal.agreements[0]["discount"] == pytest.approx(off, rel=1e-5)


def test_what_the_bill_has_of_the_contract_year_counts(company):
    text = "agreements:\n  edp: {start: 2026-05, commitment: COMMITTED, year_months: 8, workloads: [train]}\n"
    spent = 480.0 * 184  # May to October, in the bill
    rest = 480.0 * 61
    met = run(company, text.replace("COMMITTED", str(spent)), sigma=0.0, spread=0.0)
    assert met.agreements[0]["years"][0]["probability"] == 0
    short = run(company, text.replace("COMMITTED", str(spent + rest + 500)), sigma=0.0, spread=0.0)
    assert short.agreements[0]["years"][0]["shortfall"] == pytest.approx(500, rel=1e-4)
    told = run(company, text.replace("COMMITTED", "30000, spent_before: 0"), sigma=0.0, spread=0.0)
    assert told.agreements[0]["years"][0]["shortfall"] == pytest.approx(30000 - rest, rel=1e-4)


def test_a_discount_that_prices_have_already_is_replaced_and_ends_with_the_contract(company):
    text = "agreements:\n  edp: {start: 2026-10, commitment: 0, year_months: 3, discount: 0.2, discount_in_prices: 0.1, workloads: [train]}\n"
    base, deal = run(company, ""), run(company, text)
    one = run(
        company, "changes:\n- {path: workloads/lake/demand/level, op: set, value: 0, because: b}\n"
    )
    train = research(one)
    factor = np.array([0.8, 0.8, 1, 1]) / 0.9 - 1
    assert research(deal) - research(base) == pytest.approx(train * factor, rel=1e-3, abs=0.05)


def test_an_agreement_counts_purchases_and_what_recurs(company):
    text = """purchases:
  x: {way: on_demand, use: 100, price: 10, exactly: true, service: Search}
agreements:
  macc: {start: 2026-11, commitment: 10000, year_months: 4, services: [Search, Seats]}
"""
    one = run(company, text)
    year = one.agreements[0]["years"][0]
    assert year["counted"] == pytest.approx(4 * 1000 + 4 * 310, rel=1e-6)
    assert year["shortfall"] == pytest.approx(10000 - 5240, rel=1e-6)
    own = one.by_workload[one.workloads.index("x")][:, 0]
    assert own[3] == pytest.approx(1000 + 4760 * 1000 / 1310, rel=1e-6)


def test_changes_and_explain_reach_its_terms(company):
    text = (
        DEAL + "changes:\n- {path: agreements/edp/commitment, op: scale, value: 2, because: more}\n"
    )
    one = resolved(company, text)
    assert one.agreements["edp"].deal.commitments == (6000.0, 6000.0)
    assert explain(one, "agreements/edp/commitment").startswith("6000  =  3000 (")
    text = "changes:\n- {path: agreements/edp, op: add, because: b, value: {start: 2026-11, commitment: 5}}\n"
    assert resolved(company, text).agreements["edp"].deal.commitments == (5.0,)


REFUSED = {
    "3": "agreements/x: an agreement is a mapping with start, commitment and what it is on, not '3'.",
    "{comitment: 3}": "agreements/x: unknown key of an agreement 'comitment'. Did you mean 'commitment'?",
    "{commitment: 3}": "agreements/x: 'start' is missing; write the first month of the contract.",
    "{start: 2027-01}": "agreements/x: write commitment (money of every contract year) or commitments (a list, one for each).",
    "{start: 2027-01, commitment: 3, commitments: [3]}": "one for each), not both.",
    "{start: 2027-01, commitments: [3, 4], discount: [0.1]}": "agreement: there are 1 discounts and 2 contract years; give one, or one for each.",
    "{start: 2027-01, commitment: 3, discount: 1.5}": "agreement: discount is 1.5; it must be a share from 0 to 1.",
    "{start: 2027-01, commitment: -3}": "agreements/x/commitment",
    "{start: soon, commitment: 3}": "agreements/x/start",
    "{start: 2027-01, commitment: 3, services: [Comptue]}": "agreements/x/services: unknown service 'Comptue'. Did you mean 'Compute'?",
    "{start: 2027-01, commitment: 3, workloads: [chatt]}": "agreements/x/workloads: unknown workload 'chatt'. Did you mean 'chat'?",
    "{start: 2027-01, commitment: 3, levels: {a: 0.1}}": "agreements/x/levels: 'a' is no amount",
    "{start: 2027-01, commitment: 3, levels: {0: 2}}": "agreements/x/levels/0 is 2; it must be a share from 0 to 1.",
    "{start: 2027-01, commitment: 3, discount: 0.1, levels: {0: 0.1}}": "write discount or levels, not both.",
    "{start: 2027-01, commitment: 3, discount_in_prices: 1}": "agreements/x/discount_in_prices is 1; it must be a share below 1.",
    "{start: 2027-01, commitment: 3, counts: list}": "agreements/x/counts: must be",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_an_agreement_that_cannot_be_meant_is_refused(company, text):
    with pytest.raises(ScenarioError) as refusal:
        resolved(company, f"agreements:\n  x: {text}\n")
    said = str(refusal.value)
    assert REFUSED[text] in said, said
    assert "s.yaml:3: agreements/x" in said, said


def test_a_contract_year_that_began_before_the_bill_asks_for_what_counted(company):
    """Months that no bill has are not known: counted as nothing they were a shortfall that is not due."""
    text = "agreements:\n  edp: {start: 2026-03, year_months: 10, MORE, workloads: [train]}\n"
    for more in ("commitment: 100000", "commitment: 0, levels: {0: 0.05, 20000: 0.1}"):
        with pytest.raises(ScenarioError) as refused:
            run(company, text.replace("MORE", more))
        assert (
            "agreements/edp: its contract year from 2026-03 began before the bill does (2026-05), so what counted in between is not "
            "known. Write spent_before" in str(refused.value)
        )
    told = run(
        company,
        text.replace("MORE", "commitment: 100000, spent_before: 90000"),
        sigma=0.0,
        spread=0.0,
    )
    assert told.agreements[0]["years"][0]["counted"] == pytest.approx(90000 + 480 * 61, rel=1e-4)
    run(company, text.replace("MORE", "commitment: 0, discount: 0.1"))  # nothing hangs on the past
