"""What a cost export of Azure writes in its own way: days, tags without braces, units of measure, meters of Azure OpenAI.

Source of the meters: Azure Retail Prices (gpt-4o-0806-Inp-glbl Tokens, gpt 4.1 nano cached Inp glbl Tokens, o4-mini 0416 Outp Data Zone Tokens,
GPT 5 Inpt Glbl 1M Tokens). A meter of another shape names no model here.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from functools import lru_cache

from ....errors import InputError
from ..files.cells import is_missing, parse_tags, parse_time
from ..formats import read_moment
from ..vendors import squash

Evidence = dict[str, tuple[int, str]]  # what cells say of the order of dates: the first (row, cell)
AI = frozenset(
    "azureopenai azureopenaiservice cognitiveservices azureaiservices foundrymodels foundrytools azuremachinelearning machinelearning".split()
)
METER = re.compile(
    r"(?P<model>.+?)[ -](?P<also>(?:(?:cached|cchd|cd|batch|aud|audio|txt|text|img|image|rt|pp|ft)[ -])*)"
    r"(?P<way>inpt?|input|outp|outpt|output|opt)(?:[ -](?P<rest>.+?))?[ -]tokens",
    re.I,
)
CACHED = ("cached", "cchd", "cd")
BLOCK = re.compile(r"(?P<count>\d+)(?P<size>[KMB]?)(?![\d.])", re.I)


def evidence(cells: list[tuple[int, str]]) -> Evidence:
    """What cells (row, text) say of the order in which a column writes day and month.

    >>> evidence([(1, "07/01/2026"), (2, "07/31/2026"), (3, "2026-07-31")])
    {'open': (1, '07/01/2026'), 'month first': (2, '07/31/2026')}
    """
    said: Evidence = {}
    for row, cell in cells:
        if (moment := read_moment(cell)) and moment.open:
            said.setdefault(moment.order, (row, cell))
    return said


def orders(name: str, said: dict[str, Evidence]) -> dict[str, str]:
    """The order of each column of dates: its own, or where it is open that of the other dates of the file.

    Raises InputError for cells that contradict each other, and where nothing tells.

    >>> orders("a.csv", {"Date": {"open": (1, "07/01/2026")}, "End": {"month first": (1, "07/31/2026")}})
    {'Date': 'month first', 'End': 'month first'}
    """
    own: dict[str, str] = {}
    for column, cells in said.items():
        sure = [order for order in ("day first", "month first") if order in cells]
        if len(sure) == 2:
            (a, day), (b, month) = cells["day first"], cells["month first"]
            raise InputError(
                f"{name}: '{column}': row {a} '{day}' can only be day first and row {b} '{month}' only month first. Export the file again, or "
                "write all dates one way, best as 2026-07-31."
            )
        own[column] = sure[0] if sure else ""
    others = sorted(set(own.values()) - {""})
    for column, order in own.items():
        if order or "open" not in said[column]:
            continue
        if len(others) != 1:
            row, cell = said[column]["open"]
            raise InputError(
                f"{name}: '{column}': dates such as '{cell}' (row {row}) can be read two ways, and no other date of the file tells which. Export a "
                "whole month, or write the dates as 2026-07-31."
            )
        own[column] = others[0]
    return own


def day(text: str, order: str = "", after: int = 0) -> str:
    """A day of an export as 2026-07-31, or the one so many days after it; what is none stays as it is, to be refused with its row.

    >>> day("07/31/2026", "month first", 1), day("2026-07-31T00:00:00Z", after=1), day("13/31/2026", "month first"), day("soon")
    ('2026-08-01', '2026-08-01', '13/31/2026', 'soon')
    """
    _, _, problem = parse_time(text)
    if not problem:
        read: date | None = date.fromisoformat(text.strip()[:10])
    else:
        moment = read_moment(text)
        read = moment.day(order) if moment and moment.open else None
    try:
        return text if read is None else (read + timedelta(days=after)).isoformat()
    except OverflowError:
        return text


@lru_cache(maxsize=4096)
def tags(text: str, cost_center: str) -> str | None:
    """Tags as JSON, with the cost centre as the tag cost_center where they have none; what cannot be read stays as it is, to be told.

    >>> tags('"team": "search","env": "prod"', "CC1"), tags("", ""), tags('{"cost_center": "A"}', "B"), tags("team=ads", "B")
    ('{"cost_center":"CC1","env":"prod","team":"search"}', None, '{"cost_center":"A"}', 'team=ads')
    """
    read, problem = parse_tags(text)
    if problem or is_missing(cost_center):
        return text if problem else read
    own = {"cost_center": cost_center} | json.loads(read or "{}")
    return json.dumps(dict(sorted(own.items())), ensure_ascii=False, separators=(",", ":"))


def unit(text: str) -> str:
    """A unit of measure without the 1 in front of it; one of more than one stays as it is written.

    >>> [unit(text) for text in ("1 Hour", "1", "1K", "100 Hours", "1/Month", "1 GB/Month", "Hours")]
    ['Hour', 'Units', '1K', '100 Hours', '1/Month', 'GB/Month', 'Hours']
    """
    return "Units" if text.strip() == "1" else text.strip().removeprefix("1 ").strip()


def block(text: str) -> str:
    """A unit of measure that counts more than one at a time, as it is written; else ''.

    >>> [block(text) for text in ("1 Hour", "1K", "10000 Hours", "1M", "1/Month", "Hours")]
    ['', '1K', '10000 Hours', '1M', '', '']
    """
    match = BLOCK.match(text.strip())
    return text.strip() if match and (match["size"] or int(match["count"]) > 1) else ""


@lru_cache(maxsize=4096)
def tokens(meter: str, *names: str) -> tuple[str, str]:
    """(model, what is counted) of a meter of Azure OpenAI, the model as the meter writes it; '' for what it does not say for certain.

    >>> tokens("gpt-4o-0806-Inp-glbl Tokens", "Azure OpenAI"), tokens("gpt 4.1 nano cached Inp glbl Tokens", "Azure OpenAI")
    (('gpt-4o-0806', 'input tokens, glbl'), ('gpt 4.1 nano', 'cache read input tokens, glbl'))
    >>> tokens("5.4 opt Dz 1M Tokens", "Azure OpenAI GPT5"), tokens("NC24", "Azure OpenAI"), tokens("V4 Pro Inp glbl Tokens", "Azure Deepseek Models")
    (('', 'output tokens, Dz'), ('', ''), ('', ''))
    """
    if not any("openai" in squash(name) for name in names) or not (match := METER.fullmatch(meter)):
        return "", ""
    also = re.split("[ -]", match["also"].strip(" -")) if match["also"] else []
    way = "input" if match["way"].casefold().startswith("in") else "output"
    cached = "cache read " if any(word.casefold() in CACHED for word in also) else ""
    rest = [word for word in also if word.casefold() not in CACHED]
    rest += [word for word in re.split("[ -]", match["rest"] or "") if word and not block(word)]
    said = f"{cached}{way} tokens"
    model = match["model"] if match["model"][0].isalpha() else ""
    return model, f"{said}, {' '.join(rest)}" if rest else said


def service_category(*names: str) -> str | None:
    """AI and Machine Learning for the services that are nothing else; None where no name says it.

    >>> service_category("Virtual Machines", ""), service_category("Cognitive Services", "Azure OpenAI")
    (None, 'AI and Machine Learning')
    """
    return (
        "AI and Machine Learning"
        if any(squash(name) in AI or squash(name).startswith("azureopenai") for name in names)
        else None
    )
