"""Numbers and tables of the report: one way to write each kind of figure, every cell escaped.

A figure taken from the brief carries its slash path and exact value (`<data>`), so that a finished page can be held against
the brief (`differences`): docs/method §15.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from html import unescape

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ... import resources
from ...measure.basis.sections import of as basis_of
from ...measure.brief_types import Brief
from ...measure.words import chance, money, percent
from ...periods import month_name
from ..charts.parts import Figure
from ..report.briefs import lookup

templates = Environment(
    loader=FileSystemLoader(resources.path(".", beside=__package__)),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def whole(value: float | None, digits: int = 0) -> str:
    """Money to the unit with thousands separators.

    >>> whole(903260.5186), whole(-1261.4), whole(3.209, 2), whole(-0.3), whole(None)
    ('903,261', '−1,261', '3.21', '0', '–')
    """
    if value is None:
        return "–"
    text = f"{abs(value):,.{digits}f}"
    return f"−{text}" if value < 0 and text.strip("0.,") else text


def signed(value: float | None, digits: int = 0) -> str:
    """Money to the unit with its sign: + over, − under.

    >>> signed(59600.4), signed(-234000.0), signed(0.2), signed(None)
    ('+59,600', '−234,000', '0', '–')
    """
    text = whole(value, digits)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def cents(text: str | None) -> str:
    """Decimal text as in the ledger, digit for digit, with thousands separators.

    >>> cents("904863.31"), cents("-0.50"), cents("19061247.9997411"), cents(None)
    ('904,863.31', '−0.50', '19,061,247.9997411', '–')
    """
    return "–" if text is None else f"{Decimal(text):,f}".replace("-", "−")


def four(value: float | None) -> str:
    """Four significant digits, never in powers of ten.

    >>> four(0.00052881204), four(1.5346), four(21574.23), four(0.0), four(3.2e-9)
    ('0.0005288', '1.535', '21,574', '0', '0.0000000032')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 3 - Decimal(f"{abs(value):.3e}").adjusted())
    text = f"{abs(value):,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if abs(value) < 1e-4 and "." in text else text
    return f"−{text}" if value < 0 else text


def rate(value: float | None) -> str:
    """A share or change to a tenth of a percent.

    >>> rate(0.0297), rate(-0.0147), rate(None)
    ('3.0 %', '−1.5 %', '–')
    """
    if value is None:
        return "–"
    text = f"{abs(value) * 100:,.1f} %"
    return f"−{text}" if value < 0 and text != "0.0 %" else text


def variance(budget: float | None, actual: float | None, digits: int = 0) -> tuple[str, Markup]:
    """Budget − actual as amount and word (docs/method §9): two cells of a table.

    >>> [str(cell) for cell in variance(100.0, 1361.0)], [str(cell) for cell in variance(100.0, 100.2)], variance(None, 1.0)[0]
    (['1,261', '<span class="bad">unfavourable</span>'], ['0', 'on budget'], '–')
    """
    if budget is None or actual is None:
        return "–", Markup("")
    text = whole(abs(budget - actual), digits)
    if not text.strip("0.,"):
        return text, Markup("on budget")
    good = budget > actual
    return text, Markup('<span class="{}">{}</span>').format(
        "good" if good else "bad", "favourable" if good else "unfavourable"
    )


class Figures:
    """Writes figures of one brief: `show("landing/p50", "money")` is the marked text of that value."""

    def __init__(self, brief: Brief):
        sizes = [
            abs(value)
            for value in [brief["actual"]["month"] or 0, *brief["actual"]["by_month"].values()]
        ]
        self.brief, self.currency = brief, brief["currency"]
        self.digits = 0 if max(sizes, default=0) >= 1000 else 2
        self.ways = {
            "money": lambda v: money(v, self.currency),
            "whole": lambda v: whole(v, self.digits),
            "signed": lambda v: signed(v, self.digits),
            "cents": cents,
            "four": four,
            "rate": rate,
            "chance": lambda v: "–" if v is None else chance(v),
            "percent": lambda v: "–" if v is None else percent(v),
            "count": lambda v: f"{v:,}",
            "month": lambda v: (
                "–" if v is None else month_name(v) if re.fullmatch(r"\d{4}-\d\d", v) else str(v)
            ),
        }

    def money(self, section: str) -> str:
        """Currency and basis of the money of a section of the brief, for the title of its table."""
        return f"{self.currency}, {basis_of(section, self.brief.get('basis'))}"

    def show(self, path: str, way: str) -> Markup:
        """The value at a slash path, written in one of the ways, with its source beside it."""
        value = lookup(self.brief, path)
        text = self.ways[way](value)
        if value is None:
            return escape(text)
        return Markup('<data data-path="{}" data-way="{}" value="{}">{}</data>').format(
            path, way, value if isinstance(value, str) else repr(value), text
        )


DATA = re.compile(
    r'<data data-path="([^"]*)" data-way="([^"]*)" value="([^"]*)">([^<]*)</data>'
)  # names in order, as bleach writes them


def differences(html: str, brief: Brief, wanted: tuple[str, ...] = ()) -> list[str]:
    """Where a page says something else than the brief: value or text of a marked figure, or a wanted figure that is not there."""
    figures, seen = Figures(brief), set()
    wrong: list[str] = []
    for path, way, value, text in DATA.findall(html):
        try:
            expected = DATA.match(str(figures.show(unescape(path), way)))
        except (KeyError, IndexError, TypeError, ValueError):
            wrong.append(f"{path}: the page has this figure and the brief does not")
            continue
        seen.add(path)
        if expected is None or (unescape(value), unescape(text)) != (
            unescape(expected[3]),
            unescape(expected[4]),
        ):
            wrong.append(
                f"{path}: the page says '{unescape(text)}' ({unescape(value)}), the brief "
                f"{unescape(expected[4]) if expected else 'nothing'}"
            )
    return wrong + [f"{path}: not on the page" for path in wanted if path not in seen]


@dataclass(frozen=True)
class Column:
    """A column: its title and whether it holds words (left) or figures (right)."""

    title: str
    figures: bool = True
    wide: bool = False  # text that may wrap


def table(
    columns: list[Column],
    rows: list[list],
    caption: str = "",
    total: list | None = None,
    note: str = "",
    name: str = "",
) -> Markup:
    """An HTML table; cells are escaped unless they are Markup made here. The last row `total` stands out."""
    if any(len(row) != len(columns) for row in [*rows, *([total] if total else [])]):
        raise ValueError("a row has another number of cells than there are columns")
    template = templates.get_template("table.html.j2")
    return Markup(
        template.render(
            columns=columns, rows=rows, caption=caption, total=total, note=note, name=name
        )
    )


def drawn(figure: Figure) -> Markup:
    """A chart among tables."""
    template = '{% from "report_parts.html.j2" import chart %}{{ chart(figure) }}'
    return Markup(templates.from_string(template).render(figure=figure))
