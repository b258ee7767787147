"""`finops terms`: one line on each term (docs/method §18.12)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...wording.terms import TERMS, define, term_of


def terms(word: str | None = None) -> Answer:
    """A term and its line, or all of them. Raises InputError for a word that is no term, with the nearest."""
    chosen = TERMS if word is None else {str(term_of(word)): define(word)}
    return Answer(
        question="terms",
        sentence=f"{len(TERMS)} terms, one line each."
        if word is None
        else "".join(f"{term}: {line}." for term, line in chosen.items()),
        table=pd.DataFrame({"term": list(chosen), "meaning": list(chosen.values())})
        if word is None
        else pd.DataFrame(),
        range="",
        reason="",
        next_best="",
        currency="",
    )
