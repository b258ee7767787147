"""Two frozen records of what the product says, compared (scripts/freeze.py writes them): values apart from sentences, and the table old -> new.

A record is {"frozen": 1, "entries": {name: {"values": {path: number, flag, name or None}, "sentences": [[path, text], …]}}}.
Pure: nothing here runs the product.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
from html.parser import HTMLParser

import numpy as np

# Keys that move with every commit, or with the machine: code, lock and file hashes, sizes, versions, time taken.
VOLATILE = {
    "code",
    "lock",
    "python",
    "tools",
    "notebook",
    "sha256",
    "bytes",
    "figures_hash",
    "seconds",
    "took",
}
LONG = 60  # a list of more numbers is kept as its count, sum, ends and sha256
HASH = re.compile(r"\b[0-9a-f]{12,64}\b")
FRAME = re.compile(r"[\u2500-\u257f]+")  # the rules and boxes of tables
TOOK = re.compile(r"\b\d+(?:\.\d+)? (?:s|ms|seconds?)\b")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
HOLE = re.compile(r"\{(\w+)\}")


def digest(values) -> str:
    """sha256 of the float64 bytes, the same on every machine that draws the same bits.

    >>> digest([1.0]) == digest([1])
    True
    """
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def flatten(document, path: str = "") -> tuple[dict, list]:
    """Leaves of a JSON document: (values by slash path, sentences as [path, text]); a text with a blank in it is a sentence.

    >>> flatten({"a": [1, {"b": "two words"}], "code": "x"})
    ({'a/0': 1}, [['a/1/b', 'two words']])
    """
    values, sentences = {}, []
    if isinstance(document, dict):
        parts = [(key, item) for key, item in sorted(document.items()) if key not in VOLATILE]
    elif (
        isinstance(document, list)
        and len(document) > LONG
        and all(is_number(item) for item in document)
    ):
        parts = [
            ("#count", len(document)),
            ("#sum", float(np.sum(document))),
            ("#first", document[0]),
            ("#last", document[-1]),
            ("#sha", digest(document)),
        ]
    elif isinstance(document, list):
        parts = list(enumerate(document))
    elif isinstance(document, str) and " " in document.strip():
        return {}, [[path, plain(document)]]
    else:
        return {path: document}, []
    if not parts:
        return {path: "{}" if isinstance(document, dict) else "[]"}, []
    for key, item in parts:
        inner, said = flatten(item, f"{path}/{key}" if path else str(key))
        values |= inner
        sentences += said
    return values, sentences


def plain(text: str, folders: dict[str, str] | None = None) -> str:
    """One line of output without what moves by itself: folders of this machine, hashes, time taken, boxes, runs of blanks.

    >>> plain("│ 2.5 s  in /tmp/a/b │", {"/tmp/a": "<workspace>"})
    '<time> in <workspace>/b'
    """
    for folder, name in (folders or {}).items():
        text = text.replace(folder, name)
    return " ".join(TOOK.sub("<time>", HASH.sub("<hash>", FRAME.sub(" ", text))).split())


def lines(text: str, folders: dict[str, str] | None = None) -> list:
    """Lines of a printed text as sentences without a path; empty ones go."""
    return [["", line] for line in (plain(line, folders) for line in text.splitlines()) if line]


class _Page(HTMLParser):
    """Blocks of text of a page, scripts and styles left out."""

    BLOCKS = {
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "li",
        "tr",
        "td",
        "th",
        "table",
        "section",
        "summary",
        "title",
        "figcaption",
        "br",
        "pre",
        "text",
        "caption",
    }

    def __init__(self):
        super().__init__()
        self.blocks, self.hidden = [""], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        if tag in self.BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")
        if tag in self.BLOCKS:
            self.blocks.append("")

    def handle_data(self, data):
        if not self.hidden:
            self.blocks[-1] += data


def page(text: str, folders: dict[str, str] | None = None) -> list:
    """Text blocks of an HTML page as sentences.

    >>> page("<p>One <b>day</b>.</p><script>x</script><td>2</td>")
    [['', 'One day.'], ['', '2']]
    """
    reader = _Page()
    reader.feed(text)
    return lines("\n".join(" ".join(block.split()) for block in reader.blocks), folders)


# the table old -> new -------------------------------------------------------------------------------------------------------------------------------


def check_table(table) -> dict:
    """The table {"keys": {old: new}, "values": {old: new}, "sentences": {old: new}}, each part optional. Raises ValueError."""
    parts = ("keys", "values", "sentences")
    if not isinstance(table, dict):
        raise ValueError(f"a table holds {', '.join(parts)}, each old: new.")
    for name, rows in table.items():
        if name not in parts:
            raise ValueError(f"a table has no '{name}'. It has: {', '.join(parts)}.")
        if not isinstance(rows, dict) or not all(
            isinstance(text, str) for pair in rows.items() for text in pair
        ):
            raise ValueError(f"{name}: must be old: new, both texts.")
    return {name: table.get(name, {}) for name in parts}


def renamed(path: str, keys: dict[str, str]) -> str:
    """A slash path under the table: whole parts, or runs of parts, anywhere in it; longest first.

    >>> renamed("accuracy/held_by/0", {"held_by": "tested_by"})
    'accuracy/tested_by/0'
    """
    whole = f"/{path}/"
    for old in sorted(keys, key=len, reverse=True):
        while f"/{old}/" in whole and f"/{old}/" != f"/{keys[old]}/":
            moved = whole.replace(f"/{old}/", f"/{keys[old]}/")
            if f"/{old}/" in f"/{keys[old]}/":  # a: x/a would never end
                whole = moved
                break
            whole = moved
    return whole.strip("/")


def reworded(text: str, sentences: dict[str, str]) -> str:
    """A sentence under the table: an old piece of text, {holes} in it for what varies, becomes the new one; longest first.

    >>> reworded("Held by prophet: 3 of 4.", {"Held by {who}:": "Tested by {who}:"})
    'Tested by prophet: 3 of 4.'
    """
    for old in sorted(sentences, key=len, reverse=True):
        pattern = "".join(
            f"(?P<{part}>.+?)" if i % 2 else re.escape(part)
            for i, part in enumerate(HOLE.split(old))
        )
        pattern = rf"(?<!\w){pattern}" if old[:1].isalnum() else pattern
        pattern = rf"{pattern}(?!\w)" if old[-1:].isalnum() else pattern
        pattern = pattern + "$" if old.endswith("}") else pattern
        new = sentences[old]
        text = re.sub(
            pattern,
            lambda match, new=new: HOLE.sub(lambda hole: match.group(hole.group(1)), new),
            text,
        )
    return text


def under(record: dict, table: dict | None) -> dict:
    """The entries of a record as the table words them."""
    table = check_table(table or {})
    if not any(table.values()):
        return record["entries"]
    out = {}
    for name, entry in record["entries"].items():
        values, sentences = (
            {},
            [
                [renamed(path, table["keys"]), reworded(text, table["sentences"])]
                for path, text in entry["sentences"]
            ],
        )
        for path, value in entry["values"].items():
            value = table["values"].get(value, value) if isinstance(value, str) else value
            if isinstance(value, str) and " " in value:  # a name that became two words
                sentences.append([renamed(path, table["keys"]), value])
            elif not path.startswith("#sha_of"):
                values[renamed(path, table["keys"])] = value
        out[name] = {"values": values, "sentences": sentences}
    return out


# comparing ------------------------------------------------------------------------------------------------------------------------------------------


def same(old, new) -> bool:
    """Equal in value and, for flags, in kind: 1 is 1.0 and not true."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def changed_values(name: str, old: dict, new: dict) -> list[str]:
    """One line a value that is not the same: command, path, old, new."""
    gone = [f"{name}  {path}: {old[path]!r} -> (gone)" for path in old if path not in new]
    added = [f"{name}  {path}: (new) -> {new[path]!r}" for path in new if path not in old]
    return (
        [
            f"{name}  {path}: {old[path]!r} -> {new[path]!r}"
            for path in old
            if path in new and not same(old[path], new[path])
        ]
        + gone
        + added
    )


