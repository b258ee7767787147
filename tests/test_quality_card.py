"""The data-quality card (docs/method §13.70–§13.72): every line against what was spoiled on purpose, prices against an oracle."""

from __future__ import annotations

import json

import numpy as np
import openpyxl
import pytest
import quality_world as world
from oracles.volatility import volatility
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError, InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.measure.quality import card as cards
from finops_model.measure.quality import days, record
from finops_model.publish.page.quality import card as on_page
from finops_model.publish.quality import card_of
from finops_model.publish.report.workbook.cells import Pen
from finops_model.publish.report.workbook.quality import quality as sheet_of
from finops_model.settings import Limit, load_settings

INVOICES = "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\n"


def by_key(card: dict) -> dict:
    return {line["key"]: line for line in card["lines"]}


@pytest.fixture(scope="module")
def tidy(tmp_path_factory):
    root = tmp_path_factory.mktemp("tidy")
    bill = [
        one
        for one in world.rows()
        if one["SkuId"] == "steady" and "Acme" in one["InvoiceIssuerName"]
    ]
    bill = [one for one in bill if one["ChargePeriodStart"] < "2026-09"]
    return load_settings(world.workspace(root / "w", bill))


@pytest.fixture(scope="module")
def untidy(tmp_path_factory):
    root = tmp_path_factory.mktemp("untidy") / "w"
    bill = world.spoiled()
    issuers = {
        "Borealis": "1271.00",
        "OpenAI": "130.00",
    }  # of October: the first ties out, the second does not
    lines = [f"{name},2026-10,USD,{amount}\n" for name, amount in issuers.items()]
    path = world.workspace(root, bill, "invoices: invoices.csv\n")
    (root / "invoices.csv").write_text(INVOICES + "".join(lines))
    (root / "mapping-x.yaml").write_text("amount: Cost\ndate: Day\ncurrency_assumed: true\n")
    return load_settings(path)


@pytest.fixture(scope="module")
def untidy_card(untidy):
    return card_of(untidy, "2026-10", "2026-10-31")


def test_a_tidy_bill_has_nothing_to_look_at(tidy):
    card = card_of(tidy)
    assert (
        card["headline"]
        == "100 % of EffectiveCost of August 2026 is usable as it stands; nothing to look at."
    )
    assert (card["bad"], card["attention"], card["not_known"]) == (0, 0, 1)
    assert by_key(card)["invoices"]["verdict"] == "not known"
    assert by_key(card)["invoices"]["text"] == "no invoice was given to tie out against"
    assert all(line["do"] == "" for line in card["lines"] if line["verdict"] == "good")


def test_rows_read_are_accepted_quarantined_and_left_out(untidy_card, untidy):
    line = by_key(untidy_card)["rows"]
    parts = {part["name"]: part for part in line["parts"]}
    whole = len(world.spoiled())
    assert parts["read"]["value"] == whole == parts["accepted"]["value"] + 2
    assert (parts["quarantined"]["value"], parts["quarantined"]["amount"]) == (2, 12.5)
    assert parts["left out"]["value"] == 0 and parts["amount not readable"]["value"] == 1
    assert line["verdict"] == "attention" and line["value"] == pytest.approx(
        max(2 / whole, 12.5 / (12.5 + float(Ledger(untidy.path(untidy.ledger)).totals()["USD"])))
    )
    assert "2 rows in quarantine, BilledCost $12.50" in line["text"]


def test_missing_days_and_the_newest_day_of_each_vendor(untidy_card):
    lines = by_key(untidy_card)
    assert lines["missing_days"]["value"] == 2 and lines["missing_days"]["verdict"] == "attention"
    assert (
        lines["missing_days"]["text"]
        == "1 July 2026 to 31 October 2026: 2 days missing, Acme 2026-09-15, 2026-09-16"
    )
    assert lines["behind_days"]["text"] == "behind 31 October 2026: Acme by 5 days"
    assert {part["name"]: part["value"] for part in lines["behind_days"]["parts"]} == {
        "Acme": 5,
        "Borealis": 0,
        "OpenAI": 0,
    }


