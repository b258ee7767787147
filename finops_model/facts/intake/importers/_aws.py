"""What exports of AWS share: columns by squashed heading and by key of a map, what a usage type of Bedrock counts, tags.

Cells are taken by column: a function is called once for each distinct set of cells, so that a report of millions of lines costs little more than
its different lines. Memory is that of a batch.
Source of the token kinds: Amazon Bedrock user guide, "Understanding your Amazon Bedrock Cost and Usage Report data"; the units of AWS Marketplace
(MP:USE1_InputTokenCount-Units) as the AWS Price List writes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..files.cells import whole_characters
from ..vendors import squash

MAPS = ("product", "discount")  # maps of CUR 2.0 whose keys are columns of the older headings
AI = re.compile(
    r"AmazonBedrock.*|AmazonSageMaker.*|AmazonQ|AmazonComprehend|AmazonRekognition|AmazonTextract|AmazonTranscribe|AmazonPolly|"
    r"AmazonLex|AmazonKendra|AmazonPersonalize|translate|transcribe",
    re.I,
)
USE = ("usage", "discountedusage", "savingsplancoveredusage")
FEES = ("fee", "rifee", "savingsplanupfrontfee", "savingsplanrecurringfee")
CATEGORY = {  # types of lines in the cost and usage report; below, words of Cost Explorer for the same
    **dict.fromkeys((*USE, "savingsplannegation"), "Usage"),
    **dict.fromkeys(FEES, "Purchase"),
    **dict.fromkeys(("tax", "credit", "refund"), "Credit"),
    "tax": "Tax",
    "reservationappliedusage": "Usage",
    **dict.fromkeys(("recurringreservationfee", "upfrontreservationfee", "supportfee"), "Purchase"),
}
EDITION = " (Amazon Bedrock Edition)"
REGION = r"(?:US[EW]\d|UG[EW]\d|CA[NW]\d|EU(?:[WCNS]\d|SC\d)?|AP(?:NE|SE|N|S|E)\d|SAE\d|ME[SC]\d|AFS\d|ILC\d|MXC\d|CN[NW]\d)"
TOKENS = re.compile(
    rf"(?:{REGION}-)?(?P<model>.+?)(?:-mantle)?-(?P<kind>input-tokens|output-tokens|cache-read-input-token-count|cache-write-input-token-count)"
    r"(?:-(?P<rest>.+))?"
)
SOLD = re.compile(
    rf"(?:{REGION}-)?MP:{REGION}_(?P<kind>CacheRead|CacheWrite|cache_read_|cache_write_)?(?P<also>\d+[hm]_?)?"
    r"(?P<way>Input|Output)_?token(?:Count|s)(?P<rest>.*?)(?:-Units)?",
    re.I,
)
KINDS = {
    "input-tokens": "input tokens",
    "output-tokens": "output tokens",
    "cache-read-input-token-count": "cache read input tokens",
    "cache-write-input-token-count": "cache write input tokens",
}
USER = re.compile(r"(?:resource[ _]?tags?/)?user(?::|_|/| )(?P<key>.+)", re.I)
OWN = re.compile(r"(?:resource[ _]?tags?/)?aws(?::|_)(?P<key>.+)", re.I)


class Columns:
    """The columns of a piece of a report: text, '' where a cell is empty or a column is not there."""

    def __init__(self, table: pa.Table):
        self.rows = table.num_rows
        self.table = table
        self.names = {squash(name): name for name in reversed(table.schema.names)}
        self.maps = {word: self._taken(self.names[word]) for word in MAPS if word in self.names}

    def has(self, name: str) -> bool:
        """Whether a heading is there, in any spelling."""
        return squash(name) in self.names

    def text(self, *names: str) -> pa.Array:
        """The first of these headings that has a cell, row by row; headings as the classic report writes them."""
        cells = pa.repeat(pa.scalar("", pa.string()), self.rows)
        for name in reversed(names):
            for column in self._of(name):
                cells = pc.if_else(pc.equal(column, ""), cells, column)
        return cells

    def each(self, columns: list[pa.Array], read: Callable[..., str | None]) -> pa.Array:
        """What `read` makes of the cells of each row; called once for each distinct set of cells."""
        codes = np.zeros(self.rows, np.int64)
        for column in columns:
            coded = column.dictionary_encode()
            codes = codes * max(len(coded.dictionary), 1) + coded.indices.to_numpy(
                zero_copy_only=False
            )
            codes = np.unique(codes, return_inverse=True)[1]
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        sets = zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
        return pa.array([read(*cells) for cells in sets], pa.string()).take(pa.array(place))

    def only(
        self, rows: np.ndarray, columns: list[pa.Array], read: Callable[..., str], other: pa.Array
    ) -> pa.Array:
        """What `read` makes of the cells of the rows of a mask; `other` on all others."""
        at = np.flatnonzero(rows)
        if not len(at):
            return other
        picked = pa.array(at)
        texts = [
            read(*cells)
            for cells in zip(*(column.take(picked).to_pylist() for column in columns), strict=True)
        ]
        place = np.zeros(self.rows, np.int64)
        place[at] = np.arange(len(at))
        return pc.if_else(pa.array(rows), pa.array(texts, pa.string()).take(pa.array(place)), other)

    def _of(self, name: str) -> list[pa.Array]:
        """Where the cells of a heading stand: the key of a map, then a column of its own (which counts where both are filled)."""
        word, columns = squash(name), []
        for prefix, cells in self.maps.items():
            if word.startswith(prefix) and word != prefix:
                key = word[len(prefix) :]
                columns.append(self.each([cells], lambda text, key=key: keys(text).get(key, "")))
        return columns + ([self._taken(self.names[word])] if word in self.names else [])

    def _taken(self, name: str) -> pa.Array:
        column = self.table.column(name).cast(pa.string()).combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        return pc.fill_null(column, "")


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """The members of a JSON object; a key that appears twice with different values makes it unreadable."""
    built = dict(members)
    if any(built[key] != value for key, value in members):
        raise ValueError("a key appears twice with different values")
    return built


@lru_cache(maxsize=4096)
def pairs(text: str) -> dict[str, str] | None:
    """The pairs of a map written as a JSON object, values as text; None where it is none.

    >>> pairs('{"user_team": "search", "n": 1.50}'), pairs("team=search"), pairs('{"a": 1, "a": 2}')
    ({'user_team': 'search', 'n': '1.50'}, None, None)
    """
    try:
        document = (
            json.loads(
                text,
                parse_float=str,
                parse_int=str,
                parse_constant=str,
                object_pairs_hook=_once,
            )
            if text
            else {}
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return {
        key: value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for key, value in document.items()
    }


@lru_cache(maxsize=4096)
def keys(text: str) -> dict[str, str]:
    """The pairs of a map by squashed key; {} where it cannot be read."""
    return {squash(key): whole_characters(value) for key, value in (pairs(text) or {}).items()}


def tag_name(key: str) -> str:
    """The name of a tag: the prefix of tags a company gives itself goes, that of AWS's own stays.

    >>> [tag_name(key) for key in ("user:team", "user_cost_center", "aws:createdBy", "aws_created_by", "iamPrincipal/Team")]
    ['team', 'cost_center', 'aws:createdBy', 'aws:created_by', 'iamPrincipal/Team']
    """
    if match := USER.fullmatch(key):
        return match["key"]
    if match := OWN.fullmatch(key):
        return f"aws:{match['key']}"
    return key


def tags(tagged: list[tuple[str, str]]) -> str | None:
    """The filled tags of a line as JSON; where two keys would have one name and other values, the later one keeps its prefix.

    >>> tags([("user:team", "search"), ("aws:createdBy", ""), ("user_team", "ads")]), tags([])
    ('{"team":"search","user_team":"ads"}', None)
    """
    read: dict[str, str] = {}
    for key, value in tagged:
        if value:
            name = tag_name(key)
            read[name if read.get(name, value) == value else key] = value
    if not read:
        return None
    read = dict(sorted(read.items()))  # maps come in any order: the same tags are the same text
    text = json.dumps(read, ensure_ascii=False, separators=(",", ":"))
    # Halves of characters stay escapes, so that tags that hold one are known as such (files/cells.py: parse_tags).
    return text if whole_characters(text) == text else json.dumps(read, separators=(",", ":"))


@lru_cache(maxsize=4096)
def tokens(code: str, product: str, usage: str) -> tuple[str, str]:
    """(model, what is counted) of a line of Amazon Bedrock; ('', '') where its usage type does not say it for certain.

    >>> tokens("AmazonBedrock", "", "USE1-Claude4.6Sonnet-cache-read-input-token-count-cross-region-global")
    ('Claude4.6Sonnet', 'cache read input tokens, cross-region-global')
    >>> tokens("x1", "Claude Haiku 5 (Amazon Bedrock Edition)", "EUC1-MP:EUC1_OutputTokenCount_Batch-Units")
    ('Claude Haiku 5', 'output tokens, Batch')
    >>> tokens("AmazonBedrock", "", "USE1-Guardrail-ContentPolicy"), tokens("AmazonEC2", "", "USE1-gpt-input-tokens")
    (('', ''), ('', ''))
    """
    if product.endswith(EDITION):
        model = product.removesuffix(EDITION)
        if not (match := SOLD.fullmatch(usage)):
            return model, ""
        kind = (
            (match["kind"] or "").casefold().strip("_").replace("_", "").replace("cache", "cache ")
        )
        meter = f"{kind} {match['way'].casefold()} tokens".strip()
        more = " ".join(filter(None, ((match["also"] or "").strip("_"), match["rest"].strip("_-"))))
        return model, f"{meter}, {more}" if more else meter
    if code.casefold().startswith("amazonbedrock") and (match := TOKENS.fullmatch(usage)):
        meter = KINDS[match["kind"]]
        return match["model"], f"{meter}, {match['rest']}" if match["rest"] else meter
    return "", ""


def service_category(code: str, product: str) -> str | None:
    """AI and Machine Learning for the services that are nothing else; None where the code does not say it.

    >>> service_category("AmazonBedrock", ""), service_category("AmazonEC2", "")
    ('AI and Machine Learning', None)
    """
    return "AI and Machine Learning" if AI.fullmatch(code) or product.endswith(EDITION) else None


def charge_category(kind: str, written: str) -> str:
    """The category of a type of charge (squashed); a type that is not known stays as it is written, to be refused by its name.

    >>> charge_category("edpdiscount", "EdpDiscount"), charge_category("rififee", "RifiFee")
    ('Usage', 'RifiFee')
    """
    return CATEGORY.get(kind) or ("Usage" if kind.endswith("discount") else written)
