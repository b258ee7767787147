"""The answer of `finops commit`: a sentence, offers side by side, how sure, why, what is next best, and its tables (docs/decide/commit.md)."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from ....wording import chance, money
from ....wording.pictures import curves as drawn
from ...questions.answer import Answer
from ..answer import Recommendation
from .how_many import how_many
from .table import Row, SideBySide
from .tables import (
    answers_table,
    cash_by_month_table,
    chosen_rows,
    ladders_table,
    levels_table,
    options_table,
    replays_table,
)

FORMS = {
    "level": "units",
    "committed": "money",
    "paid on day one": "money",
    "used": "share",
    "used, P10": "share",
    "savings rate": "share",
    "pays from use of": "share",
    "last unit used": "share",
    "cost": "money",
    "P10": "money",
    "P90": "money",
    "saves": "money",
    "saves a year": "money",
    "saves against at once": "money",
    "NPV": "money",
    "regret": "money",
    "month": "text",
}


def answer_of(found) -> Answer:
    """What `recommend` found (decide.commitments.workspace.Found) as an answer."""
    rec, table = found.recommendation, found.table
    currency, rate = rec.currency, table.ask.discount_rate
    groups = sorted({row.group for row in table.rows})
    answers = [answer for group in groups for answer in how_many(table, rec, currency, group)]
    cash = cash_by_month_table(table)
    return Answer(
        question="commit",
        sentence=rec.headline(),
        table=options_table(table, rec),
        range=_range(rec),
        reason=_reason(table, rec),
        next_best=_next_best(table, rec),
        currency=currency,
        forms={**FORMS, **{str(name): "money" for name in cash if name not in FORMS}},
        notes=(
            *_further(rec),
            *rec.notes,
            *(x for x in table.left_out if not any(n.startswith(x.rstrip(".")) for n in rec.notes)),
            *found.unread,
            *_assumptions(table),
        ),
        figures={
            "discount_rate": rate,
            "offers": [_figures(row) for row in table.rows],
            "levels": {
                name: [asdict(level) for level in rows] for name, rows in table.curves.items()
            },
            "how_many": [asdict(one) for one in answers],
            "ladders": [
                {
                    "offer": one.offer,
                    "steps": one.steps,
                    "held": one.held,
                    "cost": float(one.cost.mean()),
                    "npv": one.npv,
                }
                for one in table.ladders
            ],
        },
        tables={
            "Levels": levels_table(table, rec),
            "How many": answers_table(answers),
            "Ladders": ladders_table(table),
            "Cash by month": cash,
            **({"Replay": replays_table(found.replays)} if found.replays else {}),
        },
        picture=_picture(table, rec),
    )


def _figures(row: Row) -> dict:
    low, high = np.quantile(row.cost, (0.1, 0.9))
    return {
        "option": row.name,
        "levels": row.held,
        "unit": row.unit,
        "term_months": row.offer.term_months if row.offer else None,
        "first_term": asdict(row.first) if row.first else None,
        "cost": float(row.cost.mean()),
        "cost_p10": float(low),
        "cost_p90": float(high),
        "npv": row.npv,
        "cash": dict(zip(map(str, row.dates), row.cash.tolist(), strict=True)),
        "why": row.why,
    }


def _range(rec: Recommendation) -> str:
    if not any(p.quantity > 0 for p in rec.purchases):
        low, high = np.quantile(rec.on_demand, (0.1, 0.9))
        return f"On demand it costs {money(float(low), rec.currency)} to {money(float(high), rec.currency)} in 8 of 10 futures."
    low, high = rec.saving_quantile(0.1), rec.saving_quantile(0.9)
    lost = round(rec.probability_of_loss * rec.paths)
    ends = (
        f"It saves {money(low, rec.currency)} to {money(high, rec.currency)}"
        if low >= 0
        else f"From a loss of {money(-low, rec.currency)} to a saving of {money(high, rec.currency)}"
        if high >= 0
        else f"It loses {money(-high, rec.currency)} to {money(-low, rec.currency)}"
    )
    return (
        f"{ends} in 8 of 10 futures (mean {money(rec.expected_saving, rec.currency)}, "
        f"standard error {money(rec.standard_error, rec.currency)}); it costs more than on demand in {chance(rec.probability_of_loss)} "
        f"of them ({lost:,} of {rec.paths:,})."
    )


def _further(rec: Recommendation) -> list[str]:
    """Regret and coverage of what is recommended."""
    if not any(p.quantity > 0 for p in rec.purchases):
        return []
    high = float(np.quantile(rec.regret, 0.9))
    signed = sum(p.commitment for p in rec.purchases)
    return [
        f"Signed for: {money(signed, rec.currency)} in fees. Against the best level in hindsight it costs {money(float(rec.regret.mean()), rec.currency)} more "
        f"on average, {money(high, rec.currency)} in one future of ten; it covers {rec.coverage:.0%} of the on-demand cost."
    ]


def _reason(table: SideBySide, rec: Recommendation) -> str:
    bought = [p for p in rec.purchases if p.quantity > 0]
    if not bought:
        return "No level of an offer costs less on average than the same use on demand."
    said, outcome = [], rec.outcome
    for name in dict.fromkeys(p.name for p in bought):
        mine = [i for i, p in enumerate(rec.purchases) if p.name == name and p.quantity > 0]
        use = outcome.used[:, mine].sum(axis=1).mean() / outcome.paid[mine].sum()
        worth = outcome.covered[:, mine].sum() / max(outcome.used[:, mine].sum(), 1e-300)
        even = outcome.fees[mine].sum() / outcome.paid[mine].sum() / max(worth, 1e-300)
        binding = next((rec.purchases[i].binding for i in mine if rec.purchases[i].binding), "")
        said.append(
            f"{name} is used in {use:.0%} of its hours and pays from {even:.0%}"
            + (f"; {binding} keeps it from being larger" if binding else "")
        )
    return "; ".join(said) + "."


def _next_best(table: SideBySide, rec: Recommendation) -> str:
    chosen, currency = chosen_rows(table, rec), rec.currency
    ours = [row for row in table.rows if row.name in chosen]
    if not ours:
        return ""
    first = ours[0]
    others = [
        row
        for row in table.rows
        if row.group == first.group and row.name not in chosen and (any(row.held) or not row.offer)
    ]
    if not others:
        return "There is none: no offer is better than on demand at any level."
    best = others[0]
    gap, at = best.npv - first.npv, _at(table)
    level = f" at {best.held[0]:,.4g} an hour" if best.held else ""
    if gap >= 0:
        return f"{best.name}{level} costs {money(gap, currency)} more{at}."
    return (
        f"{best.name}{level} costs {money(-gap, currency)} less{at}, because it is paid later; by the sum of the cost it is "
        f"{money(float(best.cost.mean() - first.cost.mean()), currency)} dearer."
    )


def _at(table: SideBySide) -> str:
    rate = table.ask.discount_rate
    return f" at NPV ({rate:.2%} a year)" if rate else ""


def _assumptions(table: SideBySide) -> list[str]:
    ask, rows = table.ask, table.rows
    last = np.datetime64(ask.end) - 1
    notes = [
        f"▶ what is recommended. Side by side from {ask.start} to {last}: what is not covered costs on demand; cost is what is used, NPV what is paid: a fee as its offer "
        "says, the rest of it and use on demand the day after each month."
    ]
    if any(len(row.held) > 1 and row.offer for row in rows):
        notes.append(
            "A term that ends before that is bought again at the same rate, at the level that is then best: what rates will be is not known."
        )
    if not ask.discount_rate:
        notes.append(
            "The discount rate is 0, so NPV is the sum of what is paid: --discount-rate 0.08 for 8 % a year."
        )
    if table.ladders:
        notes.append(
            "A ladder buys the same level in equal steps, one a month; what outlives the first term is paid for inside it only."
        )
    return notes


def _picture(table: SideBySide, rec: Recommendation):
    own = [row for row in table.rows if row.group == 0 and row.offer]
    series = {
        row.name: (
            [x.level for x in table.curves[row.name]],
            [100 * x.savings_rate for x in table.curves[row.name]],
        )
        for row in own[:4]
    }
    first = next((p for p in rec.purchases if p.quantity > 0 and p.name in series), None)
    words = "Effective savings rate of each offer by level, in percent of the on-demand cost of its term."
    return drawn(
        series,
        words=words,
        across=f"committed, {own[0].unit} an hour" if own else "",
        axis="saved, % of on demand",
        marks={f"recommended: {first.quantity:,.4g}": first.quantity} if first else None,
    )
