"""A statement as a page of its own, in the look of the report (docs/method §14.42)."""

from __future__ import annotations

from decimal import Decimal

from ...measure.books.statements import Statement
from ...wording import statements as words
from ...wording.shared import amount
from ..page.html import shell
from ..page.tables import Column, table, templates
from .bearers import Bearers

BUDGET = "A budget is held against a bearer's own charges before any of them are shared, as in the report."
MOST = 60  # lines of own cost that are shown one by one; the others are one line


def page(found: Bearers, one: Statement, links: list[tuple[str, str]], more: list[str]) -> str:
    """The whole HTML document.

    links    (file beside the page, text);  more: sentences on what another legal entity bears
    """
    name = words.bearer(one.bearer, one.level)
    body = templates.get_template("statement.html.j2").render(
        entity=found.entity,
        mode=found.mode,
        level=words.LEVEL[one.level],
        bearer=name,
        period=found.name,
        headline=words.headline(one.bearer, name, text(one.total), found.currency, period(found)),
        tiles=list(_tiles(found, one)),
        table=_table(found, one),
        said=[*said(found), *more],
    )
    title = f"{name} · {found.name} · AI cost statement"
    foot = f"{found.entity} · {name} · {found.name} · data as of {found.as_of} · {found.currency}"
    return shell(title, body, links, foot)


def said(found: Bearers) -> list[str]:
    """What every statement of an entity rests on."""
    return [
        words.MODE[found.mode],
        f"Amounts in {found.currency}. {words.OUTSIDE}",
        f"{found.before_name} is counted by the rules of today, as the bill is known now.",
        *([BUDGET] if any(one.budget is not None for one in found.statements) else []),
        "Statements of all bearers and what is central add up to the cost of the period, to the cent.",
        *found.shared["said"],
    ]


def period(found: Bearers) -> str:
    """The period, and how far it is known where it is under way."""
    return f"{found.name} so far (to {found.as_of})" if found.partial else found.name


def _tiles(found: Bearers, one: Statement):
    """(title, figure, line below, tone)."""
    currency = found.currency
    yield f"Total, {found.name}", text(one.total), currency, ""
    for kind in ("own", "shared", "idle", "unused"):
        if part := one.sum(kind):
            share = f"{part / one.total * 100:.0f} % of the total" if one.total > 0 <= part else ""
            yield words.KIND[kind], text(part), share, ""
    if one.before is not None:
        gap = one.total - one.before
        word = f"{text(abs(gap))} {'more' if gap > 0 else 'less'} now" if gap else "as much now"
        yield f"Before: {found.before_name}", text(one.before), word, ""
    if one.over is not None:
        gap = one.over
        word = f"{text(abs(gap))} {'over' if gap > 0 else 'left'}" if gap else "on budget"
        before = f", by its cost before sharing, {text(one.held)}" if one.held != one.total else ""
        yield "Budget", text(one.budget), word + before, "bad" if gap > 0 else "good"


def _table(found: Bearers, one: Statement):
    before = one.before is not None
    own = one.lines["Kind"] == "own"
    order = one.lines[own].sort_values("Amount", key=lambda a: -a.map(float), kind="stable").index
    shown, rest = list(order[:MOST]), list(order[MOST:])
    keys = [*shown, *one.lines.index[~own]]
    rows = []
    for at in keys:
        line = one.lines.loc[at]
        what = words.line(line.Kind, line.Pool, line.Activity, line.ServiceName, found.rules)
        row = [words.KIND[line.Kind], what, text(line.Amount)]
        rows.append([*row, text(line.Before)] if before else row)
        if at == (shown or [None])[-1] and rest:
            sums = [sum(one.lines.loc[rest, column], Decimal(0)) for column in _columns(before)]
            rows.append([words.KIND["own"], f"{len(rest)} more", *map(text, sums)])
    total = ["Total", "", text(one.total), *([text(one.before)] if before else [])]
    titles = [Column("Line", False), Column("Of", False, wide=True), Column(found.name)]
    titles += [Column(found.before_name)] if before else []
    return table(titles, rows, f"{found.name}, {found.currency}", total=total)


def _columns(before: bool) -> list[str]:
    return ["Amount", "Before"] if before else ["Amount"]


def text(value: Decimal | None) -> str:
    """An amount with thousands separators.

    >>> text(Decimal("-1234.50")), text(None)
    ('−1,234.50', '–')
    """
    return "–" if value is None else amount(f"{value:f}")
