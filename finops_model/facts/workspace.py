"""The facts of a workspace: the daily facts of the settings' ledger, and their fingerprint."""

from __future__ import annotations

import hashlib

import pandas as pd

from ..errors import LedgerError
from ..settings import Settings


def read_daily(settings: Settings) -> pd.DataFrame:
    """DAILY of the settings' ledger. Raises LedgerError where the ledger is empty."""
    from .daily import entities, warehouse
    from .ledger.store import Ledger

    ledger = entities.part(Ledger(settings.path(settings.ledger)), settings)
    if not ledger.rows:
        raise LedgerError(
            f"{settings.ledger}: the ledger is empty. Take a bill in first: finops ingest FILE, or finops start FILE."
        )
    return warehouse.daily(ledger, settings)


def fingerprint(daily: pd.DataFrame) -> str:
    """sha256 over the daily facts used."""
    hashed = pd.util.hash_pandas_object(daily, index=False).to_numpy()
    return hashlib.sha256(hashed.tobytes()).hexdigest()
