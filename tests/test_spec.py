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


class Lines(Numbers):
    """Refuses what a reader of YAML would pass over in silence: a key that stands twice, 010 read in base eight."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"'{key.value}' appears twice. Keep one of them", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _no_octal(loader, node):
    if re.fullmatch(r"[-+]?0[0-7_]+", node.value):
        raise yaml.constructor.ConstructorError(
            None,
            None,
            f"{node.value} would be read in base eight. Write it without the 0, or in quotes",
            node.start_mark,
        )
    return loader.construct_yaml_int(node)


Lines.add_constructor("tag:yaml.org,2002:int", _no_octal)


def slip(place, text: str) -> dict:
    """A sentence that fails with what is wrong with its file, so that no other is stopped."""
    return {"name": f"{place}: cannot be read", "_slip": f"{place}: {text}"}


def load(folder: Path) -> list[dict]:
    """Sentences of a folder, in the order of files and lines; what cannot be read is a sentence that fails."""
    if not folder.is_dir():
        return [slip(folder, "there is no such folder of sentences; check FINOPS_SPEC_DIR.")]
    files = sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")])
    if not files:
        return [slip(folder, "holds no sentence: no file of it ends in .yaml.")]
    return [sentence for path in files for sentence in read(path)]


def read(path: Path) -> list[dict]:
    """The sentences of a file, each with its file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Lines)
        sentences = yaml.load(text, Lines)
    except (OSError, UnicodeDecodeError) as problem:
        return [slip(path, f"not a text file in UTF-8 ({type(problem).__name__}).")]
    except RecursionError:
        return [slip(path, "nested too deeply.")]
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else path
        return [slip(place, f"{getattr(problem, 'problem', None) or problem}.")]
    except ValueError as problem:
        return [slip(path, f"{problem}.")]
    if not isinstance(sentences, list):
        return [slip(f"{path}:1", "a spec file is a list of sentences (tests/spec/README.md).")]
    found = []
    for sentence, item in zip(sentences, node.value, strict=True):
        place = f"{path}:{item.start_mark.line + 1}"
        if not isinstance(sentence, dict) or not isinstance(sentence.get("name"), str):
            found.append(slip(place, "a sentence is a mapping with a name."))
        else:
            found.append({**sentence, "_file": str(path), "_place": place})
    return found


def evaluate(sentence: dict) -> dict:
    """What the house answers: name -> number, text, array or mapping."""
    name = (set(SUBJECTS) & set(sentence)).pop()
    subjects.ASKED.clear()
    try:
        return SUBJECTS[name](sentence[name], sentence.get("given") or {})
    except (FinOpsError, AssertionError):
        raise
    except Exception as problem:
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
    try:
        if np.ndim(expected) == 0 and np.ndim(got) > 0:
            got = np.sum(got)  # a number for many hours is their total
        got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{what}: got {got}, the sentence says {expected}") from None
    assert got.shape == expected.shape, f"{what}: got {got}, the sentence says {expected}"
    assert np.allclose(got, expected, rtol=1e-9, atol=tolerance), (
        f"{what}: got {got}, the sentence says {expected}"
    )


def check(sentence: dict) -> None:
    """Raises AssertionError where the house does not do what the sentence says."""
    given_keys = set(sentence) - {"_file", "_place"}
    unknown = given_keys - KEYS - set(SUBJECTS)
    assert not unknown, (
        f"unknown keys {sorted(unknown, key=str)}: a sentence has {sorted(KEYS)} and one of {sorted(SUBJECTS)}"
    )
    assert len(given_keys & set(SUBJECTS)) == 1, (
        f"a sentence is about exactly one of {sorted(SUBJECTS)}"
    )
    assert isinstance(sentence.get("given") or {}, dict), (
        "'given' must be a mapping of names to values"
    )
    assert isinstance(sentence.get("tolerance", 0.0), (int, float)), "'tolerance' must be a number"
    then = sentence.get("then")
    assert isinstance(then, dict) and then, "a sentence must expect something under 'then'"
    if "error" in then:
        try:
            answers = evaluate(sentence)
        except FinOpsError as refused:
            said = str(refused)
        else:
            raise AssertionError(f"is not refused; the answer is {answers}")
        assert said == then["error"], f"refused with '{said}', the sentence says '{then['error']}'"
        return
    result = evaluate(sentence)
    for key, expected in then.items():
        assert key in result, f"'{key}' is not an answer here; known: {sorted(result)}"
        same(result[key], expected, sentence.get("tolerance", 0.005), key)


