"""By which step a charge gets a value: its tag, a virtual tag, its account's owner, the shared pool (docs/method §13.60).

Expressions over ledger rows, made of their own columns' methods: the engine that reads the bill runs
them. Patterns are RE2's, whose time grows with the text alone, whatever the pattern.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InputError, unknown
from ...settings import TagRules

DIRECT, VIRTUAL, ACCOUNT, SHARED, NONE = "tag", "virtual tag", "account", "shared pool", "none"
STEPS = (DIRECT, VIRTUAL, ACCOUNT, SHARED, NONE)
ACCOUNTS = ("SubAccountId", "BillingAccountId")  # the narrower one first
TAG = "Tags/"  # before a tag key, where a column may stand


class Place:
    """The ledger rows to which rules apply, and where a message says they are written.

    rows     an ibis table of ledger rows;  tag   (key) -> the text of that tag, '' where there is none
    where    the file of the rules;  own: how many of the last rules are those of dimensions, in finops.yaml
    """

    def __init__(self, rows, tag, where: str, own: int = 0):
        self.rows, self.tag, self.where, self.own = rows, tag, where, own
        self.texts = sorted(
            name for name, kind in rows.schema().items() if kind.is_string() and name != "Tags"
        )

    def at(self, rules: TagRules, i: int) -> str:
        """Where the conditions of a virtual tag are written."""
        if i < len(rules.virtual) - self.own:
            return f"{self.where}: virtual/{i}/when"
        return f"finops.yaml: dimensions/{rules.virtual[i].set}/rules"

    def column(self, name: str, at: str):
        """A text column or tag of the rows, '' where a row has none. Raises InputError with the nearest name."""
        if name.startswith(TAG) and len(name) > len(TAG):
            return self.tag(name[len(TAG) :])
        if name not in self.texts:
            raise InputError(
                unknown(
                    at,
                    "column",
                    name,
                    [*self.texts, f"{TAG}KEY"],
                    "A rule reads text columns that the bill has.",
                )
            )
        return self.rows[name].fill_null("")


def steps(place: Place, name: str, direct, rules: TagRules) -> list[tuple[str, Any]]:
    """[(step, text or NULL)] of a dimension, in their order; the first that is not NULL counts.

    direct    the text of its own tag, '' where there is none
    """
    found = [(DIRECT, canonical(direct, name, rules).nullif(""))]
    given = None
    for i in reversed(range(len(rules.virtual))):
        rule = rules.virtual[i]
        if rule.set == name:
            given = _fits(place, rule, place.at(rules, i)).ifelse(rule.to, given)
    if given is not None:
        found.append((VIRTUAL, given.cast("string")))
    owners = {account: values[name] for account, values in rules.accounts.items() if name in values}
    for column in ACCOUNTS if owners else ():
        if column in place.texts:
            cells = place.rows[column].fill_null("")
            found.append((ACCOUNT, cells.isin(list(owners)).ifelse(_renamed(cells, owners), None)))
    if name in rules.shared:
        found.append((SHARED, direct.isnull().ifelse(None, rules.shared[name])))
    return found


def canonical(direct, name: str, rules: TagRules):
    """A tag's text as the company spells it."""
    aliases = rules.keys[name].aliases if name in rules.keys else {}
    return _renamed(direct, aliases) if aliases else direct


def value_of(found: list[tuple[str, Any]]):
    """The text of the first step that has one; '' where none has."""
    texts = [text for _, text in found]
    return texts[0].coalesce(*texts[1:], "")


def step_of(found: list[tuple[str, Any]]):
    """The name of the first step that has a text; 'none' where none has."""
    named = [text.notnull().ifelse(step, None) for step, text in found]
    return named[0].coalesce(*named[1:], NONE)


def _renamed(cells, names: dict[str, str]):
    return cells.substitute(dict(names))


def _fits(place: Place, rule, at: str):
    """Whether a rule's conditions all hold, as an expression of truth by row."""
    fits = place.rows.ChargePeriodStart.notnull()  # of every row of a ledger
    for name, wanted in rule.when.items():
        cells = place.column(name, at)
        if isinstance(wanted, (str, list)):
            fits = fits & cells.isin([wanted] if isinstance(wanted, str) else wanted)
            continue
        try:
            pc.match_substring_regex(pa.array([""]), wanted.regex)
        except pa.ArrowInvalid as problem:
            why = str(problem).partition(": ")[2].partition("\n")[0] or str(problem)
            raise InputError(
                f"{at}/{name}: '{wanted.regex}' is no regular expression that can be used: {why}. "
                "RE2 has no look-around and no back references; write it without."
            ) from None
        fits = fits & cells.re_search(wanted.regex)
    return fits
