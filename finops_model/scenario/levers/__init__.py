"""SHELF of levers: one file per lever; adding a file adds a lever at `workloads/NAME/<file>` (docs/method §3.60).

A file `<lever>.py` holds one frozen, keyword-only dataclass named after the file (`cache_hit.py` → `CacheHit`) with the fields

    value           what it is set to: a number, or an array (path,) where it is a range
    today           what it is in the ledger's newest weeks: a number, or an array (path,)
    further fields  what the change says under `with:`

and with

    STEP            the order in which levers act: 1, then 2 …
    SAYS            what a value is, in words of a message
    LEAST, MOST     between which a value lies;  OPEN: ends that it may not reach ("least", "most")
    NEUTRAL         today's value where it is the same for everybody (0: nothing trimmed); None: read, or said with `from:`
    read(units, bought) -> float or None: today's value out of the ledger; None: it must be said with `from:`. Refuses a workload
                    on which the lever cannot act
    act(units, bought, age) -> units: units of each SKU per unit of volume once it is set, `age` days after it was set

`units` is a mapping SKU → number or array; `bought` (`pulled.bought.Bought`) knows model, role and sort of every SKU.
"""

from __future__ import annotations

from typing import Any

from ... import shelf as _shelf
from ...errors import ScenarioError

METHODS = ("act", "read")  # what every file's class can do (shelf.py)


def kinds() -> tuple[str, ...]:
    """The levers, in the order of the alphabet.

    Returns
    -------
    tuple of str
        File names.

    Examples
    --------
    >>> "cache_hit" in kinds()
    True
    """
    return tuple(_shelf.names(__name__))


def form(kind: str) -> type[Any]:
    """The dataclass of one lever: the class named after its file.

    Parameters
    ----------
    kind : str
        File name without `.py`, the last part of the path.

    Returns
    -------
    type
        The class; `make` builds one.

    Raises
    ------
    FinOpsError
        The file does not hold the class, or the class lacks `act` or `read`.

    Examples
    --------
    >>> form("cache_hit").__name__
    'CacheHit'
    """
    return _shelf.form(__name__, kind)


def make(kind: str, fields: dict, where: str = ""):
    """The lever `kind` with its value, today's value and what stands under `with:`.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        `value`, `today` and further fields.
    where : str, optional
        Place for messages: "scenarios/60_cache.yaml:5: workloads/chat/cache_hit".

    Returns
    -------
    object
        A frozen dataclass with `act(units, bought, age)`.

    Raises
    ------
    ScenarioError
        Unknown lever or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §3.60.

    Examples
    --------
    >>> make("cache_hit", {"value": 0.6, "today": 0.2}).value
    0.6
    """
    return _shelf.make(__name__, "lever", kind, fields, where, ScenarioError)
