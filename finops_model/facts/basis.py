"""The basis of a money figure: billed, effective, contracted or list. Money of two bases is never added or compared (docs/method §6.6).

Which of the four costs a file gives is known by its importer, or said by the mapping of a table; the ledger's record keeps it. Where a file
has one amount, it also stands in the column of the other cost, so that a forecast can run; that it is taken for it is said, never forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import InputError, unknown

WORDS = {
    "Billed": "Billed (invoiced)",
    "Effective": "Effective (amortised)",
    "Contracted": "Contracted (after negotiated discounts)",
    "List": "List (public prices)",
}
BASES = tuple(WORDS)
OTHER = {"Billed": "Effective", "Effective": "Billed"}  # which amount is taken for one not known
FORMS = {"Billed": "cash", "Effective": "amortised"}
UNSAID = "the file does not say which cost it holds"
LATE = "a commitment paid up front counts in the month it is paid"


def column(basis: str) -> str:
    """The FOCUS column of a basis. Raises InputError for a word that is none.

    >>> column("Billed"), column("List")
    ('BilledCost', 'ListCost')
    """
    return f"{check_basis(basis, 'basis')}Cost"


def basis_of(column: str) -> str | None:
    """The basis of a column; None for one that is no money of FOCUS.

    >>> basis_of("EffectiveCost"), basis_of("ConsumedQuantity"), basis_of("x_EstimatedCost")
    ('Effective', None, None)
    """
    name = column.removesuffix("Cost")
    return name if name in WORDS and column.endswith("Cost") else None


def words(basis: str) -> str:
    """A basis in plain words, for the title of a table.

    >>> words("Effective")
    'Effective (amortised)'
    """
    return WORDS[basis]


def check_basis(word: str, where: str, allowed: tuple[str, ...] = BASES) -> str:
    """A basis as somebody wrote it, in its own spelling. Raises InputError with the nearest.

    >>> check_basis(" effective", "budget.csv: line 2")
    'Effective'
    """
    spelled = {name.casefold(): name for name in allowed}
    if (name := spelled.get(word.strip().removesuffix("Cost").casefold())) is None:
        raise InputError(unknown(where, "basis", word.strip()[:40], allowed))
    return name


def one_amount(basis: str = "Billed") -> str:
    """What is said of a file of one amount.

    >>> one_amount()
    'the file has one amount: it is read as BilledCost (cash); EffectiveCost is not known'
    """
    other = OTHER[basis]
    return f"the file has one amount: it is read as {column(basis)} ({FORMS[basis]}); {column(other)} is not known"


def said(basis: str, not_known: Mapping[str, str], name: str) -> dict[str, str]:
    """Which cost a file does not give, where a person says which one it holds. Raises InputError for a file that says it itself.

    >>> said("Effective", {"Effective": UNSAID + " (a download)"}, "ce.csv")
    {'Billed': 'the file does not say which cost it holds: EffectiveCost (amortised), as --basis says; BilledCost is not known'}
    """
    if not any(why.startswith(UNSAID) for why in not_known.values()):
        raise InputError(
            f"{name}: --basis {basis.casefold()}: the export says itself which cost it holds. Nothing was taken in. Leave --basis out."
        )
    other = OTHER[basis]
    return {
        other: f"{UNSAID}: {column(basis)} ({FORMS[basis]}), as --basis says; {column(other)} is not known"
    }


def same(figures: Mapping[str, str], remedy: str = "State both on one basis.") -> str:
    """The basis that all figures are on.

    figures   what a figure is, in words -> its basis
    Raises InputError where two are on different ones: they may be neither added nor compared.

    >>> same({"the budget": "Effective", "the cost": "Effective"})
    'Effective'
    """
    kinds: dict[str, str] = {}  # basis: the first figure on it
    for what, basis in figures.items():
        kinds.setdefault(check_basis(basis, what), what)
    if len(kinds) > 1:
        (one, first), (other, second) = list(kinds.items())[:2]
        raise InputError(
            f"{first} is {words(one)} and {second} is {words(other)}: money of two bases is never added or compared. {remedy}"
        )
    if not kinds:
        raise InputError("no figure was given, so there is no basis. Name at least one.")
    return next(iter(kinds))


@dataclass(frozen=True)
class Costs:
    """Which of the four costs a file gives.

    given       bases with a figure of the file's own
    not_known   of a basis that the file does not give, though its column is filled from the other amount: why
    """

    given: tuple[str, ...] = ()
    not_known: dict[str, str] = field(default_factory=dict)

    @property
    def alone(self) -> str:
        """The only basis, of Billed and Effective, on which charges are known; '' where both are, or nothing is said."""
        return next((OTHER[basis] for basis in self.not_known), "")

    def as_dict(self) -> dict:
        """For JSON and the ledger's record.

        >>> Costs(("Billed",), {"Effective": "one amount"}).as_dict()
        {'known': ['Billed'], 'not_known': {'Effective': 'one amount'}}
        """
        return {"known": list(self.given), "not_known": dict(self.not_known)}


def costs_of(record: Mapping) -> Costs:
    """What the record of a file says of its costs; a record of before says it in its notes, or not at all.

    >>> costs_of({"notes": ["no amortised cost in this report: BilledCost is taken as EffectiveCost"]}).not_known
    {'Effective': 'no amortised cost in this report: BilledCost is taken as EffectiveCost'}
    """
    if (said := record.get("costs")) is not None:
        return Costs(tuple(said["known"]), dict(said["not_known"]))
    for note in record.get("notes", ()):
        if note.startswith(BEFORE):
            return Costs(("Billed",), {"Effective": note})
    return Costs()


BEFORE = (  # notes of one-amount files in records that have no `costs`
    "NO EffectiveCost in this file",
    "no amortised cost in this",
    UNSAID,
)
