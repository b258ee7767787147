"""Cost of one call of a model that is bought by the token.

Source: FinOps for AI, cost per API call; docs/method §16.12.
"""

from . import Facts, Part
from .cost_per_inference import per_request

TITLE = "Cost per API call"
FORMULA = "cost of tokens of the workloads that call ÷ calls"
UNIT = "money / API call"
BASIS = "Effective"
SOURCE = "FinOps for AI, cost per API call; docs/method §16.12"
PERSONA = ("product", "data", "platform")
BETTER = "lower"
NEEDS = ("usage",)
WITHOUT = "No usage log counts calls of models: name one under usage: (docs/ingest/usage.md)."


def parts(facts: Facts) -> list[Part]:
    """All calling workloads together, then each of them."""
    used = facts.usage
    if used is None:
        return []
    rows = used[
        used["SkuMeter"].eq("requests") & used["x_Model"].ne("") & used["x_Workload"].ne("")
    ]
    tokens = facts.daily["ConsumedUnit"].str.casefold().eq("tokens") | facts.daily["x_Model"].ne("")
    return per_request(facts, rows, "API call", tokens)