def pairs_of(old: list, new: list) -> list[tuple]:
    """(path, old, new) of sentences that differ: those of a document by their path, printed lines in their order."""
    before, after = ({path: text for path, text in side if path} for side in (old, new))
    out = [
        (path, text, after.get(path)) for path, text in before.items() if text != after.get(path)
    ]
    out += [(path, None, text) for path, text in after.items() if path not in before]
    printed, anew = ([text for path, text in side if not path] for side in (old, new))
    for tag, i, j, k, m in difflib.SequenceMatcher(
        None, printed, anew, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            out += [("", was, now) for was, now in itertools.zip_longest(printed[i:j], anew[k:m])]
    return out


def changed_sentences(name: str, old: list, new: list) -> list[str]:
    """One line a sentence that is not the same; says where numbers in it moved and not only words."""
    lines = []
    for path, was, now in pairs_of(old, new):
        moved = was is not None and now is not None and NUMBER.findall(was) != NUMBER.findall(now)
        lines.append(
            f"{name}  {path + ': ' if path else ''}{'(new)' if was is None else was} -> {'(gone)' if now is None else now}{'  [numbers differ]' if moved else ''}"
        )
    return lines


def compare(old: dict, new: dict, table: dict | None = None) -> dict[str, list[str]]:
    """Differences of two records, the older read under the table: {"values", "sentences", "missing", "skipped", "added"}, a line each.

    missing: entries of the old record that the new run should have made; skipped: those that it did not run (a part, `skips`); added: those
    that only the new run has, no difference.
    """
    before, after, skips = under(old, table), new["entries"], tuple(new.get("skips", ()))
    out = {
        "values": [],
        "sentences": [],
        "missing": [],
        "skipped": [],
        "added": [name for name in after if name not in before],
    }
    for name, entry in before.items():
        if name not in after:
            out[
                "skipped" if skips and (skips == ("*",) or name.startswith(skips)) else "missing"
            ].append(name)
            continue
        drop = (
            {path for path in after[name]["values"] if path.startswith("#sha_of")}
            if any((table or {}).values())
            else set()
        )
        out["values"] += changed_values(
            name,
            entry["values"],
            {path: value for path, value in after[name]["values"].items() if path not in drop},
        )
        out["sentences"] += changed_sentences(name, entry["sentences"], after[name]["sentences"])
    return out
