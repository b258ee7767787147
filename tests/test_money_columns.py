"""No column with money is passed over: it is counted, or somebody is asked; roles go to full columns and to names (docs/method §13.34 ff.)."""

from __future__ import annotations

import json
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.intake.tables import (
    Mapping,
    apply_mapping,
    guess_mapping,
    load_mapping,
    read_table,
)
from finops_model.facts.ledger.store import Ledger


def read(folder, text, name="t.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    frame = read_table(folder / name)
    return frame, guess_mapping(frame)


def booked(folder, frame, mapping):
    ledger = Ledger(folder / "ledger")
    ledger.ingest([("t.csv", apply_mapping(frame, mapping))])
    return ledger.totals()


BILL = "date,team,cost,{}\n2026-07-01,a,100.00,{}\n2026-07-02,b,140.00,{}\n"
WORDS = [
    "credits",
    "Credit",
    "Discounts",
    "Refund",
    "tax",
    "VAT",
    "Fees",
    "Adjustments",
    "Rabatt",
    "MwSt",
    "Gutschriften",
    "Steuer",
    "Remise",
    "Descuento",
    "Net",
    "Gross",
    "Promotions and others",
    "Rounding",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_column_whose_name_says_money_is_a_doubt_and_never_a_grey_line(word, tmp_path):
    """Seen before: 'not used: credits', 240.00 for 194.50."""
    _, mapping = read(tmp_path, BILL.format(word, "-30.00", "-15.50"))
    assert mapping.open_money == (word,) and len(mapping.doubts) == 1
    assert (
        mapping.doubts[0].startswith(f"'{word}' ")
        and "sum -45.50" in mapping.doubts[0]
        and f"ignore: ['{word}']" in mapping.doubts[0]
    )
    assert f"not used: {word}" not in mapping.describe() and f"? '{word}'" in mapping.describe()


def test_the_doubt_says_what_to_write_and_a_mapping_without_an_answer_is_refused(tmp_path):
    frame, mapping = read(tmp_path, BILL.format("credits", "-30.00", "-15.50"))
    said = (
        "'credits' holds money (2 amounts, sum -45.50) and is not counted. Write add: {'credits': Credit} (added as written), "
        "subtract: {'credits': Credit}, or ignore: ['credits']"
    )
    assert mapping.doubts == (said,)
    mapping.save(tmp_path / "m.yaml")
    with pytest.raises(InputError) as refused:
        apply_mapping(frame, load_mapping(tmp_path / "m.yaml"))
    assert str(refused.value) == f"t.csv: {said}."
    assert booked(
        tmp_path,
        frame,
        load_mapping(tmp_path / "m.yaml").model_copy(update={"ignore": ("credits",)}),
    ) == {"USD": Decimal(240)}
    mapping.settled().save(tmp_path / "agreed.yaml")
    assert load_mapping(tmp_path / "agreed.yaml").ignore == ("credits",) and apply_mapping(
        frame, mapping.settled()
    )["BilledCost"].tolist() == ["100.00", "140.00"]


@pytest.mark.parametrize(
    "answer,total,kinds",
    [
        ({"add": {"credits": "Credit"}}, "194.50", ["Usage", "Credit", "Usage", "Credit"]),
        (
            {"subtract": {"credits": "Adjustment"}},
            "285.50",
            ["Usage", "Adjustment", "Usage", "Adjustment"],
        ),
    ],
)
def test_money_beside_the_amount_becomes_charges_of_their_own(answer, total, kinds, tmp_path):
    frame, mapping = read(tmp_path, BILL.format("credits", "-30.00", "-15.50"))
    mapping = Mapping(**{**mapping.settled().model_dump(), "ignore": (), **answer})
    rows = apply_mapping(frame, mapping)
    assert rows["ChargeCategory"].tolist() == kinds and rows["x_SourceLine"].tolist() == [
        "2",
        "2",
        "3",
        "3",
    ]
    assert booked(tmp_path, frame, mapping) == {"USD": Decimal(total)}


def test_amounts_inside_text_are_seen(tmp_path):
    _, mapping = read(
        tmp_path,
        "date,cost,credits\n2026-07-01,5.00,\"[{'name': 'CUD', 'amount': -30.0}]\"\n2026-07-02,5.00,[]\n",
    )
    assert mapping.doubts == (
        "'credits' holds amounts inside its text (1, sum -30.0) and is not counted. Write ignore: ['credits'], or bring them as a "
        "column of numbers",
    )


def test_a_second_amount_is_a_doubt_unless_it_says_the_same(tmp_path):
    _, mapping = read(tmp_path, "date,Net Cost,Total Cost\n2026-07-01,5.00,6.00\n")
    assert mapping.amount == "Net Cost" and mapping.doubts == (
        "'Total Cost' looks like an amount too (1 amount, sum 6.00); 'Net Cost' is counted. Write amount: 'Total Cost', or ignore: ['Total Cost']",
    )
    _, mapping = read(tmp_path, "date,Net Cost,Total Cost\n2026-07-01,5.00,5.00\n")
    assert (
        mapping.doubts == ()
        and "'Total Cost' says the same as 'Net Cost' on every row" in mapping.notes
    )
    _, mapping = read(
        tmp_path, "date,spend,amuont\n2026-07-01,5.00,6.00\n"
    )  # misspelt, and nearer to what is wanted
    assert mapping.open_money == ("amuont",)


@pytest.mark.parametrize(
    "column,cells",
    [
        ("credits", ("0.00", "")),
        ("tax rate", ("19", "19")),
        ("Discount %", ("10", "10")),
        ("tax code", ("19", "7")),
        ("list price", ("9", "9")),
        ("unit cost", ("0.5", "0.5")),
        ("sessions", ("10", "20")),
        ("Total tokens", ("10", "20")),
        ("credit note no", ("4711", "4712")),
    ],
)
def test_what_is_no_charge_raises_no_doubt(column, cells, tmp_path):
    _, mapping = read(tmp_path, BILL.format(column, *cells))
    assert mapping.doubts == () and mapping.amount == "cost"


def test_net_beside_tax_and_gross_is_asked(tmp_path):
    _, mapping = read(tmp_path, "date,net,vat,gross\n2026-07-01,100.00,19.00,119.00\n")
    assert mapping.amount == "net" and mapping.doubts == (
        "'vat' holds money (1 amount, sum 19.00) and is not counted. Write add: {'vat': Tax} (added as written), subtract: {'vat': Tax}, or ignore: ['vat']",
        "'gross' holds money too (1 amount, sum 119.00); 'net' is counted. Write amount: 'gross', or ignore: ['gross']",
    )


def test_records_of_json_and_parquet_are_tables_too(tmp_path):
    """Seen before: start sent them to ingest, and ingest to start."""
    rows = [
        {"date": "2026-07-01", "team": "a", "cost": 5.5},
        {"date": "2026-07-02", "team": None, "cost": 6},
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.jsonl").write_text(json.dumps(rows[0]) + "\nno json\n" + json.dumps(rows[1]))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    for name, refused in (("a.json", 0), ("a.jsonl", 1), ("a.parquet", 0)):
        frame = read_table(tmp_path / name)
        ledger = Ledger(tmp_path / f"{name}.ledger")
        receipt = ledger.ingest([(name, apply_mapping(frame, guess_mapping(frame)))])
        assert ledger.totals() == {"USD": Decimal("11.5")} and (
            receipt.rows_in,
            receipt.quarantined,
        ) == (2 + refused, refused)
    assert apply_mapping(read_table(tmp_path / "a.jsonl"), Mapping(date="date", amount="cost"))[
        "x_SourceLine"
    ].tolist() == ["1", "3", "2"]


def test_beside_months_a_sum_is_known_and_anything_else_asked(tmp_path):
    frame, mapping = read(
        tmp_path, "Cost centre,Jan 2026,Feb 2026,Q1,Total\n4711,1,2,3,3\n4712,10,20,30,30\n"
    )
    assert mapping.doubts == () and mapping.team == "Cost centre"
    assert (
        "'Total' is the sum of 'Jan 2026' … 'Feb 2026' on every row and is not counted again"
        in mapping.notes
    )
    assert json.loads(apply_mapping(frame, mapping)["Tags"][0]) == {"team": "4711"}
    _, mapping = read(tmp_path, "Team,Jan 2026,Feb 2026,Credits,Total\na,1,2,-1,2\nb,10,20,-5,25\n")
    assert mapping.open_money == ("Credits", "Total") and mapping.doubts[0] == (
        "'Credits' holds money that is not in the months (2 amounts, sum -6), is not their sum, and is not counted. Write ignore: ['Credits'], or give its months"
    )


def test_a_text_column_beside_months_that_is_not_used_is_told(tmp_path):
    """The name of a tool beside its months went in silence."""
    text = "Tool,Team,Jan 2026,Feb 2026,Total\nCursor,a,1,2,3\nNotion,b,10,20,30\n"
    assert "not used: Tool" in read(tmp_path, text)[1].notes
    assert not any(
        "not used" in n for n in read(tmp_path, text.replace("Tool,", "Service,"))[1].notes
    )


def test_a_column_of_charge_types_is_used(tmp_path):
    text = "date,cost,Charge Type\n2026-07-01,100,Usage\n2026-07-01,32,Tax\n2026-07-01,-50,Refund\n2026-07-01,18000,Purchase\n2026-07-01,0.01,RoundingAdjustment\n"
    frame, mapping = read(tmp_path, text)
    assert mapping.category == "Charge Type" and mapping.doubts == ()
    assert apply_mapping(frame, mapping)["ChargeCategory"].tolist() == [
        "Usage",
        "Tax",
        "Credit",
        "Purchase",
        "Adjustment",
    ]
    frame, mapping = read(tmp_path, text.replace("Refund", "Kulanz"))
    assert mapping.doubts == (
        "'Charge Type' says 'Kulanz', which is not known and counts as Usage. Write categories: {'Kulanz': Usage} or another of Purchase, "
        "Tax, Credit, Adjustment",
    )
    told = mapping.model_copy(update={"categories": {"kulanz": "Credit"}})
    assert apply_mapping(frame, told)["ChargeCategory"].tolist()[2] == "Credit"
    assert (
        read(
            tmp_path,
            "date,cost,Cost Type\n2026-07-01,1,GPU\n2026-07-01,2,Storage\n2026-07-01,3,Tax\n",
        )[1].category
        is None
    )


ROLES = [
    (
        "currency",
        "date,cost,pricing currency,currency code\n2026-07-01,1,,EUR\n2026-07-02,2,USD,EUR\n",
        "currency code",
    ),
    (
        "currency",
        "date,cost,currency,billing currency\n2026-07-01,1,,EUR\n2026-07-02,2,,EUR\n",
        "billing currency",
    ),
    (
        "service",
        "date,cost,service.id,service.description\n2026-07-01,1,6F81,Compute\n",
        "service.description",
    ),
    ("workload", "date,cost,project_id,project_name\n2026-07-01,1,p1,Chat\n", "project_name"),
    ("team", "date,cost,Owner,Cost centre\n2026-07-01,1,Lange,Vision\n", "Cost centre"),
    ("team", "date,cost,Owner\n2026-07-01,1,Lange\n", "Owner"),
    (
        "team",
        "date,cost,Team,Cost centre\n2026-07-01,1,,Vision\n2026-07-02,1,a,Vision\n",
        "Cost centre",
    ),
    (
        "date",
        "partition_date,usage_start_time,cost\n2026-07-11,2026-07-10T08:00:00Z,1\n",
        "usage_start_time",
    ),
    (
        "date",
        "export date,end date,start date,cost\n2026-07-11,2026-07-12,2026-07-10,1\n",
        "start date",
    ),
    ("date", "due date,Invoice date,cost\n2026-08-11,2026-07-12,1\n", "Invoice date"),
]


@pytest.mark.parametrize("role,text,column", ROLES)
def test_roles_go_to_full_columns_and_to_names(role, text, column, tmp_path):
    assert getattr(read(tmp_path, text)[1], role) == column


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(
        [
            "date",
            "cost",
            "currency",
            "billing currency",
            "service id",
            "service name",
            "owner",
            "cost center",
        ]
    )
)
def test_the_order_of_the_columns_decides_nothing(tmp_path_factory, order):
    row = {
        "date": "2026-07-01",
        "cost": "1.00",
        "currency": "",
        "billing currency": "EUR",
        "service id": "6F",
        "service name": "GPU",
        "owner": "L",
        "cost center": "V",
    }
    _, mapping = read(
        tmp_path_factory.mktemp("order"),
        ",".join(order) + "\n" + ",".join(row[name] for name in order) + "\n",
    )
    assert (mapping.currency, mapping.service, mapping.team) == (
        "billing currency",
        "service name",
        "cost center",
    ) and mapping.doubts == ()


def test_two_currencies_are_said_before_any_sum_and_never_added_up(tmp_path):
    """Seen before: '3 amounts, sum 600.00' over EUR and USD."""
    for text in (
        "date,cost,currency\n2026-07-01,100.00,EUR\n2026-07-02,200.00,EUR\n2026-07-03,300.00,USD\n",
        "date,cost\n2026-07-01,€100.00\n2026-07-02,€200.00\n2026-07-03,USD 300.00\n",
    ):
        _, mapping = read(tmp_path, text)
        shown = mapping.describe().splitlines()
        assert shown[0] == "2 currencies: EUR (2 amounts), USD (1 amount); they are never added up"
        assert (
            any(line == "amount ← 'cost' (3 amounts: 300.00 EUR, 300.00 USD)" for line in shown)
            and "600" not in mapping.describe()
        )


UNITS = [
    (
        "in k EUR\n",
        "Team,Jan 2026,Feb 2026\na,1.5,2\n",
        "EUR",
        ["1500.0", "2000"],
        "amounts are in thousands (line 1: 'in k EUR'): each is multiplied by 1,000",
    ),
    (
        "Budget 2026\nAngaben in Mio. €\n",
        "Team,Jan 2026,Feb 2026\na,1.5,2\n",
        "EUR",
        ["1500000.0", "2000000"],
        "amounts are in millions (line 2: 'Angaben in Mio. €'): each is multiplied by 1,000,000",
    ),
    (
        "",
        "date,Betrag (TEUR)\n2026-07-01,1.5\n2026-07-02,2\n",
        "EUR",
        ["1500.0", "2000"],
        "amounts are in thousands (the heading: 'Betrag (TEUR)'): each is multiplied by 1,000",
    ),
    (
        "Figures in USD thousands\n",
        "date,team,cost\n2026-07-01,a,1.5\n2026-07-02,a,2\n",
        "USD",
        ["1500.0", "2000"],
        "amounts are in thousands (line 1: 'Figures in USD thousands'): each is multiplied by 1,000",
    ),
    (
        "",
        "date,amount_cents\n2026-07-01,150\n2026-07-02,200\n",
        "USD",
        ["1.50", "2.00"],
        "amounts are in hundredths (the heading: 'amount_cents'): each is multiplied by 0.01",
    ),
    (
        "",
        "date,Cost USD (000s)\n2026-07-01,1.5\n2026-07-02,2\n",
        "USD",
        ["1500.0", "2000"],
        "amounts are in thousands (the heading: 'Cost USD (000s)'): each is multiplied by 1,000",
    ),
    (
        "All amounts in CHF\n",
        "date,team,cost\n2026-07-01,a,1.5\n2026-07-02,a,2\n",
        "CHF",
        ["1.5", "2"],
        "currency CHF as line 1 says",
    ),
]


@pytest.mark.parametrize("above,table,currency,costs,note", UNITS)
def test_a_unit_above_the_table_is_used_and_said(above, table, currency, costs, note, tmp_path):
    """Seen before: 'in k EUR' was printed and not used; a heading of $493."""
    frame, mapping = read(tmp_path, above + table)
    rows = apply_mapping(frame, mapping)
    assert (
        rows["BilledCost"].tolist() == costs
        and set(rows["BillingCurrency"]) == {currency}
        and note in mapping.notes
    )
    assert mapping.currency_assumed == (not above and "EUR" not in table and "USD" not in table)
    mapping.save(tmp_path / "m.yaml")
    assert apply_mapping(frame, load_mapping(tmp_path / "m.yaml")).equals(rows)


def test_units_and_currencies_that_contradict_each_other_are_asked(tmp_path):
    _, mapping = read(tmp_path, "in k EUR\ndate,cost (Mio EUR)\n2026-07-01,1.5\n2026-07-02,2.5\n")
    assert mapping.scale == 1 and mapping.doubts == (
        "line 1 says 'in k EUR' and the heading 'cost (Mio EUR)': amounts are taken as they stand. Write scale: 1000, "
        "scale: 1000000 or scale: 1",
    )
    _, mapping = read(tmp_path, "EUR and USD\ndate,cost\n2026-07-01,1.5\n2026-07-02,2.5\n")
    assert mapping.doubts == (
        "the lines above the table name EUR and USD: USD is taken. Write currency_code: EUR",
    )


def test_every_number_of_a_long_amount_survives_its_unit(tmp_path):
    frame, mapping = read(
        tmp_path,
        "in k EUR\ndate,cost\n2026-07-01,123456789012.12345678901234567890123\n2026-07-02,1.5\n",
    )
    assert Decimal(apply_mapping(frame, mapping)["BilledCost"][0]) == Decimal(
        "123456789012123.45678901234567890123"
    )
    assert (
        apply_mapping(frame, mapping.model_copy(update={"scale": 1}))["BilledCost"][0]
        == "123456789012.12345678901234567890123"
    )


def test_a_formula_without_a_value_is_no_team(tmp_path):
    """Seen before: a team called 'formula without a stored value: =[evil.xlsx]S!A1'."""
    book = openpyxl.Workbook()
    for row in (
        ["date", "team", "cost"],
        ["2026-07-01", "=[x.xlsx]S!A1", 5],
        ["2026-07-02", "a", 7],
    ):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    frame = read_table(tmp_path / "b.xlsx")
    rows = apply_mapping(frame, guess_mapping(frame))
    receipt = Ledger(tmp_path / "l").ingest([("b.xlsx", rows)])
    assert rows["Tags"].tolist() == ["", '{"team":"a"}'] and receipt.totals == {"USD": Decimal(12)}
    assert "b.xlsx: team: 1 cell is a formula without a stored value: kept without it" in map(
        str, receipt.warnings
    )


def test_a_unit_below_the_table_is_asked_about_and_its_currency_used(tmp_path):
    """Seen before: a foot note "Angaben in TEUR" was left out as a remark, and 20 TEUR were 20.00 USD."""
    _, mapping = read(
        tmp_path, "Datum;Betrag;Team\n13.07.2026;10,00;a\n14.07.2026;10,00;a\nAngaben in TEUR;;\n"
    )
    assert mapping.doubts == (
        "line 4 below the table says 'Angaben in TEUR': amounts are taken as they stand. Write scale: 1000 or scale: 1",
    )
    assert mapping.currency_code == "EUR" and mapping.scale == 1
    _, mapping = read(
        tmp_path,
        "date,cost,team\n2026-07-01,10.00,a\n2026-07-02,10.00,a\nAll amounts in thousands of USD\n",
    )
    assert len(mapping.doubts) == 1 and "Write scale: 1000 or scale: 1" in mapping.doubts[0]
    _, mapping = read(
        tmp_path,
        "date,cost,team\n2026-07-01,10.00,a\n2026-07-02,10.00,a\nPrepared by the finance team\n",
    )
    assert mapping.doubts == ()


@pytest.mark.parametrize(
    "heading, debit, credit",
    [("Dr/Cr", "DR", "CR"), ("S/H", "S", "H"), ("Soll/Haben", "Soll", "Haben"), ("Sign", "+", "-")],
)
def test_debit_and_credit_beside_amounts_without_a_sign_are_asked_about(
    tmp_path, heading, debit, credit
):
    """Seen before: a credit of 5.00 was added to 20.00."""
    table = f"date,amount,{heading},team\n2026-07-01,10.00,{debit},a\n2026-07-02,10.00,{debit},a\n2026-07-03,5.00,{credit},a\n"
    _, mapping = read(tmp_path, table)
    assert mapping.doubts == (
        f"'{heading}' says '{credit}' of 1 amount (sum 5.00), counted as written, so credits are added. Give them a minus sign, or "
        f"write ignore: ['{heading}']",
    )
    _, mapping = read(tmp_path, table.replace("5.00", "-5.00"))
    assert mapping.doubts == ()
