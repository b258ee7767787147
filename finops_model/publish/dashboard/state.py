"""What the second tab says: sentences, figures and chart rows from a brief, its frozen draws and the sliders' position.

Pure functions; money in the brief's currency. At rest every figure is the brief's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...measure import words
from ...measure.budget import landing as budgets
from ...measure.budget.outside_words import short
from ...measure.words import chance, money
from ...periods import fiscal_year, month_name
from ...wording import gap, span
from ...wording import landing as landing_words
from .dials import Position, gpu_pool, limits, settle
from .labels import spread_labels, stamp

QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
HISTORY = 18  # months of actuals drawn
BLUE, VERMILION, INK, GREY = "#0072B2", "#B94F00", "#1B2631", "#5D6D7E"
LABEL_GAP = 0.055  # of the axis: the height of one line of text


def view(brief: dict, dials: dict, position: Position = Position()) -> dict:  # noqa: B008 - frozen
    """Everything the page shows at a position, ready for JSON."""
    change = None if position.base else _change(brief, dials, position)
    land = brief["landing"] if change is None else change["landing"]
    rows = brief["forecast"]["months"] if change is None else change["months"]
    report = f"{month_name(brief['month'])} report, {brief['status']}"
    return {
        "published": position.base,
        "label": f"Published: {report}" if position.base else "What-if, not published",
        "headline": brief["headline"]
        if change is None
        else _capital(words.headline({**brief, "landing": land})),
        "sentences": list(brief["summary"])
        if change is None
        else _what_if_sentences(brief, dials, position, change),
        "cards": _cards(brief, dials, land, change),
        "chart": _chart(brief, rows, change is not None),
        "compare": _compare(brief, change),
        "parts": _budget_parts(brief),
        "position": {name: getattr(position, name) for name in limits(dials)},
    }


def sliders(brief: dict, dials: dict) -> list[dict]:
    """The sliders of this company: name, label, lowest, highest, step, form of the value, what it means."""
    first, months = dials["months"][0], dials["months"]
    span = f"{month_name(months[0])} to {month_name(months[-1])}"
    small = dials.get("small_models", {})
    models = sorted({str(model) for model in small.values()})
    pool, currency = gpu_pool(dials), brief["currency"]
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
        for name, (low, high) in limits(dials).items()
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


def _change(brief: dict, dials: dict, position: Position) -> dict:
    """Published figures moved by the change of the frozen draws: landing, months, next year, path-wise difference."""
    base, now = (
        np.asarray(dials["base"]),
        settle(
            dials, position.demand, position.token_price, position.small_share, position.committed
        ),
    )
    months, land, year = list(dials["months"]), brief["landing"], dials["year"]
    open_months = [i for i, month in enumerate(months) if month in year]
    moved = budgets.landing(
        land["period"],
        land["booked"],
        now[:, open_months],
        tuple(months[i] for i in open_months),
        land["budget"],
    )
    still = budgets.landing(
        land["period"],
        land["booked"],
        base[:, open_months],
        tuple(months[i] for i in open_months),
        land["budget"],
    )
    landing = {
        **land,
        **_shift(land, still, moved, ("p10", "p50", "p90")),
        "mean": land["mean"] + moved["mean"] - still["mean"],
        "breach_month": moved["breach_month"],
    }
    if land["overrun_probability"] is not None:
        landing["overrun_probability"] = _share(
            land["overrun_probability"] + _over(moved) - _over(still)
        )
    rows = []
    for i, row in enumerate(brief["forecast"]["months"]):
        before, after = budgets.spread(base[:, i]), budgets.spread(now[:, i])
        rows.append({**row, **_shift(row, before, after, QUANTILES)})
    difference = (now - base).sum(axis=1)
    low, high = (float(v) for v in np.quantile(difference, (0.1, 0.9)))
    return {
        "landing": landing,
        "months": rows,
        "base": base,
        "now": now,
        "difference": {
            "mean": float(difference.mean()),
            "low": low,
            "high": high,
            "cheaper": float(np.mean(difference < -0.005)),
        },
    }


def _shift(published: Mapping, still: Mapping, moved: Mapping, names) -> dict:
    """Published quantiles plus the change of the same quantiles, kept in order and not below nothing."""
    values = [max(published[name] + moved[name] - still[name], 0.0) for name in names]
    return dict(zip(names, (float(v) for v in np.maximum.accumulate(values))))


def _over(land: Mapping) -> float:
    """The chance of an overrun of frozen draws; of draws without width whether they are over."""
    found = land["overrun_probability"]
    return float(land["p50"] > land["budget"]) if found is None else found


def _share(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))


def _what_if_sentences(brief, dials, position: Position, change: dict) -> list[str]:
    currency, gap = brief["currency"], change["difference"]
    parts = []
    if position.demand:
        parts.append(f"demand {_signed(position.demand)}")
    if position.token_price:
        parts.append(f"token prices {_signed(position.token_price)}")
    if position.small_share:
        parts.append(
            f"{position.small_share:.0%} of routable tokens on the smaller model".replace("%", " %")
        )
    if position.committed:
        parts.append(f"at least {position.committed:,.0f} GPUs under commitment")
    span = f"{month_name(dials['months'][0])} to {month_name(dials['months'][-1])}"
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


def _cards(brief: dict, dials: dict, land: dict, change: dict | None) -> list[dict]:
    """The figures under the headline: title, value, what stands beside it, what was published."""
    currency, published = brief["currency"], brief["landing"]

    def spread(low, high):
        return "80 % range " + span(low, high, currency).replace("–", " to ")

    left = short(brief.get("year_outside"), currency)
    what = landing_words.kind(land)
    lands = {"closed": "all of it booked", "flat": "no range: nothing in the bill has varied"}.get(
        what
    ) or spread(land["p10"], land["p90"])
    cards = [
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
    following = [i for i, month in enumerate(dials["months"]) if month > dials["year"][-1]][:12]
    if len(following) == 12:
        every = np.asarray(dials["base_all"])[:, following].sum(axis=1)
        whole = budgets.spread(every)
        now = (
            whole
            if change is None
            else _shift(
                whole,
                budgets.spread(change["base"][:, following].sum(axis=1)),
                budgets.spread(change["now"][:, following].sum(axis=1)),
                ("p10", "p50", "p90"),
            )
        )
        starts = int(dials["year"][0][5:])
        cards.append(
            {
                "title": f"{fiscal_year(dials['months'][following[0]], starts)} is heading for",
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


def _budget_parts(brief: dict) -> dict:
    """The published table of the units against the year's budget (docs/method §9.4); no rows where the brief has none."""
    rows, why, currency, land = (
        brief.get("children") or [],
        brief.get("reason"),
        brief["currency"],
        brief["landing"],
    )
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


