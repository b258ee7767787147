"""What the second tab says: sentences and figures from a brief, its frozen draws and the levers.

Pure functions; money in the brief's currency. At rest every figure is the brief's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...measure import words
from ...measure.brief_types import Brief
from ...measure.budget import landing as budgets
from ...measure.budget.outside_words import short
from ...measure.words import chance, money
from ...periods import fiscal_year, month_name
from ...wording import gap, span
from ...wording import landing as landing_words
from .change import Change, changed, shift
from .fan import chart_rows
from .levers import Levers, gpu_pool, limits


def view(brief: Brief, frozen: dict, levers: Levers = Levers()) -> dict:  # noqa: B008 - frozen
    """Everything the page shows under the levers, ready for JSON."""
    change = None if levers.at_rest else changed(brief, frozen, levers)
    land = brief["landing"] if change is None else change["landing"]
    rows = brief["forecast"]["months"] if change is None else change["months"]
    report = f"{month_name(brief['month'])} report, {brief['status']}"
    return {
        "published": levers.at_rest,
        "label": f"Published: {report}" if levers.at_rest else "What-if, not published",
        "headline": brief["headline"]
        if change is None
        else _capital(words.headline({**brief, "landing": land})),
        "sentences": list(brief["summary"])
        if change is None
        else _what_if_sentences(brief, frozen, levers, change),
        "cards": _cards(brief, frozen, land, change),
        "chart": chart_rows(brief, rows, change is not None),
        "compare": _compare(brief, change),
        "parts": _budget_parts(brief),
        "levers": {name: getattr(levers, name) for name in limits(frozen)},
    }


def sliders(brief: Brief, frozen: dict) -> list[dict]:
    """The sliders of this company: name, label, lowest, highest, step, form of the value, what it means."""
    first, months = frozen["months"][0], frozen["months"]
    span = f"{month_name(months[0])} to {month_name(months[-1])}"
    small = frozen.get("small_models", {})
    models = sorted({str(model) for model in small.values()})
    pool, currency = gpu_pool(frozen), brief["currency"]
    texts = {
        "demand": ("Demand", "signed", 0.01, f"Usage against the forecast, {span}."),
        "token_price": (
            "Token prices",
            "signed",
            0.01,
            f"Price of every token from {month_name(first)}, all models alike.",
        ),
        "small_share": (
            "Tokens on the smaller model",
            "share",
            0.01,
            f"Share of routable tokens moved to {', '.join(models)}; {len(small)} workload{'s' if len(small) > 1 else ''} "
            "can move. 0 % is the published mix.",
        ),
        "committed": (
            "GPUs under commitment",
            "count",
            1.0,
            _commitment_text(pool, months, currency) if pool else "",
        ),
    }
    return [
        {
            "name": name,
            "label": texts[name][0],
            "form": texts[name][1],
            "step": texts[name][2],
            "help": texts[name][3],
            "low": low,
            "high": high,
        }
        for name, (low, high) in limits(frozen).items()
    ]


def _commitment_text(pool: dict, months: list[str], currency: str) -> str:
    level = np.asarray(pool["level"])
    signed = np.flatnonzero(level > 0)
    held = (
        f"Signed: {level[signed[0]]:,.0f} GPUs an hour until {month_name(months[signed[-1]])}"
        if len(signed)
        else "Nothing is signed"
    )
    rate = money(float(np.asarray(pool["rate"])[-1]), currency)
    return f"{held}; signed contracts stay. The slider commits at least this many, at {rate} per GPU-hour, used or not."


def _what_if_sentences(brief: Brief, frozen: dict, levers: Levers, change: Change) -> list[str]:
    currency, gap = brief["currency"], change["difference"]
    parts = []
    if levers.demand:
        parts.append(f"demand {_signed(levers.demand)}")
    if levers.token_price:
        parts.append(f"token prices {_signed(levers.token_price)}")
    if levers.small_share:
        parts.append(
            f"{levers.small_share:.0%} of routable tokens on the smaller model".replace("%", " %")
        )
    if levers.committed:
        parts.append(f"at least {levers.committed:,.0f} GPUs under commitment")
    span = f"{month_name(frozen['months'][0])} to {month_name(frozen['months'][-1])}"
    return [
        f"What if: {' · '.join(parts)}.",
        f"{_more_or_less(gap['mean'], currency)} than published on average, {span} (eight of ten futures: "
        f"{_plus(gap['low'], currency)} to {_plus(gap['high'], currency)}).",
    ]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else '−'}{abs(share) * 100:.0f} %"


def _plus(value: float, currency: str) -> str:
    return f"+{money(value, currency)}" if value > 0 else money(value, currency)


def _more_or_less(value: float, currency: str) -> str:
    return f"{money(abs(value), currency)} {'more' if value >= 0 else 'less'}"


def _cards(brief: Brief, frozen: dict, land: Mapping, change: Change | None) -> list[dict]:
    """The figures under the headline: title, value, what stands beside it, what was published."""
    currency = brief["currency"]
    published: Mapping = brief["landing"]

    def spread(low: float, high: float) -> str:
        return "80 % range " + span(low, high, currency, to=" to ")

    left = short(brief.get("year_outside"), currency)
    what = landing_words.kind(land)
    lands = {"closed": "all of it booked", "flat": "no range: nothing in the bill has varied"}.get(
        what
    ) or spread(land["p10"], land["p90"])
    cards: list[dict] = [
        {
            "title": f"{land['period']} lands at",
            "value": money(land["p50"], currency),
            "note": lands + (f"; {left}" if left else ""),
            "was": money(published["p50"], currency),
        }
    ]
    if land["budget"] is not None and (what != "range" or land["overrun_probability"] is None):
        cards.append(
            {
                "title": f"{land['period']} against its budget",
                "value": f"{gap(land['p50'], land['budget'], currency)} budget",
                "note": f"{land['period']} budget {money(land['budget'], currency)}",
                "was": f"{gap(published['p50'], land['budget'], currency)} budget",
            }
        )
    elif land["budget"] is not None:
        cards.append(
            {
                "title": landing_words.chance_title(land["period"]),
                "value": chance(land["overrun_probability"]),
                "note": landing_words.chance_note(land, currency),
                "was": chance(published["overrun_probability"]),
            }
        )
    following = [i for i, month in enumerate(frozen["months"]) if month > frozen["year"][-1]][:12]
    if len(following) == 12:
        every = np.asarray(frozen["base_all"])[:, following].sum(axis=1)
        whole = budgets.spread(every)
        now = (
            whole
            if change is None
            else shift(
                whole,
                budgets.spread(change["base"][:, following].sum(axis=1)),
                budgets.spread(change["now"][:, following].sum(axis=1)),
                ("p10", "p50", "p90"),
            )
        )
        starts = int(frozen["year"][0][5:])
        cards.append(
            {
                "title": f"{fiscal_year(frozen['months'][following[0]], starts)} is heading for",
                "value": money(now["p50"], currency),
                "note": spread(now["p10"], now["p90"])
                + ("; tax and credits are not forecast" if left else ""),
                "was": money(whole["p50"], currency),
            }
        )
    actual, budget = brief["actual"]["month"], brief["budget"]["month"] if brief["budget"] else None
    note = (
        ""
        if budget is None
        else (
            f"{money(abs(budget - actual), currency)} {'under' if budget >= actual else 'over'} "
            f"the month's budget of {money(budget, currency)}"
        )
    )
    so_far = " so far" if brief["status"] == "flash" else ""
    cards.append(
        {
            "title": f"{month_name(brief['month'])} cost{so_far}",
            "value": money(actual, currency),
            "note": note,
            "was": None,
        }
    )
    return cards


def _budget_parts(brief: Brief) -> dict:
    """The published table of the units against the year's budget (docs/method §9.4); no rows where the brief has none."""
    rows: Sequence[Mapping] = brief.get("children") or []
    why, currency, land = brief.get("reason"), brief["currency"], brief["landing"]
    if not why:
        return {"title": "", "head": [], "rows": []}
    shown = [
        [
            f"{row['unit']} ({row['kind']})"
            if row["kind"] in ("no budget", "no spend")
            else row["unit"],
            money(row["landing_mean"], currency),
            money(row["year_budget"], currency),
            _plus(row["over"], currency),
        ]
        for row in rows
    ]
    shown.append(
        [
            "Company",
            money(land["mean"], currency),
            money(land["budget"], currency),
            _plus(why["over"], currency),
        ]
    )
    return {
        "title": why["title"],
        "head": [f"Published: {land['period']} by unit", "Mean", "Budget", "Over (+) or under (−)"],
        "rows": shown,
    }


