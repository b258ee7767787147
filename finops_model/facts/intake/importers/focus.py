"""FOCUS 0.5 to 1.4 cost and usage: CSV, Parquet, JSON lines (GCP), JSON list, or a mapped table, by column presence.

Columns of older versions get their 1.4 names. Where a file has both, the newer one counts and the older one is kept
as it is. Credits that GCP repeats in x_Credits are inside BilledCost already and are never added.
Source: FOCUS_Spec change logs 1.0 to 1.4.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError, nearest, together
from ...basis import OTHER, one_amount
from ..files.readers import Source
from ..vendors import squash
from . import Export, LeftOut

TITLE = "FOCUS 0.5 to 1.4 (CSV, Parquet, JSON lines)"
DEFAULT = True
NEEDED = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ServiceName",
)
OLDER = {
    "ChargeType": "ChargeCategory",
    "AmortizedCost": "EffectiveCost",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
    "Region": "RegionId",
    "Provider": "ServiceProviderName",
    "ProviderName": "ServiceProviderName",
    "InvoiceIssuer": "InvoiceIssuerName",
    "InvoiceIssuingEntityName": "InvoiceIssuerName",
    "PricingModel": "PricingCategory",
}
DEFAULTED = {"InvoiceIssuerName": "", "BillingAccountId": "", "ServiceProviderName": "", "Tags": ""}
SINCE = (  # (version, columns that it brought), newest first
    ("1.4", ("CommitmentProgramEligibilityDetails", "InvoiceDetailId")),
    (
        "1.3",
        (
            "ServiceProviderName",
            "HostProviderName",
            "ContractApplied",
            "AllocatedMethodId",
            "AllocatedResourceId",
        ),
    ),
    (
        "1.2",
        (
            "PricingCurrency",
            "PricingCurrencyEffectiveCost",
            "InvoiceId",
            "BillingAccountType",
            "SubAccountType",
        ),
    ),
    (
        "1.1",
        (
            "CapacityReservationId",
            "CommitmentDiscountQuantity",
            "ServiceSubcategory",
            "SkuMeter",
            "SkuPriceDetails",
        ),
    ),
    ("1.0", ("ContractedCost", "ChargeClass", "ConsumedQuantity", "RegionId", "EffectiveCost")),
    ("0.5", ("ChargeType", "AmortizedCost", "UsageQuantity", "UsageUnit")),
)
KNOWN = (
    *NEEDED,
    *OLDER,
    *DEFAULTED,
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ServiceCategory",
    "SkuId",
    "SkuPriceId",
    "RegionName",
    "ChargeFrequency",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ChargeDescription",
    "SubAccountId",
    "SubAccountName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "CommitmentDiscountCategory",
    "CommitmentDiscountType",
    "CommitmentDiscountName",
    "CommitmentDiscountUnit",
    "BillingAccountName",
    "AvailabilityZone",
    "ListUnitPrice",
    "ContractedUnitPrice",
    "x_Model",
    *(name for _, names in SINCE for name in names),
)
MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
OURS = {"x_Kind", "x_Scenario", "x_Run", "x_Quantile"}  # of `finops export`
KNOWN_NAMES = frozenset(KNOWN)
SPELLED = {name.casefold(): name for name in KNOWN}


def recognise(source: Source) -> bool:
    """Any table; a JSON document only when it is a list of objects."""
    return source.kind != "json" or isinstance(source.document, list)


def version_of(header: list[str]) -> str:
    """The FOCUS version a header speaks, by the newest column it has.

    >>> version_of(["BilledCost", "ChargeType", "AmortizedCost"]), version_of(["ProviderName", "InvoiceId"])
    ('0.5', '1.2')
    """
    names = set(header)
    if {"ChargeType", "AmortizedCost"} & names:
        return "0.5"
    version = next((version for version, columns in SINCE if names & set(columns)), "1.0")
    if version == "1.3" and not {"ProviderName", "PublisherName"} & names:
        return "1.4"  # 1.4 took the two old names out
    return version


def read(source: Source) -> Export:
    """The rows under FOCUS 1.4 names. Raises InputError when a column is missing that a bill must have."""
    header = [SPELLED.get(name.casefold(), name) for name in source.header if name != "x_Row"]
    names, notes = _names(header), []
    if why := refusal(source.name, header):
        raise InputError(why)
    have, not_known = set(names.values()), dict[str, str]()
    if "EffectiveCost" not in have:
        notes.append(one_amount(source.basis))
        not_known[OTHER[source.basis]] = notes[-1]
    notes += _beside(header)
    gone = [name for name in DEFAULTED if name not in have]
    if "InvoiceIssuerName" in gone and "ServiceProviderName" in have:
        notes.append("no InvoiceIssuerName: the provider is taken as issuer")
    elif "InvoiceIssuerName" in gone:
        notes.append("no InvoiceIssuerName and no provider: the issuer is left empty")
    if "BillingAccountId" in gone:
        notes.append("no BillingAccountId: all rows count as one account")
    if "Tags" in gone:
        notes.append("no Tags: all rows are untagged")
    original = [name for name in source.header if name != "x_Row"]
    version = "table by mapping" if "x_SourceLine" in header else f"FOCUS {version_of(header)}"
    rows = _renamed(source, dict(zip(original, header, strict=True)), names)
    left = [LeftOut(reason, count, money=money) for reason, count, money in source.left]
    return Export(rows, version, notes, left, not_known)


def _names(header: list[str]) -> dict[str, str]:
    """1.4 name of each column; an older column keeps its name where the newer one is there too."""
    taken, names = set(header), {}
    for name in header:
        newer = OLDER.get(name)
        names[name] = newer if newer and newer not in taken else name
        taken.add(names[name])
    return names


def refusal(where: str, header: list[str]) -> str | None:
    """Why a header is no complete FOCUS export, in one sentence, or None. Names are compared in any case.

    Near misses of every money column are named at once: a misspelt EffectiveCost would otherwise be replaced by BilledCost.

    >>> refusal("a.csv", [*NEEDED, "effective_cost"])
    "a.csv: 'effective_cost' is nearly EffectiveCost, which is not there, and would be left out. Write the names as FOCUS spells them: EffectiveCost."
    """
    if OURS <= set(header):
        return (
            f"{where}: was written by finops export: forecasts, budgets and monthly sums under the names of a bill. "
            "They are no bill, and would count as cost. Take the vendor's own files."
        )
    spelled = [SPELLED.get(name.casefold(), name) for name in header]
    have = set(_names(spelled).values())
    missing = [name for name in NEEDED if name not in have]
    near = {
        name: guesses
        for name in (*MONEY, *missing)
        if name not in have and (guesses := _near(name, spelled))
    }
    if len(missing) > 4 and len(other := _spelled_otherwise(header)) >= 5:
        first = next(name for name in missing if name in other)
        return (
            f"{where}: its columns are those of FOCUS in another spelling ({near[first][0]!r} for {first}), and a part of them would be "
            f"left out. Write the names as FOCUS spells them: {', '.join(missing)}, and the others so too."
        )
    if len(missing) > 4:
        return (
            f"{where}: no column {missing[0]}, nor {len(missing) - 1} others that a FOCUS export has. For any other table with a date and an amount: "
            f"finops start {where} (it shows which column it takes for what, and asks)."
        )
    if missing:
        parts = [
            f"{name} (nearest here: {together(map(repr, near[name]))})" if name in near else name
            for name in missing
        ]
        also = [_nearly(guesses, name) for name, guesses in near.items() if name not in missing]
        return (
            f"{where}: no column {', '.join(parts)}. {'; '.join(also) + '. ' if also else ''}A FOCUS export needs {', '.join(NEEDED)}. Write the names as "
            f"FOCUS spells them; for a table of another kind: finops start {where} --mapping FILE (docs/mapping.md)."
        )
    if near:
        words = "; ".join(
            f"{_nearly(guesses, name)}, which is not there" for name, guesses in near.items()
        )
        return f"{where}: {words}, and would be left out. Write the names as FOCUS spells them: {', '.join(near)}."
    return None


def is_nearly_focus(header: list[str]) -> bool:
    """Whether a header speaks FOCUS, though some of its columns may be missing or misspelt: it is no table of another kind."""
    spelled = sum(SPELLED.get(name.casefold(), name) in NEEDED for name in _names_of(header))
    return spelled + len(_spelled_otherwise(header)) >= 5


def _spelled_otherwise(header: list[str]) -> set[str]:
    """Needed columns that are there with other marks or spaces: billed_cost, as databases name them."""
    words = {squash(name): name for name in NEEDED}
    return {words[squash(name)] for name in _free(header) if squash(name) in words} - set(header)


def _names_of(header: list[str]) -> list[str]:
    return list(_names([SPELLED.get(name.casefold(), name) for name in header]).values())


def _nearly(columns: list[str], name: str) -> str:
    """What is said of columns that are most like a missing one.

    >>> _nearly(["a", "b"], "c")
    "'a' and 'b' are nearly c"
    """
    return f"{together(map(repr, columns))} {'is' if len(columns) == 1 else 'are'} nearly {name}"


def _free(header: list[str]) -> list[str]:
    """Columns that are none of FOCUS and none of a vendor's own (x_)."""
    return [
        column
        for column in header
        if column not in KNOWN_NAMES and not column.casefold().startswith("x_")
    ]


