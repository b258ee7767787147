"""Usage in JSON of tools that need no code of their own: a shipped mapping (facts/intake/shared/usage/*.yaml) says where what stands.

A mapping is known by its keys. A record is the object at the end of its lists; names are looked for in it, then in what stands above.
What such tools say of money is their estimate.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from decimal import Decimal

from ....documents import checked, load_yaml
from ....errors import several
from ....resources import path as resource
from ....settings import Strict
from ..files.readers import Source
from . import Usage, _usage

TITLE = "Daily metrics of Langfuse (JSON)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "tool"


class Check(Strict):
    """A list whose fields add up to the field of the same name above it"""

    list: str
    field: str


class Pages(Strict):
    """Where a document says which page it is, and of how many"""

    page: str
    of: str


class Shared(Strict):
    """A mapping of one tool's JSON"""

    title: str
    sign: list[str]
    records: list[str]
    day: str
    model: str
    provider: str = ""
    needs: dict[str, str] = {}
    meters: dict[str, str]
    cost: str = ""
    currency: str = "USD"
    check: Check | None = None
    pages: Pages | None = None


@functools.cache
def mappings() -> tuple[Shared, ...]:
    """The shipped mappings, by file name."""
    folder = resource("facts/intake/shared/usage", beside="finops_model")
    return tuple(checked(Shared, load_yaml(one)) for one in sorted(folder.glob("*.yaml")))


def _fitting(source: Source) -> Shared | None:
    if source.kind != "json" or not isinstance(source.document, dict):
        return None
    words = _usage.words(source)
    return next(
        (one for one in mappings() if {_usage.squash(name) for name in one.sign} <= words), None
    )


def recognise(source: Source) -> bool:
    """A JSON document with all keys of a shipped mapping."""
    return _fitting(source) is not None


def read(source: Source) -> Usage:
    """A row per record and meter."""
    source.broken.clear()
    mapping = _fitting(source)
    if mapping is None:  # recognise said so a moment ago
        raise ValueError("no mapping fits")
    usage = _usage.collect(
        source,
        mapping.title,
        _records(source.document, mapping.records),
        lambda record: _rows(record, mapping),
        ["what it says of money is an estimate of the tool: kept as x_EstimatedCost"],
    )
    if mapping.check:
        usage.notes += _checked(source.document, mapping)
    if mapping.pages:
        page, of = (_at(source.document, place) for place in (mapping.pages.page, mapping.pages.of))
        plain = all(re.fullmatch(r"[0-9]{1,9}", str(one)) for one in (page, of))
        if plain and int(page) < int(of):
            usage.notes.append(
                f"INCOMPLETE: page {page} of {of}; export all pages and deliver them together"
            )
    return usage


def _at(document, place: str):
    for name in place.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _records(document: dict, lists: list[str]) -> Iterator[dict]:
    def below(one: dict, names: list[str], above: dict) -> Iterator[dict]:
        if not names:
            yield {"own": one, "above": above}
            return
        items = one.get(names[0])
        for item in (
            items if isinstance(items, list) else [None]
        ):  # what is no list is a record lost
            if isinstance(item, dict):
                yield from below(item, names[1:], {**above, **one})
            else:
                yield {"own": None, "above": {}}

    for number, record in enumerate(below(document, lists, {}), 1):
        yield {**record, "x_Row": number}


def _rows(record: dict, mapping: Shared) -> list[dict]:
    own, above = record["own"], record["above"]
    if own is None:
        raise _usage.Refused("", "is no JSON object")
    for name, why in mapping.needs.items():
        if own.get(name) in (None, ""):
            raise _usage.Left(why)
    line = {**above, **own}
    day = str(line.get(mapping.day, ""))[:10]
    try:
        end = (dt.date.fromisoformat(day) + dt.timedelta(1)).isoformat()
    except (ValueError, OverflowError):
        raise _usage.Refused(mapping.day, f"{_usage.quoted(day)} is no day") from None
    base = {
        "UsageStart": day,
        "UsageEnd": end,
        "x_Model": line.get(mapping.model),
        "ServiceProviderName": line.get(mapping.provider) if mapping.provider else "",
    }
    meters = {meter: _usage.count(own, name) for meter, name in mapping.meters.items()}
    return _usage.metered(base, meters, own.get(mapping.cost), mapping.currency)


def _checked(document: dict, mapping: Shared) -> list[str]:
    """A note on how the records' own sums agree with what stands above them."""
    rule, wrong, days = mapping.check, [], 0
    for one in document.get(mapping.records[0]) or []:
        parts = one.get(rule.list) if isinstance(one, dict) and rule else None
        if rule is None or not isinstance(parts, list):
            continue
        try:
            inside = sum((_usage.count(part, rule.field) for part in parts), Decimal(0))
            whole = _usage.count(one, rule.field)
        except (_usage.Refused, AttributeError):
            continue
        days += 1
        if inside != whole:
            wrong.append(f"{one.get(mapping.day)}: {inside:f} for {whole:f}")
    if wrong:
        return [f"totals do not agree on {len(wrong)} of {several(days, 'day')} (first {wrong[0]})"]
    return [f"totals of {several(days, 'day')} agree"] if days else []
