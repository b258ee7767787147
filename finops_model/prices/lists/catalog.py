"""The price in force on a day, with its reference: dated documents, appended and never overwritten (docs/method §4.1, §4.3)."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from ... import resources, units
from ...documents import Document, checked, load_yaml
from ...errors import PriceError, listing, nearest, unknown
from ...periods import days_between
from ...settings import Strict
from ..rates import make

DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
KINDS = (
    "gpu",
    "accelerator",
    "cpu",
    "storage",
    "network",
    "tokens",
    "provisioned",
    "seats",
    "requests",
    "runtime",
)
PURCHASES = (
    "on_demand",
    "spot",
    "committed_1m",
    "committed_1y",
    "committed_3y",
    "provisioned",
    "capacity_block",
    "seat",
)


class Entry(Strict):
    """One SKU of a price document."""

    service: str
    unit: str  # consumed unit
    rate: str  # kind on the shelf prices/rates/
    history: Annotated[
        dict[str, dict[str, Any]], Field(min_length=1)
    ]  # valid from -> fields of the rate form
    block: Annotated[float, Field(gt=0)] = 1.0
    model: str = ""
    meter: str = ""
    region: str = ""
    note: str = ""
    reference: str = ""  # where this one was read, if not where the document says
    checked: str = ""  # when this one was read, if not when the document says
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""  # if not the document's
    kind: str = ""  # what is bought: one of KINDS
    purchase: str = ""  # how it is bought: one of PURCHASES
    dated: str = ""  # the source's own date where it is coarser than a day: 2026-04, 2026-Q2, 2025


class Prices(Strict):
    """A price document: one provider."""

    provider: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    reference: Annotated[str, Field(min_length=1)]
    checked: str
    prices: Annotated[
        dict[str, dict[str, Any]], Field(min_length=1)
    ]  # SKU -> Entry, checked one by one


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price of a SKU in force over some days: its rate form and where it comes from."""

    sku: str
    rate: object  # rate form: charge(quantity) -> ListCost
    unit: str  # consumed unit the quantity must be in
    currency: str
    since: str  # first day in force, YYYY-MM-DD
    until: str | None  # day after the last one; None: until further notice
    provider: str
    service: str
    model: str
    meter: str
    reference: str  # where it was read
    checked: str  # when it was read
    place: str = field(default="", compare=False)  # file:line, for messages
    region: str = ""
    kind: str = ""  # one of KINDS, "" where the document does not say
    purchase: str = ""  # one of PURCHASES, "" where the document does not say
    note: str = ""
    dated: str = ""  # the source's own date where it is coarser than a day

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
            raise PriceError(
                unknown("prices", "SKU", sku, self.skus, "Add it to a price document.")
            )
        return self.prices[sku]

    def price(self, sku: str, day) -> Price:
        """The price in force on a day (text YYYY-MM-DD, date or datetime64).

        Raises PriceError for an unknown SKU, for a day before its first price (nothing is extrapolated backwards) and for a
        day after a price that ended without a successor.
        """
        history, day = self.history(sku), _day(day)
        count = bisect_right([price.since for price in history], day)
        if not count:
            raise PriceError(
                f"prices: SKU '{sku}' has no price on {day}; its first one starts on {history[0].since} "
                f"({history[0].place}). Append the older price to its history."
            )
        last = history[count - 1]
        if last.until is not None and day >= last.until:
            after = (
                f"the next one starts on {history[count].since}"
                if count < len(history)
                else "none follows"
            )
            raise PriceError(
                f"prices: SKU '{sku}' has no price on {day}; the one of {last.since} ended before {last.until} and "
                f"{after} ({last.place}). Append the price of that day to its history."
            )
        return last

    def steps(self, sku: str, first, last) -> list[tuple[str, Price]]:
        """The prices in force from first to last, both included: (day from which, price), in time order."""
        first, last = _day(first), _day(last)
        if last < first:
            raise PriceError(f"prices: the last day {last} comes before the first day {first}.")
        now = self.price(sku, first)
        return [(first, now)] + [
            (price.since, price) for price in self.history(sku) if first < price.since <= last
        ]

    def find(self, *, model: str, meter: str) -> str:
        """The SKU of a model's meter. Raises PriceError with the nearest match."""
        pairs: dict[tuple[str, str], list[str]] = {}
        for sku, history in self.prices.items():
            pairs.setdefault((history[-1].model, history[-1].meter), []).append(sku)
        models = sorted({pair[0] for pair in pairs if pair[0]})
        if model not in models:
            raise PriceError(
                unknown("prices", "model", model, models, "Add it to a price document.")
            )
        meters = sorted(pair[1] for pair in pairs if pair[0] == model)
        if meter not in meters:
            raise PriceError(unknown("prices", f"meter of model '{model}'", meter, meters))
        skus = pairs[(model, meter)]
        if len(skus) > 1:
            raise PriceError(
                f"prices: model '{model}' has meter '{meter}' under {len(skus)} SKUs: {listing(skus)}. "
                "Name the SKU."
            )
        return skus[0]


