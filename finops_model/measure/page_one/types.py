"""Keys of the brief that page one shows. Light: nothing but `typing` is imported.

Money is float64 in the brief's currency; a variance is value − budget, so + is over. Shares are fractions.
"""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, NotRequired, TypedDict


class Materiality(TypedDict):
    """From which variance on a line is named and coloured (settings `materiality`).

    A variance is material where it is at least `of_line` of the line's budget and at least `least`, which is
    `of_company` of the company's budget of the year; without a budget nothing is.
    """

    of_line: float
    of_company: float
    least: float | None


class PeriodLine(TypedDict):
    """A quarter or a year: what is booked and the mean of what is to come."""

    period: str  # Q1 2026, FY2026
    kind: Literal["quarter", "year"]
    state: Literal["actual", "part", "forecast"]  # all of it booked, some of it, none
    booked: int  # months booked
    months: int
    value: float | None  # None: nothing can be said
    p10: float | None  # None where all is booked or there is no range
    p90: float | None
    budget: float | None  # None: not every month of it has one
    variance: float | None
    material: bool
    last_forecast: float | None  # of the same period, as the last report had it (mean)
    since_last: float | None  # value − last_forecast
    last_year: (
        float | None
    )  # cost of the same period a year before, None where not all of it is known
    growth: float | None  # value / last_year − 1


class YearToDate(TypedDict):
    """The fiscal year so far; of a part month both sides stop at the same day."""

    period: str
    until: str  # YYYY-MM-DD
    value: float
    budget: float | None
    variance: float | None
    material: bool
    last_year: float | None  # the same days a year before


class Periods(TypedDict):
    """The table by quarter and year, this fiscal year and the next."""

    lines: list[PeriodLine]
    year_to_date: YearToDate
    last_report: str | None  # YYYY-MM of the report that last_forecast is of
    last_source: Literal["published", "re-created", "none"]
    sentence: str  # "$145k over budget by October 2026. FY2027 needs $12.9m, if nothing changes."


class NextMonthPart(TypedDict):
    """A step from this month to the next."""

    what: str  # "a day less", "pretraining-experiments rests"
    amount: float


class NextMonth(TypedDict):
    """Why the next month is under or over this one: parts add up to the change of the mean."""

    month: str
    value: float  # mean
    change: float
    parts: list[NextMonthPart]
    sentence: str


class ChangeLine(TypedDict):
    """A change since the last report, in words a leader reads."""

    what: str  # "October cost", "FY2026", "Budget", "September restated"
    change: float | None
    sentence: str


class SinceReport(TypedDict):
    """What changed since the last report."""

    month: str | None  # of the last report, None: this is the first
    lines: list[ChangeLine]


class Later(TypedDict):
    """What happened since a report: of its fiscal year, as of a later day. In the archive's index, never on the published page."""

    as_of: str
    days: int
    period: str
    p10: float | None
    p50: float | None
    p90: float | None
    sentence: str


class Carrier(TypedDict):
    """A part of the company in the futures that go over the year's budget."""

    part: str
    kind: str  # measure/budget/parts.py: unit, no budget, no spend, no unit
    mean: float  # mean of landing − budget in these futures
    decisive: (
        float | None
    )  # share of these futures in which the company had held, had this part landed on its budget
    material: bool


class Carriers(TypedDict):
    """What carries the overrun; `parts` add up to `mean_overrun`."""

    period: str
    futures: int
    over: int  # futures over the budget
    mean_overrun: float
    parts: list[Carrier]  # all of them, the largest first
    sentence: str


class DecisionDue(TypedDict):
    """A decision with its last useful day."""

    by: str  # YYYY-MM-DD
    what: str
    kind: Literal["commitment ends", "what-if", "runs out", "stated"]
    period: str | None  # what `saves` is of: FY2027
    saves: float | None  # mean; negative: it costs
    p10: float | None
    p90: float | None
    if_nothing: str  # "40 GPUs go on demand: +40k a month"; "" where nothing is known
    owner: str
    source: str  # where it stands: the inventory, scenarios/20_smaller_model.yaml


class WayBack(TypedDict):
    """What one decision alone does about a year that is likely over its budget, in 8 of 10 futures (P80)."""

    period: str
    quantile: float  # P80 if nothing is decided
    over: float  # of it above the budget
    tried: int  # what-ifs that can still be decided
    best: str | None  # the one that leaves P80 lowest; None where none lowers it
    by: str | None  # its last useful day
    best_quantile: float | None
    best_over: float | None  # 0 or below: it brings P80 under the budget
    sentence: str


class CommitmentHeld(TypedDict):
    """A commitment in force at the end of the month, or ended in it."""

    name: str
    what: str  # 40 H100 GPUs an hour
    vendor: str
    ends: str
    days_left: int
    cost: float | None  # of the month, EffectiveCost
    used: float | None  # share of what was paid that was used in the month
    unused: float | None  # money of the month
    unused_year_to_date: float | None


class VendorLine(TypedDict):
    """A vendor's part of the month."""

    vendor: str
    actual: float
    share: float | None
    previous: float | None
    year_to_date: float


class CashLine(TypedDict):
    """What was billed and what it cost, of a month or of the year to date."""

    period: str
    billed: float | None  # BilledCost, None where an issuer's is not known
    expense: float  # EffectiveCost
    difference: float | None


class Cash(TypedDict):
    """Cash beside expense."""

    lines: list[CashLine]
    sentence: str


class PageOne(TypedDict):
    """All that page one shows besides the keys that the brief had before."""

    materiality: Materiality
    periods: NotRequired[Periods]
    next_month: NotRequired[NextMonth]
    since_report: NotRequired[SinceReport]
    carriers: NotRequired[Carriers]  # the company's
    decisions: NotRequired[list[DecisionDue]]
    way_back: NotRequired[WayBack]  # the company's, where its year is likely over
    commitments: NotRequired[list[CommitmentHeld]]  # the company's
    vendors: NotRequired[list[VendorLine]]
    kpis: NotRequired[list[str]]  # names of the unit costs that stand on it
    cash: NotRequired[Cash]


class AdvisedLine(TypedDict):
    """A recommendation, with its expected saving; none of it is booked."""

    id: str
    what: str
    why: str
    owner: str
    since: str
    saves: float  # a month, first 12 months from its start
    in_year: float  # fiscal year under way, net of what it costs once
    p10: float
    p90: float
    sure: bool  # False: the facts allow it and do not prove it; not counted in the figures of all


class Advised(TypedDict):
    """What is recommended, largest first; the figures of all are those of their joint run."""

    count: int
    asked: int  # ideas that the facts allow and do not prove: not counted
    saves: float
    in_year: float
    p10: float
    p90: float
    paths: int
    lines: list[AdvisedLine]
