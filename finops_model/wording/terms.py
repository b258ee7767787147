"""One line on each term that pages and answers use: the one home of definitions (docs/method §18.12)."""

from __future__ import annotations

import functools
import re

from ..errors import InputError, unknown

TERMS = {
    "accrual": "cost of a period that is used but not invoiced yet, booked so that the period bears it",
    "actual": "what was spent, as the bill has it",
    "adoption rate": "recommendations that were carried out, as a share of those decided or expired",
    "allocation": "giving each charge to the team, unit or workload that answers for it",
    "amortised cost": "what is paid once, spread over the days that it pays for",
    "anomaly": "a day unlike the days before it by more than chance explains",
    "backtest": "forecasts made again from earlier days and held against what came",
    "batch share": "tokens bought through the batch interface, as a share of all tokens",
    "bias": "how far forecasts are off in one direction on average: + too high, − too low",
    "break-even": "months after which a commitment has cost no more than buying on demand would have",
    "bridge": "why two states of cost differ, step by step and to the cent",
    "budget": "the cost that was approved for a period",
    "budget variance": "cost minus budget, as a share of the budget: + is over",
    "burn": "how much of a budget is used, and how fast",
    "cache-hit share": "input tokens read from a cache, as a share of all input tokens",
    "chargeback": "cost booked to those who caused it",
    "COGS": "cost of serving customers: inference, serving, licences, retries; not training and experiments",
    "commitment": "an amount or use agreed in advance for a lower price, paid whether used or not",
    "commitment coverage": "use paid through commitments, as a share of the use that they could cover",
    "commitment utilisation": "the part of a commitment that is used, as a share of what is paid for it",
    "contracted cost": "cost at negotiated prices, before commitments",
    "crawl": "the first level of maturity: we know what runs and who owns it",
    "data delay": "days from a day's use to its cost in the ledger",
    "driver": "what makes use grow or shrink: sessions, documents, users",
    "effective cost": "cost after every discount, with what is paid once spread over its term: what “cost” means here",
    "effective savings rate": "what commitments and discounts saved, less what was paid unused, as a share of cost on demand",
    "EffectiveCost": "the bill's column of effective cost (FOCUS)",
    "FOCUS": "the open format of bills of the FinOps Foundation",
    "forecast": "the cost that is expected, with a range",
    "forecast accuracy": "how near forecasts came: 100 % less the error as a share of what was spent",
    "forecast drift": "how the forecast of one month moved from one publication to the next",
    "gross margin": "revenue minus COGS, as a share of revenue",
    "holdback": "a part of a budget that is kept back until it is released",
    "idle": "paid for and not used",
    "landing": "where the cost of a period ends up: spent so far plus what is still to come",
    "list cost": "cost at public prices, before any discount",
    "maturity": "how far a habit has come: below crawl, crawl, walk, run, by one figure each",
    "on demand": "bought as used, without a commitment",
    "outcome": "what use achieved: a resolved conversation, an accepted document",
    "overrun": "cost above the budget",
    "P10": "one future in ten is below it",
    "P50": "the middle: as many futures above as below",
    "P90": "one future in ten is above it",
    "path": "one simulated future; figures are read from thousands of them",
    "payback": "the first month from which value has paid back cost for good, discounted",
    "quota": "the most that may be used in a day or month",
    "R&D share": "training and experiments, as a share of cost",
    "realised saving": "what an action saved by the bill: unit cost before × volume after, less cost after",
    "reasoning share": "output tokens that a model spent thinking, as a share of all output tokens",
    "reserve": "money kept at the company so that the sum of budgets holds",
    "right-sizing": "a smaller machine or model where it does the same work",
    "ROI": "value minus cost, as a share of cost, both only what came on top",
    "rollover": "what is left of a budget and may be used in the next period",
    "run": "the third level of maturity: AI cost is managed as a product",
    "run rate": "what a saving or cost comes to in a full month, or a year of them",
    "scenario": "decisions and assumptions under a name, simulated on the same futures as the base",
    "showback": "cost shown to those who caused it, and not booked",
    "SKU": "the thing that has a price, as the vendor numbers it",
    "SKU volatility": "cost at prices that moved or that nobody confirmed, as a share of cost",
    "spot": "spare capacity at a lower price that the vendor may take back",
    "tag coverage": "cost whose tags keep the company's rules, as a share of cost",
    "tie-out": "invoices held against the ledger, to the cent",
    "token": "a piece of a word: what language models are billed by",
    "unit cost": "cost divided by what was done with it: per conversation, per document",
    "utilisation": "used, as a share of what is paid for",
    "walk": "the second level of maturity: we know what we spend, why, and how to correct it",
    "waste": "idle, unused, orphaned, failed or repeated: paid for without use, each cost counted once",
    "waste reduction": "how much less is wasted than before, at the same volume and prices",
    "workload": "what we plan for: a feature and the model or machines behind it",
}
_BY_WORD = {term.casefold(): term for term in TERMS}
COMMON = frozenset(
    {"actual", "budget", "crawl", "forecast", "run", "walk", "path", "reserve"}
)  # words that need no line where they stand in a sentence


def term_of(word: str) -> str | None:
    """The term that a word is, whatever its case, with or without a plural s; None where it is none.

    >>> term_of("Commitments"), term_of("roi"), term_of("teapot")
    ('commitment', 'ROI', None)
    """
    word = word.strip().casefold()
    return _BY_WORD.get(word) or _BY_WORD.get(word.removesuffix("s"))


def define(word: str) -> str:
    """The line on a term. Raises InputError with the nearest term where there is none.

    >>> define("Showback")
    'cost shown to those who caused it, and not booked'
    """
    term = term_of(word)
    if term is None:
        raise InputError(unknown("finops terms", "term", word, list(TERMS)))
    return TERMS[term]


def terms_in(text: str) -> list[tuple[str, str]]:
    """The terms that stand in a text as whole words, with their lines, in the order of the alphabet; everyday words are left out.

    >>> terms_in("Commitment utilisation fell; the commitment ends.")
    [('commitment', 'an amount or use agreed in advance for a lower price, paid whether used or not'), ('commitment utilisation', 'the part of a commitment that is used, as a share of what is paid for it')]
    """
    seen = {_BY_WORD[word.casefold()] for word in _pattern().findall(text)}
    return [(term, TERMS[term]) for term in TERMS if term in seen]


@functools.cache
def _pattern() -> re.Pattern:
    """Every term but the common ones, the longest first; one inside a longer one is found by its own place in the text."""
    words = sorted((term for term in TERMS if term not in COMMON), key=len, reverse=True)
    return re.compile(
        rf"(?<![\w-])({'|'.join(map(re.escape, words))})(?=s?(?![\w-]))", re.IGNORECASE
    )
