"""What is left of revenue after the AI cost that serves customers.

Source: accounting practice (cost of goods sold); FinOps for AI, business value; docs/method §16.55.
"""

from . import Facts, Part, by_day

TITLE = "Gross margin after AI cost"
FORMULA = "(revenue − AI cost of goods sold) ÷ revenue; cost that cogs does not decide counts as cost of goods sold"
UNIT = "share"
BASIS = "Effective"
SOURCE = "gross margin of accounting, of AI cost alone; docs/method §16.55"
PERSONA = ("finance", "leadership", "product")
BETTER = "higher"
NEEDS = ("sales", "goods")
WITHOUT = (
    "finops.yaml has no policy cogs (serving, research, revenue), or the unit is not the company."
)


def parts(facts: Facts) -> list[Part]:
    """One line where revenue is known and a policy says what serves customers."""
    if facts.sales is None or facts.goods is None or facts.daily.empty:
        return []
    days = facts.daily["ChargeDate"]
    sales = facts.sales[(facts.sales.index >= days.min()) & (facts.sales.index <= days.max())]
    sales = sales[sales > 0]
    if sales.empty:
        return []
    goods = by_day(facts.goods, "EffectiveCost").reindex(sales.index, fill_value=0.0)
    return [Part(TITLE, UNIT, (sales - goods).rename(None), sales, better=BETTER)]
