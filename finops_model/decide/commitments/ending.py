"""What ending or changing a commitment early costs, by the vendor's rules: `finops prices end` (docs/method §3.58, §5.41)."""

from __future__ import annotations

import pandas as pd

from ...checks import number
from ...prices.terms.termination import cancel, exchange, policy, remaining, resell
from ...wording import money
from ..questions.answer import Answer


def of_ending(
    kind: str,
    monthly: float,
    term_months: float,
    after_months: float,
    *,
    pool: float | None = None,
    fee_share: float | None = None,
    paid_upfront: float = 0.0,
    price_share: float = 1.0,
    currency: str = "USD",
) -> Answer:
    """Cancelled, exchanged, sold, or kept: what each still costs from today, money; what is paid already comes off.

    kind   a policy of prices/terms/termination.py; monthly   money a month; paid_upfront   share paid on the first day
    price_share   share of its remaining worth that a buyer pays
    """
    more = {} if fee_share is None else {"fee_share": fee_share}
    rule = policy(kind, **more)
    rest = float(
        remaining(
            number(monthly, "monthly"), number(term_months, "term"), number(after_months, "passed")
        )
    )
    due = rest * (1 - number(paid_upfront, "paid upfront"))  # what is not paid yet
    ended = cancel(rule, monthly, term_months, after_months, pool=pool, paid_upfront=paid_upfront)
    moved = exchange(rule, monthly, term_months, after_months)
    sold = resell(rule, rest, price_share)
    rows = [
        ("keep it", True, due, "It is paid until its term ends; less use saves nothing."),
        (
            "cancel it",
            bool(ended.allowed),
            -float(ended.refund) if ended.allowed else None,
            ended.reason or f"{float(ended.cancelled):,.2f} ends; fee {float(ended.fee):,.2f}.",
        ),
        (
            "exchange it",
            bool(moved.allowed),
            float(moved.minimum) if moved.allowed else None,
            moved.reason or "At least so much of another commitment, which is then used instead.",
        ),
        (
            "sell it",
            bool(sold.allowed),
            due - float(sold.refund) if sold.allowed else None,
            sold.reason or f"Proceeds {float(sold.refund):,.2f} after the market's fee.",
        ),
    ]
    table = pd.DataFrame(
        [
            {"way": way, "may it": "yes" if may else "no", "still to pay": cost, "why": why}
            for way, may, cost, why in rows
        ]
    )
    open_ways = [
        (cost, way)
        for way, may, cost, _ in rows
        if may and cost is not None and way != "exchange it"
    ]
    least, best = min(open_ways)
    others = sorted(open_ways)[1:]
    return Answer(
        question="end",
        sentence=f"{rule.name}: {best} is cheapest of what the vendor allows; {money(least, currency)} is still to pay of "
        f"{money(due, currency)}.",
        table=table,
        forms={"still to pay": "money"},
        range="There is none: terms are certain. Use that goes on is paid on demand or under another commitment.",
        reason=f"{after_months:g} of {term_months:g} months have passed; {money(rest, currency)} of the commitment remains.",
        next_best=f"{others[0][1].capitalize()}: {money(others[0][0] - least, currency)} more."
        if others
        else "There is none.",
        currency=currency,
        notes=()
        if ended.pool_left != ended.pool_left or not ended.allowed or rule.pool is None
        else (
            f"{float(ended.pool_left):,.2f} may be cancelled after it in the rolling {rule.pool_months} months.",
        ),
        figures={"remaining": rest, "due": due, "best": best, "still_to_pay": least},
    )
