"""The forecast of a workspace: its nodes, with measured, independent and shared shocks."""

from __future__ import annotations

from ...errors import InputError, unknown
from ...forecasting.result import QUANTILES
from ...measure.brief_types import Landing
from ...measure.budget import against, outside, outside_words
from ...measure.budget import landing as budgets
from ...measure.budget.fiscal import landing_on
from ...measure.words import money
from ...names import COMPANY
from ...periods import month_of
from ...progress import Progress
from ...simulate.hierarchy import COLUMN, SHOCKS, Hierarchy, forecast_hierarchy
from . import fiscal
from .results import WorkspaceForecasts
from .unfinished import words

HOW = {
    "measured": "as measured from past misses",
    "independent": "if workloads surprise us one by one",
    "shared": "if they all surprise us together",
}


def of_workspace(
    settings,
    *,
    by: str | None = None,
    unit: str | None = None,
    months: int = 3,
    quarters: bool = False,
    shocks: str | None = None,
    paths: int | None = None,
    as_of: str | None = None,
    month: str | None = None,
    progress: Progress | None = None,
) -> WorkspaceForecasts:
    """Every node and span of a workspace, with each way to draw shocks. Arguments: `fm.forecast`.

    by    None: one business unit or the company; else unit, team, service, workload, environment, model or a dimension: its nodes and the company
    """
    from ...facts import taken
    from ...facts.daily import warehouse
    from ...publish import close, since
    from ...simulate.kept_fits import Fits

    known = (*COLUMN, *settings.dimensions)
    if by is not None and by not in known:
        raise InputError(unknown("--by", "kind of node", by, known))
    if shocks is not None and shocks not in (*SHOCKS, "both"):
        raise InputError(unknown("--shocks", "kind of shocks", shocks, (*SHOCKS, "both")))
    ledger = close.books(settings, progress)
    day = close.check_as_of(ledger, as_of, settings.time_zone, month)
    daily = close.up_to(warehouse.daily(ledger, settings), day, bool(as_of or month))
    if by in ("environment", "model"):
        stated(daily, by)
    name = close.pick_unit(daily, unit)
    if by is not None and name != COMPANY and by != "unit":
        raise InputError(
            f"--unit is one business unit and --by {by} divides the company. Give one of them."
        )
    report = since.published(settings, day, name)
    ways = {"measured": None, "independent": "independent", "shared": "shared"}
    fits = Fits(settings.path(settings.ledger))
    wanted = list(ways) if shocks == "both" else [shocks or "measured"]
    forecasts = forecast_hierarchy(
        settings,
        daily,
        by or "unit",
        months,
        [ways[how] for how in wanted],
        paths=paths,
        progress=progress,
        as_of=day,
        engine=since.engine_of(report, month),
        fits=fits,
    )
    by_shocks = {how: forecasts[ways[how]] for how in wanted}
    first = by_shocks[wanted[0]]
    nodes = (
        [None if name == COMPANY else name]
        if by is None
        else [*([name] if name != COMPANY else first.names), None]
    )
    weeks = fiscal.spans(first, settings.calendar_of()) if quarters and settings.of_weeks else {}
    inside = [span for span, _ in weeks.values()] or first.spans(
        settings.fiscal_year_starts, quarters
    )
    rows = []
    for node in nodes:
        for span in inside:
            row = {
                "node": node or COMPANY,
                "period": span.name,
                "kind": span.kind,
                "lead": span.lead,
                "graded": span.graded,
                "booked": list(span.booked),
                "missing": list(span.missing),
            }
            for how, totals in by_shocks.items():
                at = tuple(QUANTILES.values())
                values = (
                    fiscal.quantiles(totals, weeks[span.name][1], daily, node, at)
                    if weeks
                    else totals.quantiles(span, node, at)
                )
                quantiles = dict(zip(QUANTILES, values))
                row |= quantiles if how == wanted[0] else {}
                row |= (
                    {f"{key}_{how}": value for key, value in quantiles.items()}
                    if len(wanted) > 1
                    else {}
                )
            rows.append(row)
    left = outside.of_year(
        daily,
        month_of(first.as_of),
        first.as_of,
        name,
        settings.fiscal_year_starts,
        against.this_year(settings, first.as_of).weeks,
    )
    year = year_of(first, None if name == COMPANY else name, settings, daily)
    one_amount = [
        one.as_brief(month_of(first.as_of))
        for one in taken.of(ledger)
        if one.currency == first.currency
    ]
    said = [
        text
        for text in [
            left_out(left, rows, name, first.currency),
            since.sentence(report, "this forecast", first.as_of, year),
            taken.sentence(one_amount),
        ]
        if text
    ]
    return WorkspaceForecasts(
        rows=tuple(rows),
        paths=len(first.totals),
        methods=first.weights,
        yearly=first.yearly,
        unfinished=tuple(first.unfinished),
        notes=(
            *fits.notes,
            *words(first.unfinished, first.currency),
            *notes(rows, wanted, first, inside),
            *said,
        ),
        unit=name,
        by=by,
        as_of=first.as_of,
        currency=first.currency,
        shocks=tuple(wanted),
        excluded=left,
        taken=tuple(one_amount),
        published=report.beside(year) if report else None,
        by_hand=tuple(by_hand(first, first.covariates.overrides, inside)),
        covariates=tuple(note["text"] for note in first.covariates.notes),
        hierarchies=by_shocks,
    )


