"""Shared cost, given to those who bear it: to the cent, by a rule, with a sentence where the rule cannot hold (docs/method §13.63)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from ...errors import InputError, listing, unknown
from ..coins import in_coins as in_coins
from ..coins import split as split
from .allocate import UNTAGGED

EVEN, PROPORTIONAL, FIXED, USAGE = "even", "proportional", "fixed", "usage"
HOW = (EVEN, PROPORTIONAL, FIXED, USAGE)
IDLE = ("owner", PROPORTIONAL, "central")
UNUSED = ("buyer", "proportional_to_benefit", "central")
OF = "shared cost of "
TENTH = Decimal(1).scaleb(-10)  # the ledger's own precision


@dataclass(frozen=True)
class Shared:
    """An amount in parts.

    parts   receiver -> money in whole coins;  left: what nobody bears, less than a coin where anybody bears it
    how     the rule that was used in the end;  said: why, where it is another than was asked, '' else
    """

    parts: dict[str, Decimal]
    left: Decimal
    how: str
    said: str = ""


def share(
    amount: Decimal,
    cost: Mapping[str, Decimal],
    how: str = PROPORTIONAL,
    *,
    fixed: Mapping[str, Decimal] | None = None,
    usage: Mapping[str, Decimal] | None = None,
    digits: int = 2,
    what: str = "shared cost",
    fault: str = "",
) -> Shared:
    """An amount among receivers, by a rule or by the next that can hold: usage and fixed, else proportional, else even.

    cost    receiver -> own cost: who bears it, and the base of `proportional`
    fixed   receiver -> share, adding up to 1;  usage: receiver -> count of a driver or a quantity
    fault   why the use cannot be known, '' where it is

    Raises InputError for an unknown rule or an unknown receiver.
    """
    if how not in HOW:
        raise InputError(unknown(what, "way to share", how, HOW))
    if not cost:
        return Shared({}, amount, how, f"{what}: nobody is there to bear it; it stays central.")
    base: dict[str, Decimal] = {}
    why = ""
    if how in (FIXED, USAGE):
        base, why = _given(fixed if how == FIXED else usage, cost, how, what)
        why = fault or why
    if how == PROPORTIONAL or why:
        base, fault = _own(cost)
        why = f"{what}: {why}; it is shared in proportion to cost." if why and not fault else why
        if fault:
            why = f"{what}: {f'{why}, and ' if why else ''}{fault}; it is shared evenly."
        how = EVEN if fault else PROPORTIONAL
    if how == EVEN:
        base = dict.fromkeys(cost, Decimal(1))
    parts = split(amount, base, digits)
    return Shared(parts, amount - sum(parts.values(), Decimal(0)), how, why)


def _given(given, cost, how: str, what: str) -> tuple[dict[str, Decimal], str]:
    """Weights that were given, and why they cannot be used."""
    given = dict(given or {})
    for name in given:
        if name not in cost:
            raise InputError(unknown(f"{what}: {how}", "receiver", name, sorted(cost)))
    below = sorted(name for name, value in given.items() if value < 0)
    whole = sum(given.values(), Decimal(0))
    if below:
        return {}, f"{'the share' if how == FIXED else 'the use'} of {listing(below)} is below zero"
    if how == FIXED and whole != 1:
        return {}, f"the fixed shares add up to {(whole * 100).normalize():f} %, not to 100 %"
    if how == USAGE and not whole:
        return {}, "there is no use to share by"
    return given, ""


def _own(cost: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], str]:
    below = sorted(name for name, value in cost.items() if value < 0)
    if below:
        return {}, f"the cost of {listing(below)} is below zero"
    return dict(cost), "" if sum(cost.values()) else "there is no cost to share by"


@dataclass(frozen=True)
class Rule:
    """How the cost of a pool is given out.

    how     a word of HOW;  fixed: receiver -> share;  usage: receiver -> count
    fault   why the use cannot be known, '' where it is
    """

    how: str = PROPORTIONAL
    fixed: Mapping[str, Decimal] | None = None
    usage: Mapping[str, Decimal] | None = None
    fault: str = ""

    @property
    def named(self) -> set[str]:
        """Receivers it names, with cost of their own or without."""
        return {*(self.fixed or ()), *(self.usage or ())}


@dataclass(frozen=True)
class Charged:
    """What each receiver bears, and what stays central; together they are the cost, to the last digit.

    lines     receiver -> {own, shared, idle, unused}: money
    central   money that nobody bears;  said: sentences
    used      pool -> the rule that was used in the end, of those that had cost
    given     pool -> its money that goes by this rule, without idle capacity and unused commitments that go another way
    received  pool -> receiver -> money in whole coins
    """

    lines: dict[str, dict[str, Decimal]]
    central: Decimal
    said: tuple[str, ...]
    used: dict[str, str]
    given: dict[str, Decimal] = field(default_factory=dict)
    received: dict[str, dict[str, Decimal]] = field(default_factory=dict)


def charge(
    rows: pd.DataFrame,
    pool: str | None = None,
    how: str = PROPORTIONAL,
    *,
    pools: Mapping[str, Rule] | None = None,
    column: str = "x_Team",
    fixed: Mapping[str, Decimal] | None = None,
    usage: Mapping[str, Decimal] | None = None,
    idle: str = "owner",
    idle_rows: pd.Series | None = None,
    unused_commitment: str = "buyer",
    digits: int = 2,
) -> Charged:
    """EffectiveCost of DAILY rows by who bears it: own, and parts of the pool, of idle capacity and of unused commitments.

    Parameters
    ----------
    rows : DataFrame
        DAILY rows: `column`, EffectiveCost, CommitmentDiscountId, CommitmentDiscountStatus.
    pool : str, optional
        The value of `column` whose cost all others bear; None: nobody's.
    how : str, optional
        even | proportional | fixed | usage, for the pool.
    pools : mapping of str to Rule, optional
        Instead of `pool`: several of them; pools bear nothing of each other.
    column : str, optional
        Who bears cost.
    fixed : mapping of str to Decimal, optional
        Receiver to share, adding up to 1; for `how="fixed"`.
    usage : mapping of str to Decimal, optional
        Receiver to count of a driver or a quantity; for `how="usage"`.
    idle : str, optional
        owner | proportional | central, for the rows of `idle_rows`.
    idle_rows : Series of bool, optional
        Which rows are idle capacity, by the index of `rows`; None: none.
    unused_commitment : str, optional
        buyer | proportional_to_benefit | central; benefit is the EffectiveCost of what the same commitment covered.
    digits : int, optional
        Decimals of the currency.

    Returns
    -------
    Charged
        Money by receiver, what stays central, and a sentence where a rule could not hold.

    Raises
    ------
    InputError
        A word or a receiver that is none.

    Source
    ------
    docs/method §13.63.

    Examples
    --------
    >>> day = {"x_Team": ["chat", "search", "platform"], "EffectiveCost": [30.0, 10.0, 20.0]}
    >>> day |= {"CommitmentDiscountId": [""] * 3, "CommitmentDiscountStatus": [""] * 3}
    >>> charged = charge(pd.DataFrame(day), "platform")
    >>> {team: str(line["shared"]) for team, line in charged.lines.items()}
    {'chat': '15.00', 'search': '5.00'}
    """
    for key, word, allowed in (
        ("idle", idle, IDLE),
        ("unused_commitment", unused_commitment, UNUSED),
    ):
        if word not in allowed:
            raise InputError(unknown("", f"way of {key}", word, allowed))
    waste = (
        pd.Series(False, rows.index)
        if idle_rows is None
        else idle_rows.reindex(rows.index, fill_value=False)
    )
    spare = (rows["CommitmentDiscountStatus"] == "Unused") & ~waste
    if pools is None:
        pools = {} if pool is None else {pool: Rule(how, fixed, usage)}
    parts = {
        "idle": (rows[waste], idle == "owner", idle == "central"),
        "unused": (rows[spare], unused_commitment == "buyer", unused_commitment == "central"),
    }
    own = _sums(rows[~waste & ~spare], column)
    moved = {name: own.pop(name, Decimal(0)) for name in sorted(pools)}
    central, said = Decimal(0), []
    extra: dict[str, dict[str, Decimal]] = {"shared": {}, "idle": {}, "unused": {}}
    for name, (part, stays, held) in parts.items():
        for owner, value in _sums(part, column).items():
            if held:
                central += value
            elif stays and owner in moved:
                moved[owner] += value
            elif stays:
                extra[name][owner] = value
    receivers = {name: value for name, value in own.items() if name != UNTAGGED}
    pots = [
        (
            "shared",
            f"{OF}{name}",
            value,
            dict.fromkeys(sorted(pools[name].named - set(pools)), Decimal(0)) | receivers,
            pools[name],
        )
        for name, value in moved.items()
    ]
    in_proportion = Rule()
    if idle == PROPORTIONAL:
        pots.append(("idle", "idle capacity", _total(rows[waste]), receivers, in_proportion))
    if unused_commitment == UNUSED[1]:
        for held_by, part in rows[spare].groupby("CommitmentDiscountId", sort=True):
            benefit = _benefit(rows, held_by, column, {*pools, UNTAGGED}) or receivers
            what = f"unused commitment {held_by}"
            pots.append(("unused", what, _total(part), benefit, in_proportion))
    used: dict[str, str] = {}
    received: dict[str, dict[str, Decimal]] = {}
    for name, what, amount, bearers, rule in pots:
        if not amount:
            continue
        shared = share(
            amount,
            bearers,
            rule.how,
            fixed=rule.fixed,
            usage=rule.usage,
            digits=digits,
            what=what,
            fault=rule.fault,
        )
        central += shared.left
        if name == "shared":
            used[what.removeprefix(OF)] = shared.how
            received[what.removeprefix(OF)] = shared.parts
        said += [shared.said] if shared.said else []
        for receiver, value in shared.parts.items():
            extra[name][receiver] = extra[name].get(receiver, Decimal(0)) + value
    names = sorted({*own, *(name for part in extra.values() for name in part)})
    lines = {
        name: {"own": own.get(name, Decimal(0))}
        | {kind: part.get(name, Decimal(0)) for kind, part in extra.items()}
        for name in names
    }
    return Charged(lines, central, tuple(said), used, moved, received)


def _benefit(rows: pd.DataFrame, held_by: str, column: str, without: set) -> dict[str, Decimal]:
    """Cost that a commitment covered, by who used it."""
    covered = rows[
        (rows["CommitmentDiscountId"] == held_by) & (rows["CommitmentDiscountStatus"] == "Used")
    ]
    return {name: cost for name, cost in _sums(covered, column).items() if name not in without}


def _sums(rows: pd.DataFrame, column: str) -> dict[str, Decimal]:
    """Cost by value, exact to the ledger's tenth decimal and whatever the order of the rows."""
    return {
        str(name): Decimal(repr(math.fsum(part))).quantize(TENTH)
        for name, part in rows.groupby(column, sort=True)["EffectiveCost"]
    }


def _total(rows: pd.DataFrame) -> Decimal:
    return sum(_sums(rows, "x_Team").values(), Decimal(0))
