"""Items of the Monday list: one thing to do, its money, its owner, its evidence (docs/method §12.21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...measure.anomalies.alert import NAMES, Alert, why_of
from ...measure.anomalies.detect import identity
from ...measure.change.week import Mover, Week
from ...measure.waste import Waste
from ...periods import month_name
from ...wording import clean, money, percent
from ...wording import day as in_words
from ...wording.workload import spoken
from ..alerts.answers import Answered

ALERTS, WASTE, MOVERS = "Alerts", "Waste", "Movers"
SECTIONS = (ALERTS, WASTE, MOVERS)
NOBODY = "nobody is named"
SAME = {"Runaway job": "Runaway job", "Commitment unused": "Unused commitment"}  # alert -> waste
LINES = 6  # rows of evidence
DO = {
    "idle": "Ask its owner whether anybody needs it; switch it off, or say why it stays.",
    "unused_commitment": "Move eligible use under it, or do not renew that much.",
    "orphaned_storage": "Ask its owner whether anybody reads it; delete it, or move it to a colder tier.",
    "failed_or_repeated": "Find why it failed or ran twice, and stop paying for it again.",
    "unused_seats": "Give back the seats that nobody opens.",
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to look at on Monday. `amount`: what it costs more (negative: less) than usual, expected or allowed, over `over`."""

    id: str
    section: str  # one of SECTIONS
    kind: str  # in words: "Runaway job", "Idle", "Mover"
    subject: str
    what: str  # one sentence
    why: str
    do: str
    amount: float
    over: str  # the days, or the month, that the amount is of
    owner: str
    business_unit: str
    team: str
    first: str
    last: str  # the newest day on which it was seen
    evidence: tuple[dict, ...] = ()
    workload: str = ""  # of waste: whose resource it is
    sure: bool = True
    notes: tuple[str, ...] = ()  # dated notes on it
    answered: Answered | None = None

    @property
    def state(self) -> str:
        """What was answered, in words; "" where nobody has."""
        if self.answered is None:
            return ""
        words = self.answered.words()
        return f"{words}; it is still there" if self.answered.answer == "done" else words


def of_alert(alert: Alert) -> Item:
    """An alert as an item; its rows are what moved, SKU by SKU."""
    lines = [
        {
            "workload": line["x_Workload"],
            "SkuId": line["SkuId"],
            "volume": line["volume"],
            "mix": line["mix"],
            "rate": line["rate"],
            "change": line["change"],
        }
        for line in alert.parts.get("lines", [])
    ]
    return Item(
        id=alert.id,
        section=ALERTS,
        kind=NAMES[alert.kind],
        subject=alert.subject,
        what=clean(alert.what),
        why=clean(alert.why),
        do=clean(alert.do),
        amount=alert.severity,
        over=alert.start if alert.start == alert.end else f"{alert.start} to {alert.end}",
        owner=owner_of(alert.team, alert.business_unit),
        business_unit=alert.business_unit,
        team=alert.team,
        first=alert.start,
        last=alert.end,
        evidence=tuple(lines) or ({"actual": alert.actual, "expected or allowed": alert.expected},),
    )


def of_mover(mover: Mover, week: Week, currency: str) -> Item:
    """A workload whose week was unlike its usual one."""
    amount = float(mover.change)
    name = clean(spoken(mover.workload))
    if mover.usual <= 0:
        size = "nothing in the weeks before"
    else:
        size = f"{percent(abs(amount) / mover.usual)} {'more' if amount > 0 else 'less'} than its usual week of {money(mover.usual, currency)}"
    lines = mover.parts.lines.head(LINES)
    evidence = tuple(
        {
            "workload": str(line["x_Workload"]),
            "SkuId": str(line["SkuId"]),
            "volume": float(line["volume"]),
            "mix": float(line["mix"]),
            "rate": float(line["rate"]),
            "change": float(line["change"]),
        }
        for line in lines.to_dict("records")
    )
    named = owner_of(mover.team or mover.business_unit)
    who = "the owner" if named == NOBODY else named
    if mover.parts.main == "rate" and abs(mover.parts.rate) > 0:
        do = "Check the price of the SKU against the contract, and whether a discount or commitment ended."
    elif amount > 0:
        do = f"Ask {clean(who)} what grew, and whether it stays; if it stays, the forecast has to know."
    else:
        do = f"Ask {clean(who)} what shrank, and whether it stays; if it stays, lower the forecast."
    return Item(
        id=identity(
            "mover", "workload", mover.workload, "up" if amount > 0 else "down", week.first
        ),
        section=MOVERS,
        kind="Mover",
        subject=mover.workload,
        what=f"{name} cost {money(mover.cost, currency)} from {week.first} to {week.last}, {size}.",
        why=why_of(mover.parts, currency),
        do=do,
        amount=amount,
        over=f"{week.first} to {week.last}",
        owner=owner_of(mover.team, mover.business_unit),
        business_unit=mover.business_unit,
        team=mover.team,
        first=week.first,
        last=week.last,
        evidence=evidence,
    )


