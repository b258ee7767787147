"""What known.yaml says reaches the money of a run: drivers' plans, caps, hands, days, replays, and what it refuses (docs/method §2.20–§2.21)."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
from scenario_world import settings, world

from finops_model.errors import InputError
from finops_model.forecasting.covariates.file import schema_text
from finops_model.forecasting.covariates.series import day_names
from finops_model.simulate import scenarios as simulate

DAY = 480.0  # train: 240 GPU-hours a day at 2, the same every day
LENGTHS = {"2026-11": 30, "2026-12": 31, "2027-01": 31}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, settings(folder), world()


def run(company, text: str | None = None, **how):
    folder, own, daily = company
    if text is not None:
        (folder / "known.yaml").write_text(text)
        own = own.model_copy(update={"known": "known.yaml"})
    return simulate.run(None, own, daily=daily, months=3, paths=256, dials=False, **how)


def train(company, entry: str, **how) -> np.ndarray:
    """(month, 4) mean, P10, P50, P90 of train ÷ the days of the month, in its usual days."""
    found = run(company, f"workloads:\n  train: {{{entry}}}\n", **how)
    return (
        found.by_workload[found.workloads.index("train")]
        / (DAY * np.array([LENGTHS.get(m, 30) for m in found.months]))[:, None]
    )


PAST = "history: {2026-05: 10, 2026-06: 10, 2026-07: 10, 2026-08: 10, 2026-09: 10, 2026-10: 10}"


def test_a_driver_carries_its_plan_into_money_by_its_elasticity(company):
    for elasticity in (1.0, 0.5, 0.0):
        found = train(
            company,
            f"driver: {{name: seats, {PAST}, elasticity: {elasticity}, planned: {{2026-11: 10, 2026-12: 20, 2027-01: 40}}}}",
        )
        assert found[:, 2] == pytest.approx(np.array([1, 2, 4]) ** elasticity, rel=0.02)
    monthly = train(
        company,
        f"driver: {{name: seats, per: month, {PAST.replace('10', '310').replace('2026-310', '2026-10')}, "
        "planned: {2026-11: 300, 2026-12: 620, 2027-01: 310}}",
    )
    assert monthly[:, 2] == pytest.approx(
        [1, 2, 1], rel=0.03
    )  # totals of months: 310 in 31 days is 10 a day


def test_a_plan_in_ranges_is_as_wide_as_it_says(company):
    found = train(
        company,
        f"driver: {{name: seats, {PAST}, planned: {{2026-11: 10, 2026-12: 10, 2027-01: {{p10: 5, p50: 10, p90: 20}}}}}}",
    )
    assert (
        found[2, 2] == pytest.approx(1, rel=0.1)
        and found[2, 1] == pytest.approx(0.5, rel=0.12)
        and found[2, 3] == pytest.approx(2, rel=0.12)
    )
    assert found[1, 3] / found[1, 1] < 1.3 < found[2, 3] / found[2, 1]


def test_a_cap_stops_money_and_a_unit_is_that_of_the_bill(company):
    twice = "events: [{kind: level_change, since: 2026-12-01, factor: 2, name: up, because: x}]"
    found = train(company, f"{twice}, cap: {{value: 300, unit: GPU-hours, since: 2026-12-01}}")
    assert (
        found[1, 2] == pytest.approx(300 / 240, rel=1e-4)
        and found[1:, 1:].max() <= 300 / 240 * 1.0001
        and found[0, 2] == pytest.approx(1, rel=0.02)
    )
    until = train(company, f"{twice}, cap: {{value: 600, since: 2026-12-01, until: 2027-01-01}}")
    assert until[1, 2] == pytest.approx(600 / DAY, rel=1e-4) and until[2, 2] == pytest.approx(
        2, rel=0.02
    )
    more = train(
        company,
        "events: [{kind: launch, name: n, since: 2026-12-01, amount: 120, unit: GPU-hours, because: x}]",
    )
    assert more[:, 2] == pytest.approx([1, 1.5, 1.5], rel=0.02)


def test_a_number_by_hand_stands_beside_the_models_and_moves_nothing(company):
    text = (
        "workloads:\n  train: {override: [{month: 2026-12, value: 20000, by: Ann, because: bought}]}\n"
        "units: {Company: {override: [{month: 2027-01, value: 9000, by: Bob, because: freeze}]}}\n"
    )
    plain, told = run(company), run(company, text)
    np.testing.assert_array_equal(plain.effective, told.effective)
    own, whole = sorted(told.overrides, key=lambda one: one["month"])
    assert (own["workload"], own["value"], own["by"]) == ("train", 20000, "Ann") and own[
        "p50"
    ] == pytest.approx(DAY * 31, rel=0.02)
    assert (whole["unit"], whole["value"]) == ("Company", 9000) and whole["p50"] == told.quantile(
        0.5, months=["2027-01"]
    )


def test_a_replay_knows_only_what_was_known_then(company):
    shut = "events: [{kind: shutdown, since: 2026-11-01, name: end, because: x%s}]"
    for since, gone in (
        ("", False),
        (", known_since: 2026-10-15", False),
        (", known_since: 2026-09-15", True),
    ):
        found = train(company, shut % since, as_of="2026-09-30", methods="cheap")
        assert (found[1, 0] < 0.01) == gone, since
    assert train(company, shut % "")[0, 0] < 0.01  # no replay: what is written now is known now


def test_prophet_is_told_what_the_workspace_knows(company, monkeypatch):
    """Named for a workspace, Prophet gets days off, driver, known changes and cap of known.yaml, by workload (§2.18)."""
    from finops_model.forecasting.methods import prophet

    seen, real = [], prophet.point

    def spy(history, dates, horizon, season=7, **known):
        seen.append(known | {"days": len(history) + horizon, "level": history.mean()})
        return real(history, dates, horizon, season, **known)

    monkeypatch.setattr(prophet, "point", spy)
    entry = (
        f"driver: {{name: seats, {PAST.replace('2026-06: 10', '2026-06: 12')}, planned: {{2026-11: 10, 2026-12: 10, 2027-01: 10}}}}, "
        "holidays: {dates: {2026-06-01: pause, 2026-12-01: pause}}, cap: {value: 900}, "
        "events: [{kind: level_change, since: 2026-07-01, factor: 1.0}]"
    )
    found = train(company, entry, methods="prophet")
    told = [one for one in seen if "driver" in one]
    assert told and all(len(one["driver"]) == one["days"] for one in told)
    newest = max(told, key=lambda one: one["days"])
    assert newest["changes"] == ("2026-07-01",) and set(newest["off"].values()) == {"pause"}
    assert newest["cap"] == pytest.approx(90, rel=0.3) and len(newest["cap"]) == newest["days"]
    assert found[:, 2] == pytest.approx(1, rel=0.1)
    assert any("off" not in one for one in seen)  # of workloads that nobody knows anything of


def test_days_off_of_several_countries_are_those_of_each_and_told_in_words(company, monkeypatch):
    from finops_model.forecasting.covariates import workspace

    asked = []
    monkeypatch.setattr(
        workspace,
        "day_names",
        lambda *what: asked.append((what[0], kept := day_names(*what))) or kept,
    )
    found = run(company, "workloads:\n  train: {holidays: [US, DE-BY]}\n")
    assert any(
        note["text"]
        == "train: what days off of US and DE-BY do is learned from the history by name"
        for note in found.assumptions
    )
    countries, names = asked[0]
    assert (
        countries == ["US", "DE-BY"]
        and names[datetime.date(2026, 11, 26)] == "Thanksgiving Day"
        and datetime.date(2027, 1, 6) in names
    )  # Epiphany: Bavaria


def test_the_schema_of_known_yaml_is_the_one_in_the_folder():
    assert (
        Path(__file__).resolve().parents[1] / "scenarios" / "known.schema.json"
    ).read_text() == schema_text()


AT = "known.yaml:2: workloads/train"
REFUSED = {
    "driver: {name: seats, planned: {2026-12: 20}}": "known.yaml:2: unknown driver 'seats'. Known: none. Take one of the drivers files, or write its past months (history: {2026-01: …}).",
    f"driver: {{name: seats, {PAST}, planned: {{2026-11: 10, 2027-01: 20}}}}": "known.yaml:2: 'seats' has no planned value for 2026-12; give every month from 2026-11 to 2027-01.",
    f"driver: {{name: seats, {PAST}, planned: {{2026-12: {{p10: 30, p50: 20, p90: 10}}}}}}": "known.yaml:2: 'seats' is planned as {'p10': 30.0, 'p50': 20.0, 'p90': 10.0} in 2026-12; "
    "give numbers of 0 or more, p10 ≤ p50 ≤ p90.",
    f"driver: {{name: seats, {PAST}}}": "known.yaml:2: 'seats' has no value after 2026-10-31. Write months to come (planned: {2026-11: …}), or add the days to come to the drivers file.",
    "driver: {name: seats, history: {2026-10: 10}, planned: {2026-12: 20}}": "known.yaml:2: 'seats' covers 31 of the 184 days of the history; give it for at least half of them.",
    "cap: 100": "known.yaml:2: the cap is 100 USD a day, but 'train' used 480 a day in its newest 28 days. A cap in force is not below what is used: check its unit, or say with since "
    "from which day it holds.",
    "cap: {value: 900, unit: tokens}": "known.yaml:2: unit: unknown unit 'tokens'. Known: USD, GPU-hours. 'train' is billed in these.",
    "cap: {value: 900, since: 2027-02-31}": f"{AT}/cap/since: '2027-02-31' is no date. Write a month YYYY-MM or a day YYYY-MM-DD.",
    "cap: -5": f"{AT}/cap/value: is -5; it must be 0 or more.",
    "cap: .nan": "known.yaml:2: 'workloads/train/cap' is .nan; a number must be finite.",
    "cap: {value: 900, since: 2027-01-01, until: 2026-12-01}": "known.yaml:2: until 2026-12-01 is not after since 2027-01-01; until is the first day without the cap.",
    "events: [{kind: shutdwn, since: 2026-12-01}]": "known.yaml:2: events: unknown kind of event 'shutdwn'. Did you mean 'shutdown'? Known: campaign, launch, level_change, migration, "
    "price_change, shutdown.",
    "events: [{kind: launch, since: 2026-12-01}]": "known.yaml:2: event 'launch': a launch needs amount.",
    "events: [{kind: shutdown, since: 2026-12-01, amount: 5}]": "known.yaml:2: event 'shutdown': amount does not belong to a shutdown; it takes ramp_days.",
    "events: [{kind: shutdown, since: 2020-01-01}]": "known.yaml:2: event 'shutdown 2020-01-01' begins on 2020-01-01, before the first day of data, 2026-05-01. All days have it already: take it out.",
    "override: [{month: 2026-09, value: 5, by: a, because: b}]": "known.yaml:2: 2026-09 is booked (data up to 2026-10-31); what has happened is not set by hand. An override made before the "
    "month's end says so with known_since.",
    "override: [{month: 2026-12, value: 5, by: a, because: b}, {month: 2026-12, value: 6, by: a, because: b}]": "known.yaml:2: 2026-12 of train is set by hand twice; the first time is at "
    "known.yaml:2. Keep the one that counts.",
    "holidays: {country: US, dates: {2026-12-25: x}}": "known.yaml:2: holidays are a country (US, US-CA), several, or dates with their names; give one of them.",
    "holidays: []": "known.yaml:2: holidays are a country (US, US-CA), several, or dates with their names; give one of them.",
    "holidays: [US, XX]": "known.yaml:2: holidays: unknown country 'XX'. Known: AF, AFG, AX, ALA, AL, ALB, DZ, DZA, AS, ASM, AD, AND and 489 more. Write a country as US, a part "
    "of it as US-CA.",
    "holidays: 5": f"{AT}/holidays/country/0: must be a text, not '5'. Put it in quotes.",
    "holidays: [US, 5]": f"{AT}/holidays/country/1: must be a text, not '5'. Put it in quotes.",
    "capp: 5": f"{AT}: unknown key 'capp'. Did you mean 'cap'? Known: cap, driver, events, holidays, override.",
}


@pytest.mark.parametrize("entry", REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_sentence(company, entry):
    with pytest.raises(InputError) as problem:
        run(company, f"workloads:\n  train: {{{entry}}}\n")
    assert str(problem.value).replace(f"{company[0]}/", "") == REFUSED[entry]
