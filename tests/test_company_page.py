"""A company of two currencies in its own: averages, plan rates, the FX effect, path-wise landing, the page (docs/method §7.9, §7.10)."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import entities_world as world
import numpy as np
import openpyxl
import pytest
from oracles import calendars as oracle

from finops_model.errors import PriceError
from finops_model.measure.books import company as books
from finops_model.measure.books.rates import rates_of
from finops_model.periods import Calendar
from finops_model.publish import close
from finops_model.publish.archive import commit
from finops_model.publish.books import company as published
from finops_model.publish.report.manifest import file_entry
from finops_model.publish.verify.again import Again
from finops_model.publish.verify.chain import Chain
from finops_model.publish.verify.company import check_company
from finops_model.publish.verify.verdict import Verdict
from finops_model.settings import load_settings

PLAN = Decimal("1.12")
RATES = "currency: USD\nrates: {plan: [plan.yaml]}\n"
GMBH = "    prepared_by: Lena\n    budgets: gmbh_budgets.csv\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(settings, closes, bill) of April 2026."""
    folder = tmp_path_factory.mktemp("two")
    text = world.SETTINGS.replace("entities:", RATES + "entities:")
    frame = world.bill()
    world.workspace(folder, frame, text.replace("    prepared_by: Lena\n", GMBH))
    (folder / "plan.yaml").write_text(
        f"name: FY2026 plan\napproved_on: 2025-12-04\ncurrency: USD\nrates: {{EUR: {PLAN}}}\n"
    )
    (folder / "gmbh_budgets.csv").write_text(
        "business_unit,month,currency,amount\n"
        + "".join(f"Product,2026-{m:02d},EUR,1200.05\n" for m in range(1, 13))
    )
    found = load_settings(folder)
    return found, [close.prepare(part, "2026-04") for part in found.parts()], frame


def publish(found, closes, root) -> dict:
    """The page alone, as it is published with the reports of the entities."""
    with commit.staging(root) as folder:
        said, pages = published.staged(found, closes, folder)
        commit.commit(root, pages, folder)
        return published.said_of(said, root)


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    found, closes, _ = made
    root = tmp_path_factory.mktemp("reports")
    said = publish(found, closes, root)
    folder = root / "2026-04" / "company"
    return said, json.loads((folder / "company.json").read_text()), folder


def by_unit(frame, code: str, month: str) -> dict[str, Fraction]:
    """Cost of a month by unit: a loop over the rows of the bill."""
    units = {"chat": "Product", "search": "Engineering"}
    found: dict[str, Fraction] = defaultdict(Fraction)
    for row in frame.itertuples():
        if (
            row.BillingCurrency == code
            and row.ChargePeriodStart[:7] == month
            and row.ChargeCategory != "Tax"
        ):
            found[units[json.loads(row.Tags)["team"]]] += Fraction(row.EffectiveCost)
    return found


def test_the_month_is_the_bill_at_average_and_at_plan_rates(made, page):
    _, _, frame = made
    _, found, _ = page
    average = oracle.digits12(oracle.mean(oracle.ecb("EUR", "USD"), "2026-04-01", "2026-04-30"))
    lines = {(one["entity"], one["unit"]): one for one in found["month_lines"]}
    euros = by_unit(frame, "EUR", "2026-04")
    for rate, key in ((average, "actual"), (PLAN, "at_plan")):
        total = oracle.money(str(Decimal(str(float(sum(euros.values()))))), rate)
        given = [Decimal(lines["Acme GmbH", unit][key]) for unit in euros]
        assert sum(given) == total
        for unit, value in euros.items():
            assert abs(
                Fraction(Decimal(lines["Acme GmbH", unit][key])) - value * Fraction(rate)
            ) < Fraction(1, 100)
    for unit, value in by_unit(frame, "USD", "2026-04").items():
        line = lines["Acme Inc.", unit]
        assert (
            Fraction(line["actual"]) == Fraction(line["at_plan"]) == value
            and Decimal(line["effect"]) == 0
        )
    assert Decimal(lines["Acme GmbH", "Product"]["budget"]) == oracle.money("1200.05", PLAN)


def test_views_reconcile_to_the_cent_line_by_line_and_in_total(page):
    _, found, _ = page
    for name in ("month", "year"):
        for one in [*found[f"{name}_lines"], found[f"{name}_total"]]:
            assert Decimal(one["actual"]) == Decimal(one["at_plan"]) + Decimal(one["effect"])
        for key in ("actual", "at_plan", "effect", "budget"):
            known = [Decimal(one[key]) for one in found[f"{name}_lines"] if one[key] is not None]
            assert sum(known) == Decimal(found[f"{name}_total"][key])


