"""Cost and usage details of Azure, actual and amortised: enterprise agreement, customer agreement, pay-as-you-go.

Headings are compared squashed: CostInBillingCurrency is costInBillingCurrency is costinbillingcurrency. Which columns mean what: Microsoft Learn,
"Understand cost details fields" and the schemas of cost-usage-details (EA, MCA); what becomes of them under FOCUS: FinOps toolkit, "Convert Cost
Management data to FOCUS". Costs are before credits and taxes.
Actual and amortised are two views of the same charges (Microsoft Learn, "Get reservation costs and usage"): the actual one has the purchases of
reservations and savings plans and 0 for the usage that they cover; the amortised one has no purchases, spreads their cost over the covered usage
and has rows of what was not used. So the rows tell which one a file is, and manifest.json beside it says it. The two are never added up.
A unit of measure such as 1K or 10000 Hours is kept as it is written: sources do not agree whether the quantity counts single units or thousands
(the toolkit: single ones; files in the field: cost = quantity × price of 1K).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError
from ..files.readers import Source
from ..vendors import FOCUS, head, squash
from . import Export, _azure, _azure_parts
from ._columns import Columns, number
from ._json import month_around

TITLE = "Azure cost and usage details (actual, amortised)"
DEFAULT = True
SIGN = ("ChargeType", "MeterCategory", "Date", "BillingCurrency", "CostInBillingCurrency")
PIECE = 50_000  # rows turned at a time
COST = ("CostInBillingCurrency", "Cost", "PreTaxCost")
CURRENCY = ("BillingCurrency", "BillingCurrencyCode", "Currency")
DATE = ("Date", "UsageDate", "UsageDateTime")
OPENS, CLOSES = "BillingPeriodStartDate", "BillingPeriodEndDate"
METER = ("MeterCategory", "MeterSubCategory", "MeterName", "MeterId")
SCOPE = ("SubscriptionId", "SubscriptionGuid", "SubscriptionName", "BillingAccountId", "BillingProfileId")  # fmt: skip
CUSTOMER = {"pricingcurrency", "costinpricingcurrency", "serviceperiodstartdate"}
CATEGORY = {
    "usage": "Usage",
    "unusedreservation": "Usage",
    "unusedsavingsplan": "Usage",
    "purchase": "Purchase",
    "refund": "Purchase",
    "tax": "Tax",
    "credit": "Credit",
    "roundingadjustment": "Adjustment",
    "adjustment": "Adjustment",
}
UNUSED, BOUGHT = ("unusedreservation", "unusedsavingsplan"), ("purchase", "refund")
FREQUENCY = {"onetime": "One-Time", "recurring": "Recurring", "usagebased": "Usage-Based"}
PRICING = {
    "ondemand": "Standard",
    "spot": "Dynamic",
    "reservation": "Committed",
    "savingsplan": "Committed",
}
NOTHING = ("unassigned", "unknown", "notapplicable", "others")  # words of the export for nothing
PLAIN = {  # FOCUS name: headings, the first that is filled counts
    "SubAccountId": ("SubscriptionId", "SubscriptionGuid"),
    "SubAccountName": ("SubscriptionName",),
    "InvoiceId": ("InvoiceId",),
    "ResourceId": ("ResourceId", "InstanceId"),
    "ResourceName": ("ResourceName",),
    "ChargeDescription": ("ProductName", "Product"),
    "AvailabilityZone": ("AvailabilityZone",),
    "ListCost": ("PaygCostInBillingCurrency",),
    "CommitmentDiscountId": ("BenefitId", "ReservationId"),
    "CommitmentDiscountName": ("BenefitName", "ReservationName"),
    "x_ChargeType": ("ChargeType",),
    "x_PricingModel": ("PricingModel",),
    "x_MeterSubCategory": ("MeterSubCategory",),
    "x_ResourceGroup": ("ResourceGroup", "ResourceGroupName"),
    "x_InvoiceSection": ("InvoiceSectionName", "InvoiceSection"),
    "x_CostCenter": ("CostCenter",),
    "x_ServicePeriodStart": ("ServicePeriodStartDate",),
    "x_ServicePeriodEnd": ("ServicePeriodEndDate",),
}


@dataclass
class Survey:
    """What a first look at the whole file says, before its rows are turned."""

    said: dict[str, _azure.Evidence] = field(default_factory=dict)  # by heading of dates
    roles: Counter = field(default_factory=Counter)  # rows that are covered, priced, unused, bought
    view: str = ""  # what the manifest says

    @property
    def dataset(self) -> str:
        """'actual', 'amortised', or '' where nothing tells: then both would be the same."""
        if self.view:
            return self.view
        if self.roles["unused"]:
            return "amortised"
        if self.roles["bought"]:
            return "actual"
        return "amortised" if self.roles["priced"] else "actual" if self.roles["covered"] else ""


def recognise(source: Source) -> bool:
    """A meter, a cost in the billing currency, its currency, a day, a scope, and what type a charge is (the oldest exports hold usage alone).

    The manifest of a run is its too, to be left out (`complete`).
    """
    if source.kind == "json" and not isinstance(source.document, list):
        return _azure_parts.run_of(source) is not None
    try:
        words = head(source.header).words
    except InputError:  # the reader that takes the file says what is wrong with it
        return False
    there = all(
        any(squash(name) in words for name in names)
        for names in (COST, CURRENCY, DATE, METER, SCOPE)
    )
    return there and bool(words & {"chargetype", "pretaxcost"}) and len(words & FOCUS) < 6


def read(source: Source) -> Export:
    """A row per line of the export; nothing is left out. Raises InputError where dates can be read two ways or the file mixes both views."""
    if source.kind == "json" and not isinstance(source.document, list):
        raise InputError(
            f"{source.name}: names the files of one run of an Azure export and holds no costs. Give those files; it is read where it lies beside them."
        )
    words = {squash(name) for name in source.header if name != "x_Row"}
    seen = _survey(source)
    orders = _azure.orders(source.name, seen.said)
    if seen.roles["unused"] and seen.roles["bought"]:
        raise InputError(
            f"{source.name}: holds purchases of reservations or savings plans ({_rows(seen.roles['bought'])}) and unused parts of them "
            f"({_rows(seen.roles['unused'])}): actual and amortised cost in one file, so that usage would be counted twice. Export the two apart and give one."
        )
    run = _azure_parts.beside(source)
    if run and run.view:
        if seen.roles["bought" if run.view == "amortised" else "unused"]:
            raise InputError(
                f"{source.name}: {run.name} beside it says '{run.kind}', and the rows are of {seen.dataset} cost. Fetch the run again, all of its files."
            )
        seen.view = run.view
    notes = [_basis(seen)]
    if run:
        place = f"part {list(run.parts).index(source.name) + 1} of {len(run.parts)}"
        notes.append(f"{place} of a run, by {run.name}{f' ({run.kind})' if run.kind else ''}")
    if squash(OPENS) not in words:
        notes.append(f"no {OPENS}: the month of use is taken as the month billed")
    if "chargetype" not in words:
        notes.append("no ChargeType: an export of usage alone, every row is taken as usage")
    dataset = seen.dataset
    batches = _pieces(source, orders, dataset, notes)
    version = f"Azure cost details{f', {dataset}' if dataset else ''}"
    return Export(batches, version, notes, not_known=_not_known(seen))


def complete(sources: list[Source]) -> list[Source]:
    """A delivery without manifests; a run of which a part is missing or doubled is refused."""
    return _azure_parts.whole(sources, recognise)


def _basis(seen: Survey) -> str:
    """What the file says of actual and amortised cost, in a sentence."""
    bought, covered = seen.roles["bought"], seen.roles["covered"]
    if seen.dataset == "amortised":
        return (
            "amortised cost: covered usage and unused commitments have BilledCost 0, and the purchases that pay for them are not in this export: "
            "BilledCost is below the invoice. For the invoice, give the actual cost in a workspace of its own"
        )
    if seen.dataset == "actual":
        return (
            f"actual cost: purchases and refunds of reservations and savings plans ({_rows(bought)}) have EffectiveCost 0, and what the usage that they "
            f"cover ({_rows(covered)}) costs is not known from this export: it is taken as billed. The amortised export of the same scope says it"
        )
    return (
        "actual or amortised cost cannot be told: nothing here is bought with or covered by a reservation or savings plan, so both are the same, and "
        "BilledCost is taken as EffectiveCost"
    )


def _not_known(seen: Survey) -> dict[str, str]:
    """Which cost the file cannot give: of the actual view what covered usage costs, of the amortised one what was billed for it."""
    roles = seen.roles
    if not roles["covered"] + roles["unused"] + roles["bought"]:
        return {}  # nothing is bought or covered: both views are the same
    return {"Billed" if seen.dataset == "amortised" else "Effective": _basis(seen)}


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _survey(source: Source) -> Survey:
    """One look at the dates and commitments of the whole file, piece by piece."""
    seen = Survey()
    for c in _columns(source):
        for name in (*DATE, OPENS, CLOSES):
            if c.has(name):
                own = seen.said.setdefault(name, {})
                for order, cell in _azure.evidence(_distinct(c, name)).items():
                    own.setdefault(order, cell)
        roles = _roles(c)
        for role in ("covered", "unused", "bought"):
            seen.roles[role] += pc.sum(pc.equal(roles, role)).as_py() or 0
        costs = pc.unique(c.text(_cost(c)).filter(pc.equal(roles, "covered"))).to_pylist()
        seen.roles["priced"] += sum(bool(number(cost)) for cost in costs)
    return seen


def _columns(source: Source) -> Iterator[Columns]:
    for table in source.batches():
        for at in range(0, max(table.num_rows, 1), PIECE):
            yield Columns(table.slice(at, PIECE))


def _distinct(c: Columns, name: str) -> list[tuple[int, str]]:
    """The different cells of a column, each with the first row that has it."""
    coded = c.text(name).dictionary_encode()
    first = np.unique(coded.indices.to_numpy(zero_copy_only=False), return_index=True)[1]
    rows = c.table.column("x_Row").take(pa.array(first)).to_pylist()
    return list(zip(rows, coded.dictionary.to_pylist(), strict=True))


def _cost(c: Columns) -> str:
    """The heading of the cost: one for the whole file."""
    return next(name for name in COST if c.has(name))


def _roles(c: Columns) -> pa.Array:
    """What each row is to a commitment: covered usage, an unused part, its purchase or refund; '' for all others."""
    return c.each(
        [c.text("ChargeType"), c.text("PricingModel"), c.text("BenefitId", "ReservationId")], _role
    )


def _role(kind: str, model: str, commitment: str) -> str:
    """The role of a row.

    >>> _role("Usage", "Reservation", ""), _role("Refund", "OnDemand", "r-1"), _role("Usage", "OnDemand", "r-1"), _role("UnusedSavingsPlan", "", "")
    ('covered', 'bought', '', 'unused')
    """
    word = squash(kind)
    if word in UNUSED:
        return "unused"
    priced = squash(model)
    committed = PRICING.get(priced) == "Committed" or (
        bool(commitment) and (not priced or word in BOUGHT)
    )
    return (
        ""
        if not committed
        else "bought"
        if word in BOUGHT
        else "covered"
        if word == "usage"
        else ""
    )


def _pieces(
    source: Source, orders: dict[str, str], dataset: str, notes: list[str]
) -> Iterator[pa.Table]:
    """The rows under FOCUS names; what was counted on the way is noted at the end."""
    blocks: Counter = Counter()
    for c in _columns(source):
        yield _turned(c, orders, dataset, blocks)
    if blocks:
        told = ", ".join(
            f"'{text}' on {_rows(count)}" for text, count in sorted(blocks.items())[:5]
        )
        notes.append(
            f"units of measure of more than one ({told}{', …' if len(blocks) > 5 else ''}): quantity and unit are kept as they are written"
        )


def _turned(c: Columns, orders: dict[str, str], dataset: str, blocks: Counter) -> pa.Table:
    cells = {name: c.text(*headings) for name, headings in PLAIN.items()}
    for name in ("SubAccountId", "ResourceId", "CommitmentDiscountId"):
        cells[name] = c.each([cells[name]], _filled)
    roles, cost = _roles(c), c.text(_cost(c))
    free = pc.is_in(roles, pa.array(["covered", "unused"]))
    zero = pc.and_(free, dataset == "amortised")
    cells["BilledCost"] = pc.if_else(zero, "0", cost)
    cells["EffectiveCost"] = pc.if_else(pc.equal(roles, "bought"), "0", cost)
    cells["BillingCurrency"] = c.text(*CURRENCY)
    kind = cells["x_ChargeType"]
    if not c.has("ChargeType"):
        kind = pa.repeat(pa.scalar("Usage", pa.string()), c.rows)
    cells["ChargeCategory"] = c.each([kind], lambda word: CATEGORY.get(squash(word), word))
    cells["ChargeClass"] = c.each(
        [kind], lambda word: "Correction" if squash(word) == "refund" else ""
    )
    cells["ChargeFrequency"] = c.each(
        [c.text("Frequency")], lambda word: FREQUENCY.get(squash(word), word)
    )
    cells["PricingCategory"] = c.each(
        [cells["x_PricingModel"]], lambda word: PRICING.get(squash(word), "")
    )
    _commitments(c, roles, cells)
    _periods(c, orders, cells)
    _parties(c, cells)
    _services(c, kind, blocks, cells)
    cells["Tags"] = c.each([c.text("Tags"), cells["x_CostCenter"]], _azure.tags)
    cells["x_CostDataset"] = pa.repeat(pa.scalar(dataset, pa.string()), c.rows)
    return pa.table({**cells, "x_Row": c.table.column("x_Row")})


def _filled(text: str) -> str:
    """A cell, or '' where it holds one of the export's words for nothing."""
    return "" if squash(text) in NOTHING else text


