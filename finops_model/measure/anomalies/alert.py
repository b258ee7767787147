"""An alert: what happened, how much money it is, whose it is, and what to do (docs/method §12)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from ...units import spell
from ...wording.workload import spoken
from ..words import money, percent
from .detect import Episode, identity
from .parts import Attribution

KINDS = ("spend", "runaway", "hourly", "quota", "pace", "forecast", "commitment", "runout", "gap")
NAMES = {
    "spend": "Spend",
    "runaway": "Runaway job",
    "hourly": "Use by the hour",
    "quota": "Quota",
    "pace": "Budget pace",
    "forecast": "Forecast missed",
    "commitment": "Commitment unused",
    "runout": "Runs out",
    "gap": "No data",
}
# What an alert can be about, and its column in daily facts.
DIMENSIONS = {
    "workload": "x_Workload",
    "team": "x_Team",
    "sku": "SkuId",
    "service": "ServiceName",
    "business unit": "x_BusinessUnit",
    "model": "x_Model",
    "environment": "x_Environment",
    "account": "BillingAccountId",
}
TWICE = 2.0  # GPU-hours of a runaway job ÷ expected
LINES = 6  # SKU lines kept with an alert


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing to look at. Money in the ledger's currency; `severity` is what it costs more (negative: less) than expected or allowed."""

    kind: str  # one of KINDS
    dimension: (
        str  # workload, team, sku, business unit, service, commitment, balance, quota, Company
    )
    subject: str
    direction: str  # up, down
    start: str  # YYYY-MM-DD
    end: str
    ongoing: bool
    severity: float
    actual: float
    expected: float  # or the limit: quota, pace, P90, purchased
    what: str  # one sentence
    do: str  # one sentence
    why: str = ""  # what rose
    business_unit: str = ""
    team: str = ""
    score: float | None = None
    hours: float = 0.0  # GPU-hours of the episode, and expected
    hours_expected: float = 0.0
    parts: dict = field(default_factory=dict)  # volume, mix, rate, lines
    folded: tuple[str, ...] = ()  # wider subjects that saw the same thing

    @property
    def id(self) -> str:
        """The same as long as kind, subject, direction and first day are."""
        kind = (
            "spend" if self.kind == "runaway" else self.kind
        )  # a job seen first by its money, then by its hours, is one thing
        return identity(kind, self.dimension, self.subject, self.direction, self.start)

    @property
    def owner(self) -> str:
        """Team and unit in words."""
        words = [word for word in (self.team, self.business_unit) if word and word != "All"]
        return ", ".join(dict.fromkeys(words)) or "nobody is named"

    def as_dict(self) -> dict:
        """Plain data, id first."""
        return {"id": self.id, **asdict(self), "folded": list(self.folded), "owner": self.owner}


def parts_of(drivers: Attribution) -> dict:
    """An attribution as plain data: the three effects, and the largest lines; the rest is one line, so that lines add up too."""
    columns = [
        "x_Workload",
        "x_Team",
        "x_BusinessUnit",
        "ServiceName",
        "SkuId",
        "volume",
        "mix",
        "rate",
        "change",
    ]
    lines = drivers.lines[columns].to_dict("records")
    numbers = ("volume", "mix", "rate", "change")
    rest = lines[LINES:]
    if rest:
        names = {name: "" for name in columns if name not in numbers} | {
            "SkuId": f"{len(rest)} others"
        }
        lines = lines[:LINES] + [
            names | {name: sum(line[name] for line in rest) for name in numbers}
        ]
    return {"volume": drivers.volume, "mix": drivers.mix, "rate": drivers.rate, "lines": lines}


def why_of(drivers: Attribution, currency: str) -> str:
    """What rose, in words: the three effects in money, and the line with most of the change. An effect under a tenth of it is not told."""
    total = drivers.volume + drivers.mix + drivers.rate
    if not len(drivers.lines) or not total:
        return ""
    names = {"volume": "use", "mix": "mix of SKUs", "rate": "price per unit"}
    changes = [
        f"{names[name]} {_signed(getattr(drivers, name), currency)}"
        for name in names
        if abs(getattr(drivers, name)) >= 0.1 * abs(total)
    ]
    top = drivers.lines.iloc[0]
    where = " / ".join(
        dict.fromkeys(
            word
            for word in (
                spoken(str(top["x_Workload"])),
                str(top["SkuId"]) or str(top["ServiceName"]),
            )
            if word
        )
    )
    return f"{', '.join(changes)}; most in {where} ({_signed(float(top['change']), currency)})"


def _signed(value: float, currency: str) -> str:
    return f"{'+' if value >= 0 else '−'}{money(abs(value), currency)}"


def from_episode(
    episode: Episode, drivers: Attribution, owner: dict, currency: str, job: bool = False
) -> Alert:
    """The alert of a spend episode. job: its GPU-hours are away from their own history on the same days.

    A runaway job: GPU-hours at least twice what was expected, and most of the money from them.
    """
    up = episode.direction == "up"
    gpu = drivers.lines[
        [bool(unit) and spell(unit) == "GPU-hours" for unit in drivers.lines["ConsumedUnit"]]
    ]
    hours, before = float(gpu["quantity"].sum()), float(gpu["quantity_before"].sum())
    runaway = job and up and hours >= TWICE * before and gpu["change"].sum() >= 0.5 * episode.excess
    times = episode.actual / episode.expected if episode.expected > 0 else None
    span = f"{episode.start} to {episode.end}" if episode.days > 1 else f"on {episode.start}"
    size = (
        "with nothing expected"
        if times is None
        else f"{times:.1f} times what was expected"
        if times >= 1.95
        else f"{percent(abs(times - 1))} {'more' if up else 'less'} than expected"
    )
    said = f"{episode.subject} cost {money(episode.actual, currency)} {span}, {size}"
    if runaway:
        said += f"; {hours:,.0f} GPU-hours instead of {before:,.0f}"
    names = (owner.get("team"), owner.get("business_unit"))
    who = next((name for name in names if name and not name.startswith("(un")), "the owner")
    if runaway:
        do = f"Ask {who} whether the job should run; stop it, or cap it with a quota."
    elif not up:
        do = f"Ask {who} whether the use was stopped on purpose; if yes, record it as expected and lower the forecast."
    elif drivers.main == "rate":
        do = "Check the price of the SKU against the contract, and whether a discount or commitment ended."
    elif drivers.main == "mix":
        do = f"Ask {who} why the dearer SKU is used; route back where the cheaper one is good enough."
    else:
        do = f"Ask {who} what was started or launched; if it is meant, record it as expected and add it to the forecast."
    return Alert(
        kind="runaway" if runaway else episode.kind,
        dimension=episode.dimension,
        subject=episode.subject,
        direction=episode.direction,
        start=episode.start,
        end=episode.end,
        ongoing=episode.ongoing,
        severity=episode.excess,
        actual=episode.actual,
        expected=episode.expected,
        what=said + ".",
        do=do,
        why=why_of(drivers, currency),
        business_unit=owner.get("business_unit", ""),
        team=owner.get("team", ""),
        score=episode.score,
        hours=hours,
        hours_expected=before,
        parts=parts_of(drivers),
    )
