"""Cost at prices that moved, or that nobody confirmed: SKU volatility, and list costs that are not price × quantity (docs/method §13.72).

Each usage cost of the month counts once, under the first of these that holds of its price:
unlisted    no list has a price of it that is in force: neither the company's price documents nor the frozen token prices
undated     the list does not say from which day it holds: a year or quarter only; prices by the time of day, or a moving name, without a first day
stale       nobody read it again for more than `stale_days`
changed     it changed within the newest `days`: a dated price of the list began in them, or the bill's own ListUnitPrice took another value
steady      all other
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ... import resources
from ...documents import stamp
from ...errors import FinOpsError
from ...facts.daily.parts import OUTSIDE
from ...facts.intake.list_cost import ListCosts
from ...facts.usage.daily import provider
from ...periods import days_between, month_column
from ...prices.lists.catalog import Catalog, Price, load_catalog
from ...prices.tokens.table import TokenTable
from ...prices.tokens.told import odd
from ..usage.weights import prices_of

KINDS = ("unlisted", "undated", "stale", "changed")
MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?$")
PRICED = ["SkuId", "SkuPriceId", "RegionId", "PricingCategory", "ListUnitPrice"]
COSTS = ["ListCost", "ListUnitPrice", "PricingQuantity", "ChargeClass", "BillingCurrency", "x_Row"]


def places_of(settings) -> list[Path]:
    """Where the price documents of the settings lie, the world's beside them last; without any, those that come with us."""
    if not settings.prices:
        return [resources.path("prices/world")]
    own = settings.path(settings.prices)
    return [own, *([own / "world"] if (own / "world").is_dir() else [])]


@lru_cache(maxsize=8)
def _catalog(place: Path, _: tuple) -> Catalog:
    return load_catalog(place)


def volatility(daily: pd.DataFrame, settings, ledger, month: str, as_of: str) -> dict[str, float]:
    """{kind of price: EffectiveCost of the month's usage}, each cost once; 'steady' too."""
    rows = daily[
        (month_column(daily) == month)
        & (daily["ChargeCategory"] == "Usage")
        & (daily["ChargeClass"] != "Correction")
    ]
    sums = dict.fromkeys((*KINDS, "steady"), 0.0)
    if rows.empty:
        return sums
    cost = rows.groupby(["SkuId", "x_Model", "ServiceProviderName"], sort=True)["EffectiveCost"]
    lists = Lists(settings, as_of)
    moved = moved_on_the_bill(ledger, settings, as_of)
    for (sku, model, vendor), amount in cost.sum().items():
        kind = lists.kind(sku, model, vendor)
        sums["changed" if kind == "steady" and sku in moved else kind] += float(amount)
    return sums


class Lists:
    """The price lists of a workspace on a day."""

    def __init__(self, settings, as_of: str):
        limits = settings.quality
        self.as_of, self.stale_days = as_of, limits.stale_days
        self.since = str(dt.date.fromisoformat(as_of) - dt.timedelta(days=limits.days))
        self.settings, self.places = settings, places_of(settings)

    @cached_property
    def tokens(self) -> TokenTable:
        return prices_of(self.settings)

    def _history(self, sku: str) -> tuple[Price, ...]:
        """Dated prices of a SKU; a further catalog is read only where those before do not know it."""
        for place in self.places if sku else ():
            documents = sorted([*place.glob("*.y*ml")]) if place.is_dir() else [place]
            if sku in (catalog := _catalog(place, stamp(documents))).prices:
                return catalog.prices[sku]
        return ()

    def kind(self, sku: str, model: str, vendor: str) -> str:
        """What holds of the price of a SKU, or else of a model's token prices."""
        now = [price for price in self._history(sku) if price.since <= self.as_of]
        if now and (now[-1].until is None or self.as_of < now[-1].until):
            price = now[-1]
            if price.dated and not MONTH.match(price.dated):
                return "undated"
            return self._aged(price.checked, price.since if len(now) > 1 else None)
        return self._of_tokens(model, vendor) if model else "unlisted"

    def _aged(self, read: str, began: str | None) -> str:
        if days_between(read, self.as_of) > self.stale_days:
            return "stale"
        return "changed" if began and self.since < began <= self.as_of else "steady"

    def _of_tokens(self, model: str, vendor: str) -> str:
        for name in dict.fromkeys((provider(vendor), "")):
            try:
                record = self.tokens.records[self.tokens.find(model, name)]
            except FinOpsError:
                continue
            break
        else:
            return "unlisted"
        said = record.get("corrected", {})
        days = [since for since, _, _ in record["offers"][""]]
        held = [since for since in days if since is None or since <= self.as_of]
        if not held or str(said.get("retired", "9999")) < self.as_of:
            return "unlisted"
        if f"{record['provider']}/{record['model']}" in _timeless(self.tokens):
            return "undated"
        ours = {since for one in record.get("corrections", ()) for since, _, _ in one["segments"]}
        read = said["read"] if held[-1] in ours else self.tokens.passport.get("made", self.as_of)
        return self._aged(read, held[-1] if len(set(held)) > 1 else None)


