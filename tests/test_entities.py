"""Entities: whose rows these are, one report per entity and currency, and no sum over currencies (docs/method §13.40)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from entities_world import SETTINGS, bill, totals, workspace
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError, InputError, LedgerError
from finops_model.facts.daily import entities, warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.measure import grades
from finops_model.measure.entities import NOTE, own_unit
from finops_model.publish import close
from finops_model.publish.alerts import folder
from finops_model.publish.alerts import workspace as watched
from finops_model.publish.archive import layout
from finops_model.publish.dashboard import archive as dashboard_archive
from finops_model.publish.dashboard.widget import ENTITIES, Dashboard
from finops_model.publish.job import month as job
from finops_model.publish.report import places
from finops_model.publish.verify.again import Again
from finops_model.publish.verify.verdict import summed, told
from finops_model.publish.verify.verifying import check, verify
from finops_model.settings import Entity, load_settings
from finops_model.simulate import scenarios as simulate

INC, GMBH = "Acme Inc.", "Acme GmbH"
WHICH = 'finops.yaml names entities: Acme Inc. (USD), Acme GmbH (EUR). Their amounts are not added up. Choose one: --entity "Acme Inc.".'


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="module")
def published(group):
    """The group's reports of May 2026: (settings, index entries by unit)."""
    entries = job.report(group, workers=1, fast=True)
    return group, {entry["unit"]: entry for entry in entries}


def brief_of(settings, slug: str) -> dict:
    return json.loads(
        (settings.path(settings.reports) / "2026-05" / slug / "brief.json").read_text(
            encoding="utf-8"
        )
    )


def refused(call, *given, error=LedgerError) -> str:
    with pytest.raises(error) as told:
        call(*given)
    return str(told.value)


# whose rows


def test_an_entitys_part_is_a_ledger_of_its_own(group):
    expected = totals(bill())
    for name, code, rows in ((INC, "USD", 3 * 92), (GMBH, "EUR", 2 * 92 + 3)):
        own = group.entity(name)
        ledger = close.books(own)
        assert ledger.rows == rows and own.currency == code
        assert ledger.totals("BilledCost") == {code: Decimal(str(round(expected[code].sum(), 2)))}
        found = ledger.totals_by_period()
        assert {
            (r.InvoiceIssuerName, r.BillingPeriod): float(r.BilledCost) for r in found.itertuples()
        } == {key: pytest.approx(value) for key, value in expected[code].items()}
        daily = warehouse.daily(ledger, own)
        assert set(daily["BillingCurrency"]) == {code} and daily[
            "BilledCost"
        ].sum() == pytest.approx(expected[code].sum())
        assert int(daily["Rows"].sum()) == rows
    both = [close.books(group.entity(name)).fingerprint() for name in (INC, GMBH)]
    assert len({*both, Ledger(group.path(group.ledger)).fingerprint()}) == 3


def test_two_currencies_in_one_account_and_file_are_told_apart(tmp_path):
    frame = bill().assign(BillingAccountId="", InvoiceIssuerName="Table")
    group = workspace(
        tmp_path,
        frame,
        "company: Acme\nbills: [bill.csv]\nentities:\n- {name: Acme Inc., currency: USD}\n- {name: Acme GmbH, currency: EUR}\n",
    )
    for name, code in ((INC, "USD"), (GMBH, "EUR")):
        ledger = close.books(group.entity(name))
        daily = warehouse.daily(ledger, group.entity(name))
        assert (
            float(ledger.totals("BilledCost")[code])
            == pytest.approx(daily["BilledCost"].sum())
            == pytest.approx(totals(frame)[code].sum())
        )
        assert ledger.rows == daily["Rows"].sum() == (frame["BillingCurrency"] == code).sum()


