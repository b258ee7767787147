"""What may not change under closed periods: calendar, entities, currencies, booked invoices; and what a reason may hold (docs/method §14.62)."""

from __future__ import annotations

import shutil

import pytest
from close_acme import Acme
from test_close_walk import refused, settings

from finops_model.facts.plans.read import read_invoices
from finops_model.publish.books.closing import walk

NAME, NEXT = "2026-09", "2026-10"
ENTITY = """company: Acme
currency: USD
rates: {table: ecb}
bills: ["bills/*.csv"]
accounts: accounts.yaml
entities:
  - {name: Acme Inc., currency: USD, billing_accounts: [aurora-1, seatly-1], invoices: invoices.csv}
"""


def closed_of(folder, more="", text=None) -> Acme:
    acme = Acme(folder, more)
    if text:
        (folder / "finops.yaml").write_text(text)
    acme.deliver(NAME)
    walk.walk(settings(acme), NAME, author="carla")
    walk.approve(settings(acme), NAME, author="henrik")
    for month in (NEXT, "2026-11"):
        acme.deliver(month)
    return acme


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return closed_of(tmp_path_factory.mktemp("plain") / "acme").folder


@pytest.fixture(scope="module")
def of_entity(tmp_path_factory):
    return closed_of(tmp_path_factory.mktemp("entity") / "acme", text=ENTITY).folder


def with_yaml(folder, tmp_path, *changes) -> Acme:
    acme = Acme.__new__(Acme)
    acme.folder = shutil.copytree(folder, tmp_path / "acme")
    path = acme.folder / "finops.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return acme


def test_a_calendar_is_not_changed_under_books(plain, tmp_path):
    acme = with_yaml(
        plain, tmp_path, ("company: Acme\n", "company: Acme\ncalendar: {kind: 4-4-5}\n")
    )
    words = (
        "finops.yaml: calendar: the records hold the period 2026-09, from 2026-09-01, and the calendar (4-4-5) has no such "
        "period. Periods follow each other, so write the calendar that they were closed with."
    )
    assert refused(walk.walk, settings(acme), "FY2026-P10") == words
    assert refused(walk.status, settings(acme)) == words


def test_a_calendar_with_other_days_is_seen(tmp_path):
    acme = Acme(tmp_path / "acme", "calendar: {kind: 4-4-5}\n")
    acme.deliver(NAME)
    acme.deliver("2026-11")
    walk.walk(settings(acme), "FY2026-P10", author="carla", accept="as it is")
    walk.approve(settings(acme), "FY2026-P10", author="henrik")
    path = acme.folder / "finops.yaml"
    path.write_text(path.read_text().replace("4-4-5", "5-4-4"))
    assert refused(walk.walk, settings(acme), "FY2026-P11") == (
        "finops.yaml: calendar: the records hold the period FY2026-P10, from 2026-09-27, and the calendar (5-4-4) has it from "
        "2026-09-27 to 2026-10-31. Periods follow each other, so write the calendar that they were closed with."
    )


def test_an_entity_that_books_are_of_stays(of_entity, tmp_path):
    acme = with_yaml(of_entity, tmp_path, ("name: Acme Inc.", "name: Acme Incorporated"))
    assert refused(walk.walk, settings(acme), NEXT) == (
        "finops.yaml: entities: the journal of 2026-09 is of Acme Inc., and finops.yaml names Acme Incorporated. What is "
        "accrued and prepaid in it would stay for ever. Write Acme Inc. as it was."
    )
    yaml = acme.folder / "finops.yaml"
    yaml.write_text(
        yaml.read_text().partition("rates:")[0]
        + 'bills: ["bills/*.csv"]\naccounts: accounts.yaml\n'
        + "invoices: invoices.csv\n"
    )
    assert "is of Acme Inc., and finops.yaml names no entities now." in refused(
        walk.walk, settings(acme), NEXT
    )


def test_a_company_that_has_books_does_not_become_entities(plain, tmp_path):
    acme = with_yaml(plain, tmp_path)
    (acme.folder / "finops.yaml").write_text(ENTITY)
    assert refused(walk.walk, settings(acme), NEXT).startswith(
        "finops.yaml: entities: the journal of 2026-09 is of the company as a whole, and now there are entities."
    )


def test_the_company_s_currency_is_not_changed_under_books(of_entity, tmp_path):
    acme = with_yaml(of_entity, tmp_path, ("\ncurrency: USD", "\ncurrency: EUR"))
    assert refused(walk.walk, settings(acme), NEXT) == (
        "finops.yaml: the company's currency is EUR, and the journal of 2026-09 is in USD: their amounts do not add up. Write USD."
    )


def test_a_booked_invoice_that_is_gone_is_no_final_month(plain, tmp_path):
    """A file that holds the newest month's invoices alone would book all earlier ones back, in a month that ties out."""
    acme = with_yaml(plain, tmp_path)
    path = acme.folder / "invoices.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if f",{NAME}," not in line))
    found = walk.walk(settings(acme), NEXT, author="carla")
    assert found.state == "preliminary"
    assert found.reasons == (
        "the invoice of Aurora for 2026-09 is booked with 1,500.00 USD and is in no invoice file any more",
        "the invoice of Seatly for 2026-09 is booked with 330.00 USD and is in no invoice file any more",
    )


def test_a_reason_is_one_plain_line(plain, tmp_path):
    acme = with_yaml(plain, tmp_path)
    path = acme.folder / "invoices.csv"
    path.write_text(path.read_text().replace(f"Seatly,{NEXT},USD,330.00", f"Seatly,{NEXT},USD,335"))
    found = walk.walk(settings(acme), NEXT, author="carla", accept="late\n\x1b[31m\u202e<b>")
    assert "Taken as final all the same: late [31m<b>" in found.said
    assert refused(walk.walk, settings(acme), NEXT, author="carla", accept="x" * 1001) == (
        "--accept: a reason of 1,001 characters. Write at most 1,000; the page has one line for it."
    )


def test_names_steer_no_terminal_and_turn_no_line_round(tmp_path):
    acme = Acme(tmp_path / "acme", "chargeback: {mode: chargeback}\n")
    acme.deliver(NAME)
    for path in [acme.folder / "invoices.csv", *(acme.folder / "bills").glob("*.csv")]:
        text = path.read_text().replace("Seatly", "Seat\x1b[31m\u202ely")
        path.write_text(text.replace('""chat""', '""ch\\u202e\\u001bat""'))
    found = walk.walk(settings(acme), NAME, author="carla")
    read = [path for path in found.folder.rglob("*") if path.suffix in (".csv", ".html", ".txt")]
    assert len(read) > 8
    for path in read:
        text = path.read_text()
        assert not set("\x1b\u202e") & set(text), path.name
    assert "Seat[31mly" in (found.folder / "accrual.csv").read_text()


def test_an_invoice_beyond_all_money_is_refused(tmp_path):
    path = tmp_path / "invoices.csv"
    path.write_text("InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\nA,2026-09,USD,1e400\n")
    assert refused(read_invoices, path) == (
        "invoices.csv: line 2: Amount: '1e400' is more than anything of a bill. Correct it."
    )
