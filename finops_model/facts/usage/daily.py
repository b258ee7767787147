"""Usage by day: rows of several days spread evenly over them, and one view of use that several tools saw."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from .judged import EXACT, PLACES, zone

KEYS = [
    "x_Source",
    "x_SeenBy",
    "ServiceProviderName",
    "x_Model",
    "SkuMeter",
    "ConsumedUnit",
    "SubAccountId",
    "ResourceId",
    "x_Key",
    "x_Job",
    "x_Request",
    "x_Tier",
    "Tags",
    "BillingCurrency",
]
COLUMNS = ["UsageDate", *KEYS, "ConsumedQuantity", "x_EstimatedCost"]
RANK = {"vendor": 0, "machine": 0, "gateway": 1, "tool": 2}
VENDORS = {"amazonwebservices": "aws", "amazon": "aws", "bedrock": "aws", "azureopenai": "azure"}


def daily_usage(table: pa.Table, time_zone: str = "UTC") -> pd.DataFrame:
    """Usage in force by day and key; levels (Ratio) are no amounts and stand apart.

    Parameters
    ----------
    table : pyarrow.Table
        `UsageStore.table()`.
    time_zone : str, optional
        In whose days; what starts and ends at midnight UTC keeps its days.

    Returns
    -------
    frame
        UsageDate (YYYY-MM-DD), KEYS, ConsumedQuantity and x_EstimatedCost (Decimal); sorted.

    Examples
    --------
    >>> from .judged import SCHEMA
    >>> len(daily_usage(SCHEMA.empty_table()))
    0
    """
    sums: dict[tuple, list[Decimal]] = {}
    columns = ["UsageStart", "UsageEnd", *KEYS, "ConsumedQuantity", "x_EstimatedCost"]
    clock = zone(time_zone)
    for batch in table.select(columns).to_batches(50_000):
        values = [batch.column(name).to_pylist() for name in columns]
        for start, end, *key, quantity, cost in zip(*values, strict=True):
            if key[KEYS.index("ConsumedUnit")] == "Ratio":
                continue
            one = key[KEYS.index("x_Request")]  # a request is of the day on which it began
            for day, share in _days(start, start if one else end, clock):
                so_far = sums.setdefault((day, *key), [Decimal(0), Decimal(0)])
                for i, amount in enumerate((quantity, cost or Decimal(0))):
                    so_far[i] = EXACT.add(so_far[i], _part(amount, *share))
    rows = [(*key, *sums[key]) for key in sorted(sums)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _part(amount: Decimal, before: int, until: int, whole: int) -> Decimal:
    """Of an amount spread over `whole` microseconds what lies between two of them; parts add up to it."""
    if until - before == whole or not amount:
        return amount
    ends = [
        EXACT.divide(EXACT.multiply(amount, Decimal(at)), Decimal(whole)).quantize(
            PLACES, context=EXACT
        )
        for at in (before, until)
    ]
    return EXACT.subtract(ends[1], ends[0])


def _days(start: dt.datetime, end: dt.datetime, clock) -> list[tuple[str, tuple[int, int, int]]]:
    """(day, (from, until, whole) in microseconds) of a span; a moment is all of its day."""
    own = dt.UTC if _midnight(start) and _midnight(end) and end > start else clock
    whole = round((end - start).total_seconds() * 1_000_000)
    first = start.astimezone(own)
    if whole == 0:
        return [(f"{first:%Y-%m-%d}", (0, 1, 1))]
    days, at = [], start
    while at < end:
        local = at.astimezone(own)
        tomorrow = dt.datetime.combine(local.date() + dt.timedelta(1), dt.time(), own)
        until = min(tomorrow.astimezone(dt.UTC), end)
        if until <= at:  # a clock that was set back over midnight
            until = end
        before, upto = (round((edge - start).total_seconds() * 1_000_000) for edge in (at, until))
        days.append((f"{local:%Y-%m-%d}", (before, upto, whole)))
        at = until
    return days


def _midnight(moment: dt.datetime) -> bool:
    return (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)


def family(model: str) -> str:
    """A model without vendor, region, day and version of its name: what usage and bills have in common.

    >>> family("gpt-5-mini-2025-08-07"), family("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), family("openai/gpt-5")
    ('gpt-5-mini', 'claude-sonnet-4-5', 'gpt-5')
    """
    name = model.casefold().rpartition("/")[2].strip().replace(" ", "-")
    name = re.sub(r"^((us|eu|apac|global|jp|au)\.)?([a-z0-9]+\.)(?=[a-z])", "", name)
    name = re.sub(r"-v\d+(:\d+)?$", "", name)
    return re.sub(r"[-@](\d{4}-\d{2}-\d{2}|\d{8}|latest)$", "", name)


def provider(name: str) -> str:
    """A provider's name as usage and bills may both write it.

    >>> provider("Amazon Web Services"), provider("AWS"), provider("OpenAI")
    ('aws', 'aws', 'openai')
    """
    bare = re.sub(r"[^a-z0-9]", "", name.casefold())
    return VENDORS.get(bare, bare)


def one_view(usage: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Usage without what a second tool saw of the same: vendor before gateway before tool, by day and model.

    usage   daily_usage. Returns it without the other views, and a sentence on each that is left out.
    """
    if usage["x_Source"].nunique() < 2:
        return usage, []
    names = {model: family(model) for model in usage["x_Model"].unique()}
    who = {name: provider(name) for name in usage["ServiceProviderName"].unique()}
    views: dict[tuple, dict[str, tuple[int, set]]] = {}
    rows = list(
        zip(
            usage["UsageDate"],
            usage["x_Model"].map(names),
            usage["x_Source"],
            usage["x_SeenBy"],
            usage["ServiceProviderName"].map(who),
            strict=True,
        )
    )
    for day, model, source, seen_by, vendor in rows:
        if model:
            of = views.setdefault((day, model), {})
            of.setdefault(source, (RANK.get(seen_by, 2), set()))[1].add(vendor)
    keep, out = [], dict[tuple[str, str], int]()
    for day, model, source, _, vendor in rows:
        of = views.get((day, model), {})
        best = min(of, key=lambda one: (of[one][0], one), default=source)
        same = best != source and (not vendor or vendor in of[best][1] or "" in of[best][1])
        keep.append(not same)
        if same:
            out[source, best] = out.get((source, best), 0) + 1
    notes = [
        f"{source}: {count:,} rows left out, as {best} counts the same models on the same days"
        for (source, best), count in sorted(out.items())
    ]
    return usage[keep].reset_index(drop=True), notes
