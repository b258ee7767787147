"""Budgets, drivers, invoices, organisation, commitments: read, or refused with file, line and column, word for word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from finops_model.errors import InputError
from finops_model.facts.plans import read as plans
from finops_model.periods import month_range

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
HEAD = "version,approved_on,approved_by,author,business_unit,month,currency,amount\n"


def given_file(tmp_path, text, name="f.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def budget_lines(version, on, unit, months, amount, by="Ann", author="Bob"):
    return "".join(
        f"{version},{on},{by},{author},{unit},{month},USD,{amount}\n" for month in months
    )


YEAR = month_range("2026-01", "2026-12")


@pytest.fixture
def budgets(tmp_path):
    text = (
        HEAD
        + budget_lines("v1", "2025-12-10", "A", YEAR, 100)
        + budget_lines("v1", "2025-12-10", "B", YEAR, 50)
        + budget_lines("6+6", "2026-07-05", "A", YEAR[6:], 120)
        + budget_lines("draft", "", "A", YEAR[9:], 999, by="")
    )
    return plans.read_budgets(given_file(tmp_path, text, "budgets.csv"), "USD")


def test_a_reforecast_counts_for_the_months_it_covers_only(budgets):
    assert budgets.by_month("A") == {month: 100.0 if month < "2026-07" else 120.0 for month in YEAR}
    assert (
        budgets.month("A", "2026-08", as_of="2026-07-04") == 100
        and budgets.month("A", "2026-08", as_of="2026-07-05") == 120
    )
    assert (
        budgets.version() == "6+6"
        and budgets.version(as_of="2026-01-31") == "v1"
        and budgets.version(as_of="2025-01-01") is None
    )


def test_the_company_is_the_sum_of_its_units_each_at_its_newest_approval(budgets):
    assert budgets.year("Company", YEAR) == 6 * 150 + 6 * 170
    assert budgets.describe("Company", "2026-08") == {
        "version": "6+6, v1",
        "approved_by": "Ann",
        "approved_on": "2026-07-05",
    }
    assert budgets.describe("A", "2026-02") == {
        "version": "v1",
        "approved_by": "Ann",
        "approved_on": "2025-12-10",
    }
    assert (
        budgets.describe("C", "2026-02") is None
        and budgets.by_month("C") == {}
        and budgets.year("A", month_range("2026-12", "2027-01")) is None
    )


def test_a_company_line_of_its_own_wins_over_the_sum(tmp_path):
    text = (
        HEAD
        + budget_lines("v1", "2025-12-10", "A", YEAR, 100)
        + budget_lines("v1", "2025-12-10", "Company", YEAR, 130)
    )
    assert plans.read_budgets(given_file(tmp_path, text), "USD").month("Company", "2026-03") == 130


def test_a_sum_without_one_of_the_units_is_no_company_budget(tmp_path):
    text = (
        HEAD
        + budget_lines("v1", "2025-12-10", "A", YEAR, 100)
        + budget_lines("v1", "2025-12-10", "B", YEAR[:6], 50)
    )
    budgets = plans.read_budgets(given_file(tmp_path, text), "USD")
    assert (
        budgets.month("Company", "2026-06") == 150 and budgets.month("Company", "2026-07") is None
    )
    assert budgets.year("Company", YEAR) is None


def test_a_plain_budget_without_approval_columns_is_said_to_be_unstated(tmp_path):
    budgets = plans.read_budgets(
        given_file(tmp_path, 'month,amount\n2026-01,"1,000.50"\n2026-02,2000\n'), "EUR"
    )
    assert budgets.by_month("Company") == {"2026-01": 1000.5, "2026-02": 2000.0}
    assert budgets.describe("Company", "2026-01") == {
        "version": "budget",
        "approved_by": "not stated",
        "approved_on": "not stated",
    }


def test_months_may_stand_as_columns_of_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["Budget 2026 of all units", None, None],
        ["business_unit", "Jan 2026", "Feb 2026"],
        ["A", 10, 20],
        ["B", 1.5, 2],
    ):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    budgets = plans.read_budgets(tmp_path / "b.xlsx", "USD")
    assert budgets.by_month("A") == {"2026-01": 10.0, "2026-02": 20.0} and budgets.month(
        "Company", "2026-01"
    ) == Decimal("11.5")


REFUSED_BUDGETS = [
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", YEAR, 1, by="Ann", author="ann"),
        "f.csv: line 2: approved_by: 'Ann' approved a budget of their own. A budget is approved by someone other than its author: correct approved_by or author.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", YEAR, 1).replace("USD", "EUR"),
        "f.csv: line 2: currency: the budget is in EUR and the ledger in USD. State the budget in USD at the plan rate.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-01", "2026-01"], 1),
        "f.csv: line 3: A 2026-01 appears twice in version 'v1', first in line 2. Keep one of them.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-01", "2026-03"], 1),
        "f.csv: A has no budget for 2026-02, between 2026-01 and 2026-03. Write the amount, or 0 where nothing is approved.",
    ),
    (
        HEAD
        + budget_lines("v1", "2025-12-10", "A", ["2026-01"], 1)
        + budget_lines("v2", "2025-12-10", "A", ["2026-01"], 2),
        "f.csv: line 3: versions 'v1' and 'v2' of A 2026-01 were both approved on 2025-12-10: which one counts? Correct approved_on.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-01"], 1, by=""),
        "f.csv: line 2: approved_by: is empty, but approved_on is '2025-12-10'. Fill both for an approved version, none for a draft.",
    ),
    (
        HEAD + budget_lines("v1", "10/12/2025", "A", ["2026-01"], 1),
        "f.csv: line 2: approved_on: '10/12/2025' is not a day. Write it as 2026-01-31.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-01"], -1),
        "f.csv: line 2: amount: -1 is negative. Write a number of at least 0.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-01"], ""),
        "f.csv: line 2: amount: is empty. Write the number; a blank is not zero.",
    ),
    (
        HEAD + budget_lines("v1", "2025-12-10", "A", ["2026-13"], 5),
        "f.csv: line 2: month: '2026-13' is not a month. Write it as 2026-10.",
    ),
    (
        "month,amont\n2026-01,5\n",
        "f.csv: a budget file needs a column 'amount'. Did you mean 'amont'? Columns seen: month, amont. Name it, or add it.",
    ),
]


@pytest.mark.parametrize(
    "text,message", REFUSED_BUDGETS, ids=[str(i) for i in range(len(REFUSED_BUDGETS))]
)
def test_a_budget_is_refused_with_file_line_and_column(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        plans.read_budgets(given_file(tmp_path, text), "USD")
    assert str(error.value) == message


def test_drivers_in_long_and_wide_form_are_the_same(tmp_path):
    long = given_file(
        tmp_path,
        "date,name,role,unit,value\n2026-01-01,chats,driver,chats,5\n2026-01-02,chats,driver,chats,7\n",
        "long.csv",
    )
    wide = given_file(tmp_path, "date,chats\n2026-01-01,5\n2026-01-02,7\n", "wide.csv")
    first, second = plans.read_drivers(long), plans.read_drivers([wide])
    assert (
        first.equals(second)
        and list(first.columns) == ["date", "name", "role", "unit", "value"]
        and first["value"].dtype == float
    )


def test_a_driver_may_begin_late_but_not_stop_in_between(tmp_path):
    text = "date,a,b\n2026-01-01,5,\n2026-01-02,5,1\n2026-01-03,5,2\n"
    assert len(plans.read_drivers(given_file(tmp_path, text))) == 5
    with pytest.raises(InputError) as error:
        plans.read_drivers(given_file(tmp_path, text + "2026-01-04,,3\n2026-01-05,6,3\n"))
    assert str(error.value) == "f.csv: line 5: a: is empty. Write the number; a blank is not zero."


REFUSED_DRIVERS = [
    (
        "date,a\n2026-01-01,5\n2026-01-01,6\n",
        "f.csv: line 3: a: driver 'a' has 2026-01-01 twice, first in line 2. Keep one of them.",
    ),
    (
        "date,a\n2026-01-01,5\n2026-01-04,6\n",
        "f.csv: line 3: a: driver 'a' has no value for 2 days from 2026-01-02. A missing day is not zero: "
        "write the value, or 0 where nothing happened.",
    ),
    (
        "date,a\n2026-01-01,5\n2026-01-03,6\n",
        "f.csv: line 3: a: driver 'a' has no value for 2026-01-02. A missing day is not zero: write the value, "
        "or 0 where nothing happened.",
    ),
    ("date,a\n2026-01-01,-5\n", "f.csv: line 2: a: -5 is negative. Write a number of at least 0."),
    ("date,a\n2026-01-01,5\n2026-01-02,many\n", "f.csv: line 3: a: 'many' is not a number."),
    (
        "date,a\n2026-01-01,5\n2026-02-30,6\n",
        "f.csv: line 3: date: '2026-02-30' is not a day. Write it as 2026-01-31.",
    ),
    (
        "date,name,role,value\n2026-01-01,a,drivr,5\n",
        "f.csv: line 2: role: unknown role 'drivr'. Did you mean 'driver'? Known: driver, outcome.",
    ),
    (
        "date,name,unit,value\n2026-01-01,a,x,5\n2026-01-02,a,y,5\n",
        "f.csv: unit: driver 'a' has x, y. Write one unit for all its days.",
    ),
    (
        "date,a\n2026-01-01,1,000\n",
        "f.csv: line 2 has 3 cells where the header has 2: 2026-01-01 | 1 | 000. Quote cells that hold the delimiter, and "
        "give every line all its cells.",
    ),
    (
        "dat,a\n2026-01-01,1\n",
        "f.csv: a driver file needs a column 'date'. Did you mean 'dat'? Columns seen: dat, a. Name it, or add it.",
    ),
]


@pytest.mark.parametrize(
    "text,message", REFUSED_DRIVERS, ids=[str(i) for i in range(len(REFUSED_DRIVERS))]
)
def test_a_driver_file_is_refused_with_file_line_and_column(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        plans.read_drivers(given_file(tmp_path, text))
    assert str(error.value) == message


def test_a_driver_with_two_values_of_a_day_in_two_files_is_refused(tmp_path):
    files = [
        given_file(tmp_path, f"date,a\n2026-01-01,{value}\n", name)
        for name, value in (("x.csv", 5), ("y.csv", 6))
    ]
    with pytest.raises(
        InputError,
        match="y.csv: driver 'a' has a value for 2026-01-01 in another file already. Keep one of them.",
    ):
        plans.read_drivers(files)


def test_invoices_and_organisation(tmp_path):
    found = plans.read_invoices(
        given_file(
            tmp_path,
            'InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\nAurora,2026-10,usd,"1,000.10"\n',
        )
    )
    assert found.to_dict("records") == [
        {
            "InvoiceIssuerName": "Aurora",
            "BillingPeriod": "2026-10",
            "BillingCurrency": "USD",
            "Amount": Decimal("1000.10"),
        }
    ]
    with pytest.raises(
        InputError,
        match="f.csv: line 2: BillingCurrency: 'dollars' is not a currency. Write its three letters, for example EUR.",
    ):
        plans.read_invoices(
            given_file(
                tmp_path,
                "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\nAurora,2026-10,dollars,1\n",
            )
        )
    with pytest.raises(
        InputError,
        match="f.csv: line 3: team: team 'a' is in line 2 already. A team belongs to one unit.",
    ):
        plans.read_organisation(given_file(tmp_path, "team,business_unit\na,X\na,Y\n"))
    with pytest.raises(
        InputError,
        match="f.csv: line 2: business_unit: 'Company' stands for all units together. Choose another name.",
    ):
        plans.read_organisation(given_file(tmp_path, "team,business_unit\na,Company\n"))


COMMITMENT = (
    "ContractCommitmentId,ContractCommitmentQuantity,ContractCommitmentUnit,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,"
    "ContractCommitmentLifecycleStatus,ContractCommitmentPaymentModel,x_SkuIds,x_Rate\n"
)


def test_commitments_keep_their_focus_record(tmp_path):
    (found,) = plans.read_commitments(
        given_file(
            tmp_path,
            COMMITMENT
            + "c1,40,GPU-hours,2026-01-01T00:00:00Z,2027-01-01,Proposed,All Upfront,A;B,2.5\n",
        )
    )
    assert (found.id, found.quantity, found.rate, found.sku_ids, found.start, found.end) == (
        "c1",
        40,
        Decimal("2.5"),
        ("A", "B"),
        dt.date(2026, 1, 1),
        dt.date(2027, 1, 1),
    )
    assert (
        found.lifecycle_status,
        found.payment_model,
        found.record["ContractCommitmentUnit"],
    ) == ("Proposed", "All Upfront", "GPU-hours")
    with pytest.raises(
        InputError,
        match="f.csv: line 2: ContractCommitmentPeriodEnd: 2026-01-01 is not after the start on 2026-01-01.",
    ):
        plans.read_commitments(
            given_file(tmp_path, COMMITMENT + "c1,40,GPU-hours,2026-01-01,2026-01-01,,,,\n")
        )
    with pytest.raises(
        InputError,
        match="needs a column 'ContractCommitmentQuantity'. Did you mean 'ContractCommitmentQuantty'?",
    ):
        plans.read_commitments(
            given_file(
                tmp_path,
                COMMITMENT.replace("Quantity", "Quantty")
                + "c1,40,GPU-hours,2026-01-01,2027-01-01,,,,\n",
            )
        )


@pytest.mark.skipif(
    not (SAMPLES / "drivers.csv").is_file(), reason="the sample company is not made yet: make data"
)
def test_the_plans_of_the_sample_company_are_read():
    drivers, budgets = (
        plans.read_drivers(SAMPLES / "drivers.csv"),
        plans.read_budgets(SAMPLES / "budgets.csv", "USD"),
    )
    assert {"conversations", "outcomes"} <= set(drivers["name"]) and set(drivers["role"]) == {
        "driver",
        "outcome",
    }
    assert (
        budgets.year("Company", YEAR)
        == sum(budgets.year(unit, YEAR) for unit in budgets.units())
        > 0
    )
    assert (
        len(plans.read_invoices(SAMPLES / "invoices.csv")) > 50
        and len(plans.read_organisation(SAMPLES / "organisation.csv")) == 8
    )
    assert plans.read_commitments(SAMPLES / "commitments.csv")[0].id == "hyperion-h100-1y-2026"


@pytest.mark.shared
def test_a_real_driver_is_read_whole():
    path = ROOT.parent / "shared" / "data" / "real_business_driver_daily.csv"
    if not path.is_file():
        pytest.skip("the real driver is not beside the checkout")
    found = plans.read_drivers(path)
    assert (len(found), str(found["date"].min().date()), str(found["date"].max().date())) == (
        346,
        "2018-11-04",
        "2019-10-15",
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "in k EUR\nbusiness_unit,month,currency,amount\nA,2026-01,EUR,100\n",
            "line 1 says 'in k EUR'",
        ),
        (
            "business_unit,month,currency,amount,TEUR\nA,2026-01,EUR,100,1\n",
            "the heading says 'TEUR'",
        ),
    ],
)
def test_a_budget_in_thousands_is_not_read_as_units(tmp_path, text, where):
    (tmp_path / "b.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        plans.read_budgets(tmp_path / "b.csv", "EUR")
    assert (
        str(refused.value)
        == f"b.csv: {where}: a budget file is read in whole units of its currency. Multiply its amounts, and take the remark out."
    )