def _day(day) -> str:
    try:
        return str(np.datetime64(day, "D"))
    except (TypeError, ValueError):
        raise PriceError(f"prices: '{day}' is not a day. Write it as YYYY-MM-DD.") from None


def load_catalog(folder: str | os.PathLike | None = None, *more: str | os.PathLike) -> Catalog:
    """All price documents (*.yaml, *.yml) of a folder, or one document.

    A folder's own files only: what lies in folders below it is another catalog
    (docs/decisions/0007).

    Parameters
    ----------
    folder : path, optional
        A folder or a document; None: the dated list prices that come with finops-model
        (data/prices/world).
    *more : path
        Folders and documents that are added to it.

    Returns
    -------
    Catalog
        SKUs and the dated history of their prices.

    Raises
    ------
    PriceError
        Names file and line: an unknown key, rate form or unit; dates that are none, stand twice,
        overlap or are not in time order; a SKU in two documents; nonsense in a price.

    Source
    ------
    docs/method §4.1.

    Examples
    --------
    >>> load_catalog().price("openai:o3:input_tokens", "2026-10-31").currency
    'USD'
    """
    files: list[Path] = []
    for place in map(Path, (resources.path("prices/world") if folder is None else folder, *more)):
        documents = (
            [place] if place.is_file() else sorted([*place.glob("*.yaml"), *place.glob("*.yml")])
        )
        if not documents:
            raise PriceError(
                f"{place}: no price document there. Put one file per provider into it, for example "
                "hyperion_cloud.yaml (docs/method §4.1)."
            )
        files += documents
    catalog: dict[str, tuple[Price, ...]] = {}
    for path in files:
        for sku, history in _read(path).items():
            if sku in catalog:
                raise PriceError(
                    f"{history[0].place}: SKU '{sku}' has prices in {catalog[sku][0].place} already. "
                    "A SKU has one history, in one document."
                )
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
        part = Document(data)  # a document of its own, so that a slip gets its nearest match
        part.path, part.lines = document.path, lines[sku]
        histories[sku] = _history(sku, checked(Entry, part, PriceError), prices, document)
    return histories


def _history(sku: str, entry: Entry, prices: Prices, document: Document) -> tuple[Price, ...]:
    """The dated prices of one SKU, each with the day it ends."""

    def at(*rest) -> str:
        return document.at(("prices", sku, *rest))

    unit = units.spell(entry.unit, f"{at('unit')}: {sku}")
    for name, allowed in (("kind", KINDS), ("purchase", PURCHASES)):
        if getattr(entry, name) and getattr(entry, name) not in allowed:
            raise PriceError(unknown(f"{at(name)}: {sku}", name, getattr(entry, name), allowed))
    if entry.checked:
        _check_day(entry.checked, at("checked"), f"{sku}: checked")
    since = list(entry.history)
    for day in since:
        _check_day(day, at("history", day), f"{sku}: history")
    for before, after in zip(since, since[1:]):
        if after < before:
            raise PriceError(
                f"{at('history', after)}: {sku}: {after} stands after {before}. "
                "A history is appended to: the newest date comes last."
            )
    built = []
    for day, following in zip(since, [*since[1:], None]):
        where, fields = at("history", day), dict(entry.history[day])
        if "block" in fields:
            raise PriceError(
                f"{where}: {sku}: block belongs to the SKU, beside unit and rate; give every price of a "
                "history per the same block."
            )
        until = _until(fields.pop("until", None), day, following, f"{where}: {sku}")
        rate = make(entry.rate, {**fields, "block": entry.block}, f"{where}: {sku}")
        built.append(
            Price(
                sku=sku,
                rate=rate,
                unit=unit,
                currency=entry.currency or prices.currency,
                since=day,
                until=until,
                provider=prices.provider,
                service=entry.service,
                model=entry.model,
                meter=entry.meter,
                reference=entry.reference or prices.reference,
                checked=entry.checked or prices.checked,
                place=where,
                region=entry.region,
                kind=entry.kind,
                purchase=entry.purchase,
                note=entry.note,
                dated=entry.dated,
            )
        )
    return tuple(built)


