"""What a report says of advice: the largest first, all of them jointly (docs/method §17.34)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...measure.page_one.types import Advised
from ...progress import Progress
from ...settings import Settings
from ...wording import clean
from .workspace import advice_of

PATHS = 500  # futures: a report has many runs to make
MOST = 12  # recommendations that a brief names


def advised_for(
    settings: Settings,
    daily: pd.DataFrame,
    as_of: str,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Advised | None:
    """The `advice` of a brief, money of the ledger's currency; None where nothing is recommended.

    Raises FinOpsError where a file of the workspace that advice reads makes no sense.
    """
    found = advice_of(
        settings, daily=daily, as_of=as_of, paths=PATHS, engine=engine, progress=progress
    )
    if not found.chosen and not found.asked:
        return None
    year = found.jointly[:, found.in_year].sum(axis=1) - found.one_off
    low, high = (float(v) for v in np.quantile(year, (0.1, 0.9)))
    return {
        "count": len(found.chosen),
        "asked": len(found.asked),
        "saves": found.run_rate,
        "in_year": float(year.mean()),
        "p10": low,
        "p90": high,
        "paths": found.paths,
        "lines": [
            {
                "id": a.id,
                "what": clean(a.title),
                "why": clean(a.why),
                "owner": clean(a.owner),
                "since": a.since,
                "saves": a.run_rate or 0.0,
                "in_year": a.in_year or 0.0,
                "p10": a.in_year_p10 or 0.0,
                "p90": a.in_year_p90 or 0.0,
                "sure": a.sure,
            }
            for a in (*found.chosen, *found.asked)[:MOST]
        ],
    }