@lru_cache(maxsize=4)
def _timeless(tokens: TokenTable) -> frozenset[str]:
    """Models whose prices have no first day though they need one (prices.tokens.told.odd)."""
    return frozenset(line.split(":")[0].split(" (")[0] for line in odd(tokens))


def moved_on_the_bill(ledger, settings, as_of: str) -> set[str]:
    """SKUs whose own ListUnitPrice took another value within the newest days: one that began after another had ended.

    By SKU, SkuPriceId, region and pricing category: prices of tiers that are charged side by side are no change.
    """
    last = dt.date.fromisoformat(as_of)
    since = last - dt.timedelta(days=settings.quality.days)
    spans: dict[tuple, dict[str, list[dt.date]]] = {}
    for table in _tables(
        ledger,
        str(since - dt.timedelta(days=62))[:7],
        [*PRICED, "ChargePeriodStart", "BillingCurrency"],
        settings,
    ):
        if "ListUnitPrice" not in table.schema.names:
            continue
        table = table.filter(pc.not_equal(pc.fill_null(table.column("ListUnitPrice"), ""), ""))
        day = pc.cast(table.column("ChargePeriodStart"), pa.date32())
        table = table.append_column("day", day)
        keys = [name for name in PRICED if name in table.schema.names]
        for row in table.group_by(keys).aggregate([("day", "min"), ("day", "max")]).to_pylist():
            key = tuple(row.get(name) or "" for name in PRICED[:-1])
            price = str(_number(row["ListUnitPrice"]))
            span = spans.setdefault(key, {}).setdefault(price, [row["day_min"], row["day_max"]])
            span[:] = min(span[0], row["day_min"]), max(span[1], row["day_max"])
    return {
        key[0]
        for key, prices in spans.items()
        if any(
            since < one[0] <= last and other[1] < one[0]
            for one in prices.values()
            for other in prices.values()
        )
    } - {""}


def apart(ledger, settings, month: str) -> tuple[int, Decimal, Decimal]:
    """(rows of the month's bills whose ListCost is not price × quantity, by how much in all, ListCost of all rows)."""
    found, whole = ListCosts(), Decimal(0)
    for table in _tables(ledger, month, [*COSTS, "ChargeCategory"], settings, month):
        whole += pc.sum(pc.abs(table.column("ListCost"))).as_py() or Decimal(0)
        found.look(table)
    return found.count, found.apart.get(settings.currency, Decimal(0)), whole


def _tables(
    ledger, first: str, columns: list[str], settings, last: str = "9999-99"
) -> Iterator[pa.Table]:
    """Rows in force of the billing periods from `first` to `last`, these columns of them that are there, in the settings' currency."""
    proved = ledger.proof()
    for key, version in ledger.book.in_force().items():
        if not first <= key[2][:7] <= last:
            continue
        for part in version.parts:
            if part["path"] in proved:
                place = ledger.root / part["path"]
                names = [name for name in columns if name in pq.read_schema(place).names]
                table = pq.read_table(place, columns=names)
                table = table.filter(pc.equal(table.column("BillingCurrency"), settings.currency))
                yield (
                    table.filter(
                        pc.invert(pc.is_in(table.column("ChargeCategory"), pa.array(OUTSIDE)))
                    )
                    if "ChargeCategory" in names
                    else table
                )


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text.strip()).normalize()
    except ArithmeticError:
        return text
