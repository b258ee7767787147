"""Who bears the cost of a period, line by line and to the cent: own cost, shared cost received, idle capacity, unused commitments (docs/method §14.40).

Pure: from what `measure.allocation.shared.borne` found to lines with every level a bearer may be of, and from lines to statements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from ...errors import InputError, unknown
from ...facts.daily.allocate import ALL, UNASSIGNED, UNTAGGED
from ...facts.daily.shared_cost import TENTH, in_coins, split
from ...settings import SharedCost
from ..allocation.shared import CENTRAL, Borne

KINDS = ("own", "shared", "idle", "unused", "central")
LEVELS = {
    "team": "Team",
    "cost_center": "CostCenter",
    "business_unit": "BusinessUnit",
    "legal_entity": "LegalEntity",
}
LINES = [*LEVELS.values(), "Kind", "Pool", "Activity", "ServiceName", "Amount"]
VIEW = ["Bearer", "Kind", "Pool", "Activity", "ServiceName", "Amount", "Before"]
NOBODY = ""  # the bearer of what is central: no team, unit or entity has this name
OWN = ["x_BusinessUnit", "x_LegalEntity", "x_Activity", "ServiceName"]  # parts of own cost
Place = tuple[str, str]  # business unit, legal entity


@dataclass(frozen=True)
class Home:
    """Where a team belongs; '' where nothing says it."""

    cost_center: str = ""
    business_unit: str = ""
    legal_entity: str = ""


def lines(
    borne: Borne,
    asked: SharedCost,
    homes: Mapping[str, Home] | None = None,
    *,
    billed: str = "",
    entity_column: str | None = None,
    digits: int = 2,
) -> pd.DataFrame:
    """Every amount of a period by who bears it: in whole coins, adding up to the period's cost exactly.

    Parameters
    ----------
    borne : Borne
        Of `measure.allocation.shared.borne`.
    asked : SharedCost
        The rules that it was made by.
    homes : mapping of str to Home, optional
        By team, of the organisation file.
    billed : str, optional
        The legal entity that was billed; it bears what nothing says otherwise.
    entity_column : str, optional
        Column of daily facts that says which legal entity bears a charge, instead of `homes`.
    digits : int, optional
        Decimals of the currency.

    Returns
    -------
    DataFrame
        Team, CostCenter, BusinessUnit, LegalEntity, Kind (own, shared, idle, unused, central), Pool,
        Activity, ServiceName, Amount (Decimal, never 0). What is central has no bearer ("").

    Source
    ------
    docs/method §14.40.

    Examples
    --------
    >>> from finops_model.measure.allocation.shared import borne
    >>> from finops_model.periods import Calendar
    >>> from finops_model.settings import Settings
    >>> day = {"ChargeDate": pd.Timestamp("2026-10-01"), "ChargeCategory": "Usage", "ServiceName": "GPU"}
    >>> day |= {"CommitmentDiscountId": "", "CommitmentDiscountStatus": "", "x_BusinessUnit": "Product"}
    >>> cost = {"chat": 3.0, "search": 1.0, "platform": 0.02}
    >>> daily = pd.DataFrame([day | {"x_Team": team, "EffectiveCost": c} for team, c in cost.items()])
    >>> settings = Settings(shared_cost={"pools": {"platform": "even"}})
    >>> found = borne(settings, daily, None, Calendar().period_of("2026-10-01"), "2026-10-31")
    >>> each = lines(found, settings.shared_cost)
    >>> [(one.Team, one.Kind, one.Pool, str(one.Amount)) for one in each.itertuples()]
    [('chat', 'own', '', '3.00'), ('chat', 'shared', 'platform', '0.01'), ('search', 'own', '', '1.00'), ('search', 'shared', 'platform', '0.01')]
    """
    homes = homes or {}
    rows = _placed(borne.rows, homes, billed, entity_column)
    idle = pd.Series(False, rows.index) if borne.idle is None else borne.idle
    unused = (rows["CommitmentDiscountStatus"] == "Unused") & ~idle
    kinds = {"own": rows[~idle & ~unused]}
    kinds |= {"idle": rows[idle]} if asked.idle == "owner" else {}
    kinds |= {"unused": rows[unused]} if asked.unused_commitment == "buyer" else {}
    exact = {kind: _exact(part) for kind, part in kinds.items()}
    known = sorted(set(rows["x_BusinessUnit"]))
    places = _places(exact["own"])
    found: list[dict] = []
    for (team, kind), amount in sorted(borne.cells.items()):
        if (team, kind) == CENTRAL:
            found.append(_line(NOBODY, "", ("", billed), "central", amount))
            continue
        home = homes.get(team, Home())
        if parts := exact.get(kind, {}).get(team):
            given = _fitted(parts, borne.found.lines[team][kind], amount, digits)
            found += [
                _line(team, home.cost_center, part[:2], kind, value, own=part[2:])
                for part, value in given.items()
            ]
            continue
        pools = borne.found.received if kind == "shared" else {"": {team: amount}}
        received = {pool: parts[team] for pool, parts in pools.items() if parts.get(team)}
        for pool, part in _fitted(received, amount, amount, digits).items():
            at = places.get(team) or {_alone(home, known, billed): Decimal(1)}
            found += [
                _line(team, home.cost_center, place, kind, value, pool=pool)
                for place, value in _spread(part, at, digits).items()
            ]
    frame = pd.DataFrame([one for one in found if one["Amount"]], columns=LINES)
    return frame.sort_values(LINES[:-1], kind="stable", ignore_index=True)


def before_sharing(
    borne: Borne,
    homes: Mapping[str, Home] | None = None,
    by: str = "team",
    *,
    billed: str = "",
    entity_column: str | None = None,
    digits: int = 2,
) -> dict[str, Decimal]:
    """bearer -> cost of its own charges before any of it is shared, in whole coins: what its budget is of.

    Parameters as in `lines`; the values add up to the period's cost.

    >>> from types import SimpleNamespace
    >>> rows = pd.DataFrame({"x_Team": ["chat", "platform"], "x_BusinessUnit": "Product", "EffectiveCost": [2.0, 1.5]})
    >>> found = SimpleNamespace(rows=rows, whole=Decimal("3.50"))
    >>> before_sharing(found, by="business_unit"), before_sharing(found)["platform"]
    ({'Product': Decimal('3.50')}, Decimal('1.50'))
    """
    homes = homes or {}
    rows = _placed(borne.rows, homes, billed, entity_column)
    centers = {team: one.cost_center for team, one in homes.items() if one.cost_center}
    names = {
        "team": rows["x_Team"],
        "cost_center": rows["x_Team"].map(lambda team: centers.get(team, UNASSIGNED)),
        "business_unit": rows["x_BusinessUnit"],
        "legal_entity": rows["x_LegalEntity"],
    }[by]
    sums = {
        str(name): Decimal(repr(math.fsum(cost))).quantize(TENTH)
        for name, cost in rows.groupby(names, sort=True)["EffectiveCost"]
    }
    return in_coins(sums, borne.whole, digits) if sums else {}


def _line(
    team: str, cost_center: str, place, kind: str, amount: Decimal, pool: str = "", own=("", "")
) -> dict:
    activity, service = own
    nobody = kind == "central"
    return {
        "Team": team,
        "CostCenter": NOBODY if nobody else cost_center or UNASSIGNED,
        "BusinessUnit": place[0],
        "LegalEntity": place[1],
        "Kind": kind,
        "Pool": pool,
        "Activity": activity,
        "ServiceName": service,
        "Amount": amount,
    }


def _placed(
    rows: pd.DataFrame, homes: Mapping[str, Home], billed: str, column: str | None
) -> pd.DataFrame:
    """Cost rows with x_LegalEntity, and x_Activity where the company has no such dimension."""
    teams = rows["x_Team"].astype(str)
    if column is None:
        entity = teams.map({team: homes.get(team, Home()).legal_entity for team in set(teams)})
    else:
        entity = rows[column].astype(str).replace(UNTAGGED, "")
    entity = entity.astype("str").mask(lambda one: one == "", billed)
    activity = rows["x_Activity"] if "x_Activity" in rows else pd.Series("", rows.index)
    return rows.assign(
        x_Team=teams,
        x_LegalEntity=entity,
        x_Activity=activity.astype(str).replace(UNTAGGED, ""),
    )


def _exact(rows: pd.DataFrame) -> dict[str, dict[tuple, Decimal]]:
    """team -> parts of OWN -> cost to the ledger's tenth decimal, whatever the order of the rows."""
    sums: dict[str, dict[tuple, Decimal]] = {}
    for (team, *part), cost in rows.groupby(["x_Team", *OWN], sort=True)["EffectiveCost"]:
        exact = Decimal(repr(math.fsum(cost))).quantize(TENTH)
        sums.setdefault(str(team), {})[tuple(map(str, part))] = exact
    return sums


