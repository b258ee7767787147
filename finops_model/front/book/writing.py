"""A book of what-ifs is written: a sheet each, the values of the base in it, yellow cells for what may change (docs/method §3.85)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from ...documents import write_atomic
from ...errors import InputError, ScenarioError
from ...scenario.changes import escape, leaves, unescape
from ...scenario.document import Resolved, load_scenario, resolve
from ...scenario.files.words import is_share, named, unit_of
from ...scenario.levers import form, kinds
from ...scenario.pulled.bought import bought_of, true_units
from ..scenario_answers import facts_of
from . import layout as at

GROUPS = (
    ("Drivers of the business", "drivers/"),
    ("Demand", "workloads/", "/demand/"),
    ("Shares of models", "workloads/", "/routing/"),
    ("Other values of workloads", "workloads/", ""),
    ("Prices", "prices/"),
    ("Commitments", "commitments/"),
    ("Purchases, agreements", ""),
)
MOST = 30  # rows of a group, the dearest first; all others by their path in a free row
FREE = 12  # rows for paths of one's own
LEVERED = 8  # workloads whose levers are asked for, the dearest
IN_A_ROW = {"path", "op", "value", "since", "because", "owner"} | {"kind", "source", "review_by"}
NOT_ASKED = ("elasticity", "block", "ContractCommitmentCost")


def write_book(path, settings, scenarios: Sequence = (), blank: int = 3) -> Path:
    """Write a book of what-ifs for a workspace: a sheet for each scenario file, and blank ones.

    Parameters
    ----------
    path : path
        An .xlsx that is not there yet.
    settings : Settings
        Of the workspace.
    scenarios : sequence of path, optional
        Files whose changes stand in the yellow cells already; what a sheet cannot hold (a risk, a
        commitment) is kept by `Builds on`.
    blank : int, optional
        Sheets without a change.

    Returns
    -------
    Path
        The book.

    Raises
    ------
    InputError, ScenarioError
        Another kind of file, a book that is there, a scenario that makes no sense.

    Source
    ------
    docs/method §3.85.
    """
    path = Path(path)
    if path.suffix.casefold() != ".xlsx":
        raise InputError(f"{path}: a book of what-ifs is an Excel file. Name it NAME.xlsx.")
    if path.name.casefold().endswith(at.RESULTS):
        raise InputError(
            f"{path}: {at.RESULTS} is the name of results. Give the book another name."
        )
    if path.exists():
        raise InputError(f"{path}: is there already. Name another file, or take it away first.")
    if not 0 <= blank <= at.SHEETS - len(scenarios) or not (blank or scenarios):
        raise InputError(
            f"a book has 1 to {at.SHEETS} sheets; {blank + len(scenarios)} are asked for."
        )
    facts = facts_of(settings)
    base = settings.path(settings.scenario) if settings.scenario else None
    plain = resolve(load_scenario(base), settings=settings, facts=facts)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        forms = formats(book)
        _read_me(book, forms, plain)
        names: set[str] = set()
        for file in scenarios:
            scenario = load_scenario(file)
            resolve(scenario, settings=settings, facts=facts)
            top = scenario.layers[-1].document
            rows, rest = _filled(top.changes)
            head = {
                "name": top.name,
                "question": top.question,
                "owner": top.owner,
                "decide_by": top.decide_by or "",
            }
            if rest:
                rows, head["builds_on"] = {}, Path(file).name
            sheet(book, forms, sheet_name(top.name, names), head, plain, rows)
        for i in range(blank):
            head = {"name": f"What-if {i + 1}"}
            sheet(book, forms, sheet_name(head["name"], names), head, plain, {})
    return write_atomic(path, buffer.getvalue())


def formats(book) -> dict:
    """The formats of a book, by name."""
    line = {"border": 1, "border_color": "#D9D9D9"}
    return {
        "bold": book.add_format({"bold": True}),
        "title": book.add_format({"bold": True, "bottom": 1}),
        "grey": book.add_format({"font_color": "#5B6B7A"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0.######"}),
        "share": book.add_format({"num_format": "0.0##%"}),
        "money": book.add_format({"num_format": "#,##0"}),
        "yellow": book.add_format({"bg_color": at.FILL, **line}),
        "yellow share": book.add_format({"bg_color": at.FILL, "num_format": "0.0##%", **line}),
        "yellow number": book.add_format({"bg_color": at.FILL, "num_format": "General", **line}),
    }


def sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel takes for a sheet, used once.

    >>> sheet_name("What if: 20 %?", set()), sheet_name("a", {"a"})
    ('What if  20 %', 'a (2)')
    """
    plain = "".join(" " if c in "[]:*?/\\" or not c.isprintable() else c for c in name)
    plain = plain.strip().strip("'")[:27] or "What-if"
    count, chosen = 1, plain
    while chosen.casefold() in {one.casefold() for one in taken} or chosen.casefold() == "history":
        count += 1
        chosen = f"{plain} ({count})"
    taken.add(chosen)
    return chosen


