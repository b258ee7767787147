"""The price in force on a day, with its reference: dated documents, appended and never overwritten (docs/method.md §4.1)."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from .. import units
from ..documents import Document, checked, load_yaml
from ..errors import PriceError, listing, nearest, unknown
from ..settings import Strict
from .rates import make

DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class Entry(Strict):
    """One SKU of a price document."""

    service: str
    unit: str                        # consumed unit
    rate: str                        # kind on the shelf prices/rates/
    history: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]    # valid from -> fields of the rate form
    block: Annotated[float, Field(gt=0)] = 1.0
    model: str = ""
    meter: str = ""
    region: str = ""
    note: str = ""
    reference: str = ""              # where this one was read, if not where the document says


class Prices(Strict):
    """A price document: one provider."""

    provider: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    reference: Annotated[str, Field(min_length=1)]
    checked: str
    prices: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]     # SKU -> Entry, checked one by one


@dataclass(frozen=True)
class Price:
    """The price of a SKU in force over some days: its rate form and where it comes from."""

    sku: str
    rate: object                     # rate form: charge(quantity) -> ListCost
    unit: str                        # consumed unit the quantity must be in
    currency: str
    since: str                       # first day in force, YYYY-MM-DD
    until: str | None                # day after the last one; None: until further notice
    provider: str
    service: str
    model: str
    meter: str
    reference: str                   # where it was read
    checked: str                     # when it was read
    place: str = field(default="", compare=False)   # file:line, for messages

    def charge(self, quantity):
        """ListCost of each quantity, see prices/rates."""
        return self.rate.charge(quantity)


@dataclass(frozen=True)
class Catalog:
    """Prices by SKU, each a history in time order."""

    prices: dict[str, tuple[Price, ...]]

    @property
    def skus(self) -> tuple[str, ...]:
        """All SKUs, sorted."""
        return tuple(sorted(self.prices))

    def history(self, sku: str) -> tuple[Price, ...]:
        """All prices of a SKU, oldest first. Raises PriceError with the nearest match for an unknown one."""
        if sku not in self.prices:
            raise PriceError(unknown("prices", "SKU", sku, self.skus, "Add it to a price document."))
        return self.prices[sku]

    def price(self, sku: str, day) -> Price:
        """The price in force on a day (text YYYY-MM-DD, date or datetime64).

        Raises PriceError for an unknown SKU and for a day before its first price: nothing is extrapolated backwards.
        """
        history, day = self.history(sku), _day(day)
        found = bisect_right([price.since for price in history], day)
        if not found:
            raise PriceError(f"prices: SKU '{sku}' has no price on {day}; its first one starts on {history[0].since} "
                             f"({history[0].place}). Append the older price to its history.")
        return history[found - 1]

    def steps(self, sku: str, first, last) -> list[tuple[str, Price]]:
        """The prices in force from first to last, both included: (day from which, price), in time order."""
        first, last = _day(first), _day(last)
        if last < first:
            raise PriceError(f"prices: the last day {last} comes before the first day {first}.")
        now = self.price(sku, first)
        return [(first, now)] + [(price.since, price) for price in self.history(sku) if first < price.since <= last]

    def find(self, *, model: str, meter: str) -> str:
        """The SKU of a model's meter. Raises PriceError with the nearest match."""
        pairs = {}
        for sku, history in self.prices.items():
            pairs.setdefault((history[-1].model, history[-1].meter), []).append(sku)
        models = sorted({pair[0] for pair in pairs if pair[0]})
        if model not in models:
            raise PriceError(unknown("prices", "model", model, models, "Add it to a price document."))
        meters = sorted(pair[1] for pair in pairs if pair[0] == model)
        if meter not in meters:
            raise PriceError(unknown("prices", f"meter of model '{model}'", meter, meters))
        found = pairs[(model, meter)]
        if len(found) > 1:
            raise PriceError(f"prices: model '{model}' has meter '{meter}' under {len(found)} SKUs: {listing(found)}. "
                             "Name the SKU.")
        return found[0]


