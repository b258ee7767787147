"""SHELF of rate forms: one file per form; adding a file adds a form (docs/method.md §5.1).

A file `<kind>.py` holds one frozen dataclass named after the file (`graduated.py` → `Graduated`) with

    charge(quantity) -> ListCost of each quantity, same shape, money of the price's currency

`quantity` is one settlement window's usage (a month, unless the caller says otherwise), pooled over accounts and
workloads, in consumed units. Every form has `block`: the prices are per `block` units; tier starts, allowances
and quantities are in units, never in blocks. A form refuses nonsense in one sentence. numpy only: the dashboard uses it.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import MISSING, fields as fields_of

from ...errors import PriceError, nearest, unknown


def shelf() -> dict[str, type]:
    """The rate forms of this folder by kind.

    >>> {"linear", "graduated"} <= set(shelf())
    True
    """
    kinds = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return {kind: form(kind) for kind in kinds}


def form(kind: str) -> type:
    """The dataclass of one kind: the class named after its file."""
    return getattr(importlib.import_module(f"{__name__}.{kind}"), kind.title().replace("_", ""))


def make(kind: str, fields: dict, where: str = ""):
    """The rate form `kind` with `fields` as they stand in a document.

    where   place for messages, for example "data/prices/hyperion.yaml:9"

    Raises PriceError: unknown kind or field (with the nearest match), missing field, nonsense in a value.

    >>> make("graduated", {"starts": [0, 10], "prices": [2.0, 1.0]}).charge(12)
    np.float64(22.0)
    """
    forms = shelf()
    place = f"{where}: " if where else ""
    if not isinstance(kind, str) or kind not in forms:
        raise PriceError(unknown(where, "rate form", kind, forms))
    if not isinstance(fields, dict):
        raise PriceError(f"{place}{kind}: '{str(fields)[:60]}' is not a mapping of names to values.")
    known = {field.name: field for field in fields_of(forms[kind])}
    for name in fields:
        if name not in known:
            raise PriceError(unknown(where, f"{kind} field", str(name), known))
    for name, field in known.items():
        if field.default is MISSING and name not in fields:
            near = nearest(name, [key for key in fields if key not in known])
            hint = f" Did you mean '{near}'?" if near else ""
            raise PriceError(f"{place}{kind}: '{name}' is missing; write it.{hint}")
    try:
        return forms[kind](**fields)
    except PriceError as problem:
        raise PriceError(f"{place}{problem}") from None
