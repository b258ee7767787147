"""The steps from one state of cost to another: they add up to the difference, to the cent (docs/method §10.4, §10.5).

Steps replace the factors of `factors` one after the other, so that what two of them make together belongs to the later one; or, order-free,
each takes its mean over all orders (Shapley).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import combinations
from math import factorial
from typing import cast

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from ...prices.settle.cents import digits
from ...wording import bridge as words
from .factors import FACTORS, Table, table
from .lines import BOOKED, State
from .types import Bridged, BridgeRow, End
from .whole import controlled, shares

ORDERS = ("steps", "shapley")
STEPS = {
    "days": ("days",),
    "volume": ("volume", "launches", "retirements"),
    "together": ("together",),
    "mix": ("mix",),
    "list_price": ("list_price",),
    "price": ("price",),
    "discount": ("discount",),
    "commitment": ("coverage", "waste"),
    "fx": ("fx",),
    "once": ("one_off", "tax", "credits"),
    "restated": ("restated",),
    "shape": ("shape",),
}
PARTS = tuple(part for parts in STEPS.values() for part in parts)
BY = {"workload": "x_Workload", "unit": "x_BusinessUnit", "service": "ServiceName"}


@dataclass(frozen=True)
class Bridge:
    """From one state to another.

    Parameters
    ----------
    then, now : State
        Its ends.
    order : str
        "steps" or "shapley".
    parts : dict of str to Decimal
        PARTS in their order; they add up to now.total − then.total.
    by : str
        "workload", "unit" or "service".
    rows : frame
        Indexed by name: then, now and PARTS, Decimal; rows and columns add up.
    launches, retirements : dict of str to Decimal
        Workload -> its part.
    """

    then: State
    now: State
    order: str
    parts: dict[str, Decimal]
    by: str
    rows: pd.DataFrame
    launches: dict[str, Decimal]
    retirements: dict[str, Decimal]

    @property
    def change(self) -> Decimal:
        """What the bridge spans."""
        return self.now.total - self.then.total

    def step(self, name: str) -> Decimal:
        """A step with all its parts."""
        return sum((self.parts[part] for part in STEPS[name]), Decimal(0))

    def as_dict(self, what: str = "", most: int | None = None) -> Bridged:
        """Plain values, as the brief and --json have them; `most` rows by name, the others in one."""
        then, now = float(self.then.total), float(self.now.total)
        said = [text for one in (self.then, self.now) for text in one.said]
        if then <= 0:
            said.append(words.nothing(self.then.name))
        if self.order == "shapley":
            said.append(words.SHAPLEY)
        return cast(
            Bridged,
            {
                "what": what,
                "from": {"name": self.then.name, "amount": then},
                "to": {"name": self.now.name, "amount": now},
                "change": float(self.change),
                "share": float(self.change) / then if then > 0 else None,
                "order": self.order,
                "by": self.by,
                "steps": {step: float(self.step(step)) for step in STEPS},
                "parts": {part: float(value) for part, value in self.parts.items()},
                "rows": _told(self.rows, most),
                "launches": _ends(self.launches),
                "retirements": _ends(self.retirements),
                "said": list(dict.fromkeys(said)),
            },
        )

    def __str__(self) -> str:
        return words.sentence(self.as_dict(most=0), self.now.currency)

    def _repr_html_(self) -> str:
        """Its steps as a table, for notebooks."""
        told, currency = self.as_dict(most=0), self.now.currency
        lines = [(told["from"]["name"], told["from"]["amount"], "")]
        lines += [
            (words.title(s, told["parts"]), told["steps"][s], words.of(told, s, currency))
            for s in words.shown(told)
        ]
        lines.append((told["to"]["name"], told["to"]["amount"], ""))
        body = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{amount:,.2f}</td><td>{escape(more)}</td></tr>"
            for name, amount, more in lines
        )
        head = f"<tr><th>Step</th><th>{escape(currency)}</th><th>Of it</th></tr>"
        notes = " ".join(escape(text) for text in [*told["said"], words.LATER])
        return f"<div><table><thead>{head}</thead><tbody>{body}</tbody></table>{notes}</div>"


def bridge(then: State, now: State, *, order: str = "steps", by: str = "workload") -> Bridge:
    """The steps between two states.

    Parameters
    ----------
    then, now : State
        Of one currency.
    order : str, optional
        "steps": one after the other, in the order of STEPS; "shapley": the mean over all orders.
    by : str, optional
        What the rows are: "workload", "unit" or "service".

    Returns
    -------
    Bridge
        To the coin of the currency.

    Raises
    ------
    InputError
        Two currencies, or a currency of lines without a rate.

    Source
    ------
    docs/method §10.4 to §10.7. Shapley (1953), A value for n-person games.

    Examples
    --------
    >>> from .lines import frame, line, state
    >>> use = lambda q, cost: frame([line(cost, workload="chat", sku="s", unit="tokens", quantity=q)])
    >>> made = bridge(state("then", use(10, 20.0), 30, "USD"), state("now", use(12, 30.0), 30, "USD"))
    >>> str(made.step("volume")), str(made.step("price")), str(made.change)
    ('4.00', '6.00', '10.00')
    """
    if order not in ORDERS:
        raise InputError(unknown("--order", "order", order, ORDERS))
    if by not in BY:
        raise InputError(unknown("--by", "cut", by, BY))
    _currencies(then, now)
    found = table(then, now)
    given = contributions(found, order)
    sums = _by_part(found, given)
    change, currency = now.total - then.total, then.currency
    parts = dict(zip(PARTS, shares(change, [sums.get(p, 0.0) for p in PARTS], digits(currency))))
    _held(found, then, now)
    names = found.keys[BY[by]].mask(found.keys["x_Kind"] == BOOKED, "months booked before")
    rows = _rows(found, given, names, then, now, parts, digits(currency))
    return Bridge(
        then,
        now,
        order,
        parts,
        by,
        rows,
        *(
            _named(found, given, part, parts[part], digits(currency))
            for part in ("launches", "retirements")
        ),
    )


def _currencies(then: State, now: State) -> None:
    if then.currency != now.currency:
        raise InputError(
            f"bridge: '{then.name}' is in {then.currency} and '{now.name}' in {now.currency}. "
            "A bridge is in one currency: give both states in it, with their rates."
        )
    for one in (then, now):
        missing = sorted(set(one.lines["BillingCurrency"]) - {"", one.currency, *one.rates})
        if missing:
            raise InputError(
                f"bridge: '{one.name}' has cost in {' and '.join(missing)}, and no rate into {one.currency} is given. "
                "Name a table or plan rates under rates: in finops.yaml."
            )


def _ends(named: Mapping[str, Decimal]) -> list[End]:
    return [{"name": name, "amount": float(value)} for name, value in named.items() if value]


def _told(rows: pd.DataFrame, most: int | None) -> list[BridgeRow]:
    """Rows by the size of their change, equal ones by name; those beyond the most are one."""
    order = sorted(
        rows.index, key=lambda name: (-abs(rows.at[name, "now"] - rows.at[name, "then"]), name)
    )
    groups = [(name, [name]) for name in order]
    if most is not None and len(groups) > most:
        rest = order[most:]
        groups = [*groups[:most], (f"{len(rest)} others", rest)]
    result: list[BridgeRow] = []
    for name, members in groups:
        part = rows.loc[members]
        sums = {key: sum(part[key], Decimal(0)) for key in ("then", "now", *PARTS)}
        steps = {step: sum((sums[p] for p in own), Decimal(0)) for step, own in STEPS.items()}
        if not any(sums.values()):
            continue
        result.append(
            {
                "name": str(name),
                "previous": float(sums["then"]),
                "current": float(sums["now"]),
                "change": float(sums["now"] - sums["then"]),
                "steps": {step: float(value) for step, value in steps.items() if value},
            }
        )
    return result


def _held(found: Table, *states: State) -> None:
    """Raises InputError where lines do not come to what their state says."""
    for one, side in zip(states, (found.then, found.now), strict=True):
        costs = np.prod(side, axis=1)
        off = abs(float(costs.sum()) - float(one.total))
        if not off <= 10.0 ** -digits(one.currency) + 1e-9 * float(np.abs(costs).sum()):
            raise InputError(
                f"bridge: the lines of '{one.name}' come to {costs.sum():,.2f} {one.currency} and it says {one.total:,}. "
                "No bridge is made of it."
            )


def contributions(found: Table, order: str = "steps") -> np.ndarray:
    """What each factor's change is of each line, money (line, factor); a line's add up to its change."""
    if order == "steps":
        n = len(FACTORS)
        ones = np.ones((len(found.then), 1))
        before = np.cumprod(np.hstack([ones, found.now[:, :-1]]), axis=1)
        after = np.cumprod(np.hstack([ones, found.then[:, :0:-1]]), axis=1)[:, ::-1]
        assert before.shape == after.shape == (len(found.then), n)
        return before * (found.now - found.then) * after
    return _shapley(found)


def _shapley(found: Table) -> np.ndarray:
    """The mean over all orders: each factor's change, weighed by how many orders have just these before it."""
    moving = [k for k in range(len(FACTORS)) if (found.then[:, k] != found.now[:, k]).any()]
    rest = np.prod(np.delete(found.then, moving, axis=1), axis=1)
    result = np.zeros_like(found.then)
    n = len(moving)
    for k in moving:
        others = [j for j in moving if j != k]
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                value = rest.copy()
                for j in others:
                    value = value * (found.now if j in chosen else found.then)[:, j]
                result[:, k] += weight * value
        result[:, k] *= found.now[:, k] - found.then[:, k]
    return result


