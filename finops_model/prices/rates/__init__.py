"""SHELF of rate forms: one file per form; adding a file adds a form (docs/method §5.1).

A file `<kind>.py` holds one frozen dataclass named after the file (`graduated.py` → `Graduated`) with

    charge(quantity) -> ListCost of each quantity, same shape, money of the price's currency
    parts(quantity)  -> the same as use, fee and least (_parts.py): a negotiated share is off use only (docs/method §5.15)

`quantity` is one settlement window's usage (a month, unless the caller says otherwise), pooled over accounts and
workloads, in consumed units. Every form has `block`: the prices are per `block` units; tier starts, allowances
and quantities are in units, never in blocks. A form refuses nonsense in one sentence. numpy only: the dashboard uses it.
"""

from __future__ import annotations

from ... import shelf as _shelf

METHODS = ("charge", "parts")  # what every file's class can do (shelf.py)


def shelf() -> dict[str, type]:
    """The rate forms of this folder by kind.

    Returns
    -------
    dict of str to type
        File name and its dataclass.

    Examples
    --------
    >>> {"linear", "graduated"} <= set(shelf())
    True
    """
    return _shelf.shelf(__name__)


def form(kind: str) -> type:
    """The dataclass of one kind: the class named after its file.

    Parameters
    ----------
    kind : str
        File name without `.py`, as `rate:` of a price document says it.

    Returns
    -------
    type
        The class; `make` builds one.

    Raises
    ------
    FinOpsError
        The file does not hold the class, or the class lacks `charge` or `parts`.

    Examples
    --------
    >>> form("graduated").__name__
    'Graduated'
    """
    return _shelf.form(__name__, kind)


def make(kind: str, fields: dict, where: str = ""):
    """The rate form `kind` with `fields` as they stand in a document.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        Names and values: prices in money per `block` units, starts and allowances in units.
    where : str, optional
        Place for messages, for example "data/prices/hyperion.yaml:9".

    Returns
    -------
    object
        A frozen dataclass with `charge(quantity)` and `parts(quantity)`, quantity of any shape.

    Raises
    ------
    PriceError
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §5.1; FOCUS calls graduated tiers block pricing.

    Examples
    --------
    >>> make("graduated", {"starts": [0, 10], "prices": [2.0, 1.0]}).charge(12)
    np.float64(22.0)
    """
    return _shelf.make(__name__, "rate form", kind, fields, where)
