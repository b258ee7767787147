"""SHELF of risks a scenario may hold, one file per kind (docs/method §3.30–§3.34).

A file `<kind>.py` holds one frozen dataclass named after the file, a `Risk` (`_base.py`): what it acts on, and factors on prices or on
demand that differ from path to path and from month to month. Adding a file adds a kind to scenario files.
"""

from __future__ import annotations

from ... import shelf as _shelf
from ...errors import ScenarioError, nearest
from ._base import Clock, Factors, Risk, clock_of, day_of

__all__ = ["Clock", "Factors", "Risk", "clock_of", "day_of", "kinds", "make", "schema"]


def kinds() -> list[str]:
    """The kinds by name.

    Returns
    -------
    list of str
        File names without `.py`, in the order of the alphabet.

    Examples
    --------
    >>> "price_jumps" in kinds() and "scarcity" in kinds()
    True
    """
    return sorted(_shelf.shelf(__name__))


def make(terms: dict, where: str = "") -> Risk:
    """The risk that a mapping of a document says: its kind, what it acts on, its fields.

    Parameters
    ----------
    terms : dict
        `kind` (file name without `.py`) and the names and values of its dataclass.
    where : str, optional
        Place for messages, for example "scenarios/launch.yaml:9".

    Returns
    -------
    Risk
        A frozen dataclass.

    Raises
    ------
    ScenarioError
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §3.30 to §3.34.

    Examples
    --------
    >>> make({"kind": "fx", "services": "Models", "volatility": 0.08}).volatility
    0.08
    """
    if terms.get("kind") in (None, ""):
        near = nearest("kind", [key for key in terms if key != "kind"])
        hint = f" Did you mean it by '{near}'?" if near else ""
        raise ScenarioError(f"{where}: kind is missing; write one of {', '.join(kinds())}.{hint}")
    fields = {key: value for key, value in terms.items() if key != "kind"}
    return _shelf.make(__name__, "kind of risk", terms["kind"], fields, where, ScenarioError)


def schema(value: dict) -> dict:
    """The JSON schema of a risk, for editors.

    Parameters
    ----------
    value : dict
        The schema of a number or a range.

    Returns
    -------
    dict
        One alternative for each kind of the shelf.

    Examples
    --------
    >>> kind = schema({"type": "number"})["anyOf"][0]
    >>> kind["properties"]["kind"], kind["required"]
    ({'const': 'announced'}, ['kind'])
    """
    from dataclasses import fields

    names = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    types = {
        "Uncertain": value,
        "float": {"type": "number"},
        "int": {"type": "integer"},
        "str": {"type": "string"},
        "bool": {"type": "boolean"},
        "tuple[str, ...]": names,
        "tuple[dict, ...]": {"type": "array", "items": {"type": "object"}},
    }
    forms = []
    for kind, form in _shelf.shelf(__name__).items():
        own = {
            field.name: types[str(field.type).removesuffix(" | None")]
            for field in fields(form)
            if field.init
        }
        forms.append(
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind"],
                "properties": {
                    "kind": {"const": kind},
                    **own,
                    **{name: {"type": "string"} for name in NOTES},
                },
            }
        )
    return {"anyOf": forms}


NOTES = ("because", "source", "owner", "review_by")
