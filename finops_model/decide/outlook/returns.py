"""What business value returns, as an answer: ROI, payback, the chance that it pays (docs/method §16.61 to §16.64)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...errors import InputError, together
from ...measure.outlook.returns import Initiative, discounts, figures, whole
from ...periods import month_name
from ...wording import chance, money, percent, pictures, span
from ..questions.answer import Answer

ALL = "All initiatives"
NEVER = "not within the horizon"
FORMS = {
    "value": "money",
    "value P10": "money",
    "value P90": "money",
    "cost": "money",
    "ROI": "share",
    "ROI P10": "share",
    "ROI P90": "share",
    "chance ROI > 0": "chance",
    "chance of payback": "chance",
    "per unit of cost": "units",
    "cumulative net": "money",
    "cumulative net P10": "money",
    "cumulative net P90": "money",
    "cost P10": "money",
    "cost P90": "money",
    "net present value": "money",
}


def returned(
    initiatives: Sequence[Initiative],
    period: str,
    *,
    currency: str,
    rate: float = 0.0,
    simulated: str = "",
    notes: Sequence[str] = (),
) -> Answer:
    """ROI, payback and chances of initiatives in a period, and of all of them together.

    simulated   from where costs of coming months are, in words; "": none is simulated
    Raises InputError where there is no initiative.
    """
    if not initiatives:
        raise InputError(
            f"--period: no initiative has a value in {period}. Name a period that the file of values has."
        )
    several = len(initiatives) > 1
    total = whole(initiatives, ALL) if several else initiatives[0]
    lines = [figures(each, rate) for each in initiatives]
    lines.sort(key=lambda line: (line["cost"] - line["value"], line["initiative"]))
    last = figures(total, rate)
    shown = [*lines, last] if several else lines
    table = pd.DataFrame(
        [
            {
                "initiative": line["initiative"],
                "owner": "–" if line["initiative"] == ALL and several else together(line["owners"]),
                "value": line["value"],
                "cost": line["cost"],
                "ROI": line["roi"],
                "ROI P10": line["roi_p10"],
                "ROI P90": line["roi_p90"],
                "chance ROI > 0": line["chance"],
                "payback": _month(line["payback"]),
                "chance of payback": line["payback_chance"],
            }
            for line in shown
        ]
    )
    return Answer(
        question="roi",
        sentence=_sentence(last, period, currency),
        table=table,
        forms=FORMS,
        range=_range(last, currency),
        reason=_reason(lines, several, currency),
        next_best="",
        currency=currency,
        notes=(_payback(last, rate), *_notes(lines, rate, simulated), *notes),
        figures={
            "period": period,
            "discount_rate": rate,
            "initiatives": lines,
            **({"together": last} if several else {}),
        },
        tables={
            "Ranges": _ranges(shown),
            "By kind": _by_kind(shown),
            "By month": _by_month(total, rate),
        },
        picture=_picture(shown),
    )


def _month(month: str | None) -> str:
    return month_name(month) if month else NEVER


def _sentence(line: dict, period: str, currency: str) -> str:
    value, cost = money(line["value"], currency), money(line["cost"], currency)
    what = (
        f"{line['initiative']} bring {value}"
        if line["initiative"] == ALL
        else f"{line['initiative']} brings {value}"
    )
    if line["roi"] is None:
        return f"{what} on {cost} of cost in {period}: a return on cost that is nothing, or may be, is not told."
    return (
        f"{what} on {cost} of cost in {period}: ROI {_share(line['roi'])}, and it is above 0 with a chance of "
        f"{chance(line['chance'])}."
    )


def _range(line: dict, currency: str) -> str:
    value = f"value {span(line['value_p10'], line['value_p90'], currency, to=' to ')}"
    if line["roi_p10"] is None:
        return f"eight of ten futures: {value}."
    return f"eight of ten futures: ROI {_share(line['roi_p10'])} to {_share(line['roi_p90'])}, {value}."


def _reason(lines: Sequence[dict], several: bool, currency: str) -> str:
    best = lines[0]
    kind = max(best["value_by_kind"], key=lambda key: best["value_by_kind"][key])
    who = f"{best['initiative']} carries most of it: " if several else ""
    return f"{who}{money(best['value_by_kind'][kind], currency)} of {kind}, as {together(best['owners'])} states it."


def _payback(line: dict, rate: float) -> str:
    how = f"discounted at {percent(rate)} a year" if rate else "not discounted"
    if line["payback"] is None:
        return (
            f"Payback ({how}) is {NEVER}, which ends in {month_name(line['months'][1])}; the chance of it within: "
            f"{chance(line['payback_chance'])}."
        )
    return (
        f"Payback ({how}): from {month_name(line['payback'])} on what came in stays at or above what was spent, in half of the futures; "
        f"within the horizon it does with a chance of {chance(line['payback_chance'])}."
    )


def _notes(lines: Sequence[dict], rate: float, simulated: str) -> list[str]:
    notes = [
        "A value is its owner's range: one in ten outcomes below low, half below likely, one in ten above high; all values of one owner are high "
        "or low together, those of two owners are independent.",
        "Value and cost are incremental, those of the months of the period alone.",
    ]
    if not rate:
        notes.append("Not discounted: give --discount, or discount_rate in finops.yaml.")
    if simulated:
        notes.append(simulated)
    for line in lines:
        if line["roi"] is None:
            notes.append(
                f"{line['initiative']}: its cost is 0 or below in some futures, so it has no ROI."
            )
    return notes


def _ranges(lines: Sequence[dict]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "initiative": line["initiative"],
                **{
                    f"{what} {q.upper()}": line[f"{what}_{q}"]
                    for what in ("value", "cost")
                    for q in ("p10", "p90")
                },
                "net present value": line["net_present_value"],
                "cost from": line["cost_from"] or "–",
            }
            for line in lines
        ]
    )


def _by_kind(lines: Sequence[dict]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "initiative": line["initiative"],
                "kind": kind,
                "value": amount,
                "per unit of cost": line["per_dollar"][kind],
            }
            for line in lines
            for kind, amount in line["value_by_kind"].items()
        ],
        columns=["initiative", "kind", "value", "per unit of cost"],
    )


def _by_month(total: Initiative, rate: float) -> pd.DataFrame:
    net = (total.value - total.cost) * discounts(len(total.months), rate, total.after)
    rows = np.cumsum(net, axis=1)
    low, high = np.quantile(rows, [0.1, 0.9], axis=0)
    return pd.DataFrame(
        {
            "month": list(total.months),
            "value": total.value.mean(axis=0),
            "cost": total.cost.mean(axis=0),
            "cumulative net": rows.mean(axis=0),
            "cumulative net P10": low,
            "cumulative net P90": high,
        }
    )


def _picture(lines: Sequence[dict]) -> dict | None:
    known = [line for line in lines if line["roi"] is not None]
    if not known:
        return None
    return pictures.ranges(
        [line["initiative"] for line in known],
        [100 * line["roi_p10"] for line in known],
        [100 * line["roi"] for line in known],
        [100 * line["roi_p90"] for line in known],
        [_share(line["roi"]) for line in known],
        words="ROI of each initiative, eight of ten futures: "
        + "; ".join(
            f"{line['initiative']} {_share(line['roi_p10'])} to {_share(line['roi_p90'])}"
            for line in known
        ),
        axis="ROI, percent",
        highlight=len(known) - 1 if len(known) > 1 else 0,
        mark=0.0,
    )


def _share(value: float) -> str:
    """A return in whole percents, signed where it is a loss.

    >>> _share(0.453), _share(-0.128), _share(-0.001)
    ('45 %', '−13 %', '0 %')
    """
    return f"{round(100 * value) + 0:,} %".replace("-", "−")
