"""Sentences a finance reader can repeat: computed from the brief's figures, never typed."""

from __future__ import annotations

from ..periods import month_name

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(value: float | None, currency: str = "USD") -> str:
    """Money in words of a page: three significant digits above a thousand.

    >>> money(1_234_567, "USD"), money(9_870, "EUR"), money(-45.2, "USD"), money(1000, "CHF")
    ('$1.23m', '€9.87k', '−$45.20', 'CHF 1.00k')
    """
    if value is None:
        return "not known"
    size, sign = abs(value), "−" if value < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    for limit, scale, letter in ((999_500_000, 1e9, "bn"), (999_500, 1e6, "m"), (999.5, 1e3, "k")):
        if size >= limit:
            scaled = size / scale
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{sign}{symbol}{scaled:.{digits}f}{letter}"
    return f"{sign}{symbol}{size:.2f}" if size < 100 else f"{sign}{symbol}{size:.0f}"


def chance(value: float | None) -> str:
    """A probability from simulated paths in words: thousands of futures never prove a 0 % or a 100 %.

    >>> chance(0.553), chance(1.0), chance(0.0)
    ('55 %', 'over 99 %', 'under 1 %')
    """
    return percent(None if value is None else min(max(value, 1e-9), 1 - 1e-9))


def percent(value: float | None) -> str:
    """A share in words: whole percents, never 0 % or 100 % unless it is exactly that.

    >>> percent(0.553), percent(0.9996), percent(0.0004), percent(1.0)
    ('55 %', 'over 99 %', 'under 1 %', '100 %')
    """
    if value is None:
        return "not known"
    if 0 < value < 0.01:
        return "under 1 %"
    if 0.99 < value < 1:
        return "over 99 %"
    return f"{value * 100:.0f} %"


def headline(brief: dict) -> str:
    """The first sentence of the page."""
    land, currency = brief["landing"], brief["currency"]
    who = f"{brief['unit']}'s AI spend" if brief["unit"] != "Company" else "AI spend"
    middle = money(land["p50"], currency)
    spread = f"{money(land['p10'], currency)}–{money(land['p90'], currency)}"
    if land["p10"] == land["p90"]:
        base = f"{who} closed {land['period']} at {middle}"
        if land["budget"] is None:
            return base + "."
        gap = land["budget"] - land["p50"]
        return f"{base}, {money(abs(gap), currency)} {'under' if gap >= 0 else 'over'} budget."
    if land["budget"] is None:
        return f"{who} is heading for {middle} in {land['period']} (80 % range {spread})."
    over = land["overrun_probability"]
    if land["breach_month"] == "already exceeded":
        return f"{who} has already exceeded the {land['period']} budget of {money(land['budget'], currency)} and is heading for {middle}."
    if over >= 0.5:
        when = f", typically in {month_name(land['breach_month'])}" if land["breach_month"] else ""
        return f"{chance(over).capitalize()} chance that {who} exceeds the {land['period']} budget of {money(land['budget'], currency)}{when}."
    return (f"{who} is heading for {middle} in {land['period']}, inside the budget of {money(land['budget'], currency)} "
            f"with {chance(1 - over)} probability.")


def summary(brief: dict) -> list[str]:
    """Two to four more sentences: the month, the landing, what moved, the unit cost."""
    currency, actual, land = brief["currency"], brief["actual"], brief["landing"]
    month = month_name(brief["month"])
    said = []
    so_far = " so far" if brief["status"] == "flash" else ""
    text = f"{month} cost {money(actual['month'], currency)}{so_far}"
    budget = brief["budget"]["month"] if brief["budget"] else None
    if budget is not None and brief["status"] != "flash":
        gap = budget - actual["month"]
        word = "under budget (favourable)" if gap >= 0 else "over budget (unfavourable)"
        text += f", {money(abs(gap), currency)} {word}"
    elif actual["previous_month"] and brief["status"] != "flash":
        change = actual["month"] / actual["previous_month"] - 1
        text += f", {abs(change):.0%} {'more' if change >= 0 else 'less'} than the month before"
    said.append(text + ".")
    if land["p10"] != land["p90"]:
        said.append(f"{land['period']} lands at {money(land['p50'], currency)}; eight of ten simulated futures lie between "
                    f"{money(land['p10'], currency)} and {money(land['p90'], currency)}.")
    movers = brief["drivers"]["change"]
    if movers and brief["status"] != "flash":
        top = movers[0]
        said.append(f"The largest movement since the month before is {top['name']}: "
                    f"{'+' if top['change'] >= 0 else '−'}{money(abs(top['change']), currency)}.")
    costs = [line for line in brief["unit_costs"] if line["change_pct"] is not None and line["unit"] != "share"]
    if costs:
        line = costs[0]
        direction = "up" if line["change_pct"] >= 0 else "down"
        said.append(f"{line['name']}: {line['value']:.4g} {currency}{_over_days(line, month)}, {direction} {abs(line['change_pct']):.0%} on "
                    f"{_month_before(line)}.")
    return said


def _over_days(line: dict, month: str) -> str:
    """The days a unit cost of a partial month stands for."""
    return f" over {line['days']} day{'s' * (line['days'] != 1)} of {month}" if line.get("partial") else ""


def _month_before(line: dict) -> str:
    """What a unit cost is compared with: a month, or the part of it that has both money and counts."""
    rows = line.get("by_month") or []
    before = rows[-2] if len(rows) > 1 else None
    if before is None or not (line.get("partial") or before["partial"]):
        return "the month before"
    whole = "the whole of" if not before["partial"] else f"{before['days']} days of"
    return f"{whole} {month_name(before['month'])}"
