"""The company's rates of a period by kind, money at them, constant currency (docs/method §7.5–§7.8)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from commands import finops
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import calendars as oracle

from finops_model.errors import FinOpsError
from finops_model.measure.books import rates as books
from finops_model.periods import Calendar
from finops_model.settings import Settings, load_settings

STARTUP = str(Path(__file__).resolve().parents[1] / "data" / "startup")
MONTHS, RETAIL = Calendar(), Calendar("4-5-4", month=1, ends="nearest", named_after="start")


@pytest.fixture(scope="module")
def company() -> books.CompanyRates:
    found = books.rates_of(Settings(rates={"plan": ["plan_rates/*.yaml"]}, root=STARTUP))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def published():
    return oracle.ecb("EUR", "USD")


@pytest.mark.parametrize(
    "period",
    [
        MONTHS.period_of("2026-10-05"),
        RETAIL.period_of("2024-02-01"),
        RETAIL.period_of("2026-10-05"),
    ],
    ids=lambda one: one.name,
)
def test_average_and_period_end_are_those_of_a_loop_over_days(company, published, period):
    last = str(period.end - 1)
    average = company.average("EUR", period)
    assert average.value == oracle.digits12(oracle.mean(published, str(period.start), last))
    assert company.month_end("EUR", period).value == oracle.digits12(oracle.newest(published, last))
    assert average.count == sum(str(period.start) <= str(day) <= last for day in published)


def test_cross_rates_are_of_the_days_on_which_both_were_given(company):
    period = MONTHS.period_of("2026-05-01")
    rates = oracle.ecb("GBP", "JPY")
    found = company.average("GBP", period, "JPY")
    assert found.value == oracle.digits12(oracle.mean(rates, "2026-05-01", "2026-05-31"))


def test_a_rate_names_its_kind_day_and_source(company):
    october = MONTHS.period_of("2026-10-01")
    assert [
        company.rate(kind, "EUR", october).says
        for kind in ("plan", "average", "month_end", "scenario")
    ] == [
        "1 EUR = 1.12 USD, plan rate of FY2026 (FY2026 plan rates, approved 2025-12-04)",
        "1 EUR = 1.12015909091 USD, average rate, mean of 22 from 2026-10-01 to 2026-10-30 (the European Central Bank)",
        "1 EUR = 1.1172 USD, period-end rate of 2026-10-30 (the European Central Bank)",
        "1 EUR = 1.12 USD, plan rate of FY2026 (FY2026 plan rates, approved 2025-12-04)",
    ]
    assert company.rate("historical", "EUR", october, when="2026-05").value == Decimal("1.16732")
    assert company.historical("EUR", "2026-05-03").first == "2026-04-30"  # a Sunday after a holiday
    assert company.plan("EUR", MONTHS.period_of("2025-12-31")).value == Decimal("1.06")
    assert (
        company.plan("USD", october).value == 1
        and company.plan("USD", october).says == "USD, not converted"
    )


def test_a_period_under_way_has_the_average_so_far(company, published):
    found = company.average("EUR", MONTHS.period_of("2026-10-01"), through="2026-10-15")
    assert found.value == oracle.digits12(oracle.mean(published, "2026-10-01", "2026-10-15"))
    assert found.last == "2026-10-15"


@pytest.mark.parametrize(
    "ask, sentence",
    [
        (
            lambda rates: rates.plan("EUR", MONTHS.period_of("2027-01-01")),
            "rates: EUR to USD has no plan rate for 2027-01 (FY2027): there are FY2025 plan rates (FY2025: EUR, USD), FY2026 plan "
            "rates (FY2026: EUR, USD). Agree one and name its file under rates: plan: of finops.yaml.",
        ),
        (
            lambda rates: rates.average("EUR", MONTHS.period_of("2026-11-01")),
            "rates: EUR to USD has no average for 2026-11 (2026-11-01 to 2026-11-30): the rates of the European Central Bank run "
            "from 1999-01-04 to 2026-10-30. Run 'finops prices refresh', or name a table of your own under rates: table: of finops.yaml.",
        ),
        (
            lambda rates: rates.month_end("EUR", RETAIL.period_of("2026-11-01")),
            "rates: EUR to USD has no rate on 2026-11-28: the rates of the European Central Bank run from 1999-01-04 to 2026-10-30. "
            "Run 'finops prices refresh', or name a table of your own under rates: table: of finops.yaml.",
        ),
        (
            lambda rates: rates.historical("EUR", "2026-11-02"),  # the Monday behind the last rate
            "rates: EUR to USD has no rate on 2026-11-02: the rates of the European Central Bank run from 1999-01-04 to 2026-10-30. "
            "Run 'finops prices refresh', or name a table of your own under rates: table: of finops.yaml.",
        ),
    ],
)
def test_a_missing_rate_is_one_sentence_with_the_range_there_is(company, ask, sentence):
    with pytest.raises(FinOpsError) as refused:
        ask(company)
    assert str(refused.value) == sentence


TABLE = "date,currency,to,rate\n2026-10-01,EUR,USD,1.10\n2026-10-31,EUR,USD,1.14\n2026-10-01,GBP,USD,1.30\n2026-11-01,EUR,USD,1.2\n"


def own(folder: Path, text: str = TABLE) -> books.CompanyRates:
    (folder / "own.csv").write_text(text)
    found = books.rates_of(Settings(rates={"table": "own.csv"}, root=str(folder)))
    assert found is not None
    return found


def test_a_table_of_ones_own_gives_pairs_inverses_and_crosses(tmp_path):
    rates, october = own(tmp_path), MONTHS.period_of("2026-10-01")
    assert rates.average("EUR", october).value == Decimal("1.12")
    assert (
        rates.month_end("EUR", october).says
        == "1 EUR = 1.14 USD, period-end rate of 2026-10-31 (own.csv)"
    )
    assert rates.historical("USD", "2026-10-01", "EUR").value == Decimal("0.909090909091")
    assert rates.historical("GBP", "2026-10-01", "EUR").value == Decimal("1.18181818182")


@pytest.mark.parametrize(
    "text, sentence",
    [
        (
            "a,b\n",
            "no table of rates. The first line must be date,currency,to,rate; lines like 2026-10-31,EUR,USD,1.1172 follow.",
        ),
        ("date,currency,to,rate\n", "no rate. Write lines like 2026-10-31,EUR,USD,1.1172."),
        (
            "date,currency,to,rate\n2026-13-01,EUR,USD,1\n",
            "line 2: '2026-13-01' is not a day. Write it as 2026-01-31.",
        ),
        (
            "date,currency,to,rate\n2026-10-01,EUR,USD,-1\n",
            "line 2: rate is '-1'; a rate is a finite number above 0.",
        ),
        (
            "date,currency,to,rate\n2026-10-01,EUR,EUR,1\n",
            "line 2: EUR to itself has no rate; take the line out.",
        ),
        (
            "date,currency,to,rate\n2026-10-01,euro,USD,1\n",
            "line 2: 'euro' is no currency; write three capital letters, for example EUR.",
        ),
        (
            TABLE + "2026-10-01,EUR,USD,1.2\n",
            "line 6: EUR to USD on 2026-10-01 appears twice. Keep one of the lines.",
        ),
        (
            "date,currency,to,rate\n2026-10-01,EUR\n",
            "line 2: 2 cells; a line has 4: date,currency,to,rate.",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_line(tmp_path, text, sentence):
    with pytest.raises(FinOpsError) as refused:
        own(tmp_path, text)
    assert str(refused.value) == f"{tmp_path / 'own.csv'}: {sentence}"


def test_half_a_period_of_an_own_table_is_no_average(tmp_path):
    daily = "date,currency,to,rate\n" + "".join(
        f"2026-10-{day:02d},EUR,USD,1.1\n" for day in range(1, 16)
    )
    with pytest.raises(FinOpsError) as refused:
        own(tmp_path, daily).average("EUR", MONTHS.period_of("2026-10-01"))
    assert str(refused.value) == (
        "rates: EUR to USD has no average for 2026-10 (2026-10-01 to 2026-10-31): the rates of own.csv run from 2026-10-01 to "
        "2026-10-15. Write the missing days into own.csv: date,currency,to,rate."
    )


cents = st.integers(-(10**9), 10**9).map(lambda one: Decimal(one).scaleb(-2))
factors = st.integers(1, 10**7).map(lambda one: Decimal(one).scaleb(-4))


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from("abcdefg"), cents, min_size=1),
    factors,
    factors,
    st.sampled_from(("USD", "JPY", "KWD")),
)
def test_conversion_conserves_and_fx_views_reconcile(amounts, average, plan, to):
    one, other = (
        books.Rate(kind, "EUR", to, value, "", "", "")
        for kind, value in (("average", average), ("plan", plan))
    )
    view = books.constant_currency(amounts, one, other)
    total = sum(amounts.values())
    decimals = -books.coin(to).as_tuple().exponent
    assert sum(view.at_average.values()) == oracle.money(str(total), average, decimals)
    assert sum(view.at_plan.values()) == oracle.money(str(total), plan, decimals)
    for name in amounts:
        assert view.at_average[name] == view.at_plan[name] + view.effect[name]
        assert abs(view.at_plan[name] - amounts[name] * plan) < books.coin(to)


def test_the_company_has_a_currency_beside_its_entities_where_there_are_rates(tmp_path):
    entities = "entities:\n  - {name: A, currency: EUR}\n  - {name: B, currency: GBP}\n"
    (tmp_path / "finops.yaml").write_text("currency: CHF\nrates: {}\n" + entities)
    company = load_settings(tmp_path)
    assert (
        company.base_currency,
        company.entity("A").currency,
        company.entity("A").base_currency,
    ) == ("CHF", "EUR", "CHF")
    assert books.rates_of(company.entity("B")).base == "CHF"
    (tmp_path / "finops.yaml").write_text("currency: CHF\n" + entities)
    with pytest.raises(FinOpsError):
        load_settings(tmp_path)


def test_the_command_prints_each_rate_with_its_kind_and_what_is_missing(tmp_path):
    (tmp_path / "finops.yaml").write_text(
        f"rates: {{plan: [{STARTUP}/plan_rates/fy2026.yaml]}}\nentities:\n  - {{name: A, currency: EUR}}\n  - {{name: B, currency: USD}}\n"
    )
    code, said, _ = finops("prices", "rates", "2026-10", "--settings", str(tmp_path))
    lines = said.splitlines()
    assert code == 0 and lines[0] == "Into USD, 2026-10:" and len(lines) == 5
    assert lines[1] == (
        "Budgets: 1 EUR = 1.12 USD, plan rate of FY2026 (FY2026 plan rates, approved 2025-12-04)"
    )
    assert [line.split(":")[0] for line in lines[2:]] == [
        "Expense",
        "Accruals and payables",
        "Forecasts",
    ]
    later = json.loads(finops("prices", "rates", "2027-01", "-s", str(tmp_path), "--json")[1])
    assert [row["rate"] for row in later["rates"]] == [None] * 4
    assert later["rates"][0]["says"].startswith("rates: EUR to USD has no plan rate for 2027-01")
    (tmp_path / "finops.yaml").write_text("company: A\n")
    code, _, said = finops("prices", "rates", "2026-10", "-s", str(tmp_path))
    assert code == 2 and "there are no rates. Write rates: {plan: [FILE]}" in said


@pytest.mark.parametrize("rate", ["1e-400", "1e400", "0.0000000009", "1000000001"])
def test_a_rate_beyond_all_currencies_is_refused(tmp_path, rate):
    """1e-400 ended in a traceback, and 1e30 booked every amount at 0.00 of the company's currency."""
    from finops_model.prices.lists.own_rates import read_own_rates

    path = tmp_path / "rates.csv"
    path.write_text(f"date,currency,to,rate\n2026-09-01,EUR,USD,{rate}\n")
    with pytest.raises(FinOpsError) as problem:
        read_own_rates(path)
    assert str(problem.value) == (
        f"{path}: line 2: rate is '{rate}'; no currency is worth more than 10^9 of another. Write the rate as it was published."
    )
