"""SHELF of advice: one file per kind; adding a file adds what it sees to `finops advise` (docs/method §17.20).

A file holds `advise(ground) -> list[Recommendation]`: what could be done, on what, with the rows it was seen in and the changes of a
scenario that it would be. It says no saving: `decide.advising` simulates the changes on the draws of the base. A file names no company,
no workload and no vendor; what it cannot see on these facts it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import pandas as pd

from ...errors import FinOpsError
from ...names import slug
from ...periods import add_months, month_of
from ...scenario.ledger_base import Facts
from ...scenario.pulled.bought import Bought, bought_of, true_units
from ...settings import Settings
from ...shelf import Contract, Function, modules, wrong

CONTRACT = Contract("kind of advice", {"advise": Function(("ground",))}, {})
LEAD = {"low": 1, "medium": 2, "high": 3}  # months from the newest day to the month it acts from
OPEN = 6  # months after which a recommendation that nobody decided is looked at anew
WINDOW = 28  # days that tell what a workload costs and uses: four whole weeks
MONTH = 365.25 / 12  # days


def covered(record: Mapping[str, Any]) -> list[str]:
    """SKUs that a commitment of the inventory pays for, each whole: one that begins like another is another.

    Parameters
    ----------
    record : mapping
        Of the inventory; `x_SkuIds` divides them with ; , or |.

    Returns
    -------
    list of str
        In the order of the record.

    Source
    ------
    docs/method §17.36.

    Examples
    --------
    >>> covered({"x_SkuIds": "H100-80GB; L4"}), covered({})
    (['H100-80GB', 'L4'], [])
    """
    return [sku for sku in re.split(r"[;,|]\s*", str(record.get("x_SkuIds") or "")) if sku]


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What could be done, on what, why, and what it would save.

    Parameters
    ----------
    id : str
        Stable: the slug of kind and resource.
    kind : str
        File of the shelf.
    title : str
        What to do, in one line.
    resource : str
        What it acts on, as the bill or the owner calls it.
    workload, unit, team, owner : str
        Whose it is; "" where nobody is named.
    category : str
        usage (less is used) or rate (the same for less).
    changes : tuple of dict
        Changes as in a scenario file: op, path, value, since, because …
    evidence : tuple of dict
        Rows that show it, numbers with their unit in the name.
    effort : str
        low, medium or high.
    risk : str
        What can go wrong, in words.
    one_off : float
        What it costs once, money.
    since, expires : str
        Month it acts from; day after which it is to be looked at anew.
    rollback : str
        How it is taken back.
    group : str
        Alternatives of one group: at most one is chosen.
    run_rate : float or None
        Expected saving a month, of the first 12 months from `since` that are simulated.
    in_year, in_year_p10, in_year_p90 : float or None
        Expected saving of the fiscal year under way net of `one_off`, and between which amounts it
        lies in 8 of 10 futures.
    horizon : float or None
        Of all simulated months, net of `one_off`.
    currency : str
        Of all money.
    why : str
        The reason, one sentence.
    sure : bool
        False: the facts allow it and do not prove it.
    steady : float or None
        Money a day of what goes, where it costs the same every day whatever the work does: the
        saving does not grow beyond it.

    Source
    ------
    docs/method §17.20.

    Examples
    --------
    >>> Recommendation(id="a", kind="batch_api", title="t", resource="evals", workload="evals").category
    'usage'
    """

    id: str
    kind: str
    title: str
    resource: str
    workload: str
    unit: str = ""
    team: str = ""
    owner: str = ""
    category: str = "usage"
    changes: tuple[dict, ...] = ()
    evidence: tuple[dict, ...] = ()
    effort: str = "low"
    risk: str = ""
    one_off: float = 0.0
    since: str = ""
    expires: str = ""
    rollback: str = ""
    group: str = ""
    run_rate: float | None = None
    in_year: float | None = None
    in_year_p10: float | None = None
    in_year_p90: float | None = None
    horizon: float | None = None
    currency: str = "USD"
    why: str = ""
    sure: bool = True
    steady: float | None = None

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, in the order of the fields.

        Returns
        -------
        dict
            Tuples as lists.
        """
        return {
            name: [dict(row) for row in value] if isinstance(value, tuple) else value
            for name, value in self.__dict__.items()
        }


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What advice is made of: the facts of one day, and what the workspace knows besides the bill.

    Parameters
    ----------
    settings : Settings
        Of the workspace, or of one entity of it.
    facts : Facts
        What a run's base is made of, up to `facts.as_of`.
    follows : mapping of str to str
        Workload to the driver it follows in the base; "" for none.
    peers : mapping of str to Facts
        The other entities of the company, by name.
    waste : tuple
        Lines of `measure.waste` up to the newest full month.
    waste_rows : frame or None
        The rows that these lines claim.
    waste_month : str
        YYYY-MM that they are looked for up to.
    quality : frame or None
        Samples: workload, model, sampled, accepted.
    usage : frame or None
        Usage by day (`facts.usage.daily`).
    seats : tuple
        Rows of seats bought and opened.

    Source
    ------
    docs/method §17.20.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> Ground(settings=None, facts=Some(as_of="2026-11-15")).since("medium")
    '2027-01'
    """

    settings: Settings
    facts: Facts
    follows: Mapping[str, str] = field(default_factory=dict)
    peers: Mapping[str, Facts] = field(default_factory=dict)
    waste: tuple = ()
    waste_rows: pd.DataFrame | None = None
    waste_month: str = ""
    quality: pd.DataFrame | None = None
    usage: pd.DataFrame | None = None
    seats: tuple = ()

    @property
    def as_of(self) -> str:
        """Last day of the bill that counts."""
        return self.facts.as_of

    @property
    def currency(self) -> str:
        """Of all money."""
        return self.facts.currency

    @cached_property
    def recent(self) -> pd.DataFrame:
        """DAILY of the newest four weeks."""
        first = pd.Timestamp(self.as_of) - pd.Timedelta(days=WINDOW - 1)
        return self.facts.daily[self.facts.daily["ChargeDate"] >= first]

    @cached_property
    def bought(self) -> Mapping[str, tuple[dict[str, float], Bought]]:
        """Workload to the units of each SKU for one unit of its volume, and what its SKUs are."""
        return {
            name: (true_units(self.facts, at), bought_of(self.facts, at))
            for at, name in enumerate(self.facts.names)
        }

    def cost(self, workload: str, skus=None) -> float:
        """Money a month at the pace of the newest four weeks, of some SKUs or of all.

        Parameters
        ----------
        workload : str
            Its name.
        skus : iterable of str, optional
            SkuIds; None: all.

        Returns
        -------
        float
            EffectiveCost of 28 days × 365.25 ÷ 12 ÷ 28.
        """
        rows = self.recent[self.recent["x_Workload"] == workload]
        if skus is not None:
            rows = rows[rows["SkuId"].isin(list(skus))]
        return float(rows["EffectiveCost"].sum()) * MONTH / WINDOW

    def since(self, effort: str) -> str:
        """The month from which a change of this effort can act.

        Parameters
        ----------
        effort : str
            low, medium or high.

        Returns
        -------
        str
            YYYY-MM, one, two or three months after the newest day.
        """
        return add_months(month_of(self.as_of), LEAD[effort])

    def recommend(
        self, kind: str, resource: str, workload: str, *, effort: str = "low", **given
    ) -> Recommendation:
        """A recommendation with what the ground knows of it: whose it is, since when, until when.

        Parameters
        ----------
        kind, resource, workload, effort
            As of Recommendation.
        **given
            Its further fields; `changes` without `since` get it.

        Returns
        -------
        Recommendation
            Without savings.
        """
        facts, since = self.facts, given.pop("since", None) or self.since(effort)
        at = facts.names.index(workload) if workload in facts.names else None
        rows = self.recent[self.recent["x_Workload"] == workload] if at is None else None
        unit, team = given.pop("unit", ""), given.pop("team", "")
        if at is not None:
            unit, team = unit or facts.meta.unit_of[at], team or facts.meta.team[at]
        elif rows is not None and len(rows):
            unit = unit or str(rows["x_BusinessUnit"].iloc[-1])
            team = team or str(rows["x_Team"].iloc[-1])
        owner = given.pop("owner", "") or ("" if team.startswith("(") else team)
        why = given.get("why", "")
        name = given.pop("id", "") or slug(f"{kind.replace('_', '-')}-{resource}")
        until = given.pop("expires", "") or f"{add_months(month_of(self.as_of), OPEN)}-01"
        changes = tuple(
            {**change, "since": change.get("since", since), "because": change.get("because", why)}
            for change in given.pop("changes", ())
        )
        return Recommendation(
            id=name,
            kind=kind,
            resource=resource,
            workload=workload,
            unit=unit,
            team=team,
            owner=owner,
            effort=effort,
            since=since,
            changes=changes,
            currency=self.currency,
            expires=until,
            **given,
        )


