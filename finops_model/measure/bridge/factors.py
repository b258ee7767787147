"""Every line of a bridge as a product of factors, then and now: what the steps change one after the other (docs/method §10.5).

cost = days × (quantity per day of its group) × (share of the SKU in it) × list price × discount × coverage × exchange rate. A line without
quantities has its list cost per day in place of the second factor; a group that is on one side only has its cost there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import lines as kinds
from .lines import BOOKED, FEE, MEASURES, OUTSIDE, PRICED, SHAPE, UNUSED, USE, State

FACTORS = ("days", "volume", "mix", "list", "discount", "commitment", "fx", "once", "after")
DAYS, VOLUME, MIX, LIST, DISCOUNT, COVER, FX, ONCE, AFTER = range(len(FACTORS))
JUMP = 1e6  # a million-fold quantity, price or discount is another thing, not the same one changed
GROUP = ["x_BusinessUnit", "x_Workload", "ConsumedUnit", "BillingCurrency", "x_Kind"]


@dataclass(frozen=True)
class Table:
    """Lines of both states under one index: then and now (line, factor); part (line, factor) is the name of what a factor's change is."""

    keys: pd.DataFrame
    then: np.ndarray
    now: np.ndarray
    part: np.ndarray


def table(a: State, b: State) -> Table:
    """The factors of two states' lines.

    Parameters
    ----------
    a, b : State
        Then and now.

    Returns
    -------
    Table
        The product over the factors is the line's cost in the currency of the states.
    """
    if a.detail and b.detail:
        sides = a.lines, b.lines
    else:
        sides = kinds.plain(a.lines), kinds.plain(b.lines)
    if a.coarse or b.coarse:
        sides = kinds.coarse(sides[0]), kinds.coarse(sides[1])
    both = _both(*_alike(*sides))
    n = len(both)
    then, now = (np.ones((n, len(FACTORS))) for _ in "ab")
    part = np.full((n, len(FACTORS)), "", dtype=object)
    cost = [both[f"EffectiveCost{side}"].to_numpy(float) for side in "01"]
    kind = both["x_Kind"].to_numpy()

    _rates(both, a, b, then, now, part)
    named = a.by_line and b.by_line
    launched, retired = _new(both, sides, 0, named), _new(both, sides, 1, named)
    usual = np.isin(kind, (USE, FEE))
    new = np.where(launched, "launches", np.where(retired, "retirements", "volume"))
    _amounts(then, now, VOLUME, cost, usual)  # until something better is known
    counted = both["ConsumedUnit"].to_numpy() != ""
    apart = usual & ~launched & ~retired
    part[:, VOLUME] = np.where(apart & ~counted, "together", new)
    scale = np.where(kind == FEE, 1.0, b.days / a.days if a.days and b.days else 1.0)
    _per_day(then, now, part, apart & (kind == USE) & ~counted, scale)
    _priced(both, apart & ~counted, then, now, part)
    if named:
        good = _groups(both, apart & counted, scale, then, now, part)
        both_sides = (cost[0] != 0) & (cost[1] != 0)
        part[apart & counted & ~good & both_sides, VOLUME] = "together"
    else:  # one total holds everything that is no one-off
        usual = np.isin(kind, (USE, FEE, UNUSED, PRICED, BOOKED))
        _amounts(then, now, VOLUME, cost, usual)
        part[usual, VOLUME] = "together"

    waste = named & (kind == UNUSED)
    _amounts(then, now, COVER, cost, waste)
    part[waste, COVER] = "waste"
    _per_day(then, now, part, waste, scale, COVER)
    of_prices = named & (kind == PRICED)
    _amounts(then, now, LIST, cost, of_prices)
    part[of_prices, LIST] = "price"
    for name in (kinds.ONE_OFF, *OUTSIDE):
        _amounts(then, now, ONCE, cost, kind == name)
        part[kind == name, ONCE] = name
    for name in (BOOKED, SHAPE):
        later = (kind == name) & (named | (name != BOOKED))
        _amounts(then, now, AFTER, cost, later)
        part[later, AFTER] = name
    return Table(both[kinds.TEXTS], then, now, part)