def test_a_refused_row_counts_for_every_entity_it_may_belong_to(tmp_path):
    frame = bill()
    bad = frame.iloc[[0, 3, 0]].copy()
    bad["BilledCost"] = ["7.00", "9.00", "11.00"]
    bad["ChargeCategory"] = "Nonsense"
    bad.loc[
        bad.index[-1:], ["BillingAccountId", "InvoiceIssuerName", "ProviderName", "PublisherName"]
    ] = ""
    group = workspace(tmp_path, pd.concat([frame, bad.iloc[:2]]))
    ledgers = {name: close.books(group.entity(name)) for name in (INC, GMBH)}
    assert {
        name: sorted(ledger.quarantine()["BilledCost"]) for name, ledger in ledgers.items()
    } == {INC: ["7.00"], GMBH: ["9.00"]}
    row = {
        "InvoiceIssuerName": "",
        "BillingAccountId": "",
        "BillingCurrency": "",
        "BilledCost": "11.00",
    }
    assert all(entities._may_take(group.entity(name).own, row) for name in (INC, GMBH)), (
        "a row that says nothing may be either's"
    )


def test_rows_of_no_entity_are_named_and_refused(group, tmp_path):
    extra = (
        bill()
        .iloc[[0, 0]]
        .assign(
            BillingAccountId="us-2", BilledCost="1234.50", EffectiveCost="1234.50", SkuId=["a", "b"]
        )
    )
    other = workspace(tmp_path, pd.concat([bill(), extra]))
    assert refused(close.books, other.entity(INC)) == (
        "finops.yaml: entities: 2 rows of the ledger, 2,469.00 USD, belong to no entity: billing account 'us-2' of Models. "
        "Name it under one of them: Acme Inc., Acme GmbH."
    )


def test_an_account_in_another_currency_than_its_entity_is_refused(tmp_path):
    extra = bill().iloc[[0]].assign(BillingAccountId="de-1", SkuId="x")
    group = workspace(tmp_path, pd.concat([bill(), extra]))
    assert refused(close.books, group.entity(INC)) == (
        "finops.yaml: entities: 1 row of the ledger, 40.00 USD, belong to no entity: billing account 'de-1' of Models is of Acme GmbH, which is in EUR. "
        "Write an entity for what it bills in USD."
    )


def test_rows_of_two_entities_are_refused(tmp_path):
    frame = bill(codes=("USD", "USD"))
    settings = SETTINGS.replace("currency: EUR", "currency: USD").replace(
        "billing_accounts: [de-1]", "billing_accounts: [de-1]\n    issuers: [Models]"
    )
    group = workspace(tmp_path, frame, settings)
    told = refused(close.books, group.entity(INC))
    assert told.startswith("finops.yaml: entities: 184 rows of the ledger, ") and told.endswith(
        "belong to Acme Inc. and to Acme GmbH: billing account 'us-1' of Models. Name it under one of them."
    )


@pytest.mark.parametrize(
    "was, now, told",
    [
        (
            "[us-1]",
            "[us-l]",
            "finops.yaml: entities/Acme Inc./billing_accounts: unknown billing account 'us-l'. Did you mean 'us-9'? Known: de-1, us-1, us-9.",
        ),
        (
            "[Stores]",
            "[Store]",
            "finops.yaml: entities/Acme Inc./issuers: unknown issuer 'Store'. Did you mean 'Stores'? Known: Models, Stores.",
        ),
    ],
)
def test_a_name_the_ledger_does_not_have_is_refused_with_the_nearest(tmp_path, was, now, told):
    assert (
        refused(close.books, workspace(tmp_path, settings=SETTINGS.replace(was, now)).entity(GMBH))
        == told
    )


# settings


