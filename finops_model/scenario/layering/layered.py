"""A scenario as it was written: its files, one over the other."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from ...documents import Document
from ..schema import ScenarioDocument


@dataclass(frozen=True)
class Layer:
    """One file of a scenario."""

    document: ScenarioDocument
    source: Document
    file: str = ""  # where it lies; "" of what is no file
    action: str = ""  # the approved action whose changes it holds (approved.py)

    def at(self, *location) -> str:
        return self.source.at(location)


@dataclass(frozen=True)
class Scenario:
    """A checked scenario: its layers, the base first."""

    name: str
    question: str
    path: str
    layers: tuple[Layer, ...]

    @property
    def base(self) -> ScenarioDocument:
        return self.layers[0].document

    @property
    def hash(self) -> str:
        """sha256 over what the layers say, wherever they lie."""
        text = json.dumps([layer.source for layer in self.layers], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