def _chart(brief: dict, rows: list[dict], moved: bool) -> dict:
    """Rows by name for the frozen specification, and what the chart says in words."""
    currency, published = brief["currency"], brief["forecast"]["months"]
    first = rows[0]["month"]
    booked = {
        m: v
        for m, v in brief["actual"]["by_month"].items()
        if m < first and m not in brief["actual"]["partial_months"]
    }
    history = sorted(booked)[-HISTORY:]
    opening = (
        [{"month": stamp(history[-1]), **dict.fromkeys(QUANTILES, booked[history[-1]])}]
        if history
        else []
    )
    fan = opening + [
        {"month": stamp(row["month"]), **{p: row[p] for p in QUANTILES}} for row in rows
    ]
    shown = [*history, *(row["month"] for row in rows)]
    plan = {
        m: v
        for m, v in (brief["budget"]["by_month"] if brief["budget"] else {}).items()
        if m in shown
    }
    top = max(
        [row["p95"] for row in published]
        + [row["p95"] for row in rows]
        + list(plan.values())
        + [booked[m] for m in history]
    )
    last = rows[-1]
    ends = [
        (last["p95"], "95th pct", GREY),
        (last["p50"], "Median", BLUE),
        (last["p05"], "5th pct", GREY),
    ]
    if moved:
        ends.append((published[-1]["p50"], "Published", GREY))
    if plan and max(plan) == last["month"]:
        ends.append((plan[max(plan)], "Budget", VERMILION))
    labels = [
        {"month": stamp(last["month"]), **row} for row in spread_labels(ends, LABEL_GAP * top)
    ]
    if plan and max(plan) < last["month"]:
        labels.append(
            {
                "month": stamp(max(plan)),
                "value": plan[max(plan)],
                "text": "Budget",
                "color": VERMILION,
            }
        )
    title = f"Monthly AI spend is heading for {money(last['p50'], currency)} in {month_name(last['month'])}"
    if history:
        title += f", from {money(booked[history[-1]], currency)} in {month_name(history[-1])}"
    paths = f"{brief['forecast']['paths']:,}"
    return {
        "title": title,
        "subtitle": f"Monthly cost in {currency}, commitments spread over their term. Bands: 50, 80 and 90 % of {paths} "
        f"simulated futures. Black: booked{'. Dotted: published median' if moved else ''}.",
        "alt": f"Fan chart. {title}; 80 % range {money(last['p10'], currency)} to {money(last['p90'], currency)}.",
        "data": {
            "fan": fan,
            "actual": [{"month": stamp(m), "cost": booked[m]} for m in history],
            "budget": [{"month": stamp(m), "amount": plan[m]} for m in sorted(plan)],
            "published": opening_line(opening, published),
            "labels": labels,
            "frame": [{"value": top}],
        },
    }


def opening_line(opening: list[dict], published: list[dict]) -> list[dict]:
    """The published median, drawn thin beside a what-if."""
    return [{"month": row["month"], "p50": row["p50"]} for row in opening] + [
        {"month": stamp(row["month"]), "p50": row["p50"]} for row in published
    ]


def _compare(brief: dict, change: dict | None) -> list[dict]:
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
                "The position of the sliders above.",
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


def _compared(name, question, *, mean, low, high, cheaper, currency, period, kind) -> dict:
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
