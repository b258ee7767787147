"""What one cell of a bill means: a time, a currency, a category, a number, a set of tags; and what in it should make a reader look twice."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime, timedelta

from ....errors import nearest

MISSING = {"", "NULL", "N/A", "NA", "#N/A", "NONE", "NIL", "-"}
CURRENCIES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF
XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)  # ISO 4217, currencies in use (list one); funds, metals and tests left out
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")  # ChargeCategory of FOCUS
EARLIEST, LATEST = 2000, 2100  # years a bill may speak of
MAX_TAG_DEPTH = 20
TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?\s*"
    r"(Z|UTC|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.I,
)
HIDDEN = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff\uffa0]"
)
SURROGATE = re.compile("[\ud800-\udfff]")
EPOCH = datetime(1970, 1, 1)


def is_missing(text: str | None) -> bool:
    """Whether a cell says that there is no value.

    >>> is_missing(" n/a "), is_missing("0")
    (True, False)
    """
    return text is None or text.strip().upper() in MISSING


def whole_characters(text: str) -> str:
    r"""A text without halves of characters (lone surrogates), each of them as \ufffd: no file can hold them.

    >>> whole_characters("a\ud800b") == "a\ufffdb", whole_characters("Zürich")
    (True, 'Zürich')
    """
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)


def parse_time(text: str | None) -> tuple[int | None, str, str]:
    """(microseconds since 1970 in UTC, flag, problem) of a time written the ISO 8601 way.

    flag is 'naive' for a time of day without an offset (read as UTC), 'day' for a bare date, else ''.

    >>> parse_time("2026-01-31 23:30:00")
    (1769902200000000, 'naive', '')
    >>> parse_time("2027-02-29")[2]
    "'2027-02-29' is a date that does not exist"
    """
    if text is None or is_missing(text):
        return None, "", "is empty"
    match = TIME.fullmatch(text.strip())
    if not match:
        return (
            None,
            "",
            f"'{text.strip()[:40]}' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z",
        )
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    next_day = hour == "24" and minute == "00" and second in (None, "00")
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            0 if next_day else int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or ".0")[1:7].ljust(6, "0")),
        ) + timedelta(days=next_day)
    except (ValueError, OverflowError):
        return None, "", f"'{text.strip()[:40]}' is a date that does not exist"
    if not EARLIEST <= moment.year <= LATEST:
        return (
            None,
            "",
            f"'{text.strip()[:40]}' is not plausible: bills lie between {EARLIEST} and {LATEST}",
        )
    if zone and zone.upper() not in ("Z", "UTC"):
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset > timedelta(hours=15):
            return None, "", f"'{text.strip()[:40]}' has an impossible offset"
        moment = moment - offset if zone[0] == "+" else moment + offset
    flag = "" if zone else ("naive" if hour else "day")
    return (moment - EPOCH) // timedelta(microseconds=1), flag, ""


def period_label(micros: int) -> str:
    """A billing period by its start in UTC, whatever time zone from UTC-10 to UTC+13 the vendor bills in.

    'YYYY-MM' when it starts on the first of a month, else the day it starts on.

    >>> period_label(parse_time("2025-12-31T15:00:00Z")[0]), period_label(parse_time("2026-01-01T08:00:00Z")[0])
    ('2026-01', '2026-01')
    >>> period_label(parse_time("2026-01-16")[0])
    '2026-01-16'
    """
    start = EPOCH + timedelta(microseconds=micros, hours=13)
    return start.strftime("%Y-%m" if start.day == 1 else "%Y-%m-%d")


def parse_currency(text: str | None) -> tuple[str, str]:
    """(currency of ISO 4217, problem) of a cell.

    >>> parse_currency(" eur "), parse_currency("EURO")
    (('EUR', ''), ('', "'EURO' is not a currency of ISO 4217 in use"))
    """
    word = (text or "").strip().upper()
    if is_missing(text):
        return "", "is empty: write a currency of ISO 4217, for example USD"
    if word not in CURRENCIES:
        return "", f"'{word[:20]}' is not a currency of ISO 4217 in use"
    return word, ""


def parse_category(text: str | None) -> tuple[str, str]:
    """(ChargeCategory of FOCUS, problem) of a cell; a refund is a credit.

    >>> parse_category("usage"), parse_category("Refund")
    (('Usage', ''), ('Credit', ''))
    """
    word = (text or "").strip()
    if is_missing(text):
        return "", f"is empty: write one of {', '.join(CATEGORIES)}"
    known = {name.casefold(): name for name in CATEGORIES} | {"refund": "Credit"}
    if word.casefold() not in known:
        guess = nearest(word, CATEGORIES)
        return (
            "",
            f"'{word[:40]}' is unknown.{f' Did you mean {guess!r}?' if guess else ''} Known: {', '.join(CATEGORIES)}",
        )
    return known[word.casefold()], ""


def number_problem(word: str | None, needed: bool) -> tuple[str, str]:
    """(kind, reason) of a cell that is no DECIMAL(28,10); ('', '') for an allowed gap.

    >>> number_problem("1,50", needed=True)
    ('not a number', "'1,50' is not a plain number; write 1234.50")
    >>> number_problem("", needed=False)
    ('', '')
    """
    text = (word or "").strip()
    if is_missing(text):
        problem = f"'{text}' is no amount" if text else "is empty"
        return ("missing number", problem) if needed else ("", "")
    shown = text[:40]
    try:
        size = float(text)
    except ValueError:
        return "not a number", f"'{shown}' is not a plain number; write 1234.50"
    if size != size or shown.lstrip("+-").casefold().startswith("inf"):
        return "not finite", f"'{shown}' is not a finite number"
    if "_" in text or not text.isascii():
        return "not a number", f"'{shown}' is not a plain number; write 1234.50"
    return "overflow", f"'{shown}' has more than 18 digits before the point"


def parse_tags(text: str | None) -> tuple[str | None, str]:
    """(canonical JSON object text or None when there are no tags, problem).

    Read are: a JSON object; the array of {key, value} of AWS and GCP; a MAP written as pairs; the Azure form
    without braces. Anything else leaves the charge untagged with a problem in words; its money stays.

    >>> parse_tags('[{"key": "team", "value": "ads"}]'), parse_tags('"team": "ads"')
    (('{"team":"ads"}', ''), ('{"team":"ads"}', ''))
    >>> parse_tags("team=ads")
    (None, 'not readable as tags')
    """
    if text is None or is_missing(text):
        return None, ""
    bare = text.strip()
    if bare.count("[") + bare.count("{") > MAX_TAG_DEPTH and _depth(bare) > MAX_TAG_DEPTH:
        return None, f"nested deeper than {MAX_TAG_DEPTH} levels"
    if bare.startswith('"'):
        bare = "{" + bare.rstrip(",") + "}"
    try:
        pairs = json.loads(
            bare, object_pairs_hook=_Pairs, parse_constant=str, parse_float=str, parse_int=str
        )
    except (ValueError, RecursionError):
        return None, "not readable as tags"
    if isinstance(pairs, list) and not isinstance(pairs, _Pairs):
        if all(isinstance(item, _Pairs) for item in pairs):
            keyed = [{str(k).casefold(): v for k, v in item} for item in pairs]
            if not all("key" in item for item in keyed):
                return None, "not readable as tags"
            pairs = _Pairs((item["key"], item.get("value")) for item in keyed)
        elif all(
            isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) for item in pairs
        ):
            pairs = _Pairs(map(tuple, pairs))
        else:
            return None, "not readable as tags"
    if not isinstance(pairs, _Pairs):
        return (None, "") if pairs is None else (None, "not readable as tags")
    tags: dict[str, str] = {}
    for key, value in pairs:
        words = _plain(value)
        if tags.setdefault(str(key), words) != words:
            return None, f"tag '{str(key)[:40]}' appears twice with different values"
    written = json.dumps(tags, ensure_ascii=False, separators=(",", ":"))
    if SURROGATE.search(written):
        return None, "a tag holds half a character (a lone surrogate)"
    return (written, "") if tags else (None, "")


class _Pairs(list):
    """The members of a JSON object in their order."""


def _plain(value) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return json.dumps(_unpair(value), ensure_ascii=False, separators=(",", ":"))


def _unpair(value):
    if isinstance(value, _Pairs):
        return {key: _unpair(inner) for key, inner in value}
    return [_unpair(inner) for inner in value] if isinstance(value, list) else value


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def model_of(details: str | None) -> str:
    """ModelId in SkuPriceDetails (FOCUS 1.5 draft), '' where there is none.

    >>> model_of('{"ModelId": "solora-pro", "TokenDirection": "Input"}')
    'solora-pro'
    """
    if details is None or "ModelId" not in details or len(details) > 100_000:
        return ""
    try:
        parsed = json.loads(details)
    except (ValueError, RecursionError):
        return ""
    value = parsed.get("ModelId") if isinstance(parsed, dict) else None
    return whole_characters(value) if isinstance(value, str) else ""


def looks_odd(text: str | None) -> str:
    """Why a name may not be what it looks like: invisible characters, or letters of two alphabets in one word.

    >>> looks_odd("ads"), looks_odd("ads\u200b"), looks_odd("\u0430ds")
    ('', 'invisible characters', 'letters of two alphabets in one word')
    """
    if text is None or text.isascii():
        return ""
    if HIDDEN.search(text):
        return "invisible characters"
    for word in re.findall(r"[^\W\d_]+", text):
        if not word.isascii():
            alphabets = {unicodedata.name(letter, "?").split(" ")[0] for letter in word}
            if (
                len(alphabets & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH"})
                > 1
            ):
                return "letters of two alphabets in one word"
    return ""