def test_prices_are_those_of_the_oracle(untidy_card):
    line = by_key(untidy_card)["volatile_prices"]
    told = {part["name"]: part["amount"] for part in line["parts"] if part["amount"]}
    want = volatility(world.rows(), world.LIST, "2026-10", "2026-10-31", models={"o3"})
    assert told == pytest.approx(want, abs=1e-9)
    assert set(want) == {"unlisted", "undated", "stale", "changed", "steady"}
    loose = sum(amount for name, amount in want.items() if name != "steady")
    assert line["amount"] == pytest.approx(loose)
    assert line["value"] == pytest.approx(loose / sum(want.values()))
    assert line["verdict"] == "attention"


def test_another_day_and_window_are_those_of_the_oracle(untidy):
    calm = untidy.model_copy(
        update={"quality": untidy.quality.model_copy(update={"days": 20, "stale_days": 400})}
    )
    for month, day in (("2026-09", "2026-09-30"), ("2026-10", "2026-10-31")):
        line = by_key(card_of(calm, month, day))["volatile_prices"]
        told = {part["name"]: part["amount"] for part in line["parts"] if part["amount"]}
        want = volatility(world.rows(), world.LIST, month, day, 20, 400, {"o3"})
        assert told == pytest.approx(want, abs=1e-9), month


def test_tags_lists_invoices_and_assumptions(untidy_card):
    lines = by_key(untidy_card)
    cost = sum(
        float(one["EffectiveCost"])
        for one in world.rows()
        if one["ChargePeriodStart"][:7] == "2026-10"
    )
    assert lines["tag_debt"]["amount"] == 31 * 1.0
    assert lines["tag_debt"]["value"] == pytest.approx(31 / cost)
    assert (lines["list_cost"]["amount"], lines["list_cost"]["verdict"]) == (3.0, "attention")
    assert lines["list_cost"]["text"] == "3 charges of the bill differ, $3.00 in all"
    assert [part["name"] for part in lines["invoices"]["parts"]] == [
        "Acme of October 2026",
        "OpenAI of October 2026",
    ]
    assert (
        lines["assumed"]["text"]
        == "1 reading of a table was assumed: the currency in mapping-x.yaml"
    )
    assert lines["totals"]["verdict"] == lines["estimated_days"]["verdict"] == "good"


def test_the_usable_share_is_tagged_and_not_in_quarantine(untidy_card):
    cost = untidy_card["cost"]
    billed = cost  # every charge of this bill is billed at its effective cost
    assert untidy_card["usable"] == pytest.approx((1 - 31 / cost) * (1 - 12.5 / (billed + 12.5)))
    assert untidy_card["headline"] == (
        f"{cards.percent(untidy_card['usable'])} of EffectiveCost of October 2026 is usable as it stands ($12.50 of BilledCost is in quarantine, "
        f"$31.00 lacks tags); {untidy_card['attention'] + untidy_card['bad']} things to look at"
        + (f", {untidy_card['bad']} of them bad." if untidy_card["bad"] else ".")
    )


def test_limits_of_the_settings_count(untidy):
    strict = untidy.quality.model_copy(update={"missing_days": Limit(attention=0, bad=1)})
    line = by_key(card_of(untidy.model_copy(update={"quality": strict}), "2026-10"))["missing_days"]
    assert (line["verdict"], line["rule"]) == ("bad", "attention above 0 days, bad above 1 days")
    with pytest.raises(InputError) as raised:
        (untidy.path("wrong.yaml")).write_text("quality: {invoices: {attention: 3, bad: 1}}\n")
        load_settings(untidy.path("wrong.yaml"))
    assert "bad above 1, attention above 3: bad comes later. Exchange them." in str(raised.value)


