"""`tag_rules`: what the company expects of tags, and what counts where the bill is silent (docs/method §13.60)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..documents import Document, checked, load_yaml
from ..errors import InputError, unknown
from .strict import Strict

BESIDE = "tags.yaml"  # the usual name of the file
OWN = ("team", "environment", "workload", "business_unit")  # dimensions that every company has
TAKEN = (*OWN, "unit", "service", "model", "row", "period", "file")  # words with a meaning already
LONGEST = 200  # characters of a pattern
MOST = 1_000  # rules of a file
Named = Annotated[str, Field(min_length=1, max_length=200)]


class TagKey(Strict):
    """What the company expects of one tag"""

    mandatory: bool = Field(default=False, description="Whether every charge must have it.")
    allowed: list[Named] = Field(default=[], description="Its values; none named: any.")
    aliases: dict[Named, Named] = Field(
        default={}, description="Other spellings: `spelling: value`; they count as the value."
    )
    owner: str = Field(default="", description="Who repairs it.")

    @model_validator(mode="after")
    def _of_the_allowed(self):
        for spelling, value in self.aliases.items():
            if self.allowed and value not in self.allowed:
                raise ValueError(unknown(f"aliases/{spelling}", "value", value, self.allowed))
            if spelling in self.allowed:
                raise ValueError(
                    f"'{spelling}' is an allowed value and another spelling of '{value}'. "
                    "Take one of them out."
                )
            if value in self.aliases:
                raise ValueError(
                    f"aliases/{spelling}: '{value}' is itself another spelling, of "
                    f"'{self.aliases[value]}'. Write that."
                )
        return self


class Pattern(Strict):
    """A regular expression (RE2: its time is linear in the text)"""

    regex: Annotated[str, Field(min_length=1, max_length=LONGEST)] = Field(
        description="Found anywhere in the cell; `^` and `$` tie it to its ends."
    )


def _conditions(given):
    for column, wanted in given.items() if isinstance(given, dict) else ():
        if wanted == []:
            raise ValueError(f"{column}: names no value. Write one, or take {column} out.")
        for one in wanted if isinstance(wanted, list) else [wanted]:
            _condition(column, one)
    return given


def _condition(column, wanted) -> None:
    """A value that is none, in words: text, a list of texts, or a regular expression."""
    if isinstance(wanted, str) and wanted or isinstance(wanted, Pattern):
        return
    if wanted == "" or wanted is None:
        raise ValueError(
            f"{column}: is empty. Write what a cell says; for cells that say nothing: "
            '{regex: "^$"}.'
        )
    if isinstance(wanted, dict) and set(wanted) == {"regex"} and isinstance(wanted["regex"], str):
        if not wanted["regex"]:
            raise ValueError(f"{column}: regex is empty. Write one, or take {column} out.")
        return
    if isinstance(wanted, dict):
        other = next((key for key in wanted if key != "regex"), None)
        if other is not None:
            raise ValueError(unknown(column, "key", str(other), ["regex"]))
    if isinstance(wanted, (dict, list)):
        raise ValueError(f"{column}: must be a text, a list of texts, or {{regex: TEXT}}.")
    raise ValueError(f"{column}: {wanted} is no text. Put it in quotes, as the bill writes it.")


Conditions = Annotated[
    dict[Named, Named | Pattern | Annotated[list[Named], Field(max_length=MOST)]],
    BeforeValidator(_conditions),
]


class VirtualTag(Strict):
    """A rule that gives charges a value they have no tag for; the first that fits counts"""

    set: Named = Field(description="team, environment, workload, business_unit or a dimension.")
    to: Named = Field(description="The value.")
    when: Conditions = Field(
        default={},
        description="FOCUS column, or `Tags/KEY`: a value, a list of them or `{regex: …}`; all "
        "must fit. Without: every charge that has no value yet.",
    )
    because: str = Field(default="", description="Why; for people.")


class DimensionRule(Strict):
    """A rule of a dimension; the first that fits counts"""

    to: Named = Field(description="The value.")
    when: Conditions = Field(default={}, description="As in `tag_rules: virtual`.")
    because: str = Field(default="", description="Why; for people.")


class Dimension(Strict):
    """Where a dimension of the company's own is read; a text alone is its tag key"""

    tag: str = Field(default="", description="The bill's tag key.")
    column: str = Field(default="", description="A text column of the bill, instead of a tag.")
    rules: Annotated[list[DimensionRule], Field(max_length=MOST)] = Field(
        default=[], description="Values of charges that have none, in their order."
    )

    @model_validator(mode="after")
    def _one_source(self):
        if self.tag and self.column:
            raise ValueError(
                f"tag '{self.tag}' and column '{self.column}': a dimension is read in one place. "
                "Take one of them out."
            )
        if not (self.tag or self.column or self.rules):
            raise ValueError("says nothing. Write its tag, its column or its rules.")
        return self


