"""The search itself (tests/fuzz, `make fuzz`): it reaches every importer, it repeats a mutation, and it finds what is broken."""

from __future__ import annotations

import sys
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "fuzz"))

import door

from finops_model.facts.intake import importers
from finops_model.facts.intake.importers import focus


@pytest.fixture(scope="module")
def fuzzer():
    return door.Fuzzer("suite")


def test_every_importer_and_every_sort_of_table_has_its_turn(fuzzer):
    assert {"table", "plan", "refused"} < set(fuzzer.names)
    assert set(importers.defaults(importers.shelf())) < set(fuzzer.names)
    for number, name in enumerate(fuzzer.names):
        assert fuzzer.run(number) is None
        assert sum(count for (group, _), count in fuzzer.counts.items() if group == name) == 1


def test_a_number_is_the_same_mutation_wherever_it_runs(fuzzer):
    other = copy(fuzzer)
    for number in (0, 5, 77, 4_711):
        assert other.of(number)[:2] == fuzzer.of(number)[:2]
    other.seed = "another"
    assert any(other.of(number)[:2] != fuzzer.of(number)[:2] for number in range(3))


def broken(fuzzer, tries: int = 12) -> str:
    """What the first fault of the group focus is said to be; '' where none is found."""
    at = fuzzer.names.index("focus")
    found = (fuzzer.run(at + i * len(fuzzer.names)) for i in range(tries))
    return next((said for said in found if said), "")


def test_a_crash_a_lost_row_and_a_hang_are_found(fuzzer, monkeypatch):
    assert broken(fuzzer) == ""
    read = focus.read

    def crash(source):
        return {}["none"]

    def lose(source):
        export = read(source)
        return replace(export, batches=(piece.slice(1) for piece in export.batches))

    def hang(source):
        while True:
            pass

    for one in fuzzer.groups["focus"]:
        fuzzer.look(one)
    monkeypatch.setattr(focus, "read", lose)
    assert "rows read, " in broken(fuzzer)
    monkeypatch.setattr(focus, "read", crash)
    assert "KeyError: 'none'" in broken(fuzzer)
    monkeypatch.setattr(door, "SECONDS", 0.2)
    monkeypatch.setattr(focus, "read", hang)
    assert "Hang: more than 0.2 s of CPU" in broken(fuzzer)