def _fitted(parts: Mapping, exact: Decimal, whole: Decimal, digits: int) -> dict:
    """Parts in whole coins that add up to `whole`; exact: what the parts are together, but for the noise of floats.

    The largest part takes the noise, so that no rounding is decided by it.
    """
    parts = dict(parts)
    if off := exact - sum(parts.values(), Decimal(0)):
        largest = max(sorted(parts), key=lambda one: abs(parts[one]))
        parts[largest] += off
    return in_coins(parts, whole, digits)


def _places(own: Mapping[str, Mapping[tuple, Decimal]]) -> dict[str, dict[Place, Decimal]]:
    """team -> (unit, entity) -> own cost: by which shared cost that a team receives is placed; evenly where it cannot be a weight."""
    found: dict[str, dict[Place, Decimal]] = {}
    for team, parts in own.items():
        sums: dict[Place, Decimal] = {}
        for part, cost in parts.items():
            sums[part[:2]] = sums.get(part[:2], Decimal(0)) + cost
        fits = min(sums.values()) >= 0 and any(sums.values())
        found[team] = sums if fits else dict.fromkeys(sums, Decimal(1))
    return found


def _alone(home: Home, known: list[str], billed: str) -> Place:
    """Where a team without cost of its own belongs."""
    nowhere = ALL if known == [ALL] else UNASSIGNED
    return home.business_unit or nowhere, home.legal_entity or billed


