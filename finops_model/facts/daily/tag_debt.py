"""What breaks the company's rules of tags, by money, and what would mend it (docs/method §13.61).

Tag debt is the cost whose own tags break a rule; a virtual tag gives such cost an owner and leaves the debt where it is. Tax and
credits are left out: nobody tags them.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd

from ...errors import nearest
from ...settings import TagRules
from . import steps
from .parts import OUTSIDE

MISSING, NOT_ALLOWED, SPELLING = "missing", "value not allowed", "other spelling"
DEBT = (MISSING, NOT_ALLOWED)
SURE = Decimal("0.95")  # of the cost with the tag that says the same, for a rule to be proposed
BACK = 3  # months between the two that the trend compares
ALIKE = 0.75  # likeness from which on a value counts as another spelling of an allowed one


def expected(rules: TagRules) -> dict:
    """{key: what is expected}; where nothing is written the team is: cost without a team has nobody to answer for it."""
    from ...settings import TagKey

    return rules.keys or {"team": TagKey(mandatory=True)}


def debt(months: pd.DataFrame, rules: TagRules, whole_until: str | None = None) -> dict:
    """Coverage, tag debt and steps of allocation, as plain data.

    months        as `warehouse.tag_months` gives them for the keys of `expected(rules)`
    whole_until   the newest month that is whole, YYYY-MM; None: all are

    {cost, debt, untagged (none of the keys), coverage, keys, problems, months, trend, steps}: money Decimal, shares of the cost float, None where the cost is
    not above zero. A row that breaks two rules counts once in debt and once under each.
    """
    rows = months[~months["ChargeCategory"].isin(OUTSIDE)].reset_index(drop=True)
    wanted = expected(rules)
    kinds = {key: _kinds(rows[f"tag:{key}"], one) for key, one in wanted.items()}
    bare = pd.concat([rows[f"tag:{key}"] == "" for key in wanted], axis=1).all(axis=1)
    broken = pd.concat([kind.isin(DEBT) for kind in kinds.values()], axis=1).any(axis=1)
    cost = _sum(rows)
    problems = [
        problem for key, one in wanted.items() for problem in _problems(rows, key, one, kinds[key])
    ]
    by_month = [
        _month(month, part, broken[part.index], whole_until)
        for month, part in rows.groupby("Month", sort=True)
    ]
    return {
        "cost": cost,
        "debt": _sum(rows[broken]),
        "untagged": _sum(rows[bare]),
        "coverage": _share(cost - _sum(rows[broken]), cost),
        "keys": [
            {
                "key": key,
                "mandatory": one.mandatory,
                "owner": one.owner,
                **{
                    kind.replace(" ", "_"): _sum(rows[kinds[key] == kind])
                    for kind in (MISSING, NOT_ALLOWED, SPELLING)
                },
            }
            for key, one in wanted.items()
        ],
        "problems": sorted(
            (
                {
                    **problem,
                    "share": _share(problem["cost"], cost),
                    "owner": wanted[problem["key"]].owner,
                }
                for problem in problems
            ),
            key=lambda one: (-one["cost"], one["key"], one["kind"], one["value"]),
        ),
        "months": by_month,
        "trend": _trend([one for one in by_month if one["whole"]]),
        "steps": {
            name: {
                step: _sum(rows[rows[f"step:{name}"] == step])
                for step in steps.STEPS
                if (rows[f"step:{name}"] == step).any()
            }
            for name in [column[5:] for column in rows if column.startswith("step:")]
        },
    }


def _kinds(values: pd.Series, one) -> pd.Series:
    """What is wrong with each value, '' where nothing is."""
    kind = pd.Series("", index=values.index, dtype="str")
    if one.allowed:
        kind[(values != "") & ~values.isin([*one.allowed, *one.aliases])] = NOT_ALLOWED
    kind[values.isin([*one.aliases])] = SPELLING
    if one.mandatory:
        kind[values == ""] = MISSING
    return kind


def _problems(rows: pd.DataFrame, key: str, one, kinds: pd.Series):
    for (kind, value), part in rows[kinds != ""].groupby(
        [kinds[kinds != ""], f"tag:{key}"], sort=True
    ):
        yield {
            "key": key,
            "kind": kind,
            "value": value,
            "nearest": alike(value, one.allowed) if kind == NOT_ALLOWED else one.aliases.get(value),
            "cost": _sum(part),
            "rows": int(part["Rows"].sum()),
        }


def alike(value: str, allowed: list[str], cutoff: float = 0.6) -> str | None:
    """The allowed value that was probably meant; never one with another number: C-300 is another customer than C-200.

    >>> alike("serch", ["search", "support"]), alike("C-300", ["C-100", "C-200"]), alike("c-300", ["C-200", "C-300"])
    ('search', None, 'C-300')
    """
    numbers = re.findall(r"\d+", value)
    return nearest(value, [one for one in allowed if re.findall(r"\d+", one) == numbers], cutoff)


def without_use(months: pd.DataFrame, rules: TagRules) -> list[dict]:
    """Rules of which no charge has its value: {set, to, when}, in their order; months as for `debt`."""
    found = []
    for one in rules.virtual:
        taken = (months[f"step:{one.set}"] == steps.VIRTUAL) & (
            months[f"value:{one.set}"] == one.to
        )
        if not taken.any():
            found.append(one.model_dump(include={"set", "to", "when"}))
    return found


def _month(month: str, part: pd.DataFrame, broken: pd.Series, whole_until: str | None) -> dict:
    cost, owed = _sum(part), _sum(part[broken])
    return {
        "month": month,
        "cost": cost,
        "debt": owed,
        "coverage": _share(cost - owed, cost),
        "whole": whole_until is None or month <= whole_until,
    }


def _trend(months: list[dict]) -> dict | None:
    """The newest whole month beside the third before it (or the first there is); None with fewer than two."""
    if len(months) < 2:
        return None
    then, now = months[max(0, len(months) - 1 - BACK)], months[-1]
    difference = now["debt"] - then["debt"]
    return {
        "from": then["month"],
        "to": now["month"],
        "debt_from": then["debt"],
        "debt_to": now["debt"],
        "coverage_from": then["coverage"],
        "coverage_to": now["coverage"],
        "word": "grew" if difference > 0 else "fell" if difference < 0 else "stayed",
    }


def proposed(months: pd.DataFrame, rules: TagRules) -> dict:
    """Rules that would give untagged cost an owner, in the form of `tag_rules`; money beside each in `because`.

    A virtual tag where the tagged cost of an account (else of a service in it) names one value for nearly all of its money; another
    spelling where a value that is not allowed is close to one that is. Only dimensions can be set.
    """
    rows = months[~months["ChargeCategory"].isin(OUTSIDE)]
    found: list[dict] = []
    names = [name for name in expected(rules) if f"step:{name}" in rows]
    for name in names:
        found += _virtual(rows, name)
    keys = {}
    for key, one in expected(rules).items():
        kinds = _kinds(rows[f"tag:{key}"], one)
        values = sorted(set(rows.loc[kinds == NOT_ALLOWED, f"tag:{key}"]))
        near = {value: guess for value in values if (guess := alike(value, one.allowed, ALIKE))}
        if near:
            keys[key] = {"aliases": near}
    return {"keys": keys, "virtual": found}


def _virtual(rows: pd.DataFrame, name: str) -> list[dict]:
    """Rules for one dimension: the account's, then those of a service in an account; most money first."""
    silent = rows[rows[f"step:{name}"] == steps.NONE]
    tagged = rows[rows[f"step:{name}"] == steps.DIRECT]
    found = []
    for columns in (["SubAccountId"], ["BillingAccountId"], ["BillingAccountId", "ServiceName"]):
        said = tagged.groupby([*columns, f"value:{name}"])["EffectiveCost"].sum()
        for place, part in silent.groupby(columns, sort=True):
            key = place if len(columns) > 1 else place[0]
            if "" in place or key not in said.index.droplevel(-1):
                continue
            owners = said.loc[key].sort_values(ascending=False, kind="stable")
            all_of_it, cost = owners.sum(), _sum(part)
            if cost <= 0 or all_of_it <= 0 or owners.iloc[0] < SURE * all_of_it:
                continue
            found.append(
                (
                    cost,
                    {
                        "set": name,
                        "to": owners.index[0],
                        "when": dict(zip(columns, place, strict=True)),
                        "because": f"{cost:,.2f} without {_a(name)}; {owners.iloc[0] / all_of_it:.0%} of what is tagged there "
                        f"({all_of_it:,.2f}) says {owners.index[0]}",
                    },
                )
            )
            silent = silent.drop(part.index)
    return [rule for _, rule in sorted(found, key=lambda one: -one[0])]


def _a(name: str) -> str:
    return f"an {name}" if name[:1].casefold() in "aeio" else f"a {name}"


def _sum(rows: pd.DataFrame) -> Decimal:
    return sum(rows["EffectiveCost"], Decimal(0))


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole > 0 else None