def shelf() -> dict[str, ModuleType]:
    """The kinds of advice by name.

    Returns
    -------
    dict of str to module
        In the order of the alphabet.

    Raises
    ------
    FinOpsError
        A file does not hold what it must (CONTRACT).

    Examples
    --------
    >>> "batch_api" in shelf()
    True
    """
    return modules(__name__, CONTRACT)


def advised(ground: Ground) -> list[Recommendation]:
    """What every file of the shelf sees, without savings; each id once.

    Parameters
    ----------
    ground : Ground
        The facts.

    Returns
    -------
    list of Recommendation
        In the order of the shelf; what shares an id with another is numbered.

    Raises
    ------
    FinOpsError
        A file gives something else than recommendations, or a word that stands for no category or
        effort.

    Source
    ------
    docs/method §17.20.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> none = Some(names=(), inventory=(), as_of="2026-11-15", catalog=None, meta=Some(skus=()))
    >>> advised(Ground(settings=None, facts=none))
    []
    """
    every: list[Recommendation] = []
    known: dict[str, int] = {}
    for name, module in shelf().items():
        given = module.advise(ground)
        if not isinstance(given, list):
            raise wrong(module, "advise", given, "a list of Recommendation")
        for each in given:
            if not isinstance(each, Recommendation):
                raise wrong(module, "advise", each, "a list of Recommendation")
            if each.category not in ("usage", "rate") or each.effort not in LEAD:
                raise FinOpsError(
                    f"{name}: '{each.id}' has category '{each.category}' and effort '{each.effort}'. A category is usage or rate, "
                    "an effort low, medium or high."
                )
            known[each.id] = known.get(each.id, 0) + 1
            again = known[each.id]
            every.append(each if again == 1 else replace(each, id=f"{each.id}-{again}"))
    return every


__all__ = ["CONTRACT", "LEAD", "Ground", "Recommendation", "advised", "shelf"]
