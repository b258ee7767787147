"""What the shelves of prices share: a folder of forms, one file each, found by name (rates, transforms, instruments).

A file `<kind>.py` holds one frozen dataclass named after the file (`graduated.py` → `Graduated`); files that start
with `_` are no forms. A form is made from the fields of a document, and a slip in a name gets its nearest match.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import MISSING, fields as fields_of

from ..errors import FinOpsError, PriceError, nearest, unknown


def shelf(package: str) -> dict[str, type]:
    """The forms of a package by kind.

    >>> sorted(shelf("finops_model.prices.rates"))[:2]
    ['allowance', 'graduated']
    """
    path = importlib.import_module(package).__path__
    kinds = sorted(info.name for info in pkgutil.iter_modules(path) if not info.name.startswith("_"))
    return {kind: form(package, kind) for kind in kinds}


def form(package: str, kind: str) -> type:
    """The dataclass of one kind: the class named after its file."""
    return getattr(importlib.import_module(f"{package}.{kind}"), kind.title().replace("_", ""))


def make(package: str, what: str, kind: str, fields: dict, where: str = "", error: type[FinOpsError] = PriceError):
    """The form `kind` of a package with `fields` as they stand in a document.

    what    what the shelf holds, for messages: "rate form"
    where   place for messages, for example "data/prices/hyperion.yaml:9"
    error   what is raised and what the forms raise: PriceError, or another kind of error for a shelf outside prices

    Raises it for: unknown kind or field (with the nearest match), missing field, nonsense in a value.

    >>> make("finops_model.prices.rates", "rate form", "linear", {"price": 2.0}).charge(3)
    np.float64(6.0)
    """
    forms = shelf(package)
    place = f"{where}: " if where else ""
    if not isinstance(kind, str) or kind not in forms:
        raise error(unknown(where, what, kind, forms))
    if not isinstance(fields, dict):
        raise error(f"{place}{kind}: '{str(fields)[:60]}' is not a mapping of names to values.")
    known = {field.name: field for field in fields_of(forms[kind]) if field.init}
    for name in fields:
        if name not in known:
            raise error(unknown(where, f"{kind} field", str(name), known))
    for name, field in known.items():
        if field.default is MISSING and field.default_factory is MISSING and name not in fields:
            near = nearest(name, [key for key in fields if key not in known])
            hint = f" Did you mean '{near}'?" if near else ""
            raise error(f"{place}{kind}: '{name}' is missing; write it.{hint}")
    try:
        return forms[kind](**fields)
    except error as problem:
        raise error(f"{place}{problem}") from None
