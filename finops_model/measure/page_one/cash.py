"""What was billed beside what it cost, of the month and of the year to date (docs/method §9.34).

Both before credits and tax. Billed is by billing period, whenever the use was; cost is by day of use. The two are never added.
"""

from __future__ import annotations

import pandas as pd

from ...errors import together
from ...periods import fiscal_months, fiscal_year, month_name
from ...wording import clean, money
from ..actuals import OUTSIDE, cost_rows
from ..close import Close
from .dates import in_month, in_year
from .types import Cash, CashLine

MOST = 0.9  # of a difference that a reason must carry to be its reason
SMALL = 0.005  # money below half a cent is none
WHY = {
    ("commitment", 1): "commitments were billed before they are used",
    ("commitment", -1): "commitments that were billed earlier were used",
    ("fee", 1): "fees were billed for longer than the time gone",
    ("fee", -1): "fees that were billed earlier are spread over their time",
}


def cash(close: Close) -> Cash | None:
    """Cash beside expense of the company; None where the close has not read what was billed.

    The year to date is left out where the fiscal year is weeks: billing periods are months.
    """
    if close.billed is None:
        return None
    own = close.billed[~close.billed["ChargeCategory"].isin(list(OUTSIDE))]
    rows = cost_rows(close.daily)
    year = year_to(close.month, close.fiscal_year_starts)
    asked = [(month_name(close.month), [close.month], in_month(rows, close.month))]
    if close.calendar is None:
        name = f"{fiscal_year(close.month, close.fiscal_year_starts)} to date"
        asked.append((name, year, in_year(close, rows)))
    lines: list[CashLine] = []
    for name, months, spent in asked:
        paid = own[own["BillingPeriod"].isin(months)]
        expense = float(spent["EffectiveCost"].sum())
        unknown = _unknown(close, months)
        amount = None if unknown else float(paid["BilledCost"].sum())
        lines.append(
            {
                "period": name,
                "billed": amount,
                "expense": expense,
                "difference": None if amount is None else _gap(amount, expense),
            }
        )
    month_paid = own[own["BillingPeriod"] == close.month]
    return {"lines": lines, "sentence": _sentence(close, lines[0], month_paid, asked[0][2])}


def year_to(month: str, starts: int = 1) -> list[str]:
    """The months of a fiscal year up to one of them.

    >>> year_to("2026-02"), year_to("2026-08", 7)
    (['2026-01', '2026-02'], ['2026-07', '2026-08'])
    """
    return [each for each in fiscal_months(month, starts) if each <= month]


def _gap(billed: float, expense: float) -> float:
    """Their difference; rests of floats are none."""
    return billed - expense if abs(billed - expense) >= SMALL else 0.0


def _unknown(close: Close, months: list[str]) -> list[str]:
    """Issuers whose BilledCost of some of these billing periods is not known."""
    return sorted(
        {
            clean(one["issuer"]) or "a bill without an issuer"
            for one in close.taken
            if one["not_known"] == "Billed"
            and one["first"] <= months[-1]
            and one["last"] >= months[0]
        }
    )


def _sentence(close: Close, line: CashLine, paid: pd.DataFrame, spent: pd.DataFrame) -> str:
    if line["difference"] is None:
        who = together(_unknown(close, [close.month]))
        return (
            f"What was billed in {line['period']} is not known: BilledCost is not known for {who}."
        )
    gap = line["difference"]
    if not gap:
        return f"What {line['period']} cost was billed in it: cash and expense are the same."
    side = "more" if gap > 0 else "less"
    head = f"{money(line['billed'], close.currency)} was billed in {line['period']}, {money(abs(gap), close.currency)} {side} than it cost"
    why = _why(gap, paid, spent)
    return f"{head}: {why}." if why else f"{head}."


def _why(gap: float, paid: pd.DataFrame, spent: pd.DataFrame) -> str:
    """Why billed and cost differ, where one reason carries nearly all of it; '' elsewhere."""
    committed, bought = (
        spent["CommitmentDiscountId"] != "",
        spent["ChargeCategory"] == "Purchase",
    )
    parts = {
        "commitment": paid.loc[paid["Committed"], "BilledCost"].sum()
        - spent.loc[committed, "EffectiveCost"].sum(),
        "fee": paid.loc[
            ~paid["Committed"] & (paid["ChargeCategory"] == "Purchase"), "BilledCost"
        ].sum()
        - spent.loc[~committed & bought, "EffectiveCost"].sum(),
    }
    for name, part in parts.items():
        if part * gap > 0 and abs(part - gap) <= (1 - MOST) * abs(gap):
            return WHY[name, 1 if gap > 0 else -1]
    return ""