@pytest.mark.parametrize(
    "was, now, told",
    [
        (
            "paths: 200",
            "currency: USD",
            "currency: there are entities, and this is of one of them. Write it under the entity.",
        ),
        (
            "paths: 200",
            "drivers: [a.csv]",
            "drivers: there are entities, and this is of one of them. Write it under the entity.",
        ),
        (
            "paths: 200",
            "own: {name: A, currency: USD}",
            "own is set by finops itself; take the key out.",
        ),
        (
            "- name: Acme GmbH",
            "- name: acme inc",
            "entities: 'acme inc' and 'Acme Inc.' would both be published as 'acme-inc'. Rename one.",
        ),
        (
            "- name: Acme GmbH",
            "- name: Company",
            "entities: 'Company' stands for the company or for no name. Write the entity's own name.",
        ),
        (
            "billing_accounts: [de-1]",
            "billing_account: [de-1]",
            "entities/1: unknown key 'billing_account'. Did you mean 'billing_accounts'?",
        ),
        (
            "currency: EUR\n    billing_accounts: [de-1]",
            "currency: USD\n    billing_accounts: [us-1]",
            "entities: 'Acme Inc.' and 'Acme GmbH' are both in USD, and both name 'us-1'. A row belongs to one entity.",
        ),
        (
            "currency: EUR\n    billing_accounts: [de-1]",
            "currency: USD",
            "entities: 'Acme Inc.' and 'Acme GmbH' are both in USD, and 'Acme GmbH' names no billing_accounts or issuers, so it takes every row of it. "
            "A row belongs to one entity.",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_line(tmp_path, was, now, told):
    (tmp_path / "finops.yaml").write_text(SETTINGS.replace(was, now))
    found = refused(load_settings, tmp_path, error=InputError)
    assert found.startswith(str(tmp_path / "finops.yaml") + ":") and told in found


def test_an_entitys_settings_are_its_own_and_the_companys_where_it_has_none(group):
    inc, gmbh = group.parts()
    assert (inc.currency, inc.invoices, inc.drivers, inc.organisation) == (
        "USD",
        "inc_invoices.csv",
        ["inc_drivers.csv"],
        "teams.csv",
    )
    assert (gmbh.currency, gmbh.budgets, gmbh.drivers, gmbh.prepared_by, gmbh.company) == (
        "EUR",
        None,
        [],
        "Lena",
        "Acme",
    )
    assert gmbh.parts() == [gmbh] and group.entity("acme-gmbh") == group.entity("acme GMBH")
    assert refused(group.entity, "Acme Gmb", error=InputError) == (
        "--entity: unknown entity 'Acme Gmb'. Did you mean 'Acme GmbH'? Known: Acme Inc., Acme GmbH."
    )


# no sum over currencies


def test_two_currencies_without_entities_are_refused_with_the_entities_to_write(tmp_path):
    plain = workspace(tmp_path, settings="company: Acme\nbills: [bill.csv]\n")
    told = refused(lambda: close.prepare(plain))
    assert told == (
        "the ledger holds EUR and USD, and amounts of different currencies are not added up. Name your entities in finops.yaml, one report each, with invoices, "
        "budgets, drivers and scenario under their entity:\nentities:\n  - {name: NAME, currency: EUR, billing_accounts: [de-1]}\n"
        "  - {name: NAME, currency: USD, billing_accounts: [us-1, us-9]}"
    )
    assert refused(simulate.read_daily, plain) == told
    assert not (tmp_path / "reports").exists()
    written = "entities:" + told.split("entities:")[-1]
    (tmp_path / "finops.yaml").write_text(
        "bills: [bill.csv]\n" + written.replace("NAME", "A", 1).replace("NAME", "B", 1) + "\n"
    )
    assert [close.books(part).rows for part in load_settings(tmp_path).parts()] == [
        2 * 92 + 3,
        3 * 92,
    ], "what it says can be written as it is"


@pytest.mark.parametrize(
    "words",
    [
        ["forecast"],
        ["backtest"],
        ["grades"],
        ["commit"],
        ["watch"],
        ["runout"],
        ["reconcile"],
        ["run", "x.yaml"],
        ["compare", "x.yaml"],
        ["sensitivity", "x.yaml"],
        ["explain", "x.yaml", "a/b"],
        ["scenario", "init", "new.yaml"],
        ["prices", "list"],
    ],
)
def test_every_command_asks_for_the_entity(group, words):
    result = CliRunner().invoke(app, [*words, "--settings", group.root])
    assert isinstance(result.exception, FinOpsError) and str(result.exception) == WHICH, (
        words,
        result.exception,
        result.output,
    )


def test_the_front_door_asks_for_the_entity_too(group):
    assert refused(simulate.read_daily, group) == WHICH == refused(close.books, group)


def test_commands_of_one_entity_are_in_its_currency(group):
    close.books(group.entity(INC))
    for name, code in ((INC, "USD"), (GMBH, "EUR")):
        shown = CliRunner().invoke(
            app, ["forecast", "--entity", name, "--months", "1", "--settings", group.root, "--json"]
        )
        assert shown.exception is None, shown.exception
        assert json.loads(shown.stdout)["currency"] == code
        tied = CliRunner().invoke(
            app,
            [
                "reconcile",
                "--entity",
                name,
                "--month",
                "2026-05",
                "--settings",
                group.root,
                "--json",
            ],
        )
        told = json.loads(tied.stdout)
        assert (
            told["difference"] == "0.00"
            and told["note"] == "All invoices of May 2026 tie out with the ledger to the cent."
        )
    assert {row["issuer"] for row in told["rows"]} == {"Models"}


def test_one_invoice_file_may_hold_those_of_all_entities(tmp_path):
    workspace(
        tmp_path,
        settings=SETTINGS.replace("inc_invoices.csv", "both.csv").replace(
            "gmbh_invoices.csv", "both.csv"
        ),
    )
    first, second = ((tmp_path / f"{name}_invoices.csv").read_text() for name in ("inc", "gmbh"))
    (tmp_path / "both.csv").write_text(first + second.split("\n", 1)[1])
    for name, total in ((INC, "USD"), (GMBH, "EUR")):
        tied = CliRunner().invoke(
            app,
            [
                "reconcile",
                "--entity",
                name,
                "--month",
                "2026-05",
                "--settings",
                str(tmp_path),
                "--json",
            ],
        )
        assert (
            json.loads(tied.stdout)["difference"],
            json.loads(tied.stdout)["invoice_total"],
        ) == ("0.00", f"{totals(bill())[total].groupby('month').sum()['2026-05']:.2f}")


@pytest.mark.parametrize(
    "words",
    [
        ["watch", "--json"],
        ["grades", "--json"],
        ["run", "half.yaml", "--paths", "100"],
        ["scenario", "init", "{}"],
    ],
)
def test_other_commands_take_an_entity(published, words, tmp_path):
    settings, _ = published
    scenario = Path(settings.root) / "half.yaml"
    scenario.write_text(
        "name: Half\nchanges:\n- {path: workloads/*/demand/level, op: scale, value: 0.5, because: x}\n"
    )
    words = [
        word.replace("half.yaml", str(scenario)).format(tmp_path / "new.yaml") for word in words
    ]
    result = CliRunner().invoke(app, [*words, "--entity", GMBH, "--settings", settings.root])
    assert result.exception is None, (words, result.exception)
    assert "USD" not in result.output and "$" not in result.output


def test_alerts_and_verdicts_of_an_entity_lie_apart(group):
    assert [folder.folder_of(part).name for part in group.parts()] == ["acme-inc", "acme-gmbh"]
    assert folder.folder_of(group.model_copy(update={"entities": []})).name == "watch"


def test_what_ifs_on_the_command_line_are_of_one_entity(group):
    result = CliRunner().invoke(app, ["report", "--what-if", "x.yaml", "--settings", group.root])
    assert str(result.exception) == f"--what-if goes with one entity. {WHICH}"
    result = CliRunner().invoke(
        app, ["report", str(Path(group.root) / "bill.csv"), "--entity", INC]
    )
    assert (
        str(result.exception)
        == "--entity is of the company of finops.yaml and does not go with a BILL. Leave one of them out."
    )


# reports


def test_one_report_per_entity_and_unit_and_no_company(published):
    settings, entries = published
    assert sorted(entries) == [
        GMBH,
        "Acme GmbH · Engineering",
        "Acme GmbH · Product",
        INC,
        "Acme Inc. · Engineering",
        "Acme Inc. · Product",
    ]
    assert {entry["currency"] for name, entry in entries.items() if name.startswith(INC)} == {"USD"}
    assert {entry["currency"] for name, entry in entries.items() if name.startswith(GMBH)} == {
        "EUR"
    }
    month = settings.path(settings.reports) / "2026-05"
    assert sorted(path.name for path in month.iterdir()) == [
        "acme-gmbh",
        "acme-gmbh-engineering",
        "acme-gmbh-product",
        "acme-inc",
        "acme-inc-engineering",
        "acme-inc-product",
        "index.html",
        "set.json",
    ]
    frame = totals(bill())
    for slug, code in (("acme-inc", "USD"), ("acme-gmbh", "EUR")):
        brief = brief_of(settings, slug)
        billed = frame[code].groupby("month").sum()["2026-05"]
        assert (
            brief["tie_out"]["difference"] == "0.00"
            and brief["tie_out"]["ledger_total"] == f"{billed:.2f}"
            and brief["status"] == "final"
        )
        assert brief["actual"]["month"] == pytest.approx(billed - (123.45 if code == "EUR" else 0))
        assert sum(child["actual"] for child in brief["children"]) == pytest.approx(
            brief["actual"]["month"]
        )
        assert [child["slug"] for child in brief["children"]] == [
            f"{slug}-engineering",
            f"{slug}-product",
        ]
        assert (
            NOTE in brief["summary"]
            and brief["headline"].startswith(brief["unit"])
            and brief["company"] == "Acme"
        )
    assert (
        brief_of(settings, "acme-inc")["landing"]["budget"] == 60_000
        and brief_of(settings, "acme-gmbh")["landing"]["budget"] is None
    )
    assert brief_of(settings, "acme-gmbh")["people"]["prepared_by"] == "Lena"


def test_the_page_says_that_nothing_is_added_up_and_speaks_of_no_company_sum(published):
    settings, _ = published
    page = (settings.path(settings.reports) / "2026-05" / "acme-gmbh" / "report.html").read_text(
        encoding="utf-8"
    )
    assert (
        NOTE in page
        and "Company: each legal entity has its own report; nothing is added up across entities."
        in page
    )
    assert (
        "all of Acme GmbH" in page
        and "whole company" not in page
        and "add up to the company" not in page
        and "add up to the entity" in page
    )
    reason = brief_of(settings, "acme-inc")["reason"]
    assert "company" not in reason["title"] + reason["sentence"]


def test_published_reports_of_entities_verify(published, monkeypatch):
    """A report whole, and the whole month by its figures: each entity's close is prepared once."""
    settings, entries = published
    root = settings.path(settings.reports) / "2026-05"
    prepare, asked = close.prepare, []
    monkeypatch.setattr(
        close, "prepare", lambda *a, **k: asked.append(a[0].own.name) or prepare(*a, **k)
    )
    with Again(settings) as again:
        (one,) = check(root / "acme-gmbh-product", again)
        month = check(root, again, numbers_only=True)
    assert one.problems == [] and len(month) == len(entries) and sorted(asked) == [GMBH, INC]
    assert {Path(each.place).name for each in month} == {e["slug"] for e in entries.values()}
    assert told(month) == [] and summed(month) == f"{len(entries)} reports verified"
    gone = settings.model_copy(
        update={"entities": [one for one in settings.entities if one.name == INC]}
    )
    assert (
        refused(verify, root / "acme-gmbh", gone, error=InputError)
        == f"{root / 'acme-gmbh'}: unknown entity 'Acme GmbH'. Known: Acme Inc.."
    )
    plain = settings.model_copy(update={"entities": []})
    assert (
        refused(plain.entity, INC, error=InputError)
        == "--entity: 'Acme Inc.' is an entity, and finops.yaml names none. Write it there (entities:), or leave it out."
    )


def test_the_archive_lists_them_and_the_dashboard_says_why_it_has_no_sliders(published):
    settings, _ = published
    root = settings.path(settings.reports)
    listed = dashboard_archive.load_index(root)["reports"]
    assert [entry["unit"] for entry in listed] == [
        GMBH,
        "Acme GmbH · Engineering",
        "Acme GmbH · Product",
        INC,
        "Acme Inc. · Engineering",
        "Acme Inc. · Product",
    ]
    assert layout.entries(root) == listed and {entry["entity"] for entry in listed} == {
        INC,
        GMBH,
    }
    page = Dashboard(root)
    assert page.outlook == {"ready": False, "problem": ENTITIES} and page.problem == ""
    assert "Acme GmbH" in page.report["html"] and len(page.reports) == 6


def test_a_forecast_is_graded_by_the_entity_that_made_it(published):
    settings, _ = published
    root = settings.path(settings.reports)
    inc = grades.published(root, settings=settings.entity(INC))
    assert set(inc["unit"]) == {"Company", "Product", "Engineering"} and set(inc["currency"]) == {
        "USD"
    }
    assert len(grades.published(root)) == 0, "no company has published anything"
    before = close.earlier(settings.entity(INC), "2026-06", root)
    assert {unit: brief["currency"] for unit, brief in before.items()} == {
        "Company": "USD",
        "Product": "USD",
        "Engineering": "USD",
    }
    assert {name for _, name, _ in watched.published(settings.entity(GMBH))} == {
        "Company",
        "Product",
        "Engineering",
    } and watched.published(settings) == []
    brief = brief_of(settings, "acme-inc-product")
    assert (
        own_unit(brief, settings.entity(INC)),
        own_unit(brief, settings.entity(GMBH)),
        own_unit(brief, None),
    ) == ("Product", None, None)
    assert (
        own_unit({"unit": "Product"}, None) == "Product"
        and own_unit({"unit": "Product"}, settings.entity(INC)) is None
    )


def test_no_report_takes_the_place_of_another_entitys(published):
    settings, _ = published
    brief = brief_of(settings, "acme-gmbh-product")
    other = {**brief, "unit": "Acme · GmbH Product", "entity": {**brief["entity"], "name": "Acme"}}
    assert refused(
        places.no_stranger, other, settings.path(settings.reports), error=FinOpsError
    ).endswith(
        "'Acme GmbH · Product' is published there, and 'Acme · GmbH Product' would take its place. Rename the entity or its unit."
    )


def test_tax_alone_makes_no_unit(group):
    own = group.entity(GMBH)
    daily = warehouse.daily(close.books(own), own)
    assert "(unassigned)" in set(daily["x_BusinessUnit"]) and close.units_of(daily) == [
        "Engineering",
        "Product",
    ]


def test_a_table_without_issuer_and_account_can_be_given_to_an_entity(monkeypatch):
    """A list of tools that procurement keeps: reconcile calls its issuer (not stated)."""
    held = {("Models", "us-1", "USD"): (9, Decimal(9)), ("", "", "USD"): (20, Decimal("20909.75"))}
    monkeypatch.setattr(entities, "keys", lambda _: held)
    inc = Entity(name="Inc", currency="USD", billing_accounts=["us-1"])
    labs = Entity(name="Labs", currency="USD", issuers=["(not stated)"])
    assert refused(entities.check, None, [inc]) == (
        "finops.yaml: entities: 20 rows of the ledger, 20,909.75 USD, belong to no entity: no issuer and no billing account. "
        'Write issuers: ["(not stated)"] under one of them: Inc.'
    )
    entities.check(None, [inc, labs])
    assert labs.takes("", "", "USD") and not labs.takes("", "us-1", "USD")
    del held["", "", "USD"]
    assert refused(entities.check, None, [inc, labs]) == (
        "finops.yaml: entities/Labs/issuers: unknown issuer '(not stated)'. Known: Models."
    )
