"""AWS cost and usage report in its three headings: classic (lineItem/UnblendedCost), as Athena and Parquet write it
(line_item_unblended_cost), and CUR 2.0, whose product, tags, cost categories and discounts are maps.

Headings are compared squashed, so that the three are one. The currency is lineItem/CurrencyCode: pricing/currency belongs to the list price and is
empty on tax, credits and fees. BilledCost is the unblended cost. Discounts are lines of their own there (EdpDiscount and the like), so that the net
cost beside it would count them twice; only where a report has the column `discount` of CUR 2.0 are they no lines (AWS Data Exports, table
dictionary CUR 2.0, Discount columns: "not available when manual discount compatibility is enabled", which writes them as lines), and a row with a
discount in it is taken at its net cost.
EffectiveCost is AWS's amortised cost by type of line (awslabs/aws-well-architected-labs, CUR query amortized_cost_by_charge_type; AWS CUR user
guide, "Understanding Savings Plans" and "Reservation details"; finopsfoundation/focus_converters, aws/effective_cost): covered use carries the
commitment, its fee only what nobody used. Discounts and the negation of a savings plan are usage (focus_converters, aws/charge_category): they
reduce what usage costs and go on with it. Quantities are those of use alone: fees and negations repeat them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError
from ..files.readers import Source
from ..vendors import FOCUS, head, squash
from . import Export, _aws, _columns
from ._aws import FEES, USE
from ._columns import Columns
from ._columns import number as _number
from ._json import month_around

TITLE = "AWS cost and usage report (classic, Athena, CUR 2.0)"
DEFAULT = True
SIGN = (
    "lineItem/UnblendedCost",
    "lineItem/LineItemType",
    "lineItem/CurrencyCode",
    "lineItem/UsageStartDate",
)
PIECE = 50_000  # rows turned at a time
EXACT = Context(prec=120)
NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
ASKED = {
    "savingsplancoveredusage": "savingsPlan/SavingsPlanEffectiveCost",
    "discountedusage": "reservation/EffectiveCost",
    "savingsplanrecurringfee": "savingsPlan/TotalCommitmentToDate",
    "rifee": "reservation/UnusedRecurringFee",
}
CASH = {
    "savingsplan": "savingsPlan/SavingsPlanEffectiveCost",
    "reservation": "reservation/EffectiveCost",
}
TAKEN = "BilledCost is taken as EffectiveCost"  # how a note of lines without an amortised cost ends
MARK = "?"  # before an EffectiveCost that is a reason
ZERO = ("savingsplannegation", "savingsplanupfrontfee")
PLAIN = {  # FOCUS name: headings, the first that is filled counts
    "BillingCurrency": ("lineItem/CurrencyCode",),
    "ChargePeriodStart": ("lineItem/UsageStartDate",),
    "ChargePeriodEnd": ("lineItem/UsageEndDate",),
    "BillingAccountId": ("bill/PayerAccountId",),
    "BillingAccountName": ("bill/PayerAccountName",),
    "SubAccountId": ("lineItem/UsageAccountId",),
    "SubAccountName": ("lineItem/UsageAccountName",),
    "InvoiceId": ("bill/InvoiceId",),
    "ServiceName": ("product/ProductName", "lineItem/ProductCode"),
    "SkuId": ("product/sku",),
    "SkuPriceId": ("pricing/RateCode", "pricing/RateId"),
    "RegionId": ("product/regionCode", "product/region"),
    "AvailabilityZone": ("lineItem/AvailabilityZone",),
    "ResourceId": ("lineItem/ResourceId",),
    "ChargeDescription": ("lineItem/LineItemDescription",),
    "ListCost": ("pricing/publicOnDemandCost",),
    "ListUnitPrice": ("pricing/publicOnDemandRate",),
    "x_LineItemType": ("lineItem/LineItemType",),
    "x_UsageType": ("lineItem/UsageType",),
    "x_Operation": ("lineItem/Operation",),
    "x_ServiceCode": ("lineItem/ProductCode",),
    "x_IamPrincipal": ("lineItem/IamPrincipal",),
}


def recognise(source: Source) -> bool:
    """Cost, type, currency and day of a line, in any of the three headings."""
    if source.kind == "json" and not isinstance(source.document, list):
        return False
    try:
        words = head(source.header).words
    except InputError:  # the reader that takes the file says what is wrong with it
        return False
    return {squash(name) for name in SIGN} <= words and len(words & FOCUS) < 6


def read(source: Source) -> Export:
    """A row per line of the report; nothing is left out."""
    names = [name for name in source.header if name != "x_Row"]
    words = {squash(name) for name in names}
    if any("/" in name for name in names):
        version = "AWS CUR (classic)"
    elif words & {"product", "resourcetags", "costcategory", "tags", *_aws.MAPS}:
        version = "AWS CUR 2.0"
    else:
        version = "AWS CUR (Athena)"
    notes: list[str] = []
    if "discount" not in words and "lineitemnetunblendedcost" in words:
        notes.append(
            "the net cost beside the unblended one is not taken: discounts are lines of their own here and would be counted twice"
        )
    if "billbillingperiodstartdate" not in words:
        notes.append(
            "no bill/BillingPeriodStartDate: the month of use is taken as the month billed"
        )
    if not any(word.startswith(("resourcetags", "tags")) for word in words):
        notes.append("no tags in this report: all rows are untagged")
    not_known: dict[str, str] = {}
    return Export(_pieces(source, notes, not_known), version, notes, not_known=not_known)


def _pieces(source: Source, notes: list[str], not_known: dict[str, str]) -> Iterator[pa.Table]:
    """The rows under FOCUS names; what was counted on the way is noted at the end."""
    counts: Counter = Counter()
    for table in source.batches():
        for at in range(0, max(table.num_rows, 1), PIECE):
            yield _rows(Columns(table.slice(at, PIECE), _aws.MAPS), counts)
    for kind, count in sorted((+counts).items()):
        rows = "1 row" if count == 1 else f"{count:,} rows"
        notes.append(f"{rows}: {kind}")
        if kind.endswith(TAKEN):
            not_known["Effective"] = "; ".join(
                filter(None, [not_known.get("Effective"), notes[-1]])
            )


def _rows(c: Columns, counts: Counter) -> pa.Table:
    kind = c.each([c.text("lineItem/LineItemType")], squash)
    below = pc.or_(pc.ends_with(kind, "discount"), pc.equal(kind, "savingsplannegation"))
    counts["discounts or negations of savings plans: usage below zero is what they are"] += (
        pc.sum(below).as_py() or 0
    )
    cells = {name: c.text(*headings) for name, headings in PLAIN.items()}
    cells["x_SourceBelowZero"] = pc.if_else(below, "1", "")
    netted, billed = _billed(c, counts)
    cells["BilledCost"] = billed
    cells["EffectiveCost"] = _effective(c, kind, billed, netted, counts)
    cells["ChargeCategory"] = c.each([kind, cells["x_LineItemType"]], _aws.charge_category)
    bill = c.text("bill/BillType")
    cells["ChargeClass"] = c.each([kind, bill], _class)
    cells["ChargeFrequency"] = c.each([kind, bill], _frequency)
    _periods(c, cells)
    _parties(c, cells)
    _commitments(c, kind, cells)
    use = pc.is_in(kind, pa.array(USE))
    amount, unit = c.text("lineItem/UsageAmount"), c.text("pricing/unit")
    for name, column in (("Quantity", amount), ("Unit", unit)):
        cells[f"Consumed{name}"] = cells[f"Pricing{name}"] = pc.if_else(use, column, "")
    sold = [cells["x_ServiceCode"], c.text("product/ProductName"), cells["x_UsageType"]]
    cells["ServiceCategory"] = c.each(sold[:2], _aws.service_category)
    cells["x_Model"] = c.each(sold, lambda *words: _aws.tokens(*words)[0])
    cells["SkuMeter"] = c.each(sold, lambda *words: _aws.tokens(*words)[1] or words[2])
    cells |= _maps(c)
    cost = cells["EffectiveCost"]
    cells["x_SourceRefused"] = c.each(
        [cost], lambda text: text.removeprefix(MARK) if text.startswith(MARK) else ""
    )
    return pa.table({**cells, "x_Row": c.table.column("x_Row")})


def _billed(c: Columns, counts: Counter) -> tuple[np.ndarray, pa.Array]:
    """(rows at their net cost, BilledCost): the unblended cost, or the net one where a discount is no line of its own."""
    cost, net = c.text("lineItem/UnblendedCost"), c.text("lineItem/NetUnblendedCost")
    if not c.has("discount"):
        return np.zeros(c.rows, bool), cost
    inside = c.each([c.text("discount/TotalDiscount"), c.text("discount")], _discounted)
    inside = pc.equal(inside, "yes").to_numpy(zero_copy_only=False)
    there = pc.not_equal(net, "").to_numpy(zero_copy_only=False)
    counts[
        "carry a discount in the column discount: the net cost is taken, as no line of its own takes it off"
    ] += int((inside & there).sum())
    counts[
        "carry a discount in the column discount and no net cost: BilledCost is BEFORE this discount; export line_item_net_unblended_cost too"
    ] += int((inside & ~there).sum())
    return inside & there, pc.if_else(pa.array(inside & there), net, cost)


def _discounted(total: str, cells: str) -> str:
    """'yes' where a row has a discount inside it."""
    amounts = [total] if total else list((_columns.pairs(cells) or {}).values())
    return "yes" if any(_number(amount) for amount in amounts) else ""


def _effective(
    c: Columns, kind: pa.Array, billed: pa.Array, netted: np.ndarray, counts: Counter
) -> pa.Array:
    """EffectiveCost by the type of the line; of rows at their net cost by the net columns."""
    arn = c.text("reservation/ReservationARN")
    bought = pc.and_(pc.equal(kind, "fee"), pc.not_equal(arn, ""))
    known = {
        "savingsplan": c.has("savingsPlan/SavingsPlanEffectiveCost"),
        "reservation": c.has("reservation/EffectiveCost"),
    }
    zero = pc.or_(
        pc.and_(pc.is_in(kind, pa.array(ZERO)), known["savingsplan"]),
        pc.and_(bought, known["reservation"]),
    )
    cost = pc.if_else(zero, "0", billed)

    def either(net: str, gross: str) -> pa.Array:
        """A net column on rows at their net cost, else the gross one."""
        return (
            pc.if_else(pa.array(netted), c.text(net, gross), c.text(gross))
            if netted.any()
            else c.text(gross)
        )

    parts = {
        "savingsplancoveredusage": (
            either(
                "savingsPlan/NetSavingsPlanEffectiveCost", "savingsPlan/SavingsPlanEffectiveCost"
            ),
        ),
        "discountedusage": (either("reservation/NetEffectiveCost", "reservation/EffectiveCost"),),
        "rifee": (
            either(
                "reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod",
                "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
            ),
            either("reservation/NetUnusedRecurringFee", "reservation/UnusedRecurringFee"),
        ),
        "savingsplanrecurringfee": (
            c.text("savingsPlan/TotalCommitmentToDate"),
            c.text("savingsPlan/UsedCommitment"),
            pc.if_else(pa.array(netted), c.text("lineItem/UnblendedCost"), ""),
        ),
    }

    def amount(word: str, cost: str, *cells: str) -> str:
        value = _amortised(word, cost, *cells)
        if value is None and word.startswith("savingsplan"):
            return f"{MARK}{word} without {ASKED[word]}: its amortised cost is not known. Export this column too"
        if value is None:
            counts[
                f"{word} without {ASKED[word]}: no amortised cost is known of them, {TAKEN}"
            ] += 1
        return cost if value is None else value

    for word, columns in parts.items():
        rows = pc.equal(kind, word).to_numpy(zero_copy_only=False)
        sort = "savingsplan" if word.startswith("savingsplan") else "reservation"
        if not known[sort]:  # the whole report is on a cash basis: what is paid, when it is paid
            counts[f"{word} in a report without {CASH[sort]}: {TAKEN}"] += int(rows.sum())
            continue
        cost = c.only(
            rows, [billed, *columns], lambda *cells, word=word: amount(word, *cells), cost
        )
    return cost


def _amortised(kind: str, billed: str, *cells: str) -> str | None:
    """EffectiveCost of a line that a commitment pays for, or of the fee of one; None where the report does not say it.

    A cell that is no number is given back as it stands, so that its row is refused with it.

    >>> _amortised("rifee", "40.00", "", "2.5"), _amortised("savingsplanrecurringfee", "80", "80.00", "70.00", ""), _amortised("discountedusage", "0", "")
    ('2.5', '10.00', None)
    """
    if not any(cells[:2]):
        return None
    if len(cells) == 1:
        return cells[0]
    first, second = (_number(cell) if cell else Decimal(0) for cell in cells[:2])
    if first is None or second is None:
        return cells[0] if first is None else cells[1]
    if kind == "rifee":
        return format(EXACT.add(first, second), "f")
    if not cells[0]:
        return "no TotalCommitmentToDate"
    unused, gross, net = EXACT.subtract(first, second), _number(cells[2]), _number(billed)
    if gross and net is not None:  # at its net cost: the unused part in the same proportion
        unused = EXACT.divide(EXACT.multiply(unused, net), gross).quantize(
            Decimal("1e-10"), ROUND_HALF_UP, EXACT
        )
    return format(unused, "f")


def _class(kind: str, bill: str) -> str:
    return "Correction" if kind == "refund" or bill.casefold() == "refund" else ""


def _frequency(kind: str, bill: str) -> str:
    """How often a line comes: of other fees the type of the bill says it (bill/BillType: Purchase is once, Anniversary monthly)."""
    if (
        kind in ("rifee", "savingsplanrecurringfee")
        or kind == "fee"
        and bill.casefold() == "anniversary"
    ):
        return "Recurring"
    return "One-Time" if kind in (*FEES, "tax", "credit", "refund") else "Usage-Based"


def _utc(text: str) -> str:
    """A time of the report, which is UTC though Parquet writes it without an offset (AWS CUR user guide, lineItem/UsageStartDate).

    >>> _utc("2026-07-02T00:00:00"), _utc("2026-07-02 00:00:00.000"), _utc("2026-07-02T00:00:00Z"), _utc("soon")
    ('2026-07-02T00:00:00Z', '2026-07-02 00:00:00.000Z', '2026-07-02T00:00:00Z', 'soon')
    """
    return f"{text}Z" if NAIVE.fullmatch(text) else text


def _periods(c: Columns, cells: dict[str, pa.Array]) -> None:
    """The days of use and the billing period of the bill; where a report says none of the latter, the month of use.

    A report whose owner left the end of use out has it in identity/TimeInterval, or is charged to the day it starts.
    """
    start, end = cells["ChargePeriodStart"], cells["ChargePeriodEnd"]
    interval = c.text("identity/TimeInterval")
    cells["ChargePeriodStart"] = c.each([start], _utc)
    cells["ChargePeriodEnd"] = c.each(
        [end, interval, start], lambda says, both, day: _utc(says or both.partition("/")[2] or day)
    )
    start, end = c.text("bill/BillingPeriodStartDate"), c.text("bill/BillingPeriodEndDate")
    used = cells["ChargePeriodStart"]
    cells["BillingPeriodStart"] = c.each(
        [start, used], lambda says, day: _utc(says) or month_around(day)[0]
    )
    cells["BillingPeriodEnd"] = c.each(
        [end, start, used], lambda says, opens, day: _utc(says) or month_around(opens or day)[1]
    )


def _parties(c: Columns, cells: dict[str, pa.Array]) -> None:
    """Who provides and who bills: AWS, or the seller of AWS Marketplace (lineItem/LegalEntity), whom AWS Marketplace bills for.

    Issuers come from columns that are filled in every report of a month: bill/InvoicingEntity may come with the last one only, and a bill whose
    issuer changes would stand in the ledger twice.
    """
    entity, legal = c.text("bill/BillingEntity"), c.text("lineItem/LegalEntity")
    cells["ServiceProviderName"] = c.each(
        [entity, legal], lambda by, seller: seller if _market(by) and seller else "AWS"
    )
    cells["InvoiceIssuerName"] = c.each(
        [entity, legal], lambda by, seller: "AWS Marketplace" if _market(by) else seller or "AWS"
    )


def _market(entity: str) -> bool:
    return squash(entity) == "awsmarketplace"


def _commitments(c: Columns, kind: pa.Array, cells: dict[str, pa.Array]) -> None:
    """Which commitment a line belongs to, whether it was used, and how the line is priced."""
    plan, reserved = c.text("savingsPlan/SavingsPlanARN"), c.text("reservation/ReservationARN")
    cells["CommitmentDiscountId"] = c.text(
        "savingsPlan/SavingsPlanARN", "reservation/ReservationARN"
    )
    cells["CommitmentDiscountCategory"] = c.each(
        [plan, reserved], lambda p, r: "Spend" if p else "Usage" if r else ""
    )
    cells["CommitmentDiscountType"] = c.each(
        [plan, reserved, c.text("savingsPlan/OfferingType")],
        lambda p, r, kind: (kind or "Savings Plan") if p else "Reserved Instance" if r else "",
    )
    used = pc.is_in(kind, pa.array(["savingsplancoveredusage", "discountedusage"]))
    fee = pc.is_in(kind, pa.array(["savingsplanrecurringfee", "rifee"]))
    said = c.text(
        "savingsPlan/TotalCommitmentToDate",
        "reservation/UnusedRecurringFee",
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    )
    cells["CommitmentDiscountStatus"] = c.only(
        fee.to_numpy(zero_copy_only=False),
        [cells["EffectiveCost"], said],
        lambda cost, part: "Unused" if part and _number(cost) else "",
        pc.if_else(used, "Used", ""),
    )
    cells["PricingCategory"] = c.each(
        [kind, cells["x_UsageType"], c.text("pricing/PurchaseOption")], _pricing
    )


def _pricing(kind: str, usage: str, option: str) -> str:
    if kind in ("savingsplancoveredusage", "discountedusage"):
        return "Committed"
    if kind != "usage" and kind not in FEES:
        return ""
    return (
        "Dynamic" if "spotusage" in usage.casefold() or option.casefold() == "spot" else "Standard"
    )


def _maps(c: Columns) -> dict[str, pa.Array]:
    """Tags, and what AWS's own FOCUS export calls x_CostCategories and x_Discounts, as JSON: from maps or from a column for each key."""
    own: dict[str, list] = {"resourcetags": [], "tags": [], "costcategory": []}
    for word, name in c.names.items():
        prefix = next(
            (prefix for prefix in own if word.startswith(prefix) and word != prefix), None
        )
        if prefix and (key := _key(name, prefix)):
            own[prefix].append((key, c.text(name)))
    pairs = [*own["resourcetags"], *own["tags"]]
    whole = [c.text("resourceTags"), c.text("tags")]

    def tagged(*cells: str) -> str | None:
        maps = [_columns.pairs(text) for text in cells[:2]]
        if any(tag_map is None for tag_map in maps):  # no map: kept as it is, and told
            return next(text for text, tag_map in zip(cells, maps, strict=False) if tag_map is None)
        read = [pair for tag_map in maps if tag_map for pair in tag_map.items()]
        return _aws.tags(
            [*((key, cell) for (key, _), cell in zip(pairs, cells[2:], strict=True)), *read]
        )

    categories = own["costcategory"]
    return {
        "Tags": c.each([*whole, *(column for _, column in pairs)], tagged),
        "x_CostCategories": c.each(
            [c.text("costCategory"), *(column for _, column in categories)],
            lambda text, *cells: _aws.tags(
                [
                    *((key, cell) for (key, _), cell in zip(categories, cells, strict=True)),
                    *(_columns.pairs(text) or {}).items(),
                ]
            ),
        ),
        "x_Discounts": c.text("discount"),
    }


def _key(name: str, prefix: str) -> str:
    """What stands behind the prefix of a heading, as it is written: user:team of resourceTags/user:team."""
    rest, seen = name, ""
    while rest and squash(seen) != prefix:
        seen, rest = seen + rest[0], rest[1:]
    return rest.lstrip("/_ ")
