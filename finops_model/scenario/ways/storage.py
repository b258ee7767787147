"""Storage as a stock: what was there and what is written, aged through classes, charged on its average (docs/method §3.50)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from typing import ClassVar

import numpy as np

from ...errors import PriceError, unknown
from ...prices.capacity.lifecycle import Lifecycle, StorageClass
from ._base import Months, Settled
from ._fields import amount, known, price, used
from ._terms import ended

COUNTS = ("written", "stock")
WORDS = {
    "storage": "storage",
    "early": "early deletion",
    "transition": "moves",
    "retrieval": "reads",
}


@dataclass(frozen=True, kw_only=True)
class Storage:
    """A stock that grows and ages: `use` is what is written in a month, spread evenly over its days (`counts: stock`: what lies there).

    Parameters
    ----------
    price : float or mapping, optional
        Money per unit and month where there is one class: a number or a rate form.
    classes : list of mapping, optional
        Instead of `price`: classes in the order an object passes them, each `name`, `price`, `minimum_days`, `minimum_size`, `extra_size`,
        `transition` (per object), `retrieval` (per unit read).
    after : list of int, optional
        Ages in days at which an object moves into the second class, the third, …
    expire_after : int, optional
        Age in days at which it is deleted.
    deleted_share : float, optional
        Share of every day's objects that users delete each day.
    object_size : float, optional
        Units of an average object; needed for smallest sizes and fees per object.
    rewrite_on_move : bool, optional
        False where a move starts no new minimum (Google).
    opening : float, optional
        Units there on the first simulated day.
    opening_age : int, optional
        How old they are, in days.
    opening_stays : bool, optional
        True: they are never moved nor deleted by a rule.
    opening_class : str, optional
        Class in which an opening that stays lies; the first.
    retrieved : float or mapping, optional
        Share of what lies there that is read in a month: one number, or {class: share}.
    discount : float, optional
        Share off prices per unit (§5.15).
    counts : str, optional
        written, or stock: `use` is the unit-months that lie there, as a bill counts them.

    Source
    ------
    docs/method §3.50, §5.37, §5.38.

    Examples
    --------
    >>> way = Storage(price=0.02, opening=1000)
    >>> way.settle({"use": np.array([[310.0]])}, Months.between(("2026-01",), "2026-01-01")).cost.round(2)
    array([[23.2]])
    """

    price: object = None
    classes: tuple = ()
    after: tuple = ()
    expire_after: int | None = None
    deleted_share: float = 0.0
    object_size: float = 0.0
    rewrite_on_move: bool = True
    opening: float | np.ndarray = 0.0
    opening_age: int = 0
    opening_stays: bool = False
    opening_class: str = ""
    retrieved: object = 0.0
    discount: float | np.ndarray = 0.0
    counts: str = "written"

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("opening", "retrieved", "discount")
    DATED: ClassVar[tuple[str, ...]] = ("retrieved", "discount")
    WITHOUT_USE: ClassVar[bool] = True

    def __post_init__(self):
        if (self.price is None) == (not self.classes):
            raise PriceError(
                "storage: write price (one class) or classes (a list), one of the two."
            )
        names = [kind.name for kind in self._plan().classes]
        amount(self.opening, "storage: opening")
        amount(self.discount, "storage: discount", most=1.0)
        if isinstance(self.retrieved, Mapping):
            known(self.retrieved, names, "storage: retrieved", "storage class")
        for share in self._shares().values():
            amount(share, "storage: retrieved")
        if self.opening_class and self.opening_class not in names:
            raise PriceError(
                unknown("storage: opening_class", "storage class", str(self.opening_class), names)
            )
        if self.opening_class and not self.opening_stays:
            raise PriceError(
                "storage: opening_class is for an opening that stays; write opening_stays: true, or opening_age and let it age."
            )
        if self.counts not in COUNTS:
            raise PriceError(unknown("storage", "counts", str(self.counts), COUNTS))
        aged = [
            word
            for word in ("after", "expire_after", "deleted_share", "opening")
            if np.any(getattr(self, word))
        ]
        if self.counts == "stock" and (aged or len(names) > 1):
            raise PriceError(
                f"storage: counts is stock, so what lies there is given and {aged[0] if aged else 'classes'} has nothing to act on; "
                "take it away, or write counts: written and what is written in a month as use."
            )

    @property
    def not_taken(self) -> str:
        """Why it cannot take over use of a ledger, which counts what lies there; "" where it can."""
        if self.counts == "stock":
            return ""
        return "what a bill counts is what lies there, and this storage counts what is written. Say counts: stock, or write use and opening."

    def _plan(self) -> Lifecycle:
        """The classes and ages as the lifecycle that prices them."""
        if self.price is not None:
            kinds = [StorageClass("storage", price(self.price, "storage"))]
        else:
            if isinstance(self.classes, (str, Mapping)) or not hasattr(self.classes, "__iter__"):
                raise PriceError(
                    f"storage: classes is {str(self.classes)[:40]}; write a list, each with name and price."
                )
            kinds = [_kind(given, place) for place, given in enumerate(self.classes, 1)]
        after = self.after if isinstance(self.after, (list, tuple)) else (self.after,)
        return Lifecycle(
            tuple(kinds),
            tuple(after),
            self.expire_after,
            self.deleted_share,
            self.object_size,
            self.rewrite_on_move,
        )

    def _shares(self) -> dict:
        """Share read by class."""
        if isinstance(self.retrieved, Mapping):
            return dict(self.retrieved)
        return {kind.name: self.retrieved for kind in self._plan().classes}

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of the stock that `use` and the opening make."""
        plan, written = self._plan(), used(use, "use", months)
        counted = (
            {plan.classes[0].name: _lying(written * plan.billed(plan.classes[0]), written)}
            if self.counts == "stock"
            else self._amounts(plan, written, months)
        )
        read = {
            name: np.asarray(share) * counted[name]["stock"]
            for name, share in self._shares().items()
        }
        money = plan.charge(counted, read, 1.0 - np.asarray(self.discount, float))
        several = len(plan.classes) > 1
        parts = {
            f"{word} in {name}" if several else word: np.broadcast_to(costs[kind], written.shape)
            for name, costs in money.items()
            for kind, word in WORDS.items()
            if np.any(costs[kind]) or kind == "storage"
        }
        meters = {
            f"unit-months in {name}" if several else "unit-months": given["stock"]
            for name, given in counted.items()
        }
        return Settled(
            sum(parts.values(), np.zeros(())),
            parts,
            {"written": written, **meters},
            formula=self._words(plan),
        )

    def _amounts(self, plan: Lifecycle, written: np.ndarray, months: Months) -> dict:
        """What is charged (path, month) by class: linear in what is written and in the opening, so one row for each month and one
        for the opening are followed day by day, and paths are sums of rows."""
        held = np.flatnonzero(months.days)
        if not held.size:
            return {kind.name: _lying(np.zeros_like(written)) for kind in plan.classes}
        dates = months.dates()
        rows = np.zeros((len(held) + 1, len(dates)))
        rows[np.repeat(np.arange(len(held)), months.days[held]), np.arange(len(dates))] = 1.0
        rows[:-1] /= months.days[held][:, None]
        ages = np.zeros(len(rows))
        ages[-1] = 0.0 if self.opening_stays else 1.0
        followed = plan.run(rows, str(dates[0]), ages, self.opening_age).amounts()
        owed = plan.ended(rows, ages, self.opening_age)
        there = np.broadcast_to(np.asarray(self.opening, float), (len(written), 1))
        mixed = np.concatenate([written[:, held], there], axis=1)
        if ended(months):
            for kind in plan.classes:
                last = owed[kind.name] * plan.billed(kind) / months.whole[held[-1]]
                followed[kind.name]["owed"][:, -1] += last
        answer = {}
        for name, given in followed.items():
            answer[name] = {key: np.zeros_like(written) for key in given}
            for key, by_row in given.items():
                answer[name][key][:, held] = mixed @ by_row
        if self.opening_stays and np.any(there):
            self._stay(plan, answer, there, months, held)
        return answer

    def _stay(self, plan: Lifecycle, answer: dict, there, months: Months, held) -> None:
        """Adds an opening that no rule touches to its class."""
        name = self.opening_class or plan.classes[0].name
        kind = next(kind for kind in plan.classes if kind.name == name)
        alone = replace(plan, classes=(kind,), after=(), expire_after=None, deleted_share=0.0)
        none = np.zeros(len(months.dates()))
        for key, row in alone.run(none, str(months.dates()[0]), 1.0).amounts()[name].items():
            answer[name][key][:, held] += there * row
        if ended(months):
            owed = alone.ended(none, 1.0, self.opening_age)[name] * plan.billed(kind)
            answer[name]["owed"][:, held[-1]] += (there * owed / months.whole[held[-1]])[:, 0]

    def _words(self, plan: Lifecycle) -> str:
        ages = (0, *plan.after)
        classes = ", then ".join(
            f"{kind.name} from day {age}" if age else kind.name
            for kind, age in zip(plan.classes, ages)
        )
        what = "units that lie there" if self.counts == "stock" else "average of the daily stock"
        end = f", deleted on day {plan.expire_after}" if plan.expire_after else ""
        return f"{what} × price by class ({classes}{end}) + early deletion + moves + reads"


def _kind(given, place: int) -> StorageClass:
    where = f"storage: classes[{place}]"
    known(given, [field.name for field in fields_of(StorageClass)], where, "field of a class")
    if "name" not in given:
        raise PriceError(f"{where}: 'name' is missing; write it.")
    fields = {**given, "name": str(given["name"])}
    return StorageClass(**{**fields, "price": price(fields.get("price", 0.0), where)})


def _lying(kept, stock=None) -> dict:
    none = np.zeros_like(kept)
    return {"stock": kept if stock is None else stock, "kept": kept, "owed": none, "moved": none}
