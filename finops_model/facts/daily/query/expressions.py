"""The ibis half of daily facts: expressions over the ledger's rows, and the connection that runs them.

Apart from `warehouse`, because daily facts that are kept need none of it: ibis and sqlglot take half a second to import.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import ibis
import ibis.expr.datatypes as types
import pandas as pd

from ....errors import LedgerError
from ....settings import TagRules, load_tag_rules
from .. import steps
from .columns import MEASURES, PLAIN, RESOURCE, TAGS, TOLD, dimension_names

CENT = types.Decimal(38, 10)


@ibis.udf.scalar.builtin(name="json_extract_string")
def tag_at(tags: str, place: str) -> str:  # type: ignore[empty-body]
    """Text at a JSON pointer; DuckDB's name for it (Spark: get_json_object, Postgres: json_extract_path_text)."""


@ibis.udf.scalar.builtin(name="timezone")
def local_time(zone: str, moment: dt.datetime) -> dt.datetime:  # type: ignore[empty-body]
    """DuckDB's AT TIME ZONE."""


def run(ledger, doubled: list, asked) -> pd.DataFrame:
    """The answer to `asked`, an expression over the ledger rows in force."""
    files = [Path(ledger.root) / path for path in ledger.proof()]
    connection = ibis.duckdb.connect()
    try:
        connection.raw_sql("SET TimeZone = 'UTC'")
        rows = connection.read_parquet([str(path) for path in files], union_by_name=True)
        return asked(without_doubles(rows, doubled)).execute()
    except ibis.common.exceptions.IbisError as problem:
        raise LedgerError(f"the ledger's files cannot be read by day: {problem}") from None
    finally:
        connection.disconnect()


def without_doubles(rows: ibis.Table, doubled: list) -> ibis.Table:
    """Ledger rows with EffectiveCost 0 on purchases of which the use carries the cost already (docs/method §13.23)."""
    keys = ["\x1f".join(one.key) for one in doubled if one.set_aside]
    if not keys:
        return rows
    words = [
        rows.InvoiceIssuerName,
        rows.BillingAccountId,
        rows.CommitmentDiscountId,
        rows.ChargeCategory,
        rows.x_Period,
        rows.BillingCurrency,
    ]
    own = words[0]
    for word in words[1:]:
        own = own + "\x1f" + word
    return rows.mutate(
        EffectiveCost=ibis.ifelse(
            own.isin(keys), ibis.literal(0).cast(rows.EffectiveCost.type()), rows.EffectiveCost
        )
    )


def expression(
    rows: ibis.Table, settings, through=None, rules: TagRules | None = None
) -> ibis.Table:
    """The daily aggregation as an ibis expression over ledger rows (tags as the bill says them and as `rules` say them where it
    is silent; allocation comes after)."""
    words = {column: steps.value_of(found) for column, found in _found(rows, settings, rules)}
    spread = _by_day(rows, settings, through, {name: rows[name] for name in PLAIN} | words)
    totals = {name: spread[name].sum().cast("float64") for name in MEASURES}
    keys = ["ChargeDate", *PLAIN, *words]
    return spread.group_by(keys).aggregate(**totals, Rows=spread.Rows.sum())


def tag_months(ledger, settings, keys: list[str], through, doubled: list) -> pd.DataFrame:
    """EffectiveCost by month, by what tags say and by the step that gave each dimension its value.

    keys       tag keys of the bill, or dimensions
    through    last day that is included; None: all

    One row per Month (YYYY-MM), ChargeCategory, ACCOUNTS, ServiceName, `tag:<key>` (the tag's text as the bill spells it, '' for
    none) of each key, and `step:<dimension>`, `value:<dimension>` of each dimension; EffectiveCost (Decimal), Rows.
    """
    rules, names = load_tag_rules(settings), dimension_names(settings)

    def asked(rows: ibis.Table) -> ibis.Table:
        words = {name: _text(rows, name) for name in TOLD}
        place = _place(rows, settings)
        words |= {f"tag:{key}": _direct(place, settings, key) for key in keys}
        for column, found in _found(rows, settings, rules):
            name = names[column]
            words[f"step:{name}"] = steps.step_of(found)
            words[f"value:{name}"] = steps.value_of(found)
        spread = _by_day(rows, settings, through, words)
        month = spread.mutate(Month=spread.ChargeDate.strftime("%Y-%m"))
        return month.group_by(["Month", *words]).aggregate(
            EffectiveCost=month.EffectiveCost.sum(), Rows=month.Rows.sum()
        )

    return run(ledger, doubled, asked).sort_values(
        ["Month", *TOLD, *(f"tag:{key}" for key in keys)], ignore_index=True
    )


def charges(ledger, settings, through, doubled: list) -> pd.DataFrame:
    """DAILY's charges with exact money and the billing period they are invoiced in, before teams are given to what says none.

    One row per ChargeDate, BillingPeriod (YYYY-MM), PLAIN, dimensions; BilledCost, EffectiveCost (Decimal of ten digits), Rows.
    """
    rules = load_tag_rules(settings)

    def asked(rows: ibis.Table) -> ibis.Table:
        words = {column: steps.value_of(found) for column, found in _found(rows, settings, rules)}
        words |= {name: rows[name] for name in PLAIN} | {
            "BillingPeriod": rows.x_Period.substr(0, 7)
        }
        spread = _by_day(rows, settings, through, words)
        return spread.group_by(["ChargeDate", *words]).aggregate(
            BilledCost=spread.BilledCost.sum(),
            EffectiveCost=spread.EffectiveCost.sum(),
            Rows=spread.Rows.sum(),
        )

    return run(ledger, doubled, asked)


