"""What an uncertain value may be in a document, and the distribution it becomes (docs/method §3.4, §3.21, §3.22).

1.2                                              certain
{p10: 1, p50: 1.2, p90: 2}                       metalog through the quantiles; log-metalog where values have a lower bound
{min: 1, mode: 1.2, max: 2}                      PERT; kind: triangular for the straight one
{min: 1, max: 2}                                 uniform
{kind: lognormal, mean: 100, sd: 20}             a form of the shelf with its fields, or with two quantiles, or with data
{p: 0.2, a: …, b: …}                             b with chance p, else a
… truncate: {min: 0, max: 5}, factors: {market: 0.6}    with any of these
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any, cast

from ..checks import written_number
from ..errors import ScenarioError, nearest, unknown
from . import distributions
from .distributions import Distribution
from .following import Following

PERCENT = re.compile(r"^p(\d{1,2}(\.\d+)?)$")
WORDS = ("kind", "method")  # keys whose value is a name
FORMS = "{p10, p50, p90}, {min, mode, max}, {min, max}, {p, a, b}, {values, probabilities}, or kind with its fields"
OWN = {  # what any form may be written with, or what no file of the shelf says
    **dict.fromkeys(WORDS, "name"),
    **dict.fromkeys(("a", "b"), "value"),
    "p": "number",
    "data": "array",
    "truncate": "mapping",
    "factors": "mapping",
}


def names() -> dict[str, str]:
    """What an uncertain value may hold beside quantiles, by name: "number", "array", "name", "mapping", or "value" (itself one of these).

    Raises ScenarioError for a form of the shelf with a field that already means something else.

    >>> names()["mean"], names()["parts"], names()["kind"]
    ('number', 'array', 'name')
    """
    return _names(tuple(distributions.kinds()))


@lru_cache(maxsize=2)
def _names(kinds: tuple[str, ...]) -> dict[str, str]:
    """`names` for these kinds on the shelf; they are read once."""
    fields = distributions.fields()
    taken = sorted(name for name in fields if name in OWN or PERCENT.match(name))
    if taken:
        raise ScenarioError(
            f"finops_model/uncertainty/distributions: a form has a field '{taken[0]}', which already means something in every "
            f"uncertain value. Give it another name than {', '.join(sorted(OWN))} or a quantile."
        )
    return {**fields, **OWN}


def elicit(
    p10: float, p50: float, p90: float, where: str = "", bound: float | None = 0.0
) -> Distribution:
    """The three-term metalog through p10, p50, p90; with `bound` the log-metalog above it.

    Raises ScenarioError where the three do not rise, touch the bound, bend more than one smooth distribution can, or have an infinite
    mean. Source: Keelin (2016), The Metalog Distributions, Decision Analysis 13(4).

    >>> [round(float(x), 6) for x in elicit(1.0, 2.0, 5.0).quantile([0.1, 0.5, 0.9])]
    [1.0, 2.0, 5.0]
    """
    read = read_value({"p10": p10, "p50": p50, "p90": p90}, where, bound)
    return cast(Distribution, read)  # a mapping is no number


def read_value(value: Any, where: str = "", bound: float | None = 0.0) -> float | Distribution:
    """A number as it is, or the distribution that a mapping says.

    bound    every value lies above it (0: a price, a level; −1: growth); None: any sign
    where    place for messages

    Raises ScenarioError in one sentence: what is wrong, where, the nearest match, what is allowed.

    >>> read_value({"min": 10, "mode": 20, "max": 60}).mean, read_value({"kind": "triangular", "min": 10, "mode": 20, "max": 60}).mean
    (25.0, 30.0)
    """
    try:
        value = checked(value)
    except ValueError as problem:
        raise ScenarioError(f"{where}: {problem}" if where else str(problem)) from None
    if not isinstance(value, dict):
        return value
    try:
        return _of_text(json.dumps(value), bound)
    except ScenarioError as problem:
        raise ScenarioError(f"{where}: {problem}" if where else str(problem)) from None


@lru_cache(maxsize=1024)
def _of_text(text: str, bound: float | None) -> Distribution:
    """The distribution of a mapping that was checked: a range on `*` is fitted once, not once for each workload."""
    distribution = _distribution(json.loads(text), bound)
    _inside(distribution, bound)
    return distribution


def checked(value: Any):
    """`value` with floats for numbers, where it is a number or a mapping of names to numbers; raises ValueError, so that pydantic
    can name the place. No text is ever taken for a value: formulas are not run."""
    return _checked(value, "the value")


def _checked(value: Any, name: str):
    if isinstance(value, dict):
        if not value:
            raise ValueError(f"an uncertain value is empty. It may be {FORMS}.")
        items, known = {}, names()
        for key, item in value.items():
            if (
                not (isinstance(key, str) and (key in known or PERCENT.match(key)))
                and name != "factors"
            ):
                guess = nearest(str(key), [*known, "p05", "p10", "p50", "p90", "p95"])
                hint = f" Did you mean '{guess}'?" if guess else ""
                raise ValueError(
                    f"'{str(key)[:40]}' says nothing about an uncertain value.{hint} It may be {FORMS}."
                )
            if key in WORDS:
                if not isinstance(item, str):
                    raise ValueError(f"{key} is {str(item)[:40]}; it must be a name.")
                items[key] = item
            else:
                items[key] = _checked(item, str(key))
        return items
    if isinstance(value, (list, tuple)) and names().get(name) == "array":
        return [_checked(item, f"{name}[{i}]") for i, item in enumerate(value)]
    return written_number(value, name)


def _distribution(value: dict | float, bound: float | None):
    """The distribution of a checked mapping; numbers inside mixtures stay numbers."""
    if not isinstance(value, dict):
        return value
    rest = dict(value)
    truncate, factors = rest.pop("truncate", None), rest.pop("factors", None)
    distribution = _form(rest, bound if truncate is None else _free(rest, bound, truncate))
    if truncate is not None:
        if not isinstance(truncate, dict) or set(truncate) - {"min", "max"}:
            raise ScenarioError("truncate: write {min, max}, or one of the two.")
        distribution = distribution.truncated(truncate.get("min"), truncate.get("max"))
    if factors is not None:
        if not isinstance(factors, dict):
            raise ScenarioError(
                "factors: write the loading on each named factor, for example factors: {market: 0.6}."
            )
        distribution = Following(distribution, tuple(factors.items()))
    return distribution


def _free(rest: dict, bound, truncate):
    """The bound that quantiles are read with when a truncation follows: it holds as long as the quantiles lie above it."""
    numbers = [item for key, item in rest.items() if PERCENT.match(key)]
    return bound if bound is None or not numbers or min(numbers) > bound else None


def _form(rest: dict, bound: float | None) -> Distribution:
    quantiles = {
        float(match[1]) / 100: rest.pop(key) for key in list(rest) if (match := PERCENT.match(key))
    }
    kind = rest.pop("kind", None)
    if kind is None:
        kind = _kind_of(set(rest), bool(quantiles), bound)
    if kind not in distributions.kinds():
        raise ScenarioError(unknown("", "distribution", kind, distributions.kinds()))
    if "data" in rest or "method" in rest:
        return _fitted(kind, rest, quantiles)
    if kind in ("metalog", "log_metalog"):
        own_bound = (
            {"min": bound}
            if kind == "log_metalog" and bound is not None and "min" not in rest
            else {}
        )
        if not quantiles:
            raise ScenarioError(f"{kind}: give its quantiles, for example p10, p50 and p90.")
        return distributions.make(kind, {**rest, **own_bound, "quantiles": quantiles})
    if quantiles:
        from .fit import through

        return through(kind, quantiles, **rest)
    if kind == "mixture":
        return _mixture(rest, bound)
    return distributions.make(kind, rest)


def _kind_of(names: set, quantiles: bool, bound: float | None) -> str:
    """The form of a mapping without `kind`."""
    if quantiles and not names:
        return "metalog" if bound is None else "log_metalog"
    for kind, wanted in (
        ("pert", {"min", "mode", "max"}),
        ("uniform", {"min", "max"}),
        ("mixture", {"p", "a", "b"}),
        ("mixture", {"parts", "weights"}),
        ("discrete", {"values", "probabilities"}),
        ("discrete", {"values"}),
    ):
        if not quantiles and names == wanted:
            return kind
    have = ", ".join(sorted(names)) or "nothing"
    raise ScenarioError(
        f"an uncertain value may be {FORMS}; {{{have}}} alone says no form. Known kinds: {', '.join(distributions.kinds())}."
    )


def _mixture(rest: dict, bound) -> Distribution:
    if set(rest) == {"p", "a", "b"}:
        chance = rest["p"]
        if isinstance(chance, dict) or not 0 <= chance <= 1:
            raise ScenarioError(
                f"mixture: p is {chance if not isinstance(chance, dict) else 'uncertain'}; it must be a chance from 0 to 1."
            )
        rest = {"parts": [rest["a"], rest["b"]], "weights": [1 - chance, chance]}
    if set(rest) != {"parts", "weights"} or not isinstance(rest["parts"], list):
        raise ScenarioError(
            "mixture: give {p, a, b} (b with chance p, else a), or {parts, weights}."
        )
    return distributions.make(
        "mixture", {**rest, "parts": [_distribution(part, bound) for part in rest["parts"]]}
    )


def _fitted(kind: str, rest: dict, quantiles: dict) -> Distribution:
    from .fit import fit

    if quantiles or "data" not in rest:
        raise ScenarioError(f"{kind}: a fit takes data and, if you like, method; nothing else.")
    data, method = rest.pop("data"), rest.pop("method", "likelihood")
    return fit(kind, data, method, **rest).distribution


def _inside(value: Distribution, bound: float | None) -> None:
    """Raises ScenarioError where values below the bound are possible, or the mean is infinite."""
    if isinstance(value, Distribution) and not math.isfinite(value.mean):
        raise ScenarioError(
            "the tail is so heavy that the mean is infinite, and with it every expected cost. Bring the quantiles closer "
            "together, or write truncate: {max: …}."
        )
    if bound is None:
        return
    low, almost = float(value.quantile(0.0)), float(value.quantile(1e-12))
    if low < bound or (bound < 0 and almost <= bound):
        reaches = "any low" if low == -math.inf else f"{low:g}"
        raise ScenarioError(
            f"values down to {reaches} are possible; all values here must be above {bound:g}. "
            f"Write truncate: {{min: {bound:g}}}, or another form."
        )


def is_range(value: Any) -> bool:
    """Whether a mapping is an uncertain value, not the terms of a commitment or a launch.

    >>> is_range({"p10": 1, "p50": 2, "p90": 3}), is_range({"ContractCommitmentQuantity": 60})
    (True, False)
    """
    known = names()
    return isinstance(value, dict) and all(key in known or PERCENT.match(str(key)) for key in value)


def shown(value: Any) -> str:
    """A value as one line tells it.

    >>> shown({"p10": 1, "p50": 2, "p90": 3}), shown({"min": 1, "mode": 2, "max": 9}), shown(0.5)
    ('1 … 2 … 3', 'min 1, mode 2, max 9', '0.5')
    """
    if isinstance(value, dict) and value and all(PERCENT.match(str(key)) for key in value):
        return " … ".join(
            shown(value[key]) for key in sorted(value, key=lambda key: float(key[1:]))
        )
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {shown(item)}" if key != "kind" else str(item) for key, item in value.items()
        )
    if isinstance(value, list):
        return f"{len(value)} values"
    return (
        f"{value:g}"
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else str(value)
    )
