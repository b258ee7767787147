"""What the tables of the cycle hold that somebody adds: seats, quality, customers, values, actions, notes, reviews, experiments (docs/method §13.54)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ...errors import several
from ...facts.cycle.actions import read_actions
from ...facts.cycle.customers import read_customer_usage, read_customers
from ...facts.cycle.experiments import read_experiments
from ...facts.cycle.notes import read_notes
from ...facts.cycle.quality import read_quality
from ...facts.cycle.reviews import read_reviews
from ...facts.cycle.seats import read_seats
from ...facts.cycle.values import read_values
from ...settings import Settings


def held(key: str, file: Path, settings: Settings) -> str:
    """How many rows a table of the cycle has, read as its commands read it. Raises InputError with file, line and column."""
    read, what = READERS[key]
    return several(len(read(file, settings)), what)


def _use(file: Path, settings: Settings) -> pd.DataFrame:
    known = settings.path(settings.customers) if settings.customers else None
    return read_customer_usage(file, read_customers(known) if known else None)


READERS: dict[str, tuple[Callable, str]] = {
    "seats": (lambda file, _: read_seats(file), "row"),
    "quality_samples": (lambda file, _: read_quality(file), "sample"),
    "customers": (lambda file, _: read_customers(file), "customer"),
    "customer_usage": (_use, "row"),
    "values": (lambda file, settings: read_values(file, settings.currency), "row"),
    "actions": (lambda file, settings: read_actions(file, settings.currency), "action"),
    "dated_notes": (lambda file, _: read_notes(file), "note"),
    "reviews": (lambda file, _: read_reviews(file), "review"),
    "experiments": (
        lambda file, settings: read_experiments(file, settings.currency),
        "experiment",
    ),
}  # by key of finops.yaml: what reads such a file, and what one row of it is
