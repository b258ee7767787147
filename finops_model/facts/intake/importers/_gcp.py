"""What exports of Google Cloud share: nested cells in any writing, credits, labels, invoice months, what a SKU of Gemini counts.

A nested cell is JSON (bq, Parquet, JSON lines), the list of a table in Python ([{'name': 'x', 'amount': -1.0}], also without commas between records,
as numpy writes it), or wrapped as Parquet of BigQuery may be ({"list": [{"element": ...}]}). Amounts stay text.
Source: Google Cloud Billing, "Structure of Standard data export" and "Structure of Detailed data export"; SKU descriptions of the Gemini API
("Generate content input token count gemini 2.5 flash short input text") and of Vertex AI ("Gemini 2.5 Flash GA Text Input - Predictions").
"""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from ..files.cells import parse_tags, whole_characters
from ..vendors import squash
from . import _columns
from .aws_cur import EXACT, _number

MAPS = (
    "billing",
    "service",
    "sku",
    "project",
    "location",
    "usage",
    "invoice",
    "price",
    "resource",
    "adjustmentinfo",
    "consumptionmodel",
    "subscription",
)
NOTHING = ("", "null", "none", "nan", "[]", "{}")
DEEP = 50  # nested levels; a credit has two
TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"""
    r"""|(?P<word>None|True|False|null|true|false|nan|NaN)|Decimal\(\s*'(?P<decimal>[^'\\]*)'\s*\)|(?P<wrap>array\(|,\s*dtype=object\s*\)|\))"""
    r"""|(?P<mark>[\[\]{}:,]))""",
    re.S,
)
ESCAPE = re.compile(r"\\[\\'\"nrtxuU]")  # those that Python writes
FEE = re.compile(r"commitment (?:v\d+:|- dollar based).*", re.I)
SPOT = re.compile(r".*\b(?:spot|preemptible)\b.*", re.I)
COMMITTED = (
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "FEE_UTILIZATION_OFFSET",
)
WORDS = {"None": "null", "nan": "null", "NaN": "null", "True": "true", "False": "false"}
AI = re.compile(
    r"Vertex AI.*|Gemini.*|Generative Language.*|Claude .+|Cloud Machine Learning Engine|AI Platform.*|Cloud Vision API|Cloud Natural Language API|"
    r"Cloud Speech(?:-to-Text)? API|Cloud Text-to-Speech API|Cloud Translation.*|Dialogflow.*|Document AI.*|Cloud Document AI API|Recommendations AI",
    re.I,
)
MODEL = r"gemini \d+(?:\.\d+)?(?: (?:pro|flash|ultra|nano))?(?: lite)?(?: preview)?"
CALLED = re.compile(
    rf"generate content(?P<cached> cached)?(?P<before> (?:text|image|audio|video))?(?P<way> (?:input|output)) token count(?: for)? (?P<model>{MODEL})"
    r"(?P<rest>(?: .*)?)"
)
PREDICTED = re.compile(
    rf"(?P<model>{MODEL})(?: ga)?(?P<words>(?: (?:global|regional|thinking|text|image|audio|video|"
    r"priority|flex|batch|long|short))*) (?P<way>input|output)(?P<also>(?: (?:text|image|audio|video))?)(?P<cached> caching)?"
    r"(?P<more>(?: \([^()]*\))*)(?P<tail>(?: - [a-z ]*predictions)?)"
)
AFTER = "text audio video short long input output batch flex priority caching thinking non-thinking".split()


class Columns(_columns.Columns):
    """The columns of a piece of an export; fields of a record count as columns, read once for each distinct record."""

    def __init__(self, table: pa.Table):
        super().__init__(table, MAPS)
        self._read: dict[str, tuple[pa.Array, list[dict[str, str]]]] = {}

    def _of(self, name: str) -> list[pa.Array]:
        word, columns = squash(name), []
        for prefix, cells in self.maps.items():
            if word.startswith(prefix) and word != prefix:
                if prefix not in self._read:
                    coded = cells.dictionary_encode()
                    fields = [_fields(text) for text in coded.dictionary.to_pylist()]
                    self._read[prefix] = coded.indices, fields
                place, fields = self._read[prefix]
                values = [one.get(word[len(prefix) :], "") for one in fields]
                columns.append(pa.array(values, pa.string()).take(place))
        return columns + ([self._taken(self.names[word])] if word in self.names else [])


def _fields(text: str) -> dict[str, str]:
    """The fields of a record by squashed name, values as text; {} where it is none."""
    read = document(text)
    if not isinstance(read, dict):
        return {}
    return {
        squash(key): "" if value is None else whole_characters(value) if isinstance(value, str) else json.dumps(value)
        for key, value in read.items()
    }  # fmt: skip


