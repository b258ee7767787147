"""The analyst's first ten minutes: tables in many shapes become FOCUS rows, or one clear sentence."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.intake import formats
from finops_model.facts.intake.tables import (
    Mapping,
    apply_mapping,
    guess_mapping,
    kind_of,
    load_mapping,
    read_table,
)
from finops_model.facts.ledger.store import Ledger

TABLES = Path(__file__).parent / "fixtures" / "tables"


def rows_of(name):
    frame = read_table(TABLES / name)
    mapping = guess_mapping(frame)
    return frame, mapping, apply_mapping(frame, mapping)


def costs(rows):
    return list(rows["BilledCost"])


CASES = [  # file, order, decimal, currency, assumed, costs, charge starts, charge ends
    (
        "us.csv",
        "month first",
        ".",
        "USD",
        False,
        ["1234.50", "20.25", "-4.75"],
        ["2025-01-13", "2025-01-14", "2025-01-14"],
        ["2025-01-14", "2025-01-15", "2025-01-15"],
    ),
    (
        "german.csv",
        "day first",
        ",",
        "EUR",
        False,
        ["1234.50", "-20.25"],
        ["2025-01-31", "2025-02-01"],
        ["2025-02-01", "2025-02-02"],
    ),
    (
        "french.tsv",
        "day first",
        ",",
        "EUR",
        False,
        ["1234.50", "-20.25"],
        ["2025-01-13", "2025-01-14"],
        ["2025-01-14", "2025-01-15"],
    ),
    (
        "spanish.psv",
        "iso",
        ",",
        "EUR",
        False,
        ["10.5", "11.5"],
        ["2025-01-03", "2025-01-04"],
        ["2025-01-04", "2025-01-05"],
    ),
    (
        "months.csv",
        "iso",
        ".",
        "USD",
        False,
        ["100", "110"],
        ["2025-01-01", "2025-02-01"],
        ["2025-02-01", "2025-03-01"],
    ),
    (
        "wide_months.csv",
        "iso",
        ".",
        "USD",
        True,
        ["100", "120.5", "1", "2", "3"],
        ["2025-01-01", "2025-03-01", "2025-01-01", "2025-02-01", "2025-03-01"],
        ["2025-02-01", "2025-04-01", "2025-02-01", "2025-03-01", "2025-04-01"],
    ),
    (
        "bidi.csv",
        "iso",
        ".",
        "USD",
        True,
        ["5", "6"],
        ["2025-01-01", "2025-01-02"],
        ["2025-01-02", "2025-01-03"],
    ),
    (
        "titles_and_totals.csv",
        "iso",
        ".",
        "USD",
        True,
        ["5", "7"],
        ["2025-01-01", "2025-01-02"],
        ["2025-01-02", "2025-01-03"],
    ),
]


@pytest.mark.parametrize(
    "name,order,decimal,currency,assumed,cost,starts,ends", CASES, ids=[case[0] for case in CASES]
)
def test_a_table_becomes_focus_rows(name, order, decimal, currency, assumed, cost, starts, ends):
    _, mapping, rows = rows_of(name)
    assert (mapping.date_order, mapping.decimal, mapping.currency_assumed) == (
        order,
        decimal,
        assumed,
    )
    assert costs(rows) == cost and set(rows["BillingCurrency"]) == {currency}
    assert list(rows["ChargePeriodStart"]) == starts and list(rows["ChargePeriodEnd"]) == ends
    assert set(rows["ChargeCategory"]) == {"Usage"}


def test_columns_are_found_in_four_languages():
    assert {
        n: guess_mapping(read_table(TABLES / n)).team
        for n in ("us.csv", "german.csv", "french.tsv", "spanish.psv")
    } == {
        "us.csv": "Team",
        "german.csv": "Kostenstelle",
        "french.tsv": "Équipe",
        "spanish.psv": "Equipo",
    }
    mapping = guess_mapping(read_table(TABLES / "spanish.psv"))
    assert (mapping.currency, mapping.service) == ("Moneda", "Servicio")


def test_tags_carry_team_environment_and_workload():
    _, _, wide = rows_of("wide_months.csv")
    assert json.loads(wide["Tags"][0]) == {"team": "search", "environment": "production"}
    _, mapping, months = rows_of("months.csv")
    assert mapping.workload == "project" and json.loads(months["Tags"][0]) == {"workload": "chat"}


def test_a_total_at_the_bottom_is_left_out_reported_and_compared():
    frame, mapping, _ = rows_of("titles_and_totals.csv")
    assert frame.attrs["header_row"] == 4 and frame.attrs["lines"] == [5, 6]
    assert "line 8 'Total' is left out: a total at the bottom, not a charge" in mapping.notes
    assert (
        "line 8 'Total' says 13; the rows above sum to 12: they differ by 1: check the file"
        in mapping.notes
    )
    assert (
        "line 9 is left out, a remark below the table: All figures are preliminary" in mapping.notes
    )
    _, german, _ = rows_of("german.csv")
    assert (
        "line 4 'Summe' says 1,214.25; the rows above sum to 1,214.25: they agree" in german.notes
    )


def test_an_order_nothing_tells_is_assumed_and_said():
    _, mapping, rows = rows_of("ambiguous.csv")
    assert mapping.date_order_assumed and mapping.date_order == "month first"
    assert "dates such as '01/02/2025' can be read two ways: month first is taken" in mapping.notes
    assert list(rows["ChargePeriodStart"]) == ["2025-01-02", "2025-02-02"]
    frame = read_table(TABLES / "ambiguous.csv")
    other = apply_mapping(frame, mapping.model_copy(update={"date_order": "day first"}))
    assert list(other["ChargePeriodStart"]) == ["2025-02-01", "2025-02-02"]


def test_of_two_amounts_one_is_taken_and_the_other_named():
    _, mapping, rows = rows_of("two_amounts.csv")
    assert (
        mapping.amount == "Net Cost"
        and costs(rows) == ["5"]
        and rows["InvoiceIssuerName"][0] == "Aurora"
    )
    assert "'Total Cost' looks like an amount too and is not counted" in mapping.notes


def test_an_open_number_follows_the_file_and_is_said(tmp_path):
    """1.000 beside dotted dates is a thousand; beside ISO dates in a comma file it is one. Both are marked."""
    for text, cost in (
        ("Datum;Kosten\n01.03.2025;1.000\n02.03.2025;2.500\n", ["1000", "2500"]),
        ("date,cost\n2025-03-01,1.000\n", ["1.000"]),
    ):
        (tmp_path / "t.csv").write_text(text)
        frame = read_table(tmp_path / "t.csv")
        mapping = guess_mapping(frame)
        assert mapping.decimal_assumed and costs(apply_mapping(frame, mapping)) == cost
        assert any(
            note.startswith("numbers such as '1.000' can be read two ways")
            for note in mapping.notes
        )


def test_counts_without_a_word_of_money_are_no_bill(tmp_path):
    (tmp_path / "t.csv").write_text("date,sessions\n2025-03-01,10\n")
    with pytest.raises(InputError) as error:
        guess_mapping(read_table(tmp_path / "t.csv"))
    assert str(error.value) == (
        "t.csv: 'sessions' holds counts, and its name says nothing of money: it looks like a driver. Call it cost if it is "
        "money, or write a mapping."
    )


def test_a_subtotal_in_the_middle_is_left_out_not_counted_twice(tmp_path):
    (tmp_path / "t.csv").write_text("date,cost\n2025-03-01,1\nSubtotal,1\n2025-03-02,2\nTotal,3\n")
    frame = read_table(tmp_path / "t.csv")
    mapping = guess_mapping(frame)
    ledger = Ledger(tmp_path / "ledger")
    ledger.ingest([("t.csv", apply_mapping(frame, mapping))])
    assert ledger.totals() == {"USD": Decimal(3)} and not len(ledger.quarantine())
    assert (
        "line 3 'Subtotal' (1) is left out: the sum of the 1 line above it" in mapping.notes
        and not mapping.doubts
    )


def test_describe_reads_like_a_table():
    _, mapping, _ = rows_of("us.csv")
    assert mapping.describe() == (
        "date ← 'Usage Date' (2025-01-13 … 2025-01-14, month first)\namount ← 'Cost' (3 amounts, sum 1,250.00)\n"
        "team ← 'Team' (fraud, search)\nservice ← 'Service' (GPU, Storage)\ncurrency ← USD (as the table says)\n"
        "basis ← Billed (cash): EffectiveCost is not known; where the amounts are amortised, write basis: Effective"
    )


REFUSED = [
    (
        "contradicting_dates.csv",
        "contradicting_dates.csv: 'date': line 2 '13/01/2025' can only be day first and line 3 '01/13/2025' only "
        "month first. Write all dates one way, best as 2025-01-31.",
    ),
    (
        "contradicting_numbers.csv",
        "contradicting_numbers.csv: 'cost': '1,234.50' has a decimal point and '1.234,50' a decimal comma: one of "
        "them would be wrong by a factor of a thousand or a hundred. Export the table with one way of writing numbers.",
    ),
    (
        "no_name_for_amount.csv",
        "no_name_for_amount.csv: 'alpha', 'beta' all hold numbers, and no name says which is the amount. Call it "
        "cost, or write a mapping.",
    ),
    (
        "twin_amounts.csv",
        "twin_amounts.csv: 'cost' and 'cost_usd' could both be the amount. Take one out, or write a mapping with amount: 'cost'.",
    ),
    (
        "no_amount.csv",
        "no_amount.csv: columns seen: date, team, service. None holds amounts. A bill needs a date (or month) and an amount: "
        "name them, for example, date and cost, or write a mapping.",
    ),
    (
        "no_date.csv",
        "no_date.csv: columns seen: team, service, cost. None holds dates or months. A bill needs a date (or month) and an "
        "amount: name them, for example, date and cost, or write a mapping.",
    ),
    (
        "header_only.csv",
        "header_only.csv: the table has a header (date, team, cost) and no rows. Export it with its data.",
    ),
    ("empty.csv", "empty.csv: the file is empty. Export it again."),
    (
        "no_header.csv",
        "no_header.csv: no header row was found: line 1 is '2025-01-01 | search | 5'. Write the column names into the first "
        "line, for example date,team,service,cost,currency.",
    ),
    (
        "unclosed.csv",
        "unclosed.csv: line 2: the quotes of this line do not close (unexpected end of data); everything behind it would be "
        "swallowed. Correct the line, or export the file again.",
    ),
    (
        "twice.csv",
        "twice.csv: column 'cost' appears twice in the header, at places 2 and 3: which one counts? Rename one or take it out.",
    ),
]


@pytest.mark.parametrize("name,message", REFUSED, ids=[name for name, _ in REFUSED])
def test_a_table_that_cannot_be_used_is_refused_in_one_sentence(name, message):
    with pytest.raises(InputError) as error:
        guess_mapping(read_table(TABLES / name))
    assert str(error.value) == message


def test_a_missing_file_names_its_neighbour():
    with pytest.raises(InputError, match="there is no such file. Did you mean 'german.csv'?"):
        read_table(TABLES / "germn.csv")


def test_what_cannot_be_read_reaches_the_quarantine_with_its_row(tmp_path):
    frame, mapping, rows = rows_of("broken_rows.csv")
    assert len(rows) == 5 == len(frame)
    ledger = Ledger(tmp_path / "ledger")
    receipt = ledger.ingest([("broken_rows.csv", rows)])
    refused = ledger.quarantine()
    assert receipt.rows_in == 5 and ledger.totals()["USD"] == Decimal(5)
    assert list(refused["x_Row"]) == [2, 3, 4, 5] and set(refused["x_File"]) == {"broken_rows.csv"}
    assert "6 has 4 cells where the header has 3" in refused["BilledCost"].iloc[-1]
    assert (
        "1 of 5 amounts cannot be read" not in " ".join(mapping.notes)
        and "2 of 5 amounts cannot be read; their rows go to quarantine with file and row"
        in mapping.notes
    )


def test_a_number_of_the_other_convention_is_never_read_another_way():
    frame = read_table(TABLES / "german.csv")
    mapping = guess_mapping(frame).model_copy(update={"decimal": "."})
    assert costs(apply_mapping(frame, mapping)) == ["'1.234,50'", "'20,25-'"]


def test_formula_strings_stay_text():
    _, _, rows = rows_of("formulas.csv")
    assert (
        json.loads(rows["Tags"][0])["team"] == '=HYPERLINK("http://evil.example")'
        and rows["ServiceName"][1] == "-2+3"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_give_the_same_table(tmp_path, encoding):
    (tmp_path / "bill.csv").write_bytes(
        "Datum;Team;Kosten\n31.01.2025;Müller;5,50\n".encode(encoding)
    )
    frame = read_table(tmp_path / "bill.csv")
    assert (
        frame.values.tolist() == [["31.01.2025", "Müller", "5,50"]]
        and frame.attrs["delimiter"] == ";"
    )


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_with_title_rows_dates_and_a_total(tmp_path):
    rows = [
        ["Cloud bill"],
        [],
        ["Usage Date", "Team", "Cost"],
        [dt.date(2025, 2, 1), "a", 1.234],
        [dt.datetime(2025, 2, 2), "b", 5],
        ["Total", None, 6.234],
    ]
    frame = read_table(workbook(tmp_path / "b.xlsx", {"Notes": [["read me"]], "Data": rows}))
    mapping = guess_mapping(frame)
    assert frame.attrs["sheet"] == "Data" and frame.attrs["header_row"] == 3
    assert (mapping.decimal, mapping.decimal_assumed, mapping.date_order) == (".", False, "iso")
    assert costs(apply_mapping(frame, mapping)) == ["1.234", "5"]
    assert "line 6 'Total' says 6.234; the rows above sum to 6.234: they agree" in mapping.notes


def test_a_second_sheet_with_data_is_said_and_can_be_chosen(tmp_path):
    table = [["date", "cost"], *[[dt.date(2025, 1, d), d] for d in (1, 2, 3)]]
    path = workbook(tmp_path / "b.xlsx", {"January": table, "February": table[:3]})
    assert any("not read: the sheets February" in note for note in read_table(path).attrs["notes"])
    assert len(read_table(path, sheet="February")) == 2
    with pytest.raises(
        InputError,
        match="b.xlsx: unknown sheet 'Januar'. Did you mean 'January'\\? Known: January, February.",
    ):
        read_table(path, sheet="Januar")


def test_a_formula_without_a_stored_value_is_refused_not_empty(tmp_path):
    frame = read_table(
        workbook(
            tmp_path / "b.xlsx",
            {"S": [["date", "cost"], [dt.date(2025, 1, 1), 5], [dt.date(2025, 1, 2), "=1+1"]]},
        )
    )
    assert (
        costs(apply_mapping(frame, guess_mapping(frame)))[1]
        == "'formula without a stored value: =1+1'"
    )


def test_wide_excel_with_dates_as_headings(tmp_path):
    rows = [["Team", dt.date(2025, 1, 1), dt.date(2025, 2, 1)], ["a", 1, 2], ["b", 3, None]]
    frame = read_table(workbook(tmp_path / "w.xlsx", {"S": rows}))
    assert costs(apply_mapping(frame, guess_mapping(frame))) == ["1", "2", "3"]


def test_a_zip_that_is_no_workbook_and_a_bomb_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(
        InputError, match="a.xlsx: is no Excel workbook. Save it as .xlsx or export CSV."
    ):
        read_table(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (70 << 20))
    with pytest.raises(InputError, match="refused as a bomb"):
        read_table(tmp_path / "b.xlsx")
    (tmp_path / "c.xlsx").write_text("date,cost\n")
    with pytest.raises(InputError, match="c.xlsx: is no Excel workbook"):
        read_table(tmp_path / "c.xlsx")


def test_a_mapping_survives_its_file_and_typos_are_named(tmp_path):
    _, mapping, _ = rows_of("german.csv")
    mapping.save(tmp_path / "m.yaml")
    assert load_mapping(tmp_path / "m.yaml") == mapping
    (tmp_path / "n.yaml").write_text("date: Datum\namout: Betrag\n")
    with pytest.raises(InputError, match="unknown key 'amout'. Did you mean 'amount'?"):
        load_mapping(tmp_path / "n.yaml")
    with pytest.raises(
        InputError, match="german.csv: unknown column 'Betrog €'. Did you mean 'Betrag €'?"
    ):
        apply_mapping(
            read_table(TABLES / "german.csv"), mapping.model_copy(update={"amount": "Betrog €"})
        )
    with pytest.raises(InputError, match="german.csv: the mapping names no amount column."):
        apply_mapping(read_table(TABLES / "german.csv"), Mapping(date="Datum"))


@pytest.mark.parametrize(
    "text,kind",
    [
        ("business_unit,month,currency,amount,approved_by\nA,2025-01,USD,5,x\n", "budget"),
        ("date,sessions\n2025-01-01,5\n", "driver"),
        ("date,name,role,unit,value\n2025-01-01,s,driver,s,5\n", "driver"),
        ("date,team,cost\n2025-01-01,a,5\n", "bill"),
        ("date,team,value\n2025-01-01,a,$5\n", "bill"),
    ],
)
def test_what_kind_a_table_is(tmp_path, text, kind):
    (tmp_path / "t.csv").write_text(text)
    assert kind_of(read_table(tmp_path / "t.csv")) == kind


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from([(",", "."), (".", ","), (" ", ",")]),
)
def test_a_number_written_any_way_is_read_back(value, marks):
    group, decimal = marks
    text = f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", group)
    assert formats.read_number(text, decimal)[0] == value
    assert formats.read_number(f"({text.removeprefix('-')})", decimal)[0] == -abs(value)


@given(
    st.dates(dt.date(2001, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(["day first", "month first"]),
)
def test_a_date_written_any_way_is_read_back(day, order):
    shape = "%d/%m/%Y" if order == "day first" else "%m/%d/%Y"
    assert formats.read_moment(day.strftime(shape)).day(order) == day
    assert formats.read_moment(day.isoformat()).day(order) == day


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers_of_numbers_and_dates(text):
    for decimal in ".,":
        found = formats.read_number(text, decimal)
        assert found is None or found[0].is_finite()
    moment = formats.read_moment(text)
    assert moment is None or moment.order in ("any", "open", "day first", "month first")


def test_what_can_be_read_two_ways_is_a_doubt_and_a_saved_mapping_is_its_owners_word(tmp_path):
    _, mapping, _ = rows_of("ambiguous.csv")
    assert mapping.doubts == (
        "dates such as '01/02/2025' can be read two ways: month first is taken. "
        "Write date_order: day first or date_order: month first",
    )
    mapping.save(tmp_path / "m.yaml")
    assert f"# IN DOUBT: {mapping.doubts[0]}\n" in (tmp_path / "m.yaml").read_text(encoding="utf-8")
    assert load_mapping(tmp_path / "m.yaml") == mapping.settled() and mapping.settled().doubts == ()
    assert (
        rows_of("us.csv")[1].doubts
        == rows_of("german.csv")[1].doubts
        == rows_of("wide_months.csv")[1].doubts
        == ()
    )


@pytest.mark.parametrize(
    "text,doubts",
    [
        ('date,cost\n2025-03-01,"40,327"\n', 0),  # a decimal comma would have split the cell
        ("date,cost\n2025-03-01,1.000\n", 1),
        ("date;cost\n2025-03-01;1.000\n", 1),
        ("date\tcost\n2025-03-01\t1,000\n", 1),
        ("date,cost\n2025-03-01,1.000\n2025-03-02,0.5\n", 0),
        ("date,cost\n01.02.2025,5.00\n", 0),
        ("date,cost\n01/02/2025,5.00\n", 1),
    ],
)
def test_a_reading_is_unambiguous_where_the_file_tells(tmp_path, text, doubts):
    (tmp_path / "t.csv").write_text(text)
    assert len(guess_mapping(read_table(tmp_path / "t.csv")).doubts) == doubts
