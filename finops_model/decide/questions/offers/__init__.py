"""SHELF of ways to buy in a question of options: one file per way; adding a file adds a way (docs/method §8.61).

A file `<way>.py` holds one frozen, keyword-only dataclass named after the file: its fields are what an option of that way may say beside
the common keys, with

    UNCERTAIN          names of fields that may be a range: they arrive as arrays (path, 1)
    settle(world) -> Ledger    what it costs and when it is paid, on the world's use, shape, prices and months

What an offer costs comes from `prices/`. Over all months the cost of a path is the money it pays, whatever the payment option.
"""

from __future__ import annotations

from .... import shelf as _shelf
from ....errors import InputError

METHODS = ("settle",)  # what every file's class can do (shelf.py)


def kinds() -> tuple[str, ...]:
    """The ways to buy, in the order of the alphabet.

    Returns
    -------
    tuple of str
        File names.

    Examples
    --------
    >>> kinds()[:2]
    ('agreement', 'capacity')
    """
    return tuple(_shelf.names(__name__))


def form(kind: str) -> type:
    """The dataclass of one way.

    Parameters
    ----------
    kind : str
        File name without `.py`.

    Returns
    -------
    type
        The class; `make` builds one.

    Raises
    ------
    FinOpsError
        The file does not hold the class, or the class lacks `settle`.

    Examples
    --------
    >>> form("owned").__name__
    'Owned'
    """
    return _shelf.form(__name__, kind)


def make(kind: str, fields: dict, where: str = ""):
    """The way `kind` with `fields` as an option says them.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        Names and values; of UNCERTAIN fields a number, or an array (path, 1).
    where : str, optional
        Place for messages: "options.yaml:12: options/one year".

    Returns
    -------
    object
        A frozen dataclass with `settle(world)`.

    Raises
    ------
    InputError
        Unknown way or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §8.61.

    Examples
    --------
    >>> make("on_demand", {"price": 4.0}).price
    4.0
    """
    return _shelf.make(__name__, "way to buy", kind, fields, where, InputError)
