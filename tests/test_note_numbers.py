"""What dated notes do to forecast, bridge and charts (docs/method §12.25, §12.26). Oracle: plain loops, sums of what was written into the bill."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.errors import InputError
from finops_model.facts.daily import warehouse
from finops_model.forecasting.notes.once import times_usual
from finops_model.publish import close
from finops_model.publish.charts.accuracy import track_record
from finops_model.publish.charts.fan import monthly_fan
from finops_model.publish.charts.notes import on_months, said
from finops_model.publish.charts.unit_costs import unit_cost_trend
from finops_model.publish.page.tables import drawn
from finops_model.scenario.ledger_base import read_facts

DAYS = pd.date_range("2026-01-05", "2026-03-31")
SWEEP = ("2026-03-10", "2026-03-12")


def usual(day) -> float:
    return 20.0 if day.dayofweek < 5 else 6.0


def spent(day) -> float:
    return usual(day) * (5 if SWEEP[0] <= str(day.date()) <= SWEEP[1] else 1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    root = tmp_path_factory.mktemp("notes")
    lines = ["Date,Cost (USD),Team,Service"]
    for day in DAYS:
        lines += [f"{day.date()},{spent(day)},chat,GPU", f"{day.date()},7,search,GPU"]
    (root / "bill.csv").write_text("\n".join(lines))
    return fm.start(root / "bill.csv", folder=root / "ws")


def noted(workspace, text: str, name: str = "notes.csv"):
    workspace.path(name).write_text("date,note,until,workload,author,kind,factor\n" + text)
    return workspace.model_copy(update={"dated_notes": name})


CHAT = "chat/(untagged)/GPU"


@pytest.fixture(scope="module")
def once(plain):
    return noted(plain, f"{SWEEP[0]},Sweep by mistake,{SWEEP[1]},{CHAT},Ada,once,\n")


@given(
    values=st.lists(st.integers(0, 100), min_size=60, max_size=60),
    first=st.integers(0, 59),
    long=st.integers(1, 10),
)
@settings(max_examples=60)
def test_times_usual_is_the_plain_loop(values, first, long):
    days = np.arange("2026-01-01", "2026-03-02", dtype="datetime64[D]")
    last = min(first + long - 1, 59)
    total, expected, known = 0.0, 0.0, True
    for day in range(first, last + 1):
        total += values[day]
        before = [
            values[at]
            for at in range(day - 7, -1, -7)
            if at < first and values[at] > 0 and at >= day - 7 * (8 + 1 + (day - first) // 7)
        ][:4]
        known = known and len(before) >= 2
        expected += statistics.median(before) if before else 0.0
    got = times_usual(np.array(values, float), days, str(days[first]), str(days[last]))
    assert got == (pytest.approx(total / expected) if known and expected else None)


def test_scaled_days_scale_their_times(plain):
    days = np.arange("2026-01-01", "2026-02-12", dtype="datetime64[D]")
    values = np.linspace(5, 9, len(days))
    one = times_usual(values, days, "2026-02-09", "2026-02-10")
    assert times_usual(3 * values, days, "2026-02-09", "2026-02-10") == pytest.approx(one)
    values[-3:-1] *= 2
    assert times_usual(values, days, "2026-02-09", "2026-02-10") == pytest.approx(2 * one)
    apart = days >= np.datetime64("2026-01-08")
    assert times_usual(values, days, "2026-02-09", "2026-02-10", apart) is None


def test_days_that_were_once_are_a_one_off(plain, once):
    how = {"now": "actual:2026-03"}
    before = fm.bridge(plain, "actual:2026-02", **how)
    after = fm.bridge(once, "actual:2026-02", **how)
    assert (after.then.total, after.now.total) == (before.then.total, before.now.total)
    excess = sum(4 * usual(day) for day in DAYS if SWEEP[0] <= str(day.date()) <= SWEEP[1])
    assert float(after.step("once")) == pytest.approx(excess, abs=0.01)
    assert float(before.step("once")) == 0 and sum(after.parts.values()) == after.change
    moved = sum(after.parts.values()) - after.step("once")
    assert float(moved) == pytest.approx(float(before.change) - excess, abs=0.01)


def test_a_forecast_learns_nothing_of_days_that_were_once(plain, once):
    def facts_of(chosen, **how):
        daily = warehouse.daily(fm.Ledger(chosen.path(chosen.ledger)), chosen)
        return read_facts(daily, chosen, **how)

    assert facts_of(plain).covariates.events == {}
    facts = facts_of(once)
    ((event, _),) = facts.covariates.events[CHAT]
    assert (event.kind, event.since, event.until) == ("campaign", SWEEP[0], "2026-03-13")
    assert event.factor == pytest.approx(5.0)
    assert "search/(untagged)/GPU" not in facts.covariates.events
    assert facts.covariates.notes[0]["source"] == "notes.csv: line 2"
    assert facts_of(once, replay=True).covariates.events == {}
    ahead = [fm.run(settings=one, paths=50).total().mean() for one in (plain, once)]
    quiet = pd.DataFrame({"day": DAYS, "cost": [usual(day) for day in DAYS]})
    assert ahead[1] < ahead[0]  # the sweep is not carried ahead
    month = quiet[quiet["day"] >= "2026-03-01"]["cost"].mean() + 7
    first = fm.run(settings=once, paths=50).total(months=["2026-04"]).mean() / 30
    assert first == pytest.approx(month, rel=0.05)


def test_a_note_is_an_event_that_stands_in_one_place(plain):
    one = noted(plain, f"2026-03-20,New model,,{CHAT},Ada,level_change,1.5\n", "level.csv")
    daily = warehouse.daily(fm.Ledger(one.path(one.ledger)), one)
    ((event, _),) = read_facts(daily, one).covariates.events[CHAT]
    assert (event.kind, event.factor) == ("level_change", 1.5)
    one.path("known.yaml").write_text(
        f"workloads:\n  {CHAT}:\n    events: [{{kind: level_change, since: 2026-03-20, factor: 1.5}}]\n"
    )
    both = one.model_copy(update={"known": "known.yaml"})
    with pytest.raises(InputError) as problem:
        read_facts(daily, both)
    assert str(problem.value) == (
        f"level.csv: 'New model (2026-03-20)': known.yaml has a level_change of '{CHAT}' on 2026-03-20 already. Keep one of them."
    )
    lost = noted(plain, f"2026-03-20,New model,,{CHAT},Ada,level_change,\n", "lost.csv")
    with pytest.raises(
        InputError,
        match="lost.csv: line 2: event 'New model .2026-03-20.': a level_change needs factor.",
    ):
        read_facts(daily, lost)
    gone = plain.model_copy(update={"dated_notes": "gone.csv"})
    with pytest.raises(
        InputError, match="gone.csv: there is no such file. Check dated_notes in finops.yaml."
    ):
        read_facts(daily, gone)


def test_notes_stand_on_every_chart_of_time(plain):
    note = "<b>Sweep</b> by mistake"
    text = f'{SWEEP[0]},"{note}",{SWEEP[1]},{CHAT},Ada,,\n2026-02-20,Prices,,,,,\n'
    made = close.prepare(noted(plain, text, "drawn.csv"), "2026-03", paths=200)
    (brief,) = close.briefs_of(made, ["Company"])
    assert [one["date"] for one in brief["dated_notes"]] == ["2026-02-20", SWEEP[0]]
    assert len(made.lineage["dated_notes"]) == 64
    figure = monthly_fan(brief)
    assert "Notes: 1, 20 February 2026, Prices; 2, 10 March 2026, chat" in figure.subtitle
    assert "<b>Sweep" not in drawn(figure) and "&lt;b&gt;Sweep" in drawn(figure)
    without = monthly_fan({**brief, "dated_notes": []})
    strokes = [one.svg.count('stroke-dasharray="2,3"') for one in (figure, without)]
    assert strokes == [2, 0]
    cost = {"name": "Cost", "unit": "USD", "by_month": [{"month": f"2026-0{m}", "value": m, "days": 28, "partial": False} for m in (1, 2, 3)]}  # fmt: skip
    trend = unit_cost_trend(cost, notes=brief["dated_notes"])
    assert trend.svg.count('stroke-dasharray="2,3"') == 2 and "2, 10 March" in trend.subtitle
    row = {"lead": 1, "p10": 1.0, "p50": 2.0, "p90": 3.0, "actual": 2.5, "inside": True}
    record = {"detail": [{**row, "for": month} for month in ("2026-02", "2026-03")]}
    graded = track_record({**brief, "accuracy": record})
    assert graded.svg.count('stroke-dasharray="2,3"') == 2 and "2, 10 March" in graded.subtitle
    marked = on_months(["2026-02", "2026-03"], brief["dated_notes"])
    assert [place for place, _ in marked] == pytest.approx([19 / 28 - 0.5, 1 + 9 / 31 - 0.5])
    assert said([]) == ""