def test_the_year_so_far_is_each_month_at_its_own_average(made, page):
    _, _, frame = made
    _, found, _ = page
    rates = oracle.ecb("EUR", "USD")
    total = sum(sum(by_unit(frame, "USD", month).values()) for month in ("2026-03", "2026-04"))
    for month in ("2026-03", "2026-04"):
        last = str(oracle.month_days(month)[-1])
        rate = oracle.digits12(oracle.mean(rates, f"{month}-01", last))
        euros = sum(by_unit(frame, "EUR", month).values())
        total += Fraction(oracle.money(str(Decimal(str(float(euros)))), rate))
    assert Fraction(found["year_total"]["actual"]) == total


def test_the_landing_is_of_the_sums_of_paths_after_conversion(made, page):
    _, closes, frame = made
    _, found, _ = page
    rates = oracle.ecb("EUR", "USD")
    totals = np.zeros(closes[0].base.paths)
    for one, code in zip(closes, ("USD", "EUR"), strict=True):
        ahead = [month for month in one.base.months if month <= "2026-12"]
        totals += one.base.total(months=ahead) * (float(PLAN) if code == "EUR" else 1.0)
        for month in ("2026-03", "2026-04"):
            last = str(oracle.month_days(month)[-1])
            rate = oracle.digits12(oracle.mean(rates, f"{month}-01", last)) if code == "EUR" else 1
            totals += float(sum(by_unit(frame, code, month).values())) * float(rate)
    land = found["landing"]
    for key, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert land[key] == pytest.approx(float(np.quantile(totals, q)), rel=1e-9)
    assert land["budget"] == pytest.approx(12 * (5000 + float(oracle.money("1200.05", PLAN))))
    assert sum(one["mean"] for one in found["landings"]) == pytest.approx(land["mean"])
    assert sum(one["p90"] for one in found["landings"]) >= land["p90"]


def test_each_rate_is_named_with_its_kind_and_days(page):
    _, found, _ = page
    april = [one for one in found["rates"] if one["period"] == "2026-04"]
    assert [(one["currency"], one["for"]) for one in april] == [
        ("EUR", "actual"),
        ("EUR", "budget and constant currency"),
    ]
    assert (
        april[1]["says"]
        == "1 EUR = 1.12 USD, plan rate of FY2026 (FY2026 plan, approved 2025-12-04)"
    )
    assert "average rate, mean of 20 from 2026-04-01 to 2026-04-30" in april[0]["says"]
    assert {one["for"] for one in found["rates"] if one["period"] == "2026-05"} >= {"forecast"}


def test_the_page_and_the_workbook_say_what_the_figures_say(page):
    said, found, folder = page
    html = (folder / "company.html").read_text()
    assert said["said"] == f"The company in USD: {folder / 'company.html'}"
    assert "Acme · all entities in USD" in html and "FX effect" in html
    for line in found["month_lines"]:
        assert f"{Decimal(line['actual']):,f}" in html
    for rate in found["rates"]:
        assert rate["says"] in html
    assert "<script" not in html and "http" not in html.split("</style>")[1]
    book = openpyxl.load_workbook(folder / "company.xlsx")
    assert book.sheetnames == ["Month", "Year so far", "Landing", "Rates"]
    assert book["Month"]["E6"].value.startswith("=SUM(E2:E")
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    assert sorted(listed) == ["company.html", "company.json", "company.xlsx"]


def test_the_same_closes_give_the_same_bytes(made, page, tmp_path):
    found, closes, _ = made
    publish(found, closes, tmp_path)
    for name in ("company.json", "company.html", "company.xlsx", "manifest.json"):
        assert (tmp_path / "2026-04" / "company" / name).read_bytes() == (
            page[2] / name
        ).read_bytes()


def test_without_rates_one_line_says_what_is_missing_and_nothing_is_written(made, tmp_path):
    found, closes, _ = made
    bare = found.model_copy(update={"rates": None})
    assert published.staged(bare, closes, tmp_path)[0] == {
        "said": "There is no page of the company: its entities are in EUR and USD, and finops.yaml names no rates. Write currency: and "
        "rates: {plan: [FILE]} (docs/method §7.5)."
    }
    no_plan = found.model_copy(update={"rates": found.rates.model_copy(update={"plan": []})})
    assert published.staged(no_plan, closes, tmp_path)[0] == {
        "said": "There is no page of the company: rates: EUR to USD has no plan rate for 2026-04 (FY2026): there are no plan rates. Agree one "
        "and name its file under rates: plan: of finops.yaml."
    }
    assert list(tmp_path.iterdir()) == []
    assert not published.of_entities(found.entity("Acme GmbH")) and published.of_entities(found)


