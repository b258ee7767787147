"""What is committed: FOCUS 1.4 Contract Commitment records, what-ifs apart, and what drops off when (docs/method §8.20–§8.24).

Read from CSV (one record a row) or YAML (a list, or a mapping with `commitments:`). The arithmetic needs numpy only; yaml is
imported where a document is read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...checks import number
from ...errors import PriceError, nearest
from ..settle.hourly import LIVE, Hourly, from_record
from ..settle.hours import HOURS
from .contracts import PREFIX, is_currency, read_other
from .dates import D, day
from .dates import months as months_of

COLUMNS = ("Id", "PeriodStart", "PeriodEnd")


@dataclass(frozen=True)
class Other:
    """A commitment over a longer window than an hour (an agreement on spend): what an inventory lists of it."""

    id: str
    status: str
    start: str
    end: str
    quantity: float
    unit: str
    interval: str  # ContractCommitmentFulfillmentInterval: Monthly, Annually, Full Period ...

    @property
    def live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True)
class Inventory:
    """Commitments, checked together: none twice at the same time, none above a stated capacity."""

    items: tuple[Hourly, ...]
    others: tuple[
        Other, ...
    ] = ()  # commitments that settle over longer windows: listed, not settled by the hour

    @property
    def live(self) -> tuple[Hourly, ...]:
        """Signed and not over: Active or Pending. They bind."""
        return tuple(item for item in self.items if item.live)

    @property
    def proposed(self) -> tuple[Hourly, ...]:
        """What-ifs."""
        return tuple(item for item in self.items if item.status == "Proposed")

    def chosen(self, proposed: bool = False) -> tuple[Hourly, ...]:
        """Live ones, with `proposed` the what-ifs too."""
        return tuple(
            item for item in self.items if item.live or (proposed and item.status == "Proposed")
        )


def read_inventory(
    path, on_demand: float | Mapping | None = None, capacity: Mapping | None = None
) -> Inventory:
    """Commitments of a CSV or YAML file with FOCUS 1.4 Contract Commitment columns.

    Parameters
    ----------
    path : path
        The file.
    on_demand : float or mapping, optional
        Money per unit and hour where records have no x_OnDemandUnitPrice: one number, or SKU ->
        money.
    capacity : mapping, optional
        Pool unit or SKU -> units an hour there are at most; a record may state x_Capacity itself.

    Returns
    -------
    Inventory
        A commitment for each record.

    Raises
    ------
    PriceError
        Names file and line (CSV) or place (YAML): see commitments.from_record and `inventory`.

    Source
    ------
    docs/method §8.20, §8.21.

    Examples
    --------
    >>> try:
    ...     read_inventory("commitments.csv")
    ... except PriceError as problem:
    ...     print(problem)
    commitments.csv: there is no such file.
    """
    path = Path(path)
    if path.suffix.casefold() in (".yaml", ".yml"):
        return inventory(
            _yaml_records(path),
            on_demand,
            capacity,
            [f"{path}: commitments/{i}" for i in range(10_000)],
        )
    if not path.is_file():
        near = (
            nearest(path.name, [p.name for p in path.parent.glob("*.*")])
            if path.parent.is_dir()
            else None
        )
        raise PriceError(
            f"{path}: there is no such file.{f' Did you mean {near!r}?' if near else ''}"
        )

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PriceError(f"{path}: not a text file in UTF-8 (byte {problem.start}).") from None

    rows = csv.DictReader(io.StringIO(text), strict=True)
    records, places = [], []
    try:
        for row in rows:
            if None in row or None in row.values():
                raise PriceError(
                    f"{path}:{rows.line_num}: the row has {'more' if None in row else 'fewer'} cells than the header; "
                    "quote a text that holds a comma."
                )
            records.append(row)
            places.append(f"{path}:{rows.line_num}")
    except csv.Error as problem:
        raise PriceError(f"{path}:{rows.line_num}: not valid CSV: {problem}.") from None

    names = list(rows.fieldnames or [])
    for name in (PREFIX + column for column in COLUMNS):
        if name not in names:
            near = nearest(name, names)
            raise PriceError(
                f"{path}:1: column {name} is missing; write it.{f' Did you mean {near!r}?' if near else ''}"
            )
    return inventory(records, on_demand, capacity, places)


def _yaml_records(path: Path) -> list:
    from ... import documents

    document = documents.load_yaml_list(path, PriceError)
    if isinstance(document, list):
        return document
    if set(document) != {"commitments"} or not isinstance(document["commitments"], list):
        raise PriceError(
            f"{path}: the document must be a list of commitments, or 'commitments:' with that list under it."
        )
    return document["commitments"]


def inventory(
    records: Sequence,
    on_demand: float | Mapping | None = None,
    capacity: Mapping | None = None,
    places: Sequence[str] = (),
) -> Inventory:
    """An inventory of records (mappings with FOCUS names) or of Hourly commitments.

    Raises PriceError where one id appears twice at the same time (a renewal under the same id may follow), where a commitment,
    or all live ones of a pool together, exceed a capacity, and where a record makes no sense.
    """
    items, where_of, others = [], [], []
    for i, record in enumerate(records):
        where = places[i] if i < len(places) else ""
        if (
            isinstance(record, Mapping)
            and str(record.get(PREFIX + "FulfillmentInterval") or "Hourly").strip() != "Hourly"
        ):
            others.append(Other(**read_other(record, where)))
            continue
        items.append(
            record
            if isinstance(record, Hourly)
            else from_record(record, _price_of(record, on_demand), where)
        )
        where_of.append(f"{where}: " if where else "")
    _no_duplicates(items, where_of)
    _within_capacity(items, where_of, capacity or {})
    return Inventory(tuple(items), tuple(others))


def _price_of(record, on_demand):
    """The on-demand price that goes with a record: its own first. Money needs none."""
    if isinstance(record, Mapping) and is_currency(str(record.get(PREFIX + "Unit") or "").strip()):
        return None
    if not isinstance(on_demand, Mapping):
        return (
            None
            if isinstance(record, Mapping) and str(record.get("x_OnDemandUnitPrice") or "").strip()
            else on_demand
        )
    if not isinstance(record, Mapping) or str(record.get("x_OnDemandUnitPrice") or "").strip():
        return None
    text = record.get("x_SkuIds") or ""
    names = (
        [name.strip(" []\"'") for name in text.replace("|", ";").replace(",", ";").split(";")]
        if isinstance(text, str)
        else list(text)
    )
    rates = {on_demand[name] for name in names if name in on_demand}
    if len(rates) > 1:
        raise PriceError(
            f"commitment '{record.get(PREFIX + 'Id', '')}': its SKUs have on-demand prices from {min(rates):g} to "
            f"{max(rates):g}; write the price of the pool as x_OnDemandUnitPrice."
        )
    return rates.pop() if rates else None


def _span(item: Hourly) -> tuple[np.datetime64, np.datetime64]:
    return (
        day(item.start, "start") if item.start else np.datetime64("0001-01-01"),
        day(item.end, "end") if item.end else np.datetime64("9999-12-31"),
    )


def _no_duplicates(items, where_of) -> None:
    seen: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        first, last = _span(item)
        for j in seen.get(item.id, []):
            start, end = _span(items[j])
            if first < end and start < last:
                raise PriceError(
                    f"{where_of[i]}commitment '{item.id}' appears twice from {max(first, start)} to {min(last, end)} "
                    "(exclusive); keep one of them, or give the other its own ContractCommitmentId."
                )
        seen.setdefault(item.id, []).append(i)


def _within_capacity(items, where_of, capacity: Mapping) -> None:
    """Each commitment against its own x_Capacity; live ones of a pool together against a stated capacity."""
    for item, where in zip(items, where_of):
        stated = str(item.record.get("x_Capacity") or "").strip()
        if stated:
            try:
                most = number(float(stated), "x_Capacity")
            except (ValueError, PriceError):
                raise PriceError(
                    f"{where}commitment '{item.id}': x_Capacity is '{stated[:40]}'; it must be a plain number such as 40."
                ) from None
            _refuse_above(where, item.id, item.quantity, most, item.unit)
    for name, most in capacity.items():
        most = number(most, f"capacity of '{name}'")
        mine = [(i, item) for i, item in enumerate(items) if name == item.unit or name in item.skus]
        for i, item in mine:
            _refuse_above(where_of[i], item.id, item.quantity, most, name)
        edges = sorted({edge for _, item in mine for edge in _span(item)})
        for edge in edges:
            held = [
                item for _, item in mine if item.live and _span(item)[0] <= edge < _span(item)[1]
            ]
            total = sum(item.quantity for item in held)
            if total > most * (1 + 1e-12):
                raise PriceError(
                    f"commitments {', '.join(repr(item.id) for item in held)} add up to {total:g} an hour from {edge} on, above "
                    f"the capacity of {most:g} of '{name}'; no usage could fill them."
                )


def _refuse_above(where, name, quantity, most, unit) -> None:
    if quantity > most * (1 + 1e-12):
        raise PriceError(
            f"{where}commitment '{name}' is for {quantity:g} an hour, above the capacity of {most:g} of '{unit}'; "
            "no usage could fill it."
        )


def cliffs(
    held: Inventory, months: Sequence[str], proposed: bool = False, hours_per_month: float = 730.0
) -> list[dict]:
    """What drops off in each month: one row for each month and pool unit in which a commitment ends or begins.

    months   YYYY-MM in order; proposed: what-ifs count too

    A commitment drops off on its end, the first day it no longer covers. Rows, in the order of months and units:
    month, unit, ends and begins (ids), cover_before (units an hour on the day before the month), dropped, added, cover_after
    (on the last day), fee_dropped (money an hour), on_demand_equivalent (of what drops, money an hour: quantity x on-demand),
    on_demand_per_month (x hours_per_month), extra_per_month (what the same use costs more on demand: x (on-demand − rate)).
    """
    rows, items = [], held.chosen(proposed)
    for name in months_of(months):
        first, last = name.astype(D), (name + 1).astype(D) - 1
        for unit in sorted({item.unit for item in items}):
            mine = [item for item in items if item.unit == unit]
            ends = [item for item in mine if first <= _span(item)[1] <= last]
            begins = [item for item in mine if first <= _span(item)[0] <= last]
            if not ends and not begins:
                continue
            equivalent = sum(item.quantity * item.on_demand for item in ends)
            fee = sum(item.quantity * item.rate for item in ends)
            rows.append(
                {
                    "month": str(name),
                    "unit": unit,
                    "ends": [item.id for item in ends],
                    "begins": [item.id for item in begins],
                    "cover_before": cover(mine, first - 1),
                    "dropped": sum(item.quantity for item in ends),
                    "added": sum(item.quantity for item in begins),
                    "cover_after": cover(mine, last),
                    "fee_dropped": fee,
                    "on_demand_equivalent": equivalent,
                    "on_demand_per_month": equivalent * hours_per_month,
                    "extra_per_month": (equivalent - fee) * hours_per_month,
                }
            )
    return rows


def cover(items: Sequence[Hourly], on) -> float:
    """Units an hour that commitments cover on a day."""
    on = day(on, "on")
    return float(sum(item.quantity for item in items if _span(item)[0] <= on < _span(item)[1]))


def cover_by_month(held: Inventory, months: Sequence[str], proposed: bool = False) -> dict:
    """Unit -> mean units an hour covered in each month (month,): by days."""
    names = months_of(months)
    result: dict[str, np.ndarray] = {}
    for item in held.chosen(proposed):
        starts, ends = names.astype(D), (names + 1).astype(D)
        inside = np.maximum(
            (np.minimum(ends, _span(item)[1]) - np.maximum(starts, _span(item)[0])).astype(int), 0
        )
        result[item.unit] = result.get(item.unit, 0.0) + item.quantity * inside / (
            ends - starts
        ).astype(int)
    return result


def renewals(held: Inventory, as_of, within_days: int | None = None) -> list[dict]:
    """Live commitments that have not ended, soonest first: id, end, days (to expiry), quantity, unit, rate, on_demand,
    on_demand_equivalent (money an hour), successor (id of one on the same pool that begins by its end; "" where none does).
    Commitments over longer windows are listed with their whole quantity and prices of 0.
    """
    as_of, rows = day(as_of, "as_of"), []
    for other in (other for other in held.others if other.live):
        left = int((day(other.end, "end") - as_of).astype(int))
        if left > 0 and (within_days is None or left <= within_days):
            rows.append(
                {
                    "id": other.id,
                    "end": other.end,
                    "days": left,
                    "quantity": other.quantity,
                    "unit": other.unit,
                    "rate": 0.0,
                    "on_demand": 0.0,
                    "on_demand_equivalent": 0.0,
                    "successor": "",
                }
            )
    for item in held.live:
        end = _span(item)[1]
        left = int((end - as_of).astype(int))
        if item.end is None or left <= 0 or (within_days is not None and left > within_days):
            continue
        after = [
            later.id
            for later in held.live
            if later is not item
            and later.unit == item.unit
            and set(later.skus) == set(item.skus)
            and as_of < _span(later)[0] <= end < _span(later)[1]
        ]
        rows.append(
            {
                "id": item.id,
                "end": str(end),
                "days": left,
                "quantity": item.quantity,
                "unit": item.unit,
                "rate": item.rate,
                "on_demand": item.on_demand,
                "on_demand_equivalent": item.quantity * item.on_demand,
                "successor": after[0] if after else "",
            }
        )
    return sorted(rows, key=lambda row: (row["days"], row["id"]))


def totals(held: Inventory, as_of, proposed: bool = False) -> list[dict]:
    """By pool unit, on a day: how many are in term, quantity and fee an hour, and the fee still to come of everything signed
    (obligation: quantity x rate x hours of the days left; unpaid: the part of it that is not paid upfront already).
    """
    as_of, rows = day(as_of, "as_of"), []
    items = held.chosen(proposed)
    for unit in sorted({item.unit for item in items}):
        mine = [item for item in items if item.unit == unit]
        now = [item for item in mine if _span(item)[0] <= as_of < _span(item)[1]]
        still, unpaid = 0.0, 0.0
        for item in mine:
            start, end = _span(item)
            if item.end is None:
                raise PriceError(
                    f"commitment '{item.id}': the term is open; give its end to know what is still to come."
                )
            left = (
                max(int((end - max(start, as_of)).astype(int)), 0)
                * HOURS
                * item.quantity
                * item.rate
            )
            still += left
            unpaid += left * (1 - item.upfront_share) if start <= as_of else left
        rows.append(
            {
                "unit": unit,
                "count": len(now),
                "quantity": sum(item.quantity for item in now),
                "fee_per_hour": sum(item.quantity * item.rate for item in now),
                "obligation": still,
                "unpaid": unpaid,
            }
        )
    return rows


__all__ = [
    "Inventory",
    "LIVE",
    "cliffs",
    "cover",
    "cover_by_month",
    "inventory",
    "read_inventory",
    "renewals",
    "totals",
]