def _tag_alone(given):
    return {"tag": given} if isinstance(given, str) else given


def _own_names(given: dict) -> dict:
    for name in given:
        if name in TAKEN:
            raise ValueError(
                f"'{name}' is there already, from the bill. Choose another name for this one."
            )
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name) or len(name) > 40:
            raise ValueError(
                f"'{name[:60]}' is no name of a dimension. Write small letters from a to z and _ "
                "between words, such as customer_tier."
            )
    return given


Dimensions = Annotated[
    dict[str, Annotated[Dimension, BeforeValidator(_tag_alone)]], AfterValidator(_own_names)
]


def column_of(name: str) -> str:
    """The column of a dimension of the company's own in daily facts.

    >>> column_of("customer_tier")
    'x_CustomerTier'
    """
    return "x_" + "".join(part.capitalize() for part in name.split("_"))


class TagRules(Strict):
    """The file of `tag_rules`: what is expected of tags, and what counts where there is none"""

    keys: dict[Named, TagKey] = Field(
        default={},
        description="By dimension (team, …) or by the bill's own tag key: what is expected of it.",
    )
    virtual: Annotated[list[VirtualTag], Field(max_length=MOST)] = Field(
        default=[], description="Rules that give a value where there is no tag, in their order."
    )
    accounts: dict[Named, dict[Named, Named]] = Field(
        default={},
        description="SubAccountId or BillingAccountId: the values of its charges that no tag and "
        "no rule has, as in `{team: search}`.",
    )
    shared: dict[Named, Named] = Field(
        default={},
        description="The pool that carries what is left, by dimension, as in `{team: platform}`.",
    )

    @property
    def moves(self) -> bool:
        """Whether these rules give any charge a value; what is only expected moves nothing."""
        aliases = any(key.aliases for key in self.keys.values())
        return bool(self.virtual or self.accounts or self.shared or aliases)


def load_tag_rules(settings: Any) -> TagRules:
    """The rules of the file that `tag_rules` names, then those of the dimensions; without any, rules that expect and move nothing.

    settings   a Settings.  Raises InputError: file:line, what is wrong, the nearest name.
    """
    rules = TagRules()
    if settings.tag_rules is not None:
        document = load_yaml(settings.path(settings.tag_rules))
        rules = checked(TagRules, document)
        _check_names(rules, document, (*OWN, *settings.dimensions))
    own = [
        VirtualTag(set=name, **rule.model_dump())
        for name, one in settings.dimensions.items()
        for rule in one.rules
    ]
    return rules.model_copy(update={"virtual": [*rules.virtual, *own]}) if own else rules


def _check_names(rules: TagRules, document: Document, names: tuple[str, ...]) -> None:
    """Every value is given to a dimension there is, and is one that the company allows."""
    given: list[tuple[tuple, str, str]] = [
        (("virtual", i, "set"), one.set, one.to) for i, one in enumerate(rules.virtual)
    ]
    given += [(("shared", name), name, value) for name, value in rules.shared.items()]
    given += [
        (("accounts", account, name), name, value)
        for account, values in rules.accounts.items()
        for name, value in values.items()
    ]
    for place, name, value in given:
        at = f"{document.at(place)}: {'/'.join(map(str, place))}"
        if name not in names:
            raise InputError(unknown(at, "dimension", name, names))
        allowed = rules.keys[name].allowed if name in rules.keys else []
        if allowed and value not in allowed:
            do = f"Or write it under keys/{name}/allowed."
            raise InputError(unknown(at, f"value of {name}", value, allowed, do))
