"""A bridge in words: its steps, its ends, what it cannot say (docs/method §10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..periods import fiscal_months, fiscal_year, month_name
from . import money, percent

STEPS = {
    "days": "Calendar days",
    "volume": "Volume",
    "together": "Volume and price, not separable",
    "mix": "Mix",
    "list_price": "List price",
    "price": "Price, list and discounts together",
    "discount": "Negotiated discount",
    "commitment": "Commitment",
    "fx": "Exchange rates",
    "once": "One-off, tax and credits",
    "restated": "Restated bills",
    "shape": "Shape of the range",
}
PARTS = {
    "volume": "more or less of the same",
    "launches": "launches",
    "retirements": "retirements",
    "coverage": "coverage",
    "waste": "unused",
    "one_off": "one-off",
    "tax": "tax",
    "credits": "credits",
}
OF = {  # steps that are told apart
    "volume": ("volume", "launches", "retirements"),
    "commitment": ("coverage", "waste"),
    "once": ("one_off", "tax", "credits"),
}
LATER = "What two causes make together belongs to the later step."
SHAPLEY = "Order-free: each step is its mean over all orders of the steps (Shapley)."


def signed(value: float, currency: str = "USD") -> str:
    """Money with its sign.

    >>> signed(9970.0), signed(-25.5), signed(0.0)
    ('+$9.97k', '−$25.50', '$0.00')
    """
    return f"{'+' if value > 0 else ''}{money(value, currency)}"


def months(names: Sequence[str], starts: int = 1) -> str:
    """Months in words, or periods of a calendar; a whole fiscal year of months by its name.

    >>> months(["2026-10"]), months(["2026-01", "2026-02"]), months(["2025-12", "2026-01"])
    ('October 2026', 'January to February 2026', 'December 2025 to January 2026')
    >>> months([f"2026-{m:02}" for m in range(1, 13)])
    'FY2026'
    >>> months(["FY2026-P01", "FY2026-P02"]), months(["FY2026-P10"])
    ('FY2026-P01 to P02', 'FY2026-P10')
    """
    if names[0][:2] == "FY":
        return names[0] if len(names) == 1 else f"{names[0]} to {names[-1].rpartition('-')[2]}"
    if tuple(names) == fiscal_months(names[0], starts):
        return fiscal_year(names[0], starts)
    first, last = month_name(names[0]), month_name(names[-1])
    if first == last:
        return first
    return f"{first.split()[0] if names[0][:4] == names[-1][:4] else first} to {last}"


def title(step: str, parts: Mapping[str, Any] | None = None) -> str:
    """A step's name; that of the last one as far as it holds something.

    >>> title("once", {"one_off": 5.0}), title("once", {"tax": 1.0, "one_off": 1.0}), title("mix")
    ('One-off', 'One-off, tax and credits', 'Mix')
    """
    if step == "once" and not any(float((parts or {}).get(p) or 0) for p in ("tax", "credits")):
        return "One-off"
    return STEPS[step]


def column(part: str) -> str:
    """What a part is called where it stands without its step, as in a file.

    >>> column("launches"), column("waste"), column("volume"), column("tax"), column("fx")
    ('Volume: launches', 'Commitment: unused', 'Volume: more or less of the same', 'Tax', 'Exchange rates')
    """
    for step, parts in OF.items():
        if part in parts:
            own = PARTS[part]
            return own[:1].upper() + own[1:] if step == "once" else f"{STEPS[step]}: {own}"
    return STEPS.get(part, part)


def shown(bridge: Mapping) -> list[str]:
    """Steps that are not nothing, in their order."""
    return [step for step in STEPS if float(bridge["steps"].get(step) or 0)]


def of(bridge: Mapping, step: str, currency: str) -> str:
    """What a step is made of, "" where it is of one thing: launches and retirements by name.

    >>> of({"parts": {"volume": 4.0, "launches": 3.0}, "launches": [{"name": "agents", "amount": 3.0}], "retirements": []}, "volume", "USD")
    'of it launches +$3.00 (agents)'
    """
    own = [part for part in OF.get(step, ()) if float(bridge["parts"].get(part) or 0)]
    own = [part for part in own if part != "volume"]
    if not own or (step == "once" and own == ["one_off"]):
        return ""
    said = []
    for part in own:
        names = [str(one["name"]) for one in bridge.get(part) or () if one["name"]]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        who = f" ({', '.join(names[:3])}{more})" if names else ""
        said.append(f"{PARTS[part]} {signed(float(bridge['parts'][part]), currency)}{who}")
    return f"{'of it ' if step == 'volume' else ''}{', '.join(said)}"


def sentence(bridge: Mapping, currency: str) -> str:
    """The bridge in one sentence, its steps in order.

    >>> made = {"from": {"name": "actual of September 2026", "amount": 100.0}, "to": {"name": "actual of October 2026", "amount": 110.0},
    ...         "change": 10.0, "steps": {"volume": 12.0, "discount": -2.0}, "parts": {"volume": 12.0, "discount": -2.0}, "launches": [], "retirements": []}
    >>> sentence(made, "USD")
    'From the actual of September 2026, $100, to the actual of October 2026, $110, it is $10.00 more (10 %): volume +$12.00, negotiated discount −$2.00.'
    """
    then, now, change = bridge["from"], bridge["to"], float(bridge["change"])
    head = (
        f"From the {then['name']}, {money(float(then['amount']), currency)}, "
        f"to the {now['name']}, {money(float(now['amount']), currency)}"
    )
    steps = ", ".join(
        f"{_low(title(step, bridge['parts']))} {signed(float(bridge['steps'][step]), currency)}"
        for step in shown(bridge)
    )
    if not change:
        return f"{head}, nothing changed{f' in all: {steps}' if steps else ''}."
    share = abs(change) / float(then["amount"]) if float(then["amount"]) > 0 else None
    part = f" ({percent(share)})" if share is not None else ""
    way = "more" if change > 0 else "less"
    return f"{head}, it is {money(abs(change), currency)} {way}{part}: {steps}."


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def nothing(name: str) -> str:
    """Why there are no percentages.

    >>> nothing("budget of October 2026")
    'The budget of October 2026 is zero or less, so amounts are shown and no percentages.'
    """
    return f"The {name} is zero or less, so amounts are shown and no percentages."