def _alike(one: pd.DataFrame, two: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both sides' lines, where a workload's lines of a kind have no quantity on a side without it on either: §10.6, not a launch."""
    keys = ["x_BusinessUnit", "x_Workload", "BillingCurrency", "x_Kind"]
    found = [pd.MultiIndex.from_frame(lines[keys].astype(str)) for lines in (one, two)]
    usual = [lines["x_Kind"].isin([USE, FEE]).to_numpy() for lines in (one, two)]
    counted = [(lines["ConsumedUnit"] != "").to_numpy() for lines in (one, two)]
    with_unit = [set(found[i][usual[i] & counted[i]]) for i in (0, 1)]
    without = [set(found[i][usual[i]]) - with_unit[i] for i in (0, 1)]
    made = []
    for i, lines in enumerate((one, two)):
        mixed = with_unit[i] & without[1 - i]
        where = usual[i] & np.array([key in mixed for key in found[i]], bool)
        if where.any():
            lines = lines.copy()
            lines.loc[where, "ConsumedUnit"], lines.loc[where, "ConsumedQuantity"] = "", 0.0
            lines = kinds.added(lines)
        made.append(lines)
    return made[0], made[1]


def _both(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Lines of both states, one row per key: measures then (…0) and now (…1), 0 where a state has none."""
    found: dict[tuple[str, ...], list[float]] = {}
    width = len(MEASURES)
    for side, lines in enumerate((one, two)):
        keys = zip(*(lines[name].tolist() for name in kinds.TEXTS), strict=True)
        for key, values in zip(keys, lines[MEASURES].to_numpy(float).tolist(), strict=True):
            found.setdefault(key, [0.0] * 2 * width)[side * width : (side + 1) * width] = values
    order = sorted(found)
    numbers = np.array([found[key] for key in order]).reshape(-1, 2 * width)
    made = {
        name: np.array([key[i] for key in order], dtype=object)
        for i, name in enumerate(kinds.TEXTS)
    }
    made |= {f"{name}{i // width}": numbers[:, i] for i, name in enumerate([*MEASURES, *MEASURES])}
    return pd.DataFrame(made).astype(dict.fromkeys(kinds.TEXTS, object))


def _amounts(then, now, factor: int, cost, where) -> None:
    """Money that one factor is all of."""
    then[where, factor], now[where, factor] = cost[0][where], cost[1][where]


def _per_day(then, now, part, where, scale, factor: int = VOLUME) -> None:
    """Amounts on both sides, by day: the days are a factor of their own."""
    where = where & (then[:, factor] != 0) & (now[:, factor] != 0) & (scale != 1.0)
    now[where, DAYS], part[where, DAYS] = scale[where], "days"
    now[where, factor] /= scale[where]


def _rates(both, a: State, b: State, then, now, part) -> None:
    currency = both["BillingCurrency"]
    then[:, FX] = currency.map(a.rates).fillna(1.0).to_numpy(float)
    now[:, FX] = currency.map(b.rates).fillna(1.0).to_numpy(float)
    part[:, FX] = "fx"


def _new(both, sides, side: int, named: bool) -> np.ndarray:
    """Lines of workloads that have no use on a side, and a name."""
    if not named:
        return np.zeros(len(both), bool)
    other = sides[side]
    there = set(other.loc[other["x_Kind"].isin([USE, FEE]), "x_Workload"])
    own = both["x_Workload"]
    return ((own != "") & ~own.isin(there) & both["x_Kind"].isin([USE, FEE])).to_numpy()


def _levels(both, basis: list[np.ndarray]):
    """Known levels of a line on both sides: (list, contracted, effective) each (then, now), and where list and contracted are known.

    basis    what makes them prices: quantity then and now, or ones
    """
    value = {
        name: [both[f"{name}{side}"].to_numpy(float) / basis[i] for i, side in enumerate("01")]
        for name in ("ListCost", "ContractedCost", "EffectiveCost")
    }
    paid, agreed, listed = (value[f"{name}Cost"] for name in ("Effective", "Contracted", "List"))
    apart = (
        _near(agreed[0], agreed[1])
        & (paid[0] >= 0)
        & (paid[1] >= 0)
        & (paid[0] < JUMP * agreed[0])
        & (paid[1] < JUMP * agreed[1])
    )
    full = apart & _near(listed[0], listed[1])
    for side in (0, 1):
        full &= _near(listed[side], agreed[side])
    top = [np.where(full, listed[i], np.where(apart, agreed[i], paid[i])) for i in (0, 1)]
    one = [np.where(full, agreed[i] / np.where(full, listed[i], 1.0), 1.0) for i in (0, 1)]
    two = [np.where(apart, paid[i] / np.where(apart, agreed[i], 1.0), 1.0) for i in (0, 1)]
    return top, one, two, apart, full


def _near(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return (one > 0) & (two > 0) & (one < JUMP * two) & (two < JUMP * one)


def _priced(both, where, then, now, part) -> None:
    """Lines without quantities on both sides: list cost stays together, discount and coverage are apart where they are known."""
    ones = np.ones(len(both))
    top, discount, cover, apart, _ = _levels(both, [ones, ones])
    days = now[:, DAYS]
    for mask, factor, values, name in (
        (where & apart, VOLUME, [top[0], top[1] / days], "together"),
        (where & apart, DISCOUNT, discount, "discount"),
        (where & apart, COVER, cover, "coverage"),
    ):
        then[mask, factor], now[mask, factor], part[mask, factor] = (
            values[0][mask],
            values[1][mask],
            name,
        )


def _groups(both, where, scale, then, now, part) -> np.ndarray:
    """Lines counted in one unit of one workload: quantity, share, price, discount, coverage. Which lines have them."""
    q = [both[f"ConsumedQuantity{side}"].to_numpy(float) for side in "01"]
    cost = [both[f"EffectiveCost{side}"].to_numpy(float) for side in "01"]
    # a quantity that is not above nothing makes no price: its cost is on its own
    whole = [where & (q[i] >= 0) & ((q[i] > 0) | ((q[i] == 0) & (cost[i] == 0))) for i in (0, 1)]
    where = whole[0] & whole[1] & ((q[0] > 0) | (q[1] > 0))
    code = both.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()
    size = code.max() + 1 if len(code) else 0
    sums = [np.bincount(code[where], q[i][where], size)[code] for i in (0, 1)]
    good = where & (sums[0] > 0) & (sums[1] > 0)
    good &= (sums[1] < JUMP * sums[0]) & (sums[0] < JUMP * sums[1])
    tiny = np.finfo(float).tiny
    for i in (0, 1):  # a price that floats cannot hold is none
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            good &= (q[i] == 0) | np.isfinite(cost[i] / np.maximum(q[i], tiny))
    spoilt = np.bincount(code[where & ~good], minlength=size)[code] > 0
    good &= ~spoilt
    safe = [np.where(good & (q[i] > 0), q[i], 1.0) for i in (0, 1)]
    top, discount, cover, apart, full = _levels(both, safe)
    paid = [cost[i] / safe[i] for i in (0, 1)]
    one_side = good & ((q[0] == 0) | (q[1] == 0))
    own = np.where(q[1] > 0, paid[1], paid[0])
    for pair, alone in ((top, own), (discount, 1.0), (cover, 1.0)):
        for i in (0, 1):
            pair[i] = np.where(one_side, alone, pair[i])
    days = np.where(good, scale, 1.0)
    moved = good & (days != 1.0)
    now[moved, DAYS], part[moved, DAYS] = days[moved], "days"
    for factor, (old, new), name in (
        (VOLUME, (sums[0], sums[1] / days), "volume"),
        (MIX, tuple(q[i] / np.where(good, sums[i], 1.0) for i in (0, 1)), "mix"),
        (LIST, top, np.where(full, "list_price", "price")),
        (DISCOUNT, discount, "discount"),
        (COVER, cover, "coverage"),
    ):
        then[good, factor], now[good, factor] = old[good], new[good]
        part[good, factor] = name[good] if isinstance(name, np.ndarray) else name
    return good
