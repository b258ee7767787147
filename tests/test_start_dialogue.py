"""The question of `finops start`: asked on a terminal, answered for nobody, never a dead end (docs/method §13.51)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import commands
import pytest
from start_world import bill, many_units, written

from finops_model.errors import InputError
from finops_model.facts.intake.mapping import Mapping, load_mapping
from finops_model.facts.intake.mapping_text import LEFT, MEANS, SAID, explained
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.publish import start as starting

DOUBTFUL = "date,cost,team\n01/02/2025,5,a\n02/02/2025,6,b\n03/02/2025,7,b\n"


def finops(*words, cwd, answer: str | None = None) -> tuple[int, str]:
    """(exit code, all that was printed) of the command line: without a terminal, or on one where `answer` is typed."""
    if answer is not None:
        return commands.on_terminal(*words, cwd=cwd, answer=answer)
    code, out, err = commands.finops(*words, cwd=cwd, typed="n\n")
    return code, out + err


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_no_is_not_a_dead_end(tmp_path):
    written(tmp_path / "costs.csv", bill((1,)))
    written(
        tmp_path / "budget.csv", "business_unit,month,currency,amount\nCompany,2025-01,USD,5000\n"
    )
    code, said = finops("start", "costs.csv", "--budget", "budget.csv", cwd=tmp_path, answer="n\n")
    assert code == 2 and "Is this right? [Y/n]: " in said
    assert (
        "costs.csv: stopped; nothing was taken in. How the file was read is in mapping.yaml: correct it and go on with: "
        "finops start costs.csv --mapping mapping.yaml --budget budget.csv"
    ) in " ".join(said.split())
    assert left(tmp_path) == ["budget.csv", "costs.csv", "mapping.yaml"]
    kept = load_mapping(tmp_path / "mapping.yaml")
    assert (kept.date, kept.amount, kept.team, kept.currency_code) == (
        "Date",
        "Cost (USD)",
        "Team",
        "USD",
    )
    settings = starting.start(
        tmp_path / "costs.csv", folder=tmp_path / "ws", mapping=tmp_path / "mapping.yaml"
    )
    assert settings.company == "costs"


def test_what_lies_there_is_never_overwritten(tmp_path):
    written(tmp_path / "costs.csv", bill((1,)))
    written(tmp_path / "mapping.yaml", "mine")
    for _ in range(2):  # the same reading twice is one file
        code, said = finops("start", "costs.csv", cwd=tmp_path)
        assert code == 2 and "--mapping mapping-2.yaml" in said
    assert (
        left(tmp_path) == ["costs.csv", "mapping-2.yaml", "mapping.yaml"]
        and (tmp_path / "mapping.yaml").read_text() == "mine"
    )


@pytest.mark.parametrize(
    "words, text, said",
    [
        (
            ["start", "b.csv"],
            bill((1,)),
            "Nobody could be asked, as there is no terminal. Nothing was taken in. --yes takes it as it stands.",
        ),
        (["report", "b.csv"], bill((1,)), "go on with: finops report b.csv --mapping mapping.yaml"),
        (
            ["start", "b.csv"],
            DOUBTFUL,
            "It leaves doubts: - dates such as '01/02/2025' can be read two ways: month first is taken.",
        ),
        (
            ["start", "b.csv", "--yes"],
            DOUBTFUL,
            "--yes takes only a reading that leaves no doubt, and this one leaves 1: - dates such as",
        ),
        (["report", "b.csv", "--yes"], DOUBTFUL, "--yes takes only a reading that leaves no doubt"),
        (["report", "b.csv", "--json"], DOUBTFUL, "Nobody could be asked"),
    ],
)
def test_nobody_is_answered_for(tmp_path, words, text, said):
    written(tmp_path / "b.csv", text)
    code, all_of_it = finops(*words, cwd=tmp_path)
    assert code == 2 and said in " ".join(all_of_it.split()) and "Traceback" not in all_of_it
    assert "is in mapping.yaml: correct it and go on with: finops" in " ".join(all_of_it.split())
    assert left(tmp_path) == ["b.csv", "mapping.yaml"]


def test_a_doubt_is_not_agreed_to_by_the_enter_key(tmp_path):
    written(tmp_path / "b.csv", DOUBTFUL)
    code, said = finops("start", "b.csv", cwd=tmp_path, answer="\n")
    assert (
        code == 2
        and "Is this right? [y/N]:" in said
        and left(tmp_path) == ["b.csv", "mapping.yaml"]
    )
    assert (
        "# IN DOUBT: dates such as '01/02/2025' can be read two ways"
        in (tmp_path / "mapping.yaml").read_text()
    )


@pytest.mark.parametrize(
    "words", [["start", "b.csv", "--yes"], ["start", "b.csv"], ["report", "b.csv", "--yes"]]
)
@pytest.mark.parametrize(
    "text",
    [
        "Date,Cost,Currency\n2025-01-01,5,USD\n2025-01-02,6,EUR\n2025-01-03,7,EUR\n",
        many_units(3, 9).replace("USD", "EUR", 4),
    ],
)
def test_two_currencies_are_said_before_any_sum_and_the_advice_leads_on(tmp_path, words, text):
    written(tmp_path / "b.csv", text)
    code, said = finops(*words, cwd=tmp_path)
    assert (
        code == 2
        and "b.csv: amounts in EUR (" in said
        and ") and USD (" in said
        and "sum" not in said
        and left(tmp_path) == ["b.csv"]
    )
    assert (
        "Write the rows of each currency into a file of its own and start each: finops start b-eur.csv, finops start b-usd.csv."
        in " ".join(said.split())
    )
    head, *rows = text.splitlines()
    for code in ("EUR", "USD"):
        written(
            tmp_path / f"b-{code.lower()}.csv",
            "\n".join([head, *(row for row in rows if code in row)]) + "\n",
        )
        assert (
            starting.start(
                tmp_path / f"b-{code.lower()}.csv", folder=tmp_path / f"ws-{code}"
            ).currency
            == code
        )


def test_what_a_workspace_was_told_once_is_not_asked_again_unless_the_file_says_otherwise(
    tmp_path, monkeypatch
):
    def never(_):
        raise AssertionError("asked again")

    asked = []
    written(tmp_path / "jan.csv", bill((1,)))
    written(tmp_path / "feb.csv", bill((2,)))
    starting.start(
        tmp_path / "jan.csv",
        folder=tmp_path / "ws",
        confirm=lambda found: asked.append(found) or found,
    )
    starting.start(tmp_path / "feb.csv", folder=tmp_path / "ws", confirm=never)
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("mar.csv", bill((3,)).replace(",", ";").replace(".5;", ",50;")),  # a decimal comma now
        ("may.csv", bill((5,)).replace("Team", "Squad")),
    ):
        written(tmp_path / name, text)
        with pytest.raises(InputError, match="stopped; nothing was taken in"):
            starting.start(
                tmp_path / name, folder=tmp_path / "ws", confirm=lambda found: asked.append(found)
            )
    assert [found.file for found in asked] == ["jan.csv", "mar.csv", "may.csv"]


SEVERAL = """Invoice date;Usage date;Net;Gross;Hours;Team
01.02.2026;05.01.2026;1.234,56;1.469,13;1,234.5;a
01.02.2026;06.01.2026;10,00;11,90;2.5;b
01.02.2026;07.01.2026;11,00;13,09;3.5;b
"""
COST = """b.csv: 2 columns could be the cost. Which one counts?
  1  'Net'  3 amounts, sum 1,255.56; first 1.234,56, 10,00, 11,00
  2  'Gross'  3 amounts, sum 1,494.12; first 1.469,13, 11,90, 13,09
