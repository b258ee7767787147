"""Who bears a period, entity by entity: gathered from a workspace for statements, the journal and `finops chargeback` (docs/method §14.40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, LedgerError, unknown
from ...facts.daily import warehouse
from ...facts.daily.allocate import UNTAGGED
from ...facts.plans import read as plans
from ...facts.plans import together
from ...measure.allocation import shared
from ...measure.allocation.types import Shared
from ...measure.books import intercompany, statements
from ...measure.books.statements import Home, Statement
from ...periods import MONTH, Calendar, Period, month_name
from ...prices.settle.cents import digits
from ...progress import Progress
from ...settings import Pool, Settings, column_of
from ...wording import statements as words
from .. import close


@dataclass(frozen=True)
class Bearers:
    """What one entity was billed of a period, by who bears it.

    entity      the name of who was billed;  named: whether finops.yaml names it
    lines       of `statements.lines`, those of the period before in `before` (None: it has no data)
    cost        team -> its cost as billed, before any of it was shared
    rules       pool -> the way it was given out; "(idle)" and "(unused)": who bears them, in words
    """

    entity: str
    named: bool
    currency: str
    period: Period
    as_of: str
    mode: str
    by: str
    shared: Shared
    lines: pd.DataFrame
    before: pd.DataFrame | None
    earlier: Period
    statements: list[Statement]
    cost: dict[str, Decimal] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The period for readers."""
        return name_of(self.period)

    @property
    def before_name(self) -> str:
        """The period before for readers; of a period under way as many of its days, and to which."""
        until = f" to {self.earlier.end - 1}" if self.earlier.partial else ""
        return f"{name_of(self.earlier)}{until}"

    @property
    def partial(self) -> bool:
        """Whether the period is under way."""
        return bool(np.datetime64(self.as_of, "D") + 1 < self.period.end)

    @property
    def pairs(self) -> pd.DataFrame:
        """What other legal entities bear (intercompany.PAIRS)."""
        return intercompany.pairs(self.lines, self.entity, self.currency, self.period.name)

    def as_dict(self) -> dict[str, Any]:
        """As `finops chargeback --json` gives it: money is decimal text."""
        return {
            "month": self.period.name,
            "as_of": self.as_of,
            "currency": self.currency,
            **({"entity": self.entity} if self.named else {}),
            "mode": self.mode,
            **self.shared,
        }


def name_of(period: Period) -> str:
    """A period for readers: the month in words, else its name."""
    return month_name(period.name) if MONTH.fullmatch(period.name) else period.name


def of_company(
    settings: Settings,
    month: str | None = None,
    pool: str | None = None,
    progress: Progress | None = None,
) -> list[Bearers]:
    """Of each entity that has data of the month, one by one; of a workspace without entities its own.

    month   None: the newest that is complete in every entity

    Raises InputError or LedgerError: a name that is not known, a month that no entity has.
    """
    parts = settings.parts()
    if month is not None and settings.of_weeks and not MONTH.fullmatch(month):
        return _of_weeks(parts, settings.calendar_of().named(month), pool, progress)
    if month is None:
        known = [
            close.pick_month(close.books(one, progress), None, time_zone=one.time_zone)[0]
            for one in parts
        ]
        month = min(known)
    found: list[Bearers] = []
    problem: LedgerError | None = None
    for one in parts:
        try:
            picked, as_of = close.pick_month(
                close.books(one, progress), month, time_zone=one.time_zone
            )
        except LedgerError as refused:
            problem = problem or refused
            continue
        found.append(
            of_period(
                one, Calendar().period_of(f"{picked}-01"), as_of, pool=pool, progress=progress
            )
        )
    if not found and problem is not None:
        raise problem
    return found


def _of_weeks(
    parts: list[Settings], period: Period, pool: str | None, progress: Progress | None
) -> list[Bearers]:
    """Of each entity that has data of a period of weeks. Raises LedgerError where none has."""
    found, reach = [], []
    for one in parts:
        there = close.books(one, progress).complete(one.time_zone)
        first, newest = (np.datetime64(day, "D") for day in (there.first_day, there.newest))
        reach.append(f"{first} to {newest}")
        if first < period.end and newest >= period.start:
            last = str(min(period.end - 1, newest))
            found.append(of_period(one, period, last, pool=pool, progress=progress))
    if not found:
        raise LedgerError(
            f"{period.name} is {period.start} to {period.end - 1}, and the ledger has no data of it; it holds {reach[0]}. "
            "Choose a period in it, or take the missing bill in: finops ingest FILE."
        )
    return found