def document(text: str) -> Any:
    """A nested cell, numbers as text; None where there is nothing, or where it cannot be read.

    >>> document('[{"name": "CUD", "amount": -30.10}]'), document("[{'name': \\"a'b\\", 'amount': -1e-05}\\n {'name': None}]")
    ([{'name': 'CUD', 'amount': '-30.10'}], [{'name': "a'b", 'amount': '-1e-05'}, {'name': None}])
    >>> document('{"list": [{"element": {"key": "team"}}]}'), document("30 USD off")
    ([{'key': 'team'}], None)
    """
    if text.strip().casefold() in NOTHING:
        return None
    for written in (text, _json(text)):
        try:
            if written:
                return _unwrapped(
                    json.loads(
                        written,
                        parse_float=str,
                        parse_int=str,
                        parse_constant=lambda _: None,
                        object_pairs_hook=_columns._once,
                    )
                )
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(read: Any, depth: int = 0) -> Any:
    """Lists as Parquet of BigQuery may wrap them, without their wrapping."""
    if depth > DEEP:
        raise ValueError("nested too deeply")
    if isinstance(read, dict):
        if set(read) == {"list"} and isinstance(read["list"], list):
            items = [
                next(iter(one.values()))
                if isinstance(one, dict) and set(one) in ({"element"}, {"item"})
                else one
                for one in read["list"]
            ]
            return _unwrapped(items, depth + 1)
        return {key: _unwrapped(value, depth + 1) for key, value in read.items()}
    return [_unwrapped(one, depth + 1) for one in read] if isinstance(read, list) else read


def _json(text: str) -> str:
    """A list or record as Python writes it, as JSON; '' where it is none. Nothing is executed."""
    parts: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            return ""
        at = match.end()
        if match["text"] is not None:
            if "\\" in ESCAPE.sub("", match["text"]):
                return ""
            try:
                parts.append(json.dumps(ast.literal_eval(match["text"])))
            except (ValueError, SyntaxError):
                return ""
        elif match["word"]:
            parts.append(WORDS.get(match["word"], match["word"]))
        elif match["mark"]:
            if match["mark"] in "[{" and parts and parts[-1] in ("}", "]"):
                parts.append(",")  # numpy writes no comma between records
            parts.append(match["mark"])
        elif match["wrap"] is None:
            parts.append(match["number"] or json.dumps(match["decimal"]))
    return "".join(parts)


@lru_cache(maxsize=4096)
def credits(text: str) -> list[dict[str, str]] | None:
    """The credits of a row, each with its amount as plain decimal text; None where one has no amount that can be read.

    >>> credits("[{'name': 'Trial', 'amount': -10.0, 'type': 'PROMOTION'}]"), credits("[]"), credits("-30"), credits("30 off")
    ([{'name': 'Trial', 'type': 'PROMOTION', 'amount': '-10'}], [], [{'amount': '-30'}], None)
    """
    if text.strip().casefold() in NOTHING:
        return []
    if (alone := _number(text)) is not None:  # (SELECT SUM(amount) FROM UNNEST(credits))
        return [{"amount": plain(alone)}] if alone <= 0 else None
    read = document(text)
    found = []
    for one in read if isinstance(read, list) else [read]:
        if not isinstance(one, dict):
            return None
        fields = {str(key).casefold(): value for key, value in one.items()}
        amount = fields.pop("amount", None)
        value = _number(amount) if isinstance(amount, str) else None
        if value is None:
            return None
        named = {
            key: whole_characters(fields[key])
            for key in ("name", "full_name", "type", "id")
            if isinstance(fields.get(key), str)
        }
        found.append({**named, "amount": plain(value)})
    return found


def summed(amounts: list[str]) -> Decimal:
    """The exact sum of plain decimal texts."""
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, Decimal(amount))
    return total


def plain(value: Decimal) -> str:
    """A number as plain digits, without zeros at its end.

    >>> plain(Decimal("-3.20E-5")), plain(Decimal("100.00")), plain(Decimal("-0.0"))
    ('-0.000032', '100', '0')
    """
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def tags(labelled: list[tuple[str, str]]) -> str | None:
    """Labels of several columns as one JSON object; the first that names a key wins, another value of it keeps the name of its column.

    labelled   (name of the column, '' for labels of the resource; its cell): a list of keys and values, a map, or a map without braces

    >>> tags([("", "[{'key': 'team', 'value': 'search'}]"), ("project", '{"team": "ads", "env": "prod"}')])
    '{"env":"prod","project/team":"ads","team":"search"}'
    >>> tags([("", "team=search")]), tags([("", "[]")])
    ('team=search', None)
    """
    merged: dict[str, str] = {}
    for column, text in labelled:
        if text.strip().casefold() in NOTHING:
            continue
        read = document(text)
        found, problem = parse_tags(json.dumps(read) if read is not None else text)
        if problem or not found:  # no map: kept as it is, and told
            if problem:
                return text
            continue
        for key, value in json.loads(found).items():
            if value:
                taken = merged.get(key, value) == value
                merged[key if taken or not column else f"{column}/{key}"] = value
    if not merged:
        return None
    text = json.dumps(dict(sorted(merged.items())), ensure_ascii=False, separators=(",", ":"))
    return text if whole_characters(text) == text else json.dumps(merged, separators=(",", ":"))


