"""What a data-quality card is made of, line by line, from the ledger and the settings of a workspace (docs/method §13.70–§13.72)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd

from ...facts.daily import tag_debt, warehouse
from ...facts.ledger import reconcile
from ...facts.usage.daily import daily_usage, one_view
from ...facts.usage.store import UsageStore
from ...periods import month_days, month_name
from ...settings import load_tag_rules
from ..usage.estimated import estimate
from ..usage.weights import prices_of
from . import days, prices, record
from .card import Given, before, card, counted, in_money, line, listed, part, percent, whole_day
from .types import QualityCard, QualityLine


def of_workspace(
    settings, ledger, daily: pd.DataFrame, month: str, as_of: str, invoices=None
) -> QualityCard:
    r"""The data-quality card of a workspace.

    Parameters
    ----------
    settings : Settings
        Of the workspace, or of one of its entities.
    ledger : Ledger
        Its ledger, or the entity's part of it.
    daily : frame
        DAILY.
    month : str
        YYYY-MM; shares of cost are of it.
    as_of : str
        YYYY-MM-DD; how far vendors are behind and how old prices are is told for this day.
    invoices : frame, optional
        As `facts.plans.read.read_invoices` gives them; None: there are none.

    Returns
    -------
    QualityCard
        Its headline, and a line for each thing that is judged.

    Source
    ------
    docs/method §13.70.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> ledger = fm.Ledger(settings.path(settings.ledger))
    >>> rows = fm.daily(ledger, settings)
    >>> of_workspace(settings, ledger, rows, "2025-03", "2025-03-28")["usable"]
    1.0
    """
    tags = _tags(settings, ledger, month, as_of)
    quarantine = ledger.quarantine(details=True)
    billed = sum(
        (
            row.BilledCost
            for row in ledger.totals_by_period().itertuples()
            if row.BillingPeriod == month and row.BillingCurrency == settings.currency
        ),
        Decimal(0),
    )
    own = record.refused(quarantine, settings.currency, month).money.get(
        settings.currency, Decimal(0)
    )
    files = record.files_in_force(ledger)
    return card(
        Given(
            month=month,
            as_of=as_of,
            currency=settings.currency,
            cost=float(tags["cost"]),
            debt=max(0.0, float(tags["debt"])),
            refused=_share(own, abs(billed) + own),
            held=float(own),
            lines=[
                _rows(settings, ledger, files, quarantine),
                *_days(settings, ledger, daily, month, as_of),
                _tag_line(settings, tags),
                _price_line(settings, ledger, daily, month, as_of),
                _list_cost(settings, ledger, month),
                _totals(settings, files),
                _estimated(settings, daily, month, as_of),
                _invoices(settings, ledger, invoices, month, as_of, quarantine),
                _assumed(settings),
            ],
        )
    )


def _share(amount: Decimal | float, whole: Decimal | float) -> float:
    return float(amount) / float(whole) if whole > 0 else 0.0


def _tags(settings, ledger, month: str, as_of: str) -> dict:
    rules = load_tag_rules(settings)
    last = min(as_of, str(month_days(month)[-1]))
    found = warehouse.tag_months(ledger, settings, list(tag_debt.expected(rules)), last)
    return tag_debt.debt(found[found["Month"] == month], rules)


def _rows(settings, ledger, files: list[dict], quarantine) -> QualityLine:
    """Rows and money of the files in force: read, accepted, quarantined, left out."""
    currency, rows = settings.currency, record.sources(files)
    held = record.refused(quarantine, currency)
    money = ledger.totals().get(currency, Decimal(0))
    lost, left = (one.get(currency, Decimal(0)) for one in (held.money, record.left_money(rows)))
    share = max(_share(lost, abs(money) + lost), _share(held.rows, ledger.rows + held.rows))
    whose = " (of all entities)" if settings.own else ""
    text = (
        f"{rows.read:,} rows read of {counted(len(files), 'file')}{whose}: {ledger.rows:,} charges accepted, BilledCost {in_money(money, currency)}; "
        + (
            f"{counted(held.rows, 'row')} in quarantine, BilledCost {in_money(lost, currency)}"
            if held.rows
            else "none in quarantine"
        )
        + (f"; {counted(rows.left, 'row')} left out" if rows.left else "")
    )
    return line(
        "rows",
        "Rows of the bills",
        share,
        "share",
        settings.quality.quarantined,
        text,
        "finops reconcile lists refused rows: mend them at the source and deliver the file again",
        amount=lost,
        parts=[
            part("read", counted(rows.read, "source row"), rows.read),
            part("accepted", counted(rows.accepted, "source row"), rows.accepted, money),
            part("quarantined", counted(held.rows, "row"), held.rows, lost),
            part("left out", counted(rows.left, "source row"), rows.left, left),
            *(
                [part("amount not readable", counted(held.unreadable, "row"), held.unreadable)]
                if held.unreadable
                else []
            ),
        ],
    )


def _days(settings, ledger, daily: pd.DataFrame, month: str, as_of: str) -> list[QualityLine]:
    """Days without data, and how far each vendor's newest day is behind the newest of all in the month, or the day asked for."""
    complete = ledger.complete(settings.time_zone)
    as_of = max(as_of, min(str(month_days(month)[-1]), str(complete.newest)))
    every = days.vendors(complete, daily, as_of)
    lost = [one for one in every if one.missing]
    count = sum(len(one.missing) for one in lost)
    first, newest = (
        min((str(one.first) for one in every), default=as_of),
        max((str(one.newest) for one in every), default=as_of),
    )
    span = f"{whole_day(first)} to {whole_day(newest)}"
    named = [f"{one.name} {listed(list(one.missing))}" for one in lost]
    behind = max((one.behind for one in every), default=0)
    late = [f"{one.name} by {counted(one.behind, 'day')}" for one in every if one.behind]
    return [
        line(
            "missing_days",
            "Days without data",
            count,
            "days",
            settings.quality.missing_days,
            f"{span}: "
            + (f"{counted(count, 'day')} missing, {listed(named)}" if count else "none missing"),
            "finops add FILE with an export of these days",
            parts=[
                part(one.name, ", ".join(one.missing) or "none missing", len(one.missing))
                for one in every
            ],
        ),
        line(
            "behind_days",
            "Newest day by vendor",
            behind,
            "days",
            settings.quality.behind_days,
            f"behind {whole_day(as_of)}: {listed(late)}"
            if late
            else f"every vendor that still bills reaches {whole_day(as_of)}, or its last whole period",
            "finops add FILE with the vendor's newest export",
            parts=[
                part(
                    one.name,
                    f"to {one.newest}" + (", ended" if one.state == "ended" else ""),
                    one.behind,
                )
                for one in every
            ],
        ),
    ]