def _spread(amount: Decimal, at: Mapping[Place, Decimal], digits: int) -> dict[Place, Decimal]:
    return {next(iter(at)): amount} if len(at) == 1 else split(amount, at, digits)  # type: ignore[arg-type, return-value]


@dataclass(frozen=True)
class Statement:
    """What one bearer bears of a period.

    bearer   its name, NOBODY of what is central;  level: a key of LEVELS
    lines    VIEW: Amount and Before are Decimal, Before is None where nothing of the period before is known
    budget   of the bearer, None: there is none;  held: the cost that it is held against, before any is shared
    """

    bearer: str
    level: str
    lines: pd.DataFrame
    total: Decimal
    before: Decimal | None
    budget: Decimal | None = None
    held: Decimal | None = None

    @property
    def over(self) -> Decimal | None:
        """Cost before sharing less the budget; None where either is not known."""
        return None if self.budget is None or self.held is None else self.held - self.budget

    def sum(self, kind: str) -> Decimal:
        """The total of a kind of line."""
        return sum(self.lines.loc[self.lines["Kind"] == kind, "Amount"], Decimal(0))


def statements(
    found: pd.DataFrame,
    by: str = "team",
    before: pd.DataFrame | None = None,
    budgets: Mapping[str, Decimal] | None = None,
    held: Mapping[str, Decimal] | None = None,
) -> list[Statement]:
    """A statement per bearer that has a line, most first, no team last, what is central at the very end.

    Parameters
    ----------
    found : DataFrame
        Of `lines`; their sum is that of the statements.
    by : str, optional
        team, cost_center, business_unit or legal_entity.
    before : DataFrame, optional
        The lines of the period before; None: it has no data.
    budgets : mapping of str to Decimal, optional
        Of the period, by bearer.
    held : mapping of str to Decimal, optional
        Cost before sharing, by bearer (`before_sharing`): a budget is of that, as in the report.

    Returns
    -------
    list of Statement
        Their totals add up to the sum of `found`.

    Raises
    ------
    InputError
        A level that is none.

    Source
    ------
    docs/method §14.41.

    Examples
    --------
    >>> line = dict.fromkeys(LINES, "") | {"Team": "chat", "Kind": "own", "Amount": Decimal("2.10")}
    >>> (one,) = statements(pd.DataFrame([line]), budgets={"chat": Decimal(3)})
    >>> one.bearer, str(one.total), one.before, str(one.budget)
    ('chat', '2.10', None, '3')
    """
    if by not in LEVELS:
        raise InputError(unknown("", "bearer", by, list(LEVELS)))
    now = _sums(found, by)
    then = {} if before is None else _sums(before, by)
    zero, bearers = Decimal(0), {key[0] for key in now}
    keys = sorted(
        (key for key in {*now, *then} if key[0] in bearers),
        key=lambda key: (key[0], KINDS.index(key[1]), key),
    )
    past = [None if before is None else then.get(key, zero) for key in keys]
    view = pd.DataFrame(keys, columns=VIEW[:-2], dtype="str")
    view["Amount"] = pd.Series([now.get(key, zero) for key in keys], dtype=object)
    view["Before"] = pd.Series(past, dtype=object)
    ends = {key[0]: i + 1 for i, key in enumerate(keys)}
    each: list[Statement] = []
    for bearer, first, end in zip(ends, [0, *ends.values()], ends.values(), strict=False):
        part = view.iloc[first:end].reset_index(drop=True)
        known = None if before is None else sum(part["Before"], zero)
        budget, cost = (budgets or {}).get(bearer), (held or {}).get(bearer, zero)
        each.append(Statement(bearer, by, part, sum(part["Amount"], zero), known, budget, cost))
    last = {UNTAGGED: 1, UNASSIGNED: 1, NOBODY: 2}
    return sorted(each, key=lambda one: (last.get(one.bearer, 0), -one.total, one.bearer))


def _sums(found: pd.DataFrame, by: str) -> dict[tuple[str, ...], Decimal]:
    """(bearer, kind, pool, activity, service) -> money; what is central is nobody's, also of the entity that was billed."""
    sums: dict[tuple[str, ...], Decimal] = {}
    level = found.columns.get_loc(LEVELS[by])
    for one in found.itertuples(index=False):
        bearer = NOBODY if one.Kind == "central" else one[level]
        key = (str(bearer), one.Kind, one.Pool, one.Activity, one.ServiceName)
        sums[key] = sums.get(key, Decimal(0)) + one.Amount
    return sums
