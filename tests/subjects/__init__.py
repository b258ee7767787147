"""SHELF: what a sentence of tests/spec may be about, one file per subject (tests/spec/README.md).

A file `<subject>.py` has `evaluate(subject, given) -> dict`: the answers of the house, name -> number, text, array or mapping. `subject` is
what stands under the sentence's subject key, `given` what stands under `given` ({} where nothing does). A name it does not know is an
AssertionError that lists what is known: a slip must not pass. What the house refuses (FinOpsError) is let through.
"""

from __future__ import annotations

import importlib
import pkgutil
import re

ASKED: list = []  # what `known` and `need` were told in the sentence at hand: (where, names)


def shelf() -> dict:
    """Subject -> evaluate."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    return {name: importlib.import_module(f"{__name__}.{name}").evaluate for name in sorted(names)}


def known(mapping: dict, names, what: str) -> None:
    """Raises AssertionError where a sentence has a key that nothing reads."""
    assert isinstance(mapping, dict), (
        f"{what}: {str(mapping)[:60]} is not a mapping; known keys: {sorted(names)}"
    )
    ASKED.append((what, sorted(names)))
    extra = sorted(set(mapping) - set(names), key=str)
    assert not extra, f"{what}: unknown keys {extra}; known: {sorted(names)}"


def need(mapping: dict, name: str, what: str, names=()):
    """The value of a key a sentence must have; AssertionError says which one is missing, what there is and what is known."""
    assert isinstance(mapping, dict), (
        f"{what}: {str(mapping)[:60]} is not a mapping; it needs '{name}'"
    )
    listed = f"; known: {sorted(names)}" if names else ""
    assert name in mapping, (
        f"{what}: '{name}' is missing; it has {sorted(mapping, key=str)}{listed}"
    )
    return mapping[name]


def explain(subject: str, sentence: dict, problem: Exception) -> str:
    """What a stranger reads in place of a traceback: what is missing or unknown, what the sentence has, what is known."""
    text = str(problem)
    missing = re.search(r"missing \d+ required .*arguments?: (.*)", text)
    extra = re.search(r"unexpected keyword argument '(\w+)'", text)
    if isinstance(problem, KeyError):
        what = f"{problem} is missing, or is a word that is not known there"
    elif missing:
        what = f"{missing[1]} missing"
    elif extra:
        what = f"unknown key '{extra[1]}'"
    else:
        what = f"not in the form that is described: {text}"
    has = [
        f"{part} has {sorted(sentence[part], key=str)}"
        for part in (subject, "given")
        if isinstance(sentence.get(part), dict)
    ]
    told = [f"{where}: {names}" for where, names in ASKED]
    return "; ".join(
        [
            f"{subject}: {what}",
            *has,
            *(["known: " + ", ".join(told)] if told else []),
            "the format is in tests/spec, README.md",
        ]
    )
