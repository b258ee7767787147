"""Units of usage: spelling, block sizes of a PricingUnit, conversions (docs/method §4.2).

GB is 10^9 bytes and GiB 2^30, as FOCUS has it; some price pages write GB and mean GiB: name the unit they mean.
FOCUS ConsumedUnit and PricingUnit are free text ("1M Tokens", "100 GB/Month", "1K tokens"); here each gets one spelling,
and quantities are converted only inside one dimension. A month of hours is a parameter, never a constant: vendors
estimate with 730 and bill with 672 to 744.
"""

from __future__ import annotations

import math
import re

from .errors import PriceError, listing, nearest

HOURS_PER_MONTH = 730.0
BYTES = {
    "B": 1e-9,
    "KB": 1e-6,
    "MB": 1e-3,
    "GB": 1.0,
    "TB": 1e3,
    "PB": 1e6,
    "KiB": 2**10 / 1e9,
    "MiB": 2**20 / 1e9,
    "GiB": 2**30 / 1e9,
    "TiB": 2**40 / 1e9,
    "PiB": 2**50 / 1e9,
}
TIMES = {
    "seconds": 1 / 3600,
    "minutes": 1 / 60,
    "hours": 1.0,
    "days": 24.0,
    "months": None,
}  # None: hours_per_month
HELD = ("GPU", "vGPU", "TPU", "CPU", "vCPU", "DPU", "PTU", "GSU", "Instance", "Unit", "Memory-GB")
COUNTED = (
    "Tokens",
    "Requests",
    "Seats",
    "Users",
    "Credits",
    "Images",
    "Pages",
    "Characters",
    "Transactions",
    "Queries",
    "Executions",
    "Operations",
    "Messages",
    "Calls",
    "Documents",
    "Conversations",
    "Units",
    "Count",
)


def _table() -> dict[str, tuple[str, float, bool]]:
    """unit -> (dimension, factor to its base, whether the factor is also times hours_per_month)."""
    table = {name: (name, 1.0, False) for name in COUNTED}
    table |= {name: ("data", size, False) for name, size in BYTES.items()}
    for time, hours in TIMES.items():
        month = hours is None
        table[time.title()] = ("time", hours or 1.0, month)
        for name in HELD:
            table[f"{name}-{time}"] = (f"{name}-time", hours or 1.0, month)
        for name, size in BYTES.items():
            table[f"{name}-{time}"] = ("data-time", size * (hours or 1.0), month)
    return table


UNITS = _table()
FOLDED = {name.casefold().replace("-", " "): name for name in UNITS}
SHORT = {"mo": "months", "hr": "hours", "hrs": "hours", "sec": "seconds", "min": "minutes"}
SIZES = {
    "": 1.0,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mtok": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "b": 1e9,
    "billion": 1e9,
}
BLOCK = re.compile(
    r"^\s*(?:per\s+)?(?P<size>\d[\d,_]*(?:\.\d+)?(?:[eE]\+?\d+)?)?\s*"
    r"(?P<scale>(?:[kKMB]|thousand|millions?|billion)(?=$|[\s/]))?\s*(?P<unit>.*?)\s*$",
    re.IGNORECASE,
)


def spell(unit: str, where: str = "") -> str:
    """The one spelling of a unit. A unit that is not in the table stays as it is (a dimension of its own) unless it looks
    like a slip for one that is: then PriceError names the nearest.

    >>> spell("tokens"), spell("GPU-hour"), spell("GB/Month"), spell("GB Hours"), spell("Widgets")
    ('Tokens', 'GPU-hours', 'GB-months', 'GB-hours', 'Widgets')
    """
    place = f"{where}: " if where else ""
    if not isinstance(unit, str) or not unit.strip():
        raise PriceError(
            f"{place}the unit is empty; write one, for example Tokens, GPU-hours, GB-months or GB."
        )
    text = unit.strip()
    if text in UNITS:
        return text
    words = re.sub(r"\s*[-/ ]\s*", " ", text.casefold()).split(" ")
    folded = " ".join(SHORT.get(word, word) for word in words)
    for guess in (folded, f"{folded}s", folded.removesuffix("(s)") + "s"):
        if guess in FOLDED:
            return FOLDED[guess]
    near = nearest(folded, FOLDED)
    if near and _one_slip(folded, near):
        raise PriceError(
            f"{place}unknown unit '{text}'. Did you mean '{FOLDED[near]}'? "
            "A unit of your own must not look like one of the table."
        )
    return text


