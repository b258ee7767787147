"""SHELF: what a sentence of tests/spec may be about, one file per subject (tests/spec/README.md).

A file `<subject>.py` has `evaluate(subject, given) -> dict`: the answers of the house, name -> number, text, array or mapping. `subject` is
what stands under the sentence's subject key, `given` what stands under `given` ({} where nothing does). A name it does not know is an
AssertionError that lists what is known: a slip must not pass. What the house refuses (FinOpsError) is let through.
"""

from __future__ import annotations

import importlib
import pkgutil


def shelf() -> dict:
    """Subject -> evaluate."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    return {name: importlib.import_module(f"{__name__}.{name}").evaluate for name in sorted(names)}


def known(mapping: dict, names, what: str) -> None:
    """Raises AssertionError where a sentence has a key that nothing reads."""
    extra = sorted(set(mapping) - set(names))
    assert not extra, f"{what}: unknown keys {extra}; known: {sorted(names)}"