def _read_me(book, forms: dict, base: Resolved) -> None:
    page = book.add_worksheet("Read me")
    page.set_column(0, 0, 110)
    page.write_string(0, 0, "What-ifs of this workspace", forms["bold"])
    for i, text in enumerate(at.ASIDE, 2):
        page.write_string(i, 0, text, forms["wrap"])
    page.write_string(
        len(at.ASIDE) + 3,
        0,
        f"Today: the base {base.name}, bill up to {base.facts.as_of}, {base.months[0]} to {base.months[-1]}, {base.facts.currency}.",
    )


def sheet(book, forms: dict, title: str, head: dict, base: Resolved, rows: dict):
    """One what-if: its head, its inputs with the values of the base, what is filled in, free rows. rows: path -> what its row holds."""
    page = book.add_worksheet(title)
    page.write_string(0, 0, at.MARK, forms["grey"])
    for key, number in at.HEAD.items():
        page.write_string(number - 1, 0, at.LABELS[key], forms["bold"])
        value = head.get(key, "")
        if value:
            page.write_string(number - 1, 1, value, forms["yellow"])
        else:
            page.write_blank(number - 1, 1, None, forms["yellow"])
    for what, letter in at.COLUMNS.items():
        place = at.column(what)
        page.set_column(place, place, at.WIDTHS[what])
        page.write_string(at.TITLES - 1, ord(letter) - ord("A"), at.WORDS[what], forms["title"])
    page.freeze_panes(at.TITLES, 1)
    line = at.TITLES
    left = dict(rows)
    for heading, values in inputs(base):
        page.write_string(line, 0, heading, forms["bold"])
        line += 1
        for path, value in values:
            many = left.pop(path, None) or [{}]
            for one in many:
                _row(page, forms, line, path, one, value=value, unit=unit_of(base, path))
                line += 1
    page.write_string(line, 0, "New workloads, other paths", forms["bold"])
    line += 1
    spare: list[tuple[str, dict]] = [(path, one) for path, many in left.items() for one in many]
    spare += [("", {})] * FREE
    for path, one in spare:
        _row(page, forms, line, path, one, free=True)
        line += 1
    page.data_validation(
        at.TITLES,
        at.column("how"),
        line,
        at.column("how"),
        {"validate": "list", "source": list(at.HOWS), "ignore_blank": True},
    )
    return page


def _row(
    page, forms, line: int, path: str, one: dict, *, value=None, unit: str = "", free: bool = False
) -> None:
    share = is_share(path)
    form = "yellow share" if share else "yellow number"
    if path:
        page.write_string(line, at.column("what"), named(path))
    if free:
        page.write_string(line, at.column("path"), path, forms["yellow"])
    else:
        page.write_string(line, at.column("path"), path, forms["grey"])
    if isinstance(value, (int, float)):
        page.write_number(line, at.column("today"), value, forms["share" if share else "number"])
    page.write_string(line, at.column("unit"), unit, forms["grey"])
    for what in at.YELLOW:
        place, text = at.column(what), one.get(what, "")
        if isinstance(text, (int, float)):
            page.write_number(line, place, text, forms[form])
        elif text:
            page.write_string(line, place, text, forms["yellow"])
        else:
            page.write_blank(line, place, None, forms[form if what in at.NUMBERS else "yellow"])
    if not free:
        n = line + 1
        page.write_formula(
            line,
            at.column("after"),
            f'=IF(OR(E{n}="",G{n}=""),"",IF(E{n}="{at.TIMES}",C{n}*G{n},IF(E{n}="{at.BY}",C{n}*(1+G{n}),G{n})))',
            forms["share" if share else "number"],
            _after(one, value),
        )


