"""The monthly budget report as sections that a notebook shows one after the other: words, charts and tables of one brief.

Every figure comes from the brief by its path; sections without data stay away and `left_out` says why.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

from markupsafe import Markup

from ..errors import ReportError
from ..measure.words import money, percent
from ..periods import check_month, month_days, month_name
from . import charts
from .briefs import SLUG, load_brief, readable
from .tables import Column, Figures, differences, table, templates, variance, whole



def first_figures(brief: dict) -> tuple[str, ...]:
    """Paths of the figures that must stand on the page."""
    land, asked = brief["landing"], ["actual/month", "landing/p50", "tie_out/ledger_total"]
    asked += ["landing/p10", "landing/p90"] if land["p10"] != land["p90"] else []
    asked += ["landing/overrun_probability"] if land["overrun_probability"] is not None else []
    return (*asked, *(["tie_out/difference"] if brief["tie_out"]["difference"] is not None else []))


class Section:
    """A finished part of the page; a notebook shows it."""

    def __init__(self, html: str):
        self.html = str(html)

    def _repr_html_(self) -> str:
        return self.html


def open_brief(path: str | os.PathLike = "", *, month: str, unit: str) -> Page:
    """The page of a brief. Without a path: the one published for this month and unit, in `reports` here or in a folder above.

    Raises ReportError where there is none, or where the brief is of another month or unit.
    """
    check_month(month)
    if not path:
        slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in unit.casefold()).split())
        if not SLUG.fullmatch(slug):
            raise ReportError(f"unit: '{unit[:60]}' is not the name of a unit. Name one of the month's reports, for example Company.")
        here = Path.cwd().resolve()
        places = [folder / "reports" / month / slug / "brief.json" for folder in (here, *here.parents)]
        path = next((place for place in places if place.is_file()), f"reports/{month}/{slug}/brief.json")
    brief = load_brief(path)
    if (brief["month"], brief["unit"]) != (month, unit):
        raise ReportError(f"{path}: this brief is of {brief['unit']}, {brief['month']}; asked for was {unit}, {month}.")
    return Page(brief)


class Page:
    """Sections of the report of one brief, in the order a reader wants them."""

    def __init__(self, brief: dict):
        self.brief = readable(brief)                # what is shown; figures are the brief's own
        self.figures = Figures(self.brief)
        self.show, self.currency = self.figures.show, self.brief["currency"]
        self.made: list[Section] = []

    def _section(self, name: str, template: str = "report_section.html.j2", **what) -> Section:
        html = templates.get_template(template).render(brief=self.brief, show=self.show, name=name, page=self, **what)
        self.made.append(Section(html))
        return self.made[-1]

    def differences(self) -> list[str]:
        """What the sections shown so far say differently from the brief; empty means every figure is the brief's."""
        return differences("".join(section.html for section in self.made), self.brief, first_figures(self.brief))

    # -- page one ---------------------------------------------------------------------------------------------------

    def first_page(self) -> Section:
        """The headline, the four figures, the outlook, and what the page ties out to."""
        b, show = self.brief, self.show
        return self._section("first", "report_first.html.j2", tiles=[*self._tiles()], fan=charts.monthly_fan(b),
                             month=month_name(b["month"]), tie=self._tie_rows(), facts=self._facts(), alerts=self._alerts())

    def _tiles(self):
        """(title, figure, line below, tone) of the four figures at the top."""
        b, show, currency = self.brief, self.show, self.currency
        name, budget, land = month_name(b["month"]), b["budget"], b["landing"]
        flash, fixed = b["status"] == "flash", b["landing"]["p10"] == b["landing"]["p90"]
        if budget and budget["month"] is not None:
            gap = budget["month"] - b["actual"]["month"]
            if flash:
                line, tone = f"of a budget of {money(budget['month'], currency)}", ""
            else:
                line = f"{money(abs(gap), currency)} {'under budget (favourable)' if gap >= 0 else 'over budget (unfavourable)'}"
                tone = "good" if gap >= 0 else "bad"
        else:
            before = b["actual"]["previous_month"]
            line, tone = (f"{money(before, currency)} the month before" if before is not None else "no month before to compare"), ""
        yield f"{name}{' so far' if flash else ''}", show("actual/month", "money"), line, tone
        spread = ("all of it booked" if land["booked"] == land["p50"] else "no range") if fixed else Markup("80 % range {} to {}").format(show("landing/p10", "money"), show("landing/p90", "money"))
        yield f"{land['period']} {'total' if fixed else 'is likely to land at'}", show("landing/p50", "money"), spread, ""
        if land["overrun_probability"] is not None:
            breach = land["breach_month"]
            when = ("the budget is already used up" if breach == "already exceeded" else f"if so, typically in {month_name(breach)}" if breach
                    else f"budget {money(land['budget'], currency)}")
            yield (f"Chance of exceeding the {land['period']} budget", show("landing/overrun_probability", "chance"), when,
                   "bad" if land["overrun_probability"] >= 0.5 else "good")
        said = b["previous_forecast"]
        if said:
            if said["actual"] is None:
                line, tone = "the month is still under way", ""
            else:
                side = "inside" if said["inside"] else "outside"
                line = f"was {money(said['actual'], currency)}, {side} the range given"
                tone = "good" if said["inside"] else "bad"
            yield f"{name}, as forecast a month before", show("previous_forecast/p50", "money"), line, tone

    def _alerts(self):
        """What a reader must know before any figure: money that was refused, or that does not tie out (docs/method.md §13)."""
        tie, show, currency = self.brief["tie_out"], self.show, self.currency
        if Decimal(tie["quarantined"] or 0):
            yield Markup("{} {} of the bill was refused and is in none of these figures: see finops reconcile.").format(
                show("tie_out/quarantined", "cents"), currency)
        if tie["difference"] is not None and Decimal(tie["difference"]):
            yield Markup("Invoices and ledger differ by {} {}.").format(show("tie_out/difference", "cents"), currency)

    def _tie_rows(self):
        tie, rows = self.brief["tie_out"], []
        for title, key in (("Invoices", "invoice_total"), ("Ledger", "ledger_total"), ("Refused rows, in quarantine", "quarantined"),
                           ("Difference", "difference")):
            rows.append((title, self.show(f"tie_out/{key}", "cents") if tie[key] is not None else "no invoice given"))
        return rows

    def _facts(self):
        """(term, text) pairs: what a controller asks first."""
        b, show, currency = self.brief, self.show, self.currency
        yield "Status", f"{b['status'].capitalize()}: {b['status_reason']}"
        yield "Data as of", f"{day(b['data_as_of'])}, from {day(b['first_day'])}" if b["first_day"] else day(b["data_as_of"])
        if b["budget"]:
            yield "Budget", f"{b['budget']['version']}, approved by {b['budget']['approved_by']} on {day(b['budget']['approved_on'])}"
        else:
            yield "Budget", "none approved for this unit"
        said = b["previous_forecast"]
        if said:
            text = f"{money(said['p50'], currency)} ({money(said['p10'], currency)} to {money(said['p90'], currency)})"
            if said["error_pct"] is not None:
                text += f"; it was {abs(said['error_pct']) * 100:.1f} % too {'high' if said['error_pct'] >= 0 else 'low'}"
            made = "as published" if said["source"] == "published" else "replayed, as none was published"
            yield "Forecast a month before", f"{text}; {made}"
        left = "; ".join(f"{item['what']} {whole(item['amount'], self.figures.digits)} {currency} ({item['why']})" for item in b["excluded"])
        yield "Left out of cost", left or "nothing"
        people = b["people"]
        yield "Prepared by", people["prepared_by"] or "not named"
        yield "Reviewed by", people["reviewed_by"] or "not reviewed"

    # -- the sections -----------------------------------------------------------------------------------------------

    def budget(self) -> Section | None:
        """Month and year against the budget, then every month."""
        b, show, digits = self.brief, self.show, self.figures.digits
        columns = [Column("Month", False), Column("", False), Column("Cost"), Column("P10"), Column("P90"), Column("Budget"),
                   Column("Variance"), Column("", False), Column("Chance over budget")]
        plan, ahead = (b["budget"] or {}).get("by_month") or {}, {row["month"]: i for i, row in enumerate(b["forecast"]["months"])}
        known = [m for m in sorted(b["actual"]["by_month"]) if m not in ahead][-12:]
        rows = []
        for m in known:
            mark = "partial month" if m in b["actual"]["partial_months"] else "actual"
            rows.append([month_name(m), mark, show(f"actual/by_month/{m}", "whole"), "", "", show(f"budget/by_month/{m}", "whole") if m in plan else "–",
                         *(variance(plan.get(m), b["actual"]["by_month"][m], digits) if mark == "actual" else ("–", "")), ""])
        for m, i in ahead.items():
            at, row = f"forecast/months/{i}", b["forecast"]["months"][i]
            mark = f"forecast, {money(row['so_far'], self.currency)} booked" if row["so_far"] else "forecast"
            rows.append([month_name(m), mark, show(f"{at}/p50", "whole"), show(f"{at}/p10", "whole"), show(f"{at}/p90", "whole"),
                         show(f"{at}/budget", "whole"), *variance(row["budget"], row["p50"], digits), show(f"{at}/overrun_probability", "chance")])
        if not any(row[5] != "–" for row in rows):
            columns, rows = columns[:5], [row[:5] for row in rows]
        note = ("The cost of a month to come is its median; P10 and P90 frame eight of ten futures; P90 is exceeded in one of ten. Ranges of months do not add up: the year is added up "
                f"future by future. {self._landing_words()}")
        if not rows:
            return None
        return self._section("budget", title="Month by month" if not b["budget"] else "Against the budget", figure=charts.against_budget(b),
                             tables=[table(columns, rows, f"Cost by month, {self.currency}", note=note, name="months")])

    def _landing_words(self) -> str:
        land, currency = self.brief["landing"], self.currency
        text = f"{land['period']}: {money(land['booked'], currency)} booked, mean {money(land['mean'], currency)}"
        if land["holdback_p80"] is not None:
            reserve = land["holdback_p80"]
            text += (f"; to be 80 % sure, {money(reserve, currency)} on top of the budget would be needed" if reserve > 0 else
                     f"; at 80 % certainty {money(-reserve, currency)} of the budget stays unused")
        return text + "."

    def units(self) -> Section | None:
        """A line per business unit, on the company's page."""
        b, show, digits = self.brief, self.show, self.figures.digits
        if not b["children"]:
            return None
        columns = [Column("Unit", False), Column("Actual"), Column("Budget"), Column("Variance"), Column("", False), Column("Year P10"),
                   Column("Year median"), Column("Year P90"), Column("Chance over year budget")]
        rows = [[row["unit"], show(f"children/{i}/actual", "whole"), show(f"children/{i}/budget", "whole"),
                 *(variance(row["budget"], row["actual"], digits) if b["status"] != "flash" else ("–", "under way")),
                 *(show(f"children/{i}/landing_{q}", "whole") for q in ("p10", "p50", "p90")), show(f"children/{i}/overrun_probability", "chance")]
                for i, row in enumerate(b["children"])]
        total = ["Company", show("actual/month", "whole"), show("budget/month", "whole") if b["budget"] else "–",
                 *(variance(b["budget"]["month"] if b["budget"] else None, b["actual"]["month"], digits) if b["status"] != "flash" else ("–", "")),
                 *(show(f"landing/{q}", "whole") for q in ("p10", "p50", "p90")), show("landing/overrun_probability", "chance")]
        over = [row["unit"] for row in b["children"] if (row["overrun_probability"] or 0) >= 0.5]
        title = f"{' and '.join(over[:2])} {'is' if len(over) == 1 else 'are'} likely to exceed the year's budget" if 0 < len(over) <= 2 else (
            f"{len(over)} units are likely to exceed the year's budget" if over else "No unit is likely to exceed the year's budget"
            if any(row["overrun_probability"] is not None for row in b["children"]) else "The business units")
        return self._section("units", title=title, figure=None, tables=[
            table(columns, rows, f"{month_name(b['month'])} and {b['landing']['period']} by business unit, {self.currency}", total=total, name="units",
                  note="Actuals add up to the company; ranges do not: the company's range is taken after adding up each future.")])

    def movements(self) -> Section | None:
        """What moved since the month before, split into volume and price."""
        b, show = self.brief, self.show
        moved = b["drivers"]["change"]
        if not moved:
            return None
        flash = b["status"] == "flash"
        columns = [Column("Workload", False), Column("Month before"), Column("This month so far" if flash else "This month"), Column("Change"), Column("of it volume"), Column("of it price")]
        rows = [[row["name"], *(show(f"drivers/change/{i}/{key}", "whole") for key in ("previous", "current", "change", "volume", "price"))]
                for i, row in enumerate(moved)]
        keys = ("previous", "current", "change", "volume", "price")
        total = ["Total", *(whole(sum(row[key] for row in moved), self.figures.digits) for key in keys)]
        note = "Price holds list prices, discounts and how much a commitment covered; volume is everything else."
        if flash:       # part of a month beside a whole one: a chart of it would only say that days are missing
            note = f"The month is under way: {month_name(b['month'])} up to {day(b['data_as_of'])} stands beside the whole month before. {note}"
        return self._section("movements", title="What moved so far" if flash else "What moved", figure=None if flash else charts.what_moved(b),
                             tables=[table(columns, rows, f"Change since the month before, {self.currency}", total=total, note=note, name="moved")])

    def uncertainty(self) -> Section | None:
        """Which workloads make the range wide."""
        shares = [row for row in self.brief["drivers"]["range"] if row["share"]]
        if len(shares) == 1:
            return self._section("range", title="What makes the range wide", figure=None, tables=[],
                                 lead=f"All of the uncertainty comes from {shares[0]['name']}.")
        return self._section("range", title="What makes the range wide", figure=charts.range_shares(self.brief), tables=[]) if shares else None

    def unit_costs(self) -> Section | None:
        """Cost per outcome, driver, GPU hour and token, with its trend."""
        b, show = self.brief, self.show
        lines = b["unit_costs"]
        if not lines:
            return None
        columns = [Column("Unit cost", False, True), Column("Unit", False), Column("This month"), Column("Before"), Column("Change", False),
                   Column("Days")]
        rows, small = [], []
        for i, line in enumerate(lines):
            way = "rate" if line["unit"] == "share" else "four"
            value = show(f"unit_costs/{i}/value", way)
            rows.append([line["name"], "share" if line["unit"] == "share" else line["unit"], value, show(f"unit_costs/{i}/previous", way),
                         moved_words(line), f"{line['days']}{' (partial)' if line['partial'] else ''}"])
            trend = charts.unit_cost_trend(line) if i < 9 else None
            if trend:
                small.append((trend, value, line["unit"] if way == "four" else "", moved_words(line)))
        note = "A unit cost counts only days on which both the cost and what it is divided by are known. Hollow dots: months with days missing."
        return self._section("unit-costs", title="Unit costs", figure=None, small=small,
                             tables=[table(columns, rows, f"Unit costs, {self.currency}", note=note, name="unit-cost")])

    def what_ifs(self) -> Section | None:
        """Each what-if beside the base."""
        b, show = self.brief, self.show
        if not b["what_ifs"]:
            return None
        columns = [Column("What if", False, True), Column("Cost, median"), Column("Difference P10"), Column("Median"), Column("P90"), Column("Mean"),
                   Column("Chance it costs less")]
        rows = [[row["question"] or row["name"], *(show(f"what_ifs/{i}/{key}", "whole") for key in (
                 "p50", "difference_p10", "difference_p50", "difference_p90", "difference_mean")), show(f"what_ifs/{i}/probability_cheaper", "chance")]
                for i, row in enumerate(b["what_ifs"])]
        note = "Both sides share every random draw, so a difference is the change itself and not chance. Negative: costs less than the base."
        return self._section("what-ifs", title="What if", figure=charts.what_if_differences(b), tables=[
            table(columns, rows, f"{b['what_ifs'][0]['period']}, {self.currency}", note=note, name="what-if")])

    def track_record(self) -> Section | None:
        """How earlier forecasts did."""
        b, show = self.brief, self.show
        if not b["accuracy"]["rows"]:
            return None
        columns = [Column("Months ahead", False), Column("Forecasts"), Column("Missed by"), Column("Repeating last week missed by"),
                   Column("Better by"), Column("Inside the 80 % range")]
        rows = []
        for i, row in enumerate(b["accuracy"]["rows"]):
            at = f"accuracy/rows/{i}"
            rows.append([str(row["lead"]), show(f"{at}/n", "count"), show(f"{at}/error_pct", "rate"), show(f"{at}/naive_error_pct", "rate"),
                         show(f"{at}/skill", "rate"), f"{round(row['coverage80'] * row['n'])} of {row['n']}"])
        return self._section("track-record", title="How good our forecasts were", figure=charts.track_record(b), lead=b["accuracy"]["sentence"],
                             tables=[table(columns, rows, "Error of monthly totals, weighted by money", name="leads"), *self._graded()])

    def _graded(self):
        """The table behind the chart: the forecasts made one month ahead, and the FinOps KPI by its name."""
        detail, show = self.brief["accuracy"]["detail"], self.show
        lead = min((row["lead"] for row in detail), default=1)
        rows = []
        for i, row in enumerate(detail):
            if row["lead"] == lead:
                at = f"accuracy/detail/{i}"
                rows.append([month_name(row["for"]), *(show(f"{at}/{key}", "whole") for key in ("p10", "p50", "p90", "actual")), show(f"{at}/error_pct", "rate"),
                             show(f"{at}/finops_variance_pct", "rate") if "finops_variance_pct" in row else "–", "yes" if row["inside"] else "no"])
        columns = [Column("Month", False), Column("P10"), Column("Median"), Column("P90"), Column("Actual"), Column("Error"), Column("FinOps variance"),
                   Column("Inside P10–P90", False)]
        note = "Error: |forecast − actual| ÷ actual, forecast being the median. FinOps variance: (forecast − actual) ÷ forecast."
        if rows:
            yield table(columns, rows[-14:], f"Forecast {'one month' if lead == 1 else f'{lead} months'} ahead, {self.currency}", note=note, name="graded")

    def basis(self) -> Section:
        """Tie-out by issuer, quality of the data, assumptions, what is not in this report, and where every number comes from."""
        b, show = self.brief, self.show
        parts = []
        if b["tie_out"]["rows"]:
            rows = [[row["issuer"], row["billing_period"], *(show(f"tie_out/rows/{i}/{key}", "cents") for key in (
                     "invoice", "ledger", "quarantined", "difference"))] for i, row in enumerate(b["tie_out"]["rows"])]
            parts.append(("Invoices and ledger", table([Column("Issuer", False), Column("Billing period", False), Column("Invoice"), Column("Ledger"),
                                                        Column("Refused"), Column("Difference")], rows, f"Billed cost, {self.currency}, whole company",
                                                       note=b["tie_out"]["note"], name="tie")))
        if b["quality"]:
            rows = [[row["what"], show(f"quality/{i}/amount", "whole"), show(f"quality/{i}/share", "rate"), row["note"]] for i, row in enumerate(b["quality"])]
            parts.append(("Quality of the data", table([Column("What", False, True), Column(self.currency), Column("of the month"), Column("Note", False, True)],
                                                       rows, name="quality")))
        if b["assumptions"]:
            rows = [[row["text"], value_words(row["value"]), row["kind"], row["source"] or "–", row["owner"] or "–",
                     Markup('{} <span class="bad">overdue</span>').format(row["review_by"]) if row["stale"] else row["review_by"] or "–"] for row in b["assumptions"]]
            stale = sum(bool(row["stale"]) for row in b["assumptions"])
            note = f"{stale} of {len(rows)} {'is' if stale == 1 else 'are'} past the review date." if stale else ""
            parts.append(("Assumptions and decisions", table([Column("What is assumed", False, True), Column("Value"), Column("Kind", False),
                                                              Column("Source", False, True), Column("Owner", False), Column("Review by", False)], rows, note=note,
                                                             name="assumptions")))
        return self._section("basis", "report_basis.html.j2", parts=parts, missing=self.left_out(), lineage=self._lineage())

    def left_out(self) -> list[str]:
        """What this report does not have, and why."""
        b = self.brief
        reasons = [
            (not b["budget"], "Budget and variance: no approved budget covers this unit."),
            (b["budget"] and b["landing"]["budget"] is None, f"Year against budget: the budget does not cover all of {b['landing']['period']}."),
            (b["unit"] == "Company" and not b["children"], "Business units: the bill is not divided into units."),
            (not b["drivers"]["change"], "What moved: there is no month before to compare with."),
            (not any(row["share"] for row in b["drivers"]["range"]), "What makes the range wide: nothing uncertain was simulated."),
            (not b["unit_costs"], "Unit costs: no business driver was given and the bill has no quantities."),
            (not b["what_ifs"], "What-ifs: none are named in finops.yaml."),
            (not b["previous_forecast"], "Forecast beside actual: no forecast was made for this month."),
            (not b["accuracy"]["rows"], "Track record: there is too little history to grade earlier forecasts."),
        ]
        return [text for absent, text in reasons if absent]

    def _lineage(self):
        names = {"ledger": "Ledger", "scenario": "Scenario", "budgets": "Budgets", "drivers": "Drivers", "invoices": "Invoices", "commitments": "Commitments",
                 "organisation": "Organisation", "code": "Program", "lock": "Package versions", "python": "Python", "seed": "Seed", "paths": "Futures simulated",
                 "engine": "Engine"}
        found = self.brief["lineage"]
        rows = [(names.get(key, key), f"{found[key]:,}" if key == "paths" else str(found[key])) for key in [*names, *sorted(set(found) - set(names))] if key in found]
        return rows + [("Rows in the ledger", f"{self.brief['ledger_rows']:,}"), ("Billed cost of all time", self.show("ledger_all_time", "cents"))]


