"""Whether what was made says the same as what is published: then nothing is published anew (docs/method §14.6)."""

from __future__ import annotations

import json
from pathlib import Path

from ...documents import sha256_of
from ..report.manifest import against_manifest


def same_report(made: Path, there: Path) -> bool:
    """Whether the report that lies there is whole and says the same; another head of the chain is no other content.

    A file that the one made does not have (no browser for the PDF) is no other content; one more is.
    """
    try:
        left, right = (
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            for folder in (made, there)
        )
        if not set(left["files"]) <= set(right["files"]):
            return False
        for one in (left, right):
            one.pop("files", None)
            one.get("extra", {}).get("records", {}).pop("head", None)
            if one.get("extra", {}).get("records") == {}:
                one["extra"].pop("records")
            if one.get("extra") == {}:
                one.pop("extra")
        return left == right and not against_manifest(there)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def same_page(made: Path, there: Path, by: str) -> bool:
    """The same of a folder that is no unit's report: whole, the file `by` says the same, and the marks do."""
    try:
        left, right = (
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            for folder in (made, there)
        )
        whole = all(
            sha256_of(there / one) == entry["sha256"] for one, entry in right["files"].items()
        )
        return (
            whole
            and (made / by).read_bytes() == (there / by).read_bytes()
            and _four_eyes(left) == _four_eyes(right)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _four_eyes(manifest: dict):
    return manifest.get("extra", {}).get("records", {}).get("four_eyes")