def stated(daily, by: str) -> None:
    """Raises InputError where no charge has a value of a dimension that every company may have."""
    from ...facts.daily.allocate import UNTAGGED

    if set(daily[COLUMN[by]]) <= {"", UNTAGGED}:
        where = {
            "environment": "tags: environment of finops.yaml names the tag key that says it, and tag_rules can give it",
            "model": "it is known where the bill has it, such as token bills",
        }[by]
        raise InputError(
            f"--by {by}: no charge of the bill says its {by}: {where}. Give another: {', '.join(one for one in COLUMN if one != by)}."
        )


def year_of(nodes: Hierarchy, node: str | None, settings, daily=None) -> Landing | None:
    """Where the fiscal year under way lands, as a report has it; None where the forecast does not reach its end, or is of no such node."""
    period = against.this_year(settings, nodes.as_of)
    if period.weeks:
        if against.unreached(period.months, nodes.months, nodes.as_of) or (
            node is not None and nodes.by != "unit"
        ):
            return None
        by_day, ahead = fiscal.parts(nodes, daily, node)
        amount = against.approved(settings, nodes.as_of, node)
        return landing_on(nodes, by_day, period.weeks, amount, ahead)
    span = next(
        (
            span
            for span in nodes.spans(settings.fiscal_year_starts, True)
            if span.name == period.name
        ),
        None,
    )
    if (
        span is None
        or against.unreached(period.months, nodes.months, nodes.as_of)
        or (node is not None and nodes.by != "unit")
    ):
        return None
    booked = sum(
        float(nodes.booked[month][slice(None) if node is None else [nodes.names.index(node)]].sum())
        for month in span.booked
    )
    monthly = nodes.totals[:, list(span.at)][
        :, :, slice(None) if node is None else [nodes.names.index(node)]
    ].sum(axis=2)
    return budgets.landing(
        period.name,
        booked,
        monthly,
        tuple(nodes.months[i] for i in span.at),
        against.approved(settings, nodes.as_of, node),
        last=period.months[-1],
    )


def by_hand(nodes: Hierarchy, overrides, inside) -> list[dict]:
    """Numbers set by hand of these nodes, beside the model's own."""
    set_by_hand = []
    for one in overrides:
        span = next((span for span in inside if span.name == one["month"]), None)
        node = (
            None if one["unit"] == COMPANY else one["workload"] if one["workload"] else one["unit"]
        )
        kind = "workload" if one["workload"] else "unit"
        if span is None or (node is not None and (nodes.by != kind or node not in nodes.names)):
            continue
        own = dict(zip(QUANTILES, nodes.quantiles(span, node)))
        set_by_hand.append(
            {
                "node": node or COMPANY,
                **{key: one[key] for key in ("month", "value", "by", "because")},
                **own,
            }
        )
    return set_by_hand


def left_out(outside: dict, rows: list[dict], name: str, currency: str) -> str:
    """What totals leave out, beside them; where a row is the whole fiscal year, also what it lands at after the credits booked (docs/method §6.5)."""
    if not outside["items"]:
        return ""
    text = f"Left out of {name}, {outside['period']} so far: {outside_words.words(outside['items'], currency)}; {'neither' if len(outside['items']) > 1 else 'it'} is {'' if len(outside['items']) > 1 else 'not '}forecast"
    year = next(
        (row for row in rows if row["node"] == name and row["period"] == outside["period"]), None
    )
    if year is not None and any(item["what"] == "Credits" for item in outside["items"]):
        text += f". {outside['period']} after credits: P50 {money(year['p50'] + outside['credits'], currency)}"
    return f"{text}."


def notes(rows: list[dict], wanted: list[str], nodes: Hierarchy, inside) -> list[str]:
    """What a reader must know of the table, in words."""
    said = ["Totals are added up path by path; ranges of nodes or months never add up."]
    beyond = next((span for span in inside if not span.graded), None)
    if beyond is not None:
        follows = " that follows what totals of four weeks missed on earlier ends of the history"
        said.append(
            f"Beyond lead 3: assumption. From {beyond.name} on (*) the range is extrapolated, its variance in a straight line"
            f"{follows if nodes.yearly else ''}; what forecasts so far ahead missed: finops backtest."
        )
    cut = [span for span in inside if span.missing]
    if cut:
        said.append(
            f"In part (†): {', '.join(span.name for span in cut)} go beyond what bill and forecast reach, so their totals are of fewer months."
        )
    if len(wanted) > 1:
        span = next((span for span in reversed(inside) if span.graded), inside[0])
        row = (
            next(row for row in rows if row["node"] == COMPANY and row["period"] == span.name)
            if any(r["node"] == COMPANY for r in rows)
            else rows[0]
        )
        ranges = [
            f"{money(row[f'p10_{how}'], nodes.currency)} to {money(row[f'p90_{how}'], nodes.currency)} {HOW[how]}"
            for how in ("independent", "measured", "shared")
        ]
        said.append(
            f"{row['node']}, {row['period']}: eight of ten futures lie from {ranges[0]}, from {ranges[1]}, from {ranges[2]}. "
            "Bills alone do not say which of the ends is right."
        )
    elif wanted[0] != "measured":
        said.append(
            f"Drawn {HOW[wanted[0]]}; without --shocks the forecast is drawn {HOW['measured']}."
        )
    return said
