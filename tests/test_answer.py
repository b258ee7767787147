"""The one form of every answer: shown, written as four kinds of file, as plain values; nothing of outside is run (docs/decide)."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.cli import _answers
from finops_model.cli._shared import out
from finops_model.decide.questions.answer import FILES, Answer, cell, guarded, plain
from finops_model.errors import InputError
from finops_model.wording import pictures

HOSTILE = '=cmd|"/C calc"!A1'
SCRIPT = "<script>alert(1)</script>"


def answer(**keys) -> Answer:
    return Answer(
        **{
            "question": "options",
            "sentence": f"{SCRIPT} is cheapest.",
            "table": pd.DataFrame(
                {
                    "option": [HOSTILE, SCRIPT, "+1", "@a", "plain"],
                    "cost": [1234.5, -2.0, None, np.nan, np.inf],
                    "share": [0.5, 1.0, 0.0, None, 0.125],
                }
            ),
            "forms": {"cost": "money", "share": "chance"},
            "range": "$1 to $2.",
            "reason": "Use is steady.",
            "next_best": "None.",
            "currency": "USD",
            "notes": ("Setup is 0.",),
            "figures": {"a": np.float64(1.5), "b": [np.nan, np.int64(2)], "c": {"d": None}},
            "tables": {"Cash / by: year": pd.DataFrame({HOSTILE: [SCRIPT, "=1+1"], "x": [1.0, np.nan]})},
            "picture": pictures.bars([SCRIPT, "b"], [1.0, 2.0], ["1", "2"], words=SCRIPT),
            **keys,
        }
    )  # fmt: skip


def test_json_is_plain_values_without_nan(tmp_path):
    file = answer().export(tmp_path / "a.json")

    def no_constant(word):
        raise AssertionError(word)

    told = json.loads(file.read_text(encoding="utf-8"), parse_constant=no_constant)
    assert told["table"][3]["cost"] is None and told["table"][4]["cost"] is None
    assert told["figures"] == {"a": 1.5, "b": [None, 2], "c": {"d": None}}
    assert told["tables"]["Cash / by: year"][1]["x"] is None
    assert told["notes"] == ["Setup is 0."] and told["currency"] == "USD"


def test_csv_is_the_table_and_no_cell_of_it_is_a_formula(tmp_path):
    file = answer().export(tmp_path / "a.csv")
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert rows[0] == ["option", "cost", "share"] and len(rows) == 6
    for row in rows[1:]:
        assert row[0][0] not in "=+-@\t\r"
    assert rows[1][1] == "1234.5" and rows[2][1] == "-2.0"  # numbers stay numbers


def test_a_header_of_csv_is_no_formula_either(tmp_path):
    table = pd.DataFrame({HOSTILE: [1.0]})
    file = answer(table=table, forms={}).export(tmp_path / "a.csv")
    assert file.read_text(encoding="utf-8").lstrip('"').startswith("'=")


def test_xlsx_holds_text_numbers_and_no_formula(tmp_path):
    file = answer().export(tmp_path / "a.xlsx")
    with zipfile.ZipFile(file) as book:
        sheets = [
            book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name
        ]
    assert not any("<f>" in sheet or "<f " in sheet or "hyperlink" in sheet for sheet in sheets)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["Answer", "Table", "Cash  by year"]
    assert book["Answer"]["A2"].value == f"{SCRIPT} is cheapest."
    table = book["Table"]
    assert table["A2"].value == HOSTILE and table["A2"].data_type == "s"
    assert table["B2"].value == 1234.5 and table["B4"].value is None
    assert book["Cash  by year"]["A1"].data_type == "s"


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_html_shows_every_word_and_runs_none(tmp_path):
    file = answer().export(tmp_path / "a.html")
    text = file.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags and page.handlers == []
    assert "svg" in page.tags and "table" in page.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is cheapest." in text
    assert re.search(r"https?://(?!www\.w3\.org)", text) is None  # nothing is fetched


def test_a_kind_of_file_that_is_none_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError) as refused:
        answer().export(tmp_path / "a.xslx")
    assert str(refused.value) == (
        "--export: 'a.xslx' is no kind of file that an answer is written as. Did you mean '.xlsx'? "
        "Name it with one of: .csv, .html, .json, .xlsx."
    )
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError) as refused:
        answer().export(tmp_path / "file" / "a.json")
    assert "cannot be written" in str(refused.value) and "Traceback" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_that_name_is_replaced_whole(tmp_path, kind):
    file = tmp_path / f"a{kind}"
    file.write_text("old")
    answer().export(file)
    first = file.read_bytes()
    assert b"old" != first and [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("kind", FILES)
def test_an_empty_table_is_written_too(tmp_path, kind):
    empty = pd.DataFrame({"option": [], "cost": []})
    assert answer(table=empty, picture=None, tables={}).export(tmp_path / f"a{kind}").stat().st_size


def test_text_and_notebook_say_the_same():
    shown = answer()
    for part in (str(shown), shown._repr_html_()):
        for word in ("$1.23k", "−$2.00", "more than 99 %", "Range: $1 to $2.", "Setup is 0."):
            assert word in part
    assert repr(shown) == str(shown)


def test_a_chance_is_never_nothing_or_certain():
    assert [cell(v, "chance", "USD") for v in (0.0, 0.004, 0.5, 1.0, None)] == [
        "less than 1 %",
        "less than 1 %",
        "50 %",
        "more than 99 %",
        "–",
    ]


def test_a_table_wider_than_the_terminal_has_no_cut_cell():
    names = [f"an option with a rather long name, number {i}" for i in range(3)]
    wide = answer(
        table=pd.DataFrame(
            {"option": names, **{f"column {i}": [1.0, 2.0, 3.0] for i in range(12)}}
        ),
        forms={f"column {i}": "money" for i in range(12)},
        picture=None,
    )
    with out.capture() as caught:
        _answers.show(wide)
    assert all(name in caught.get() for name in names) and "…" not in caught.get()


def test_a_table_whose_headings_have_several_words_is_not_squeezed():
    # seven headings of two words each: at 80 columns a boxed table would cut $342k to $342
    heads = [
        "mean",
        "P10",
        "P90",
        "NPV",
        "per unit",
        "chance cheapest",
        "mean regret",
        "P90 regret",
    ]
    wide = answer(
        table=pd.DataFrame({"option": ["rent", "all"], **dict.fromkeys(heads, 342108.0)}),
        forms=dict.fromkeys(heads, "money"),
        picture=None,
    )
    with out.capture() as caught:
        _answers.show(wide)
    said = caught.get()
    assert said.count("$342k") == 16 and "rent" in said and "chance cheapest" in said


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-10**9, 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_figures_of_any_kind_are_json(value):
    json.dumps(plain({"a": value}), allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_text_begins_as_a_formula(text):
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


def test_a_page_scrolls_its_table_and_names_no_two_bars_alike():
    from finops_model.wording import pictures

    names = ["Spend: evaluation-harness"] * 2 + ["x" * 90, "x" * 91]
    drawn = pictures.bars(names, [1.0] * 4, ["1"] * 4, words="Four.")
    shown = [row["name"] for row in drawn["layer"][0]["data"]["values"]]
    assert len(set(shown)) == 4  # two bars of one name would lie on each other
    made = Answer(
        question="q",
        sentence="One.",
        table=pd.DataFrame({"what": ["word " * 12], "on": ["2026-10-31"]}),
        range="",
        reason="",
        next_best="",
        currency="USD",
        picture=drawn,
    )._repr_html_()
    assert '<div class="scroll"><table>' in made and 'aria-label="Four."' in made
    assert '<td class="long"' in made and '<td class="short"' in made
