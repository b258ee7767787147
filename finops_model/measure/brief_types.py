"""Every key of the brief of a unit and month, typed (docs/architecture.md §5); `brief.schema.json` is made from this by scripts/brief_schema.py.

Light, nothing but `typing` is imported: the kernel of the dashboard reads it. NotRequired: only some briefs have the key, or published briefs of
older versions lack it (readers give it its default, docs/compatibility.md). Money is float64 in the brief's currency, `*_pct` and shares are
fractions; amounts that must tie out to the cent are decimal text.
"""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Any, Literal, NotRequired, TypedDict

from .accuracy_types import Accuracy
from .allocation.types import Allocation
from .basis.types import Basis
from .bridge.types import Bridged
from .budget.types import Fiscal
from .change.types import ByProphet, DatedNote, Expected, Growth, Moved, WhatIf
from .cycle.types import UnitCost, UnitCostTie
from .page_one.types import Advised, PageOne
from .quality.types import QualityCard
from .realised.types import ActionsOf
from .runout.types import RunoutRow
from .wasted.types import WasteFound

Status = Literal["flash", "preliminary", "final"]


class TieOutRow(TypedDict):
    """An issuer's invoice beside the ledger, decimal text."""

    issuer: str
    billing_period: str
    invoice: str | None
    ledger: str
    quarantined: str
    difference: str | None
    not_compared: NotRequired[str]  # why: BilledCost is not known of the issuer


class TieOut(TypedDict):
    """Invoices beside the ledger, decimal text."""

    rows: list[TieOutRow]
    invoice_total: str | None
    ledger_total: str
    quarantined: str
    difference: str | None
    note: str


class Source(TypedDict):
    """A source still billing, and how far it is complete."""

    source: str
    step: str
    complete: str
    waited_for: bool


class LeftOut(TypedDict):
    """Money that totals leave out, and why."""

    what: str
    amount: float
    why: str


class AfterCredits(TypedDict):
    """The year's figures less its credits."""

    year_to_date: float
    booked: float
    p10: float | None
    p50: float | None
    p90: float | None
    mean: float | None


class YearOutside(TypedDict):
    """Tax and credits of the fiscal year so far."""

    period: str
    until: str
    items: list[LeftOut]
    tax: float
    credits: float
    after_credits: AfterCredits


class Budget(TypedDict):
    """The approved budget of the unit."""

    version: str
    approved_by: str
    approved_on: str
    month: float | None
    year: float | None
    by_month: dict[str, float]


class Actual(TypedDict):
    """What was spent: EffectiveCost before credits and tax."""

    month: float
    previous_month: float | None
    previous_same_days: NotRequired[float | None]
    year_to_date: float
    by_month: dict[str, float]
    partial_months: list[str]
    by_day: NotRequired[dict[str, float]]  # where nothing is forecast


class PreviousForecast(TypedDict):
    """The forecast of the month made one month before."""

    made: str
    p10: float
    p50: float
    p90: float
    actual: float | None
    source: Literal["published", "re-created"]
    error_pct: float | None
    inside: bool | None


class Override(TypedDict):
    """A number set by hand for a month of the unit."""

    value: float
    by: str
    because: str


class WorkloadOverride(Override):
    """A number set by hand for a month of a workload."""

    workload: str
    month: str
    p50: float


class Spread(TypedDict):
    """P5 to P95 and the mean of totals."""

    p05: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float
    mean: float


class ForecastMonth(Spread):
    """A month of the horizon."""

    month: str
    so_far: float
    budget: float | None
    overrun_probability: float | None
    override: NotRequired[Override | None]


class Forecast(TypedDict):
    """The forecast of the unit by month."""

    paths: int
    seed: int
    engine: str
    months: list[ForecastMonth]
    reason: NotRequired[str | None]


class Landing(TypedDict):
    """Where the fiscal year lands against its budget."""

    period: str
    last: NotRequired[str | None]
    closed: NotRequired[bool]
    no_width: NotRequired[bool]
    booked: float
    booked_so_far: NotRequired[float]
    p10: float | None
    p50: float | None
    p90: float | None
    mean: float | None
    budget: float | None
    overrun_probability: float | None
    overrun_standard_error: NotRequired[float | None]
    breach_month: str | None
    breach_earliest: NotRequired[str | None]
    breach_latest: NotRequired[str | None]
    holdback_p80: float | None
    why_none: NotRequired[str | None]


class Change(TypedDict):
    """What moved of a workload from the month before."""

    name: str
    previous: float
    current: float
    change: float
    volume: float
    price: float


class RangeShare(TypedDict):
    """A workload's share of the variance of the forecast."""

    name: str
    share: float


class Drivers(TypedDict):
    """What moved the month, and what the range comes from."""

    change: list[Change]
    range: list[RangeShare]


class Line(TypedDict):
    """Quantity × unit price of a month."""

    month: str
    workload: str
    service: str
    sku: str
    unit: str
    quantity: float
    unit_price: float
    cost: float


class Team(TypedDict):
    """A team in the table of a company that is not divided into units; "" is cost without a team."""

    team: str
    actual: float
    previous_month: float | None
    year_to_date: float
    share: float | None


