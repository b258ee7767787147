"""What happened since a report: where its fiscal year stands on the newest complete day (docs/method §9.28)."""

from __future__ import annotations

import json

import headline_world as world
import numpy as np
import pytest

from finops_model.errors import LedgerError
from finops_model.facts.daily import warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.periods import month_days
from finops_model.publish import close, since
from finops_model.publish.report import later
from finops_model.simulate import scenarios


def cost(i: int) -> float:
    return 100 + (i * 37) % 11


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report of February of a company whose bill goes on to 15 March; two sources of its own pace."""
    folder = tmp_path_factory.mktemp("later")
    settings = world.workspace(folder, world.days("2025-10-01", "2026-03-15", cost), paths=128)
    return settings, report_of(close.prepare(settings, "2026-02"))


def report_of(made, unit: str = "Company") -> dict:
    """What `later` reads of a published brief."""
    return {
        "month": made.month,
        "unit": unit,
        "currency": made.currency,
        "data_as_of": made.as_of,
        "forecast": {"months": [{"month": month} for month in made.base.months]},
        "lineage": {"engine": made.base.engine},
    }


def test_it_is_the_year_of_the_report_as_a_run_of_the_later_day_has_it(made):
    settings, february = made
    note = later.later(settings, february)
    assert {key: note[key] for key in ("as_of", "days", "period")} == {
        "as_of": "2026-03-15",
        "days": 15,
        "period": "FY2026",
    }
    # by plain loops: what is booked to the day, and what each path adds
    daily = warehouse.daily(Ledger(settings.path(settings.ledger)), settings)
    run = scenarios.run(None, settings, as_of="2026-03-15", daily=daily, dials=False)
    booked = sum(cost(i) for i in range(92, 92 + 59))  # January and February
    totals = []
    for p in range(run.paths):
        total = booked
        for m, month in enumerate(run.months):
            if month < "2027-01":
                total += float(run.effective[p, m].sum())
        totals.append(total)
    assert [note[key] for key in ("p10", "p50", "p90")] == pytest.approx(
        list(np.quantile(totals, (0.1, 0.5, 0.9)))
    )
    assert note["sentence"].startswith("15 days later FY2026 stands at $3")


def test_it_is_computed_once_and_of_every_unit(made, monkeypatch):
    settings, february = made
    first = later.later(settings, february)

    def never(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr(later.simulate, "run_many", never)
    assert later.later(settings, february) == first
    daily = warehouse.daily(Ledger(settings.path(settings.ledger)), settings)
    (unit,) = set(daily["x_BusinessUnit"])
    assert later.later(settings, {**february, "unit": unit}) == first
    assert later.later(settings, {**february, "unit": "Nobody"}) is None


def test_less_than_a_week_past_the_report_there_is_none(made, monkeypatch):
    settings, february = made
    monkeypatch.setattr(later.warehouse, "daily", None)  # nothing is read
    for as_of in ("2026-03-09", "2026-03-15"):
        assert later.later(settings, {**february, "data_as_of": as_of}) is None
    assert later.later(settings, {**february, "forecast": {"months": []}}) is None
    assert (
        later.later(settings, {**february, "lineage": {}}) is None
    )  # of before: no engine is said
    abroad = {"name": "Acme GmbH", "unit": "Company"}
    assert later.later(settings, {**february, "entity": abroad}) is None


def test_a_year_that_is_over_by_then_is_booked(tmp_path):
    settings = world.workspace(tmp_path, world.days("2025-10-01", "2026-01-10", cost), paths=128)
    note = later.later(settings, report_of(close.prepare(settings, "2025-12")))
    booked = sum(cost(i) for i in range(92))
    assert note["p50"] == pytest.approx(booked) and note["p10"] == note["p90"] == note["p50"]
    assert note["sentence"] == "10 days later FY2025 is booked at $9.65k."


def published(root, month: str, unit: str, currency: str = "USD", **more):
    folder = root / month / unit.lower()
    folder.mkdir(parents=True)
    brief = {
        "month": month,
        "unit": unit,
        "currency": currency,
        "data_as_of": str(month_days(month)[-1]),
        **more,
    }
    (folder / "brief.json").write_text(json.dumps(brief))


def test_the_last_report_is_the_newest_of_an_earlier_month_with_its_note(tmp_path, made):
    settings = made[0]
    for month, unit in (("2026-01", "Company"), ("2026-02", "Company"), ("2026-03", "Company")):
        published(tmp_path, month, unit)
    published(tmp_path, "2026-02", "Research", data_as_of="2026-02-10")  # a flash report
    published(tmp_path, "2026-02", "Abroad", currency="EUR")
    note = {"as_of": "2026-03-15", "sentence": "15 days later …"}
    entries = [{"month": "2026-02", "slug": "company", "later": note}]
    entries += [{"month": "2026-02", "slug": "research"}]
    (tmp_path / "index.json").write_text(json.dumps({"reports": entries}))
    found = since.last_reports(settings, "2026-03", tmp_path)
    assert {unit: one["month"] for unit, one in found["reported"].items()} == {
        "Company": "2026-02",
        "Research": "2026-02",
    }
    assert found["later"] == {"Company": note}
    # a month left out: the newest there is
    assert (
        since.last_reports(settings, "2026-06", tmp_path)["reported"]["Company"]["month"]
        == "2026-03"
    )
    assert since.last_reports(settings, "2026-01", tmp_path) == {"reported": {}, "later": {}}


def test_the_note_stands_in_the_archive_s_index_and_a_failed_run_leaves_none(
    tmp_path, made, monkeypatch
):
    settings, february = made
    noted, entry = [], {"slug": "company"}
    monkeypatch.setattr(later, "note", lambda *place, **keys: noted.append((*place, keys)))
    (told,) = later.note_all(settings, [february], [entry], tmp_path)
    assert noted == [(tmp_path, "2026-02", "company", {"later": told})]
    # a unit's, one beside a closed month's, and one that has a successor stay without
    unit = {**february, "unit": "Research"}
    assert later.note_all(settings, [unit], [entry], tmp_path) == []
    assert later.note_all(settings, [february], [{**entry, "beside": True}], tmp_path) == []
    (tmp_path / "index.json").write_text(json.dumps({"reports": [{"month": "2026-03"}]}))
    assert later.note_all(settings, [february], [entry], tmp_path) == []
    (tmp_path / "index.json").unlink()

    def fails(*_):
        raise LedgerError("no")

    monkeypatch.setattr(later, "later", fails)
    assert later.note_all(settings, [february], [entry], tmp_path) == [] and len(noted) == 1