def month(text: str) -> tuple[str, str]:
    """Start and end of an invoice month; what is none stays as it is, twice, to be refused.

    >>> month("202612"), month("2026-07"), month("July")
    (('2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'), ('2026-07-01T00:00:00Z', '2026-08-01T00:00:00Z'), ('July', 'July'))
    """
    match = re.fullmatch(r"(\d{4})-?(0[1-9]|1[0-2])(?:\.0)?", text.strip(), re.ASCII)
    if not match:
        return text, text
    year, number = int(match[1]), int(match[2])
    after = f"{year + number // 12:04d}-{number % 12 + 1:02d}"
    return f"{match[1]}-{match[2]}-01T00:00:00Z", f"{after}-01T00:00:00Z"


@lru_cache(maxsize=4096)
def tokens(sku: str) -> tuple[str, str]:
    """(model, what is counted) of a SKU of Gemini; '' for each where its description does not say it for certain.

    Where 'image' follows the model it may be part of its name (Gemini 2.5 Flash Image) or what is counted: then the model is not known.

    >>> tokens("Generate content output token count gemini 2.5 flash lite short output text")
    ('Gemini 2.5 Flash Lite', 'output tokens, short output text')
    >>> tokens("Gemini 2.5 Flash GA Text Input - Batch Predictions"), tokens("Gemini 3 Flash Text Input Caching")
    (('Gemini 2.5 Flash', 'input tokens, text, batch'), ('Gemini 3 Flash', 'cache read input tokens, text'))
    >>> tokens("Gemini 3 Flash Text Input Caching Storage"), tokens("Generate content input token count gemini 3.7 flash image")
    (('', ''), ('', 'input tokens, image'))
    """
    words = " ".join(sku.replace("_", " ").casefold().split())
    if match := CALLED.fullmatch(words):
        rest = match["rest"].strip()
        sure = not rest or rest.split()[0] in AFTER
        more = " ".join(filter(None, ((match["before"] or "").strip(), rest)))
        cached = match["cached"] or "caching" in rest.split()
        return (match["model"].title() if sure else ""), _meter(match["way"], cached, more)
    if match := PREDICTED.fullmatch(words):
        told = match["words"].split()
        sure = not told or told[0] != "image"
        tail = match["tail"].removeprefix(" - ").removesuffix("predictions").strip()
        more = " ".join(filter(None, (*told, match["also"].strip(), match["more"].strip())))
        more = ", ".join(filter(None, (more, tail)))
        return (match["model"].title() if sure else ""), _meter(match["way"], match["cached"], more)
    return "", ""


def _meter(way: str, cached: object, more: str) -> str:
    kind = f"{'cache read ' if cached else ''}{way.strip()} tokens"
    return f"{kind}, {more}" if more else kind


def category(service: str) -> str | None:
    """AI and Machine Learning for the services that are nothing else; None where the name does not say it.

    >>> category("Vertex AI"), category("Compute Engine")
    ('AI and Machine Learning', None)
    """
    return "AI and Machine Learning" if AI.fullmatch(service.strip()) else None


def pricing(sku: str, credit_types: set[str], model: str) -> str:
    """How use is priced: a fee of a commitment, a credit of one, or its consumption model make it committed (Google's FOCUS view).

    >>> pricing("A2 GPU hour", {"COMMITTED_USAGE_DISCOUNT"}, ""), pricing("Spot Preemptible G2 Core", set(), "Default")
    ('Committed', 'Dynamic')
    """
    if FEE.fullmatch(sku) or credit_types & set(COMMITTED) or "CUD" in model.split():
        return "Committed"
    return "Dynamic" if SPOT.fullmatch(sku) else "Standard"


def provider(kind: str, seller: str) -> str:
    """Who provides: Google Cloud, or the seller of what it resells or brokers (transaction type THIRD_PARTY_...)."""
    return seller if seller and squash(kind).startswith("thirdparty") else "Google Cloud"


def masked(column: pa.Array) -> np.ndarray:
    """A column of truth as a mask."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