class Child(TypedDict):
    """A unit in the company's table; slug None: it has no report."""

    unit: str
    slug: str | None
    kind: NotRequired[Literal["unit", "no budget", "no spend", "no unit"]]
    actual: float
    budget: float | None
    landing_p10: float | None
    landing_p50: float | None
    landing_p90: float | None
    landing_mean: NotRequired[float | None]
    year_budget: NotRequired[float | None]
    over: NotRequired[float | None]
    overrun_probability: float | None


class MoreUnits(TypedDict):
    """The units beyond the dozen, as one line."""

    unit: str
    units: list[str]
    kind: str
    actual: float | None
    budget: float | None
    landing_mean: float | None
    year_budget: float | None
    over: float | None
    landing_p10: float | None
    landing_p50: float | None
    landing_p90: float | None
    overrun_probability: float | None


class Reason(TypedDict):
    """What carries the company over its year's budget, or keeps it inside."""

    over: float
    title: str
    sentence: str


class Assumption(TypedDict):
    """An assumption or decision of the base scenario."""

    text: str
    value: Any
    kind: str
    source: str
    owner: str
    review_by: str
    stale: bool


class Quality(TypedDict):
    """What a reader should know about the data."""

    what: str
    amount: float
    share: float | None
    note: str


class People(TypedDict):
    """Who prepared and who reviewed the report."""

    prepared_by: str
    reviewed_by: str


class Lineage(TypedDict):
    """What the numbers were made from: hashes, seed, engine, versions; a file that was not given has none."""

    ledger: str
    scenario: str
    budgets: NotRequired[str]
    invoices: NotRequired[str]
    organisation: NotRequired[str]
    commitments: NotRequired[str]
    known: NotRequired[str]
    drivers: NotRequired[str]
    code: str
    lock: str
    python: str
    seed: int
    paths: int
    engine: str


class Restated(TypedDict):
    """A month that was published as another figure."""

    month: str
    unit: str
    published: float
    status: str
    told: str
    now: float
    difference: float


class CountedTwice(TypedDict):
    """A commitment that the bill counts twice, decimal text."""

    commitment: str
    issuer: str
    billing_period: str
    category: str
    what: str
    purchase: str
    use: str
    billed: str
    currency: str
    set_aside: bool


class BilledElsewhere(TypedDict):
    """Use of one month in the bill of another, decimal text."""

    used: str
    billed: str
    currency: str
    amount: str


class Entity(TypedDict):
    """The legal entity whose report it is."""

    name: str
    unit: str
    currency: str
    note: str


class Purchased(TypedDict):
    """A month of a purchase of the base scenario, as the paths expect it."""

    name: str
    way: str
    formula: str  # how it is priced, in words
    month: str
    parts: dict[str, float]  # money by what it is for
    cost: float
    billed: float


class Brief(TypedDict):
    """The brief of one unit and month."""

    schema: int
    company: str
    unit: str
    slug: str
    month: str
    currency: str
    status: Status
    status_reason: str
    data_as_of: str
    complete: NotRequired[list[Source]]
    first_day: str | None
    headline: str
    summary: list[str]
    tie_out: TieOut
    ledger_rows: int
    ledger_all_time: str
    basis: NotRequired[Basis]
    restated: NotRequired[list[Restated]]
    counted_twice: NotRequired[list[CountedTwice]]
    billed_elsewhere: NotRequired[list[BilledElsewhere]]
    excluded: list[LeftOut]
    year_outside: NotRequired[YearOutside]
    not_forecast: NotRequired[list[LeftOut]]
    budget: Budget | None
    actual: Actual
    fiscal: NotRequired[Fiscal]  # where the company's year is weeks
    growth: NotRequired[Growth]
    previous_forecast: PreviousForecast | None
    forecast: Forecast
    by_hand: NotRequired[list[WorkloadOverride]]
    landing: Landing
    moved: NotRequired[list[Moved]]
    by_prophet: NotRequired[ByProphet]  # where it was asked for and differs
    expected: NotRequired[list[Expected]]  # of fiscal years and the next month, for later bridges
    drivers: Drivers
    bridge: NotRequired[list[Bridged]]  # the month before → the month; budget → year to date
    dated_notes: NotRequired[list[DatedNote]]  # where the workspace has some on these months
    unit_costs: list[UnitCost]
    unit_cost_tie: NotRequired[UnitCostTie | None]
    waste: NotRequired[WasteFound]  # where some is found
    advice: NotRequired[Advised]  # the company's, where something is recommended
    actions: NotRequired[ActionsOf]  # the company's, where there is a table of actions
    accuracy: Accuracy
    what_ifs: list[WhatIf]
    purchases: NotRequired[list[Purchased]]  # where the base scenario buys something
    lines: list[Line]
    children: list[Child]
    teams: NotRequired[list[Team]]  # the company's, where the bill says teams and no units
    allocation: NotRequired[Allocation]  # the company's: shared cost, dimensions
    more_units: NotRequired[MoreUnits]  # the company's, where its table would be too long
    reason: NotRequired[Reason | None]  # the company's
    assumptions: list[Assumption]
    runout: NotRequired[list[RunoutRow]]  # of a unit its budget; of the company all of it
    page_one: NotRequired[PageOne]
    quality: list[Quality]
    quality_card: NotRequired[QualityCard]  # the company's, or an entity's
    people: People
    lineage: Lineage
    entity: NotRequired[Entity]  # of an entity
