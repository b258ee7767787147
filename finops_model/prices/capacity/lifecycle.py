"""Storage classes and lifecycle rules on age cohorts: after N days an object moves, after M it goes (docs/method §5.38).

What is ingested on one day is a cohort of one age; every rule is about age, so the stock of a class is the ingest seen through a
window of ages: one matrix product per class, for all paths at once. An object counts on the day it comes, not on the day it goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown
from ..rates import make
from ..rates._parts import Form
from ..settle.windows import charge_at
from ..transforms._checks import together
from .storage import average_by_month, sum_by_month


@dataclass(frozen=True)
class StorageClass:
    """What a class charges. Prices are money in one currency; quantities in the unit of the price."""

    name: str
    price: Form | float = 0.0  # per unit-month: a number, or a rate form of prices/rates for tiers
    minimum_days: float = (
        0.0  # kept shorter is paid to the end of it, from the day it entered the class
    )
    minimum_size: float = (
        0.0  # smallest billed object, same unit as the stock (128 KB is 0.000128 GB)
    )
    extra_size: float = 0.0  # units billed on top of each object (index and metadata of an archive)
    transition: float = 0.0  # money per object that enters by a rule
    retrieval: float = 0.0  # money per unit read

    @property
    def form(self) -> Form:
        """The price as a rate form: `__post_init__` makes one of a number."""
        return cast(Form, self.price)

    def __post_init__(self):
        what = f"storage class '{self.name}'"
        if not hasattr(self.price, "charge"):
            object.__setattr__(
                self, "price", make("linear", {"price": number(self.price, f"{what}: price")})
            )
        for key in ("minimum_days", "minimum_size", "extra_size", "transition", "retrieval"):
            object.__setattr__(self, key, number(getattr(self, key), f"{what}: {key}"))


@dataclass(frozen=True)
class Kept:
    """What a lifecycle did, by day: stocks and flows of each class; entered - left = stock less the stock of the day before."""

    dates: np.ndarray
    stock: dict  # class -> (..., day) units kept on each day
    entered: dict  # class -> (..., day) units that came into the class, by ingest or by rule
    left: dict  # class -> (..., day) units that went, by rule, expiry or deletion
    deleted: np.ndarray  # (..., day) units that went for good: expired or deleted
    early: dict  # class -> (..., day) unit-days of minimum duration that were not kept, charged on the day they went
    lifecycle: Lifecycle

    def charges(self, retrieved: dict | None = None) -> dict:
        """Money by class, kind and month: {class: {"storage" | "early" | "transition" | "retrieval": (..., month)}}.

        retrieved   class -> units read in each month, (..., month) or a number

        Each path has its own pool of tiers in a class; an early charge is priced at the tier that the month's storage has reached.
        """
        return self.lifecycle.charge(self.amounts(), retrieved)

    def amounts(self) -> dict:
        """What is charged, before prices: {class: {"stock" | "kept" | "owed" | "moved": (..., month)}}, linear in ingest and opening.

        stock   unit-months that lie there; kept   the same as billed (smallest size, overhead); owed   billed unit-months of minimum
        duration; moved   units that came in by a rule
        """
        answer = {}
        for place, kind in enumerate(self.lifecycle.classes):
            stock, owed = (
                average_by_month(days[kind.name], self.dates)[1]
                for days in (self.stock, self.early)
            )
            billed = self.lifecycle.billed(kind)
            moved = (
                sum_by_month(self.entered[kind.name], self.dates)[1]
                if place
                else np.zeros_like(stock)
            )
            answer[kind.name] = {
                "stock": stock,
                "kept": stock * billed,
                "owed": owed * billed,
                "moved": moved,
            }
        return answer

    def unit_months(self) -> dict:
        """Billed unit-months of each class by month, minimum object sizes included: {class: (..., month)}."""
        return {
            kind.name: average_by_month(
                self.stock[kind.name] * self.lifecycle.billed(kind), self.dates
            )[1]
            for kind in self.lifecycle.classes
        }

    @property
    def months(self) -> tuple[str, ...]:
        """The months of the days, YYYY-MM."""
        return tuple(str(month) for month in np.unique(self.dates.astype("datetime64[M]")))


@dataclass(frozen=True)
class Lifecycle:
    """Classes in the order an object passes them, and the ages at which it does.

    Raises PriceError for ages out of order, classes of one name, a share outside 0..1, sizes without the size of an object.
    """

    classes: tuple[StorageClass, ...]
    after: tuple[
        int, ...
    ] = ()  # days of age at which an object moves into the second class, the third, …
    expire_after: int | None = None  # days of age at which it is deleted; None: never
    deleted_share: float = 0.0  # share of every cohort that users delete each day, 0 to below 1
    object_size: float = (
        0.0  # units of an average object; needed for minimum sizes and fees per object
    )
    rewrite_on_move: bool = (
        True  # S3: a move starts a new minimum, leaving early is charged; no (Google): the
    )
    #                                         minimum counts from creation and only deletion is charged

    def __post_init__(self):
        object.__setattr__(self, "classes", tuple(self.classes))
        names = [kind.name for kind in self.classes]
        if not names or len(set(names)) != len(names):
            raise PriceError(
                f"lifecycle: the classes are {', '.join(names) or 'none'}; give at least one, each once."
            )
        ages = [_age(value, "after") for value in self.after]
        if len(ages) != len(names) - 1:
            raise PriceError(
                f"lifecycle: {len(names)} classes need {len(names) - 1} ages in 'after', one for each class after the "
                f"first; there are {len(ages)}."
            )
        if self.expire_after is not None:
            _age(self.expire_after, "expire_after")
        every = ages + ([self.expire_after] if self.expire_after is not None else [])
        for before, after in zip(every, every[1:]):
            if after <= before:
                raise PriceError(
                    f"lifecycle: age {after} comes after {before}; ages must rise, expiry last."
                )
        object.__setattr__(self, "after", tuple(ages))
        object.__setattr__(
            self, "deleted_share", number(self.deleted_share, "lifecycle: deleted_share")
        )
        if self.deleted_share >= 1:
            raise PriceError(
                f"lifecycle: deleted_share is {self.deleted_share:g}; it must be a share from 0 to below 1."
            )
        object.__setattr__(self, "object_size", number(self.object_size, "lifecycle: object_size"))
        sized = [
            kind.name
            for kind in self.classes
            if kind.minimum_size or kind.extra_size or kind.transition
        ]
        if sized and not self.object_size:
            raise PriceError(
                f"lifecycle: class '{sized[0]}' has sizes or fees per object; give object_size."
            )

    def billed(self, kind: StorageClass) -> float:
        """Billed units per stored unit in a class: a small object counts as the smallest one billed, plus its overhead.

        >>> Lifecycle((StorageClass("ia", minimum_size=128),), object_size=64).billed(StorageClass("ia", minimum_size=128))
        2.0
        """
        if not self.object_size:
            return 1.0
        return (max(self.object_size, kind.minimum_size) + kind.extra_size) / self.object_size

    def charge(self, amounts: dict, retrieved: dict | None = None, factor=1.0) -> dict:
        """Money of amounts by class, as `Kept.amounts` gives them (or sums of such): see `Kept.charges`.

        retrieved   class -> units read in each month; factor   on prices per unit (a negotiated share off), (..., month) or a number
        """
        retrieved, names = retrieved or {}, [kind.name for kind in self.classes]
        for name in retrieved:
            if name not in names:
                raise PriceError(unknown("lifecycle: retrieved", "storage class", str(name), names))
        answer = {}
        for kind in self.classes:
            given = amounts[kind.name]
            kept, owed = given["kept"], given["owed"]
            read = quantities("lifecycle: retrieved", retrieved.get(kind.name, 0.0))
            read, _ = together("lifecycle", retrieved=read, stock=kept)
            storage = charge_at(kind.form, kept, factor)
            answer[kind.name] = {
                "storage": storage,
                "early": charge_at(kind.form, kept + owed, factor) - storage,
                "transition": given["moved"] / (self.object_size or 1.0) * kind.transition * factor,
                "retrieval": read * kind.retrieval * factor,
            }
        return answer

    def ended(self, ingest, opening=0.0, opening_age: int = 0) -> dict:
        """Unit-days of minimum duration owed by what is there after the last day, if all of it is deleted on the day that follows:
        {class: (...)}. Arguments as `run`; what a rule moves or ends on that day anyway is among it.

        >>> plan = Lifecycle((StorageClass("nearline", 0.01, minimum_days=30),))
        >>> plan.ended([1000.0] + [0.0] * 14)
        {'nearline': np.float64(15000.0)}
        """
        ingest = quantities("lifecycle: ingest", ingest)
        days, old = ingest.shape[-1], _age(opening_age, "opening_age", least=0)
        gone = replace(self, expire_after=None)._kernels(days + old + 1)["stock"]
        alive = self._alive(np.arange(days + old))
        owed = {}
        for i, (kind, start) in enumerate(zip(self.classes, (0, *self.after))):
            age = np.arange(1, days + old + 1)
            since = age - start if self.rewrite_on_move else age
            each = (gone[i][:-1] > 0) * alive * np.maximum(kind.minimum_days - since, 0.0)
            unit_days = ingest @ each[:days][::-1]
            if np.any(opening):
                unit_days = unit_days + np.asarray(opening) * (
                    each[days + old - 1] / self._alive(old)
                )
            owed[kind.name] = unit_days[()]
        return owed

    def run(self, ingest, start: str, opening=0.0, opening_age: int = 0) -> Kept:
        """The stocks of every class, day by day.

        ingest        (..., day) units written on each day, >= 0
        start         the first day, YYYY-MM-DD
        opening       units there before, number or (...), all of one age: opening_age days old on the first day

        >>> plan = Lifecycle((StorageClass("nearline", 0.01, minimum_days=30),), expire_after=15)
        >>> kept = plan.run([1000.0] + [0.0] * 29, "2026-04-01")
        >>> {kind: float(money[0]) for kind, money in kept.charges()["nearline"].items()}
        {'storage': 5.0, 'early': 5.0, 'transition': 0.0, 'retrieval': 0.0}
        """
        ingest, opening = (
            quantities("lifecycle: ingest", ingest),
            quantities("lifecycle: opening", opening),
        )
        if ingest.ndim == 0 or not ingest.shape[-1]:
            raise PriceError("lifecycle: ingest has no days; give (..., day).")
        try:
            first = np.datetime64(str(start), "D")
        except ValueError:
            raise PriceError(
                f"lifecycle: start is '{str(start)[:40]}'; write the day as YYYY-MM-DD."
            ) from None
        days, old = ingest.shape[-1], _age(opening_age, "opening_age", least=0)
        if opening.any() and self.expire_after is not None and old >= self.expire_after:
            raise PriceError(
                f"lifecycle: the opening stock is {old} days old and expires after {self.expire_after}; it cannot be "
                "there."
            )
        kernels = self._kernels(days + old)
        ages = (
            np.arange(days)[None, :] - np.arange(days)[:, None]
        )  # of the cohort of day s on day t; below 0: not there yet

        def through(kernel, flow: bool):
            amount = ingest @ np.where(ages >= 0, kernel[np.maximum(ages, 0)], 0.0)
            if opening.any():
                seen = kernel[old : old + days] / self._alive(old)
                amount = amount + opening[..., None] * (
                    np.where(np.arange(days) > 0, seen, 0.0) if flow else seen
                )
            return amount

        by_class = {
            what: {
                kind.name: through(kernel, what != "stock")
                for kind, kernel in zip(self.classes, kernels[what])
            }
            for what in ("stock", "entered", "left", "early")
        }
        return Kept(
            first + np.arange(days),
            **by_class,
            deleted=through(kernels["deleted"], True),
            lifecycle=self,
        )

    def _alive(self, age):
        """Share of a cohort that is there on the day it is `age` days old."""
        kept = (1 - self.deleted_share) ** np.asarray(age, dtype=float)
        return (
            kept
            if self.expire_after is None
            else np.where(np.asarray(age) < self.expire_after, kept, 0.0)
        )

    def _kernels(self, ages: int) -> dict:
        """By age of a cohort: shares of it in each class, entering, leaving, and unit-days of minimum duration it owes."""
        age = np.arange(ages)
        alive, before = (
            self._alive(age),
            np.where(age > 0, self._alive(np.maximum(age - 1, 0)), 0.0),
        )
        starts = (0, *self.after)
        ends = (*self.after, np.inf)
        kernels = {
            what: np.zeros((len(starts), ages)) for what in ("stock", "entered", "left", "early")
        }
        for i, (start, end) in enumerate(zip(starts, ends)):
            inside = (age >= start) & (age < end)
            was = (age - 1 >= start) & (age - 1 < end)
            kernels["stock"][i] = np.where(inside, alive, 0.0)
            kernels["entered"][i] = np.where(age == start, alive, 0.0)
            kernels["left"][i] = np.where(was, before, 0.0) - np.where(was & inside, alive, 0.0)
            went = (
                kernels["left"][i] if self.rewrite_on_move else np.where(was, before - alive, 0.0)
            )
            since = age - start if self.rewrite_on_move else age
            kernels["early"][i] = went * np.maximum(self.classes[i].minimum_days - since, 0.0)
        kernels["deleted"] = before - np.where(age > 0, alive, 0.0)
        return kernels


def _age(value, what: str, least: int = 1) -> int:
    if (
        isinstance(value, (bool, np.bool_))
        or not isinstance(value, (int, np.integer))
        or value < least
    ):
        raise PriceError(
            f"lifecycle: {what} has {str(value)[:40]}; ages are whole days, {least} or more."
        )
    return int(value)
