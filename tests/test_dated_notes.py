"""Notes on a date: read, refused, where they show (docs/method §12.20)."""

from __future__ import annotations

import pytest

from finops_model.errors import InputError
from finops_model.facts.cycle.notes import read_notes
from finops_model.forecasting.covariates.events import KINDS

HEAD = "date,note,until,workload,author,entity,kind,factor,amount\n"


def notes(folder, text, **how):
    (folder / "notes.csv").write_text(HEAD + text)
    how = {"workloads": ["chat", "search"], "kinds": KINDS} | how
    return read_notes(folder / "notes.csv", **how)


def test_notes_are_read_oldest_first(tmp_path):
    found = notes(
        tmp_path,
        "2026-08-18,Sweep  by mistake,2026-08-20,chat,Ada,,once,,\n"
        '2026-03-01,"\'=price",,,,,,,\n'
        "2026-05-01,New model,,search,,,level_change,1.2,\n",
    )
    assert [(one.span, one.text, one.workload, one.kind, one.number) for one in found] == [
        ("2026-03-01", "=price", "", "", None),
        ("2026-05-01", "New model", "search", "level_change", ("factor", 1.2)),
        ("2026-08-18 to 2026-08-20", "Sweep by mistake", "chat", "once", None),
    ]
    assert found[2].plain()["author"] == "Ada"


def test_rows_of_other_entities_are_left_out(tmp_path):
    text = "2026-01-01,ours,,,,Inc,,,\n2026-01-02,theirs,,,,GmbH,,,\n2026-01-03,both,,,,,,,\n"
    found = notes(tmp_path, text, entity="Inc", entities=["Inc", "GmbH"])
    assert [one.text for one in found] == ["ours", "both"]
    with pytest.raises(
        InputError, match="line 2: entity: unknown entity 'Ink'. Did you mean 'Inc'"
    ):
        notes(tmp_path, text.replace("Inc", "Ink"), entity="Inc", entities=["Inc", "GmbH"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("soon,a,,,,,,,", "notes.csv: line 2: date: 'soon' is not a day. Write it as 2026-01-31."),
        (",a,,,,,,,", "notes.csv: line 2: date: '' is not a day. Write it as 2026-01-31."),
        ("2026-01-05,,,,,,,,", "notes.csv: line 2: note: is empty. Say what happened on 2026-01-05."),
        (
            "2026-01-05,a,2026-01-04,,,,,,",
            "notes.csv: line 2: until: 2026-01-04 is before 2026-01-05, the first day of the note. Exchange or correct them.",
        ),
        (
            "2026-01-05,a,,serch,,,,,",
            "notes.csv: line 2: workload: unknown workload 'serch'. Did you mean 'search'? Known: chat, search.",
        ),
        (
            "2026-01-05,a,,chat,,,onse,,",
            "notes.csv: line 2: kind: unknown kind of note 'onse'. Did you mean 'once'? Known: once, campaign, launch, level_change, "
            "migration, price_change, shutdown.",
        ),
        (
            "2026-01-05,a,,chat,,,,2,",
            "notes.csv: line 2: factor: a number belongs to a note with a kind (level_change, price_change, campaign …), and this row "
            "has none. Write a kind, or take the number out.",
        ),
        (
            "2026-01-05,a,,chat,,,once,2,",
            "notes.csv: line 2: factor: a number belongs to a note with a kind (level_change, price_change, campaign …), and this row "
            "is once: how much those days cost is measured. Write a kind, or take the number out.",
        ),
        (
            "2026-01-05,a,,chat,,,campaign,2,3",
            "notes.csv: line 2: factor: is given beside amount. Write one of them.",
        ),
        (
            "2026-01-05,a,,chat,,,campaign,x,",
            "notes.csv: line 2: factor: 'x' is not a number.",
        ),
        (
            f"2026-01-05,{'a' * 301},,chat,,,,,",
            "notes.csv: line 2: note: has 301 characters, at most 300: it stands on charts. Shorten it.",
        ),
    ],
)  # fmt: skip
def test_a_note_that_cannot_be_meant_is_one_sentence(tmp_path, row, message):
    with pytest.raises(InputError) as said:
        notes(tmp_path, row + "\n")
    assert str(said.value) == message