def _day(day) -> str:
    try:
        return str(np.datetime64(day, "D"))
    except (TypeError, ValueError):
        raise PriceError(f"prices: '{day}' is not a day. Write it as YYYY-MM-DD.") from None


def load_catalog(folder: str | os.PathLike) -> Catalog:
    """All price documents (*.yaml, *.yml) of a folder, or one document.

    Raises PriceError, naming file and line: an unknown key, rate form or unit; dates that are none, stand twice or are
    not in time order; a SKU in two documents; nonsense in a price.
    """
    folder = Path(folder)
    files = [folder] if folder.is_file() else sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not files:
        raise PriceError(f"{folder}: no price document there. Put one file per provider into it, for example "
                         "hyperion_cloud.yaml (docs/method.md §4.1).")
    catalog: dict[str, tuple[Price, ...]] = {}
    for path in files:
        for sku, history in _read(path).items():
            if sku in catalog:
                raise PriceError(f"{history[0].place}: SKU '{sku}' has prices in {catalog[sku][0].place} already. "
                                 "A SKU has one history, in one document.")
            catalog[sku] = history
    return Catalog(catalog)


def _read(path: Path) -> dict[str, tuple[Price, ...]]:
    document = load_yaml(path, PriceError)
    prices = checked(Prices, document, PriceError)
    _check_day(prices.checked, document.at(("checked",)), "checked")
    lines: dict[str, dict] = {sku: {} for sku in prices.prices}
    for location, line in document.lines.items():
        if len(location) >= 2 and location[0] == "prices":
            lines[location[1]][location[2:]] = line
    histories = {}
    for sku, data in prices.prices.items():
        part = Document(data)                    # a document of its own, so that a slip gets its nearest match
        part.path, part.lines = document.path, lines[sku]
        histories[sku] = _history(sku, checked(Entry, part, PriceError), prices, document)
    return histories


def _history(sku: str, entry: Entry, prices: Prices, document: Document) -> tuple[Price, ...]:
    """The dated prices of one SKU, each with the day it ends."""
    def at(*rest) -> str:
        return document.at(("prices", sku, *rest))

    unit = units.spell(entry.unit, f"{at('unit')}: {sku}")
    since = list(entry.history)
    for day in since:
        _check_day(day, at("history", day), f"{sku}: history")
    for before, after in zip(since, since[1:]):
        if after < before:
            raise PriceError(f"{at('history', after)}: {sku}: {after} stands after {before}. "
                             "A history is appended to: the newest date comes last.")
    built = []
    for day, until in zip(since, [*since[1:], None]):
        where = at("history", day)
        if "block" in entry.history[day]:
            raise PriceError(f"{where}: {sku}: block belongs to the SKU, beside unit and rate; give every price of a "
                             "history per the same block.")
        rate = make(entry.rate, {**entry.history[day], "block": entry.block}, f"{where}: {sku}")
        built.append(Price(sku, rate, unit, prices.currency, day, until, prices.provider, entry.service, entry.model,
                           entry.meter, entry.reference or prices.reference, prices.checked, where))
    return tuple(built)


def _check_day(text: str, where: str, what: str) -> None:
    try:
        if DAY.match(text) and str(np.datetime64(text, "D")) == text:
            return
    except ValueError:
        pass
    raise PriceError(f"{where}: {what}: '{text}' is not a day. Write it as YYYY-MM-DD.")


def check_append_only(before: Catalog, after: Catalog) -> None:
    """Raises PriceError where a newer catalog changed or lost a price of an older one: history is only appended to."""
    for sku, history in before.prices.items():
        now = {price.since: price for price in after.prices.get(sku, ())}
        for price in history:
            if price.since not in now:
                near = nearest(price.since, now)
                hint = f" Did its date become {near}?" if near else ""
                raise PriceError(f"prices: SKU '{sku}' lost its price of {price.since}.{hint} A history is appended to; "
                                 "put the price back.")
            new = now[price.since]
            if (new.rate, new.unit, new.currency) != (price.rate, price.unit, price.currency):
                raise PriceError(f"{new.place}: SKU '{sku}' changed its price of {price.since} from {price.rate} to {new.rate}. "
                                 "A history is appended to; give the new price its own date.")
