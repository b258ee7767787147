"""How much of the cost is research and development, and not production.

Source: FinOps for AI, R&D and production apart; docs/method §16.19.
"""

from . import Facts, Part
from ._series import share_of

TITLE = "Research and development"
FORMULA = "cost of environments for research, development and tests ÷ all cost"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps for AI, R&D and production spend apart; docs/method §16.19"
PERSONA = ("finance", "leadership", "data")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No charge has an environment: tags/environment of finops.yaml names the tag, tag_rules give values."


NAMES = (
    "rnd",
    "rd",
    "research",
    "development",
    "dev",
    "test",
    "testing",
    "staging",
    "sandbox",
    "experiment",
    "experiments",
    "training",
)


def is_research(environment: str) -> bool:
    """Whether the name of an environment says research, development or tests.

    >>> is_research("R&D"), is_research("Production"), is_research("(untagged)")
    (True, False, False)
    """
    return "".join(c for c in environment.casefold() if c.isalnum()) in NAMES


def parts(facts: Facts) -> list[Part]:
    """One line where the bill names environments."""
    rows, names = facts.daily, facts.daily["x_Environment"]
    if not names.ne("(untagged)").any():
        return []
    known = {name: is_research(str(name)) for name in set(names)}
    return [
        Part(
            TITLE,
            UNIT,
            *share_of(rows, names.map(known).astype(bool), "EffectiveCost"),
            better=BETTER,
        )
    ]