def _commitments(c: Columns, roles: pa.Array, cells: dict[str, pa.Array]) -> None:
    """Status, category and type of a commitment; those that a row only names, without being priced by it, stay empty."""
    status = {"covered": "Used", "unused": "Unused"}
    cells["CommitmentDiscountStatus"] = c.each([roles], lambda role: status.get(role, ""))
    sort = c.each(
        [roles, cells["x_PricingModel"], cells["x_ChargeType"], cells["CommitmentDiscountId"]],
        _sort,
    )
    cells["CommitmentDiscountType"] = sort
    spend = {"Savings Plan": "Spend", "Reservation": "Usage"}
    cells["CommitmentDiscountCategory"] = c.each([sort], lambda word: spend.get(word, ""))
    cells["CommitmentDiscountId"] = pc.if_else(
        pc.equal(roles, ""), "", cells["CommitmentDiscountId"]
    )


def _sort(role: str, model: str, kind: str, commitment: str) -> str:
    """Reservation or Savings Plan, of a row that has to do with one."""
    words = squash(model), squash(kind)
    if not role:
        return ""
    if (
        "savingsplan" in words
        or "unusedsavingsplan" in words
        or "/microsoft.billingbenefits/" in commitment.casefold()
    ):
        return "Savings Plan"
    return "Reservation"