def by_resource(ledger, settings, through, doubled: list) -> pd.DataFrame:
    """DAILY's rows by the resource that caused them, before teams are given to what says none; no row is added or lost.

    One row per ChargeDate, PLAIN, dimensions, ResourceId, ResourceName ("" where the bill names none); MEASURES (float64, added
    up as DECIMAL), Rows.
    """
    rules = load_tag_rules(settings)

    def asked(rows: ibis.Table) -> ibis.Table:
        words = {column: steps.value_of(found) for column, found in _found(rows, settings, rules)}
        words |= {name: rows[name] for name in PLAIN} | {
            name: _text(rows, name) for name in RESOURCE
        }
        spread = _by_day(rows, settings, through, words)
        totals = {name: spread[name].sum().cast("float64") for name in MEASURES}
        return spread.group_by(["ChargeDate", *words]).aggregate(**totals, Rows=spread.Rows.sum())

    return run(ledger, doubled, asked)


def _text(rows: ibis.Table, name: str):
    """A text column, '' where a row or the whole bill has none."""
    return rows[name].fill_null("") if name in rows.columns else ibis.literal("")


def _place(rows: ibis.Table, settings) -> steps.Place:
    where = getattr(settings, "tag_rules", None) or "finops.yaml"
    own = sum(len(one.rules) for one in getattr(settings, "dimensions", {}).values())
    return steps.Place(rows, lambda key: _tag(rows.Tags, key), where, own)


def _found(rows: ibis.Table, settings, rules: TagRules | None):
    """(column, steps) of each dimension."""
    place = _place(rows, settings)
    for column, name in dimension_names(settings).items():
        direct = _direct(place, settings, name)
        yield column, steps.steps(place, name, direct, rules or TagRules())


def _direct(place: steps.Place, settings, name: str):
    """What the bill itself says of a dimension; any other name is a tag key."""
    if name in TAGS.values():
        return place.tag(getattr(settings.tags, name))
    own = getattr(settings, "dimensions", {}).get(name)
    if own is not None and own.column:
        return place.column(own.column, f"finops.yaml: dimensions/{name}/column")
    if own is not None:
        return place.tag(own.tag) if own.tag else ibis.literal("")
    return place.tag(name)


def _by_day(rows: ibis.Table, settings, through, words: dict) -> ibis.Table:
    """Charges by day and `words` {name: text by row}, MEASURES exact; a charge of several days in even shares."""
    if (own := getattr(settings, "own", None)) is not None:
        rows = rows.filter(rows.BillingCurrency == own.currency)
    start, end = rows.ChargePeriodStart, rows.ChargePeriodEnd
    if settings.time_zone != "UTC":
        grained = (start == start.truncate("D")) & (end == end.truncate("D"))
        start = ibis.ifelse(grained, start, _in_zone(start, settings.time_zone))
        end = ibis.ifelse(grained, end, _in_zone(end, settings.time_zone))
    first = start.date()
    last = (end - ibis.interval(microseconds=1)).date()
    span = ibis.greatest(last.delta(first, unit="day"), 0) + 1
    keyed = rows.select(*MEASURES, first_day=first, days=span.cast("int64"), **words)
    sums = {name: keyed[name].sum().cast(CENT) for name in MEASURES}
    charges = keyed.group_by([*words, "first_day", "days"]).aggregate(**sums, Rows=keyed.count())
    short = charges.filter(charges.days == 1)
    short = short.select(*words, *MEASURES, "Rows", ChargeDate=short.first_day)
    long = _spread(charges.filter(charges.days > 1), list(words))
    spread = short.union(long.select(short.columns))
    if through is not None:
        spread = spread.filter(spread.ChargeDate <= ibis.date(str(through)[:10]))
    return spread


def _spread(charges: ibis.Table, words: list[str]) -> ibis.Table:
    """Even shares of each day; the last day takes the remainder, so that the days add up to the charge exactly."""
    shares = {f"{name}_share": (charges[name] / charges.days).cast(CENT) for name in MEASURES}
    each = charges.mutate(**shares).mutate(place=ibis.range(0, charges.days).unnest())
    closing = each.place == each.days - 1
    amounts = {
        name: ibis.ifelse(
            closing,
            (each[name] - each[f"{name}_share"] * (each.days - 1)).cast(CENT),
            each[f"{name}_share"],
        )
        for name in MEASURES
    }
    return each.select(
        *words,
        **amounts,
        Rows=ibis.ifelse(each.place == 0, each.Rows, 0),
        ChargeDate=(each.first_day + each.place.as_interval("D")).cast("date"),
    )


def _in_zone(moment, zone: str):
    return local_time(zone, local_time("UTC", moment).cast("timestamp('UTC')")).cast("timestamp")


def _tag(tags, key: str):
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return ibis.coalesce(tag_at(tags, pointer).strip(), "")
