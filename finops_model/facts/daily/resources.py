"""What each resource cost, by day: DAILY with the resource that the bill names (docs/method §17.1)."""

from __future__ import annotations

import pandas as pd

from ...settings import column_of, load_tag_rules
from ..ledger import twice
from . import kept
from .allocate import UNTAGGED, allocate, organisation_of
from .warehouse import KEYS, MEASURES, RESOURCE, by_resource, off

RESOURCES = [*KEYS, *RESOURCE, *MEASURES, "Rows"]
RULES = 1  # raise it when a rule of this file or of the warehouse changes: kept answers are then not used


def resources(ledger, settings, through=None) -> pd.DataFrame:
    """Cost and quantity of every resource by day: what waste is looked for in.

    Its sums are those of DAILY, row by row of DAILY's keys: the resource only divides them.

    Parameters
    ----------
    ledger : Ledger
        Of one currency: the whole, or an entity's part.
    settings : Settings
        Of the company, or of the entity.
    through : date or str, optional
        Last day that is included, YYYY-MM-DD; None: all, also days that have not come.

    Returns
    -------
    frame
        RESOURCES: KEYS of DAILY, ResourceId and ResourceName ("" where the bill names none), float64
        measures in the ledger's currency, Rows; sorted by its keys.

    Raises
    ------
    LedgerError
        A ledger of several currencies.

    Source
    ------
    docs/method §17.1.

    Examples
    --------
    >>> import tempfile
    >>> from finops_model.facts.ledger.store import Ledger
    >>> from finops_model.settings import Settings
    >>> list(resources(Ledger(tempfile.mkdtemp()), Settings()).columns) == RESOURCES
    True
    """
    own = [column_of(name) for name in settings.dimensions]
    columns = [*RESOURCES[: -len(MEASURES) - 1], *own, *MEASURES, "Rows"]
    parts, organisation = ledger.proof(), organisation_of(settings)
    if not parts:
        return _typed(pd.DataFrame({name: [] for name in columns}))
    asked = kept.question(
        [
            "resources",
            RULES,
            parts,
            ledger.fingerprint(),
            settings.tags.model_dump(),
            settings.time_zone,
            organisation,
            str(through),
            load_tag_rules(settings).model_dump(),
            {name: dimension.model_dump() for name, dimension in settings.dimensions.items()},
        ]
    )
    before = kept.read(ledger.root, asked)
    if before is not None and set(columns) <= set(before):
        known = _typed(before)[columns]
        # held against the ledger's record, as daily facts are: what is kept is not believed
        if through is not None or not off(known, ledger, twice.of(ledger)):
            return known
    frame = allocate(_typed(by_resource(ledger, settings, through)), organisation)
    frame[own] = frame[own].replace("", UNTAGGED)
    frame = frame.sort_values([*KEYS, *own, *RESOURCE], ignore_index=True)[columns]
    kept.keep(ledger.root, asked, frame)
    return frame


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Column types, for an empty ledger too; text "" where the bill is silent."""
    frame = frame.assign(ChargeDate=pd.to_datetime(frame["ChargeDate"]).astype("datetime64[ns]"))
    frame[MEASURES] = frame[MEASURES].astype("float64").fillna(0.0)
    text = [name for name in frame if name not in ("ChargeDate", "Rows", *MEASURES)]
    frame[text] = frame[text].fillna("").astype("str")
    return frame.astype({"Rows": "int64"})
