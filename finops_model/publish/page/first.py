"""The first page of the report, on one sheet: the minute a CFO has."""

from __future__ import annotations

from markupsafe import Markup

from ...measure.brief_types import Brief
from ...measure.page_one.carriers import lead as carried
from ...measure.page_one.deciding.way_back import sentence as way_back
from ...periods import month_name
from ...wording import savings_apart
from ...wording.landing import kind
from ..charts.fan import monthly_fan
from ..charts.parts import short
from .one.decide import MOST, decisions, due, period, short_day
from .one.foot import foot
from .one.notices import alerts
from .one.quarters import AT, of_page_one, quarters
from .one.status import reason
from .one.three import NAME, blocks
from .one.tiles import tiles
from .tables import Figures, page_one_of, unbroken


def first_figures(brief: Brief) -> tuple[str, ...]:
    """Paths of the figures that must stand on page one."""
    land, what = brief["landing"], kind(brief["landing"])
    asked = ["actual/month", "landing/booked" if what == "none" else "landing/p50"]
    asked += ["landing/p10", "landing/p90"] if what == "range" else []
    if what == "range" and land["overrun_probability"] is not None:
        asked.append("landing/overrun_probability")
    return (*asked, *_decides(Figures(brief)))


def _decides(figures: Figures) -> list[str]:
    """Of the table by quarter, the year to date, the decisions and the parts that carry the overrun; none of a brief of before."""
    one = figures.one
    found = []
    if periods := one.get("periods"):
        found.append("page_one/periods/year_to_date/value")
        for i in of_page_one(figures):
            keys = [key for key in ("value", "variance") if periods["lines"][i][key] is not None]
            found += [f"{AT}/{i}/{key}" for key in keys]
    found += [
        f"page_one/decisions/{i}/saves"
        for i, line in enumerate(due(figures)[:MOST])
        if line["saves"] is not None
    ]
    carriers = one.get("carriers")
    if carriers and carriers["over"]:
        found += [
            f"page_one/carriers/parts/{i}/mean" for i in range(min(3, len(carriers["parts"])))
        ]
        found.append("page_one/carriers/mean_overrun")
    return found


def first(figures: Figures) -> dict:
    """What page one shows."""
    brief = figures.brief
    return {
        "of": " · ".join(
            [
                *([] if brief["unit"] == "Company" else [brief["unit"]]),
                month_name(brief["month"]),
            ]
        ),
        "why": reason(brief),
        "until": "" if brief["status"] == "flash" else short_day(brief["data_as_of"]),
        "lead": lead(brief),
        "alerts": list(alerts(figures)),
        "tiles": list(tiles(figures)),
        "fan": monthly_fan(brief),
        "quarters": quarters(figures, of_page_one(figures)),
        "decisions": decisions(figures),
        "way_back": back(figures),
        "saves_in": period(figures),
        "apart": savings_apart(due(figures)[:MOST]),
        "more_due": max(len(due(figures)) - MOST, 0),
        "blocks": blocks(figures),
        "foot": list(foot(brief)),
    }


def lead(brief: Brief) -> Markup:
    """The sentence below the headline: how the year stands and what carries it; of a brief of before, its summary."""
    one = page_one_of(brief)
    said = [one["periods"]["sentence"]] if one.get("periods") else brief["summary"]
    if "carriers" in one:  # who most; the list below and page two have the others
        said = [*said, carried(one["carriers"], brief["currency"])]
    return unbroken(" ".join(filter(None, said)))


def back(figures: Figures) -> Markup:
    """What one decision does about a year that is likely over its budget, its name cut to what fits; "" where nothing is said."""
    found = figures.one.get("way_back")
    if not found:
        return Markup("")
    best = None if found["best"] is None else short(found["best"], NAME)
    return unbroken(way_back({**found, "best": best}, figures.currency))
