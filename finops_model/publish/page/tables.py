"""Numbers and tables of the report: one way to write each kind of figure, every cell escaped.

A figure taken from the brief carries its slash path and exact value (`<data>`), so that a finished page can be held against
the brief (`differences`): docs/method §15.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ... import resources
from ...measure.basis.sections import of as basis_of
from ...measure.brief_types import Brief
from ...measure.page_one.material import is_material, limits_of
from ...measure.page_one.types import PageOne
from ...measure.words import SYMBOLS, against_budget, chance, money, percent
from ...periods import month_name
from ...wording import four
from ...wording.bridge import signed as signed_money
from ..charts.parts import Figure
from ..report.briefs import lookup

OVER = "Over (+) or under (−)"  # head of a column of variances: value − budget


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


def rate(value: float | None) -> str:
    """A share or change to a tenth of a percent.

    >>> rate(0.0297), rate(-0.0147), rate(None)
    ('3.0 %', '−1.5 %', '–')
    """
    if value is None:
        return "–"
    text = f"{abs(value) * 100:,.1f} %"
    return f"−{text}" if value < 0 and text != "0.0 %" else text


def percent_signed(value: float | None) -> str:
    """A change in whole percents with its sign.

    >>> percent_signed(0.3542), percent_signed(-0.002), percent_signed(None)
    ('+35 %', '0 %', '–')
    """
    return "–" if value is None else f"{signed(value * 100)} %"


AMOUNT = re.compile(r"[−+]\S*\d\S*")  # an amount with its sign, which no line may end inside


def unbroken(text: str | Markup) -> Markup:
    """Words in which a sign stays with its amount.

    >>> unbroken("volume −$38.0k & price")
    Markup('volume <span class="nw">−$38.0k</span> &amp; price')
    """
    return Markup(
        AMOUNT.sub(lambda found: f'<span class="nw">{found[0]}</span>', str(escape(text)))
    )


templates.filters["unbroken"] = unbroken


def toned(text: str | Markup, tone: str) -> str | Markup:
    """Words in the colour of a tone; "": as they are."""
    return Markup('<span class="{}">{}</span>').format(tone, text) if tone else text


def page_one_of(brief: Brief) -> PageOne:
    """What the brief says for page one; of a brief of before the usual materiality alone (docs/method §9.24)."""
    return brief["page_one"] if "page_one" in brief else {"materiality": limits_of(brief)}


def _scale(one: PageOne, currency: str) -> tuple[float, str]:
    """What the table by quarter divides by, and the name of its unit."""
    lines = one["periods"]["lines"] if "periods" in one else []
    largest = max((abs(line["value"]) for line in lines if line["value"] is not None), default=0.0)
    for least, scale, name in ((1e10, 1e6, "million "), (1e6, 1e3, "thousand ")):
        if largest >= least:
            return scale, f"{name}{currency}"
    return 1.0, currency


class Figures:
    """Writes figures of one brief: `show("landing/p50", "money")` is the marked text of that value."""

    def __init__(self, brief: Brief):
        sizes = [
            abs(value)
            for value in [brief["actual"]["month"] or 0, *brief["actual"]["by_month"].values()]
        ]
        self.brief, self.currency = brief, brief["currency"]
        self.digits = 0 if max(sizes, default=0) >= 1000 else 2
        self.one = page_one_of(brief)
        self.materiality = self.one["materiality"]
        self.scale, self.unit = _scale(self.one, self.currency)
        self.ways: dict[str, Callable[[Any], str]] = {
            "money": lambda v: money(v, self.currency),
            "money_signed": lambda v: "–" if v is None else signed_money(v, self.currency),
            "against": lambda v: "–" if v is None else against_budget(-v, self.currency),
            "scaled": lambda v: whole(v if v is None else v / self.scale, self.scaled_digits),
            "scaled_signed": lambda v: signed(
                v if v is None else v / self.scale, self.scaled_digits
            ),
            "percent_signed": percent_signed,
            "whole": lambda v: whole(v, self.digits),
            "signed": lambda v: signed(v, self.digits),
            "cents": cents,
            "four": four,
            "price": lambda v: (
                "–" if v is None else f"{SYMBOLS.get(self.currency, f'{self.currency} ')}{four(v)}"
            ),
            "rate": rate,
            "chance": lambda v: "–" if v is None else chance(v),
            "percent": lambda v: "–" if v is None else percent(v),
            "count": lambda v: f"{v:,}",
            "month": lambda v: (
                "–" if v is None else month_name(v) if re.fullmatch(r"\d{4}-\d\d", v) else str(v)
            ),
        }

    @property
    def scaled_digits(self) -> int:
        """Digits of a figure in thousands or millions: none, or cents of a small company."""
        return 0 if self.scale > 1 else self.digits

    def tone(self, variance: float | None, budget: float | None) -> str:
        """The colour of value − budget: "bad", "good", or "" where it is not material (docs/method §9.24)."""
        if variance is None or not is_material(variance, budget, self.materiality):
            return ""
        return "bad" if variance > 0 else "good"

    def over(self, budget: float | None, value: float | None) -> str | Markup:
        """Value − budget with its sign, coloured where it is material: a cell of a table."""
        if budget is None or value is None:
            return "–"
        return toned(signed(value - budget, self.digits), self.tone(value - budget, budget))

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
    strong: Sequence[int] = (),
) -> Markup:
    """An HTML table; cells are escaped unless they are Markup made here. The last row `total`, and rows `strong`, stand out."""
    if any(len(row) != len(columns) for row in [*rows, *([total] if total else [])]):
        raise ValueError("a row has another number of cells than there are columns")
    template = templates.get_template("table.html.j2")
    return Markup(
        template.render(
            columns=columns,
            rows=rows,
            caption=caption,
            total=total,
            note=note,
            name=name,
            strong=strong,
        )
    )


def drawn(figure: Figure) -> Markup:
    """A chart among tables."""
    template = '{% from "report_parts.html.j2" import chart %}{{ chart(figure) }}'
    return Markup(templates.from_string(template).render(figure=figure))
