"""SHELF of quantity transforms: what is metered becomes what is billed, before any pool and price (docs/method §5.30).

A file `<kind>.py` holds one frozen dataclass named after the file (`size_units.py` → `SizeUnits`) with

    apply(quantity, ...) -> billed quantity of each quantity, arrays that broadcast, same bits one by one and at once

Nothing here knows a price; a transform's answer is the quantity of a rate form (prices/rates). numpy only.
"""

from __future__ import annotations

from ... import shelf as _shelf

METHODS = ("apply",)  # what every file's class can do (shelf.py)


def shelf() -> dict[str, type]:
    """The transforms of this folder by kind.

    Returns
    -------
    dict of str to type
        File name and its dataclass.

    Examples
    --------
    >>> {"minimum_duration", "increments", "size_units"} <= set(shelf())
    True
    """
    return _shelf.shelf(__name__)


def make(kind: str, fields: dict, where: str = ""):
    """The transform `kind` with `fields` as they stand in a document.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        Names and values of its dataclass.
    where : str, optional
        Place for messages, for example "data/prices/hyperion.yaml:9".

    Returns
    -------
    object
        A frozen dataclass with `apply(quantity, …)`: billed quantity, same shape.

    Raises
    ------
    PriceError
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §5.30.

    Examples
    --------
    >>> make("increments", {"step": 1, "minimum": 60}).apply([0, 20, 61.5])
    array([ 0., 60., 62.])
    """
    return _shelf.make(__name__, "transform", kind, fields, where)
