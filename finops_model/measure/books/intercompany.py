"""What one legal entity was billed and another bears: pairs of lines that net to zero, and charges between teams of one (docs/method §14.43).

Pure. Amounts are Decimal in whole coins; rates are given: units of a currency for one unit of another, averages of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from ...errors import InputError, listing
from ...facts.daily.allocate import UNTAGGED
from ...facts.daily.shared_cost import in_coins
from ...periods import Period
from ...prices.settle.cents import digits
from .types import COLUMNS, Line, entry_id

PAIRS = ["Entity", "LegalEntity", "Currency", "ServiceMonth", "Team", "Activity", "Amount"]
MOVES = ["Entity", "Currency", "ServiceMonth", "Team", "Amount"]
JOURNAL = COLUMNS
RECEIVABLE, PAYABLE = "intercompany_receivable", "intercompany_payable"
EXPENSE, FX = "expense", "fx"
RATE_KIND = "average"
ZERO = Decimal(0)
Account = Callable[[str, str, str], tuple[str, str]]
Rates = Mapping[tuple[str, str], Decimal]


def by_role(role: str, entity: str, activity: str) -> tuple[str, str]:
    """(Account, AccountName) where no accounts.yaml is there: the role itself.

    >>> by_role("intercompany_payable", "Acme GmbH", "")
    ('intercompany_payable', 'Intercompany payable')
    """
    return role, role.replace("_", " ").capitalize()


def pairs(found: pd.DataFrame, entity: str, currency: str, month: str) -> pd.DataFrame:
    """What other legal entities bear of what one was billed, by team and activity.

    Parameters
    ----------
    found : DataFrame
        Of `statements.lines`.
    entity : str
        Who was billed.
    currency : str
        Of the amounts.
    month : str
        Service month or period, as the lines name it.

    Returns
    -------
    DataFrame
        Entity, LegalEntity (who bears it), Currency, ServiceMonth, Team, Activity, Amount; empty where
        every bearer is of the entity that was billed.

    Source
    ------
    docs/method §14.43.

    Examples
    --------
    >>> line = {"Team": "chat", "Activity": "", "LegalEntity": "Acme Inc.", "Amount": Decimal("2.10")}
    >>> pairs(pd.DataFrame([line]), "Acme GmbH", "EUR", "2026-10").iloc[0].tolist()
    ['Acme GmbH', 'Acme Inc.', 'EUR', '2026-10', 'chat', '', Decimal('2.10')]
    """
    sums: dict[tuple[str, str, str], Decimal] = {}
    for one in found[found["LegalEntity"] != entity].itertuples(index=False):
        key = (one.LegalEntity, "" if one.Team == UNTAGGED else one.Team, one.Activity)
        sums[key] = sums.get(key, ZERO) + one.Amount
    rows = [
        [entity, bearer, currency, month, team, activity, amount]
        for (bearer, team, activity), amount in sorted(sums.items())
        if amount
    ]
    return pd.DataFrame(rows, columns=PAIRS)


def less(due: pd.DataFrame, booked: pd.DataFrame | None) -> pd.DataFrame:
    """What is to be booked now: what it should be less what was booked before, by the same keys; nothing where they agree.

    due, booked   both PAIRS, or both MOVES;  a key that was booked and is due no more is booked back
    """
    if booked is None or not len(booked):
        return due
    columns = list(due.columns)
    sums: dict[tuple, Decimal] = {}
    for frame, sign in ((due, 1), (booked, -1)):
        for *key, amount in frame[columns].itertuples(index=False):
            sums[tuple(key)] = sums.get(tuple(key), ZERO) + sign * amount
    return pd.DataFrame([[*key, s] for key, s in sorted(sums.items()) if s], columns=columns)


def rate_of(rates: Rates, currency: str, to: str, period: str) -> Decimal:
    """Units of `to` for one unit of `currency`. Raises InputError where neither way is given.

    >>> rate_of({("EUR", "USD"): Decimal("1.25")}, "USD", "EUR", "2026-10")
    Decimal('0.8')
    """
    if currency == to:
        return Decimal(1)
    if (currency, to) in rates:
        return rates[currency, to]
    if (to, currency) in rates:
        return 1 / rates[to, currency]
    there = listing(f"{one} in {other}" for one, other in sorted(rates)) if rates else "none"
    raise InputError(
        f"rates: there is no average rate of {currency} in {to} for {period}. There are: {there}. "
        "Give one (rates: of finops.yaml)."
    )


@dataclass(frozen=True)
class Books:
    """What a journal of recharges is written with.

    currencies   legal entity -> its currency;  base: the company's
    rates        (currency, to) -> units of `to` for one unit, averages of the period
    account      (role, entity, activity) -> (Account, AccountName)
    """

    period: Period
    base: str
    currencies: Mapping[str, str] = field(default_factory=dict)
    rates: Rates = field(default_factory=dict)
    account: Account = by_role
    source: str = ""

    def rate(self, currency: str, to: str) -> Decimal:
        return rate_of(self.rates, currency, to, self.period.name)

    def money(self, amount: Decimal, currency: str, to: str) -> Decimal:
        """An amount in another currency, in its whole coins, half up."""
        coin = Decimal(1).scaleb(-digits(to))
        return (amount * self.rate(currency, to)).quantize(coin, ROUND_HALF_UP)


def journal(due: pd.DataFrame, books: Books) -> pd.DataFrame:
    """The lines of intercompany pairs: at who was billed a receivable and a credit to expense, at the bearer expense and a payable.

    Parameters
    ----------
    due : DataFrame
        Of `pairs`, or of `less`.
    books : Books
        Period, base currency, currencies of entities, rates and accounts.

    Returns
    -------
    DataFrame
        JOURNAL lines of kind recharge (and fx), an entry per entity and pair. Debits are credits in each
        entity's currency and in base, and the two entries of a pair together are zero in base.

    Raises
    ------
    InputError
        A rate that is not there.

    Source
    ------
    docs/method §14.43.

    Examples
    --------
    >>> from finops_model.periods import Calendar
    >>> due = pd.DataFrame([["GmbH", "Inc.", "EUR", "2026-10", "chat", "", Decimal("2.10")]], columns=PAIRS)
    >>> books = Books(Calendar().period_of("2026-10-01"), "USD", {"Inc.": "USD"}, {("EUR", "USD"): Decimal("1.1")})
    >>> for one in journal(due, books).itertuples():
    ...     print(one.Entity, one.Account, one.Debit, one.Credit, one.Currency, one.BaseDebit, one.BaseCredit)
    GmbH intercompany_receivable 2.10 0 EUR 2.31 0
    GmbH expense 0 2.10 EUR 0 2.31
    Inc. expense 2.31 0 USD 2.31 0
    Inc. intercompany_payable 0 2.31 USD 0 2.31
    """
    each: list[dict] = []
    keys = ["Entity", "LegalEntity", "Currency", "ServiceMonth"]
    for (entity, bearer, currency, month), part in due.groupby(keys, sort=True):
        each += _pair(str(entity), str(bearer), str(currency), str(month), part, books)
    return pd.DataFrame(each, columns=JOURNAL)


def _pair(
    entity: str, bearer: str, currency: str, month: str, part: pd.DataFrame, books: Books
) -> list[dict]:
    """Both entries of a pair. Totals are turned into other currencies, and their parts follow them to the coin."""
    own = books.currencies.get(bearer, currency)
    amounts = {(one.Team, one.Activity): one.Amount for one in part.itertuples(index=False)}
    whole = sum(amounts.values(), ZERO)
    base = books.money(whole, currency, books.base)  # what it is worth: receivable and payable
    given = _parts(amounts, books.money(whole, currency, own), books.rate(currency, own), own)
    theirs = sum(given.values(), ZERO)
    worth = books.money(theirs, own, books.base)  # what the bearer's expense is in base
    at_base = _parts(amounts, base, books.rate(currency, books.base), books.base)
    their_base = _parts(given, worth, books.rate(own, books.base), books.base)
    text = f"{bearer} bears cost billed to {entity}"
    first = _Entry(books, entity, currency, month, text, bearer)
    first.add(RECEIVABLE, whole, base)
    for (team, activity), amount in sorted(amounts.items()):
        first.add(EXPENSE, -amount, -at_base[team, activity], team=team, activity=activity)
    second = _Entry(books, bearer, own, month, text, entity)
    for (team, activity), amount in sorted(given.items()):
        second.add(EXPENSE, amount, their_base[team, activity], team=team, activity=activity)
    second.add(PAYABLE, -theirs, -base)
    second.add(FX, ZERO, base - worth, kind=FX)
    return [*first.lines(), *second.lines()]


def _parts(amounts: Mapping, whole: Decimal, rate: Decimal, currency: str) -> dict:
    """Amounts at a rate, in whole coins that add up to `whole`, which is their sum at the rate and rounded."""
    return in_coins({key: one * rate for key, one in amounts.items()}, whole, digits(currency))


def moves(
    before: Mapping[str, Decimal], found: pd.DataFrame, entity: str, currency: str, month: str
) -> pd.DataFrame:
    """What moves inside one entity from the teams whose cost it was to those who bear it (MOVES), zero in all.

    before   team -> its cost as billed, in whole coins, adding up to the lines;  found: of `statements.lines`

    >>> line = {"Team": "chat", "Amount": Decimal("2.10")}
    >>> moves({"platform": Decimal("2.10")}, pd.DataFrame([line]), "Acme", "EUR", "2026-10")["Amount"].tolist()
    [Decimal('2.10'), Decimal('-2.10')]
    """
    moved = {team: -cost for team, cost in before.items()}
    for one in found.itertuples(index=False):
        moved[one.Team] = moved.get(one.Team, ZERO) + one.Amount
    named: dict[str, Decimal] = {}
    for team, amount in moved.items():
        key = "" if team == UNTAGGED else team
        named[key] = named.get(key, ZERO) + amount
    rows = [
        [entity, currency, month, team, amount] for team, amount in sorted(named.items()) if amount
    ]
    return pd.DataFrame(rows, columns=MOVES)


def between_teams(due: pd.DataFrame, books: Books) -> pd.DataFrame:
    """The lines of `moves`, or of `less`: an entry for each entity and month."""
    each: list[dict] = []
    for (entity, currency, month), part in due.groupby(MOVES[:3], sort=True):
        entry = _Entry(
            books, str(entity), str(currency), str(month), "Shared cost, by who bears it"
        )
        moved = {one.Team: one.Amount for one in part.itertuples(index=False)}
        at_base = _parts(moved, ZERO, books.rate(str(currency), books.base), books.base)
        for team, amount in sorted(moved.items()):
            entry.add(EXPENSE, amount, at_base[team], team=team)
        each += entry.lines()
    return pd.DataFrame(each, columns=JOURNAL)


class _Entry:
    """Lines of one entity that balance; `other` is the entity at the other end of a pair."""

    def __init__(
        self, books: Books, entity: str, currency: str, month: str, text: str, other: str = ""
    ):
        self.books, self.entity, self.currency = books, entity, currency
        self.month, self.text, self.other = month, text, other
        self.each: list[Line] = []

    def add(
        self,
        role: str,
        amount: Decimal,
        base: Decimal,
        *,
        kind: str = "recharge",
        team: str = "",
        activity: str = "",
    ) -> None:
        """A line: above zero it is a debit. One that is zero in both currencies is none."""
        if not amount and not base:
            return
        account, name = self.books.account(role, self.entity, activity)
        text = f"Difference of exchange rates: {self.text}" if kind == FX else self.text
        own = Line(
            date=str(self.books.period.end - np.timedelta64(1, "D")),
            account=account,
            name=name,
            kind=kind,
            amount=amount,
            currency=self.currency,
            base=base,
            base_currency=self.books.base,
            rate=self.books.rate(self.currency, self.books.base),
            rate_kind=RATE_KIND,
            issuer=self.other,
            month=self.month,
            team=team,
            activity=activity,
            text=text,
            rows=self.books.source,
        )
        self.each.append(own)

    def lines(self) -> list[dict]:
        """Rows of JOURNAL, under the id of their content."""
        if not self.each:
            return []
        period = self.books.period.name
        own = entry_id(self.each, period, self.entity)
        begin = {"EntryId": own, "Period": period, "Entity": self.entity}
        return [begin | line.as_row() for line in self.each]
