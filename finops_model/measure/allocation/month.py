"""Whose cost a month is: what the brief's `allocation` says of the company (docs/method §13.64)."""

from __future__ import annotations

import pandas as pd

from ...settings import Settings
from . import shared
from .shared import check, check_drivers
from .types import Allocation

__all__ = ["check", "check_drivers", "of_month"]


def of_month(
    settings: Settings, daily: pd.DataFrame, drivers: pd.DataFrame | None, month: str, as_of: str
) -> Allocation | None:
    """The brief's `allocation` of the company; None where there is nothing to say.

    daily    DAILY up to as_of
    """
    found: Allocation = {}
    if one := shared.of_month(settings, daily, drivers, month, as_of):
        found["shared"] = one
    return found or None
