"""Replays kept between runs: the same bits, and never those of other facts, settings, code or packages (docs/method §11.12)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from test_revisions import forecast

import finops_model as fm
from finops_model.measure import accuracy
from finops_model.publish import lineage
from finops_model.simulate import kept as module
from finops_model.simulate.kept import Kept, facts_hashes, settings_hash
from finops_model.simulate.run import ARRAYS

RUN = forecast("2026-09-30", ["2026-10", "2026-11"], 100.0, 1 / 3, paths=(-0.1, 0.2, 1e-9))
ASKED = {"facts": "f", "as_of": "2026-09-30", "months": 2}


def same(one, other) -> bool:
    """Every number and word, dials apart."""
    plain = [f.name for f in dataclasses.fields(one) if f.name not in (*ARRAYS, "dials")]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS) and all(
        getattr(one, name) == getattr(other, name) for name in plain
    )


def made(count: list):
    def make():
        count.append(1)
        return RUN

    return make


def test_a_kept_run_is_the_run_bit_for_bit(tmp_path):
    count: list = []
    for _ in range(3):
        again = Kept(tmp_path, {"code": "c"})
        assert same(again.run(ASKED, made(count)), RUN)
    assert len(count) == 1 and again.told() == {"hits": 1, "misses": 0}


@pytest.mark.parametrize("what", ["settings", "tables", "code", "lock", "python", *ASKED])
def test_what_was_made_from_anything_else_is_not_found(tmp_path, what):
    count: list = []
    given = dict.fromkeys(("settings", "tables", "code", "lock", "python"), "x")
    Kept(tmp_path, given).run(ASKED, made(count))
    other = Kept(tmp_path, given | {what: "other"} if what in given else given)
    other.run(ASKED | {what: "other"} if what in ASKED else ASKED, made(count))
    assert len(count) == 2 and other.told() == {"hits": 0, "misses": 1}


@pytest.mark.parametrize("harm", ["altered", "cut", "empty", "renamed"])
def test_a_file_that_is_not_what_was_kept_is_made_anew(tmp_path, harm):
    count: list = []
    Kept(tmp_path, {}).run(ASKED, made(count))
    (place,) = (tmp_path / "kept").glob("run-*.npz")
    data = place.read_bytes()
    if harm == "renamed":  # the whole file, under the name of another question
        other = Kept(tmp_path, {})
        other.run(ASKED | {"months": 3}, made(count))
        name = next(one for one in (tmp_path / "kept").glob("run-*.npz") if one != place).name
        key = name.split("-")[1]
        place.rename(place.with_name(f"run-{key}-{place.stem.rsplit('-', 1)[1]}.npz"))
        (tmp_path / "kept" / name).unlink()
        assert other.run(ASKED | {"months": 3}, made(count)) is RUN and len(count) == 3
        return
    half = len(data) // 2
    changed = {
        "altered": data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :],
        "cut": data[:half],
    }
    place.write_bytes(changed.get(harm, b""))
    again = Kept(tmp_path, {})
    assert same(again.run(ASKED, made(count)), RUN) and len(count) == 2 and again.misses == 1
    assert Kept(tmp_path, {}).run(ASKED, made(count)) is not RUN and len(count) == 2  # mended


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "kept").write_text("a file where the folder would be", encoding="utf-8")
    assert Kept(tmp_path, {}).run(ASKED, made([])) is RUN


def test_only_the_newest_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    for months in range(6):
        Kept(tmp_path, {}).run(ASKED | {"months": months}, made([]))
    assert len(list((tmp_path / "kept").glob("run-*.npz"))) == 3


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Half a year of one team's bill, with a driver and a commitments file."""
    folder = tmp_path_factory.mktemp("kept")
    days = pd.date_range("2026-01-01", "2026-07-31")
    bill = ["Date,Cost (USD),Team,Service"]
    bill += [f"{day:%Y-%m-%d},{90 + 3 * day.dayofweek},a,GPU" for day in days]
    (folder / "bill.csv").write_text("\n".join(bill), encoding="utf-8")
    settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    (folder / "demo" / "known.yaml").write_text("name: Known\n", encoding="utf-8")
    settings = settings.model_copy(update={"known": "known.yaml"})
    return settings, fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)


def replay(settings, daily, root):
    kept = Kept(root, lineage.kept(settings).made_from)
    runs = accuracy.replay(None, settings, daily, as_of="2026-07-31", count=2, kept=kept)
    return runs, (kept.hits, kept.misses)


def test_replays_of_the_same_facts_are_kept_and_of_changed_facts_made_anew(workspace, tmp_path):
    settings, daily = workspace
    fresh = accuracy.replay(None, settings, daily, as_of="2026-07-31", count=2)
    first, counts = replay(settings, daily, tmp_path)
    assert counts == (0, 2) and [run.as_of for run in first] == ["2026-05-31", "2026-06-30"]
    again, counts = replay(settings, daily, tmp_path)
    assert counts == (2, 0)
    assert all(same(one, two) and same(two, three) for one, two, three in zip(fresh, first, again))

    def cost_on(day):
        return daily.assign(
            EffectiveCost=daily["EffectiveCost"].where(daily["ChargeDate"] != day, 91.0)
        )

    assert replay(settings, cost_on("2026-07-04"), tmp_path)[1] == (2, 0)  # after both
    assert replay(settings, cost_on("2026-06-04"), tmp_path)[1] == (1, 1)  # after May
    runs, counts = replay(settings, cost_on("2026-03-04"), tmp_path)
    assert counts == (0, 2) and not same(runs[0], first[0])


def test_settings_and_their_files_are_part_of_the_question(workspace):
    settings, _ = workspace
    before = settings_hash(settings)
    moved = settings.model_copy(update={"root": str(settings.path(".")) + "/."})
    assert settings_hash(moved) == before  # where it lies does not count
    assert settings_hash(settings.model_copy(update={"seed": settings.seed + 1})) != before
    place = settings.path("known.yaml")
    text = place.read_text(encoding="utf-8")
    place.write_text("name: Known\n# seen\n", encoding="utf-8")
    assert settings_hash(settings) != before
    place.write_text(text, encoding="utf-8")
    assert settings_hash(settings) == before


def test_code_and_packages_are_part_of_the_question(workspace, monkeypatch):
    settings, _ = workspace
    before = lineage.kept(settings).made_from
    assert set(before) == {"settings", "tables", "code", "lock", "python"}
    assert before["code"] == lineage.code_hash() and before["lock"] == lineage.environment()
    monkeypatch.setattr(lineage, "code_hash", lambda: "another program")
    assert lineage.kept(settings).made_from["code"] == "another program"


def test_a_column_that_changes_its_kind_is_another_fact(workspace):
    _, daily = workspace
    text = daily.assign(ConsumedQuantity=daily["ConsumedQuantity"].astype("float32"))
    assert facts_hashes(daily, ["2026-05-31"]) != facts_hashes(text, ["2026-05-31"])
