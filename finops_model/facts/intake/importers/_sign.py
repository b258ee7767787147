"""The names that a file must hold for an importer, and which of them a given file lacks.

An importer says them in `SIGN`; a refusal then names what is missing and what stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import InputError, listing, nearest, together
from ..files.readers import Source
from ..vendors import squash


class Record(dict):
    """A record of a document. Asking it for a key that it does not have says so in a sentence; `.get` gives None for it."""

    def __init__(self, values: dict, place: str):
        super().__init__(values)
        self.place = place

    def __missing__(self, key):
        own = [name for name in self if name != "x_Row"]
        raise InputError(
            f"{self.place} has no '{key}'{near(str(key), own)}. It holds {listing(own)}. Nothing was taken: add it to the file, or let the "
            f"importer read it with .get('{key}'), so that only such records are quarantined."
        )


def near(name: str, there: Iterable[str]) -> str:
    """What stands there instead of a name, for a sentence; "" where nothing is like it.

    >>> near("until", ["day", "untill"]), near("until", ["usd"])
    (" (nearest here: 'untill')", '')
    """
    guess = nearest(name, there)
    return f" (nearest here: '{guess}')" if guess else ""


def names_of(source: Source) -> list[str]:
    """The headings of a table; of a JSON document the keys of its first record, or of itself where it holds no records."""
    if source.kind != "json":
        return [str(name) for name in source.header if name != "x_Row"]
    document = source.document
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        parts = [part.get("results") for part in document["data"] if isinstance(part, dict)]
        records = [line for part in parts if isinstance(part, list) for line in part]
    else:
        records = document if isinstance(document, list) else [document]
    first = next((record for record in records if isinstance(record, dict)), {})
    return [str(name) for name in first]


def lacking(source: Source, sign: Iterable[str]) -> str:
    """What a source lacks of a sign, in words; headings are compared without case and marks.

    Parameters
    ----------
    source : Source
        An opened file or frame.
    sign : iterable of str
        Headings, or keys of a JSON record.

    Returns
    -------
    str
        A clause that names them and what stands there instead; "" where it has all.

    Examples
    --------
    >>> document = Source("list.json", "json", "", 2, data=b'[{"day": "2026-10-01", "usd": "1.50"}]')
    >>> lacking(document, ("day", "usd"))
    ''
    """
    there = names_of(source)
    plain = (lambda name: name) if source.kind == "json" else squash
    have = {plain(name) for name in there}
    missing = [name for name in sign if plain(name) not in have]
    if not missing:
        return ""
    named = together(f"'{name}'{near(name, there)}" for name in missing)
    if source.kind != "json":
        return f"it has no column {named}. Its columns: {listing(there)}"
    return f"its first record has no {named}. It holds {listing(there)}"
