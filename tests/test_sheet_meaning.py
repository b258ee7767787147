"""What a workbook says beside its values: the currency of its number formats, and further sheets of one table."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest
from openpyxl.styles.numbers import BUILTIN_FORMATS

from finops_model.errors import InputError
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.publish.adding.add import add
from finops_model.publish.start_reading import by_kept, fits, read_bill
from finops_model.settings import load_settings

EURO, DOLLAR = "#,##0.00 [$€-407]", "[$$-409]#,##0.00"


def workbook(path, formats, sheets=("Kosten",), above="", heading="cost"):
    """Three days of 10 on each sheet; the number formats of their amounts in turn."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for month, title in enumerate(sheets, 1):
        sheet = book.create_sheet(title)
        if above:
            sheet.append([above])
        sheet.append(["date", "team", heading])
        for day in (1, 2, 3):
            sheet.append([dt.date(2026, month, day), "a", 10])
            sheet.cell(sheet.max_row, 3).number_format = formats[day % len(formats)]
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("formats", "code", "assumed"),
    [
        ([EURO], "EUR", False),
        (['_-* #,##0.00\\ "€"_-'], "EUR", False),
        ([DOLLAR], "USD", False),
        (["General"], "USD", True),
        (["[$$-C09]#,##0.00"], "USD", True),  # a dollar of Australia is told by nobody
        ([BUILTIN_FORMATS[44]], "USD", True),  # shows the currency of whoever opens it
    ],
)
def test_the_currency_of_a_number_format_is_that_of_the_amounts(tmp_path, formats, code, assumed):
    guess = guess_mapping(read_table(workbook(tmp_path / "k.xlsx", formats)))
    assert (guess.currency_code, guess.currency_assumed) == (code, assumed)
    assert not guess.doubts
    said = f"currency {code} as the number format of the cells says"
    assert (said in guess.notes) is not assumed


def test_two_currencies_in_number_formats_are_asked_about(tmp_path):
    guess = guess_mapping(read_table(workbook(tmp_path / "k.xlsx", [EURO, DOLLAR])))
    assert guess.doubts == (
        "the cells of amounts are formatted in USD (first: line 2) and EUR (first: line 3): USD is taken. Give each currency a file of its own, "
        "or write currency_code: USD",
    )
    other = guess_mapping(read_table(workbook(tmp_path / "a.xlsx", [EURO], above="all in USD")))
    assert other.doubts == (
        "the number format and the lines above the table name EUR and USD: EUR is taken. Write currency_code: EUR",
    )


def test_a_kept_mapping_does_not_read_another_number_format(tmp_path):
    kept = guess_mapping(read_table(workbook(tmp_path / "k.xlsx", [DOLLAR])))
    assert fits(read_table(workbook(tmp_path / "l.xlsx", [DOLLAR])), kept)
    assert not fits(read_table(workbook(tmp_path / "m.xlsx", [EURO])), kept)


def test_further_sheets_of_one_table_are_asked_about(tmp_path):
    months = workbook(tmp_path / "m.xlsx", [EURO], sheets=("Jan", "Feb", "Mar"))
    guess = guess_mapping(read_table(months))
    assert guess.sheet == "Jan" and guess.doubts == (
        "sheets 'Feb', 'Mar' have the columns of 'Jan' and are not counted. Save each sheet that counts as a file of its own, or write "
        "sheet: 'Feb' to read it instead",
    )
    with pytest.raises(InputError, match="not counted"):
        read_bill(months)
    assert not fits(read_table(months), guess), "next month's workbook has one sheet more"
    settled = guess.settled()
    mapping = settled.model_copy(update={"sheet": "Feb"}).save(tmp_path / "feb.yaml")
    frame = read_bill(months, mapping=mapping).item[1]
    assert len(frame) == 3 and frame["ChargePeriodStart"].min().startswith("2026-02-01")
    alone = guess_mapping(read_table(months, sheet="Feb"))
    assert not alone.doubts


