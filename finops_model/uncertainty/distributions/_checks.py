"""What every distribution checks before it believes a parameter."""

from __future__ import annotations

from typing import cast

from ...checks import finite
from ...errors import ScenarioError


def rising(kind: str, **values) -> tuple[float, ...]:
    """min, mode, max as floats in their order, min below max; raises ScenarioError."""
    numbers = {name: finite(value, f"{kind}: {name}") for name, value in values.items()}
    low, *between, high = numbers.values()
    text = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
    if low >= high:
        raise ScenarioError(
            f"{kind}: {text}: min must be below max. For a certain value write one number."
        )
    if any(not low <= value <= high for value in between):
        raise ScenarioError(f"{kind}: {text}: mode must lie from min to max.")
    return tuple(numbers.values())


def one_of(kind: str, given: dict, *choices: tuple[str, ...]) -> dict[str, float]:
    """The parameters that are given, where they are exactly one of the choices; raises ScenarioError naming all choices."""
    have = {name: value for name, value in given.items() if value is not None}
    if set(have) not in [set(choice) for choice in choices]:
        wanted = " or ".join("{" + ", ".join(choice) + "}" for choice in choices)
        raise ScenarioError(f"{kind}: give {wanted}, not {{{', '.join(have)}}}.")
    return {name: finite(value, f"{kind}: {name}") for name, value in have.items()}


UNSET = cast(float, None)  # a parameter that is not given: the form's __post_init__ sets every one


def set_fields(form, **values) -> None:
    """Set fields of a frozen dataclass from its own __post_init__."""
    for name, value in values.items():
        object.__setattr__(form, name, value)
