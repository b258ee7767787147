"""Every sentence in tests/spec/**/*.yaml, and in the folder that FINOPS_SPEC_DIR names, run as a test of its own.

The format is in tests/spec/README.md. A sentence has numbers an analyst can check by hand; its name is the test's name.
"""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import numpy as np
import pytest
import subjects
import yaml

from finops_model.errors import FinOpsError

SPEC = Path(__file__).resolve().parent / "spec"
KEYS = {"name", "source", "example", "note", "tolerance", "given", "then"}
SUBJECTS = subjects.shelf()  # subject -> evaluate, one file each in tests/subjects/


class Numbers(yaml.SafeLoader):
    """YAML 1.1 reads 1e6 as text and 2026-10-31 as a date; here they are what whoever wrote them meant: a number and a text."""


Numbers.yaml_implicit_resolvers = {
    first: [(tag, found) for tag, found in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in Numbers.yaml_implicit_resolvers.items()
}
Numbers.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*)(\.\d*)?[eE][-+]?\d+$"),
    list("-+0123456789"),
)


def load(folder: Path) -> list[dict]:
    """Sentences of a folder, in the order of files and lines."""
    assert folder.is_dir(), f"{folder}: there is no such folder of sentences; check FINOPS_SPEC_DIR"
    found = []
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        sentences = yaml.load(path.read_text(encoding="utf-8"), Numbers)
        assert isinstance(sentences, list), (
            f"{path}: a spec file is a list of sentences (tests/spec/README.md)"
        )
        for sentence in sentences:
            assert isinstance(sentence, dict) and "name" in sentence, (
                f"{path}: a sentence is a mapping with a name"
            )
            found.append({**sentence, "_file": str(path)})
    return found


def evaluate(sentence: dict) -> dict:
    """What the house answers: name -> number, text, array or mapping."""
    name = (set(SUBJECTS) & set(sentence)).pop()
    subjects.ASKED.clear()
    try:
        return SUBJECTS[name](sentence[name], sentence.get("given") or {})
    except (FinOpsError, AssertionError):
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        raise AssertionError(
            subjects.explain(name, sentence, problem)
        ) from problem  # a stranger's slip is never a bare traceback


def same(got, expected, tolerance: float, what: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(got, dict) and expected, (
            f"{what}: got {got}, the sentence says {expected}"
        )
        for key in expected:  # a sentence may name some of the answers, never one there is not
            assert key in got, (
                f"{what}: '{key}' is not an answer here; known: {sorted(map(str, got))}"
            )
            same(got[key], expected[key], tolerance, f"{what}/{key}")
        return
    if isinstance(expected, str):
        assert got == expected, f"{what}: got '{got}', the sentence says '{expected}'"
        return
    if isinstance(expected, list) and any(isinstance(item, (str, dict)) for item in expected):
        assert isinstance(got, (list, tuple)) and len(got) == len(expected), (
            f"{what}: got {got}, the sentence says {expected}"
        )
        for i, (one, other) in enumerate(zip(got, expected)):
            same(one, other, tolerance, f"{what}/{i}")
        return
    if np.ndim(expected) == 0 and np.ndim(got) > 0:
        got = np.sum(got)  # a number for many hours is their total
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    assert got.shape == expected.shape, f"{what}: got {got}, the sentence says {expected}"
    assert np.allclose(got, expected, rtol=1e-9, atol=tolerance), (
        f"{what}: got {got}, the sentence says {expected}"
    )


def check(sentence: dict) -> None:
    """Raises AssertionError where the house does not do what the sentence says."""
    given_keys = set(sentence) - {"_file"}
    unknown = given_keys - KEYS - set(SUBJECTS)
    assert not unknown, (
        f"unknown keys {sorted(unknown)}: a sentence has {sorted(KEYS)} and one of {sorted(SUBJECTS)}"
    )
    assert len(given_keys & set(SUBJECTS)) == 1, (
        f"a sentence is about exactly one of {sorted(SUBJECTS)}"
    )
    then = sentence.get("then")
    assert isinstance(then, dict) and then, "a sentence must expect something under 'then'"
    if "error" in then:
        with pytest.raises(FinOpsError) as raised:
            evaluate(sentence)
        assert str(raised.value) == then["error"]
        return
    result = evaluate(sentence)
    for key, expected in then.items():
        assert key in result, f"'{key}' is not an answer here; known: {sorted(result)}"
        same(result[key], expected, sentence.get("tolerance", 0.005), key)


OWN = load(SPEC)
OTHERS = load(Path(os.environ["FINOPS_SPEC_DIR"])) if os.environ.get("FINOPS_SPEC_DIR") else []


@pytest.mark.parametrize("sentence", [pytest.param(s, id=s["name"]) for s in [*OWN, *OTHERS]])
def test_spec(sentence):
    check(sentence)


def spoiled(sentence: dict):
    """The sentence with one expectation wrong, once for every number or text in it."""

    def leaves(node, path=()):
        if isinstance(node, dict):
            for key in node:
                yield from leaves(node[key], (*path, key))
        elif isinstance(node, list):
            for i, child in enumerate(node):
                yield from leaves(child, (*path, i))
        else:
            yield path

    for path in leaves(sentence["then"]):
        wrong = copy.deepcopy(sentence)
        node = wrong["then"]
        for part in path[:-1]:
            node = node[part]
        value = node[path[-1]]
        node[path[-1]] = (
            value + " " if isinstance(value, str) else value + 3 * sentence.get("tolerance", 0.005)
        )
        yield wrong


@pytest.mark.parametrize("sentence", [pytest.param(s, id=s["name"]) for s in OWN])
def test_a_wrong_number_in_a_sentence_fails(sentence):
    wrongs = list(spoiled(sentence))
    assert wrongs
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            check(wrong)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"thn": {}}, "unknown keys ['thn']"),
        ({"then": {"lst_cost": 22.0}}, "'lst_cost' is not an answer here; known: ['billed_cost', "),
        ({"then": {}}, "a sentence must expect something under 'then'"),
        ({"commitment": {"quantity": 1}}, "a sentence is about exactly one of"),
        (
            {"pricing": {"price": 1}},
            "the rate form: 'kind' is missing; it has ['price']; known: ['allowance', 'graduated', ",
        ),
        ({"pricing": 3}, "the rate form: 3 is not a mapping; it needs 'kind'"),
        (
            {"given": {}},
            "given of a price sentence: 'quantity' is missing; it has []; known: ['already', ",
        ),
        ({"given": {"quantity": 1, "levels": [[1, 2]]}}, "give quantity or levels, not both"),
    ],
)
def test_a_sentence_with_a_slip_fails_instead_of_passing_empty(change, message):
    sentence = {
        "name": "x",
        "pricing": {"kind": "linear", "price": 1},
        "given": {"quantity": 1},
        "then": {"list_cost": 1},
    }
    check(sentence)
    with pytest.raises(AssertionError) as raised:
        check(sentence | change)
    assert message in str(raised.value)


