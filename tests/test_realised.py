"""Realised savings: unit cost before × volume after at the day's prices − what was paid (docs/method §17.60 to §17.65).

Oracles: plain loops over days written by hand, the truth of the second sample, and histories whose saving we made (benchmarks/realised.py).
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.errors import InputError
from finops_model.facts.cycle.actions import Action
from finops_model.measure.realised.actions import (
    HIDDEN,
    OPEN,
    SHOWN,
    adoption,
    chance_of_adoption,
    outcomes,
    together,
)
from finops_model.measure.realised.errors import errors, least_wrong
from finops_model.measure.realised.saved import NotMeasured, saved, volume_kind

ROOT = Path(__file__).resolve().parents[1]
STARTUP = ROOT / "data" / "startup"
DONE = dt.date(2026, 3, 2)  # a Monday
DAYS = pd.date_range("2026-01-05", "2026-04-26")
LAST = DAYS[-1].date()


def study():
    """benchmarks/realised.py as a module."""
    spec = importlib.util.spec_from_file_location("realised_study", ROOT / "benchmarks/realised.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(quantity, price, *, sku="chat", workload="bot", kind="Usage", listed=None):
    """DAILY rows of one meter: (day,) quantity × price."""
    quantity, price = np.broadcast_to(quantity, len(DAYS)), np.broadcast_to(price, len(DAYS))
    return pd.DataFrame(
        {
            "ChargeDate": DAYS,
            "x_Workload": workload,
            "SkuId": sku,
            "ConsumedUnit": "Tokens",
            "ChargeCategory": kind,
            "CommitmentDiscountStatus": "",
            "ConsumedQuantity": quantity.astype(float),
            "EffectiveCost": quantity * price,
            "ListCost": quantity * (price if listed is None else listed),
        }
    )


def drivers(values):
    return pd.DataFrame(
        {"date": DAYS, "name": "chats", "value": np.broadcast_to(values, len(DAYS))}
    )


def after(before, then):
    """(day,) one value before the action and another from its day on."""
    return np.where(DAYS < pd.Timestamp(DONE), before, then)


def measure(frame, counts=None, **more):
    given_ = {
        "kind": "",
        "driver": "" if counts is None else "chats",
        "done_on": DONE,
        "last": LAST,
    }
    none = pd.DataFrame({"date": [], "name": [], "value": []})
    return saved(
        frame, np.ones(len(frame), bool), none if counts is None else drivers(counts), **{**given_, **more}
    )  # fmt: skip


def test_growth_and_a_price_cut_are_no_saving():
    """Use per chat stays, chats double, the price halves: nothing saved, though the bill fell."""
    counts = after(100, 180)
    frame = rows(counts * 20.0, after(0.5, 0.2))
    said = measure(frame, counts)
    assert said.saved == pytest.approx(0, abs=1e-6) and said.low == said.high == said.saved
    assert said.actual == pytest.approx(56 * 180 * 20 * 0.2)


def test_by_hand_weekday_by_weekday():
    """A third less use per chat from the day on: the sum of plain loops, with a weekend and a price cut in the middle."""
    rng = np.random.default_rng(3)
    counts = np.where(DAYS.weekday < 5, 100, 40) + np.arange(len(DAYS))
    shape = np.where(DAYS.weekday < 5, 20.0, 35.0)
    price = np.where(DAYS < pd.Timestamp("2026-04-01"), 0.5, 0.4)
    use = counts * shape * np.exp(rng.normal(0, 0.02, len(DAYS))) * after(1, 2 / 3)
    said = measure(rows(use, price), counts)
    first = int((DAYS < pd.Timestamp(DONE)).sum())
    window = range(first - said.before, first)
    expected = 0.0
    for day in range(first, len(DAYS)):
        same = [d for d in window if DAYS[d].weekday() == DAYS[day].weekday()]
        expected += (
            sum(use[d] for d in same) / sum(counts[d] for d in same) * counts[day] * price[day]
        )
    paid = sum(use[d] * price[d] for d in range(first, len(DAYS)))
    assert said.before in (28, 56) and said.days == 56
    assert said.expected == pytest.approx(expected) and said.saved == pytest.approx(expected - paid)
    assert said.low < said.saved < said.high and said.chance > 0.99
    assert sum(amount for *_, amount in said.by_month.values()) == pytest.approx(said.saved)


def test_what_is_switched_off_is_measured_by_time_and_what_becomes_cheaper_by_what_was_consumed():
    off = measure(rows(after(10.0, 0.0), 2.0))
    assert (off.volume, off.saved) == ("time", pytest.approx(56 * 20.0))
    batch = pd.concat([rows(after(10.0, 0.0), 2.0), rows(after(0.0, 30.0), 1.0, sku="batch")])
    cheaper = measure(batch, kind="batch_api")
    assert (cheaper.volume, cheaper.saved) == ("what was consumed", pytest.approx(56 * 30.0))
    assert volume_kind("", "") == "time"


def test_a_month_of_28_days_costs_as_much_as_one_of_31():
    """Seats bought by the month, spread over its days: 10 of 40 given back on the first of March save 10 × 32 a month."""
    days = DAYS.days_in_month.to_numpy()
    seats = np.where(DAYS < pd.Timestamp("2026-03-01"), 40, 30) / days
    said = measure(
        rows(seats, 32.0, kind="Purchase"), done_on=dt.date(2026, 3, 1), last=dt.date(2026, 3, 31)
    )
    assert said.saved == pytest.approx(320.0)


def test_a_commitment_saves_against_the_list_price_and_a_cut_of_the_list_price_does_not():
    price = after(2.0, 1.2)
    assert measure(rows(10.0, price, listed=2.0), kind="commitment_buy").saved == pytest.approx(
        56 * 8.0
    )
    assert measure(rows(10.0, price), kind="commitment_buy").saved == pytest.approx(0, abs=1e-9)


def test_too_few_days_say_so():
    frame = rows(10.0, 1.0)
    early, late = dt.date(2026, 1, 20), dt.date(2026, 4, 24)
    assert measure(frame, done_on=early) == NotMeasured(
        "15 days before it are on the bill; 28 are needed"
    )
    assert measure(frame, done_on=late) == NotMeasured(
        "3 days after it are on the bill; 7 are needed"
    )
    assert measure(frame, driver="calls") == NotMeasured("no driver file counts 'calls'")


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 1000), st.floats(0.1, 10), st.integers(0, 10**6))
def test_scale(money, volume, seed):
    """k times the money is k times the saving, another unit of volume is none."""
    rng = np.random.default_rng(seed)
    counts, use = rng.uniform(50, 90, len(DAYS)), rng.uniform(900, 1100, len(DAYS))
    one = measure(rows(use, 3.0), counts)
    other = measure(rows(use, 3.0 * money), counts * volume)
    for name in ("saved", "low", "high", "expected", "actual"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * money, rel=1e-6, abs=1e-4)
    assert other.chance == pytest.approx(one.chance, abs=1e-6)


def test_the_range_is_that_of_a_mean_against_a_mean_where_the_level_stays():
    """White noise: standard error √(1/h + 1/B) of the noise; the mixture leans to it, with more than 0 and less than 1.5 of it."""
    noise = np.random.default_rng(5).normal(0, 0.05, 52)
    known = 0.05 * np.sqrt(1 / 8 + 1 / 12) * 1.2816
    assert errors(noise, 12, 8).quantile(0.9) == pytest.approx(known, rel=0.35)
    drifting = np.cumsum(np.random.default_rng(6).normal(0, 0.05, 52))
    assert errors(drifting, 4, 8).quantile(0.9) > 2 * known and least_wrong(drifting, 8)[0] == 4
    assert least_wrong(noise, 8)[0] == 12


def action(name, **more):
    return Action(**{"id": name, "action": "x", "workload": "bot", "decision": "done", "done_on": DONE, "line": 2, **more})  # fmt: skip


def said_of(actions, frame, counts=100, last=LAST):
    return outcomes(
        actions, frame, drivers(counts), follows={"bot": "chats"}, last=last, where="actions.csv"
    )


def test_two_actions_on_one_workload_share_no_day_and_nothing_is_counted_twice():
    second = dt.date(2026, 4, 6)
    use = np.where(DAYS < pd.Timestamp(second), after(2000, 1600), 800)
    first, other = said_of([action("A"), action("B", done_on=second)], rows(use, 1.0))
    assert (first.result.last, other.result.first) == (second - dt.timedelta(1), second)
    assert first.result.saved == pytest.approx(35 * 400) and other.result.saved == pytest.approx(
        21 * 800
    )
    assert first.notes == ("A is measured to 2026-04-05: B changed the same cost after it.",)
    one, same = said_of([action("A"), action("B")], rows(after(2000, 1000), 1.0))
    assert one.verdict == SHOWN and same.result == NotMeasured(
        "done on the day of A, which has both"
    )
    assert one.notes == ("A and B were done on one day and are measured together.",)


def test_what_the_bill_says():
    noise = np.exp(np.random.default_rng(4).normal(0, 0.1, len(DAYS)))
    none, little, much = (rows(2000 * noise * after(1, k), 1.0) for k in (1, 0.97, 0.6))
    expects = {"monthly_saving": 20_000}
    assert said_of([action("A", **expects)], much)[0].verdict == SHOWN
    assert said_of([action("A", **expects)], none)[0].verdict == HIDDEN
    short = said_of([action("A", monthly_saving=900)], little, last=dt.date(2026, 3, 12))
    assert short[0].verdict == OPEN
    planned = [action("A", decision="planned"), action("B", decision="proposed")]
    assert said_of(planned, none) == []


def test_names_that_nobody_has_are_refused_with_the_nearest():
    frame = rows(2000, 1.0)
    for more, said in (
        ({"workload": "bott"}, "actions.csv: line 2: workload: unknown workload 'bott'. Did you mean 'bot'? Known: bot."),
        ({"skus": ("chatt",)}, "actions.csv: line 2: sku: unknown meter 'chatt'. Did you mean 'chat'? Known: chat."),
        ({"driver": "chat"}, "actions.csv: line 2: driver: unknown driver 'chat'. Did you mean 'chats'? Known: chats, quantity, days."),
    ):  # fmt: skip
        with pytest.raises(InputError) as refused:
            said_of([action("A", **more)], frame)
        assert str(refused.value) == said
    [nothing] = said_of([action("A", workload="")], frame)
    assert nothing.result == NotMeasured("it names no workload, resource or meter")


def test_adoption_is_the_owners_word_or_the_record_of_its_kind():
    table = [
        action(str(i), kind="batch", decision=word)
        for i, word in enumerate(["done", "done", "rejected", "expired", "planned", "approved"])
    ]
    assert adoption(table) == (2, 4)
    assert chance_of_adoption(action("n", kind="Batch"), table) == 3 / 6
    assert chance_of_adoption(action("n", kind="cache"), table) == 1 / 2, "no record: one in two"
    assert chance_of_adoption(action("n", kind="batch", probability=0.0), table) == 0.0


def test_errors_of_different_actions_add_up_as_squares():
    rng = np.random.default_rng(2)
    results = [
        measure(rows(2000 * rng.uniform(0.9, 1.1, len(DAYS)) * after(1, 0.7), 1.0))
        for _ in range(3)
    ]
    total, low, high = together(results)
    assert total == sum(one.saved for one in results)
    assert total - low == pytest.approx(sum((one.saved - one.low) ** 2 for one in results) ** 0.5)
    assert sum(one.low for one in results) < low < total < high


def test_ranges_hold_the_truth_and_zero_where_nothing_was_done():
    """A small version; the full one (400 histories) with FINOPS_STRESS=1. Bounds of 24: what luck alone explains, 1 in 1,000."""
    full = os.environ.get("FINOPS_STRESS") == "1"
    module = study()
    said = module.study(200 if full else 24, 19)
    for name, one in said.items():
        least, most = (0.72, 0.88) if full else (0.5, 1.0)
        assert least <= one["held"] <= most, (name, one)
    assert said["real"]["median half-width"] <= 0.25
    assert abs(said["real"]["median error"]) < 0.1
    assert said["claimed alone"]["shown"] <= 0.25 < said["real"]["shown"]


@pytest.fixture(scope="module")
def startup(tmp_path_factory):
    """{entity: answer} of the second sample."""
    ledger = tmp_path_factory.mktemp("startup") / "ledger"
    company = fm.load_settings(STARTUP).model_copy(update={"ledger": str(ledger)})
    return {part.own.name: fm.realised(part) for part in company.parts()}


def test_five_of_eight_claims_of_the_second_sample_are_real(startup):
    truth = json.loads((STARTUP / "truth.json").read_text(encoding="utf-8"))["actions"]
    said = {}
    for answer in startup.values():
        for row in answer.table.to_dict("records"):
            said[row["action"][:3]] = row
    assert {name for name, row in said.items() if row["the bill says"] == SHOWN} == {
        name for name, one in truth.items() if one["real"]
    }
    assert {name for name, row in said.items() if row["the bill says"] == HIDDEN} == {
        "A06",
        "A07",
        "A08",
    }
    for answer in startup.values():
        for row in answer.tables["how it was measured"].to_dict("records"):
            whole = pd.Timestamp(row["to"]).is_month_end
            true = sum(
                amount
                for month, amount in truth[row["action"]].get("saved_by_month", {}).items()
                if month < row["to"][:7] or (whole and month == row["to"][:7])
            )
            if not whole:  # A02: its 365 days end on 2026-10-05
                true += truth["A02"]["saved_by_month"]["2026-10"] * 5 / 31
            slack = 0.001 * true + 1  # whole cents
            assert row["P10"] - slack <= true <= row["P90"] + slack, row
    assert startup["Thistledown Inc."].sentence.startswith(
        "4 of 4 actions that are said to be done show on the bill: $255k saved to 2026-10-31."
    )
    assert startup["Thistledown GmbH"].sentence == (
        "1 of 4 actions that are said to be done shows on the bill: €7.46k saved to 2026-10-31; 3 do not (A06, A07, A08)."
    )


def test_a_workspace_without_a_table_says_what_to_do():
    with pytest.raises(InputError) as refused:
        fm.realised(fm.load_settings(STARTUP).model_copy(update={"actions": None}))
    assert str(refused.value) == (
        "finops.yaml: actions: names no table of actions. Write one (id, action, workload, owner, decision, done_on, monthly_saving) and name "
        "it there: actions: actions.csv."
    )
