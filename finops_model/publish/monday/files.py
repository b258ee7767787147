"""The Monday list as files of a day: JSON, a page, tickets; made aside and put in place together (docs/method §12.24)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from markupsafe import Markup

from ...documents import write_atomic
from ...settings import Settings
from ...wording import clean, day, money
from ...wording.bridge import signed
from ..alerts.folder import alone, folder_of
from ..alerts.verdicts import known_alerts
from ..page.html import shell
from ..page.tables import Column, table
from .gather import Monday
from .items import ALERTS, MOVERS, SECTIONS, WASTE, Item
from .tickets import as_csv, description, summary

TITLES = {
    ALERTS: "What happened",
    WASTE: "What is wasted",
    MOVERS: "What moved in the week",
}
SHOWN = 25  # items of a section on the page; files have all


def headline(monday: Monday) -> str:
    """How many things, what waits for an answer, the largest of them, and what the week cost."""
    return " ".join(text for text in (_count(monday), _first(monday), _cost(monday)) if text)


def _count(monday: Monday) -> str:
    count = len(monday.items)
    if not count:
        return f"Nothing waits on Monday, {day(monday.due)}."
    waiting = sum(one.answered is None for one in monday.items)
    things = f"{count} thing{'s' * (count > 1)}"
    if waiting == count:
        open_ = "none of them is answered" if count > 1 else "it is not answered"
    else:
        open_ = f"{waiting} not answered yet" if waiting else "all of them answered"
    return f"{things} for Monday, {day(monday.due)}; {open_}."


def _first(monday: Monday) -> str:
    return f"First: {monday.items[0].what}" if monday.items else ""


def _cost(monday: Monday) -> str:
    week, currency = monday.week, monday.currency
    if not week.weeks:
        return ""
    change = float(week.change)
    cost = f"The week to {day(week.last)} cost {money(float(week.cost), currency)}"
    if not change:
        return f"{cost}, as a usual week."
    way = "more" if change > 0 else "less"
    return f"{cost}, {money(abs(change), currency)} {way} than a usual week."


def as_json(monday: Monday) -> dict:
    """The list as plain data."""

    def plain(one: Item) -> dict:
        told = asdict(one)
        told |= {"evidence": list(one.evidence), "state": one.state}
        told["ticket"] = {
            "summary": summary(one, monday.currency),
            "description": description(one, monday.currency),
        }
        return told

    week = monday.week
    return {
        "schema": 1,
        "company": monday.company,
        "as_of": monday.as_of,
        "due": monday.due,
        "currency": monday.currency,
        "basis": "Effective",
        "headline": headline(monday),
        "week": {
            "first": week.first,
            "last": week.last,
            "weeks": week.weeks,
            "cost": str(week.cost),
            "usual": str(week.usual),
            "change": str(week.change),
            "movers": [
                {"workload": one.workload, "change": str(one.change)} for one in week.movers
            ],
            "everything_else": str(week.rest),
        },
        "items": [plain(one) for one in monday.items],
        "closed": [plain(one) for one in monday.closed],
        "notes": list(monday.notes),
    }


def publish(monday: Monday, folder: Path) -> Path:
    """Write monday.json, monday.html and tickets.csv of a day. Returns their folder."""
    root = Path(folder) / "monday"
    root.mkdir(parents=True, exist_ok=True)
    place = root / monday.as_of
    aside = Path(tempfile.mkdtemp(prefix=f".{monday.as_of}.", dir=root))
    try:
        told = json.dumps(as_json(monday), ensure_ascii=False, allow_nan=False, indent=1)
        write_atomic(aside / "monday.json", told + "\n")
        write_atomic(aside / "monday.html", page(monday))
        write_atomic(aside / "tickets.csv", as_csv(monday))
        os.chmod(aside, 0o755)
        with alone(folder):
            old = root / f".{monday.as_of}.old"
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                os.rename(place, old)
            os.rename(aside, place)
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return place


def known_of(settings: Settings) -> dict[str, str]:
    """Id -> what it is, of every list and alert of a company or entity that was published so far."""
    folder = folder_of(settings)
    known = {one["id"]: str(one.get("what", "")) for one in known_alerts(folder).values()}
    for path in sorted(folder.glob("monday/[0-9]*/monday.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            known |= {one["id"]: one["what"] for one in [*told["items"], *told["closed"]]}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return known


def page(monday: Monday) -> str:
    """The list as one HTML page in the look of the reports; every text from outside is escaped."""
    head = Markup('<p class="over">{}</p><h1>{}</h1><p>{}</p>').format(
        f"{clean(monday.company)} · Monday, {monday.due} · data up to {monday.as_of}",
        _count(monday),
        _cost(monday),
    )
    body = head
    for section in SECTIONS:
        mine = [one for one in monday.items if one.section == section]
        if mine:
            body += _section(section, mine, monday)
    body += _week(monday)
    if monday.closed:
        lines = [
            [one.what, signed(one.amount, monday.currency), one.state] for one in monday.closed
        ]
        columns = [Column("What", False, True), Column("Money"), Column("Answer", False, True)]
        body += table(
            columns, [[a, b, c.removesuffix("; it is still there")] for a, b, c in lines], "Done"
        )
    title = f"{clean(monday.company)} · Monday list · {monday.due}"
    links = (("tickets.csv", "Tickets (CSV)"), ("monday.json", "Every figure (JSON)"))
    return shell(title, body, links, f"{clean(monday.company)} · data up to {monday.as_of}")


def _section(section: str, items: list[Item], monday: Monday) -> Markup:
    columns = [
        Column("Money", False),
        Column("What", False, True),
        Column("Owner", False, True),
        Column("To do", False, True),
        Column("Answer", False, True),
    ]
    rows = [
        [
            signed(one.amount, monday.currency),
            _what(one),
            clean(one.owner),
            one.do,
            Markup('{} <span class="nw">({})</span>').format(one.state or "not answered", one.id),
        ]
        for one in items[:SHOWN]
    ]
    more = f" {len(items) - SHOWN} more in the files." if len(items) > SHOWN else ""
    note = {
        ALERTS: "More (+) or less (−) than expected or allowed, over the days named.",
        WASTE: "A month of it. It is in the bill already; a saving counts from the day it is stopped.",
        MOVERS: f"More (+) or less (−) than a usual week. Movers that an alert tells are not told twice.{more}",
    }[section]
    if section != MOVERS:
        note += more
    return table(columns, rows, TITLES[section], note=note, name=section.casefold())


def _what(item: Item) -> Markup:
    """What happened, and below it why: what moved, what people know of these days."""
    sure = "" if item.sure else " Not sure: the bill alone says so."
    why = f"{'' if item.section == WASTE else 'Moved: '}{item.why}." if item.why else ""
    head = Markup("<strong>{}</strong>: {}{}").format(item.kind, item.what, sure)
    for text in (why, *(f"Known already: {note}" for note in item.notes)):
        head += Markup("<br>{}").format(text) if text else Markup("")
    return head


def _week(monday: Monday) -> Markup:
    week, currency = monday.week, monday.currency
    if not week.weeks:
        return Markup("")
    rows = [["A usual week", f"{week.usual:,}"]]
    rows += [[clean(one.workload), _coins(one.change)] for one in week.movers]
    rows += [["Everything else", _coins(week.rest)]]
    span = "week" if week.weeks == 1 else f"{week.weeks} weeks"
    return table(
        [Column("Workload", False, True), Column(currency)],
        rows,
        f"{day(week.first)} to {day(week.last)} against the {span} before",
        total=["The week", f"{week.cost:,}"],
        note="Whole weeks on both sides; it adds up to the cent.",
        name="week",
    )


def _coins(value) -> str:
    return f"{value:+,}".replace("-", "−")
