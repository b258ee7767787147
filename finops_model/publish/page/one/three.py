"""Three each of: who carries the overrun, what changed since the last report, what a thing costs."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from ....facts.daily.allocate import UNASSIGNED
from ....measure.cycle.types import UnitCost
from ....measure.page_one.types import Carrier
from ....periods import month_name
from ....wording import four
from ...charts.parts import clauses, short
from ..costs import moved_tone, moved_words
from ..tables import Figures, toned, unbroken

MOST = 3
SAVES = "What would save most, a month"
ELSE = "What else would save, a month"  # beside a renewal that is decided above
NAME, LONG, ADVICE = (
    44,
    100,
    60,
)  # letters of a name, of the words below it, of what to do: page one is one sheet


class Item(NamedTuple):
    """A line: what, its figure with the tone of it, words below."""

    what: str
    figure: Markup | str
    below: Markup | str


class Block(NamedTuple):
    """A list with its title and a line at its end."""

    title: str
    items: list[Item]
    note: Markup | str


def blocks(figures: Figures) -> list[Block]:
    """The lists that the brief has something for."""
    return [
        block
        for block in (carriers(figures), changes(figures), costs(figures), advice(figures))
        if block and block.items
    ]


def carriers(figures: Figures, most: int = MOST) -> Block | None:
    """Parts of the company in the futures that go over: mean of landing − budget, and how often each was decisive."""
    found = figures.one.get("carriers")
    if not found or not found["over"]:
        return None
    items = [_carrier(figures, i, part) for i, part in enumerate(found["parts"][:most])]
    rest = len(found["parts"]) - len(items)
    said = any(part["decisive"] is not None and part["mean"] > 0 for part in found["parts"][:most])
    note = Markup("All parts: {} on average of the {} futures over{}{}").format(
        figures.show("page_one/carriers/mean_overrun", "money_signed"),
        figures.show("page_one/carriers/over", "count"),
        "; decisive: on its budget, the company would have held" if said else "",
        f"; {rest} more on page two" if rest > 0 else "",
    )
    return Block("Who carries the overrun", items, note)


def _carrier(figures: Figures, i: int, part: Carrier) -> Item:
    at = f"page_one/carriers/parts/{i}"
    tone = "" if not part["material"] else "bad" if part["mean"] > 0 else "good"
    figure = toned(figures.show(f"{at}/mean", "money_signed"), tone)
    kind = "" if part["kind"] == "unit" or part["kind"] in part["part"] else part["kind"]
    share = (
        Markup("decisive in {} of them").format(figures.show(f"{at}/decisive", "chance"))
        if part["decisive"] is not None and part["mean"] > 0
        else ""
    )
    below = Markup(", ").join(text for text in (kind, share) if text)
    name = "Not assigned to a unit" if part["part"] == UNASSIGNED else part["part"]
    return Item(short(name, NAME), figure, below)


def changes(figures: Figures, most: int = MOST) -> Block | None:
    """What is another figure or fact since the last report, and why."""
    found = figures.one.get("since_report")
    if not found or not found["month"]:
        return None
    items = []
    for i, line in enumerate(found["lines"][:most]):
        at = f"page_one/since_report/lines/{i}/change"
        figure = "" if line["change"] is None else figures.show(at, "money_signed")
        said = line["sentence"].replace(f" than in the report of {month_name(found['month'])}", "")
        words = unbroken(clauses(said, LONG))  # the title says since when
        items.append(Item(short(line["what"], NAME), figure, words))
    rest = len(found["lines"]) - len(items)
    note = f"{rest} more on page two" if rest > 0 else ""
    since = month_name(found["month"])
    if found["month"][:4] == figures.brief["month"][:4]:
        since = since.split()[0]
    return Block(f"What changed since {since}", items, note)


def costs(figures: Figures, most: int = MOST) -> Block | None:
    """What one outcome costs, its change on the month before and its trend: those that the brief names, of a brief of before the first; shares last."""
    lines = figures.brief["unit_costs"]
    named = figures.one.get("kpis") or []
    order = {name: place for place, name in enumerate(named)}
    chosen = sorted(
        range(len(lines)),
        key=lambda i: (order.get(lines[i]["name"], most), lines[i]["unit"] == "share", i),
    )[:most]
    items = [_cost(figures, i, lines[i]) for i in chosen]
    rest = len(lines) - len(items)
    return Block("What a thing costs", items, f"{rest} more on page two" if rest > 0 else "")


def _cost(figures: Figures, i: int, line: UnitCost) -> Item:
    share = line["unit"] == "share"
    price = "price" if line["unit"].startswith(figures.currency) else "four"
    figure = figures.show(f"unit_costs/{i}/value", "rate" if share else price)
    least = figures.materiality["of_line"]
    moved = moved_words(line, least)
    below: Markup | str = "" if moved == "–" else toned(moved, moved_tone(line, least))
    if below:
        below = Markup("{} in a month").format(below)
    if line["partial"]:
        part = f"over {line['days']} day{'s' * (line['days'] != 1)} of this one"
        part = part if below else part.replace("this one", "the month")
        below = Markup("{}, {}").format(below, part) if below else part
    trend = spark(line)
    return Item(short(thing(line["name"]), NAME), figure, Markup("{} {}").format(trend, below))


def spark(line: UnitCost) -> Markup:
    """The line of a unit cost's months, as high as a line of text; "" of fewer than three."""
    rows = line["by_month"][-13:]
    if len(rows) < 3:
        return Markup("")
    values = [row["value"] for row in rows]
    low, span = min(values), (max(values) - min(values)) or 1.0
    points = [
        f"{2 + 76 * i / (len(values) - 1):.1f},{12 - 10 * (value - low) / span:.1f}"
        for i, value in enumerate(values)
    ]
    words = f"{thing(short(line['name'], NAME))}: {four(values[0])} in {month_name(rows[0]['month'])}, {four(values[-1])} in {month_name(rows[-1]['month'])}"
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 82 14" width="82" height="14"><path d="M{}" fill="none" stroke="#0072B2" '
        'stroke-width="1.6"></path></svg>'
    ).format(words, " L".join(points))