def _until(written, since: str, following: str | None, where: str) -> str | None:
    """The day after the last one in force: as written (a price that ended), else the day the next price starts."""
    if written is None:
        return following
    _check_day(str(written), where, "until")
    if written <= since:
        raise PriceError(
            f"{where}: until is {written}, but the price starts on {since}; until is the day after its last one."
        )
    if following is not None and written > following:
        raise PriceError(
            f"{where}: the price of {since} is in force until {written}, but the next one starts on {following}: "
            "their dates overlap. End the first one on that day or before; without until it ends there by itself."
        )
    return written


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
                raise PriceError(
                    f"prices: SKU '{sku}' lost its price of {price.since}.{hint} A history is appended to; "
                    "put the price back."
                )
            new = now[price.since]
            if (new.rate, new.unit, new.currency) != (price.rate, price.unit, price.currency):
                raise PriceError(
                    f"{new.place}: SKU '{sku}' changed its price of {price.since} from {price.rate} to {new.rate}. "
                    "A history is appended to; give the new price its own date."
                )


def select(
    catalog: Catalog,
    *,
    provider: str = "",
    service: str = "",
    kind: str = "",
    purchase: str = "",
    region: str = "",
    text: str = "",
) -> tuple[str, ...]:
    """SKUs whose newest price fits all of the words, sorted; upper and lower case are the same.

    provider, service, text   part of the name (text: of SKU, service, model, meter or note); a provider also by the first word of its SKUs
    kind, purchase, region    the whole word

    Raises PriceError with the nearest match where no price has such a value at all.
    """
    whole = {"kind": kind, "purchase": purchase, "region": region}
    part = {"provider": provider, "service": service}
    newest = {sku: history[-1] for sku, history in catalog.prices.items()}
    for name, word in (whole | part).items():
        values = sorted({getattr(price, name) for price in newest.values() if getattr(price, name)})
        prefixes = (
            {sku.split(":")[0].casefold() for sku in newest if ":" in sku}
            if name == "provider"
            else set()
        )
        fitting = [
            value
            for value in values
            if (
                word.casefold() == value.casefold()
                if name in whole
                else word.casefold() in value.casefold()
            )
        ]
        if word and not fitting and word.casefold() not in prefixes:
            raise PriceError(unknown("prices", name, word, values))

    def fits(sku: str, price: Price) -> bool:
        for name, word in (whole | part).items():
            value, word = getattr(price, name).casefold(), word.casefold()
            first = name == "provider" and sku.casefold().startswith(f"{word}:")
            if word and not (value == word if name in whole else word in value or first):
                return False
        return (
            text.casefold()
            in " ".join((sku, price.service, price.model, price.meter, price.note)).casefold()
        )

    return tuple(sorted(sku for sku, price in newest.items() if fits(sku, price)))


@dataclass(frozen=True)
class Stale:
    """A price that nobody has looked up for too long."""

    sku: str
    checked: str  # when it was read last
    days: int  # how long ago
    reference: str  # where to look it up again


def stale(catalog: Catalog, day, after_days: int = 90) -> tuple[Stale, ...]:
    """Prices in force on a day that were last checked more than `after_days` before it, the oldest first (docs/method §4.4).

    Ended prices and prices that start later are not asked for. Raises PriceError for a day that is none.
    """
    day, stale_prices = _day(day), []
    if not (isinstance(after_days, (int, np.integer)) and after_days >= 0):
        raise PriceError(
            f"after_days is {after_days}; it must be a whole number of days, 0 or more."
        )
    for sku, history in catalog.prices.items():
        now = [
            price
            for price in history
            if price.since <= day and (price.until is None or day < price.until)
        ]
        age = days_between(now[-1].checked, day) if now else 0
        if age > after_days:
            stale_prices.append(Stale(sku, now[-1].checked, age, now[-1].reference))
    return tuple(sorted(stale_prices, key=lambda one: (-one.days, one.sku)))


def catalog_price(catalog, sku: str, day):
    """The Price of a SKU on a day, or None where the catalog does not know it then."""
    if catalog is None or sku not in catalog.prices:
        return None
    day = str(np.datetime64(day, "D"))
    begun = [price for price in catalog.prices[sku] if price.since <= day]
    return begun[-1] if begun else None


def is_linear(price) -> bool:
    return type(price.rate).__name__ == "Linear"


def unit_price(price) -> float:
    """Money per consumed unit of a linear price."""
    return price.rate.price / price.rate.block