def _periods(c: Columns, orders: dict[str, str], cells: dict[str, pa.Array]) -> None:
    """The day of a charge and the billing period of its bill; an export writes the last day of a period, FOCUS the day after it."""
    heading = next((name for name in DATE if c.has(name)), DATE[0])
    used, order = c.text(heading), orders.get(heading, "")
    cells["ChargePeriodStart"] = c.each([used], lambda text: _azure.day(text, order))
    cells["ChargePeriodEnd"] = c.each([used], lambda text: _azure.day(text, order, 1))
    start, end = c.text(OPENS), c.text(CLOSES)
    months = c.each(
        [start, cells["ChargePeriodStart"]],
        lambda says, day: _azure.day(says, orders.get(OPENS, "")) if says else month_around(day)[0],
    )
    cells["BillingPeriodStart"] = months
    cells["BillingPeriodEnd"] = c.each(
        [end, months],
        lambda says, opens: (
            _azure.day(says, orders.get(CLOSES, ""), 1) if says else month_around(opens)[1]
        ),
    )


def _parties(c: Columns, cells: dict[str, pa.Array]) -> None:
    """Who provides and who bills: Microsoft, the publisher of a Marketplace offer, the partner that resells it.

    The account of a customer agreement is its billing profile, which has invoices and a currency of its own (as in Microsoft's own FOCUS export).
    """
    cells["ServiceProviderName"] = c.each(
        [c.text("PublisherType"), c.text("PublisherName")],
        lambda kind, name: name if squash(kind) == "marketplace" and name else "Microsoft",
    )
    cells["InvoiceIssuerName"] = c.each(
        [c.text("PartnerName")], lambda partner: partner or "Microsoft"
    )
    customer = bool(CUSTOMER & set(c.names))
    for what in ("Id", "Name"):
        account, profile = f"BillingAccount{what}", f"BillingProfile{what}"
        names = (profile, account) if customer else (account, profile)
        cells[account] = c.text(*names)