def _one_slip(a: str, b: str) -> bool:
    """Whether two words of five letters or more differ by one letter put in, left out, changed or swapped. What is held
    (the GPU in GPU-hours) must be the same: DBU-hours is a unit of its own and no slip for DPU-hours.
    """
    if a.split(" ")[:-1] != b.split(" ")[:-1]:
        return False
    if min(len(a), len(b)) < 5 or a[0] != b[0]:
        return False
    i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return (
        a[i + 1 :] == b[i + 1 :]
        or a[i:] == b[i + 1 :]
        or a[i + 1 :] == b[i:]
        or (a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :])
    )


def parse_block(text: str, where: str = "") -> tuple[float, str]:
    """Block size and unit of a PricingUnit.

    >>> parse_block("1000000 Tokens"), parse_block("1K tokens"), parse_block("1M Tokens"), parse_block("100 GB/Month")
    ((1000000.0, 'Tokens'), (1000.0, 'Tokens'), (1000000.0, 'Tokens'), (100.0, 'GB-months'))
    """
    place = f"{where}: " if where else ""
    if not isinstance(text, str) or not text.strip():
        raise PriceError(
            f"{place}the pricing unit is empty; write block and unit, for example '1000000 Tokens'."
        )
    found = BLOCK.match(text)
    size = float((found["size"] or "1").replace(",", "").replace("_", ""))
    scale = (found["scale"] or "").casefold()
    if (
        scale and not found["size"] and len(scale) == 1
    ):  # "K tokens" and "B" alone are no block sizes
        scale, unit = "", text.strip()
    else:
        unit = found["unit"]
    block = size * SIZES[scale]
    again = re.match(r"^1\s+(?=\D)", unit)  # "1 1 Hour" stands in real price lists
    unit = unit[again.end() :] if again else unit
    if not math.isfinite(block) or block <= 0:
        raise PriceError(
            f"{place}pricing unit '{text}' has a block of {block:g}; it must be above 0."
        )
    unit = unit.removeprefix("of ").strip()
    return block, spell(f"Units{unit}" if unit.startswith("/") else unit or "Units", where)


def factor(unit: str, to: str, hours_per_month: float = HOURS_PER_MONTH) -> float:
    """How many `to` one `unit` is. Raises PriceError where they measure different things.

    >>> factor("TB-months", "GB-hours", hours_per_month=744)
    744000.0
    """
    if not (math.isfinite(hours_per_month) and 0 < hours_per_month <= 744):
        raise PriceError(
            f"hours_per_month is {hours_per_month:g}; it must be above 0 and at most 744."
        )
    unit, to = spell(unit), spell(to)
    if unit == to:
        return 1.0
    here, there = UNITS.get(unit), UNITS.get(to)
    if here is None or there is None or here[0] != there[0]:
        fits = [name for name, (dimension, _, _) in UNITS.items() if here and dimension == here[0]]
        near = nearest(to, [name for name in fits if name != unit])
        hint = f" Did you mean '{near}'?" if near else ""
        raise PriceError(
            f"'{unit}' cannot be converted to '{to}': they measure different things.{hint} "
            f"'{unit}' converts to: {listing(name for name in fits if name != unit)}."
        )
    size = (here[1] * (hours_per_month if here[2] else 1.0)) / (
        there[1] * (hours_per_month if there[2] else 1.0)
    )
    return round(size) * 1.0 if abs(size - round(size)) < 1e-12 * size else size


def convert(quantity, unit: str, to: str, hours_per_month: float = HOURS_PER_MONTH):
    """A quantity of `unit` in `to`.

    Parameters
    ----------
    quantity : float, list or array
        In `unit`.
    unit, to : str
        Units of one kind.
    hours_per_month : float, optional
        For units of months.

    Returns
    -------
    float or array
        In `to`, same shape.

    Raises
    ------
    PriceError
        A unit that is none, or two of different kinds.

    Source
    ------
    docs/method §4.2.

    Examples
    --------
    >>> convert(744.0, "GPU-hours", "GPU-months", hours_per_month=744)
    1.0
    """
    if isinstance(quantity, (list, tuple)):  # three times a list would be a longer list
        import numpy as np

        quantity = np.asarray(quantity, dtype=float)
    return quantity * factor(unit, to, hours_per_month)
