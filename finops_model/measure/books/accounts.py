"""`accounts.yaml`: the accounts that journals book to, by what is booked, activity and entity (docs/method §14.26)."""

from __future__ import annotations

import os
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ...documents import Text, checked, load_yaml
from ...errors import InputError, listing, nearest
from ...facts.daily.allocate import UNTAGGED
from ...settings import Strict

OTHERS = (
    "accrued_liability",
    "receivable",
    "payable",
    "prepaid",
    "recoverable_tax",
    "other_tax",
    "intercompany_receivable",
    "intercompany_payable",
    "fx",
    "rounding",
)


class Account(Strict):
    """An account: its number, and its name for readers."""

    number: Text
    name: str = ""


def _account(given: Any) -> Any:
    """`6810 Cloud services` is number and name."""
    if isinstance(given, str):
        number, _, name = given.strip().partition(" ")
        return {"number": number, "name": name.strip()}
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        raise ValueError(
            f"is the number {given}; an account is a text. Put it in quotes: '{given}'."
        )
    return given


One = Annotated[Account, BeforeValidator(_account)]


def _named(activities: dict) -> dict:
    if UNTAGGED in activities:
        raise ValueError(
            f"'{UNTAGGED}' is cost without an activity; it goes to default. Take the name out."
        )
    return activities


class Expense(Strict):
    """Accounts of expense."""

    default: One | None = None
    activities: Annotated[dict[Text, One], AfterValidator(_named)] = Field(default={})


class Chart(Strict):
    """Accounts of one entity, or of all."""

    expense: Expense = Expense()
    accrued_liability: One | None = None
    receivable: One | None = None
    payable: One | None = None
    prepaid: One | None = None
    recoverable_tax: One | None = None
    other_tax: One | None = None
    intercompany_receivable: One | None = None
    intercompany_payable: One | None = None
    fx: One | None = None
    rounding: One | None = None


class Accounts(Chart):
    """accounts.yaml; what an entity does not write is the company's."""

    entities: dict[Text, Chart] = Field(default={})

    def of(
        self, what: str, entity: str = "", activity: str = "", where: str = "accounts.yaml"
    ) -> Account:
        """The account that something is booked to.

        what        expense, or one of OTHERS
        activity    of expense; an activity without an account of its own takes the default

        Raises InputError for an account that nobody wrote.
        """
        own = self.entities.get(entity)
        charts = [own, self] if own else [self]
        if what != "expense":
            found = next((one for chart in charts if (one := getattr(chart, what))), None)
        else:
            found = next(
                (one for chart in charts if (one := chart.expense.activities.get(activity))), None
            )
            found = found or next((one for chart in charts if (one := chart.expense.default)), None)
        if found is None:
            raise InputError(self._unmapped(what, entity, activity, where))
        return found

    def _unmapped(self, what: str, entity: str, activity: str, where: str) -> str:
        whose = f" of {entity}" if entity else ""
        if what != "expense":
            return (
                f"{where}: {what}{whose} has no account, and the journal books to it. No journal was made. "
                f'Write {what}: "NUMBER NAME".'
            )
        charts = [self.entities[entity], self] if entity in self.entities else [self]
        names = sorted({name for chart in charts for name in chart.expense.activities})
        guess = nearest(activity, names) if activity else None
        known = f" Known: {listing(names)}." if names else ""
        hint = f" Did you mean '{guess}'?" if guess else ""
        shown = f"activity '{activity}'{whose}" if activity else f"expense{whose}"
        do = f'expense: activities: {{{activity}: "NUMBER NAME"}}, or ' if activity else ""
        return (
            f"{where}: {shown} has no account, and there is no default. No journal was made.{hint}{known} "
            f'Write {do}expense: default: "NUMBER NAME".'
        )


def read_accounts(path: str | os.PathLike, entities: tuple[str, ...] = ()) -> Accounts:
    """The accounts in a YAML file.

    entities   names of finops.yaml, so that one of the file that is none is refused; () where there are none

    Raises InputError, file:line, for an unknown key, an account that is none, an unknown entity.
    """
    document = load_yaml(path)
    accounts = checked(Accounts, document)
    for name in accounts.entities:
        if name not in entities:
            guess = nearest(name, entities)
            hint = f" Did you mean '{guess}'?" if guess else ""
            known = f"Known: {listing(entities)}." if entities else "finops.yaml names none."
            raise InputError(
                f"{document.at(('entities', name))}: entities: '{name}' is no entity.{hint} {known}"
            )
    return accounts
