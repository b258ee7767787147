"""What statements book: charges between teams of one entity, and pairs between entities (docs/method §14.43)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...errors import InputError
from ...measure.books import intercompany
from ...measure.books.intercompany import JOURNAL, MOVES, PAIRS, Account, Books, Rates, by_role
from ...measure.books.rates import rates_of
from ...periods import Period
from ...settings import Settings
from .bearers import Bearers


def pairs_of(found: Sequence[Bearers]) -> pd.DataFrame:
    """What legal entities bear that others were billed for, of all of them (PAIRS)."""
    return pd.concat([pd.DataFrame(columns=PAIRS), *(one.pairs for one in found)])[PAIRS]


def currencies_of(settings: Settings) -> dict[str, str]:
    """legal entity -> its currency, where finops.yaml names entities."""
    return {one.name: one.currency for one in settings.entities}


def base_of(settings: Settings, found: Sequence[Bearers]) -> str:
    """The company's currency; of a workspace that does not write it, the first entity's."""
    if settings.entities and "currency" not in settings.model_fields_set:
        return settings.entities[0].currency
    return settings.base_currency if settings.entities else found[0].currency


def by_month(
    settings: Settings,
    found: Sequence[Bearers],
    base: str,
    *,
    booked: pd.DataFrame | None = None,
    through: str | None = None,
) -> dict[str, Rates]:
    """`averages` of each service month of the bearers, of what was booked of it before too: so what is booked back is worth what it was.

    booked    PAIRS;  through    newest day of the rates of every month; None: the bearers'

    Raises as `averages`.
    """
    months: dict[str, list[Bearers]] = {}
    for one in found:
        months.setdefault(one.period.name, []).append(one)
    each = {}
    for name, own in months.items():
        before = None if booked is None else booked[booked["ServiceMonth"] == name]
        each[name] = averages(settings, own, base, own[0].period, booked=before, through=through)
    return each


def averages(
    settings: Settings,
    found: Sequence[Bearers],
    base: str,
    period: Period,
    *,
    booked: pd.DataFrame | None = None,
    through: str | None = None,
) -> Rates:
    """Average rates of a period between all currencies that meet in pairs, due or booked before, and into base.

    Raises InputError where finops.yaml names no rates and one is needed, PriceError for a rate that is not there.
    """
    own = currencies_of(settings)
    due = pairs_of(found)
    if booked is not None:
        due = _together([due, booked], PAIRS)
    asked = {(one.Currency, own.get(one.LegalEntity, one.Currency)) for one in due.itertuples()}
    asked |= {(currency, base) for pair in asked for currency in pair}
    asked |= {(one.currency, base) for one in found}
    needed = sorted((one, to) for one, to in asked if one != to)
    rates = rates_of(settings)
    if needed and rates is None:
        one, to = needed[0]
        raise InputError(
            f"finops.yaml names no exchange rates, and {one} meets {to}. Write rates: {{table: ecb}}, or name a "
            "table of your own."
        )
    if rates is None:
        return {}
    through = min(through or found[0].as_of, str(period.end - 1))
    return {(one, to): rates.average(one, period, to, through=through).value for one, to in needed}


@dataclass(frozen=True)
class Recharges:
    """What a period books between teams and entities.

    lines   JOURNAL;  pairs, moves: what they change, to be known by the next period
    """

    lines: pd.DataFrame
    pairs: pd.DataFrame
    moves: pd.DataFrame


def recharges(
    settings: Settings,
    found: Sequence[Bearers],
    period: Period,
    rates: Mapping[str, Rates],
    base: str,
    *,
    account: Account = by_role,
    booked: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    source: str = "",
) -> Recharges:
    """The journal lines of all entities for a period; none where finops.yaml says showback.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    found : sequence of Bearers
        Of the period, an entity each; and of earlier periods whose bills have changed.
    period : Period
        That is booked: the lines have its last day.
    rates : mapping of str to mapping of (str, str) to Decimal
        Averages of each service month (`by_month`).
    base : str
        The company's currency.
    account : callable, optional
        (role, entity, activity) to (Account, AccountName); default: the role.
    booked : pair of DataFrame, optional
        PAIRS and MOVES that were booked before for these service months.
    source : str, optional
        For SourceRows: rows and fingerprint of the ledger.

    Returns
    -------
    Recharges
        Lines of kind recharge and fx, JOURNAL columns.

    Raises
    ------
    InputError
        A rate or an account that is not there.

    Source
    ------
    docs/method §14.43.
    """
    if settings.chargeback.mode == "showback" or not found:
        return Recharges(*(pd.DataFrame(columns=one) for one in (JOURNAL, PAIRS, MOVES)))
    pairs, moved = booked or (None, None)
    within = [
        intercompany.moves(one.cost, one.lines, one.entity, one.currency, one.period.name)
        for one in found
    ]
    due = intercompany.less(_together(within, MOVES), moved)
    across = intercompany.less(pairs_of(found), pairs)
    lines = []
    for make, frame in ((intercompany.between_teams, due), (intercompany.journal, across)):
        for month, part in frame.groupby("ServiceMonth", sort=True):
            own = rates.get(str(month), {})
            books = Books(period, base, currencies_of(settings), own, account, source)
            lines.append(make(part, books))
    return Recharges(_together(lines, JOURNAL), across, due)


def _together(frames: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    full = [one for one in frames if len(one)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)
