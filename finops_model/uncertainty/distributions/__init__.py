"""SHELF of distributions an uncertain value may have, one file per form (docs/method §3.20, §3.21).

A file `<kind>.py` holds one frozen dataclass named after the file, a `Distribution` (`_base.py`): it gives `quantile`, `cdf`, `density`
and `between` (moments inside an interval) in closed form; everything else (mean, CVaR, overage above a commitment, truncation, mixtures)
follows from these. Adding a file adds a form to scenario files.
"""

from __future__ import annotations

from dataclasses import fields as _fields_of

from ... import shelf as _shelf
from ...errors import ScenarioError
from ._base import Distribution

__all__ = ["Distribution", "fields", "kinds", "make"]


def kinds() -> list[str]:
    """The forms by name.

    Returns
    -------
    list of str
        File names without `.py`, in the order of the alphabet.

    Examples
    --------
    >>> "pert" in kinds() and "log_metalog" in kinds()
    True
    """
    return sorted(_shelf.shelf(__name__))


def fields() -> dict[str, str]:
    """What the forms are written with, by name.

    A file says it by the fields of its dataclass; no other list is kept. Quantiles are not among
    them: a document writes them as p10, p50, p90.

    Returns
    -------
    dict of str to str
        "number", or "array" where a field is a tuple or list.

    Examples
    --------
    >>> fields()["mean"], fields()["probabilities"], "quantiles" in fields()
    ('number', 'array', False)
    """
    return {
        field.name: "array" if str(field.type).startswith(("tuple", "list")) else "number"
        for kind in kinds()
        for field in _fields_of(_shelf.form(__name__, kind))
        if field.init and field.name != "quantiles"
    }


def make(kind: str, fields: dict, where: str = "") -> Distribution:
    """The distribution `kind` with `fields` as they stand in a document.

    Parameters
    ----------
    kind : str
        File name without `.py`.
    fields : dict
        Names and values of its dataclass, in the unit of the uncertain value.
    where : str, optional
        Place for messages, for example "scenarios/launch.yaml:9".

    Returns
    -------
    Distribution
        A frozen dataclass.

    Raises
    ------
    ScenarioError
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Source
    ------
    docs/method §3.20, §3.21.

    Examples
    --------
    >>> round(float(make("normal", {"mean": 100.0, "sd": 20.0}).quantile(0.9)), 6)
    125.631031
    """
    return _shelf.make(__name__, "distribution", kind, fields, where, ScenarioError)
