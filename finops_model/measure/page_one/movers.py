"""The largest steps of a change, named, and everything else: they add up to it, to the coin (docs/method §9.26)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ...prices.settle.cents import digits
from ...wording import clean
from ...wording import periods as words
from ...wording.workload import spoken
from ..bridge.lines import coins

LEAST = Decimal("0.1")  # of the largest step: what is smaller is everything else
TOGETHER = {  # steps of a bridge that are told for the whole company, not by workload
    "prices and commitments": ("list_price", "price", "discount", "commitment"),
    "exchange rates": ("fx",),
    "one-offs": ("once",),
    "restated bills": ("restated",),
}
OF_USE = ("volume", "together", "mix")

Step = tuple[str, float]


def named(steps: Iterable[Step], whole: float, currency: str, most: int) -> list[Step]:
    """The largest steps, and what is left of the whole as "everything else", in coins of the currency.

    >>> named([("a", 5.0), ("b", -40.0), ("c", 0.1)], -34.5, "USD", 3)
    [('b', -40.0), ('a', 5.0), ('everything else', 0.5)]
    """
    known = [(what, coins(amount, currency)) for what, amount in steps]
    known = sorted((one for one in known if one[1]), key=lambda one: (-abs(one[1]), one[0]))
    kept = [one for one in known[:most] if abs(one[1]) >= LEAST * abs(known[0][1])]
    left = coins(whole, currency) - sum((amount for _, amount in kept), Decimal(0))
    told = [*kept, *([(words.ELSE, left)] if left else [])]
    return [(what, float(amount)) for what, amount in told]


def of_bridge(bridge: Mapping, days: int, currency: str, most: int) -> list[Step]:
    """The steps of a bridge by workload as leaders read them: days, prices, single workloads.

    Parameters
    ----------
    bridge : Bridged
        Its rows are workloads, or units.
    days : int
        By how many days its second state is longer.
    currency : str
        Three letters.
    most : int
        Steps with a name.

    Returns
    -------
    list of (str, float)
        The largest first, "everything else" last; they add up to the bridge's change.
    """
    whole = bridge["steps"]
    steps: list[Step] = [(words.days(days), whole.get("days", 0.0))]
    for what, of in TOGETHER.items():
        amount = sum(whole.get(step, 0.0) for step in of)
        steps.append((what, amount))
    for row in bridge["rows"]:
        name = clean(spoken(row["name"]))
        if name and not _folded(row["name"]):
            amount = sum(row["steps"].get(step, 0.0) for step in OF_USE)
            steps.append((words.use(name, row["previous"], row["current"], amount), amount))
    return named(steps, bridge["change"], currency, most)


def _folded(name: str) -> bool:
    """Whether a row is what is left of many: "290 others"."""
    number, _, rest = name.partition(" ")
    return rest == "others" and number.isdigit()


def half_a_coin(currency: str) -> float:
    """Money below which there is none.

    >>> half_a_coin("USD"), half_a_coin("JPY")
    (0.005, 0.5)
    """
    return 0.5 * 10.0 ** -digits(currency)
