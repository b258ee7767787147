"""A book of what-ifs: written, filled in as somebody would, read with suspicion, answered beside it (docs/method §3.85 to §3.87)."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from commands import finops
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st

import finops_model as fm
from finops_model.errors import FinOpsError, InputError
from finops_model.front.book import layout as at
from finops_model.front.book.reading import read_book
from finops_model.front.book.results import compare_book
from finops_model.front.book.writing import write_book
from finops_model.scenario.files import writing

GPU = "prices/GPU/price"
ALL = "workloads/*/demand/level"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ws")
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day},{90 + i % 7},a,GPU" for i, day in enumerate(days)]
    bill += [f"{day},{30 + i % 5},b,Storage" for i, day in enumerate(days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    made = fm.start(folder / "bill.csv", folder=folder / "demo")
    for name, changes in {
        "cheaper": [writing.change_of("scale", f"{GPU}=0.8 from 2025-05", because="Offer")],
        "range": [
            writing.change_of("set", f"{GPU}={{p10: 0.9, p50: 1, p90: 1.3}}", because="b"),
            writing.launch_of("copilot=200 from 2025-05", because="Plan"),
        ],
        "risk": [
            writing.change_of(
                "add",
                "risks/cut={kind: announced, skus: GPU, changes: [{since: 2025-05-01, factor: 0.9}]}",
                because="b",
            )
        ],
    }.items():
        file = made.path(f"scenarios/{name}.yaml")
        writing.write_new(file, writing.document_of(name, changes, "00_base.yaml"))
    return made


@pytest.fixture(scope="module")
def empty(settings, tmp_path_factory):
    return write_book(tmp_path_factory.mktemp("books") / "empty.xlsx", settings, blank=2)


def row_of(page, path: str) -> int:
    return next(r for r in range(at.TITLES + 1, 200) if page[f"B{r}"].value == path)


def filled(empty, target, cells: dict, because: str = "b"):
    """A copy of the empty book with cells of its first sheet filled in; (path, what) or a cell -> value."""
    book = openpyxl.load_workbook(empty)
    page = book["What-if 1"]
    page["B6"] = because
    for key, value in cells.items():
        place = key if isinstance(key, str) else f"{at.COLUMNS[key[1]]}{row_of(page, key[0])}"
        page[place] = value
    book.save(target)
    return target


def test_a_book_of_scenario_files_gives_their_changes_back(settings, tmp_path):
    """Round trip: what stands in files is what is read from the cells."""
    files = [settings.path(f"scenarios/{name}.yaml") for name in ("cheaper", "range", "risk")]
    path = write_book(tmp_path / "b.xlsx", settings, files, blank=1)
    sheets = read_book(path)
    assert [sheet.head["name"] for sheet in sheets] == ["cheaper", "range", "risk", "What-if 1"]
    for sheet, file in zip(sheets[:2], files):
        written = fm.load_scenario(file).layers[-1].source["changes"]
        assert sorted(sheet.changes, key=str) == sorted(written, key=str)
    assert sheets[2].changes == () and sheets[2].head["builds_on"] == "risk.yaml"
    assert sheets[3].changes == () and sheets[3].head["builds_on"] == ""


def test_a_sheet_gives_the_numbers_of_its_file_bit_for_bit(settings, tmp_path):
    files = [settings.path(f"scenarios/{name}.yaml") for name in ("cheaper", "range", "risk")]
    path = write_book(tmp_path / "b.xlsx", settings, files, blank=1)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    bench = fm.workbench(settings, paths=256, months=3)
    answer, target = compare_book(path, bench)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert target == tmp_path / "b.results.xlsx"
    again = fm.workbench(settings, paths=256, months=3)
    for file in files:
        again.load(file)
    for name in ("cheaper", "range"):
        assert (bench.run(name).effective == again.run(name).effective).all()
    rows = answer.table.set_index("scenario")
    assert rows.loc["risk", "mean"] == pytest.approx(again.run("risk").total().mean())
    assert rows.loc["cheaper", "mean"] == pytest.approx(again.run("cheaper").total().mean())
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Results", "Months", "cheaper", "range", "risk"]
    table = {row[0].value: row[2].value for row in book["Results"].iter_rows(min_row=3, max_row=8)}
    assert table["cheaper"] == pytest.approx(rows.loc["cheaper", "mean"])
    parts = bench.waterfall("range").table
    at_change = list(parts).index("change")
    seen = [
        row[at_change].value
        for row in book["range"].iter_rows()
        if row[0].value in set(parts["step"])
    ]
    assert seen == pytest.approx(list(parts["change"])) and len(seen) == 4
    assert seen[-1] == pytest.approx(rows.loc["range", "against base"])


@pytest.mark.parametrize(
    "cells, change",
    [
        ({(GPU, "how"): "times", (GPU, "p50"): 1.2}, ("scale", 1.2, None)),
        ({(GPU, "how"): "Change by", (GPU, "p50"): -0.2}, ("scale", 0.8, None)),
        ({(GPU, "how"): "set to", (GPU, "p50"): 3}, ("set", 3.0, None)),
        (
            {(GPU, "how"): "change by", (GPU, "p10"): -0.1, (GPU, "p50"): 0, (GPU, "p90"): 0.3},
            ("scale", {"p10": 0.9, "p50": 1.0, "p90": 1.3}, None),
        ),
        (
            {(GPU, "how"): "times", (GPU, "p50"): 2, (GPU, "since"): dt.date(2025, 6, 1)},
            ("scale", 2.0, "2025-06"),
        ),
        (
            {(GPU, "how"): "times", (GPU, "p50"): 2, (GPU, "since"): dt.datetime(2025, 6, 15)},
            ("scale", 2.0, "2025-06-15"),
        ),
        (
            {(GPU, "how"): "times", (GPU, "p50"): 2, (GPU, "since"): "2025-06"},
            ("scale", 2.0, "2025-06"),
        ),
    ],
)
def test_what_a_cell_says_is_what_a_file_would_say(empty, tmp_path, cells, change):
    sheet = read_book(filled(empty, tmp_path / "b.xlsx", cells))[0]
    (read,) = sheet.changes
    op, value, since = change
    assert (read["op"], read.get("since"), read["path"], read["because"]) == (op, since, GPU, "b")
    assert read["value"] == pytest.approx(value)


@laws(max_examples=25, deadline=None)
@given(
    st.floats(-0.99, 10).map(lambda x: round(x, 6)),
    st.sampled_from(["times", "set to", "change by"]),
)
def test_a_number_in_a_cell_comes_back_as_itself(empty, tmp_path_factory, number, how):
    target = tmp_path_factory.getbasetemp() / "law.xlsx"
    (read,) = read_book(filled(empty, target, {(GPU, "how"): how, (GPU, "p50"): number}))[0].changes
    assert read["value"] == (1 + number if how == "change by" else number)


FILL = {(GPU, "how"): "times", (GPU, "p50"): 1.2}
BAD = [
    ({(GPU, "p50"): "=C17*1.2"}, "G", "holds the formula =C17*1.2; formulas are not run. Write a number, for example 1.2 or 20 % (in Excel: copy, paste values)."),
    ({(GPU, "p50"): "=cmd|'/c calc'!A0"}, "G", "holds the formula =cmd|'/c calc'!A0; formulas are not run. Write a number, for example 1.2 or 20 % (in Excel: copy, paste values)."),
    ({(GPU, "p50"): "#REF!"}, "G", "holds the error #REF!. Write a number, for example 1.2 or 20 %, or empty the cell."),
    ({(GPU, "p50"): "a fifth"}, "G", "holds the text 'a fifth'; write a number, for example 1.2 or 20 %."),
    ({(GPU, "p50"): "1.2"}, "G", "holds the text '1.2'; write a number, for example 1.2 or 20 %. It is a number written as text: give the cell the format General and type it again."),
    ({(GPU, "p50"): True}, "G", "holds TRUE or FALSE; write a number, for example 1.2 or 20 %."),
    ({(GPU, "p50"): dt.date(2025, 1, 1)}, "G", "holds a date; write a number, for example 1.2 or 20 %."),
    ({(GPU, "p50"): None}, "G", "is empty, and {E} says 'times'. Write a number."),
    ({(GPU, "how"): None}, "E", "is empty, and {G} holds a value. Write how: set to, times, change by, new."),
    ({(GPU, "how"): "tims"}, "E", "holds 'tims'. Did you mean 'times'? Write one of: set to, times, change by, new."),
    ({(GPU, "p10"): 1.0}, "H", "is empty; a range has P10 and P90. Fill in both, or empty the other."),
    ({(GPU, "p10"): 2, (GPU, "p90"): 3}, "G", "P10 2, P50 1.2, P90 3 must rise. Write them in that order, or one value alone."),
    ({(GPU, "how"): "change by", (GPU, "p50"): 20}, "G", "'change by' 20 is 2,000 %. For 20 % write 20% or 0.2."),
    ({(GPU, "since"): "soon"}, "I", "holds 'soon', which is no date. Write a month 2027-01, or a day."),
    ({(GPU, "since"): 45000}, "I", "holds 45000, which is no date. Write a month 2027-01, or a day."),
    ({(GPU, "because"): "=A1", "B6": None}, "J", "holds the formula =A1; formulas are not run. Write a text (in Excel: copy, paste values)."),
]  # fmt: skip


@pytest.mark.parametrize("cells, letter, says", BAD, ids=[f"{b[1]}-{i}" for i, b in enumerate(BAD)])
def test_a_cell_that_cannot_be_meant_is_refused_by_its_name(empty, tmp_path, cells, letter, says):
    path = filled(empty, tmp_path / "b.xlsx", FILL | cells)
    row = row_of(openpyxl.load_workbook(path)["What-if 1"], GPU)
    with pytest.raises(InputError) as caught:
        read_book(path)
    says = says.replace("{E}", f"E{row}").replace("{G}", f"G{row}")
    assert (
        str(caught.value).splitlines()[0]
        == f"b.xlsx: sheet 'What-if 1', cell {letter}{row}: {says}"
    )


def test_a_reason_is_asked_for_once(empty, tmp_path):
    path = filled(empty, tmp_path / "b.xlsx", FILL, because=None)
    with pytest.raises(
        InputError,
        match=r"cell J\d+: is empty. Write why, here or once for the whole sheet in B6\.",
    ):
        read_book(path)


def test_all_problems_are_told_at_once(empty, tmp_path):
    path = filled(
        empty,
        tmp_path / "b.xlsx",
        FILL | {(GPU, "p50"): "x", (ALL, "how"): "times", (ALL, "p50"): "y"},
    )
    with pytest.raises(InputError) as caught:
        read_book(path)
    assert len(str(caught.value).splitlines()) == 2


def test_a_path_that_is_not_there_is_told_by_sheet_and_row(settings, empty, tmp_path):
    free = 30
    book = openpyxl.load_workbook(empty)
    page = book["What-if 1"]
    free = (
        next(
            r
            for r in range(at.TITLES + 1, 60)
            if page[f"A{r}"].value and page[f"A{r}"].value.startswith("New")
        )
        + 1
    )
    path = filled(
        empty,
        tmp_path / "b.xlsx",
        {f"B{free}": "prices/GPX/price", f"E{free}": "times", f"G{free}": 2},
    )
    with pytest.raises(FinOpsError) as caught:
        compare_book(path, fm.workbench(settings, paths=100, months=2))
    assert str(caught.value) == (
        f"b.xlsx: sheet 'What-if 1', row {free}: path 'prices/GPX/price' is not there. Did you mean 'prices/GPU/price'? Known in 'prices': GPU, Storage."
    )
    assert not (tmp_path / "b.results.xlsx").exists()


def test_a_new_workload_needs_only_its_name_and_cost(settings, empty, tmp_path):
    page = openpyxl.load_workbook(empty)["What-if 1"]
    free = (
        next(
            r
            for r in range(at.TITLES + 1, 60)
            if page[f"A{r}"].value and page[f"A{r}"].value.startswith("New")
        )
        + 1
    )
    path = filled(
        empty, tmp_path / "b.xlsx", {f"B{free}": "copilot", f"E{free}": "new", f"G{free}": 500}
    )
    (change,) = read_book(path)[0].changes
    assert change["path"] == "workloads/copilot" and change["value"] == {"cost_per_month": 500.0}


def hostile(tmp_path, empty, name: str, data: bytes = b"x"):
    path = tmp_path / "b.xlsx"
    shutil.copy(empty, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "part, what",
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/externalLinks/externalLink1.xml", "links to other files"),
        ("xl/embeddings/oleObject1.bin", "embedded files"),
        ("xl/activeX/activeX1.xml", "controls"),
        ("xl/connections.xml", "connections to data"),
    ],
)
def test_what_is_more_than_cells_is_not_opened(empty, tmp_path, part, what):
    with pytest.raises(InputError) as caught:
        read_book(hostile(tmp_path, empty, part))
    assert str(caught.value) == (
        f"b.xlsx: holds {what} ({part.casefold()}); nothing of it was opened. Copy your yellow cells into a new book: finops scenario book NEW.xlsx."
    )


def test_bombs_and_what_is_no_book_are_refused(empty, tmp_path):
    with pytest.raises(InputError, match="refused as a bomb"):
        path = tmp_path / "bomb.xlsx"
        shutil.copy(empty, path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zeros", b"\0" * (80 << 20))
        read_book(path)
    (tmp_path / "text.xlsx").write_text("no zip")
    with pytest.raises(InputError, match="is no Excel workbook"):
        read_book(tmp_path / "text.xlsx")
    with pytest.raises(InputError, match="a book with macros is not opened. Save it as .xlsx."):
        read_book(tmp_path / "b.xlsm")
    with pytest.raises(
        InputError,
        match=r"there is no such file. Did you mean 'text.xlsx'\? Write a book of what-ifs",
    ):
        read_book(tmp_path / "txt.xlsx")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(
        InputError, match="holds no what-if: no sheet begins with 'finops what-if' in A1"
    ):
        read_book(tmp_path / "other.xlsx")
    shutil.copy(empty, tmp_path / "b.results.xlsx")
    with pytest.raises(
        InputError, match="holds results. Change the yellow cells of the book itself"
    ):
        read_book(tmp_path / "b.results.xlsx")


def test_an_empty_book_says_what_to_do(settings, empty):
    with pytest.raises(InputError) as caught:
        compare_book(empty, fm.workbench(settings, paths=100, months=2))
    assert str(caught.value) == (
        "empty.xlsx: no yellow cell is filled in, so there is nothing to compare. Write a value and how it is meant, for example 'times' and 1.2."
    )


def test_names_in_a_book_are_no_formulas(settings, empty, tmp_path):
    path = filled(empty, tmp_path / "b.xlsx", FILL | {"B2": "'=1+1 a name", "B3": "@SUM(1)"})
    _, target = compare_book(path, fm.workbench(settings, paths=100, months=2))
    for page in openpyxl.load_workbook(target).worksheets:
        for row in page.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_the_command_writes_a_book_and_compares_it(settings, tmp_path):
    root = settings.root
    book = tmp_path / "w.xlsx"
    code, out, err = finops(
        "scenario", "book", book, "scenarios/cheaper.yaml", "--blank", "1", cwd=root
    )
    assert code == 0 and "Fill in yellow cells" in out, err
    code, _, err = finops("scenario", "book", book, cwd=root)
    assert code == 2 and "is there already" in err
    code, out, err = finops("compare", book, "scenarios/range.yaml", "--paths", "100", cwd=root)
    assert code == 0, err
    assert "cheaper is cheapest" in out and "range" in out
    assert (tmp_path / "w.results.xlsx").is_file() and "w.results.xlsx: written." in err
    code, _, err = finops("compare", book, "--target-error", "1%", cwd=root)
    assert code == 2 and "--target-error is for scenario files" in err


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_book_opens_and_recalculates_in_a_spreadsheet(empty, tmp_path):
    """LibreOffice opens it, works out the column After, and what it saves is read to the same changes."""
    path = filled(empty, tmp_path / "b.xlsx", {(GPU, "how"): "change by", (GPU, "p50"): 0.25})
    saved = tmp_path / "saved"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", saved, path],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    page = openpyxl.load_workbook(saved / "b.xlsx", data_only=True)["What-if 1"]
    row = row_of(page, GPU)
    assert page[f"{at.COLUMNS['after']}{row}"].value == pytest.approx(1.25)
    assert read_book(saved / "b.xlsx")[0].changes == read_book(path)[0].changes


@pytest.mark.parametrize("moved", ["insert_cols", "insert_rows", "delete_rows"])
def test_a_sheet_whose_rows_or_columns_were_moved_is_not_left_out_in_silence(
    empty, tmp_path, moved
):
    """Its mark is no longer in A1, or its cells are not where they are read: an answer without it would pass for the whole."""
    book = openpyxl.load_workbook(empty)
    page = next(one for one in book.worksheets if one["A1"].value == "finops what-if")
    getattr(page, moved)(1)
    book.save(tmp_path / "moved.xlsx")
    with pytest.raises(
        InputError, match="rows or columns were put in or taken out before the table"
    ):
        read_book(tmp_path / "moved.xlsx")
