"""Statements as files and on the terminal: two entities, two currencies, a team that one bears and the other was billed for."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal as D

import openpyxl
import pytest
from entities_world import SETTINGS, bill, workspace
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import InputError, LedgerError
from finops_model.publish import chargebacks, close
from finops_model.publish.books.bearers import of_company, of_period
from finops_model.publish.books.recharges import recharges
from finops_model.publish.books.statement_book import sheet_names
from finops_model.settings import load_settings

TEAMS = """team,business_unit,cost centre,legal_entity
chat,Product,4110,Acme Inc.
search,Engineering,4220,
"""
HOSTILE = '=cmd()"><script>alert(1)</script>[]:*?/\\'
POOLS = "shared_cost: {pools: {search: proportional}}\n"


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    frame = bill(first="2026-04-01")
    frame["Tags"] = frame["Tags"].str.replace("search", json.dumps(HOSTILE)[1:-1], regex=False)
    made = workspace(tmp_path_factory.mktemp("acme"), frame, SETTINGS + BOOKED)
    made.path("teams.csv").write_text(TEAMS)
    close.books(made.entity("Acme Inc."))  # its bill is taken in once
    return made


BOOKED = "chargeback: {mode: chargeback}\nrates: {table: ecb}\ncurrency: USD\n"


def run(settings, *words) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["chargeback", "-s", settings.root, *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def rows_of(path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def written(group, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "may"
    code, said = run(group, "--month", "2026-05", "--statements", folder)
    assert code == 0, said
    return folder, said


def test_each_entity_has_its_statements_in_its_currency_and_nothing_is_added_across(written):
    folder, said = written
    assert "Who bears 2026-05 of Acme Inc., USD" in said
    assert "Who bears 2026-05 of Acme GmbH, EUR" in said
    lines = rows_of(folder / "statements.csv")
    total = {}
    for one in lines:
        key = (one["Entity"], one["Currency"])
        total[key] = total.get(key, D(0)) + D(one["Amount"])
    shape = sum((1.0, 1.2, 1.1, 1.0, 0.9, 0.4, 0.4)[day % 7] for day in range(4, 35))  # May 2026
    assert total == {  # tax is no cost of a statement
        ("Acme Inc.", "USD"): D(f"{150 * shape + 310:.2f}"),
        ("Acme GmbH", "EUR"): D(f"{40 * shape + 155:.2f}"),
    }
    assert {(one["Team"], one["CostCenter"]) for one in lines} == {
        ("chat", "4110"),
        ("'" + HOSTILE, "(unassigned)"),
    }
    bearers = rows_of(folder / "bearers.csv")
    assert [(one["Entity"], one["Bearer"], one["Before"] != "") for one in bearers] == [
        ("Acme Inc.", "chat", True),
        ("Acme Inc.", "'" + HOSTILE, True),
        ("Acme GmbH", "chat", True),
        ("Acme GmbH", "'" + HOSTILE, True),
    ]
    assert sum(D(one["Total"]) for one in bearers) == sum(total.values())


def test_the_pair_of_entities_is_listed_and_booked_to_zero_in_base(written):
    folder, said = written
    (pair,) = rows_of(folder / "intercompany.csv")
    own = {
        (one["Entity"], one["Team"]): one["Amount"] for one in rows_of(folder / "statements.csv")
    }
    assert (pair["Entity"], pair["LegalEntity"], pair["Currency"], pair["Team"]) == (
        *("Acme GmbH", "Acme Inc.", "EUR"),
        "chat",
    )
    assert pair["Amount"] == own["Acme GmbH", "chat"]
    assert "Between legal entities" in said
    lines = rows_of(folder / "recharges.csv")
    assert {one["Entity"] for one in lines} == {"Acme Inc.", "Acme GmbH"}
    for column in ("BaseDebit", "BaseCredit"):
        assert sum(D(one[column]) for one in lines) == 2 * D(
            next(one for one in lines if one["Account"] == "intercompany_payable")["BaseCredit"]
        )
    assert {one["Kind"] for one in lines} == {"recharge"}  # dollars are base: no difference
    assert {one["BaseCurrency"] for one in lines} == {"USD"}


def test_the_workbook_has_a_sheet_per_bearer_and_its_sums_are_live(written):
    folder, _ = written
    book = openpyxl.load_workbook(folder / "statements.xlsx")
    assert len(book.sheetnames) == 5 and book.sheetnames[:2] == ["Summary", "chat Acme Inc."]
    sheet = book["chat Acme Inc."]
    assert [cell.value for cell in sheet[4]] == ["Line", "Of", "May 2026", "April 2026"]
    assert sheet["C6"].value == "=SUM(C5:C5)" and sheet["A5"].value == "Own cost"
    summary = book["Summary"]
    assert summary["A1"].value == "Acme Inc., May 2026, USD"
    assert summary["H3"].value == "='chat Acme Inc.'!C6" and summary["H5"].value == "=SUM(H3:H4)"
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert cell.value.startswith(("=SUM", "='", "=C"))


def test_the_page_of_a_bearer_says_it_and_runs_nothing_that_a_name_says(written):
    folder, _ = written
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.html"))
    assert pages[0] == "acme-gmbh/chat.html" and len(pages) == 4
    text = (folder / "acme-gmbh/chat.html").read_text(encoding="utf-8")
    assert "Billed to Acme GmbH and borne by Acme Inc.: " in text
    assert "Chargeback: the close of the period books it." in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    for page in pages:
        assert "<script" not in (folder / page).read_text(encoding="utf-8")


def test_showback_books_nothing_and_json_has_every_entity(group):
    code, said = run(group, "--month", "2026-05", "--json")
    found = json.loads(said)
    assert code == 0 and [one["entity"] for one in found["entities"]] == ["Acme Inc.", "Acme GmbH"]
    assert [one["currency"] for one in found["entities"]] == ["USD", "EUR"]
    assert len(found["intercompany"]) == 1 and "total" not in found
    code, said = run(group, "--month", "2026-05", "--json", "--entity", "acme-gmbh")
    alone = json.loads(said)
    assert {**alone} == {**found["entities"][1], "basis": "Effective"}
    shown = group.model_copy(
        update={"chargeback": group.chargeback.model_copy(update={"mode": "showback"})}
    )
    each = of_company(shown, "2026-05")
    assert (
        not len(recharges(shown, each, each[0].period, {}, "USD").lines)
        and len(chargebacks.pairs_of(each)) == 1
    )


def test_an_entity_without_data_of_the_month_is_named(tmp_path):
    frame = bill(first="2026-04-01")
    frame = frame[(frame["BillingCurrency"] == "USD") | (frame["ChargePeriodStart"] < "2026-05")]
    made = workspace(tmp_path, frame)
    code, said = run(made, "--month", "2026-05")
    assert code == 0 and "Acme GmbH: the ledger has no data of 2026-05." in said
    assert "Who bears 2026-05 of Acme Inc., USD" in said and "EUR" not in said
    code, said = run(made)  # the newest month that is complete in every entity
    assert code == 0 and "Who bears 2026-04 of Acme GmbH, EUR" in said


def test_a_rate_that_is_missing_stops_the_lines_and_not_the_statements(tmp_path):
    frame = bill(first="2026-04-01")
    frame["BillingCurrency"] = frame["BillingCurrency"].replace("EUR", "KWD")
    made = workspace(tmp_path / "w", frame, SETTINGS.replace("EUR", "KWD") + BOOKED)
    made.path("teams.csv").write_text(TEAMS)
    code, said = run(made, "--month", "2026-05", "--statements", tmp_path / "out")
    assert code == 0 and "No journal lines: fx: unknown currency 'KWD'." in said
    file = made.path("finops.yaml")
    file.write_text(file.read_text().replace("rates: {table: ecb}\ncurrency: USD\n", ""))
    code, said = run(made, "--month", "2026-05", "--statements", tmp_path / "out")
    assert (
        "No journal lines: finops.yaml names no exchange rates, and KWD meets USD. Write rates: {table: ecb}, or "
        "name a table of your own."
    ) in " ".join(said.split())
    assert (tmp_path / "out/statements.csv").exists()
    assert not (tmp_path / "out/recharges.csv").exists()


def test_a_period_of_weeks_has_the_cost_of_its_days(group):
    from finops_model.periods import Calendar

    week = Calendar("4-4-5", month=12, ends="last").period_of("2026-05-10")
    found = of_period(group.entity("Acme GmbH"), week, str(week.end - 1))
    shape = (1.0, 1.2, 1.1, 1.0, 0.9, 0.4, 0.4)
    first = week.start.astype(object).weekday()
    cost = sum(40 * shape[(first + day) % 7] + 5 for day in range(week.days))
    assert sum((one.total for one in found.statements), D(0)) == D(f"{cost:.2f}")
    assert found.earlier.name == f"the {week.days} days before"
    assert found.earlier.end == week.start and found.before is None  # April has no 29 March
    part = of_period(group.entity("Acme GmbH"), week, str(week.start + 2))
    assert part.partial and part.earlier.days == 3
    assert part.before_name == f"{part.earlier.name} to {part.earlier.end - 1}"
    assert found.before_name == found.earlier.name


def test_the_command_takes_a_period_of_the_company_s_weeks(group, tmp_path):
    weeks = tmp_path / "weeks"
    shutil.copytree(group.root, weeks)
    file = weeks / "finops.yaml"
    file.write_text(file.read_text() + "calendar: {kind: 4-4-5}\n")
    code, said = run(load_settings(file), "--month", "FY2026-P05")
    assert code == 0 and "Who bears FY2026-P05 of Acme GmbH, EUR" in said
    with pytest.raises(LedgerError) as refused:
        of_company(load_settings(file), "FY2025-P01")
    assert str(refused.value).startswith(
        "FY2025-P01 is 2024-12-29 to 2025-01-25, and the ledger has no data of it; it holds 2026-04-01 to "
    )


@pytest.mark.parametrize(
    "teams, more, said",
    [
        (
            "team,business_unit,legal_entity\nchat,Product,Acme Gmb\n",
            "",
            "teams.csv: line 2: legal_entity: unknown entity 'Acme Gmb'. Did you mean 'Acme GmbH'? Known: Acme Inc., Acme GmbH.",
        ),
        (
            "team,business_unit\nchat,Product\n",
            "chargeback: {by: cost_center}\n",
            "teams.csv: finops.yaml wants statements by cost_center, and the file has none. Add a column cost_center.",
        ),
        (
            TEAMS,
            "chargeback: {entity_of: legal}\n",
            "finops.yaml: chargeback/entity_of: unknown dimension 'legal'. Known: none. Declare it (dimensions: of finops.yaml).",
        ),
        (
            TEAMS,
            "chargeback: {entity_of: legal}\ndimensions: {legal: {column: ServiceName}}\n",
            "finops.yaml: chargeback/entity_of: legal: unknown entity 'Chat API'. Known: Acme Inc., Acme GmbH.",
        ),
    ],
)
def test_a_name_that_is_none_is_refused_in_words(group, tmp_path, teams, more, said):
    (tmp_path / "teams.csv").write_text(teams)
    for name in ("inc_budgets.csv", "inc_drivers.csv", "bill.csv"):
        (tmp_path / name).write_bytes(group.path(name).read_bytes())
    ledger = f"ledger: {group.path(group.ledger)}\n"
    (tmp_path / "finops.yaml").write_text(
        SETTINGS.replace("bills: [bill.csv]\n", "") + ledger + more
    )
    with pytest.raises(InputError) as refused:
        of_company(load_settings(tmp_path), "2026-05")
    assert str(refused.value) == said


def test_the_names_of_sheets_are_what_excel_takes():
    names = ["A" * 40, "a" * 40, "x:y/z", "'q'", "History", "", "Summary", "😀" * 20, "=1+1"]
    found = sheet_names(names)
    assert len({one.casefold() for one in found}) == len(found)
    for one in found:
        assert 0 < len(one.encode("utf-16-le")) // 2 <= 31 and not set(one) & set("[]:*?/\\")
        assert one[0] != "'" and one[-1] != "'" and one.casefold() not in ("history", "summary")


def test_a_dimension_says_the_legal_entity_of_each_charge(group, tmp_path):
    (tmp_path / "teams.csv").write_text(TEAMS)  # says chat is Acme Inc.'s: not asked
    for name in ("inc_budgets.csv", "inc_drivers.csv"):
        (tmp_path / name).write_bytes(group.path(name).read_bytes())
    text = SETTINGS.replace("bills: [bill.csv]\n", "") + f"ledger: {group.path(group.ledger)}\n"
    text += "chargeback: {entity_of: legal, by: legal_entity}\n"
    text += "dimensions: {legal: {rules: [{to: Acme Inc., when: {ServiceName: Storage}}]}}\n"
    (tmp_path / "finops.yaml").write_text(text)
    inc, gmbh = of_company(load_settings(tmp_path), "2026-05")
    assert not len(inc.pairs) and [one.bearer for one in inc.statements] == ["Acme Inc."]
    (pair,) = gmbh.pairs.to_dict("records")
    assert (pair["LegalEntity"], pair["Amount"]) == ("Acme Inc.", D("155.00"))  # 31 days of 5.00
    assert [(one.bearer, one.total) for one in gmbh.statements][1] == ("Acme Inc.", D("155.00"))