def _tag_line(settings, tags: dict) -> QualityLine:
    currency, cost, debt = settings.currency, tags["cost"], tags["debt"]
    share = None if cost <= 0 else _share(max(debt, Decimal(0)), cost)
    text = (
        "no cost in the month"
        if share is None
        else f"{percent(1 - share)} of {in_money(cost, currency)} is tagged as the rules want; tag debt {in_money(debt, currency)}"
    )
    return line(
        "tag_debt",
        "Tags",
        share,
        "share",
        settings.quality.tag_debt,
        text,
        "finops tags says which tags are missing; finops tags --propose writes rules that would mend it",
        amount=debt,
        parts=[
            part(
                f"{one['key']}: {one['kind']}" + (f" '{one['value']}'" if one["value"] else ""),
                counted(one["rows"], "charge"),
                one["share"],
                one["cost"],
            )
            for one in tags["problems"][:8]
        ],
    )


def _price_line(settings, ledger, daily: pd.DataFrame, month: str, as_of: str) -> QualityLine:
    currency, limits = settings.currency, settings.quality
    sums = prices.volatility(daily, settings, ledger, month, as_of)
    whole = sum(sums.values())
    loose = sum(sums[kind] for kind in prices.KINDS)
    share = None if whole <= 0 else min(max(_share(loose, whole), 0.0), 1.0)
    words = {
        "unlisted": "on no price list",
        "undated": "without a first day",
        "stale": f"not read again for {limits.stale_days} days",
        "changed": f"changed in the last {limits.days} days",
    }
    told = [
        f"{percent(sums[kind] / whole)} {words[kind]}"
        for kind in prices.KINDS
        if whole > 0 and sums[kind]
    ]
    text = (
        "no usage in the month"
        if share is None
        else f"{percent(share)} of the usage cost ({in_money(loose, currency)}) is at prices that moved or that nobody confirmed"
        + (f": {', '.join(told)}" if told else "")
    )
    return line(
        "volatile_prices",
        "SKU volatility",
        share,
        "share",
        limits.volatile_prices,
        text,
        "finops prices list --stale 90; write what is missing into your price documents, or into price_corrections",
        amount=loose,
        parts=[
            part(
                kind,
                words.get(kind, "listed, dated, read and unchanged"),
                _share(sums[kind], whole) if whole > 0 else None,
                sums[kind],
            )
            for kind in sums
        ],
    )


def _list_cost(settings, ledger, month: str) -> QualityLine:
    count, off, whole = prices.apart(ledger, settings, month)
    text = (
        f"{counted(count, 'charge')} of the bill differ, {in_money(off, settings.currency)} in all"
        if count
        else "every list cost is its price times quantity, where the bill has all three"
    )
    return line(
        "list_cost",
        "List cost that is not price × quantity",
        _share(off, whole),
        "share",
        settings.quality.list_cost,
        text,
        "ask the vendor; until then do not rely on savings against list prices",
        amount=off,
    )


