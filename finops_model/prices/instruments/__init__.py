"""SHELF of instruments: one file per kind of commitment; adding a file adds a kind (docs/method §5.10).

A file `<kind>.py` holds one frozen dataclass named after the file (`spend.py` → `Spend`) with `id`, `eligible` (SKUs), `quantity` (own
units of each window), `window`, `start`, `end`, `upfront_share`, `priority`, `rank` (its place where no priority is given) and

    allocate(usage, skus, prices, in_term, window_of=None) -> Allocation

usage (..., period, sku) units that earlier instruments left over, `skus` their names, prices (sku,), (period, sku) or (..., period,
sku) money per unit without any commitment, in_term (period,) bool, window_of (period,) or None where each period is a window of its
own. numpy only.
"""

from __future__ import annotations

from ... import shelf as _shelf
from ...errors import PriceError
from ...periods import days_between
from ._base import Allocation, hand_out

__all__ = ["Allocation", "hand_out", "make", "ordered", "shelf"]

METHODS = ("allocate",)  # what every file's class can do (shelf.py)


def shelf() -> dict[str, type]:
    """The kinds of instrument of this folder.

    Returns
    -------
    dict of str to type
        File name and its dataclass.

    Examples
    --------
    >>> sorted(shelf())
    ['capacity', 'seats', 'spend', 'units']
    """
    return _shelf.shelf(__name__)


def make(fields: dict, where: str = ""):
    """An instrument as it stands in a document: `kind` and its fields.

    Parameters
    ----------
    fields : dict
        `kind` (file name without `.py`) and the names and values of its dataclass.
    where : str, optional
        Place for messages, for example "contracts.yaml:12".

    Returns
    -------
    object
        A frozen dataclass with `allocate(usage, skus, prices, in_term, window_of)`.

    Raises
    ------
    PriceError
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Examples
    --------
    >>> make({"kind": "units", "quantity": 3, "rate": 0.7, "skus": ["gpu"]}).order()
    ['gpu']
    """
    if not isinstance(fields, dict) or "kind" not in fields:
        raise PriceError(
            f"{where + ': ' if where else ''}an instrument is a mapping with a kind, one of {', '.join(shelf())}."
        )
    fields = dict(fields)
    return _shelf.make(__name__, "instrument", fields.pop("kind"), fields, where)


def ordered(instruments) -> list:
    """Instruments in the order they apply.

    Stated priority, else the kind's rank (seats, provisioned capacity, commitments in units, spend
    plans); then the narrower scope, then the longer term, then as listed.

    Parameters
    ----------
    instruments : iterable
        Instruments of this shelf, in any order.

    Returns
    -------
    list
        The same instruments.

    Source
    ------
    docs/method §5.12.

    Examples
    --------
    >>> broad = make({"kind": "spend", "id": "broad", "commitment": 1, "rates": {"a": 1, "b": 1}})
    >>> narrow = make({"kind": "spend", "id": "narrow", "commitment": 1, "rates": {"a": 1}})
    >>> [held.id for held in ordered([broad, narrow])]
    ['narrow', 'broad']
    """

    def key(held):
        return (
            held.rank if held.priority is None else held.priority,
            len(held.eligible),
            -_term(held),
        )

    return sorted(instruments, key=key)


def _term(held) -> float:
    """Days of the term; an open one is longest."""
    if not (held.start and held.end):
        return float("inf")
    return float(days_between(held.start, held.end))
