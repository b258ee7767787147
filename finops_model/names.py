"""Names of units and companies as folder names; and the name that stands for the whole company.

Letters of every script stay, so that "日本" and "中国" are two folders. ASCII names give what they always gave.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

__all__ = [
    "COMPANY",
    "NAMELESS",
    "RESERVED",
    "folders",
    "is_nameless",
    "is_slug",
    "old_slug",
    "slug",
    "told_apart",
]

COMPANY = "Company"  # all units together, in budgets and reports
NAMELESS = "unit"  # the folder of a name without a letter or digit
LETTERS, BYTES, DIGEST = 60, 100, 8  # longest slug, in characters and in UTF-8; length of a suffix
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"}
    | {"þ": "th"}
)  # Latin letters that are no letter with a mark on it
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}  # names that Windows keeps for itself
UNSEEN = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)} | {
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
}  # letters and marks without a shape: variation selectors, fillers


def slug(name: str) -> str:
    """A name for folders and addresses: small letters, digits and marks of every script, dashes.

    Accents of Latin letters go. Never "", "..", a separator, a control or format character, or a
    name that Windows keeps for itself.

    Parameters
    ----------
    name : str
        Of a unit, a company, a scenario.

    Returns
    -------
    str
        At most 60 characters and 100 bytes of UTF-8, cut at a letter.

    Examples
    --------
    >>> slug("Search & Discovery"), slug("Épsilon & Co"), slug("日本"), slug("../🚀")
    ('search-discovery', 'epsilon-co', '日本', 'unit')
    """
    short = _cut(_spelled(name), LETTERS, BYTES) or NAMELESS
    return f"{short}-{NAMELESS}" if unicodedata.normalize("NFKC", short) in RESERVED else short


def old_slug(name: str) -> str:
    """The slug as it was made before other scripts were kept: where files of then may lie.

    >>> old_slug("Épsilon & Co"), old_slug("日本")
    ('psilon-co', 'unit')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60].strip("-") or NAMELESS


def is_nameless(name: str) -> bool:
    """Whether a name has no letter or digit of its own, so that its slug could only be `NAMELESS`.

    >>> is_nameless("🚀 ../"), is_nameless("日本"), is_nameless("Unit")
    (True, False, False)
    """
    return not _spelled(name)


def is_slug(text: object) -> TypeGuard[str]:
    """Whether a text is safe as the folder of a report: made only of what `slug` leaves.

    >>> is_slug("日本"), is_slug("a-b"), is_slug("../a"), is_slug("A b"), is_slug("")
    (True, True, False, False, False)
    """
    if not isinstance(text, str) or not text or len(text) > LETTERS + 20 or _spelled(text) != text:
        return False
    return len(text.encode("utf-8")) <= BYTES + 20


def folders(names: Iterable[str], published: Mapping[str, str] | None = None) -> dict[str, str]:
    """{name: folder}, one folder each: the one a name is published in, else its slug, else its slug with a suffix.

    names      those of one month in a lasting order; where two have one slug, the first has it bare
    published  folders that are taken, by name: they stay with their names, whatever `slug` says today

    >>> folders(["A B", "A-B"])
    {'A B': 'a-b', 'A-B': 'a-b-77101aaa'}
    >>> folders(["日本", "A-B"], {"日本": "unit", "A B": "a-b"})
    {'日本': 'unit', 'A-B': 'a-b-77101aaa'}
    """
    published = published or {}
    taken = set(published.values())
    found: dict[str, str] = {}
    for name in names:
        if name in found:
            continue
        place = published.get(name) or slug(name)
        if name not in published and place in taken:
            place = _suffixed(name, taken)
        taken.add(place)
        found[name] = place
    return found


def told_apart(paths: Sequence[Path]) -> list[str]:
    """What files are called beside each other: their names, and of equal ones as much of their folders as tells them apart.

    Parameters
    ----------
    paths : sequence of Path
        As somebody gave them.

    Returns
    -------
    list of str
        In their order; one path that is given twice keeps one name.

    Examples
    --------
    >>> told_apart([Path("2026-01/cur.csv"), Path("2026-02/cur.csv"), Path("x/b.csv")])
    ['2026-01/cur.csv', '2026-02/cur.csv', 'b.csv']
    """
    called = [path.name for path in paths]
    for name in dict.fromkeys(called):
        mine = [i for i, path in enumerate(paths) if path.name == name]
        several = len({paths[i] for i in mine})
        for depth in range(1, max(len(paths[i].parts) for i in mine) + 1):
            ends = {i: Path(*paths[i].parts[-depth:]).as_posix() for i in mine}
            if len(set(ends.values())) == several:
                for i, end in ends.items():
                    called[i] = end
                break
    return called


def _suffixed(name: str, taken: set[str]) -> str:
    """The slug of a name with the start of its sha256, long enough to be free."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(DIGEST, len(digest), 4):
        head = _cut(slug(name), LETTERS, BYTES - DIGEST - 1)
        if (place := f"{head}-{digest[:length]}") not in taken:
            return place
    raise ValueError(f"'{name}': no folder is free.")  # two names of one sha256


def _spelled(name: str) -> str:
    """Small letters, digits and marks in NFC, everything else a dash between them."""
    kept: list[str] = []
    latin = False  # whether the last letter is one whose marks go
    for char in unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold()):
        kind = unicodedata.category(char)
        if kind == "Cf" or ord(char) in UNSEEN:
            continue
        if kind[0] == "M":
            if kept and kept[-1] != "-" and not latin:
                kept.append(char)
        elif kind[0] in "LN":
            plain = char.translate(PLAIN)
            latin = unicodedata.name(char, "").startswith("LATIN ")
            kept.append(plain)
        elif kept and kept[-1] != "-":
            kept.append("-")
    return unicodedata.normalize("NFC", "".join(kept)).strip("-")


def _cut(text: str, letters: int, size: int) -> str:
    """The start of a text of at most so many characters and bytes, not between a letter and its marks."""
    end = min(letters, len(text))
    while len(text[:end].encode("utf-8")) > size:
        end -= 1
    whole = end
    while 0 < whole < len(text) and unicodedata.category(text[whole])[0] == "M":
        whole -= 1
    return text[: whole or end].strip("-")
