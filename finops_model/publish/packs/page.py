"""A pack as a page of its own, in the look of the report (docs/method §15.81)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...measure.cycle.types import UnitCost
from ...periods import month_name
from ...wording import four
from ..charts.unit_costs import unit_cost_trend
from ..page.costs import RUNS_UP
from ..page.html import shell
from ..page.tables import Column, table, templates
from .audiences import Audience

LITTLE = 0.0005  # a change that is said as none


@dataclass(frozen=True)
class Block:
    """A titled table of a pack, or a sentence why there is none."""

    title: str
    said: str = ""
    columns: tuple[Column, ...] = ()
    rows: list[list[str]] = field(default_factory=list)
    total: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Pack:
    """What an audience is shown of a month."""

    audience: Audience
    company: str
    unit: str
    month: str
    as_of: str
    currency: str
    sentence: str
    lead: str  # of the published report, where one is; "" else
    lines: list[UnitCost]
    formulas: dict[str, str]  # name of a line -> its formula
    blocks: list[Block]  # in the order of audience.blocks, without the figures
    notes: list[str]


def page(pack: Pack) -> str:
    """The whole HTML document."""
    body = templates.get_template("pack.html.j2").render(
        pack=pack,
        month=month_name(pack.month),
        tiles=[tile(line) for line in pack.lines[:3]],
        figures=_figures(pack) if pack.lines else None,
        charts=[figure for line in pack.lines[:6] if (figure := unit_cost_trend(line))],
        first="figures" == pack.audience.blocks[0],
        tables=[(block, _table(block)) for block in pack.blocks],
    )
    title = f"{pack.audience.title} · {pack.month} · {pack.company}"
    foot = f"{pack.company} · {pack.unit} · {pack.month} · data as of {pack.as_of} · {pack.currency}, EffectiveCost before credits and tax"
    return shell(title, body, (), foot)


def tile(line: UnitCost) -> tuple[str, str, str, str]:
    """(title, figure, line below, tone) of a figure."""
    word, tone = moved_line(line)
    word = "" if word == "–" else word
    return line["name"], value(line), ", ".join(filter(None, [unit(line), word])), tone


def moved_line(line: UnitCost) -> tuple[str, str]:
    """`moved` of a figure: a share moves in points, and of what runs up by itself no move is better or worse.

    >>> moved_line({"name": "Commitment used", "unit": "share", "value": 0.8, "previous": 0.7, "change_pct": 1 / 7, "better": "higher"})
    ('up 10.0 points', 'good')
    >>> moved_line({"name": "Unexpected cost", "unit": "share", "value": 0.006, "previous": 0.0, "change_pct": None, "better": "lower"})
    ('up 0.6 points', 'bad')
    """
    before = line["previous"]
    if line["unit"] == "share" and before is not None:
        word, tone = moved(line["value"] - before, line["better"])
        word = word.replace(" %", " points")
    elif line["change_pct"] is None:
        return "–", ""
    else:
        word, tone = moved(line["change_pct"], line["better"])
    return word, "" if line["name"] in RUNS_UP else tone


def moved(change: float, better: str) -> tuple[str, str]:
    """A change in words, and whether it is good or bad.

    >>> moved(0.05, "lower"), moved(-0.05, "lower"), moved(0.0, "higher")
    (('up 5.0 %', 'bad'), ('down 5.0 %', 'good'), ('as before', ''))
    """
    if abs(change) < LITTLE:
        return "as before", ""
    good = (change > 0) == (better == "higher")
    return f"{'up' if change > 0 else 'down'} {100 * abs(change):.1f} %", "good" if good else "bad"


def value(line: UnitCost) -> str:
    """A figure as it is read: a share in percent, else four digits."""
    return share(line["value"]) if line["unit"] == "share" else four(line["value"])


def share(figure: float | None) -> str:
    """A share in percent.

    >>> share(0.4123), share(-0.001), share(None)
    ('41.2 %', '−0.1 %', '–')
    """
    return "–" if figure is None else f"{100 * figure:.1f} %".replace("-", "−")


def unit(line: UnitCost) -> str:
    """The unit of a figure; a share needs none."""
    return "" if line["unit"] == "share" else line["unit"]


def _figures(pack: Pack):
    columns = [
        Column("Figure", False, wide=True),
        Column("Unit", False),
        Column(month_name(pack.month)),
        Column("Month before"),
        Column("Change"),
        Column("How it is made", False, wide=True),
    ]
    rows = []
    for line in pack.lines:
        before = line["previous"]
        before_text = share(before) if line["unit"] == "share" else four(before)
        change = moved_line(line)[0]
        partial = " (days missing)" if line["partial"] else ""
        rows.append(
            [
                line["name"],
                unit(line),
                value(line) + partial,
                before_text,
                change,
                pack.formulas.get(line["name"], ""),
            ]
        )
    return table(columns, rows, name="many")


def _table(block: Block):
    if not block.rows:
        return None
    return table(list(block.columns), block.rows, total=block.total, name="many")
