"""What every part of a document has in common: no unknown key, no number that is none."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Strict(BaseModel):
    """A document part: unknown keys, NaN and infinities are refused; values never change after
    loading."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_truth(cls, value: Any, info: ValidationInfo) -> Any:
        """`true` where a number belongs is refused: it would count as 1."""
        if isinstance(value, bool) and _numbers(cls.model_fields[info.field_name or ""].annotation):
            raise ValueError("is true or false (so are yes, no, on and off); write a number.")
        return value


def file_or_list(given, check):
    """A key that takes the name of a file, or the entries themselves."""
    return given if isinstance(given, str) else check(given)


def _numbers(kind: Any) -> bool:
    """Whether a type is of numbers alone, or of numbers and None."""
    kinds = [part for part in get_args(kind) if isinstance(part, type) or get_args(part)]
    return kind in (int, float, type(None)) or (bool(kinds) and all(map(_numbers, kinds)))