def test_names_of_sentences_are_unique_and_every_one_has_a_source():
    names = [sentence["name"] for sentence in OWN]
    assert len(names) == len(set(names)) >= 40
    assert all(sentence.get("source") for sentence in OWN)


def test_sentences_of_another_folder_are_run(tmp_path):
    import subprocess
    import sys

    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "more.yaml").write_text(
        "- name: a hidden sentence that holds\n  pricing: {kind: graduated, starts: [0, 10], prices: [2.0, 1.0]}\n"
        "  given: {quantity: 12}\n  then: {list_cost: 22.0}\n"
        "- name: a hidden sentence that does not\n  pricing: {kind: linear, price: 2}\n"
        "  given: {quantity: 3}\n  then: {list_cost: 7}\n",
        encoding="utf-8",
    )
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", __file__, "-p", "no:cacheprovider", "-k", "hidden"],
        env={**os.environ, "FINOPS_SPEC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
    ).stdout
    assert "1 failed, 1 passed" in answer and "test_spec[a hidden sentence that does not]" in answer


@pytest.mark.shared
def test_the_readme_accounts_for_every_vendor_example_there_is():
    shared = Path(__file__).resolve().parents[2] / "shared" / "cases" / "pricing_examples.json"
    if not shared.is_file():
        pytest.skip("the shared pricing examples are not there")
    import json

    ids = {case["id"] for case in json.loads(shared.read_text(encoding="utf-8"))}
    ours = {sentence["example"] for sentence in OWN if "example" in sentence}
    readme = (SPEC / "README.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(ids - ours) if f"`{name}`" not in readme]
    assert not sorted(name for name in ours & ids if f"`{name}`" in readme), (
        "expressed and listed as not expressible"
    )


def test_every_vendor_example_named_on_the_pricing_page_is_a_sentence():
    page = (SPEC.parents[1] / "docs" / "pricing.md").read_text(encoding="utf-8")
    named = set(
        re.findall(
            r"`((?:aws|azure|gcp|gcs|bedrock|stripe|focus|anthropic|copilot|openai|pinecone|young|cvar|normal|two_level)_[a-z0-9_.]+)`",
            page,
        )
    )
    ours = {sentence["example"] for sentence in OWN if "example" in sentence}
    assert len(named) >= 15 and not sorted(named - ours)