def _after(one: dict, value) -> float | str:
    how, middle = one.get("how"), one.get("p50")
    if not how or not isinstance(middle, (int, float)) or not isinstance(value, (int, float)):
        return ""
    return {at.TIMES: value * middle, at.BY: value * (1 + middle)}.get(how, middle)


def inputs(base: Resolved) -> Iterable[tuple[str, list[tuple[str, float]]]]:
    """What may be changed, by group: path and value of the base, the dearest workloads and SKUs first."""
    facts = base.facts
    weight = dict(zip(facts.names, facts.volume[-28:].sum(axis=0), strict=True))
    units = facts.volume[-28:].sum(axis=0) @ facts.mix
    bought = {sku.id: float(units[s]) * sku.price for s, sku in enumerate(facts.meta.skus)}
    values = {
        path: float(value)
        for path, value in leaves(base.tree).items()
        if isinstance(value, (int, float, np.floating))
        and not isinstance(value, bool)
        and path.split("/")[-1] not in NOT_ASKED
        and not path.startswith("risks/")
        and not (path.startswith("prices/") and not bought.get(unescape(path.split("/")[1])))
    }
    if facts.names:
        values = {"workloads/*/demand/level": 1.0, **values}
    if base.tree["drivers"]:
        values = {"drivers/*/growth_per_year": 0.0, **values}

    def dear(path: str) -> float:
        name = unescape(path.split("/")[1])
        return float("inf") if name == "*" else float(weight.get(name, bought.get(name, 0.0)))

    for heading, room, *inside in GROUPS:
        inner = inside[0] if inside else ""
        mine = [path for path in values if path.startswith(room) and inner in path]
        shown = sorted(mine, key=lambda path: -dear(path))[:MOST]
        rows = [(path, values[path]) for path in shown]
        for path in mine:
            del values[path]
        if rows:
            yield heading, rows
        if heading == "Shares of models" and (pulled := levers_today(facts, dear)):
            yield "Levers", pulled


def levers_today(facts, dear) -> list[tuple[str, float]]:
    """Levers of the dearest workloads whose value today the ledger tells, or that is the same for everybody."""
    rows = []
    for name in sorted(facts.names, key=lambda name: -dear(f"workloads/{escape(name)}"))[:LEVERED]:
        at_workload = facts.names.index(name)
        units, bought = true_units(facts, at_workload), bought_of(facts, at_workload)
        for kind in kinds():
            law: Any = form(kind)
            try:
                today = law.read(units, bought)
            except ScenarioError:
                continue  # it cannot act on this workload
            today = law.NEUTRAL if today is None else today
            if today is not None:
                rows.append((f"workloads/{escape(name)}/{kind}", float(today)))
    return rows


def _filled(changes) -> tuple[dict[str, list[dict]], bool]:
    """Changes as rows of a sheet by their path, and whether one of them does not fit into a row."""
    rows: dict[str, list[dict]] = {}
    for change in changes:
        value, how = change.value, {"set": at.SET, "scale": at.TIMES, "add": at.LAUNCH}[change.op]
        path = change.path
        if change.op == "add":
            parts = path.split("/")
            if parts[0] != "workloads" or set(value) != {"cost_per_month"}:
                return {}, True
            value, path = value["cost_per_month"], f"workloads/{escape(unescape(parts[1]))}"
        if isinstance(value, dict) and set(value) == {"p10", "p50", "p90"}:
            numbers = value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers = {"p50": value}
        else:
            return {}, True
        if {key for key in change.model_fields_set if getattr(change, key)} - IN_A_ROW:
            return {}, True  # what a row has no cell for: escalation, with, per …
        rows.setdefault(path, []).append(
            {
                "how": how,
                **numbers,
                "since": change.since or "",
                "because": change.because,
                "owner": change.owner,
            }
        )
    return rows, False
