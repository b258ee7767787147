"""Fits of demand kept between runs: the same bits, and never those of another series, question or code (docs/method §11.13)."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from commands import finops
from ledger_world import focus

from finops_model.facts.ledger.store import Ledger
from finops_model.forecasting.widths.demand import fit_demand
from finops_model.simulate import kept
from finops_model.simulate import kept_fits as module
from finops_model.simulate.kept_fits import ARRAYS, Fits

DAYS = np.arange("2026-01-01", "2026-05-01", dtype="datetime64[D]")
VOLUME = np.stack([np.resize([5.0, 5, 5, 5, 5, 2, 2], 120), 3 + np.sin(np.arange(120))], axis=1)
ASKED = {"names": ["chat", "search"], "days": 40, "seed": 7, "methods": ["seasonal_naive"]}


@pytest.fixture(scope="module")
def fitted():
    made = fit_demand(VOLUME, ASKED["names"], DAYS, 40, seed=7, methods=["seasonal_naive"])
    return replace(made, yearly=({"level": 0.25, "last_year": 0.75}, {}))


def same(one, other) -> bool:
    return all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in (*ARRAYS, "dates")) and (one.names, one.weights, one.yearly, one.cap, one.uncertain) == (other.names, other.weights, other.yearly, other.cap, other.uncertain)  # fmt: skip


def ask(root, made, count, volume=VOLUME, dates=DAYS, **asked):
    fits = Fits(root)

    def make():
        count.append(1)
        return made

    return fits.demand(volume, dates, {**ASKED, **asked}, make), fits


def test_a_kept_fit_is_the_fit_bit_for_bit(fitted, tmp_path):
    count: list = []
    for _ in range(3):
        found, fits = ask(tmp_path, fitted, count)
        assert same(found, fitted)
    assert len(count) == 1 and fits.told() == {"hits": 1, "misses": 0} and fits.notes == []


@pytest.mark.parametrize("what", ["a bit", "days", "names", "seed", "methods", "dates", "code"])
def test_a_fit_of_anything_else_is_not_found(fitted, tmp_path, what, monkeypatch):
    count: list = []
    ask(tmp_path, fitted, count)
    given: dict = {}
    if what == "a bit":
        given["volume"] = VOLUME.copy()
        given["volume"].view(np.uint8)[3, 1] ^= 1  # the last digit of one day
    elif what == "dates":
        given["dates"] = DAYS + 7
    elif what == "code":
        monkeypatch.setattr(module, "_made_with", lambda: {"code": "another"})
    else:
        given[what] = {"days": 41, "names": ["a", "b"], "seed": 8, "methods": None}[what]
    _, fits = ask(tmp_path, fitted, count, **given)
    assert len(count) == 2 and fits.told() == {"hits": 0, "misses": 1} and fits.notes == []


@pytest.mark.parametrize("harm", ["altered", "cut", "empty"])
def test_a_damaged_file_is_said_and_made_anew(fitted, tmp_path, harm):
    count: list = []
    ask(tmp_path, fitted, count)
    (place,) = (tmp_path / "kept").glob("fit-*.npz")
    data = place.read_bytes()
    half = len(data) // 2
    place.write_bytes({"altered": data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :], "cut": data[:half]}.get(harm, b""))  # fmt: skip
    found, fits = ask(tmp_path, fitted, count)
    assert same(found, fitted) and len(count) == 2
    assert fits.notes == [
        f"{place}: this kept fit is not what was kept: it is made anew. Nothing else is touched."
    ]
    _, fits = ask(tmp_path, fitted, count)  # mended
    assert len(count) == 2 and fits.notes == []


def test_what_people_know_and_a_folder_that_is_no_ledger_keep_nothing(fitted, tmp_path):
    count: list = []
    ask(tmp_path / "nowhere", fitted, count)
    assert not (tmp_path / "nowhere").exists()
    ask(tmp_path, replace(fitted, cap=np.full(fitted.median.shape, 9.0)), count)
    assert len(count) == 2 and not list(tmp_path.rglob("*.npz"))


def test_no_more_than_the_newest_are_kept(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    for seed in range(4):
        ask(tmp_path, fitted, [], seed=seed)
    assert len(list((tmp_path / "kept").glob("fit-*.npz"))) == 2


def test_a_run_says_the_same_with_what_is_kept_without_and_where_it_is_damaged(tmp_path):
    """The command: first nothing is kept, then the run, then the fit alone, then a damaged fit; the hours that a scenario names count too."""
    (tmp_path / "finops.yaml").write_text(
        "company: A\nledger: ledger\npaths: 200\nmethods: [seasonal_naive]\nscenario: base.yaml\n"
    )
    (tmp_path / "hours.csv").write_text("workload,hour_of_week,share\n")
    (tmp_path / "base.yaml").write_text("name: Base\nshapes: hours.csv\n")
    ledger = Ledger(tmp_path / "ledger")
    for month in ("2026-05", "2026-06", "2026-07"):
        ledger.ingest((month, focus(range(1, 29), month=month)))

    def run():
        code, out, err = finops("run", "base.yaml", "--json", cwd=tmp_path)
        assert code == 0, err
        return json.loads(out), err

    def kept(kind):
        return sorted((tmp_path / "ledger" / "kept").glob(f"{kind}-*.npz"))

    first, _ = run()
    again, err = run()
    assert first == again and len(kept("run")) == len(kept("fit")) == 1 and "kept fit" not in err
    kept("run")[0].unlink()
    assert run()[0] == first and len(kept("run")) == 1
    kept("run")[0].unlink()
    fit = kept("fit")[0]
    fit.write_bytes(fit.read_bytes()[:-1])
    damaged, err = run()
    assert damaged == first and f"{fit.name}: this kept fit is not what was kept" in err.replace("\n", "")  # fmt: skip
    (tmp_path / "hours.csv").write_text("workload,hour_of_week,share\n\n")
    assert run()[0] == first and len(kept("run")) == 2  # another file of hours: another proof
