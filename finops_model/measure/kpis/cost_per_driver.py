"""Cost of one unit of business: a session, a conversation, a resolved case.

Its workloads' cost alone (direct), and with its share of what no driver of the unit drives (fully loaded).
Source: FinOps Framework, Unit Economics (KPI "cost per unit of business value"); docs/method §16.1, §16.3.
"""

from ..carried import costs, drives
from . import Facts, Part

DEFAULT = True
TITLE = "Cost per driver"
FORMULA = "cost of the workloads that a driver drives ÷ its count"
UNIT = "money / unit of the driver"
BASIS = "Effective"
SOURCE = "FinOps Framework, Unit Economics; docs/method §16.1, §16.3"
PERSONA = ("product", "finance", "leadership")
BETTER = "lower"
WITHOUT = "No driver is known, or none drives this unit: finops add FILE with date, name, value, and unit_costs of finops.yaml."


def parts(facts: Facts) -> list[Part]:
    """One line per driver or outcome that this unit carries."""
    lines, carried = [], {name: drives(given) for name, given in facts.carried.items()}
    for (name, unit), rows in facts.drivers.groupby(["name", "unit"], sort=True):
        if name not in carried or not carried[name].shown:
            continue
        direct, loaded = costs(facts.daily, name, carried)
        each = (str(unit) or str(name)).replace("_", " ").strip()
        label = str(name).replace("_", " ")
        counts = rows.groupby("date")["value"].sum()
        lines.append(
            Part(
                f"Cost per {singular(label)}",
                f"{facts.currency} / {singular(each)}",
                direct,
                counts[counts > 0],
                loaded=loaded,
                of=carried[name].words(),
            )
        )
    return lines


def singular(words: str) -> str:
    """The singular of the noun in a driver's name, for labels.

    >>> singular("sessions launched"), singular("documents processed"), singular("searches"), singular("queries")
    ('session launched', 'document processed', 'search', 'query')
    """
    parts = words.split()
    for i, word in enumerate(parts):
        if word.endswith("ies") and len(word) > 4:
            parts[i] = word[:-3] + "y"
        elif word.endswith(("ches", "shes", "xes", "sses")):
            parts[i] = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us")):
            parts[i] = word[:-1]
        else:
            continue
        break
    return " ".join(parts)
