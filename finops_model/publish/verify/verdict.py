"""What verifying a report found, in the order a reader asks (docs/method §15.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import several, together


@dataclass(kw_only=True)
class Verdict:
    """What was found of one published report. Sentences without a full stop; what is in the first five lists makes it not verified.

    Parameters
    ----------
    place : str
        Where it lies, as the user named it or as its month lists it.
    month, unit : str
        Of its brief; '' where it has none that can be read.
    bills : list of str
        Bills, and months of use, that are other amounts now than when it was published.
    made_with : list of str
        Code, lock, Python, ledger that are others now.
    figures : list of str
        Figures that moved, those of page one first and in words.
    files : list of str
        Files, slider data, index lines that are not what is made again.
    chain : list of str
        What the records say that does not go with it.
    since : list of str
        What changed since, of a report that stays as it is: it is verified all the same.
    passed : list of str
        What was not compared, and why.
    same : list of str
        What was made again and is the same.
    places : list of str
        Every place of the brief that differs, as it stands; for --json.
    numbers_only : bool
        Whether figures alone were held against each other.

    Examples
    --------
    >>> Verdict(place="reports/2026-10/company", files=["workbook.xlsx is missing"]).verified
    False
    """

    place: str
    month: str = ""
    unit: str = ""
    bills: list[str] = field(default_factory=list)
    made_with: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    since: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    numbers_only: bool = False

    @property
    def problems(self) -> list[str]:
        """Why it is not verified, in order; empty where it is."""
        return [*self.bills, *self.made_with, *self.figures, *self.files, *self.chain]

    @property
    def verified(self) -> bool:
        """Whether all that was compared is the same."""
        return not self.problems

    @property
    def notes(self) -> list[str]:
        """What a reader should know besides, verified or not."""
        return [*self.since, *self.passed]

    @property
    def said(self) -> str:
        """What a verified report is told of: one sentence."""
        if self.numbers_only:
            return "its figures are verified: each was made again and is the same. Pages, workbook and all other files were not compared"
        return f"verified. Made again from the ledger's rows and the same: {together(self.same)}"

    def as_dict(self) -> dict[str, Any]:
        """What --json prints."""
        return {
            "place": self.place,
            "month": self.month,
            "unit": self.unit,
            "verified": self.verified,
            "numbers_only": self.numbers_only,
            "bills": self.bills,
            "made_with": self.made_with,
            "figures": self.figures,
            "files": self.files,
            "records": self.chain,
            "since": self.since,
            "not_compared": self.passed,
            "same": self.same,
            "differences": self.places,
        }


def told(verdicts: Sequence[Verdict]) -> list[str]:
    """Why reports are not verified, a sentence each; of several, each behind its place.

    >>> told([Verdict(place="a", files=["x is missing"]), Verdict(place="b")])
    ['a: x is missing']
    """
    if len(verdicts) == 1:
        return verdicts[0].problems
    return [f"{one.place}: {problem}" for one in verdicts for problem in one.problems]


def summed(verdicts: Sequence[Verdict]) -> str:
    """How many of several reports are verified.

    >>> summed([Verdict(place="a", files=["x is missing"]), Verdict(place="b")])
    '1 of 2 reports is not verified: a'
    """
    bad = [one.place for one in verdicts if not one.verified]
    if not bad:
        return f"{several(len(verdicts), 'report')} verified"
    return f"{len(bad)} of {several(len(verdicts), 'report')} {'is' if len(bad) == 1 else 'are'} not verified: {together(bad)}"