def advice(figures: Figures, most: int = MOST) -> Block | None:
    """What would save most, expected and a month; beside the forecast, never in it."""
    found = figures.brief.get("advice")
    if not found:
        return None
    # a commitment that ends is decided above, in the size that fits best: here it would stand twice, in another size
    above = any(one["kind"] == "commitment ends" for one in figures.one.get("decisions") or [])
    lines = [
        (i, line)
        for i, line in enumerate(found["lines"])
        if not (above and line["id"].startswith("commitments-"))
    ]
    title = SAVES if len(lines) == len(found["lines"]) else ELSE
    items = []
    for i, line in lines[:most]:
        figure = figures.show(f"advice/lines/{i}/saves", "money")
        owner = short(line["owner"], NAME) or "no owner named"
        items.append(
            Item(
                short(line["what"], ADVICE),
                figure,
                owner if line["sure"] else f"{owner}; to be asked",
            )
        )
    rest = found["count"] + found["asked"] - len(items)
    more = f"{rest} more: finops advise" if rest > 0 else ""
    if not found["count"]:
        return Block(title, items, more)
    note = Markup("{} this fiscal year {}, in no figure above{}").format(
        figures.show("advice/in_year", "money"),
        "together" if found["count"] > 1 else "from the first",
        f"; {more}" if more else "",
    )
    return Block(title, items, note)


def thing(name: str) -> str:
    """What one of which costs so much.

    >>> thing("Cost per document processed"), thing("Commitment used")
    ('Document processed', 'Commitment used')
    """
    bare = name.removeprefix("Cost per ")
    return bare[:1].upper() + bare[1:]