def test_forecasts_that_do_not_share_their_draws_are_not_added_up(made):
    found, closes, _ = made
    other = replace(closes[1], base=replace(closes[1].base, seed=7))
    entities = [
        books.Entity(one.name, each) for one, each in zip(found.entities, (closes[0], other))
    ]
    with pytest.raises(PriceError) as refused:
        books.company(entities, rates_of(found), found.calendar_of())
    assert str(refused.value) == (
        f"company: the entities' forecasts do not share their draws (Acme Inc. 200 paths with seed {closes[0].base.seed}, Acme GmbH "
        "200 paths with seed 7), so their ranges cannot be added up. Give their scenarios the same paths and seed."
    )


def test_a_company_on_weeks_lands_by_its_own_year(made):
    found, closes, _ = made
    weeks = Calendar("4-4-5", month=1, ends="nearest", named_after="start")
    own = [replace(one, budgets=replace(one.budgets, calendar=weeks)) for one in closes]
    entities = [books.Entity(one.name, each) for one, each in zip(found.entities, own)]
    view = books.company(entities, rates_of(found), weeks)
    assert view["year"] == "FY2026" and (view["year_start"], view["year_last"]) == (
        "2026-02-01",
        "2027-01-30",
    )
    assert len(view["periods"]) == 12 and view["periods"][0]["period"] == "FY2026-P01"
    assert view["landing"]["p50"] is not None
    assert dt.date.fromisoformat(view["periods"][2]["last"]) == dt.date(2026, 5, 2)
    assert view["periods"][2]["state"] == "under way"
    # three periods have begun, and the third has 28 of its 35 days: its budget does not count yet
    budget = sum(
        one.budgets.month("Company", f"FY2026-P0{n}") or 0 for one in own[:1] for n in (1, 2)
    )
    euros = (
        own[1].budgets.month("Company", "FY2026-P01"),
        own[1].budgets.month("Company", "FY2026-P02"),
    )
    plan = sum(oracle.money(str(one), PLAN) for one in euros)
    assert Decimal(view["year_total"]["budget"]) == budget + plan


def test_the_page_is_made_again_and_a_forged_one_is_named(made, page, monkeypatch):
    """`finops verify` of the page, from closes that are made already: which file, where, and which figure."""
    found, closes, _ = made
    _, told, folder = page
    by_name = {one.name: close for one, close in zip(found.entities, closes, strict=True)}
    monkeypatch.setattr(
        Again,
        "close",
        lambda self, brief, *_, **__: SimpleNamespace(close=by_name[brief["entity"]["name"]]),
    )

    def said(**how) -> Verdict:
        with Again(found) as again:
            return check_company(folder, again, Chain(found), **how)

    kept = {path.name: path.read_bytes() for path in folder.iterdir()}

    def forged(name: str, data: bytes) -> Verdict:
        """One file with other bytes, and the manifest that lists them; all put back."""
        (folder / name).write_bytes(data)
        manifest = json.loads(kept["manifest.json"])
        manifest["files"][name] = file_entry(folder / name)
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "manifest.json").write_text(text + "\n")
        verdict = said()
        for one, before in kept.items():
            (folder / one).write_bytes(before)
        return verdict

    whole = said()
    assert whole.problems == [] and "company.xlsx" in whole.same and "every number" in whole.same
    assert said(numbers_only=True).verified
    html = forged("company.html", kept["company.html"].replace(b"Acme", b"Acne", 1))
    assert html.problems[0].startswith(
        "company.html is not the page that is made again: it says 'Acne "
    )
    total = Decimal(told["month_total"]["actual"])
    other = {**told, "month_total": {**told["month_total"], "actual": str(total + 1)}}
    text = json.dumps(other, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    figure = forged("company.json", text.encode())
    assert figure.problems[0] == (
        f"cost of the month: {total + 1:,.2f} USD was published, {total:,.2f} USD now"
    )
    (folder / "company.xlsx").write_bytes(b"PK")
    changed = said()
    (folder / "company.xlsx").write_bytes(kept["company.xlsx"])
    assert changed.problems == [
        "company.xlsx was changed after it was published: its sha256 is not the one in the manifest"
    ]