OWN = load(SPEC)
OTHERS = load(Path(os.environ["FINOPS_SPEC_DIR"])) if os.environ.get("FINOPS_SPEC_DIR") else []


@pytest.mark.parametrize("sentence", [pytest.param(s, id=s["name"]) for s in [*OWN, *OTHERS]])
def test_spec(sentence):
    told(sentence)


def told(sentence: dict) -> None:
    """`check`, and what fails is told with its file and line, without a traceback."""
    if "_slip" in sentence:
        pytest.fail(sentence["_slip"], pytrace=False)
    try:
        check(sentence)
    except (FinOpsError, AssertionError) as problem:
        pytest.fail(f"{sentence['_place']}: {sentence['name']}: {problem}", pytrace=False)


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
            value + " "
            if isinstance(value, str)
            else 0.0
            if value == float("inf")
            else value + 3 * sentence.get("tolerance", 0.005)
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


def test_a_slip_in_one_file_is_told_with_its_line_and_stops_no_other(tmp_path):
    """Files as a stranger writes them; the good sentence beside them holds."""
    good = "- name: fine\n  pricing: {kind: linear, price: 2}\n  given: {quantity: 3}\n  then: {list_cost: 6}\n"
    slips = {
        "b_tab.yaml": ("- name: x\n\tpricing: 3\n", 2, "found character"),
        "c_twice.yaml": (good + "  then: {list_cost: 7}\n", 5, "'then' appears twice. Keep one of them."),
        "d_octal.yaml": (good.replace("quantity: 3", "quantity: 010"), 3, "010 would be read in base eight."),
        "e_tag.yaml": (good.replace("{quantity: 3}", "!!python/tuple [3]"), 3, "could not determine a constructor"),
        "f_map.yaml": ("name: x\n", 1, "a spec file is a list of sentences"),
        "g_name.yaml": (good + "- pricing: {kind: linear}\n", 5, "a sentence is a mapping with a name."),
        "h_key.yaml": (good.replace("then:", "thn:"), 1, "fine: unknown keys ['thn']"),
        "i_field.yaml": (good.replace("price: 2", "prise: 2"), 1, "fine: "),
        "j_kind.yaml": (good.replace("kind: linear", "kind: liner"), 1, "fine: "),
        "k_given.yaml": (good.replace("{quantity: 3}", "[3]"), 1, "fine: 'given' must be a mapping"),
        "l_value.yaml": (good.replace("list_cost: 6", "list_cost: [6, [7]]"), 1, "fine: list_cost: got"),
        "m_none.yaml": (good.replace("list_cost: 6", "list_cost:"), 1, "fine: list_cost: got"),
        "n_error.yaml": (good.replace("{list_cost: 6}", "{error: no}"), 1, "fine: is not refused; the answer is"),
        "o_wrong.yaml": (good.replace("list_cost: 6", "list_cost: 7"), 1, "fine: list_cost: got 6"),
        "p_empty.yaml": ("", 1, "a spec file is a list of sentences"),
        "q_date.yaml": (good.replace("quantity: 3", "quantity: 2026-13-45"), 1, "fine: "),
    }  # fmt: skip
    (tmp_path / "a_good.yaml").write_text(good, encoding="utf-8")
    for name, (text, _, _) in slips.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "z_bytes.yaml").write_bytes(b"\xff\xfe- name")
    found: dict[str, list[str]] = {}
    for sentence in load(tmp_path):
        try:
            told(sentence)
        except pytest.fail.Exception as problem:
            place = str(problem).removeprefix(f"{tmp_path}/")
            found.setdefault(place.split(":")[0].split(" ")[0], []).append(place)
    assert set(found) == {*slips, "z_bytes.yaml"}  # and a_good.yaml holds
    for name, (_, line, says) in slips.items():
        assert any(text.startswith(f"{name}:{line}: {says}") for text in found[name]), found[name]
        assert not any("Traceback" in text for text in found[name])
    assert found["z_bytes.yaml"] == ["z_bytes.yaml: not a text file in UTF-8 (UnicodeDecodeError)."]
    (missing,) = load(tmp_path / "nowhere")
    assert missing["_slip"].endswith(
        "nowhere: there is no such folder of sentences; check FINOPS_SPEC_DIR."
    )


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
