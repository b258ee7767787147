"""Google Cloud billing export (BigQuery, standard and detailed): JSON lines, CSV with nested or flattened columns, Parquet.

BilledCost and EffectiveCost are cost + credits, ContractedCost is cost, ListCost is cost_at_list, as in Google's own FOCUS view of this export (Google
Cloud, "FOCUS BigQuery view", 2024: BilledCost and EffectiveCost = cost + SUM(credits.amount), ContractedCost = cost; credits again in x_Credits); so
the same month as a FOCUS export gives the same figures. FOCUS: discounts belong on the row that they pertain to (Discount Handling). A credit of type
PROMOTION is inside too and is told with its sum: it ends. What is read of the view differently: a fee of a commitment is a Purchase (its SKU says
Commitment v1 or Commitment - dollar based), as FOCUS has it, not usage.
Days are those of use (usage_start_time), never partition_date or export_time; the billing period is invoice.month. Credits that cannot be read
refuse the file, because its total would be too high. A table that was flattened by UNNEST has a row for each credit or label, and the cost on each
of them: refused where two rows are one charge.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError
from ..files.readers import Source
from ..vendors import FOCUS, head, squash
from . import Export, _gcp
from ._gcp import Columns, masked
from ._json import month_around
from .aws_cur import EXACT, _number, _utc

TITLE = "Google Cloud billing export (BigQuery)"
DEFAULT = True
SIGN = ("cost", "credits", "currency", "usage_start_time", "usage_end_time")
BESIDE = (  # of these, four at least (a record and its fields count once)
    ("service", "serviceid", "servicedescription"),
    ("sku", "skuid", "skudescription"),
    ("invoice", "invoicemonth"),
    ("project", "projectid", "projectname"),
    ("billingaccountid",),
    ("costtype",),
    ("exporttime",),
    ("currencyconversionrate",),
    ("usage", "usageamount"),
    ("location", "locationregion"),
    ("labels",),
)
ONE = (
    "cost and credits are added up: BilledCost is what is left after credits. EffectiveCost is not known, and BilledCost is taken for it, as in "
    "Google's FOCUS export"
)
PIECE = 50_000  # rows turned at a time
CATEGORY = {
    "regular": "Usage",
    "tax": "Tax",
    "adjustment": "Adjustment",
    "roundingerror": "Adjustment",
}
LABELS = re.compile(r"(?:(?P<of>project|system)[._ ]?)?(?P<what>labels|tags)[._ ](?P<key>.+)", re.I)
PLAIN = {  # FOCUS name: headings, the first that is filled counts
    "BillingCurrency": ("currency",),
    "ChargePeriodStart": ("usage_start_time",),
    "ChargePeriodEnd": ("usage_end_time",),
    "BillingAccountId": ("billing_account_id",),
    "SubAccountId": ("project.id", "project.number"),
    "SubAccountName": ("project.name",),
    "ServiceName": ("service.description", "service.id"),
    "SkuId": ("sku.id",),
    "ChargeDescription": ("sku.description",),
    "RegionId": ("location.region",),
    "AvailabilityZone": ("location.zone",),
    "ResourceId": ("resource.global_name",),
    "ResourceName": ("resource.name",),
    "ListCost": ("cost_at_list",),
    "ContractedCost": ("cost",),
    "ListUnitPrice": ("price.list_price",),
    "ContractedUnitPrice": ("price.effective_price",),
    "x_ServiceId": ("service.id",),
    "x_CostType": ("cost_type",),
    "x_Location": ("location.location",),
    "x_CurrencyConversionRate": ("currency_conversion_rate",),
    "x_ExportTime": ("export_time",),
    "x_ProjectNumber": ("project.number",),
    "x_SellerName": ("seller_name",),
    "x_TransactionType": ("transaction_type",),
    "x_ConsumptionModel": ("consumption_model.description", "consumption_model.id"),
    "x_SubscriptionId": ("subscription.instance_id",),
    "x_AdjustmentType": ("adjustment_info.type",),
    "x_AdjustmentDescription": ("adjustment_info.description",),
}
MONEY = ("ListCost", "ContractedCost")
UNNESTED = {  # what UNNEST makes a column of: what there is a row for
    r"credits(?:amount|name|fullname|type|id)": "credit",
    r"(?:project|system)?labels(?:key|value)": "label",
    r"tags(?:key|value|inherited|namespace)": "tag",
}


def recognise(source: Source) -> bool:
    """Cost, credits, currency and both times of use, with other columns of the export."""
    if source.kind == "json" and not isinstance(source.document, list):
        return False
    try:
        words = head(source.header).words
    except InputError:  # the reader that takes the file says what is wrong with it
        return False
    sign = {squash(name) for name in SIGN} - {"credits"}
    there = words & {"credits", "creditsamount"} and sign <= words
    kin = sum(bool(words & set(names)) for names in BESIDE)
    return bool(there) and kin >= 4 and len(words & FOCUS) < 6


def read(source: Source) -> Export:
    """A row per row of the export; nothing is left out."""
    names = [name for name in source.header if name != "x_Row"]
    words = {squash(name) for name in names}
    detailed = words & {"resource", "resourcename", "resourceglobalname"}
    version = f"Google Cloud billing export ({'detailed' if detailed else 'standard'})"
    notes = [ONE]
    if not words & {"invoice", "invoicemonth"}:
        notes.append("no invoice.month: the month of use is taken as the month billed")
    if "costtype" not in words:
        notes.append("no cost_type: tax and adjustments cannot be told from usage")
    if not any(word.startswith(("labels", "projectlabels", "tags")) for word in words):
        notes.append("no labels in this export: all rows are untagged")
    return Export(_pieces(source, notes), version, notes, not_known={"Effective": ONE})


def _pieces(source: Source, notes: list[str]) -> Iterator[pa.Table]:
    """The rows under FOCUS names; what was counted on the way is noted at the end."""
    counts: Counter = Counter()
    promoted: dict[str, Decimal] = defaultdict(Decimal)
    once = _Once(source)
    for table in source.batches():
        once.add(table)
        for at in range(0, max(table.num_rows, 1), PIECE):
            yield _rows(source.name, Columns(table.slice(at, PIECE)), counts, promoted)
    once.check()
    for kind, count in sorted((+counts).items()):
        rows = "1 row" if count == 1 else f"{count:,} rows"
        notes.append(f"{rows}: {kind}")
    for currency, total in sorted(promoted.items()):
        notes.append(
            f"promotions of {total:,f} {currency} are inside BilledCost: what they pay for is billed when they end"
        )


def _rows(name: str, c: Columns, counts: Counter, promoted: dict[str, Decimal]) -> pa.Table:
    cells = {name: c.text(*headings) for name, headings in PLAIN.items()}
    for column in MONEY:
        cells[column] = c.each([cells[column]], _digits)
    _credits(name, c, cells, counts, promoted)
    kind = c.each([cells["x_CostType"]], squash)
    if not c.has("cost_type"):
        kind = pa.repeat(pa.scalar("regular", pa.string()), c.rows)
    sku = cells["ChargeDescription"]
    cells["ChargeCategory"] = c.each([kind, cells["x_CostType"], sku], _category)
    adjusted = c.text(
        *(f"adjustment_info.{field}" for field in ("id", "description", "type", "mode"))
    )
    cells["ChargeClass"] = c.each([adjusted], lambda said: "Correction" if said else "")
    cells["ChargeFrequency"] = c.each([kind, sku], _frequency)
    cells["PricingCategory"] = c.each(
        [kind, sku, cells["x_Credits"], cells["x_ConsumptionModel"]], _pricing
    )
    _periods(c, kind, cells, counts)
    _parties(c, cells)
    regular = pc.equal(kind, "regular")
    for own, amount, unit in (
        ("Consumed", "usage.amount", "usage.unit"),
        ("Pricing", "usage.amount_in_pricing_units", "usage.pricing_unit"),
    ):
        number = c.each([c.text(amount)], _digits)
        cells[f"{own}Quantity"] = pc.if_else(regular, number, "")
        cells[f"{own}Unit"] = pc.if_else(regular, c.text(unit), "")
    service = cells["ServiceName"]
    cells["ServiceCategory"] = c.each([service], _gcp.category)
    cells["x_Model"] = c.each([sku], lambda text: _gcp.tokens(text)[0])
    cells["SkuMeter"] = c.each([sku], lambda text: _gcp.tokens(text)[1] or text)
    cells["Tags"] = _tags(c)
    return pa.table({**cells, "x_Row": c.table.column("x_Row")})


def _digits(text: str) -> str:
    """A number without an exponent, to the digit; what is none stays as it is written.

    >>> _digits("3.2E-5"), _digits("100.00"), _digits("n/a")
    ('0.000032', '100.00', 'n/a')
    """
    if "e" not in text.casefold():
        return text
    value = _number(text)
    return text if value is None else format(value, "f")


def _credits(
    name: str, c: Columns, cells: dict[str, pa.Array], counts: Counter, promoted: dict[str, Decimal]
) -> None:
    """BilledCost and EffectiveCost after credits, and x_Credits; raises InputError where a credit cannot be read."""
    nested, flat = c.text("credits"), c.text("credits.amount")
    of = [c.text(f"credits.{field}") for field in ("name", "full_name", "type", "id")]
    column = "credits" if c.has("credits") else "credits.amount"

    def written(cell: str, amount: str, *fields: str) -> str:
        """The credits of a row as JSON; '?' where they cannot be read."""
        found = _gcp.credits(cell or amount)
        if found is None:
            return "?"
        if len(found) == 1 and not cell:
            named = dict(zip(("name", "full_name", "type", "id"), fields, strict=True))
            found = [{**{key: value for key, value in named.items() if value}, **found[0]}]
        return _dumped(found)

    credits = c.each([nested, flat, *of], written)
    bad = masked(pc.equal(credits, "?"))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        cell = nested[at].as_py() or flat[at].as_py()
        raise InputError(
            f"{name}: row {c.table.column('x_Row')[at].as_py()}, column '{column}': '{cell[:80]}' is no list of credits with amounts, and without them the "
            'total would be too high. Nothing was taken. Write them as BigQuery does ([{"name": …, "amount": -30.0}]): bq extract to JSON lines or '
            "Parquet."
        )
    there = masked(pc.not_equal(credits, ""))
    cost = cells["ContractedCost"]
    billed = c.only(there, [cost, credits], _billed, cost)
    cells["BilledCost"] = cells["EffectiveCost"] = billed
    cells["x_Credits"] = credits
    promotion = masked(pc.match_substring(credits, '"PROMOTION"'))
    for currency, text in zip(
        cells["BillingCurrency"].filter(pa.array(promotion)).to_pylist(),
        credits.filter(pa.array(promotion)).to_pylist(),
        strict=True,
    ):
        amounts = [
            one["amount"] for one in _gcp.credits(text) or () if one.get("type") == "PROMOTION"
        ]
        promoted[currency] = EXACT.add(promoted[currency], _gcp.summed(amounts))
    counts["with credits"] += int(there.sum())


def _dumped(credits: list[dict[str, str]]) -> str:
    """Credits as JSON whose amounts are numbers to the digit; '' for none."""
    parts = []
    for one in credits:
        names = [
            f"{json.dumps(key)}:{json.dumps(value)}"
            for key, value in one.items()
            if key != "amount"
        ]
        parts.append("{" + ",".join([*names, f'"amount":{one["amount"]}']) + "}")
    return f"[{','.join(parts)}]" if parts else ""


def _billed(cost: str, credits: str) -> str:
    """cost + credits, exactly; a cost that is no number stays as it is, to be refused."""
    value = _number(cost)
    if value is None:
        return cost
    return _gcp.plain(
        EXACT.add(value, _gcp.summed([one["amount"] for one in _gcp.credits(credits) or ()]))
    )


def _category(kind: str, written: str, sku: str) -> str:
    """The category of a row; a cost_type that is not known stays as it is written, to be refused by its name."""
    if kind == "regular" and _gcp.FEE.fullmatch(sku):
        return "Purchase"
    return CATEGORY.get(kind, written)


def _frequency(kind: str, sku: str) -> str:
    if kind != "regular":
        return "One-Time"
    return "Recurring" if _gcp.FEE.fullmatch(sku) else "Usage-Based"


def _pricing(kind: str, sku: str, credits: str, model: str) -> str:
    types = {one.get("type", "") for one in _gcp.credits(credits) or ()}
    return _gcp.pricing(sku, types, model) if kind == "regular" else ""


def _periods(c: Columns, kind: pa.Array, cells: dict[str, pa.Array], counts: Counter) -> None:
    """The times of use and the invoice month; what is not used (tax, rounding) and has no time lies in its month."""
    said = c.text("invoice.month")
    for name in ("ChargePeriodStart", "ChargePeriodEnd"):
        cells[name] = c.each([cells[name]], _utc)
    used = cells["ChargePeriodStart"]
    start = c.each([said, used], lambda text, day: (_gcp.month(text) if text else month_around(day))[0] or "")  # fmt: skip
    end = c.each([said, used], lambda text, day: (_gcp.month(text) if text else month_around(day))[1] or "")  # fmt: skip
    cells["BillingPeriodStart"], cells["BillingPeriodEnd"] = start, end
    timeless = pc.and_(
        pc.not_equal(kind, "regular"),
        pc.and_(pc.equal(used, ""), pc.equal(cells["ChargePeriodEnd"], "")),
    )
    cells["ChargePeriodStart"] = pc.if_else(timeless, start, used)
    cells["ChargePeriodEnd"] = pc.if_else(timeless, end, cells["ChargePeriodEnd"])
    counts["tax or adjustments without a time: they lie in their invoice month"] += (
        pc.sum(timeless).as_py() or 0
    )


def _parties(c: Columns, cells: dict[str, pa.Array]) -> None:
    """Who provides: Google Cloud, or the seller of what it resells or brokers; Google Cloud bills for all."""
    cells["ServiceProviderName"] = c.each(
        [cells["x_TransactionType"], cells["x_SellerName"]], _gcp.provider
    )
    cells["InvoiceIssuerName"] = pa.repeat(pa.scalar("Google Cloud", pa.string()), c.rows)


def _tags(c: Columns) -> pa.Array:
    """Labels of the resource, tags, labels of the project and of the system, nested or a column each, as one JSON object."""
    named = [("", "labels"), ("tag", "tags"), ("project", "project.labels"), ("system", "system_labels")]  # fmt: skip
    columns = [(of, "", c.text(name)) for of, name in named]
    for name in c.names.values():
        match = LABELS.fullmatch(name)
        if not match or squash(match["key"]) in ("key", "value", "inherited", "namespace"):
            continue
        of = match["of"] or ("tag" if match["what"].casefold() == "tags" else "")
        columns.append((of.casefold(), match["key"], c.text(name)))
    for of, name in named:
        if c.has(f"{name}.key"):  # flattened, a row for each label
            both = [c.text(f"{name}.key"), c.text(f"{name}.value")]
            columns.append((of, "", c.each(both, _pair)))

    def tagged(*cells: str) -> str | None:
        return _gcp.tags(
            [
                (of, _pair(key, cell) if key else cell)
                for (of, key, _), cell in zip(columns, cells, strict=True)
            ]
        )

    return c.each([column for _, _, column in columns], tagged)


def _pair(key: str, value: str) -> str:
    return json.dumps({key: value}) if key and value else ""


class _Once:
    """Rows that UNNEST wrote once for each credit or label, with the cost on each of them: found by all their other cells."""

    def __init__(self, source: Source):
        self.name = source.name
        names = {squash(name): name for name in source.header if name != "x_Row"}
        self.what = {
            name: said
            for word, name in names.items()
            for form, said in UNNESTED.items()
            if re.fullmatch(form, word)
        }
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, table: pa.Table) -> None:
        """Remember the rows of a piece by a hash of all cells but the flattened ones."""
        if not self.what or not table.num_rows:
            return
        frame = table.to_pandas()
        own = frame[list(self.what)].fillna("").astype(str)
        others = frame.drop(columns=[*self.what, "x_Row"]).fillna("").astype(str)
        filled = (own != "").any(axis=1).to_numpy()
        hashed = pd.util.hash_pandas_object(others, index=False).to_numpy()
        self.seen.append((hashed[filled], frame["x_Row"].to_numpy()[filled]))

    def check(self) -> None:
        """Raises InputError where two rows are one charge."""
        if not self.seen:
            return
        hashed, rows = (np.concatenate([part[i] for part in self.seen]) for i in (0, 1))
        order = np.argsort(hashed, kind="stable")
        same = np.flatnonzero(np.diff(hashed[order]) == 0)
        if len(same):
            first = min(same, key=lambda i: rows[order[i]])
            said = next(iter(self.what.values()))
            raise InputError(
                f"{self.name}: rows {rows[order[first]]} and {rows[order[first + 1]]} are one charge, written once for each {said} (UNNEST), and its cost would "
                "be counted more than once. Nothing was taken. Export the table as it is: bq extract to JSON lines or Parquet."
            )
