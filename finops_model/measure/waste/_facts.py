"""What detectors of waste see, and what they say: a line of waste with the rows of the bill that it claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ...settings import WasteRules

CATEGORIES = (
    "idle",
    "unused_commitment",
    "orphaned_storage",
    "failed_or_repeated",
    "unused_seats",
)
UNBROKEN = 31  # days without waste after which it is a new one: `since` is of the newest


@dataclass(frozen=True, kw_only=True)
class Waste:
    """Money that bought nothing: what, where, how much by month, since when, and how it is known.

    Parameters
    ----------
    kind : str
        In plain words: "idle endpoint".
    category : str
        One of CATEGORIES.
    resource : str
        As the bill names it; "" where the waste is of a workload or SKU.
    workload, unit, team, owner : str
        Those that carry most of it; owner "" where no file names one.
    currency : str
        Three letters.
    cost_by_month : dict of str to float
        YYYY-MM -> EffectiveCost that is claimed, up to the month asked for.
    month_cost : float
        Of the month asked for; 0: it is over.
    since : str
        YYYY-MM-DD, the first day of what lasts, or lasted last.
    evidence : tuple of dict
        Rows that show it, text and numbers.
    sure : bool
        False: the bill alone suggests it, and somebody should look.
    why : str
        One sentence.
    claims : Series
        Row of `WasteFacts.rows` -> EffectiveCost of it that is claimed.

    Examples
    --------
    >>> gone = {"cost_by_month": {}, "month_cost": 0.0, "since": "", "evidence": (), "sure": True}
    >>> who = {"resource": "", "workload": "a", "unit": "", "team": "", "owner": "", "currency": "EUR"}
    >>> Waste(kind="idle endpoint", category="idle", why="", **who, **gone).month_cost
    0.0
    """

    kind: str
    category: str
    resource: str
    workload: str
    unit: str
    team: str
    owner: str
    currency: str
    cost_by_month: dict[str, float]
    month_cost: float
    since: str
    evidence: tuple[dict, ...]
    sure: bool
    why: str
    claims: pd.Series = field(
        default_factory=lambda: pd.Series(dtype=float), compare=False, repr=False
    )


@dataclass(frozen=True, kw_only=True)
class WasteFacts:
    """What waste is looked for in, up to the end of a month.

    Parameters
    ----------
    rows : frame
        `facts.daily.resources`, cost rows only (no tax, no credit), with `x_Month` YYYY-MM.
    month : str
        YYYY-MM that is asked for.
    last : str
        YYYY-MM-DD, newest day of the rows.
    currency : str
        Of the money.
    usage : frame, optional
        `facts.usage.daily.daily_usage`, one view; None: the workspace has none.
    seats : frame, optional
        `facts.cycle.seats.read_seats`; None: the workspace has none.
    rules : WasteRules
        `waste:` of finops.yaml.
    owners : dict of str to str
        Workload -> person, where a file names one.

    Examples
    --------
    >>> rows = pd.DataFrame({"x_Month": ["2026-10"], "EffectiveCost": [5.0]})
    >>> WasteFacts(rows=rows, month="2026-10", last="2026-10-31", currency="EUR").usage is None
    True
    """

    rows: pd.DataFrame
    month: str
    last: str
    currency: str
    usage: pd.DataFrame | None = None
    seats: pd.DataFrame | None = None
    rules: WasteRules = WasteRules()
    owners: dict[str, str] = field(default_factory=dict)

    def line(
        self,
        claims: pd.Series,
        *,
        kind: str,
        category: str,
        why: str,
        evidence: Sequence[dict],
        sure: bool = True,
        resource: str = "",
    ) -> Waste | None:
        """A line of waste of the rows that it claims.

        Parameters
        ----------
        claims : Series
            Row of `rows` -> money of it that is waste; at most the row's EffectiveCost counts.
        kind, category, why, evidence, sure, resource
            As in `Waste`.

        Returns
        -------
        Waste or None
            None where nothing above half a cent is left.

        Examples
        --------
        >>> days = pd.to_datetime(["2026-10-01", "2026-10-02"])
        >>> names = {"x_Workload": "chat", "x_BusinessUnit": "Sales", "x_Team": "a", "x_Month": "2026-10"}
        >>> rows = pd.DataFrame({"ChargeDate": days, "EffectiveCost": [5.0, 6.0], **names})
        >>> facts = WasteFacts(rows=rows, month="2026-10", last="2026-10-02", currency="EUR")
        >>> said = {"kind": "idle endpoint", "category": "idle", "why": "", "evidence": ()}
        >>> line = facts.line(pd.Series([5.0, 99.0]), **said)
        >>> line.month_cost, line.since, line.workload
        (11.0, '2026-10-01', 'chat')
        """
        claims = claims.clip(upper=self.rows["EffectiveCost"].reindex(claims.index))
        claims = claims[claims > 0]
        if claims.sum() < 0.005:
            return None
        rows = self.rows.loc[claims.index]
        by_month = claims.groupby(rows["x_Month"]).sum().sort_index()
        workload = _most(claims, rows["x_Workload"])
        return Waste(
            kind=kind,
            category=category,
            resource=resource,
            workload=workload,
            unit=_most(claims, rows["x_BusinessUnit"]),
            team=_most(claims, rows["x_Team"]),
            owner=self.owners.get(workload, ""),
            currency=self.currency,
            cost_by_month={str(month): float(cost) for month, cost in by_month.items()},
            month_cost=float(by_month.get(self.month, 0.0)),
            since=_since(rows["ChargeDate"]),
            evidence=tuple(evidence),
            sure=sure,
            why=why,
            claims=claims,
        )


def _most(claims: pd.Series, names: pd.Series) -> str:
    """The name that carries most of what is claimed."""
    return str(claims.groupby(names).sum().idxmax())


def _since(days: pd.Series) -> str:
    """The first day of the newest unbroken run of days, YYYY-MM-DD.

    >>> _since(pd.Series(pd.to_datetime(["2026-01-05", "2026-06-01", "2026-06-20"])))
    '2026-06-01'
    """
    run = pd.Series(sorted(days.unique()))
    breaks = run.diff() > pd.Timedelta(days=UNBROKEN)
    return f"{run[breaks].iloc[-1] if breaks.any() else run.iloc[0]:%Y-%m-%d}"