def day(text: str) -> str:
    """A day for readers.

    >>> day("2026-10-31"), day("not a day")
    ('31 October 2026', 'not a day')
    """
    parts = str(text).split("-")
    good = len(parts) == 3 and all(part.isdigit() for part in parts) and 1 <= int(parts[1]) <= 12 and len(parts[0]) == 4
    good = good and 1 <= int(parts[2]) <= len(month_days("-".join(parts[:2])))
    return f"{int(parts[2])} {month_name('-'.join(parts[:2]))}" if good else str(text)


def moved_words(line: dict) -> str:
    """Change of a unit cost in words, with its side."""
    change = line["change_pct"]
    if change is None:
        return "–"
    if abs(change) < 0.0005:
        return "unchanged"
    good = (change < 0) == (line["better"] == "lower")
    by = f"{abs(change) * 100:.1f} %"
    if line["unit"] == "share" and line["previous"] is not None:
        by = f"{abs(line['value'] - line['previous']) * 100:.1f} points"
    return f"{'up' if change > 0 else 'down'} {by} ({'favourable' if good else 'unfavourable'})"


def value_words(value) -> str:
    """The value of an assumption: four digits for numbers, plain words for the rest."""
    from .tables import four

    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return four(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {value_words(item)}" for key, item in value.items())
    return ", ".join(value_words(item) for item in value) if isinstance(value, list) else str(value)