def of_period(
    settings: Settings,
    period: Period,
    as_of: str,
    *,
    earlier: Period | None = None,
    pool: str | None = None,
    progress: Progress | None = None,
) -> Bearers:
    """Of one entity (settings of one, or of a workspace without): lines and statements of a period.

    Parameters
    ----------
    settings : Settings
        Of the entity.
    period : Period
        A month, or a period of the company's calendar.
    as_of : str
        The newest day that counts, YYYY-MM-DD.
    earlier : Period, optional
        The period before; None: that of the company's calendar.
    pool : str, optional
        A team that is tried as the only pool, in proportion to cost.
    progress : callable, optional
        Of the long parts.

    Returns
    -------
    Bearers
        Statements add up to the entity's EffectiveCost of the period, to the cent.

    Raises
    ------
    InputError
        A team, driver, dimension or legal entity that is not known.

    Source
    ------
    docs/method §14.40.
    """
    ledger = close.books(settings, progress)
    everything = warehouse.daily(ledger, settings)
    settings = _tried(settings, pool, everything)
    drivers = plans.read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    shared.check(settings, everything)
    shared.check_drivers(settings, drivers)
    homes = homes_of(settings)
    entity = settings.own.name if settings.own else settings.company
    column = _entity_column(settings, everything)
    daily = close.up_to(everything, as_of)
    asked, coins = settings.shared_cost, digits(settings.currency)

    def lines(when: Period, until: str) -> tuple[shared.Borne, pd.DataFrame]:
        borne = shared.borne(settings, close.up_to(everything, until), drivers, when, until)
        each = statements.lines(
            borne, asked, homes, billed=entity, entity_column=column, digits=coins
        )
        return borne, each

    borne, found = lines(period, as_of)
    earlier = _cut(earlier or _earlier(settings, period), period, as_of)
    whole = len(daily) and daily["ChargeDate"].min() <= pd.Timestamp(earlier.start)
    before = lines(earlier, str(earlier.end - 1))[1] if whole else None
    wanted = settings.chargeback
    budgets = _budgets(settings, period, as_of, found)

    def cost(by: str) -> dict[str, Decimal]:
        return statements.before_sharing(
            borne, homes, by, billed=entity, entity_column=column, digits=coins
        )

    return Bearers(
        entity=entity,
        named=settings.own is not None,
        currency=settings.currency,
        period=period,
        as_of=as_of,
        mode=wanted.mode,
        by=wanted.by,
        shared=shared.table(settings, borne),
        lines=found,
        before=before,
        earlier=earlier,
        statements=statements.statements(found, wanted.by, before, budgets, cost(wanted.by)),
        cost=cost("team"),
        rules={
            **borne.found.used,
            "(idle)": words.IDLE[asked.idle],
            "(unused)": words.UNUSED[asked.unused_commitment],
        },
    )


def _tried(settings: Settings, pool: str | None, daily: pd.DataFrame) -> Settings:
    """The settings with one pool instead of their own."""
    if pool is None:
        return settings
    teams = sorted({*map(str, daily["x_Team"])} - {UNTAGGED})
    if pool not in teams:
        raise InputError(unknown("--pool", "team", pool, teams))
    alone = settings.shared_cost.model_copy(update={"pools": {pool: Pool()}})
    return settings.model_copy(update={"shared_cost": alone})


def homes_of(settings: Settings) -> dict[str, Home]:
    """team -> where it belongs, of the organisation file. Raises InputError for a legal entity that finops.yaml does not name."""
    if settings.organisation is None:
        if settings.chargeback.by == "cost_center":
            raise InputError(
                "finops.yaml: chargeback/by: cost_center, and there is no organisation file to say them. "
                "Name one (organisation:) with a column cost_center."
            )
        return {}
    path = settings.path(settings.organisation)
    frame = plans.read_organisation(path)
    if settings.chargeback.by == "cost_center" and not any(frame["cost_center"]):
        raise InputError(
            f"{path.name}: finops.yaml wants statements by cost_center, and the file has none. "
            "Add a column cost_center."
        )
    return {
        str(one.team): Home(
            str(one.cost_center),
            str(one.business_unit),
            entity_named(
                settings, str(one.legal_entity), f"{path.name}: line {one.line}: legal_entity"
            ),
        )
        for one in frame.itertuples(index=False)
    }


def entity_named(settings: Settings, name: str, where: str) -> str:
    """A legal entity as finops.yaml spells it; any name where it names none. Raises InputError with the nearest."""
    if not name or not settings.entities:
        return name
    own = settings.entity(name, where).own
    return own.name if own else name


def _entity_column(settings: Settings, daily: pd.DataFrame) -> str | None:
    """The column of `chargeback: entity_of`, its values held to be entities."""
    name = settings.chargeback.entity_of
    if name is None:
        return None
    where = "finops.yaml: chargeback/entity_of"
    if name not in settings.dimensions:
        do = "" if settings.dimensions else "Declare it (dimensions: of finops.yaml)."
        raise InputError(unknown(where, "dimension", name, sorted(settings.dimensions), do))
    column = column_of(name)
    if settings.entities:
        known = [one.name for one in settings.entities]
        for value in sorted({*map(str, daily[column])} - {UNTAGGED, *known}):
            raise InputError(unknown(f"{where}: {name}", "entity", value, known))
    return column


def _earlier(settings: Settings, period: Period) -> Period:
    """The month or the period of the company's calendar before; as many days before a period of no calendar."""
    for calendar in (Calendar(), settings.calendar_of()):
        if calendar.period_of(period.start).name == period.name:
            return calendar.period_of(period.start - np.timedelta64(1, "D"))
    first = period.start - np.timedelta64(period.days, "D")
    name = f"the {period.days} days before"
    return replace(period, name=name, start=first, end=period.start)


def _cut(earlier: Period, period: Period, as_of: str) -> Period:
    """The period before, of one under way as many of its days as that has."""
    so_far = np.datetime64(as_of, "D") + 1
    if so_far >= period.end:
        return earlier
    end = min(earlier.end, earlier.start + (so_far - period.start))
    return replace(earlier, end=end, partial=True)


def _budgets(
    settings: Settings, period: Period, as_of: str, found: pd.DataFrame
) -> Mapping[str, Decimal]:
    """bearer -> budget of a calendar month, where there is one: of units, or of a dimension of that name."""
    plan = together.budgets(settings) if settings.budgets else None
    by = settings.chargeback.by
    if plan is None or not MONTH.fullmatch(period.name):
        return {}
    book = plan if by == "business_unit" else plan.dimensions.get(by)
    if book is None:
        return {}
    names = map(str, found[statements.LEVELS[by]].unique())
    each = {name: book.month(name, period.name, as_of) for name in names if name}
    return {name: amount for name, amount in each.items() if amount is not None}
