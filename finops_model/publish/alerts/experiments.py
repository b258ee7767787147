"""The experiments of a workspace: read, and held against what its bill knows."""

from __future__ import annotations

import pandas as pd

from ...facts.cycle.experiments import Experiment, read_experiments
from ...measure.anomalies.experiments import check
from ...settings import Settings


def experiments_of(settings: Settings, daily: pd.DataFrame) -> list[Experiment]:
    """The experiments that finops.yaml names, of its entity; none where it names no file. Raises InputError for what the bill does not know."""
    if not settings.experiments:
        return []
    own = settings.own.name if settings.own else ""
    path = settings.path(settings.experiments)
    found = read_experiments(path, settings.currency, own, [one.name for one in settings.entities])
    check(found, daily, path.name)
    return found