def _compare(brief: Brief, change: Change | None) -> list[dict]:
    """The report's what-ifs and, when they moved, the sliders: mean change over the horizon with its 80 % range."""
    currency, rows = brief["currency"], []
    for item in brief["what_ifs"]:
        rows.append(
            _compared(
                item["name"],
                item["question"],
                mean=item["difference_mean"],
                low=item["difference_p10"],
                high=item["difference_p90"],
                cheaper=item["probability_cheaper"],
                currency=currency,
                period=item["period"],
                kind="published",
            )
        )
    if change is not None:
        gap, months = change["difference"], [row["month"] for row in change["months"]]
        rows.append(
            _compared(
                "Your sliders",
                "The sliders above, as they stand.",
                mean=gap["mean"],
                low=gap["low"],
                high=gap["high"],
                cheaper=gap["cheaper"],
                currency=currency,
                period=f"{month_name(months[0])} to {month_name(months[-1])}",
                kind="what-if",
            )
        )
    return rows


def _compared(
    name: str,
    question: str,
    *,
    mean: float,
    low: float,
    high: float,
    cheaper: float,
    currency: str,
    period: str,
    kind: str,
) -> dict:
    word = "Costs" if mean >= 0 else "Saves"
    more = " more" if mean >= 0 else ""
    return {
        "name": name,
        "question": question,
        "mean": mean,
        "low": low,
        "high": high,
        "kind": kind,
        "amount": _plus(mean, currency),
        "range": f"{_plus(low, currency)} to {_plus(high, currency)}",
        "cheaper": chance(cheaper),
        "sentence": f"{word} {money(abs(mean), currency)}{more} on average, {period}; cheaper than the published base in "
        f"{chance(cheaper)} of futures.",
    }
