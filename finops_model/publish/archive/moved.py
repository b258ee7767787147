"""What changed on page one from one version of a report to the next, in sentences (docs/method §15.32)."""

from __future__ import annotations

from collections.abc import Mapping

from ...measure.restated import CENT
from ...periods import month_name
from ...wording import chance, money

NOTHING = "No figure of page one moved."


def changed(then: Mapping | None, now: Mapping | None) -> list[str]:
    """The figures of page one that moved: cost of the month, P50 of the landing, chance over budget, status; a sentence each.

    Money moved by a cent or more, a chance where it reads differently.

    >>> land = {"period": "FY2026", "p50": 9.0e6, "overrun_probability": 0.5}
    >>> brief = {"month": "2026-10", "currency": "USD", "status": "flash", "actual": {"month": 100.0}, "landing": land}
    >>> changed(brief, {**brief, "status": "final", "actual": {"month": 101.5}})
    ['October 2026 cost 100.00 USD, then 101.50 USD (+1.50 USD).', 'The report was flash and became final.']
    """
    if then is None or now is None:
        return []
    lines = []
    try:
        currency, month = now["currency"], month_name(now["month"])
        was, came = then["actual"]["month"], now["actual"]["month"]
        if then["currency"] != currency:
            return [f"The report was in {then['currency']} and is in {currency} since."]
        if abs(came - was) >= CENT:
            lines.append(
                f"{month} cost {was:,.2f} {currency}, then {came:,.2f} {currency} ({came - was:+,.2f} {currency})."
            )
        left, right = then["landing"], now["landing"]
        was, came = left["p50"], right["p50"]
        if left["period"] == right["period"] and was is not None and came is not None:
            if abs(came - was) >= CENT:
                texts = [money(value, currency) for value in (was, came)]
                if texts[0] == texts[1]:
                    texts = [f"{value:,.2f} {currency}" for value in (was, came)]
                lines.append(
                    f"{right['period']} was to land at {texts[0]} (median), then at {texts[1]}."
                )
        elif (left["period"], was is None) != (right["period"], came is None):
            lines.append(
                f"The landing was that of {left['period']}: {money(was, currency)}; then of {right['period']}: {money(came, currency)}."
            )
        chances = [side["overrun_probability"] for side in (left, right)]
        said = ["no chance" if one is None else chance(one) for one in chances]
        if said[0] != said[1]:
            lines.append(f"The chance to exceed the budget was {said[0]}, then {said[1]}.")
        if then["status"] != now["status"]:
            lines.append(f"The report was {then['status']} and became {now['status']}.")
    except (KeyError, TypeError):
        return lines  # a brief of a version that had not all of these
    return lines or [NOTHING]
