"""What a mail says of a report: the figures of page one that decide, in words, taken from the brief alone (docs/method §15.41).

Names come from outside: every text is one line without control characters, so that none becomes a header, and none is endless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...measure.brief_types import Brief
from ...measure.page_one.carriers import lead as carried
from ...measure.page_one.last import moved_since
from ...measure.page_one.movers import half_a_coin
from ...measure.page_one.types import DecisionDue, PeriodLine
from ...measure.restated import warning
from ...measure.words import against_budget
from ...periods import month_name
from ...wording import day, money, savings_apart, span
from ...wording.bridge import signed
from ...wording.landing import middle_beside_mean
from ..page.one.status import reason
from ..report.briefs import readable

NONE_YET = "none yet"  # of a line without a budget, as page one says it
SENTENCES, DECISIONS, LONGEST = 6, 3, 240  # said at most; characters of one text
STATUS = {
    "final": "Final",
    "preliminary": "Preliminary",
    "flash": "Flash",
}
FILES = {  # of a report's folder, in the order a reader opens them
    "report.html": "the report, for any browser",
    "report.pdf": "the same, to print",
    "workbook.xlsx": "its tables, with formulas",
    "brief.json": "every figure, for programs",
    "manifest.json": "what it was made from",
}


@dataclass(frozen=True)
class Quarter:
    """A line of the table: texts, and whether its variance is coloured as over, as under, or not at all."""

    name: str
    value: str
    against: str
    since: str
    year: bool
    colour: str = ""


@dataclass(frozen=True)
class Decision:
    """What is to be decided, by when, what it saves, who."""

    by: str
    what: str
    saves: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A report in words. `subject` is one line, of a mail's head and of the first line of the text."""

    subject: str
    over: str
    headline: str
    sentences: list[str]
    quarters: list[Quarter]
    to_date: str
    decisions: list[Decision]
    apart: str  # how their savings are to be read beside each other
    status: str
    marks: list[str]
    files: dict[str, str]


def letter(brief: Brief, names: list[str], marks: list[str] | None = None) -> Letter:
    """The letter of a brief.

    names   files that lie in its folder;  marks: what the records say on it (`publication.sentences`)
    """
    shown = readable(brief, LONGEST)
    currency, page = shown["currency"], shown.get("page_one") or {}
    periods = page.get("periods")
    month, whose = month_name(shown["month"]), shown["company"]
    if shown["unit"] != "Company":
        whose = f"{whose}, {shown['unit']}"
    due = (page.get("decisions") or [])[:DECISIONS]
    state = STATUS.get(shown["status"], shown["status"])
    said = [warning(shown["restated"], currency)] if shown.get("restated") else []
    said += [periods["sentence"]] if periods and periods["sentence"] else []
    said += [carried(page["carriers"], currency)] if "carriers" in page else []
    why, flash = _sentence(reason(shown)), shown["status"] == "flash"  # a flash says its day itself
    data = "In" if flash else f"Data to {day(shown['data_as_of'])}, in"
    return Letter(
        subject=readable(f"AI budget, {month}: {whose}", LONGEST),
        over=f"{whose} · AI budget · {month} · {state}",
        headline=shown["headline"],
        sentences=[*said, *(one for one in shown["summary"] if one not in said)][:SENTENCES],
        quarters=[_quarter(line, currency) for line in periods["lines"]] if periods else [],
        to_date=f"{_to_date(periods['year_to_date'], currency)} {middle_beside_mean(shown['landing'], currency)}".strip()
        if periods
        else "",
        decisions=[_decision(one, currency) for one in due],
        apart=savings_apart(due),
        status=f"{state}. {why} {data} {currency}, before tax and credits.",
        marks=list(marks or []),
        files={name: what for name, what in FILES.items() if name in names},
    )


def _sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _quarter(line: PeriodLine, currency: str) -> Quarter:
    of = {"actual": "", "forecast": "forecast"}.get(
        line["state"], f"{line['booked']} of {line['months']} booked"
    )
    value = "–" if line["value"] is None else money(line["value"], currency)
    over = line["variance"] is not None and line["variance"] > 0
    return Quarter(
        name=f"{line['period']} ({of})" if of else line["period"],
        value=value,
        against=_change(line["variance"], currency) if line["budget"] is not None else NONE_YET,
        since=_change(moved_since(line, currency), currency),
        year=line["kind"] == "year",
        colour="" if not line["material"] else "over" if over else "under",
    )


def _change(value: float | None, currency: str) -> str:
    if value is None:
        return "–"
    return signed(value, currency) if abs(value) >= half_a_coin(currency) else "0"


def _to_date(line: Mapping, currency: str) -> str:
    said = f"{line['period']} to {day(line['until'])}: {money(line['value'], currency)}"
    if line["variance"] is None:
        return f"{said}."
    return f"{said}, {against_budget(-line['variance'], currency)}."


def _decision(one: DecisionDue, currency: str) -> Decision:
    saves = ""
    if one["saves"] is not None:
        sign = 1 if one["saves"] >= 0 else -1  # of what costs, the range is of the cost
        saves = f"{'saves' if sign > 0 else 'costs'} {money(sign * one['saves'], currency)}"
        saves += f" in {one['period']}" if one["period"] else ""
        if one["p10"] is not None and one["p90"] is not None and one["p10"] != one["p90"]:
            low, high = sorted((sign * one["p10"], sign * one["p90"]))
            saves += f" ({span(low, high, currency, to=' to ')})"
    what = one["what"].rstrip(".")
    if one["if_nothing"]:
        what = f"{what}. If nothing is done: {one['if_nothing'].rstrip('.')}"
    return Decision(day(one["by"]), f"{what}.", saves, one["owner"])
