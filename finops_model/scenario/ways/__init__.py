"""SHELF of ways to buy in a scenario: one file per way; adding a file adds a way (docs/method §3.41).

A file `<way>.py` holds one frozen, keyword-only dataclass named after the file (`tiered.py` → `Tiered`): its fields are what a
purchase of a scenario may say beside the common keys, with

    METERS          names of what is used, ("use",) or ("input", "output", …); () where nothing is
    UNCERTAIN       names of fields that may be a range: they arrive as numbers or arrays (path, 1)
    DATED           of these, which may also change from a date on: then they arrive as (path or 1, month); may be left out
    WITHOUT_USE     True where the way costs something without any use, so that none need be written; may be left out
    WINDOWED        True where each month is a window of its own: one that is under way is settled as a whole; may be left out
    ANY_UNIT        True where use of several units may be taken over, because none of them is priced; may be left out
    not_taken       why it cannot take over use of the ledger (`for:`), "" where it can; may be left out
    settle(use, months) -> Settled: what each month costs on each path

`use` is a mapping meter → (path, month) units ≥ 0 of the days that are simulated; `months` says which days those are. A way
prices with the functions of `prices/`, never with formulas of its own. It refuses nonsense in one sentence.
"""

from __future__ import annotations

from dataclasses import MISSING as _MISSING
from dataclasses import fields as _fields_of
from typing import Any as _Any

from ... import shelf as _shelf
from ._base import Months, Settled

__all__ = ["Months", "Settled", "form", "kinds", "make", "schema"]

METHODS = ("settle",)  # what every file's class can do (shelf.py)


def kinds() -> tuple[str, ...]:
    """The ways to buy, in the order of the alphabet.

    Returns
    -------
    tuple of str
        File names.

    Examples
    --------
    >>> isinstance(kinds(), tuple)
    True
    """
    return tuple(_shelf.names(__name__))


def form(kind: str) -> type[_Any]:
    """The dataclass of one way: the class named after its file.

    Parameters
    ----------
    kind : str
        File name without `.py`, as `way:` of a purchase says it.

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
    >>> form("tiered").METERS
    ('use',)
    """
    return _shelf.form(__name__, kind)


def make(kind: str, fields: dict, where: str = ""):
    """The way `kind` with `fields` as they stand in a scenario file.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        Names and values; of UNCERTAIN fields a number, or an array (path, 1).
    where : str, optional
        Place for messages: "scenarios/60_seats.yaml:12: purchases/seats".

    Returns
    -------
    object
        A frozen dataclass with `settle(use, months)`.

    Raises
    ------
    PriceError
        Unknown way or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §3.41.

    Examples
    --------
    >>> make("storage", {"price": 0.02, "opening": 1000}).counts
    'written'
    """
    return _shelf.make(__name__, "way to buy", kind, fields, where)


def schema(value: dict, common: dict) -> dict:
    """The JSON schema of a purchase, for editors.

    Parameters
    ----------
    value : dict
        The schema of a number or a range.
    common : dict
        Properties that every purchase may say.

    Returns
    -------
    dict
        One alternative for each way of the shelf.

    Examples
    --------
    >>> way = schema({"type": "number"}, {})["anyOf"][0]
    >>> sorted(way["required"])[-1]
    'way'
    """
    types = {
        "float": {"type": "number"},
        "int": {"type": "integer"},
        "str": {"type": "string"},
        "bool": {"type": "boolean"},
        "Mapping": {"type": "object"},
    }
    forms = []
    for kind, own in _shelf.shelf(__name__).items():
        properties, required = {**common, "way": {"const": kind}}, ["way"]
        for field in _fields_of(own):
            plain = types.get(str(field.type).removesuffix(" | None"), {})
            properties[field.name] = value if field.name in own.UNCERTAIN else plain
            if field.default is _MISSING and field.default_factory is _MISSING:
                required.append(field.name)
        forms.append(
            {
                "type": "object",
                "additionalProperties": False,
                "required": required,
                "properties": properties,
            }
        )
    return {"anyOf": forms}
