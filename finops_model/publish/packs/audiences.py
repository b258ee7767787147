"""Who reads a pack, the question they have, and the blocks that answer it, in order (docs/method §15.80)."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError, unknown

BLOCKS = ("figures", "use", "workloads", "units", "waste", "advice")


@dataclass(frozen=True)
class Audience:
    """A reader of packs: `name` as `--for` takes it and as KPIs name it in PERSONA; at most `most` figures stand on the page."""

    name: str
    title: str
    question: str
    blocks: tuple[str, ...]
    most: int = 9

    @property
    def reader(self) -> str:
        """The title inside a sentence: "those whose use drives it"."""
        return self.title.replace("Those", "those", 1)


AUDIENCES = {
    audience.name: audience
    for audience in (
        Audience(
            "data",
            "Data science, ML and data engineering",
            "What do our models, runs and experiments cost, and which of it bought nothing?",
            ("figures", "workloads", "waste", "advice"),
        ),
        Audience(
            "platform",
            "Platform",
            "Is what we pay for in use, and what can be switched off, moved or committed?",
            ("figures", "waste", "advice", "workloads"),
        ),
        Audience(
            "product",
            "Product",
            "What does each thing that we sell cost to serve, and where is that heading?",
            ("figures", "use", "advice"),
        ),
        Audience(
            "finance",
            "Finance and procurement",
            "Does each unit hold its budget, and what will be bought, saved or let expire?",
            ("units", "figures", "advice", "waste"),
        ),
        Audience(
            "leadership",
            "Leadership",
            "Does it hold, what does a unit cost, and what is there to decide?",
            ("figures", "units", "advice"),
            most=3,
        ),
        Audience(
            "users",
            "Those whose use drives it",
            "What did our use cost, and what does one of it cost?",
            ("use", "workloads"),
        ),
    )
}


def audience_of(name: str) -> Audience:
    """The audience of a name. Raises InputError for another, with the nearest.

    >>> audience_of("platform").title
    'Platform'
    """
    if name not in AUDIENCES:
        raise InputError(unknown("--for", "audience", name, AUDIENCES))
    return AUDIENCES[name]