def of_waste(line: Waste, month: str, last: str) -> Item:
    """A line of waste of a month: what it cost in it. The same resource and kind have one id as long as it lasts."""
    subject = line.resource or line.workload
    kind = f"{line.kind[:1].upper()}{line.kind[1:]}"
    of = f" ({clean(spoken(line.workload))})" if line.workload and line.resource else ""
    since = f"; some of it since {in_words(line.since)}" if line.since else ""
    return Item(
        id=identity("waste", line.kind, line.resource, line.workload, line.since),
        section=WASTE,
        kind=kind,
        subject=subject,
        what=(
            f"{money(line.month_cost, line.currency)} of {month_name(month)} for {clean(spoken(subject))}{of} "
            f"bought nothing{since}."
        ),
        why=clean(line.why).rstrip("."),
        do=DO[line.category],
        amount=line.month_cost,
        over=month_name(month),
        owner=owner_of(line.owner, line.team, line.unit),
        business_unit=line.unit,
        team=line.team,
        first=line.since,
        last=last,
        evidence=tuple(line.evidence[-LINES:]),
        workload=line.workload,
        sure=line.sure,
    )


def owner_of(*names: str) -> str:
    """Person, team and unit that are named, in this order.

    >>> owner_of("", "All"), owner_of("search", "Product"), owner_of("(untagged)", "Product")
    ('nobody is named', 'search, Product', 'Product')
    """
    words = [name for name in names if name and name != "All" and not name.startswith("(un")]
    return ", ".join(dict.fromkeys(words)) or NOBODY


def once_each(items: Sequence[Item]) -> list[Item]:
    """Items without what an alert tells already: a mover of the same workload, days and direction; waste of the same kind and workload."""
    told = [one for one in items if one.section == ALERTS]

    def known(one: Item) -> bool:
        if one.section == WASTE:
            return any(
                SAME.get(alert.kind) == one.kind
                and alert.subject in (one.subject, one.workload)
                and alert.first <= one.last
                for alert in told
            )
        return one.section == MOVERS and any(
            alert.subject == one.subject
            and alert.first <= one.last
            and one.first <= alert.last
            and (alert.amount > 0) == (one.amount > 0)
            for alert in told
        )

    return [one for one in items if not known(one)]


def with_answers(
    items: Iterable[Item], answers: Mapping[str, Answered]
) -> tuple[list[Item], list[Item]]:
    """(items with what was answered, items that are done). Done: answered so, and not seen on a day after the answer.

    Waste is known by whole months: what it cost in the month of the answer may be of days before it.
    """
    kept: list[Item] = []
    gone: list[Item] = []
    for one in items:
        said = answers.get(one.id)
        if said is not None:
            one = replace(one, answered=said, owner=said.owner or one.owner)
        length = len("2026-10") if one.section == WASTE else len("2026-10-31")
        closed = (
            said is not None and said.answer == "done" and one.last[:length] <= said.on[:length]
        )
        (gone if closed else kept).append(one)
    return kept, gone


def in_order(items: Iterable[Item]) -> list[Item]:
    """By section, the most money first."""
    return sorted(items, key=lambda one: (SECTIONS.index(one.section), -abs(one.amount), one.id))