def test_a_mapping_given_by_hand_reads_the_sheet_it_names_or_nothing(tmp_path):
    """It read the main sheet instead, without a word: January for April."""
    months = workbook(tmp_path / "m.xlsx", [EURO], sheets=("Jan", "Feb", "Mar"))
    one = guess_mapping(read_table(months, sheet="Mar")).settled()
    gone = one.model_copy(update={"sheet": "Fab"})
    mapping = gone.save(tmp_path / "fab.yaml")
    words = (
        "m.xlsx: unknown sheet 'Fab'. Did you mean 'Feb'? Known: Jan, Feb, Mar. Nothing was read. Name one of them (sheet: in a "
        "mapping), or none: then the visible one that looks most like data is read."
    )
    ledger = Ledger(tmp_path / "ledger")
    for reading in (
        lambda: read_bill(months, mapping=mapping),
        lambda: ledger.ingest(months, mapping=gone),
    ):
        with pytest.raises(InputError) as problem:
            reading()
        assert str(problem.value) == words
    assert not (tmp_path / "ledger").exists()
    ledger.ingest(months, mapping=one)
    assert list(ledger.totals_by_period()["BillingPeriod"]) == ["2026-03"]
    unnamed = one.model_copy(update={"sheet": None}).save(tmp_path / "any.yaml")
    assert read_bill(months, mapping=unnamed).item[1]["ChargePeriodStart"].min() > "2026-01"


def test_a_kept_mapping_reads_the_sheet_it_was_confirmed_for_where_the_workbook_has_it(tmp_path):
    def book(name, months):
        found = openpyxl.load_workbook(workbook(tmp_path / name, [EURO], sheets=months))
        other = found.create_sheet("Plan")  # longer, with the same columns in another order
        other.append(["team", "cost", "date"])
        for day in range(1, 9):
            other.append(["a", 99, dt.date(2026, 1, day)])
        found.save(tmp_path / name)
        return tmp_path / name

    first, next_one = book("jan.xlsx", ("Ist",)), book("feb.xlsx", ("Ist",))
    guess_mapping(read_table(first, sheet="Ist")).settled().save(tmp_path / "mapping.yaml")
    assert read_table(next_one).attrs["sheet"] == "Plan"
    reading = by_kept(next_one, read_table(next_one), tmp_path)
    assert list(reading.item[1]["BilledCost"]) == ["10", "10", "10"]
    renamed = workbook(tmp_path / "mar.xlsx", [EURO], sheets=("Mar",))
    assert len(by_kept(renamed, read_table(renamed), tmp_path).item[1]) == 3


def hide(path, rows=(), columns="", sheets=()):
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in rows:
        sheet.row_dimensions[row].hidden = True  # as a filter hides it too
    for column in columns:
        sheet.column_dimensions[column].hidden = True
    for name in sheets:
        book[name].sheet_state = "hidden"
    book.save(path)
    return path


def test_hidden_rows_and_columns_count_and_that_is_said(tmp_path):
    """30 in the ledger and 10 on the screen: nobody could tell why."""
    path = hide(workbook(tmp_path / "k.xlsx", [DOLLAR]), rows=(1, 3, 4, 9), columns="B")
    said = (
        "hidden in the workbook, by a person or a filter, and count like any other: 2 rows (first: line 3) and 1 column ('team'). "
        "Delete what shall not count"
    )
    frame = read_table(path)
    assert said in guess_mapping(frame).notes
    ledger = Ledger(tmp_path / "ledger")
    receipt = ledger.ingest([read_bill(path).item])
    assert f"k.xlsx: {said}" in map(str, receipt.warnings)
    assert str(ledger.totals()["USD"]) == "30.00"
    one = read_table(hide(workbook(tmp_path / "one.xlsx", [DOLLAR]), rows=(4,)))
    assert one.attrs["hidden"].startswith(
        "hidden in the workbook, by a person or a filter, and counts like any other: 1 row (first: line 4). "
    )
    assert "hidden" not in read_table(workbook(tmp_path / "none.xlsx", [DOLLAR])).attrs


def test_hidden_sheets_are_not_read_and_that_is_said(tmp_path):
    path = hide(workbook(tmp_path / "k.xlsx", [DOLLAR], sheets=("Ist", "Alt")), sheets=("Alt",))
    assert (
        "not read: what is hidden in the workbook: 1 sheet ('Alt')"
        in read_table(path).attrs["notes"]
    )
    assert len(read_table(path, sheet="Alt")) == 3


def test_hidden_rows_of_a_budget_are_said_where_it_is_added(tmp_path):
    book = openpyxl.Workbook()
    for line in ("business_unit,month,currency,amount", "A,2025-03,USD,5", "B,2025-03,USD,7"):
        book.active.append(line.split(","))
    book.save(tmp_path / "plan.xlsx")
    hide(tmp_path / "plan.xlsx", rows=(3,))
    (tmp_path / "finops.yaml").write_text("company: A\n")
    (said,) = add([tmp_path / "plan.xlsx"], load_settings(tmp_path))
    assert (
        "A, B; hidden in the workbook, by a person or a filter, and counts like any other: 1 row (first: line 3). "
        in said
    )