def _near(name: str, header: list[str]) -> list[str]:
    """The columns that are the missing one, or what older versions call it, but for a slip: the same letters, or nearly all of them."""
    called = [name, *(older for older, newer in OLDER.items() if newer == name)]
    return [
        column
        for column in _free(header)
        if any(nearest(squash(word), [squash(column)], cutoff=0.85) for word in called)
    ]


def _beside(header: list[str]) -> list[str]:
    """Notes on columns that have the letters of a money column which is there too: they are left out."""
    return [
        f"{column!r} stands beside {name} and is left out"
        for name in MONEY
        if name in header
        for column in _free(header)
        if squash(column) == squash(name)
    ]


def _renamed(source: Source, spelled: dict[str, str], names: dict[str, str]) -> Iterator[pa.Table]:
    for table in source.batches():
        table = table.rename_columns(
            [names.get(spelled.get(n, n), spelled.get(n, n)) for n in table.schema.names]
        )
        have = set(table.schema.names)
        if "EffectiveCost" not in have:
            table = table.append_column("EffectiveCost", table.column("BilledCost"))
        if "ServiceProviderName" in have:
            provider = table.column("ServiceProviderName").cast(pa.string())
            if "InvoiceIssuerName" not in have:
                table = table.append_column("InvoiceIssuerName", provider)
            else:  # AWS leaves some issuers empty: the provider bills
                at = table.schema.get_field_index("InvoiceIssuerName")
                issuer = table.column(at).cast(pa.string())
                blank = pc.is_in(pc.fill_null(issuer, ""), value_set=pa.array(["", "NULL", "null"]))
                table = table.set_column(
                    at, "InvoiceIssuerName", pc.if_else(blank, provider, issuer)
                )
        yield table
