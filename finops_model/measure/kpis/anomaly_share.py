"""How much of the cost was spent on days that nobody expected.

Source: FinOps KPI Library, anomaly cost; docs/method §12.1, §16.19.
"""

from . import Facts, Part, by_day

TITLE = "Unexpected cost"
FORMULA = "what days cost more than expected ÷ all cost"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Anomaly detection; docs/method §12.1, §16.19"
PERSONA = ("platform", "finance", "data")
BETTER = "lower"
NEEDS = ("anomalies",)
WITHOUT = "A day is judged from 21 known days on: the bill is too short."


def parts(facts: Facts) -> list[Part]:
    """One line where there is enough history to expect anything."""
    if facts.anomalies is None:
        return []
    whole = by_day(facts.daily, "EffectiveCost")
    whole = whole[whole > 0]
    more = facts.anomalies.groupby("date")["amount"].sum().reindex(whole.index, fill_value=0.0)
    return [Part(TITLE, UNIT, more, whole, better=BETTER)]
