"""`finops kpi --margin`: gross margin after AI cost, month by month (docs/method §16.55)."""

from __future__ import annotations

from ...decide.outlook.margin import margins
from ...decide.questions.answer import Answer
from ...errors import InputError, LedgerError
from ...facts.daily import warehouse
from ...facts.plans.read import read_drivers
from ...measure.actuals import cost_rows, month_column
from ...measure.outlook import margin
from ...periods import check_month, month_days, month_name, month_range
from ...progress import Progress
from ...publish import close
from ...settings import Settings


def gross_margin(
    settings: Settings,
    *,
    first: str | None = None,
    last: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Revenue, cost of goods sold and research by month; first, last: YYYY-MM, by default the newest complete month and a year before.

    A month counts the days that have both a charge and revenue. Raises InputError where there is no policy or it names what no bill has,
    LedgerError for months the ledger has nothing of.
    """
    if settings.cogs is None:
        raise InputError(
            "finops.yaml: cogs: there is no policy of what of AI cost is cost of goods sold, so no margin is told. Write one: "
            "cogs: {serving: {environments: [production]}, research: {environments: [research]}, revenue: NAME OF A DRIVER}."
        )
    ledger = close.books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    rows = cost_rows(daily)
    margin.check(settings.cogs, rows)
    drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    sales = margin.sales_of(settings.cogs, drivers)
    known = sorted(set(month_column(rows)))
    for option, given in (("--from", first), ("--to", last)):
        if given is not None:
            check_month(given, option)
    end = last or close.pick_month(ledger, None, False, settings.time_zone)[0]
    start = first or max(known[0], f"{int(end[:4]) - 1}{end[4:]}")
    if start > end:
        start, end = end, start
    for option, month in (("--from", start), ("--to", end)):
        if month not in known:
            raise LedgerError(
                f"{option}: the ledger has no cost in {month}. It has cost from {month_name(known[0])} to {month_name(known[-1])}."
            )
    each = margin.by_class(rows, settings.cogs)
    both = each.index.intersection(sales[sales > 0].index)
    months, partial = [], []
    for month in month_range(start, end):
        days = both[both.strftime("%Y-%m") == month]
        if not len(days):
            partial.append(
                f"{month_name(month)}: no day has both revenue and cost; it is left out."
            )
            continue
        if len(days) < len(month_days(month)):
            partial.append(
                f"{month_name(month)}: {len(days)} of {len(month_days(month))} days have both revenue and cost; only they count."
            )
        months.append(
            {
                "month": month,
                "revenue": float(sales.reindex(days).sum()),
                **{name: float(value) for name, value in each.loc[days].sum().items()},
            }
        )
    if not months:
        raise InputError(
            f"finops.yaml: cogs/revenue: '{settings.cogs.revenue}' has no revenue from {start} to {end}. Name months that it counts, or add its days."
        )
    open_rows = rows[month_column(rows) == months[-1]["month"]]
    open_rows = open_rows[margin.classes(open_rows, settings.cogs) == margin.UNDECIDED]
    dearest = open_rows.groupby("x_Workload")["EffectiveCost"].sum().sort_values(ascending=False)
    return margins(
        months,
        currency=settings.currency,
        partial=partial,
        names=[str(name) for name in dearest.index],
    )


__all__ = ["gross_margin"]