Its number, or s to stop: """
DAY = """b.csv: 2 columns could be the day of the charge. Which one counts?
  1  'Usage date'  3 different of 3; first 05.01.2026, 06.01.2026, 07.01.2026
  2  'Invoice date'  1 different of 3; first 01.02.2026, 01.02.2026, 01.02.2026
Its number, or s to stop: """


def test_several_columns_are_asked_about_one_by_one_and_the_answers_are_kept(tmp_path):
    written(tmp_path / "b.csv", SEVERAL)
    code, said = finops("start", "b.csv", cwd=tmp_path, answer="3\n2\n1\nn\n")
    assert code == 2 and said.count("columns could be") == 2
    assert COST.split("s to stop")[0] in said and DAY.split("s to stop")[0] in said
    assert (
        said.index("could be the cost")
        < said.index("A number from 1 to 2.")
        < said.index("could be the day")
    )
    assert "Is this right? [Y/n]: " in said and "amount ← 'Gross' (3 amounts, sum 1,494.12)" in said
    kept = load_mapping(tmp_path / "mapping.yaml")
    assert (kept.amount, kept.date, kept.ignore, kept.decimals) == (
        "Gross",
        "Usage date",
        ("Net",),
        {"Hours": "."},
    )
    settings = starting.start(
        tmp_path / "b.csv", folder=tmp_path / "ws", mapping=tmp_path / "mapping.yaml"
    )
    ledger = Ledger(settings.path(settings.ledger))
    assert ledger.totals() == {"USD": Decimal("1494.12")}

    later = SEVERAL.replace(".01.2026", ".02.2026").replace("01.02.2026;0", "01.03.2026;0")
    written(tmp_path / "c.csv", later)
    code, said = finops("add", "c.csv", "-s", "ws", cwd=tmp_path, answer="")
    assert code == 0 and "c.csv: a table, read by mapping.yaml: 3 rows accepted" in said
    assert ledger.totals() == {"USD": Decimal("2988.24")}


def test_add_asks_too_and_stopping_takes_nothing(tmp_path):
    written(tmp_path / "costs.csv", bill((1,)))
    settings = starting.start(tmp_path / "costs.csv", folder=tmp_path / "ws")
    before = left(tmp_path / "ws")
    written(tmp_path / "b.csv", SEVERAL)
    code, said = finops("add", "b.csv", "-s", "ws", cwd=tmp_path, answer="1\ns\n")
    assert code == 2 and "b.csv: stopped; nothing was taken in." in said
    assert left(tmp_path / "ws") == before and left(tmp_path) == ["b.csv", "costs.csv", "ws"]
    code, said = finops("add", "b.csv", "-s", "ws", cwd=tmp_path, answer="1\n2\ny\n")
    assert code == 0 and "How b.csv is read is kept in mapping-b.yaml" in said
    kept = load_mapping(tmp_path / "ws" / "mapping-b.yaml")
    assert (kept.amount, kept.date, kept.ignore) == ("Net", "Invoice date", ("Gross",))
    assert Ledger(settings.path(settings.ledger)).rows == 56 + 3


@pytest.mark.parametrize(
    "text, columns",
    [
        ("Date,Cost,cost.,Team\n2026-01-05,1,2,a\n2026-01-06,3,4,b\n", ["Cost", "cost."]),
        ("Date,North,South\n2026-01-05,1.5,2.5\n2026-01-06,3.5,4.5\n", ["North", "South"]),
    ],
)
def test_what_was_refused_is_asked_where_somebody_can_answer(tmp_path, text, columns):
    file, asked = written(tmp_path / "b.csv", text), []

    def choose(question):
        asked.append([one.column for one in question.candidates])
        return columns[1]

    with pytest.raises(InputError, match="could both be the amount|no name says which"):
        starting.start(file, folder=tmp_path / "ws")
    assert not (tmp_path / "ws").exists()
    settings = starting.start(file, folder=tmp_path / "ws", choose=choose)
    assert asked == [columns]
    assert Ledger(settings.path(settings.ledger)).totals() == {
        "USD": Decimal(6 if columns[0] == "Cost" else 7)
    }
    assert load_mapping(tmp_path / "ws" / "mapping.yaml").ignore == (columns[0],)


def test_without_a_terminal_the_choice_is_named_or_refused(tmp_path):
    written(tmp_path / "c.csv", SEVERAL)
    code, said = finops("start", "c.csv", "--yes", cwd=tmp_path)
    assert code == 2 and left(tmp_path) == ["c.csv", "mapping.yaml"]
    assert "! 'Invoice date' could be the day too and is not used; 'Usage date' is" in said
    said = " ".join(said.split())
    assert "'Net' is counted. Write amount: 'Gross', or ignore: ['Gross']" in said


@pytest.mark.parametrize(
    "name",
    ["german.csv", "us.csv", "months.csv", "wide_months.csv", "spanish.psv", "ambiguous.csv"],
)
def test_the_written_mapping_explains_every_field_and_reads_back_as_it_is(tmp_path, name):
    frame = read_table(Path(__file__).parent / "fixtures" / "tables" / name)
    mapping = guess_mapping(frame)
    text = explained(mapping, list(frame.columns))
    path = written(tmp_path / "m.yaml", text)
    assert load_mapping(path) == mapping.model_copy(update=dict.fromkeys(LEFT, ()))
    for field in Mapping.model_fields:
        assert field in (*SAID, *LEFT) or (
            field in MEANS and f"# {MEANS[field]}" in text and f"{field}: " in text
        ), field
    assert all(repr(column) in text.replace("\n#   ", " ") for column in frame.columns)


def test_a_currency_that_the_table_contradicts_is_refused(tmp_path, monkeypatch):
    """--currency speaks for amounts that have none; it never turns euros into dollars."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "costs.csv").write_text(
        "Date,Cost (EUR),Team\n2026-01-05,10.00,a\n2026-01-06,11.00,a\n2026-01-07,12.00,b\n"
    )
    with pytest.raises(InputError) as problem:
        starting.start("costs.csv", currency="USD", name="costs")
    assert str(problem.value) == (
        "--currency USD: the amounts are in EUR, as the table or its mapping says. Leave --currency out; where the table is "
        "wrong, write currency_code into a mapping and give it with --mapping."
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["costs.csv"]