def parts_of(then: pd.DataFrame, now: pd.DataFrame, detail: bool = False) -> dict[str, float]:
    """PARTS between two frames of lines over the same days, in one currency, as money that is not rounded (docs/method §10.3)."""
    sides = (State("", lines, 1, "", Decimal(0), {}, detail) for lines in (then, now))
    found = table(*sides)
    sums = _by_part(found, contributions(found))
    return {part: sums.get(part, 0.0) for part in PARTS}


def _by_part(found: Table, given: np.ndarray) -> Mapping[str, float]:
    named = found.part != ""
    sums = pd.Series(given[named]).groupby(found.part[named]).sum()
    return {str(name): float(value) for name, value in sums.items()}


def _rows(found: Table, given, names, then: State, now: State, parts, places: int) -> pd.DataFrame:
    """The same by name: rows and columns add up to the coin."""
    order = sorted(set(names)) or [""]
    code = pd.Categorical(names, categories=order).codes
    cells = np.zeros((len(order), len(PARTS)))
    for j, part in enumerate(PARTS):
        line, factor = np.nonzero(found.part == part)
        np.add.at(cells, (code[line], j), given[line, factor])
    ends = [
        np.bincount(code, np.prod(side, axis=1), len(order)) if len(code) else np.zeros(len(order))
        for side in (found.then, found.now)
    ]
    was, is_ = (
        shares(state.total, list(end), places) for state, end in zip((then, now), ends, strict=True)
    )
    made = controlled(
        cells, [new - old for old, new in zip(was, is_, strict=True)], list(parts.values()), places
    )
    rows = pd.DataFrame(made, columns=list(PARTS), index=order, dtype=object)
    rows.insert(0, "then", was)
    rows.insert(1, "now", is_)
    return rows


def _named(found: Table, given, part: str, total: Decimal, places: int) -> dict[str, Decimal]:
    """Workloads of a part, the largest first, to the coin."""
    line, factor = np.nonzero(found.part == part)
    keys = found.keys["x_Workload"].to_numpy()[line]
    sums = pd.Series(given[line, factor]).groupby(keys).sum()
    sums = sums.loc[sums.abs().sort_values(ascending=False, kind="stable").index]
    return dict(zip(map(str, sums.index), shares(total, sums.tolist(), places), strict=True))