def _services(c: Columns, kind: pa.Array, blocks: Counter, cells: dict[str, pa.Array]) -> None:
    """Service, meter, region and quantity; quantities are those of usage alone."""
    meters = [c.each([c.text(name)], _filled) for name in ("MeterCategory", "MeterSubCategory")]
    meter, product = c.each([c.text("MeterName")], _filled), cells["ChargeDescription"]
    cells["ServiceName"] = c.each(
        [meters[0], c.text("ConsumedService", "ServiceName"), product],
        lambda *names: next(filter(None, names), ""),
    )
    cells["ServiceCategory"] = c.each(meters, _azure.service_category)
    named = [meter, *meters, product]
    cells["x_Model"] = c.each(named, lambda *names: _azure.tokens(*names)[0])
    cells["SkuMeter"] = c.each(named, lambda *names: _azure.tokens(*names)[1] or names[0])
    cells["x_MeterName"] = meter
    cells["SkuId"] = c.each(
        [c.text("MeterId"), c.text("ProductId"), c.text("PartNumber"), meter, product],
        lambda *ids: next((word for word in ids if _filled(word)), ""),
    )
    cells["RegionId"] = c.each(
        [c.text("ResourceLocationNormalized"), c.text("ResourceLocation"), c.text("Location")],
        lambda *names: next((word for name in names if (word := _region(name))), ""),
    )
    use = pc.equal(c.each([kind], squash), "usage")
    amount, unit = c.text("Quantity", "UsageQuantity"), c.text("UnitOfMeasure")
    cells["ConsumedQuantity"] = pc.if_else(use, amount, "")
    cells["ConsumedUnit"] = pc.if_else(use, c.each([unit], _azure.unit), "")
    for entry in pc.value_counts(c.each([cells["ConsumedUnit"]], _azure.block)).to_pylist():
        if entry["values"]:
            blocks[entry["values"]] += entry["counts"]


def _region(name: str) -> str:
    return _filled(name).casefold().replace(" ", "")
