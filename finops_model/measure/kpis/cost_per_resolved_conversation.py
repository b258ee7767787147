"""Cost of one conversation, ticket or call that ended resolved.

Source: FinOps for AI, cost per resolved conversation; docs/method §16.14.
"""

from . import Facts, Part
from ._series import of_drivers

TITLE = "Cost per resolved conversation"
FORMULA = "cost of the workloads of a conversation ÷ conversations that ended resolved"
UNIT = "money / conversation"
BASIS = "Effective"
SOURCE = "FinOps for AI, cost per resolved conversation; docs/method §16.14"
PERSONA = ("product", "leadership")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No driver of the role outcome counts conversations, tickets, chats, calls or cases: finops add FILE with date, name, value, and its workloads under unit_costs of finops.yaml."


WORDS = r"\b(conversations?|tickets?|chats?|calls?|cases?)\b"


def parts(facts: Facts) -> list[Part]:
    """One line per outcome that is a conversation."""
    return of_drivers(facts, WORDS, outcome=True)