def test_a_day_before_the_month_is_refused(untidy):
    with pytest.raises(InputError) as raised:
        card_of(untidy, "2026-10", "2026-09-30")
    assert str(raised.value) == (
        "--as-of 2026-09-30: is before 2026-10, the month of the card. Give a later day, or an earlier month."
    )
    with pytest.raises(FinOpsError, match="the ledger has no data for December 2026"):
        card_of(untidy, "2026-12")


def test_totals_that_differ_are_read_from_the_record():
    files = [
        {"name": "a", "notes": ["TOTALS DIFFER from the cells that are booked: x"]},
        {
            "name": "b",
            "notes": ["Total amount due agrees with the lines", "2 columns differ in case"],
        },
    ]
    assert [name for name, _ in record.totals_that_differ(files)] == ["a"]


ALL = np.arange("2026-01-01", "2026-07-01", dtype="datetime64[D]")


@pytest.mark.parametrize(
    "charged, missing",
    [
        (ALL, 0),
        (np.delete(ALL, [60]), 1),
        (
            np.delete(ALL, np.arange(60, 120)),
            60,
        ),  # a long gap is missing from its first day to its last
        (ALL[np.is_busday(ALL)], 0),
        (np.delete(ALL[np.is_busday(ALL)], [40, 41]), 2),
        (ALL[::9], 0),  # now and then
        (ALL[::2], 0),
        (ALL[:5], 0),
        (ALL[[0, 50]], 0),
        (ALL[:1], 0),
        (ALL[:0], 0),
    ],
)
def test_a_day_is_missing_where_its_weekday_is_usual_around_it(charged, missing):
    assert len(days.gaps(charged)) == missing


def test_the_command_prints_the_card_and_gives_it_as_json(untidy):
    words = ["quality", "-s", str(untidy.path("finops.yaml")), "--month", "2026-10"]
    text = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert text.exit_code == 0, text.output
    assert "of EffectiveCost of October 2026 is usable as it stands" in text.output
    assert "Acme 2026-09-15" in text.output and "Acme by 5 days" in text.output
    plain = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert plain["lines"][1]["key"] == "missing_days" and plain["month"] == "2026-10"
    assert plain["basis"] == "Effective"  # of its cost; money of rows is named BilledCost in words


def test_the_page_shows_the_sentence_and_what_is_not_good(untidy_card, tidy):
    class Figures:
        brief = {"quality_card": untidy_card}

    html = str(on_page(Figures()))
    assert untidy_card["headline"] in html and "Days without data" in html
    assert "Totals of the files" not in html  # good: it is in the workbook
    Figures.brief = {}
    assert on_page(Figures()) is None


def test_the_workbook_has_the_whole_card(untidy_card, tmp_path):
    import xlsxwriter

    card = {**untidy_card, "headline": '=HYPERLINK("x")'}
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"), {"strings_to_formulas": False})
    sheet_of(Pen(book, "USD"), {"quality_card": card})
    book.close()
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["Data quality"]
    assert sheet["A1"].value == '=HYPERLINK("x")' and sheet["A1"].data_type == "s"
    named = [row[0].value for row in sheet.iter_rows(min_row=5, max_row=14)]
    assert named == [line["what"] for line in untidy_card["lines"]]
    assert [row[1].value for row in sheet.iter_rows(min_row=5, max_row=14)] == [
        line["verdict"] for line in untidy_card["lines"]
    ]
    text = {row[2].value for row in sheet.iter_rows(min_row=16)}
    assert "Acme: 2026-09-15, 2026-09-16" in text and "unlisted: on no price list" in text


@pytest.mark.parametrize(
    "value, said",
    [
        (0, "good"),
        (1, "good"),
        (1.01, "attention"),
        (3, "attention"),
        (3.01, "bad"),
        (None, "not known"),
    ],
)
def test_a_limit_is_passed_above_it_and_not_at_it(value, said):
    assert cards.verdict(value, Limit(attention=1, bad=3)) == said
    assert cards.verdict(value, Limit(attention=1)) == said.replace("bad", "attention")
