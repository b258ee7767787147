"""What is said of what runs out: table, page, workbook and alerts take every word of it from here (docs/method §9.21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..periods import month_name
from . import chance, day, money

REFILLED, EXPIRES, NO_COVERAGE = "is filled up again", "expires", "coverage ends"
COLUMNS = ("What", "Left", "A day now", "Runs out, likely", "Range", "Chance, and by when")
NAMES = {
    "budget": "The",
    "prepaid": "Prepaid balance",
    "credit": "Credit",
    "commitment": "Commitment",
    "quota": "Quota of",
}
NOTHING = (
    "Nothing here can run out: finops.yaml states no budgets, balances, commitments or quotas. "
    "State what there is under balances (docs/settings.md)."
)


def title(row: Mapping) -> str:
    """What runs out, as a sentence begins.

    >>> title({"kind": "prepaid", "name": "OpenAI"}), title({"kind": "budget", "name": "FY2026 budget"})
    ('Prepaid balance OpenAI', 'The FY2026 budget')
    """
    return f"{NAMES[row['kind']]} {row['name']}"


def amount(value: float | None, unit: str, currency: str) -> str:
    """Money, or a quantity with its unit.

    >>> amount(12300.0, "USD", "USD"), amount(1500.0, "GPU-hours", "USD"), amount(None, "USD", "USD")
    ('$12.3k', '1,500 GPU-hours', '–')
    """
    if value is None:
        return "–"
    if unit == currency:
        return money(value, currency)
    return f"{value:,.0f} {unit}" if abs(value) >= 100 or value == 0 else f"{value:,.3g} {unit}"


def between(first: str, last: str) -> str:
    """Two days as a range.

    >>> between("2027-01-09", "2027-01-22"), between("2026-12-09", "2027-01-22"), between("2027-01-09", "2027-01-09")
    ('9 to 22 January 2027', '9 December 2026 to 22 January 2027', '9 January 2027')
    """
    if first == last:
        return day(first)
    if first[:7] == last[:7]:
        return f"{int(first[8:])} to {day(last)}"
    if first[:4] == last[:4]:
        return f"{int(first[8:])} {month_name(first[:7]).split()[0]} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def spread(row: Mapping, say: Callable[[str], str] = day) -> str:
    """The range of the date, P10 to P90; what lies after the horizon has no date.

    say   how a day is written

    >>> spread({"earliest": "2027-01-09", "latest": None, "horizon": "2027-10-31"})
    '9 January 2027 to after 31 October 2027'
    """
    if row["earliest"] is None:
        return "–" if row["horizon"] is None else f"after {say(row['horizon'])}"
    if row["latest"] is None:
        return f"{say(row['earliest'])} to after {say(row['horizon'])}"
    if say is not day:
        ends = dict.fromkeys((say(row["earliest"]), say(row["latest"])))
        return " to ".join(ends)
    return between(row["earliest"], row["latest"])


def certain(row: Mapping) -> bool:
    """Whether the day is that of a contract, and nothing that is forecast."""
    return bool(row["ends_with"] == NO_COVERAGE)


def cells(row: Mapping, currency: str, say: Callable[[str], str] = day) -> list[str]:
    """The cells of a row under COLUMNS. say: how a day is written; `str`: as 2026-10-31, where there is little room."""
    likely, wide, sure = "not known", "–", "–"
    if row["state"] == "out":
        likely = f"ran out on {say(row['likely'])}"
    elif row["state"] == "ended":
        likely = f"over since {say(row['end'])}" if row["end"] else "over"
    elif certain(row):
        likely, wide = say(row["likely"]), "by contract"
    elif row["chance"] is not None:
        likely = say(row["likely"]) if row["likely"] else f"not by {say(row['horizon'])}"
        wide = spread(row, say)
        sure = f"{chance(row['chance'])} by {say(_until(row))}"
    per_day = amount(row["per_day"], row["unit"], currency)
    left = amount(row["remaining"], row["unit"], currency)
    return [title(row).removeprefix("The "), left, per_day, likely, wide, sure]


def note(as_of: str, currency: str) -> str:
    """What stands below the table."""
    return (
        f"Data up to {day(as_of)}; money in {currency}, effective (amortised), before credits and tax. Likely: half of all "
        "futures have run out by then; the range holds eight of ten. A future that lasts counts as later than every day shown."
    )


def landing_why(land: Mapping) -> str:
    """Why a budget has no date."""
    return str(land["why_none"])


def sentence(row: Mapping, currency: str) -> str:
    """The one sentence of a row."""
    who, unit = title(row), row["unit"]
    left, daily = amount(row["remaining"], unit, currency), amount(row["per_day"], unit, currency)
    if row["state"] == "not known":
        return f"{who}: when it runs out is not known: {row['why']}."
    if row["state"] == "out":
        beside = ""
        if row["kind"] == "budget" and row["remaining"] is not None:
            beside = f" and is {money(-row['remaining'], currency)} over"
        return f"{who} ran out on {day(row['likely'])}{beside}."
    if row["state"] == "ended":
        when = f" on {day(row['end'])}" if row["end"] else ""
        return f"{who} ended{when} with {amount(row['unused'], unit, currency)} unused."
    if certain(row):
        return _contract(row, who, currency)
    if row["why"]:
        return f"{who}: {left} left; {row['why']}."
    head = f"{who}: {left} left, {daily} a day now"
    return f"{head}; {_when(row)}.{_expires(row, currency)}"


def _contract(row: Mapping, who: str, currency: str) -> str:
    """A commitment of a contract: its last day, and what its end costs."""
    head = f"{who} ends on {day(row['end'])}"
    if row["per_day"] is None:
        return f"{head}; none of it has been used in the newest 28 days."
    use = f"{head}: its coverage of use that costs {money(row['per_day'], currency)} a day is lost"
    more = row["short"]
    return f"{use}, {money(more, currency)} a day more without it." if more else f"{use}."


def _when(row: Mapping) -> str:
    """When it runs out, and whether that is before its end."""
    if row["likely"] is None:
        return f"it lasts to {day(_until(row))} with {chance(1 - row['chance'])} probability"
    said = f"it runs out on {day(row['likely'])} (likely; range {spread(row)})"
    if row["end"] is None:
        return said
    end = str(row["end"])
    if row["kind"] in ("budget", "quota"):
        return f"{said}, and by {day(_until(row))} with {chance(row['chance'])} probability"
    order = "before" if row["likely"] <= end else "after"
    return f"{said}, {order} it {row['ends_with']} on {day(_next(end) if row['ends_with'] == REFILLED else end)}"


def _until(row: Mapping) -> str:
    """The day that the chance of a row is by: its end, or the last day looked at where that comes first."""
    return min(row["end"] or row["horizon"], row["horizon"])


def _next(text: str) -> str:
    """The day after."""
    from ..periods import days  # brings numpy; the page for leadership reads this module without it

    return str(days(text, text)[0] + 1)


def _expires(row: Mapping, currency: str) -> str:
    """What would expire unused; "" where hardly any future leaves some."""
    if row["unused_chance"] is None or row["unused_chance"] < 0.01 or not row["end"]:
        return ""
    return (
        f" {amount(row['unused'], row['unit'], currency)} would expire unused on {day(row['end'])}, "
        f"{chance(row['unused_chance'])} likely."
    )
