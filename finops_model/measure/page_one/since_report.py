"""What changed since the last report, in words of a leader: the month, the year, the budget, corrected months (docs/method §9.27)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...periods import add_months, month_days
from ...wording import changes as words
from ..brief_types import Brief
from ..words import part_of_the_month_before
from .material import is_material
from .movers import half_a_coin, named, of_bridge
from .types import ChangeLine, Periods, SinceReport

if TYPE_CHECKING:
    from ..close import Close

MOST = 3  # steps by name, and corrected months
PARTS = ("volume", "mix", "price", "one_off", "restated")  # of `moved` that move the mean


def since_report(close: Close, brief: Brief, periods: Periods, limits: Mapping) -> SinceReport:
    """What changed since the newest report of a unit before this month.

    Parameters
    ----------
    close : Close
        Everything known at the close; `reported` has the last report's briefs.
    brief : Brief
        Of the unit.
    periods : Periods
        Of its page one.
    limits : Materiality
        Of its page one.

    Returns
    -------
    SinceReport
        Without month and lines where this is the first report.

    Source
    ------
    docs/method §9.27.
    """
    last = close.reported.get(brief["unit"])
    if last is None:
        return {"month": None, "lines": []}
    made = [
        _month(brief, limits),
        _year(brief, periods, last),
        *_budgets(brief, last),
        *_restated(brief, limits),
        _later(close, brief, last),
    ]
    return {"month": last["month"], "lines": [one for one in made if one is not None]}


def _month(brief: Brief, limits: Mapping) -> ChangeLine | None:
    """The month against the one before it; of a month under way the same days."""
    found = next((one for one in brief.get("bridge") or () if one["what"] == "month"), None)
    if found is None or part_of_the_month_before(brief):
        return None
    month, before = brief["month"], add_months(brief["month"], -1)
    cut = brief["data_as_of"] < str(month_days(month)[-1])
    days = 0 if cut else len(month_days(month)) - len(month_days(before))
    steps = of_bridge(found, days, brief["currency"], MOST)
    material = is_material(found["change"], found["from"]["amount"], limits)
    return words.month(month, before, found, steps, brief["currency"], cut=cut, material=material)


def _year(brief: Brief, periods: Periods, last: Mapping) -> ChangeLine | None:
    """The mean of the year under way against that of the last report, and why."""
    year = next(one for one in periods["lines"] if one["kind"] == "year")
    change, currency = year["since_last"], brief["currency"]
    if change is None or year["value"] is None:
        return None
    moved = next((one for one in brief.get("moved") or () if one["period"] == year["period"]), None)
    steps, booked = [], None
    if moved is not None:
        p50 = moved["previous_p50"]
        found = [(part, moved["parts"].get(part, 0.0) * p50) for part in PARTS]
        # the parts of a P50's move but for its shape are those of the mean's, of the same report
        if abs(sum(amount for _, amount in found) - change) <= 1e-6 * abs(year["value"]):
            told = [(words.reason(part, amount), amount) for part, amount in found]
            steps = named(told, change, currency, MOST)
            booked = (moved["actual_months"], moved["actuals"] * p50)
    return words.year(year["period"], year["value"], change, last["month"], steps, booked, currency)


def _budgets(brief: Brief, last: Mapping) -> list[ChangeLine]:
    """Budgets of the year whose amounts are others than in the last report."""
    then, now = last["landing"], brief["landing"]
    if (then["period"], then.get("last")) != (now["period"], now.get("last")):
        return []
    change = (now["budget"] or 0.0) - (then["budget"] or 0.0)
    same = (then["budget"] is None) == (now["budget"] is None)
    if same and abs(change) < half_a_coin(brief["currency"]):
        return []
    who = brief["budget"]
    line = words.budget(
        now["period"], then["budget"], now["budget"], who, last["month"], brief["currency"]
    )
    return [line]


def _restated(brief: Brief, limits: Mapping) -> list[ChangeLine]:
    """Months that were published as another figure: those that matter, the newest first, and the others together."""
    every = sorted(brief.get("restated") or (), key=lambda one: one["month"], reverse=True)
    large = [one for one in every if is_material(one["difference"], one["published"], limits)][
        :MOST
    ]
    rest = [one for one in every if one not in large]
    lines = [words.restated(one, brief["currency"]) for one in large]
    if rest:
        lines.append(words.restated_more(rest, bool(large), brief["currency"]))
    return lines


def _later(close: Close, brief: Brief, last: Mapping) -> ChangeLine | None:
    """What the archive's index says of the last report as of a day between it and this one."""
    note = close.later.get(brief["unit"])
    if note is None or note["as_of"] >= brief["data_as_of"]:
        return None
    return words.later(note, last["month"])
