"""`finops options`: offers and ways on the same draws (docs/method §8.60–§8.66), each against an independent way."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.decide.questions import offers
from finops_model.decide.questions.offers._base import World
from finops_model.decide.questions.options.compared import ranked
from finops_model.decide.questions.options.document import load_options
from finops_model.decide.questions.options.priced import prepared
from finops_model.errors import InputError
from finops_model.periods import Calendar, month_range
from finops_model.prices.capacity.provisioned import settle as settle_windows
from finops_model.prices.settle.hourly import Hourly
from finops_model.prices.terms import payments
from finops_model.settings import Settings

HOURS_2027 = 8760


def asked(options: dict, **keys) -> dict:
    return {
        "question": "Which?",
        "from": "2027-01",
        "demand": {"unit": "GPU-hours", "per_hour": 10},
        "on_demand": 4.0,
        **keys,
        "options": options,
    }


def settled(document: dict):
    return ranked(prepared(load_options(document)))


def value(order, name: str) -> np.ndarray:
    return next(one.npv for one in order.priced if one.name == name)


# --- closed forms -------------------------------------------------------------------------------


def test_use_above_a_capacity_is_that_of_every_hour():
    rng = np.random.default_rng(3)
    shape = rng.gamma(2.0, size=168)
    use = rng.uniform(0, 60_000, size=(50, 3))
    world = World.of(["2027-01", "2027-02", "2027-03"], use, shape / shape.mean())
    for level in (0.0, 17.0, 40.0, 1e6):
        for part in (1.0, 0.6):
            by_hand = np.zeros_like(use)
            for m in range(3):
                hourly = use[:, m, None] / world.hours[m] * world.shape
                done = Hourly(quantity=level, rate=0, on_demand=1, eligible_share=part).settle(
                    hourly
                )
                spill = done.spill - (1 - part) * hourly
                by_hand[:, m] = spill.mean(axis=1) * world.hours[m]
            assert np.allclose(world.above(level, part), by_hand, rtol=1e-12, atol=1e-6)
    hourly = use[:, 0, None] / world.hours[0] * world.shape
    windows = settle_windows(hourly, 30.0).spill.mean(axis=1) * world.hours[0]
    assert np.allclose(world.above(30.0)[:, 0], windows, rtol=1e-12)


def test_a_committed_year_at_its_break_even_utilisation():
    """Use ÷ level = 1 − discount: both cost the same, in every month of a flat demand."""
    answer = fm.options(
        asked(
            {
                "rent": {"way": "on_demand"},
                "year": {"way": "committed", "quantity": 10, "discount": 0.35},
            }
        )
    )
    row = answer.tables["Break-evens"].iloc[0]
    assert row["times the demand"] == pytest.approx(0.65, rel=1e-9)
    assert row["units a month"] == pytest.approx(0.65 * 10 * HOURS_2027 / 12)
    assert answer.table["option"].tolist() == ["year", "rent"]
    assert answer.table["mean"].tolist() == pytest.approx([0.65 * 4 * 87_600, 4 * 87_600])


def test_payment_options_by_fiscal_period_with_npv_are_those_of_payments():
    rates = {"no_upfront": 2.9, "partial_upfront": 2.7, "all_upfront": 2.6}
    document = asked(
        {
            name: {"way": "committed", "quantity": 10, "rate": rate, "payment": name}
            for name, rate in rates.items()
        },
        discount_rate=0.09,
        fiscal_year_starts=7,
    )
    answer = fm.options(document)
    cash = answer.tables["Cash by fiscal year"].set_index("fiscal year")
    periods = Calendar(starts=7).periods("2027-01-01", "2028-01-01")
    years = [period.year for period in periods]
    for name, rate in rates.items():
        pay = payments.Payment(
            rate * 10 * HOURS_2027, "2027-01-01", "2028-01-01", name, currency=""
        )
        dates, amounts = pay.cash()
        assert answer.figures["npv"][name] == pytest.approx(
            float(payments.npv(amounts, dates, 0.09, "2027-01-01"))
        )
        for year in set(years):
            wanted = sum(
                amount
                for amount, of in zip(pay.cash_by_period(periods), years, strict=True)
                if of == year
            )
            assert cash.loc[year, name] == pytest.approx(wanted, abs=1e-6)
    best = payments.compare(
        {
            name: payments.Payment(
                rate * 10 * HOURS_2027, "2027-01-01", "2028-01-01", name, currency=""
            )
            for name, rate in rates.items()
        },
        0.09,
    )
    assert answer.figures["best"] == best.best and answer.table["option"][1] == best.second


def test_periods_of_a_calendar_of_weeks_are_those_of_payments():
    document = asked({"year": {"way": "committed", "quantity": 10, "rate": 2.9, "payment": "half"}})
    document["options"]["year"] |= {"payment": "partial_upfront", "interval": "quarterly"}
    known = Settings(calendar={"kind": "4-4-5"})
    answer = fm.options(document, known)
    pay = payments.Payment(
        29 * HOURS_2027,
        "2027-01-01",
        "2028-01-01",
        "partial_upfront",
        interval="quarterly",
        currency="",
    )
    periods = known.calendar_of().periods("2027-01-01", "2028-01-01")
    cash = answer.tables["Cash by fiscal period"].set_index("fiscal period")["year"]
    wanted = dict(zip((p.name for p in periods), pay.cash_by_period(periods), strict=True))
    assert {name: cash[name] for name in wanted} == pytest.approx(wanted)
    cost = answer.tables["Cost by fiscal period"].set_index("fiscal period")["year"]
    booked = dict(zip((p.name for p in periods), pay.effective_by_period(periods), strict=True))
    for name in cost.index.drop("all"):
        assert cost[name] == pytest.approx(booked[name], abs=1e-6)


def test_npv_by_hand():
    order = settled(asked({"rent": {"way": "on_demand"}}, discount_rate=0.08, months=6))
    days = np.array([31, 28, 31, 30, 31, 30])
    paid = np.cumsum(days)
    assert value(order, "rent")[0] == pytest.approx(
        float((10 * 24 * days * 4.0 * 1.08 ** (-paid / 365)).sum())
    )


def test_renewal_at_the_price_of_then():
    change = {"change_per_year": -0.2}
    order = settled(
        asked(
            {
                "year": {"way": "committed", "quantity": 10, "rate": 3.0},
                "rent": {"way": "on_demand"},
            },
            months=36,
            prices=change,
        )
    )
    years = np.array([8760, 8784, 8760])
    assert value(order, "year")[0] == pytest.approx(
        float((10 * 3.0 * years * 0.8 ** np.arange(3)).sum())
    )
    months = np.array(month_range("2027-01", "2029-12"), "datetime64[M]")
    length = 24 * ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(
        int
    )
    assert value(order, "rent")[0] == pytest.approx(
        float((10 * 4.0 * length * 0.8 ** (np.arange(36) / 12)).sum())
    )


def test_a_spread_demand_has_the_newsvendor_as_its_cheapest_level():
    """Uniform use 0…20 an hour, one level for each path: best K = 20 (1 − rate ÷ price)."""
    levels = [3, 4, 5, 6, 7, 8]
    order = settled(
        asked(
            {
                f"{level}": {"way": "committed", "quantity": level, "discount": 0.25}
                for level in levels
            },
            demand={"per_hour": {"min": 0, "max": 20}},
            paths=20_000,
        )
    )
    assert order.priced[0].name == "5"
    mean = float(order.priced[0].total.mean())
    closed = 8760 * (3.0 * 5 + 4.0 * (20 - 5) ** 2 / 40)
    assert mean == pytest.approx(closed, rel=0.01)


def test_an_agreement_is_a_plain_loop():
    rng = np.random.default_rng(5)
    spend = rng.uniform(50, 150, size=36)
    tiers = {"starts": [0, 1000, 1300], "shares": [0.02, 0.06, 0.10]}
    for of, counts, carry in itertools.product(
        ("all", "above"), ("after_discount", "before_discount"), (0.0, 0.1)
    ):
        order = settled(
            {
                "question": "A or B?",
                "from": "2027-01",
                "demand": {"unit": "USD", "by_month": list(map(float, spend))},
                "options": {
                    "A": {
                        "way": "agreement",
                        "commitments": [1100, 1200, 1300],
                        "discount": {**tiers, "of": of},
                        "counts": counts,
                        "shortfall_carry": carry,
                    }
                },
            }
        )
        total, carried = 0.0, 0.0
        for year, committed in enumerate((1100, 1200, 1300)):
            gross = spend[12 * year : 12 * year + 12].sum()
            if of == "all":
                off = (
                    gross
                    * [
                        s
                        for t, s in zip(tiers["starts"], tiers["shares"], strict=True)
                        if gross >= t
                    ][-1]
                )
            else:
                off, ends = 0.0, [1000, 1300, np.inf]
                for start, share, end in zip(tiers["starts"], tiers["shares"], ends, strict=True):
                    off += share * max(min(gross, end) - start, 0)
            counted = gross - off if counts == "after_discount" else gross
            old = max(carried - counted, 0.0)
            own = max(committed - max(counted - carried, 0.0), 0.0)
            moved = min(own, carry * committed) if year < 2 else 0.0
            total += gross - off + old + own - moved
            carried = moved
        assert float(order.priced[0].total[0]) == pytest.approx(total)


def test_owned_machines_by_hand():
    order = settled(
        asked(
            {
                "own": {
                    "way": "owned",
                    "gpus": 8,
                    "capital": 120_000,
                    "life_months": 12,
                    "kilowatts": 5,
                    "power_price": 0.1,
                    "idle_share": 0.4,
                    "colocation_monthly": 700,
                    "setup": 1_000,
                    "people_per_month": 500,
                    "residual_value": 20_000,
                }
            },
        )
    )
    power = 5 * 0.1 * HOURS_2027  # all eight are in use: 10 are asked for
    by_hand = 120_000 + power + 12 * 700 + 1_000 + 12 * 500 - 20_000 + 2 * HOURS_2027 * 4.0
    assert float(order.priced[0].total[0]) == pytest.approx(by_hand)


def test_spot_tokens_seats_and_a_way_of_scenarios_by_hand():
    order = settled(
        {
            "question": "Where?",
            "from": "2027-01",
            "months": 1,
            "on_demand": 4.0,
            "demand": {"unit": "hours", "per_month": 1000},
            "options": {
                "spot": {"way": "spot", "spot": 1.6, "rework": 1.1, "available": 0.9},
                "api": {
                    "way": "tokens",
                    "takes": {"input": 1e6, "output": 1e5},
                    "prices": {"input": 2.0, "output": 10.0},
                    "relative": {"cache_read": 0.1},
                    "cache_hit": 0.5,
                },
                "seats": {
                    "way": "subscription",
                    "seats": 30,
                    "fee": 50,
                    "quota": 20,
                    "overage_price": 4.0,
                },
                "tiers": {
                    "way": "tiered",
                    "rate": {"kind": "graduated", "starts": [0, 600], "prices": [4.0, 2.0]},
                },
            },
        }
    )
    by_hand = {
        "spot": 900 * 1.1 * 1.6 + 100 * 4.0,
        "api": 1000 * (0.5 * 2.0 + 0.5 * 0.2 + 0.1 * 10.0),
        "seats": 30 * 50 + 400 * 4.0,
        "tiers": 600 * 4.0 + 400 * 2.0,
    }
    for name, wanted in by_hand.items():
        assert value(order, name)[0] == pytest.approx(wanted), name


# --- laws ---------------------------------------------------------------------------------------

OFFERS = st.sampled_from(
    [
        {"way": "on_demand"},
        {"way": "on_demand", "discount": {"min": 0.0, "max": 0.3}},
        {"way": "committed", "quantity": 6, "discount": 0.3},
        {"way": "committed", "quantity": 9, "rate": 2.5, "term_months": 5, "payment": "all_upfront"},
        {"way": "committed", "spend": 20, "rate": 2.5, "term_months": 24, "payment": "partial_upfront", "interval": "quarterly", "advance": True},
        {"way": "spot", "spot": 1.5, "rework": {"min": 1.0, "max": 1.4}, "available": 0.7},
        {"way": "capacity", "units": 4, "serves": 2.0, "rate": 5.0},
        {"way": "capacity", "units": 4, "serves": 2.0, "rate": 5.0, "above": "block"},
        {"way": "owned", "gpus": 8, "capital": 90_000, "life_months": 7, "kilowatts": 3, "power_price": 0.2, "idle_share": 0.5},
        {"way": "leased", "gpus": 8, "lease_monthly": 9_000, "lease_months": 9, "lease_advance": False},
        {"way": "subscription", "seats": 5, "fee": 100, "quota": 900, "overage_price": 4.0, "term_months": 12},
        {"way": "agreement", "commitments": [300_000], "discount": 0.1},
    ]
)  # fmt: skip
WORLDS = st.fixed_dictionaries(
    {
        "demand": st.sampled_from(
            [
                {"per_hour": 10},
                {"per_hour": {"p10": 5, "p50": 9, "p90": 16}, "growth_per_month": 0.01},
                {"per_month": 6000, "noise": 0.3, "growth_per_month": {"min": -0.02, "max": 0.03}},
            ]
        ),
        "discount_rate": st.sampled_from([0.0, 0.08]),
        "prices": st.sampled_from(
            [{}, {"change_per_year": -0.2}, {"change_per_year": {"min": -0.3, "max": 0.1}}]
        ),
        "net_days": st.sampled_from([0, 30]),
        "peak_to_mean": st.sampled_from([1.0, 1.7]),
    }
)


@settings(max_examples=40, deadline=None)
@given(world=WORLDS, choices=st.lists(OFFERS, min_size=2, max_size=4), order=st.randoms())
def test_labels_and_places_move_nothing_and_cost_is_what_is_paid(world, choices, order):
    names = [f"option {i}" for i in range(len(choices))]
    others = [f"other {i}" for i in range(len(choices))]
    order.shuffle(others)
    one = settled(asked(dict(zip(names, choices, strict=True)), paths=200, months=24, **world))
    pairs = list(zip(others, choices, strict=True))
    order.shuffle(pairs)
    two = settled(asked(dict(pairs), paths=200, months=24, **world))
    for name, other in zip(names, others, strict=True):
        assert np.array_equal(value(one, name), value(two, other))
    for each in one.priced:
        assert np.allclose(each.ledger.cost.sum(axis=1), each.ledger.cash.sum(axis=1))
    assert float(one.chance.sum()) == pytest.approx(1.0)
    assert (one.regret >= 0).all() and np.allclose(one.regret.min(axis=1), 0)
    if not world["discount_rate"]:
        for each in one.priced:
            assert np.allclose(each.npv, each.total)


@settings(max_examples=25, deadline=None)
@given(world=WORLDS, offer=OFFERS, more=st.floats(1.0, 1e5))
def test_a_dearer_option_is_never_cheapest(world, offer, more):
    order = settled(
        asked({"plain": offer, "dearer": {**offer, "setup": more}}, paths=150, months=24, **world)
    )
    assert [one.name for one in order.priced] == ["plain", "dearer"]
    assert order.chance.tolist() == [1.0, 0.0]


def test_chance_and_regret_are_plain_loops():
    order = settled(
        asked(
            {
                "a": {"way": "committed", "quantity": 9, "discount": 0.3},
                "b": {"way": "on_demand"},
                "c": {"way": "on_demand"},
            },
            demand={"per_hour": {"p10": 3, "p50": 8, "p90": 14}},
            paths=300,
        )
    )
    wins, regret = {"a": 0.0, "b": 0.0, "c": 0.0}, {"a": [], "b": [], "c": []}
    for p in range(300):
        costs = {one.name: float(one.npv[p]) for one in order.priced}
        least = min(costs.values())
        best = [name for name, cost in costs.items() if cost <= least * (1 + 1e-9)]
        for name in best:
            wins[name] += 1 / len(best)
        for name, cost in costs.items():
            regret[name].append(cost - least)
    for i, one in enumerate(order.priced):
        assert order.chance[i] == pytest.approx(wins[one.name] / 300)
        assert np.allclose(order.regret[:, i], regret[one.name])
    gap, error = order.difference(0, 1)
    away = order.npv[:, 1] - order.npv[:, 0]
    assert gap == pytest.approx(away.mean())
    assert error == pytest.approx(np.std(away, ddof=1) / np.sqrt(300))


def test_the_crossover_is_the_month_from_which_it_stays_cheaper():
    answer = fm.options(
        asked(
            {
                "rent": {"way": "on_demand"},
                "own": {"way": "owned", "gpus": 10, "capital": 100_000, "life_months": 36},
            }
        )
    )
    # 10 × 4 × 24 a day: 100,000 are reached after 104.2 days, rent is paid on the first of the next month
    row = answer.tables["Crossover"].iloc[0]
    assert (row["option"], row["other"], row["cheaper in all from"]) == ("own", "rent", "2027-05")


def test_every_way_of_the_shelf_has_a_test():
    assert set(offers.kinds()) <= {one["way"] for one in OFFERS.elements}


# --- refusals -----------------------------------------------------------------------------------

BASE = "question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {per_hour: 10}\noptions:\n  rent: {way: on_demand}\n"
REFUSED = [
    ('unknown way', BASE + '  x: {way: comitted, quantity: 1, rate: 1}\n', "o.yaml:7: options/x: unknown way to buy 'comitted'. Did you mean 'committed'?"),
    ('no way', BASE + '  x: {quantity: 1}\n', "o.yaml:7: options/x: 'way' is missing; write one of:"),
    ('unknown field', BASE + '  x: {way: committed, quantty: 1, rate: 1}\n', "o.yaml:7: options/x: unknown committed field 'quantty'. Did you mean 'quantity'? Known: term_months, payment, upfront_share, interval, advance, quantity, spend, rate, discount, on_demand, price, eligible_share and 1 more."),
    ('both', BASE + '  x: {way: committed, quantity: 1, rate: 1, discount: 0.1}\n', 'o.yaml:7: options/x: committed: write rate (money per unit and hour) or discount (share off the on-demand price), one of them.'),
    ('neither', BASE + '  x: {way: committed, quantity: 1}\n', 'o.yaml:7: options/x: committed: write rate (money per unit and hour) or discount (share off the on-demand price), one of them.'),
    ('text', BASE + "  x: {way: committed, quantity: '10', rate: 1}\n", "o.yaml:7: options/x/quantity is the text '10'; write the number without quotes."),
    ('formula', BASE + '  x: {way: committed, quantity: =1+1, rate: 1}\n', 'o.yaml:7: options/x: quantity is =1+1; it must be a finite number, 0 or more.'),
    ('neg', BASE + '  x: {way: committed, quantity: -1, rate: 1}\n', 'o.yaml:7: options/x: quantity is -1; it must be a finite number, 0 or more.'),
    ('disc', BASE + '  x: {way: committed, quantity: 1, discount: 35}\n', 'o.yaml:7: options/x: discount is 35; it must be from 0 to 1.'),
    ('range in quantity', BASE + '  x: {way: committed, quantity: {p10: 1, p50: 2, p90: 3}, rate: 1}\n', 'o.yaml:7: options/x/quantity is a range; here it must be one number. A range may be: rate, discount, on_demand, price.'),
    ('bad range', BASE + '  x: {way: committed, quantity: 3, rate: {p10: 3, p50: 2, p90: 1}}\n', 'o.yaml:7: options/x/rate: p10 3, p50 2, p90 1 must rise. For a certain value write one number.'),
    ('payment', BASE + '  x: {way: committed, quantity: 3, rate: 1, payment: upfront}\n', "o.yaml:7: options/x: unknown payment 'upfront'. Did you mean 'no_upfront'? Known: all_upfront, partial_upfront, no_upfront."),
    ('months', 'question: Q\nfrom: January\non_demand: 4\ndemand: {per_hour: 10}\noptions:\n  rent: {way: on_demand}\n', "o.yaml:2: from: 'January' is no month. Write it YYYY-MM, as 2027-01."),
    ('dem', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {}\noptions:\n  rent: {way: on_demand}\n', 'o.yaml:4: demand: the demand is said by nothing; write one of: per_hour, per_month, by_month, or workload and sku of the bill.'),
    ('dem2', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {per_hour: 10, per_month: 5}\noptions:\n  rent: {way: on_demand}\n', 'o.yaml:4: demand: the demand is said by per_hour and per_month; write one of: per_hour, per_month, by_month, or workload and sku of the bill.'),
    ('dem3', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {by_month: [1,2]}\noptions:\n  rent: {way: on_demand}\n', 'o.yaml: demand/by_month has 2 months and the question 12, from 2027-01 to 2027-12. Write one number for each, or months: of the question.'),
    ('dem4', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {by_month: {2027-01: 1}}\noptions:\n  rent: {way: on_demand}\n', 'o.yaml: demand/by_month: there is no 2027-02; write every month from 2027-01 to 2027-12.'),
    ('key', 'question: Q\nfrom: 2027-01\non_demnd: 4\ndemnd: {per_hour: 10}\noptions:\n  rent: {way: on_demand}\n', "o.yaml:1: demand: is missing; write it.\no.yaml:3: unknown key 'on_demnd'. Did you mean 'on_demand'? Known: compounding, currency, demand, discount_rate, fiscal_year_starts, from, hour_shape, months, net_days, on_demand, options, paths, peak_to_mean, prices, question, seed.\no.yaml:4: unknown key 'demnd'. Did you mean 'demand'? Known: compounding, currency, demand, discount_rate, fiscal_year_starts, from, hour_shape, months, net_days, on_demand, options, paths, peak_to_mean, prices, question, seed."),
    ('percent', BASE + 'discount_rate: 8\n', "o.yaml:7: discount_rate: is 8, which is 800 % a year; write 0.08 for 8 %."),
    ('use', BASE.replace('per_hour: 10', 'per_hour: 1.0e+308') + '', "o.yaml: demand: the demand would pass 1,000,000,000,000,000 units a month. Look for a number that is too large."),
    ('money', BASE.replace('on_demand: 4', 'on_demand: 1.0e+306') + '', "o.yaml:6: options/rent: it would cost more than 1,000,000,000,000,000, which no budget can hold. Look for a number that is too large."),
    ('rate', BASE + 'discount_rate: 8 %\n', "o.yaml:7: discount_rate: the value is '8 %', not a number. Formulas are not run: write the number, or a range {p10, p50, p90}."),
    ('prices', BASE + 'prices: {gpu: 0.1}\n', "o.yaml:7: prices: 'gpu' is unknown. Write change_per_year: a number or a range (-0.2: a fifth cheaper each year)."),
    ('list', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {per_hour: 10}\noptions: [a, b]\n', 'o.yaml:5: options: must be a mapping of names to values, not a list.'),
    ('shape', BASE + 'hour_shape: [1, 2]\n', 'o.yaml:1: hour_shape has 2 numbers; write 24 (a day) or 168 (a week), not all 0.'),
    ('alias', BASE + '  x: &a {way: on_demand}\n  y: *a\n', 'o.yaml:8: aliases (*a) are not allowed. Write the value out.'),
    ('dup', BASE + '  rent: {way: on_demand}\n', "o.yaml:7: 'rent' appears twice in 'options'. Keep one of them."),
    ('tag', BASE + '  x: !!python/object:os.system {way: on_demand}\n', "o.yaml:7: tag 'tag:yaml.org,2002:python/object:os.system' is not allowed: plain values only."),
    ('noprice', 'question: Q\nfrom: 2027-01\ndemand: {per_hour: 10}\noptions:\n  rent: {way: on_demand}\n', "o.yaml:5: options/rent: on_demand: there is no on-demand price. Write 'on_demand:' here or at the top of the file, or add an option of way on_demand."),
    ('agree', BASE + '  x: {way: agreement, commitments: [100]}\nmonths: 18\n', 'o.yaml:7: options/x: agreement: the question is about 18 months, and an agreement has whole years; write months: 24.'),
    ('hardware', BASE + '  x: {way: hardware, gpus: 1}\n', 'o.yaml:7: options/x: way hardware is for scenarios; write owned or leased, which are bought again at the end of their life.'),
    ('sub', BASE + '  x: {way: tokens, takes: {inpt: 3}, prices: {input: 1, output: 2}}\n', "o.yaml:7: options/x: takes: unknown meter 'inpt'. Did you mean 'input'? Known: input, uncached_input, cache_read, cache_write, cache_write_5m, cache_write_1h, input_audio, cache_read_audio, input_image, cache_read_image, input_video, cache_read_video and 28 more."),
    ('toktake', BASE + '  x: {way: tokens, prices: {input: 1, output: 2}}\n', 'o.yaml:7: options/x: tokens counts input, uncached_input, cache_read, cache_write, cache_write_5m, cache_write_1h and 34 more; write takes: {input: …}, how many of each one unit of the demand takes.'),
    ('setup', BASE + '  x: {way: on_demand, setup: lots}\n', "o.yaml:7: options/x/setup: the value is 'lots', not a number. Formulas are not run: write the number, or a range {p10, p50, p90}."),
    ('change', BASE + '  x: {way: on_demand, change_per_year: -2}\n', "o.yaml:7: options/x/change_per_year is -2; a year's change lies above -1 (-0.2: a fifth cheaper)."),
    ('big', BASE + 'paths: 3\n', "o.yaml:7: paths: must be greater than or equal to 100, not '3'."),
    ('ledger', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {workload: chat}\noptions:\n  rent: {way: on_demand}\n', 'o.yaml: demand names a workload of the bill, and there is no workspace. Give its settings (-s finops.yaml), or write per_hour or per_month.'),
    ('none', 'question: Q\nfrom: 2027-01\non_demand: 4\ndemand: {per_hour: 10}\noptions: {}\n', 'o.yaml:1: there is no option; write at least two under options.'),
    ('opt text', BASE + '  x: on_demand\n', "o.yaml:7: options/x: must be a mapping of names to values, not 'on_demand'."),
    ('way list', BASE + '  x: {way: [on_demand]}\n', "o.yaml:7: options/x: unknown way to buy '['on_demand']'. Did you mean 'on_demand'?"),
    ('term', BASE + '  x: {way: committed, quantity: 1, rate: 1, term_months: 1.5}\n', 'o.yaml:7: options/x: term_months is 1.5; it must be a whole number.'),
    ('termhuge', BASE + '  x: {way: committed, quantity: 1, rate: 1, term_months: 1000}\n', 'the longest term has 1000 months; a question may have 240. Write months: of the question.'),
    ('capital', BASE + '  x: {way: owned, gpus: 0, capital: 1}\n', 'o.yaml:7: options/x: hardware: gpus is 0; it must be a finite number above 0.'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "words"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_makes_no_sense_is_refused_with_its_line_and_what_to_do(tmp_path, name, text, words):
    file = tmp_path / "o.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        fm.options(file)
    assert str(refused.value).replace(f"{tmp_path}/", "").startswith(words)
    for ours in ("OptionsDocument", "DemandTerms", "Strict", "pydantic", "dict[", "None", "array("):
        assert ours not in str(refused.value)


def test_a_number_with_an_exponent_is_a_number(tmp_path):
    file = tmp_path / "o.yaml"
    file.write_text(BASE + "  x: {way: agreement, commitments: [1e6]}\n")
    assert fm.options(file).figures["cost"]["x"] == pytest.approx(1e6)


def test_names_of_options_are_words_and_nothing_more(tmp_path):
    """Hostile names stand in the answer as they are, and in no file as a formula or as code."""
    name = "=cmd()<script>alert(1)</script>"
    answer = fm.options(asked({name: {"way": "on_demand"}, "b": {"way": "on_demand", "setup": 1}}))
    assert name in answer.sentence
    page = answer.export(tmp_path / "a.html").read_text()
    assert "<script" not in page
    assert "'=cmd()" in answer.export(tmp_path / "a.csv").read_text()
    answer.export(tmp_path / "a.xlsx")
    answer.export(tmp_path / "a.json")


EXAMPLES = sorted(
    (Path(__file__).resolve().parents[1] / "scenarios" / "examples" / "options").glob("*.yaml")
)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_answered(file, tmp_path):
    answer = fm.options(file)
    assert answer.sentence.endswith(".") and len(answer.table) >= 3 and answer.picture
    for kind in (".csv", ".html", ".json", ".xlsx"):
        answer.export(tmp_path / f"a{kind}")
    cost = answer.tables["Cost by fiscal year"].iloc[-1]
    cash = answer.tables["Cash by fiscal year"].iloc[-1]
    for one in answer.table.itertuples():
        assert cost[one.option] == pytest.approx(one.mean)
        assert cash[one.option] == pytest.approx(one.mean)


# --- the demand of a bill -----------------------------------------------------------------------


def test_the_demand_of_a_workload_is_that_of_the_run(tmp_path):
    """Money of a service without prices is counted in money: on demand at 1 it costs, path by path, what the run says."""
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3, 4, 5, 6) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    (tmp_path / "bill.csv").write_text("\n".join(bill))
    known = fm.start(tmp_path / "bill.csv", folder=tmp_path / "demo")
    document = asked(
        {"rent": {"way": "on_demand"}},
        demand={"workload": "a/(untagged)/GPU"},
        on_demand=1.0,
        paths=200,
        months=3,
    )
    document["from"] = "2025-08"
    answer = fm.options(document, known)
    run = fm.run(None, known, paths=200, months=5, dials=False)
    total = run.total(months=["2025-08", "2025-09", "2025-10"])
    assert answer.table["mean"][0] == pytest.approx(float(total.mean()), rel=1e-5)
    assert answer.table["P90"][0] == pytest.approx(float(np.quantile(total, 0.9)), rel=1e-5)
    assert answer.currency == "USD"
    for demand, words in (
        ({"workload": "a/(untagged)/GPX"}, "demand: there is no workload 'a/(untagged)/GPX' in use on this bill. Did you mean 'a/(untagged)/GPU'?"),
        ({"workload": "a/(untagged)/GPU", "sku": "x"}, "demand: there is no SKU 'x' in use on this bill."),
    ):  # fmt: skip
        with pytest.raises(InputError) as refused:
            fm.options({**document, "demand": demand}, known)
        assert str(refused.value).startswith(words)
    with pytest.raises(InputError) as refused:
        fm.options({**document, "from": "2025-06"}, known)
    assert str(refused.value) == (
        "demand: from is 2025-06, which has begun on this bill; write a month that is still to come."
    )


def test_what_is_bound_beyond_the_months_asked_about_is_told():
    lease = {"way": "leased", "gpus": 2, "lease_monthly": 1500, "lease_months": 24}
    year = {"way": "committed", "quantity": 2, "discount": 0.3}
    answer = fm.options(asked({"lease": lease, "a year": year}, months=12))
    (note,) = [note for note in answer.notes if note.startswith("Not counted")]
    assert note == (
        "Not counted: 12 months beyond 2027-12 to which 'lease' is still bound; months: 24 counts all."
    )
