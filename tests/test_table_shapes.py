"""Tables of any other kind: headers of several lines, preambles, subtotals, months, units, streams; each family with its truth."""

from __future__ import annotations

import tracemalloc
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import tables_world as world

from finops_model.errors import InputError
from finops_model.facts.intake.tables import (
    Mapping,
    apply_mapping,
    guess_mapping,
    load_mapping,
    read_table,
)
from finops_model.facts.plans import read as plans
from finops_model.publish.start_reading import fits


def read(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    frame = read_table(path)
    return frame, guess_mapping(frame)


def amounts(rows) -> list[Decimal]:
    return [Decimal(cost) for cost in rows["BilledCost"]]


@pytest.mark.parametrize("name", world.FILES)
def test_a_file_as_people_have_it_comes_in_to_the_cent(name, tmp_path):
    """Seen before: 8,080.02 for 4,040.01 where subtotals were counted, and refusals of headers in two lines."""
    truth = world.FILES[name](tmp_path / name)
    frame = read_table(tmp_path / name)
    mapping = guess_mapping(frame)
    rows = apply_mapping(frame, mapping)
    starts = sorted(rows["ChargePeriodStart"])
    assert (sum(amounts(rows)), len(rows)) == (truth.total, truth.rows)
    assert set(rows["BillingCurrency"]) == {truth.currency}
    assert (starts[0][:7], starts[-1][:7]) == truth.months
    assert tuple((role, getattr(mapping, role)) for role, _ in truth.roles) == truth.roles


# -- header


def test_a_name_merged_downwards_stands_in_each_of_its_rows_and_a_number_once(tmp_path):
    book = openpyxl.Workbook()
    ws = book.active
    ws.append(["Date", "Team", "Cost USD"])
    for day, team, cost in ((1, "ads", 1.5), (2, None, 2.5), (3, "chat", 4)):
        ws.append([f"2026-01-0{day}", team, cost])
    ws.merge_cells("B2:B3")
    ws.merge_cells("B4:B5")
    book.save(tmp_path / "short.xlsx")
    # a range to the last row of the sheet, written into the file: openpyxl would write a million empty rows
    with (
        zipfile.ZipFile(tmp_path / "short.xlsx") as old,
        zipfile.ZipFile(tmp_path / "m.xlsx", "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="B4:B5"', b'ref="B4:B1048576"'))
    tracemalloc.start()
    frame = read_table(tmp_path / "m.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frame["Team"].tolist() == ["ads", "ads", "chat"]
    assert peak < 20e6  # nothing of it is expanded: a million cells would be some 100 MB


def test_a_title_in_the_middle_above_the_columns_is_no_heading(tmp_path):
    frame, _ = read(
        tmp_path, ",,Cloud costs,\nDate,Team,Service,Cost USD\n2026-01-01,ads,GPU,1.5\n"
    )
    assert list(frame.columns) == ["Date", "Team", "Service", "Cost USD"]
    assert frame.attrs["above"] == [(1, "Cloud costs")]


def test_a_unit_beside_the_table_is_no_heading(tmp_path):
    frame, mapping = read(tmp_path, ",,in k EUR\nTeam,2026-01,2026-02\nads,1.5,2.5\nchat,1,2\n")
    assert list(frame.columns) == ["Team", "2026-01", "2026-02"]
    assert (mapping.scale, mapping.currency_code) == (1000, "EUR")


def test_a_heading_of_two_lines_says_unit_and_currency(tmp_path):
    frame, mapping = read(
        tmp_path, ",,Cost\nDate,Team,TEUR\n2026-01-01,ads,1.5\n2026-01-02,ads,2\n"
    )
    assert frame.attrs["header_row"] == 2 and (mapping.scale, mapping.currency_code) == (
        1000,
        "EUR",
    )


# -- subtotals


def test_a_total_that_is_no_sum_is_asked_about_and_done_as_told(tmp_path):
    text = "date,team,cost usd\n2026-01-01,ads,1.00\n2026-01-02,ads,2.00\nTotal ads,,4.00\n2026-01-03,chat,5.00\n"
    frame, mapping = read(tmp_path, text)
    key = "Total ads = 4.00"
    assert mapping.doubts == (
        f"line 4 'Total ads' (4.00) looks like a total, and no lines of the table sum to it: it is counted. Write leave: ['{key}'] or "
        f"count: ['{key}']",
    )
    with pytest.raises(InputError) as error:
        apply_mapping(frame, mapping.model_copy(update={"open_totals": ()}))
    assert str(error.value) == f"t.csv: {mapping.doubts[0]}."
    left = apply_mapping(frame, mapping.model_copy(update={"leave": (key,), "open_totals": ()}))
    assert amounts(left) == [1, 2, 5]
    assert left.attrs["warnings"] == ["line 4 'Total ads' (4.00) is left out, as the mapping says"]
    agreed = mapping.settled()
    assert len(apply_mapping(frame, agreed)) == 4 and agreed.count == (key,) and not agreed.doubts
    agreed.save(tmp_path / "mapping.yaml")
    kept = load_mapping(tmp_path / "mapping.yaml")
    assert fits(frame, kept)
    other, _ = read(tmp_path, text.replace("4.00", "4.50"), "next.csv")
    assert not fits(other, kept)  # another total is asked about again


def test_a_total_below_that_differs_is_asked_about(tmp_path):
    _, mapping = read(tmp_path, "date,cost usd\n2026-01-01,1\n2026-01-02,2\nTotal,4\n")
    assert mapping.doubts == (
        "line 4 'Total' says 4 and the rows above sum to 3: rows may be missing, or counted twice. Mend the file, or write leave: ['Total = 4']",
    )
    assert mapping.settled().leave == ("Total = 4",)


@pytest.mark.parametrize(
    "rows",
    [
        ["2026-01-01,Total Fitness,ads,100", "2026-01-02,GPU,ads,90"],
        ["2026-01-01,GPU,ads,100", "2026-01-02,GPU,,100", "2026-01-03,GPU,,200"],
        ["2026-01-01,GPU,ads,100", "2026-01-02,GPU,ads,100", "2026-01-03,GPU,ads,200"],
    ],
)
def test_a_charge_that_happens_to_be_a_sum_or_is_called_total_stays(rows, tmp_path):
    frame, mapping = read(tmp_path, "date,service,team,cost usd\n" + "\n".join(rows) + "\n")
    assert not mapping.doubts and len(apply_mapping(frame, mapping)) == len(rows)


def test_a_flat_fee_of_a_vendor_called_total_is_asked_about_not_dropped(tmp_path):
    """One line above of the same amount: it may be a total, and it has date, service and team of its own."""
    frame, mapping = read(
        tmp_path,
        "date,service,team,cost usd\n2026-01-01,GPU,ads,100\n2026-01-02,Total Fitness,ads,100\n",
    )
    assert len(apply_mapping(frame, mapping)) == 2 and "Total Fitness" in mapping.doubts[0]


def test_subtotals_above_their_lines_by_group_and_within_one_another(tmp_path):
    text = (
        "Group,Team,2026-01,2026-02\nTotal A,,30,3\nA,x,10,1\nA,y,20,2\nTotal B,,40,4\nB,x,40,4\n"
    )
    frame, mapping = read(tmp_path, text)
    assert sum(amounts(apply_mapping(frame, mapping))) == 77 and not mapping.doubts
    text = "Group,Team,2026-01,2026-02\nA,x,10,1\nB,x,5,5\nA,y,20,2\nTotal A,,30,3\nTotal B,,5,5\nGrand total,,35,8\n"
    frame, mapping = read(tmp_path, text)
    assert sum(amounts(apply_mapping(frame, mapping))) == 43 and not mapping.doubts
    assert [one.of for one in frame.attrs["subtotals"]] == [
        "the 2 lines of 'a'",
        "the 1 line of 'b'",
    ]


# -- streams


@pytest.mark.parametrize("text", ["Cost\n1.50\n2.50\n", "GPU: 1.50\nDisk: 2.50\n"])
def test_a_file_of_one_column_is_refused_with_what_a_bill_needs(text, tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    seen = text.splitlines()[0]
    assert str(error.value) == (
        f"t.csv: one column: line 1 is '{seen}'. A bill needs a date (or month) and an amount in each line, for example "
        "date,team,service,cost,currency."
    )


def test_values_in_a_stream_keep_their_lines_and_gaps(tmp_path):
    frame, mapping = read(
        tmp_path,
        "Date: 2026-01-01\nCost: 1,234.50 USD\nTeam: ads\nDate: 2026-01-02\nCost: 2.50 USD\n",
        "t.txt",
    )
    assert frame.attrs["lines"] == [1, 4] and frame["Team"].tolist() == ["ads", ""]
    assert amounts(apply_mapping(frame, mapping)) == [Decimal("1234.50"), Decimal("2.50")]
    assert "a label and a value per line: 2 charges of Date, Cost, Team" in mapping.notes


# -- months


@pytest.mark.parametrize(
    "style",
    [
        "Jan 26|Feb 26",
        "2026-01|2026-02",
        "01/2026|02/2026",
        "2026-01-01|2026-02-01",
        "January 2026|February 2026",
    ],
)
def test_months_in_any_writing(style, tmp_path):
    one, two = style.split("|")
    frame, mapping = read(tmp_path, f"Team,{one},{two}\nads,1,2\nchat,3,4\n")
    assert mapping.months == {one: "2026-01", two: "2026-02"}


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "Team,Q1 2026,Q2 2026\nads,1,2\n",
            "t.csv: 'Q1 2026', 'Q2 2026': a quarter is no month, and nobody knows how its cost lies over its months. Give the table by month, "
            "for example with columns 2026-01, 2026-02.",
        ),
        (
            "Quarter,Team,Cost\nQ1 2026,ads,1\nQ2 2026,ads,2\n",
            "t.csv: 'Quarter' says 'Q1 2026': a quarter is no month, and nobody knows how its cost lies over its months. Give the table by month or "
            "by day.",
        ),
        (
            "Team,Jan,Feb\nads,1,2\n",
            "t.csv: the months 'Jan', 'Feb' name no year, and no line above the table does. Write them as 2026-01, 2026-02 or Jan 26, Feb 26.",
        ),
        (
            "Costs of 2025 and 2026\nTeam,Jan,Feb\nads,1,2\n",
            "t.csv: the months 'Jan', 'Feb' name no year, and above the table stand 2025, 2026. Write them as 2026-01, 2026-02 or Jan 26, Feb 26.",
        ),
        (
            "Costs of 2026\nTeam,Nov,Dec,Jan\nads,1,2,3\n",
            "t.csv: the months 'Nov', 'Dec', 'Jan' go over the end of a year. Write them as 2026-01, 2026-02 or Jan 26, Feb 26.",
        ),
    ],
)
def test_what_is_no_month_is_refused_with_the_reason(text, message, tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert str(error.value) == message


BESIDE = {"Currency": "EUR", "Charge type": "Tax", "Region": "eu-1", "Service": "GPU", "Quantity": "3", "Date": "2026-01-05"}  # fmt: skip


@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("one", BESIDE)
@pytest.mark.parametrize("other", BESIDE)
def test_any_two_columns_may_stand_beside_months(one, other, before, tmp_path):
    """A column of currencies was an IndexError: there are more amounts than lines."""
    names = list(dict.fromkeys([one, other]))
    months, beside = ["2026-01", "2026-02", "2026-03"], [BESIDE[name] for name in names]
    lines = [["Team", *(names + months if before else months + names)]]
    for team, cost in (("ads", ["10", "20", ""]), ("chat", ["1", "2", "3"])):
        lines.append([team, *(beside + cost if before else cost + beside)])
    frame, mapping = read(tmp_path, "\n".join(map(",".join, lines)) + "\n")
    rows = apply_mapping(frame, mapping)
    assert (sum(amounts(rows)), len(rows), list(mapping.months)) == (Decimal(36), 5, months)
    assert set(rows["BillingCurrency"]) == {"EUR" if "Currency" in names else "USD"}
    assert set(rows["ChargeCategory"]) == {"Tax" if "Charge type" in names else "Usage"}


def test_two_currencies_beside_months_are_never_added_up(tmp_path):
    text = "Team,Currency,2026-01,2026-02\nads,EUR,1,2\nchat,USD,10,20\nmail,eur,100,\n"
    frame, mapping = read(tmp_path, text)
    assert mapping.found["amount"] == "5 amounts: 103 EUR, 30 USD"
    assert mapping.found["currencies"] == "2 currencies: EUR (3 amounts), USD (2 amounts); they are never added up"  # fmt: skip
    rows = apply_mapping(frame, mapping)
    sums = {code: sum(amounts(own)) for code, own in rows.groupby("BillingCurrency")}
    assert {code.upper() for code in sums} == {"EUR", "USD"} and sum(sums.values()) == 133


def test_a_quarter_beside_months_that_is_not_their_sum_is_asked_about(tmp_path):
    _, mapping = read(
        tmp_path, "Team,2026-01,2026-02,2026-03,Q2 2026\nads,1,2,3,50\nchat,1,1,1,9\n"
    )
    assert mapping.doubts == (
        "'Q2 2026' holds money that is not in the months (2 amounts, sum 59), is not their sum, and is not counted. Write ignore: ['Q2 2026'], or "
        "give its months",
    )


def test_a_kept_mapping_is_not_taken_for_another_year_or_unit(tmp_path):
    text = "Costs of 2026 in k EUR\nTeam,Jan,Feb\nads,1,2\nchat,3,4\n"
    frame, mapping = read(tmp_path, text)
    assert fits(frame, mapping)
    for other in (
        text.replace("2026", "2027"),
        text.replace("k EUR", "EUR"),
        text.replace("k EUR", "k USD"),
    ):
        frame, _ = read(tmp_path, other, "next.csv")
        assert not fits(frame, mapping), other


def test_a_kept_mapping_without_a_currency_column_is_not_taken_for_another_currency(tmp_path):
    frame, mapping = read(tmp_path, "date,team,cost EUR\n2026-03-01,a,10\n2026-03-02,b,11\n")
    assert fits(frame, mapping) and mapping.currency is None
    for codes, right in (("EUR,EUR", True), ("eur,", True), ("USD,USD", False), ("EUR,USD", False)):
        one, two = codes.split(",")
        text = f"date,team,cost EUR,currency\n2026-04-01,a,10,{one}\n2026-04-02,b,11,{two}\n"
        frame, _ = read(tmp_path, text, "next.csv")
        assert fits(frame, mapping) is right, codes


@pytest.mark.parametrize("cell", ["1.5k", "12 %", "1,2 Mio."])
def test_a_cell_that_is_no_plain_number_is_named(tmp_path, cell):
    with pytest.raises(InputError) as problem:
        read(tmp_path, f"date;team;cost\n2026-03-01;a;{cell}\n2026-03-02;b;{cell}\n")
    assert (
        f"None holds amounts. 'cost' says '{cell}' (line 2), which is no plain number: write it out, as 1500.00."
        in str(problem.value)
    )


# -- parts beside their sum


def test_services_as_columns_beside_their_sum_are_not_counted_twice(tmp_path):
    _, mapping = read(
        tmp_path, "date,Total cost ($),EC2 ($),S3 ($)\n2026-01-01,3,1,2\n2026-01-02,5.50,1,4.50\n"
    )
    assert not mapping.doubts and (
        "'Total cost ($)' is the sum of 'EC2 ($)', 'S3 ($)' on every row: they are not counted again"
        in mapping.notes
    )
    _, mapping = read(
        tmp_path, "date,Total cost ($),EC2 ($),S3 ($)\n2026-01-01,3,1,2\n2026-01-02,5.50,1,4.40\n"
    )
    assert len(mapping.doubts) == 2


# -- decimal marks (§13.10)

MARKS = """Datum;Kosten;Hours;Credits;Team
05.01.2026;1.234,56;1,234.5;-1,234.50;a
06.01.2026;1.000;2,000;-2,000;b
"""


def test_each_column_says_by_itself_how_it_writes_its_numbers(tmp_path):
    """A cost of 1.000 is a thousand here, and so are hours of 2,000: read with one mark, each but one would be off."""
    frame, guess = read(tmp_path, MARKS)
    assert (guess.decimal, guess.decimals, guess.quantity) == (
        ",",
        {"Hours": ".", "Credits": "."},
        "Hours",
    )
    assert "'Hours' has the decimal mark '.', the amounts have ','" in guess.notes
    assert "'Credits' holds money (2 amounts, sum -3,234.50) and is not counted" in guess.doubts[0]
    mapping = guess.model_copy(update={"add": {"Credits": "Credit"}})
    rows = apply_mapping(frame, mapping)
    assert amounts(rows) == [Decimal(x) for x in ("1234.56", "-1234.50", "1000", "-2000")]
    assert rows["ConsumedQuantity"].tolist() == ["1234.5", "", "2000", ""]
    by_hand = mapping.model_copy(update={"decimals": {}})  # a mapping that somebody wrote
    assert apply_mapping(frame, by_hand).equals(rows)


def test_the_marks_are_kept_and_a_file_that_contradicts_them_is_asked_about(tmp_path):
    _, guess = read(tmp_path, MARKS)
    guess.model_copy(update={"add": {"Credits": "Credit"}, "doubts": ()}).save(tmp_path / "m.yaml")
    kept = load_mapping(tmp_path / "m.yaml")
    assert kept.decimals == {"Hours": ".", "Credits": "."}
    quiet = MARKS.replace("1,234.5;", "3,000;").replace("-1,234.50", "-3,000")
    frame, again = read(tmp_path, quiet, "n.csv")
    assert again.decimals == {}  # nothing of February tells; January did
    assert fits(frame, kept)
    rows = apply_mapping(frame, kept)
    assert rows["ConsumedQuantity"].tolist() == ["3000", "", "2000", ""]
    assert amounts(rows)[1::2] == [Decimal(-3000), Decimal(-2000)]
    frame, _ = read(tmp_path, MARKS.replace("1,234.5;", "1.234,5;"), "o.csv")
    assert not fits(frame, kept)


def test_a_column_that_contradicts_itself_is_refused_still(tmp_path):
    with pytest.raises(InputError, match="has a decimal point and '1.234,56' a decimal comma"):
        read(tmp_path, MARKS.replace("1.000;", "1,000.50;"))


def test_amounts_that_are_formulas_without_a_stored_value_say_to_save_the_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (["date", "team", "cost"], ["2026-03-01", "a", "=1+1"], ["2026-03-02", "b", "=1+2"]):
        book.active.append(row)
    book.save(tmp_path / "bill.xlsx")
    with pytest.raises(InputError) as problem:
        guess_mapping(read_table(tmp_path / "bill.xlsx"))
    assert (
        "None holds amounts. 'cost' is a formula without a stored value (line 2): open the file in Excel and save it, "
        "then give it again."
    ) in str(problem.value)


def unstored(tmp_path, *rows):
    """A workbook of a program that stored no value of its formulas."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    return tmp_path / "f.xlsx"


SAVE = " is a formula without a stored value (line 2): open the file in Excel and save it, then give it again."


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        (["date", "team", "cost"], ["=A9", "a", "=1+1"], "none holds amounts. 'date'"),
        (["date", "team", "cost"], ["=A9", "a", 2.5], "None holds dates or months. 'date'"),
        (["team", "Jan 2026", "Feb 2026"], ["a", "=1+1", "=1+2"], "amounts. 'Jan 2026'"),
    ],
)
def test_formulas_without_a_stored_value_say_so_wherever_they_stand(tmp_path, head, row, said):
    with pytest.raises(InputError) as problem:
        guess_mapping(read_table(unstored(tmp_path, head, row, row)))
    assert said + SAVE in str(problem.value)


def test_rows_of_amounts_without_a_stored_value_are_refused_with_what_to_do(tmp_path):
    path = unstored(tmp_path, ["date", "cost"], ["2026-03-01", "=1+1"], ["2026-03-02", 4])
    rows = apply_mapping(read_table(path), Mapping(date="date", amount="cost"))
    assert "'cost'" + SAVE in rows.attrs["warnings"]


@pytest.mark.parametrize(
    ("reader", "head", "row", "column"),
    [
        ("budgets", "business_unit,month,currency,amount", "A,2026-01,USD,=1+1", "amount"),
        ("invoices", "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount", "A,2026-01,USD,=1+1", "Amount"),
        ("organisation", "team,business_unit", "A,=B1", "business_unit"),
        ("drivers", "date,sessions", "2026-01-01,=1+1", "sessions"),
    ],
)  # fmt: skip
def test_a_plan_whose_cells_are_formulas_without_a_stored_value_says_so(
    tmp_path, reader, head, row, column
):
    """An organisation took 'formula without a stored value: =B1' for the name of a unit."""
    path = unstored(tmp_path, head.split(","), row.split(","))
    with pytest.raises(InputError) as problem:
        read = getattr(plans, f"read_{reader}")
        read([path] if reader == "drivers" else path, *(["USD"] if reader == "budgets" else []))
    assert str(problem.value) == f"f.xlsx: '{column}'{SAVE}"
