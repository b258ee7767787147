"""What every part of a document has in common: no unknown key, no number that is none."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A document part: unknown keys, NaN and infinities are refused; values never change after
    loading."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
