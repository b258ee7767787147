"""A recommendation: what it rests on and what it changes (docs/method §12.28)."""

from __future__ import annotations

from ...decide.questions.answer import Answer
from ..advise import advise


def explain_advice(asked, name: str) -> Answer:
    """The recommendation as `finops advise NAME` tells it. Raises InputError for a name that none has."""
    return advise(asked.settings, name, progress=asked.progress)
