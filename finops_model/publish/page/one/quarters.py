"""The table of page one: quarters and years, actual or forecast, against budget, last forecast and last year (docs/method §9.25)."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ....measure.page_one.last import moved_since
from ....measure.page_one.types import PeriodLine
from ....periods import month_name
from ....wording.landing import middle_beside_mean
from ..tables import Column, Figures, table, toned

AT = "page_one/periods/lines"
LETTERS = {"actual": "A", "part": "F", "forecast": "F"}


def lines(figures: Figures) -> Sequence[PeriodLine]:
    """All lines of the brief; none of a brief of before."""
    return figures.one["periods"]["lines"] if "periods" in figures.one else []


def of_page_one(figures: Figures) -> list[int]:
    """This year's quarters and its sum, and the sum of the next year."""
    every = lines(figures)
    years = [i for i, line in enumerate(every) if line["kind"] == "year"]
    first = years[0] if years else len(every) - 1
    return [i for i in range(len(every)) if i <= first or i in years]


def quarters(figures: Figures, shown: Sequence[int], name: str = "quarters") -> Markup | None:
    """The table of these lines; columns that no line has stay away. None without lines."""
    every = lines(figures)
    if not shown:
        return None
    planned = any(every[i]["budget"] is not None for i in shown)
    before = [i for i in shown if moved_since(every[i], figures.currency) is not None]
    grown = any(every[i]["growth"] is not None for i in shown)
    columns = [Column("", False), Column("Actual or forecast")]
    columns += [Column("Against budget")] if planned else []
    columns += [Column("Since last forecast")] if before else []
    columns += [Column("On last year")] if grown else []
    rows = []
    for i in shown:
        line, at = every[i], f"{AT}/{i}"
        row: list = [_period(line), _value(figures, i, line)]
        if planned:
            row.append(_variance(figures, at, line))
        if before:
            row.append(figures.show(f"{at}/since_last", "scaled_signed") if i in before else "–")
        if grown:
            row.append(figures.show(f"{at}/growth", "percent_signed"))
        rows.append(row)
    return table(
        columns,
        rows,
        f"By quarter and year, {figures.unit}",
        note=_note(figures, [every[i] for i in shown], bool(before)),
        name=name,
        strong=[k for k, i in enumerate(shown) if every[i]["kind"] == "year"],
    )


def _period(line: PeriodLine) -> Markup:
    """The name and how much of it is booked."""
    if _before_the_bill(line):
        return Markup("{}").format(line["period"])
    part = f" {line['booked']}/{line['months']}" if line["state"] == "part" else ""
    return Markup('{} <span class="mark">{}{}</span>').format(
        line["period"], LETTERS[line["state"]], part
    )


def _before_the_bill(line: PeriodLine) -> bool:
    """Whether a period is over of which the bill has nothing: no actual of it is known."""
    return line["state"] == "actual" and line["value"] is None


def _value(figures: Figures, i: int, line: PeriodLine) -> Markup | str:
    """What was, or the mean of what is to come; a year with its range."""
    if line["value"] is None:
        return "–"
    value = figures.show(f"{AT}/{i}/value", "scaled")
    if line["state"] != "actual":
        value = Markup('<span class="ahead">{}</span>').format(value)
    if line["kind"] == "year" and line["p10"] is not None and line["p10"] != line["p90"]:
        ends = [figures.show(f"{AT}/{i}/{q}", "scaled") for q in ("p10", "p90")]
        value += Markup('<span class="ends">{}–{}</span>').format(*ends)
    return value


def _variance(figures: Figures, at: str, line: PeriodLine) -> Markup | str:
    if line["variance"] is None:
        none = line["state"] == "forecast" and line["budget"] is None
        return Markup('<span class="none">none yet</span>') if none else "–"
    tone = "" if not line["material"] else "bad" if line["variance"] > 0 else "good"
    return toned(figures.show(f"{at}/variance", "scaled_signed"), tone)


def _note(figures: Figures, shown: Sequence[PeriodLine], before: bool) -> str:
    """How to read it: letters, colours, what the last forecast is."""
    said = []
    if any(line["state"] == "actual" and line["value"] is not None for line in shown):
        said.append("A actual")
    if any(line["state"] != "actual" for line in shown):
        part = any(line["state"] == "part" for line in shown)
        said.append(f"F forecast: the mean of the futures{', n/m months booked' if part else ''}")
    text = f"{'; '.join(said)}. " if said else ""
    if any(_before_the_bill(line) for line in shown):
        text += "–: before the bill begins. "
    if middle := middle_beside_mean(figures.brief["landing"], figures.currency, chart=True):
        text += f"{middle} "
    if any(line["variance"] is not None for line in shown):
        limits = figures.materiality
        text += (
            f"Over (+) or under (−); coloured from {limits['of_line'] * 100:g} % of the line "
            f"and {limits['of_company'] * 100:g} % of the company's year. "
        )
    periods = figures.one.get("periods")
    if before and periods and periods["last_report"]:
        made = "" if periods["last_source"] == "published" else ", made again"
        text += f"Last forecast: {month_name(periods['last_report'])}{made}."
    return text.strip()
