"""The comparing part of the freeze (scripts/frozen.py): a moved number, a moved sentence, a renamed key; the product does not run here."""

from __future__ import annotations

import json

import pytest

from scripts import ROOT, script

frozen = script("scripts/frozen.py")


def record(document, **more):
    values, sentences = frozen.flatten(document)
    return {
        "frozen": 1,
        "skips": [],
        "entries": {"sample/run": {"values": values, "sentences": sentences}},
    } | more


BEFORE = {
    "total": {"p50": 10.5, "sure": True},
    "accuracy": {"held_by": "told", "text": "Held by prophet: 3 of 4."},
    "currency": "USD",
}


def test_a_record_equals_itself_and_what_moves_by_itself_is_no_difference():
    after = json.loads(json.dumps(BEFORE)) | {"lineage": {"code": "a" * 64}}
    out = frozen.compare(
        record(BEFORE), record(after | {"seconds": 3.2, "lineage": {"code": "b" * 64}})
    )
    assert out == {
        "values": ["sample/run  lineage: (new) -> '{}'"],
        "sentences": [],
        "missing": [],
        "skipped": [],
        "added": [],
    }
    assert not any(frozen.compare(record(after), record(after | {"took": 1})).values())


def test_a_changed_number_names_command_path_old_and_new():
    after = BEFORE | {"total": {"p50": 10.500000000000002, "sure": 1}}
    assert frozen.compare(record(BEFORE), record(after))["values"] == [
        "sample/run  total/p50: 10.5 -> 10.500000000000002",
        "sample/run  total/sure: True -> 1",
    ]


def test_keys_that_go_and_come_are_told():
    after = {key: value for key, value in BEFORE.items() if key != "currency"} | {"money": "USD"}
    assert frozen.compare(record(BEFORE), record(after))["values"] == [
        "sample/run  currency: 'USD' -> (gone)",
        "sample/run  money: (new) -> 'USD'",
    ]


def test_a_changed_sentence_is_no_value_and_says_whether_its_numbers_moved():
    after = BEFORE | {"accuracy": {"held_by": "told", "text": "Held by prophet: 2 of 4."}}
    out = frozen.compare(record(BEFORE), record(after))
    assert not out["values"]
    assert out["sentences"] == [
        "sample/run  accuracy/text: Held by prophet: 3 of 4. -> Held by prophet: 2 of 4.  [numbers differ]"
    ]


def test_under_the_table_renamed_keys_names_and_sentences_are_equal():
    table = {
        "keys": {"held_by": "tested_by", "total/p50": "total/median"},
        "values": {"told": "covariates"},
        "sentences": {"Held by {who}: {n} of": "Tested by {who}: {n} of"},
    }
    after = {
        "total": {"median": 10.5, "sure": True},
        "accuracy": {"tested_by": "covariates", "text": "Tested by prophet: 3 of 4."},
        "currency": "USD",
    }
    assert not any(frozen.compare(record(BEFORE), record(after), table).values())
    after["total"]["median"] = 11
    assert frozen.compare(record(BEFORE), record(after), table)["values"] == [
        "sample/run  total/median: 10.5 -> 11"
    ]


def test_a_renamed_key_may_sort_elsewhere_and_a_name_may_become_two_words():
    old = {"b": {"held_by": "last week", "who": "told"}, "c": "one two"}
    new = {"b": {"a_test": "last week", "who": "workspace covariates"}, "c": "one two"}
    assert not any(
        frozen.compare(
            record(old),
            record(new),
            {"keys": {"held_by": "a_test"}, "values": {"told": "workspace covariates"}},
        ).values()
    )


def test_printed_lines_are_compared_in_their_order():
    old, new = record({}), record({})
    old["entries"]["sample/run"]["sentences"] = frozen.lines("Base\nP50  9.78m\nlast")
    new["entries"]["sample/run"]["sentences"] = frozen.lines("Base\nP50  9.79m\nmore\nlast")
    assert frozen.compare(old, new)["sentences"] == [
        "sample/run  P50 9.78m -> P50 9.79m  [numbers differ]",
        "sample/run  (new) -> more",
    ]


def test_the_hash_of_a_brief_counts_only_without_a_table():
    old, new = record(BEFORE), record(BEFORE)
    (
        old["entries"]["sample/run"]["values"]["#sha_of_brief"],
        new["entries"]["sample/run"]["values"]["#sha_of_brief"],
    ) = "a", "b"
    assert frozen.compare(old, new)["values"] == ["sample/run  #sha_of_brief: 'a' -> 'b'"]
    assert not frozen.compare(old, new, {"keys": {"held": "tested"}})["values"]


def test_an_entry_that_is_gone_is_missing_and_one_not_run_is_skipped():
    old, new = record(BEFORE), record(BEFORE)
    old["entries"]["real/report"] = new["entries"].pop("sample/run")
    assert frozen.compare(old, new)["missing"] == ["sample/run", "real/report"]
    out = frozen.compare(old, new | {"skips": ["real/"]})
    assert (out["missing"], out["skipped"]) == (["sample/run"], ["real/report"])
    assert frozen.compare(old, new | {"skips": ["*"]})["skipped"] == ["sample/run", "real/report"]


def test_an_entry_that_the_record_has_not_is_told_and_is_no_difference():
    new = record(BEFORE)
    new["entries"]["sample/new"] = new["entries"]["sample/run"]
    assert frozen.compare(record(BEFORE), new) == {
        "values": [],
        "sentences": [],
        "missing": [],
        "skipped": [],
        "added": ["sample/new"],
    }


def test_long_arrays_are_kept_as_a_hash_with_figures_to_read():
    values, _ = frozen.flatten({"paths": [0.5] * 100})
    assert {path: values[path] for path in ("paths/#count", "paths/#sum", "paths/#first")} == {
        "paths/#count": 100,
        "paths/#sum": 50.0,
        "paths/#first": 0.5,
    }
    assert (
        len(values["paths/#sha"]) == 64
        and frozen.flatten({"paths": [0.5] * 99 + [0.25]})[0]["paths/#sha"] != values["paths/#sha"]
    )


@pytest.mark.parametrize(
    ("old", "new", "table"),
    [
        (
            "4 looks, held by last week",
            "4 cutoffs, tested by last week",
            {"looks": "cutoffs", "held by": "tested by"},
        ),
        ("overlooks", "overlooks", {"looks": "cutoffs"}),
        ("told: 3", "covariates: 3", {"told: {n}": "covariates: {n}"}),
    ],
)
def test_sentences_are_reworded_by_whole_words(old, new, table):
    assert frozen.reworded(old, table) == new


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([], "a table holds keys, values, sentences, each old: new."),
        ({"words": {}}, "a table has no 'words'. It has: keys, values, sentences."),
        ({"keys": {"a": 1}}, "keys: must be old: new, both texts."),
    ],
)
def test_a_table_that_is_wrong_is_refused(table, says):
    with pytest.raises(ValueError) as problem:
        frozen.check_table(table)
    assert str(problem.value) == says


def test_the_doors_are_the_only_way_in():
    for name in ("freeze.py", "frozen.py"):
        text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
        assert "finops_model." not in text and "from finops_model" not in text