def _totals(settings, files: list[dict]) -> QualityLine:
    off = record.totals_that_differ(files)
    names = list(dict.fromkeys(name for name, _ in off))
    return line(
        "totals",
        "Totals of the files",
        len(names),
        "count",
        settings.quality.totals,
        f"{counted(len(names), 'file says', 'files say')} another total than its lines: {listed(names)}"
        if names
        else "no file says another total than its lines",
        "download the file again, unfiltered, and add it",
        parts=[part(name, note) for name, note in off[:8]],
    )


def _estimated(settings, daily: pd.DataFrame, month: str, as_of: str) -> QualityLine:
    """Days of use that the bill has not reached; a report's month asks no further than its end."""
    store, last = UsageStore(settings.path(settings.usage_facts)), daily.attrs.get("complete")
    until = max(as_of, str(month_days(month)[-1]))
    rows = pd.DataFrame()
    table = store.table() if last and Path(store.root).is_dir() else None
    if table is not None and table.num_rows:
        usage, _ = one_view(daily_usage(table, settings.time_zone))
        rows = estimate(
            usage, daily, last, settings.currency, until=until, table=prices_of(settings)
        )
    count = int(rows["UsageDate"].nunique()) if len(rows) else 0
    about = float(rows["x_Estimate"].sum()) if count else 0.0
    return line(
        "estimated_days",
        "Days that are not billed yet",
        count,
        "days",
        settings.quality.estimated_days,
        f"{counted(count, 'day')} of use after {whole_day(str(last))}, about {in_money(about, settings.currency)} (an estimate)"
        if count
        else "no use is known beyond the bill",
        "finops add FILE with the bill of these days",
        amount=about,
    )


def _due(invoices: pd.DataFrame, one: reconcile.Line, month: str, under_way: bool) -> bool:
    """Whether an invoice is missing: of the card's month once it is over, of an earlier one where the issuer has sent any before."""
    if one.billing_period == month:
        return not under_way
    own = invoices[invoices["InvoiceIssuerName"].fillna("") == one.issuer]
    return bool(len(own)) and str(own["BillingPeriod"].min()) < one.billing_period


def _invoices(settings, ledger, invoices, month: str, as_of: str, quarantine) -> QualityLine:
    """Invoices of the last twelve billing periods that differ from the ledger, or are missing."""
    what, limit = "Invoices that do not tie out", settings.quality.invoices
    if invoices is None:
        text = "no invoice was given to tie out against"
        return line("invoices", what, None, "count", limit, text, "finops add INVOICES")
    periods = ledger.totals_by_period()
    newest = str(ledger.complete(settings.time_zone).newest)
    open_ = max(as_of, newest) < str(month_days(month)[-1])
    told, off = [], Decimal(0)
    for period in before([*periods["BillingPeriod"]], month):
        tied = reconcile.reconcile(periods, invoices, period, quarantined=quarantine)
        for one in tied.lines:
            if one.currency != settings.currency:
                continue
            if one.invoice is None:
                if not (one.ledger and _due(invoices, one, month, open_)):
                    continue
                told.append(
                    part(f"{one.issuer} of {month_name(period)}", "no invoice", None, one.ledger)
                )
            elif one.difference:
                off += abs(one.difference)
                text = f"the invoice differs by {one.difference:,.2f} {one.currency}"
                told.append(
                    part(f"{one.issuer} of {month_name(period)}", text, None, one.difference)
                )
    missing = sum(one["text"] == "no invoice" for one in told)
    differ = len(told) - missing
    said = [
        *(
            [f"{counted(differ, 'differs', 'differ')} by {in_money(off, settings.currency)} in all"]
            if differ
            else []
        ),
        *([f"{counted(missing, 'is', 'are')} missing"] if missing else []),
    ]
    return line(
        "invoices",
        what,
        len(told),
        "count",
        limit,
        f"of twelve months to {month_name(month)}: {', '.join(said)} ({listed([one['name'] for one in told])})"
        if told
        else f"all invoices of twelve months to {month_name(month)} tie out to the cent",
        f"finops reconcile --month {month}, and the same for each month named",
        amount=off,
        parts=told[:24],
    )


def _assumed(settings) -> QualityLine:
    found = list(record.assumed(Path(settings.root)))
    said = [f"{word} in {name}" for name, word in found]
    return line(
        "assumed",
        "Readings that were assumed",
        len(found),
        "count",
        settings.quality.assumed,
        f"{counted(len(found), 'reading')} of a table {'was' if len(found) == 1 else 'were'} assumed: {listed(said)}"
        if found
        else "nothing was assumed in reading a table",
        "look at the mapping file; where it is right set the line that ends in _assumed to false",
        parts=[part(name, word) for name, word in found],
    )
