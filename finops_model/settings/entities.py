"""`entities`: the legal entities of a company (docs/method §13.40)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..documents import Document
from ..errors import InputError
from ..names import slug
from .strict import Strict
from .unit_costs import UnitCosts
from .watch import Balances

OF_AN_ENTITY = (
    "currency",
    "invoices",
    "budgets",
    "drivers",
    "unit_costs",
    "commitments",
    "prices",
    "scenario",
    "known",
    "what_ifs",
    "balances",
)
NOT_STATED = "(not stated)"  # the issuer of rows that say none, as tie-outs write it
ROWS_OF = ("name", "billing_accounts", "issuers")


class Entity(Strict):
    """A legal entity of the company: its currency, its rows of the ledger, and the files that are
    its own (docs/method §13.40).

    A row is the entity's where its currency is and its billing account or its issuer is named;
    where neither is named, all rows of the currency.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(description="Its name.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(description="Its currency.")
    billing_accounts: list[str] = Field(
        default=[], description="Billing accounts whose rows are its own."
    )
    issuers: list[str] = Field(
        default=[],
        description="Invoice issuers whose rows are its own; `(not stated)`: rows that say neither "
        "issuer nor billing account.",
    )
    invoices: str | list[str] | None = Field(default=None, description="As above, its own.")
    organisation: str | None = Field(
        default=None, description="As above, its own; else the company's."
    )
    budgets: str | list[str] | None = Field(default=None, description="As above, its own.")
    drivers: list[str] = Field(default=[], description="As above, its own.")
    unit_costs: UnitCosts = Field(default={}, description="As above, its own.")
    commitments: str | None = Field(default=None, description="As above, its own.")
    prices: str | None = Field(default=None, description="As above, its own.")
    scenario: str | None = Field(default=None, description="As above, its own.")
    known: str | None = Field(default=None, description="As above, its own.")
    what_ifs: list[str] = Field(default=[], description="As above, its own.")
    balances: Balances = Field(default=[], description="As above, its own.")
    prepared_by: str | None = Field(
        default=None, description="As above, its own; else the company's."
    )
    reviewed_by: str | None = Field(
        default=None, description="As above, its own; else the company's."
    )

    def names(self, issuer: str, account: str) -> bool:
        """Whether the entity names this issuer or billing account; without names it takes every
        one."""
        said = issuer or ("" if account else NOT_STATED)
        named = account in self.billing_accounts or said in self.issuers
        return named or not (self.billing_accounts or self.issuers)

    def takes(self, issuer: str, account: str, currency: str) -> bool:
        """Whether rows of this issuer, billing account and currency are the entity's."""
        return currency == self.currency and self.names(issuer, account)


def check_entities(entities: list[Entity], document: Document) -> None:
    """Names that can be told apart, nothing of one entity beside them, and rows that cannot be two
    entities' at once."""
    for key in OF_AN_ENTITY if entities else ():
        if key == "currency" and "rates" in document:
            continue  # the company's, into which the rates convert
        if key in document:
            raise InputError(
                f"{document.at((key,))}: {key}: there are entities, and this is of one of them. "
                "Write it under the entity."
            )
    for i, one in enumerate(entities):
        at = document.at(("entities", i, "name"))
        if slug(one.name) in ("company", "unit"):
            raise InputError(
                f"{at}: entities: '{one.name}' stands for the company or for no name. "
                "Write the entity's own name."
            )
        for other in entities[:i]:
            _check_two(one, other, at)


def _check_two(one: Entity, other: Entity, at: str) -> None:
    """Two entities: names and rows apart."""
    if slug(other.name) == slug(one.name):
        raise InputError(
            f"{at}: entities: '{one.name}' and '{other.name}' would both be published as "
            f"'{slug(one.name)}'. Rename one."
        )
    shared = [
        *set(one.billing_accounts) & set(other.billing_accounts),
        *set(one.issuers) & set(other.issuers),
    ]
    open_ = [each.name for each in (other, one) if not (each.billing_accounts or each.issuers)]
    if one.currency == other.currency and (shared or open_):
        why = (
            f"both name '{sorted(shared)[0]}'"
            if shared
            else f"'{open_[0]}' names no billing_accounts or issuers, so it takes every row of it"
        )
        raise InputError(
            f"{at}: entities: '{other.name}' and '{one.name}' are both in {one.currency}, "
            f"and {why}. A row belongs to one entity."
        )
