"""The answers to "how many" side by side: what a scenario asks for, what is signed, what each offer's best is, and why they differ (docs/method §8.84)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ....errors import FinOpsError
from ....prices.settle.hourly import Hourly, from_document
from ....scenario.document import load_scenario
from ....wording import money
from ..answer import Recommendation
from ..offers import Offer
from .levels import Level
from .table import Asked, SideBySide

MONTH = 30.4375  # days


@dataclass(frozen=True)
class HowMany:
    """One answer."""

    source: str  # who says so
    quantity: float
    unit: str
    months: float  # its term
    saves_a_year: float | None
    savings_rate: float | None
    last_unit: float | None  # share of the hours in which the last unit is used
    pays_from: float | None  # share of the hours from which it pays
    reason: str


@dataclass(frozen=True)
class Own:
    """An offer by itself: the best level of its first term."""

    name: str
    offer: Offer
    first: Level
    unit: str
    why: str


def asked_of(
    settings, held: Iterable[Hourly], prices, start: str
) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    """(quantities that what-if scenarios of the workspace ask for and what is signed until `start` or longer, on SKUs with prices; what could not be read)."""
    asked, notes = [], []
    for one in held:
        mine = _named(one, prices)
        if mine:
            asked.append(Asked(f"signed: {one.id}", mine, one.quantity, _until(one)))
    for name in settings.what_ifs:
        try:
            changes = load_scenario(settings.path(str(name))).layers[-1].document.changes
            for change in changes:
                if change.op != "add" or not change.path.startswith("commitments/"):
                    continue
                document = (
                    change.value if isinstance(change.value, dict) else change.value.model_dump()
                )
                wanted = _read(change.path.partition("/")[2], document, prices)
                mine = _named(wanted, prices) if wanted else None
                if wanted and mine:
                    asked.append(Asked(Path(str(name)).name, mine, wanted.quantity, change.because))
        except (
            FinOpsError
        ) as problem:  # a what-if that cannot be read is no reason to keep the answer back
            notes.append(f"{name} is not compared: {problem}")
    return tuple({ask.source: ask for ask in asked}.values()), tuple(notes)


def _read(name: str, document: dict, prices) -> Hourly | None:
    known = {"ContractCommitmentId": name, **{k: v for k, v in document.items() if v is not None}}
    skus = [str(sku) for sku in known.get("x_SkuIds") or ()]
    if not skus or any(sku not in prices for sku in skus):
        return None
    return from_document(known, prices[skus[0]])


def _named(one: Hourly, prices) -> Offer | None:
    """A commitment in units as an offer, where its SKUs have prices here."""
    if one.spend or not one.skus or not one.rate or any(sku not in prices for sku in one.skus):
        return None
    return Offer(
        name=one.id,
        kind="units",
        rate=one.rate,
        skus=one.skus,
        unit=one.unit,
        upfront_share=one.upfront_share,
        term_months=_months(one),
    )


def _months(one: Hourly) -> int:
    if not one.start or not one.end:
        return 12
    first, last = one.start, one.end
    days = (int(last[:4]) - int(first[:4])) * 365.25 + (int(last[5:7]) - int(first[5:7])) * MONTH
    return max(round((days + int(last[8:10]) - int(first[8:10])) / MONTH), 1)


def _until(one: Hourly) -> str:
    return f"it ends on {one.end}" if one.end else "it has no end"


def how_many(
    table: SideBySide, recommended: Recommendation, currency: str, group: int = 0
) -> list[HowMany]:
    """Every answer of a group, those that somebody named first, then each offer's own best, then what is recommended together."""
    ask, answers = table.ask, []
    own = [
        Own(row.name, row.offer, row.first, row.unit, row.why)
        for row in table.rows
        if row.group == group and row.offer and row.first
    ]
    reach = {sku for row in own for sku in row.offer.covers(ask.usage.skus)}
    for one in ask.asked:
        if one.source in table.asked and set(one.offer.skus) <= reach:
            level = table.asked[one.source]
            answers.append(
                _answer(
                    one.source,
                    one.offer,
                    level,
                    one.offer.unit,
                    _named_why(one, level, own, currency),
                )
            )
    for row in own:
        answers.append(_answer(row.name, row.offer, row.first, row.unit, _own_why(row, own)))
    mine = [
        p for p in recommended.purchases if p.quantity > 0 and p.name in {row.name for row in own}
    ]
    if len(mine) > 1:
        answers.append(
            HowMany(
                "recommended together",
                mine[0].quantity,
                mine[0].unit,
                mine[0].offer.term_months,
                None,
                None,
                None,
                None,
                f"{_plus(mine)}: what is bought later, or for a shorter term, takes over the hours that the first need not.",
            )
        )
    return answers


def _plus(mine) -> str:
    return ", then ".join(
        f"{p.quantity:,.6g} of {p.name}" + (f" from {p.start}" if p.start else "") for p in mine
    )


def _answer(source: str, offer: Offer, level: Level, unit: str, why: str) -> HowMany:
    years = offer.term_months / 12
    return HowMany(
        source,
        level.level,
        unit,
        offer.term_months,
        level.saving / years,
        level.savings_rate,
        level.last_unit,
        level.break_even_utilisation,
        why,
    )


def _named_why(one: Asked, level: Level, own: list[Own], currency: str) -> str:
    """A number somebody named is held against the best one at the same rate and term."""
    alike = [
        row
        for row in own
        if row.offer.term_months == one.offer.term_months
        and _same(row.offer.rate, one.offer.rate)
        and set(row.offer.skus) == set(one.offer.skus)
    ]
    said = one.question.rstrip(".") or "a number that is asked about, not an optimum"
    used = _used(level)
    if not alike:
        return f"{said}; {used}." if used else f"{said}."
    best = alike[0]
    more = level.cost - best.first.cost
    if best.first.level == level.level:
        return f"{said}; it is the best level of {best.name} too."
    dearer = f"{money(max(more, 0.0), currency)} more over the term than the {best.first.level:,.6g} of {best.name}"
    return f"{said}; {used}: {dearer}." if used else f"{said}: {dearer}."


def _same(one: float | None, other: float | None) -> bool:
    """Two rates that are one: a discount off a mean price ends in other digits."""
    return one is not None and other is not None and abs(one - other) <= 1e-6 * abs(one)


def _own_why(row: Own, own: list[Own]) -> str:
    level = row.first
    if level.level <= 0:
        return f"Nothing of it: {row.why or 'no level saves anything'}."
    text = f"The best level for {row.offer.term_months:g} months by itself: {_used(level)}"
    shorter = [o for o in own if o.offer.term_months < row.offer.term_months and o.first.level > 0]
    if shorter and level.break_even_utilisation and shorter[0].first.break_even_utilisation:
        first, even = shorter[0], shorter[0].first.break_even_utilisation
        if level.break_even_utilisation < even:
            text += f"; {first.name} needs {even:.0%}, and it looks at its own {first.offer.term_months:g} months of demand only"
    return f"{text}{f' ({row.why})' if row.why else ''}."


def _used(level: Level) -> str:
    if level.last_unit is None or level.break_even_utilisation is None:
        return ""
    return f"the last unit is used in {level.last_unit:.0%} of the hours and pays from {level.break_even_utilisation:.0%}"
