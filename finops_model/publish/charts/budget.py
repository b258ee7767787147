"""The charts of the budget report, each a `Figure` made from a brief, or None where the brief has nothing to draw.

Titles are sentences computed from the figures; labels stand beside what they name, so there are no legends.
Values are those of the brief, unchanged; only the drawing rounds (docs/method §15).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...measure.words import chance, money, percent
from ...periods import month_name, month_range
from ...wording.landing import kind
from .parts import (
    BLUE,
    DARK_GREEN,
    DARK_VERMILION,
    GREEN,
    GREY,
    INK,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    inside,
    keep_apart,
    month_label,
    month_ticks,
    short,
    svg,
    ticks,
)

__all__ = [
    "Figure",
    "against_budget",
    "monthly_fan",
    "range_shares",
    "svg",
    "track_record",
    "unit_cost_trend",
    "what_if_differences",
    "what_moved",
]
WIDTH = 860  # px of a chart as wide as the page; half a page is 424
HISTORY = 18  # months of actuals in the fan
ROW = 30  # px of a bar with its label
REST = re.compile(r"^\d+ others$")  # the brief's own line for the rest: it stands last


def monthly_fan(brief: Mapping) -> Figure | None:
    """Actual months, the month under way so far, bands of half and of eight in ten futures, the median, the budget."""
    currency, futures = brief["currency"], brief["forecast"]["months"]
    actual, partial = brief["actual"]["by_month"], set(brief["actual"]["partial_months"])
    ahead = {row["month"] for row in futures}
    known = sorted(m for m in actual if m not in ahead)[-HISTORY:]
    if len(known) + len(futures) < 2:
        return None
    everything = [*known, *sorted(ahead)]
    months = list(month_range(everything[0], everything[-1]))
    place = {month: i for i, month in enumerate(months)}
    whole = [{"x": place[m], "y": actual[m]} for m in known if m not in partial]
    budget = dict((brief["budget"] or {}).get("by_month") or {})
    budget |= {row["month"]: row["budget"] for row in futures if row["budget"] is not None}
    planned = [{"x": place[m], "y": budget[m]} for m in months if budget.get(m) is not None]
    opening = (
        [
            {
                "x": whole[-1]["x"],
                **dict.fromkeys(("p10", "p25", "p50", "p75", "p90"), whole[-1]["y"]),
            }
        ]
        if whole
        else []
    )
    fan = opening + [{"x": place[row["month"]], **row} for row in futures]
    heights = (
        [p["y"] for p in whole + planned]
        + [p[q] for p in fan for q in ("p10", "p90")]
        + [actual[m] for m in known]
    )
    steps = ticks(min(0.0, *heights, 0.0), max(0.0, *heights))
    draw = Canvas(
        WIDTH, 350, 66, 136, 16, 30, x=(0, max(len(months) - 1, 1)), y=(steps[0], steps[-1])
    )
    draw.y_axis(steps, axis_money(steps, currency))
    labelled = month_ticks(months)
    draw.x_axis(labelled, [month_label(months[i]) for i in labelled])
    for low, high, opacity in (("p10", "p90", 0.20), ("p25", "p75", 0.30)):
        draw.area([{"x": p["x"], "y": p[low], "y2": p[high]} for p in fan], BLUE, opacity)
    draw.line(planned, VERMILION, 2, (6, 4))
    draw.line([{"x": p["x"], "y": p["p50"]} for p in fan], BLUE, 2.5)
    if len(futures) == 1 and not opening:
        draw.points([{"x": fan[0]["x"], "y": fan[0]["p50"]}], BLUE, 40)
    draw.line(whole, INK)
    draw.points(whole, INK, 14)
    draw.points(
        [{"x": place[m], "y": actual[m]} for m in known if m in partial], INK, 30, hollow=True
    )
    so_far = [
        {
            "x": place[row["month"]],
            "y": row["so_far"],
            "t": f"{money(row['so_far'], currency)} so far",
        }
        for row in futures[:1]
        if row["so_far"]
    ]
    draw.points(so_far, INK, 44, hollow=True)
    draw.text(so_far, INK, "center", dy=16, halo=True)
    if whole:
        last, left = whole[-1], whole[-1]["x"] > 2
        draw.text(
            [{**last, "t": f"{month_label(months[last['x']])}: {money(last['y'], currency)}"}],
            INK,
            "right" if left else "left",
            dx=-7 if left else 7,
            dy=-13,
            bold=True,
            halo=True,
        )
    _fan_labels(draw, fan[-1] if futures else None, planned, whole, len(months) - 1, currency)
    notes = ["dashed: the budget"] * bool(planned) + ["hollow: part of a month"] * bool(
        so_far or partial & set(known)
    )
    return draw.figure(*_fan_words(brief, futures, whole, months, notes))


def _fan_labels(
    draw: Canvas, end: dict | None, planned: list, whole: list, last: int, currency: str
) -> None:
    """Names at the right end of the lines, kept apart; the budget's name at its own end where that is earlier."""
    names = (
        []
        if end is None
        else [
            (end["p90"], f"P90 {money(end['p90'], currency)}", GREY, False),
            (end["p50"], f"Median {money(end['p50'], currency)}", BLUE, True),
            (end["p10"], f"P10 {money(end['p10'], currency)}", GREY, False),
        ]
    )
    if end is not None and end["p10"] == end["p90"]:
        names = [(end["p50"], f"Forecast {money(end['p50'], currency)}", BLUE, True)]
    if planned and planned[-1]["x"] == last:
        names.append(
            (planned[-1]["y"], f"Budget {money(planned[-1]['y'], currency)}", DARK_VERMILION, True)
        )
    elif planned:
        at = {row["x"]: row["y"] for row in whole}
        start = planned[0]
        above = start["y"] >= at.get(start["x"], start["y"])
        draw.text(
            [{**start, "t": "Budget"}],
            DARK_VERMILION,
            "left",
            dy=-12 if above else 14,
            bold=True,
            halo=True,
        )
    places = keep_apart([name[0] for name in names], 15 * draw.per_px(), draw.y[0], draw.y[1])
    for (_, text, color, bold), y in zip(names, places):
        draw.text([{"x": last, "y": y, "t": text}], color, dx=10, bold=bold)


def _fan_words(brief, futures, whole, months, notes) -> tuple[str, str, str]:
    currency = brief["currency"]
    if not futures:
        title = (
            f"{month_name(months[whole[-1]['x']])} cost {money(whole[-1]['y'], currency)}"
            if whole
            else "Cost by month"
        )
        return (
            title,
            f"Cost per month, {currency}{''.join(f'; {note}' for note in notes)}.",
            f"{title}.",
        )
    end = futures[-1]
    now = whole[-1]["y"] if whole else None
    cost, past = money(end["p50"], currency), money(now, currency) if now else ""
    way = ", as" if past == cost else f", {'up' if end['p50'] > (now or 0) else 'down'} from {past}"
    before = f"{way} in {month_name(months[whole[-1]['x']])}" if past else ""
    title = f"A month is likely to cost {cost} by {month_name(end['month'])}{before}"
    subtitle = (
        f"Cost per month, {currency}. Black: what was; blue: the median of {brief['forecast']['paths']:,} simulated futures. "
        f"The dark band holds half of them, the light band eight of ten{''.join(f'; {note}' for note in notes)}."
    )
    if end["p10"] == end["p90"]:
        return (
            title,
            f"Cost per month, {currency}. Black: what was; blue: what is to come{''.join(f'; {note}' for note in notes)}.",
            f"{title}.",
        )
    words = (
        f"{title}. Eight of ten futures for {month_name(end['month'])} lie between {money(end['p10'], currency)} and "
        f"{money(end['p90'], currency)}."
    )
    return title, subtitle, words


def against_budget(brief: Mapping) -> Figure | None:
    """The month and the fiscal year as parts of their budget; without a budget, where the year lands."""
    land, budget, actual, currency = (
        brief["landing"],
        brief["budget"],
        brief["actual"],
        brief["currency"],
    )
    what = kind(land)
    if not budget or (not budget["month"] and not land["budget"]):
        return None
    rows = []
    if budget["month"]:
        name = month_name(brief["month"]) + (" so far" if brief["status"] == "flash" else "")
        rows.append(
            {
                "name": name,
                "booked": actual["month"],
                "budget": budget["month"],
                "low": None,
                "mid": actual["month"],
                "high": None,
            }
        )
    if land["budget"] and what != "none":
        low, high = (land["p10"], land["p90"]) if what == "range" else (None, None)
        rows.append(
            {
                "name": short(land["period"], 20),
                "booked": land.get("booked_so_far", land["booked"]),
                "budget": land["budget"],
                "low": low,
                "mid": land["p50"],
                "high": high,
                **(
                    {"verb": "lands", "by": land["mean"], "how": " on average"}
                    if what == "range"
                    else {"verb": "closed" if what == "closed" else "lands"}
                ),
            }
        )
    if not rows:
        return None
    top = max([1.1] + [max(r["mid"], r["high"] or 0) / r["budget"] for r in rows])
    ends, steps = inside(
        min([0.0] + [min(r["booked"], r["mid"]) / r["budget"] for r in rows]), top, 7, 0.02
    )
    draw = Canvas(WIDTH, 50 + 64 * len(rows), 150, 185, 20, 30, x=ends, y=(len(rows), 0))
    draw.x_axis(steps, [f"{step * 100:,.0f} %".replace("-", "−") for step in steps], grid=True)
    for i, row in enumerate(rows):
        whole, y = row["budget"], i + 0.5
        draw.bars(
            [
                {
                    "x": row["booked"] / whole,
                    "x2": row["mid"] / whole,
                    "y": y - 0.2,
                    "y2": y + 0.2,
                    "color": "#9CC9E6",
                },
                {"x": 0, "x2": row["booked"] / whole, "y": y - 0.2, "y2": y + 0.2, "color": INK},
            ]
        )
        if row["low"] is not None:
            draw.rules(
                [{"x": row["low"] / whole, "x2": row["high"] / whole, "y": y, "y2": y}], BLUE, 5
            )
            draw.points([{"x": row["mid"] / whole, "y": y}], BLUE, 110)
        gap = whole - row.get("by", row["mid"])  # by means, as parts and company (docs/method §9.4)
        word = "left" if gap >= 0 and "so far" in row["name"] else "under" if gap >= 0 else "over"
        draw.text(
            [{"x": draw.x[0], "y": y - 0.08, "t": row["name"]}], INK, "right", dx=-10, bold=True
        )
        draw.text(
            [{"x": draw.x[0], "y": y + 0.18, "t": f"budget {money(whole, currency)}"}],
            GREY,
            "right",
            dx=-10,
        )
        lands = f"{money(row['mid'], currency)}{'' if row['low'] is None else ' likely'}"
        draw.text([{"x": draw.x[1], "y": y - 0.08, "t": lands}], INK, dx=12, bold=True)
        draw.text(
            [
                {
                    "x": draw.x[1],
                    "y": y + 0.18,
                    "t": f"{money(abs(gap), currency)} {word}{row.get('how', '')}",
                }
            ],
            DARK_GREEN if gap >= 0 else DARK_VERMILION,
            dx=12,
        )
    draw.rules([{"x": 1, "x2": 1, "y": 0, "y2": len(rows)}], VERMILION, 2.5)
    draw.text([{"x": 1, "y": 0, "t": "budget"}], DARK_VERMILION, "center", dy=-9, bold=True)
    title = _budget_title(brief, rows)
    subtitle = (
        "Share of the budget. Black: booked; light blue: still expected; blue line: eight of ten futures."
        if any(r["low"] is not None for r in rows)
        else "Share of the budget. Black: booked."
    )
    words = [
        f"{row['name']}: {money(row['mid'], currency)} of {money(row['budget'], currency)}."
        for row in rows
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


def _budget_title(brief, rows) -> str:
    said = []
    for row in rows:
        name, gap = row["name"], row["budget"] - row.get("by", row["mid"])
        side, currency = "under" if gap >= 0 else "over", brief["currency"]
        if "so far" in name:
            said.append(f"{name} has used {percent(row['mid'] / row['budget'])} of its budget")
        else:
            said.append(
                f"{name} {row.get('verb', 'closed')} {money(abs(gap), currency)} {side} budget{row.get('how', '')}"
            )
    return "; ".join(said)


def _grouped(rows: list[dict], key: str, most: int) -> list[dict]:
    """The largest rows by |key|, the rest added up in one."""
    rows = sorted(rows, key=lambda row: (bool(REST.match(row["name"])), -abs(row[key])))
    rest = rows[most:]
    extra = (
        [{"name": f"{len(rest)} others", key: sum(row[key] for row in rest)}]
        if len(rest) > 1
        else rest
    )
    return rows[:most] + extra


def what_moved(brief: Mapping, most: int = 13) -> Figure | None:
    """Change of each workload since the month before, the largest first; costlier to the right, cheaper to the left."""
    rows = [row for row in brief["drivers"]["change"] if row["change"]]
    if not rows:
        return None
    currency, total = brief["currency"], sum(row["change"] for row in rows)
    shown = _grouped(rows, "change", most)
    ends, steps = inside(
        min(0.0, *(r["change"] for r in shown)), max(0.0, *(r["change"] for r in shown))
    )
    draw = Canvas(WIDTH, 40 + ROW * len(shown), 276, 70, 8, 30, x=ends, y=(len(shown), 0))
    draw.x_axis(steps, axis_money(steps, currency), grid=True)
    for i, row in enumerate(shown):
        up, y = row["change"] >= 0, i + 0.5
        draw.bars(
            [
                {
                    "x": 0,
                    "x2": row["change"],
                    "y": y - 0.3,
                    "y2": y + 0.3,
                    "color": VERMILION if up else GREEN,
                }
            ]
        )
        draw.text([{"x": draw.x[0], "y": y, "t": short(row["name"], 30)}], INK, "right", dx=-62)
        draw.text(
            [
                {
                    "x": row["change"],
                    "y": y,
                    "t": f"{'+' if up else ''}{money(row['change'], currency)}",
                }
            ],
            INK,
            "left" if up else "right",
            dx=6 if up else -6,
            bold=True,
            halo=True,
        )
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(shown)}], INK, 1.2)
    top = max(shown, key=lambda row: (not REST.match(row["name"]), abs(row["change"])))
    moved = f"{short(top['name'], 40)} moved most ({'+' if top['change'] >= 0 else ''}{money(top['change'], currency)})"
    side = "more" if total >= 0 else "less"
    if brief["status"] == "flash":
        where = "above" if total >= 0 else "below"
        title = f"{month_name(brief['month'])} so far stands {money(abs(total), currency)} {where} the whole month before"
    else:
        title = f"{month_name(brief['month'])} cost {money(abs(total), currency)} {side} than the month before; {moved}"
    subtitle = f"Change since the month before, {currency}. Right: costs more; left: costs less."
    words = f"{title}. " + " ".join(
        f"{short(r['name'], 40)}: {money(r['change'], currency)}." for r in shown
    )
    return draw.figure(title, subtitle, words)


def range_shares(brief: Mapping, most: int = 10) -> Figure | None:
    """What makes the range wide: share of the variance of the horizon's total by workload."""
    rows = [row for row in brief["drivers"]["range"] if row["share"]]
    if not rows:
        return None
    shown = _grouped(rows, "share", most)
    ends, steps = inside(
        min(0.0, *(r["share"] for r in shown)), max(0.0, *(r["share"] for r in shown))
    )
    draw = Canvas(WIDTH, 40 + ROW * len(shown), 226, 70, 8, 30, x=ends, y=(len(shown), 0))
    draw.x_axis(steps, [f"{step * 100:.0f} %".replace("-", "−") for step in steps], grid=True)
    for i, row in enumerate(shown):
        y, share = i + 0.5, row["share"]
        text = percent(share) if share >= 0 else f"−{percent(-share)}"
        draw.bars([{"x": 0, "x2": share, "y": y - 0.3, "y2": y + 0.3, "color": BLUE}])
        draw.text([{"x": draw.x[0], "y": y, "t": short(row["name"], 30)}], INK, "right", dx=-12)
        draw.text([{"x": max(share, 0), "y": y, "t": text}], INK, dx=6, bold=True, halo=True)
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(shown)}], INK, 1.2)
    first = shown[0]
    second = shown[1] if len(shown) > 1 and shown[1]["share"] > 0.1 else None
    joint = f" and {percent(second['share'])} from {short(second['name'], 40)}" if second else ""
    title = f"Of the uncertainty, {percent(abs(first['share']))} comes from {short(first['name'], 40)}{joint}"
    subtitle = "Share of the variance of cost over the forecast months: where knowing more would narrow the range most."
    words = [
        f"{short(row['name'], 40)}: {percent(row['share']) if row['share'] >= 0 else 'negative'}."
        for row in shown
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


def unit_cost_trend(line: Mapping, width: int = 276, height: int = 118) -> Figure | None:
    """One unit cost month by month; months with too few days are hollow. Values in words stand beside it on the page."""
    rows = line["by_month"][-13:]
    if not rows:
        return None
    months = list(month_range(rows[0]["month"], rows[-1]["month"]))
    place = {month: i for i, month in enumerate(months)}
    values = [row["value"] for row in rows]
    low, high = min(values), max(values)
    room = (high - low) * 0.35 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room
    draw = Canvas(width, height, 10, 14, 10, 26, x=(0, max(len(months) - 1, 1)), y=(low, high))
    draw.rules([{"x": 0, "x2": draw.x[1], "y": low, "y2": low}], "#AEB6BF")
    ends = [0, len(months) - 1] if len(months) > 1 else [0]
    for i, align in zip(ends, ("left", "right")):
        draw.text([{"x": i, "y": low, "t": month_label(months[i])}], GREY, align, dy=15)
    points = [
        {"x": place[row["month"]], "y": row["value"], "partial": row["partial"]} for row in rows
    ]
    draw.line(points, BLUE, 2.2)
    draw.points([p for p in points if not p["partial"]], BLUE, 18)
    draw.points([p for p in points if p["partial"]], BLUE, 30, hollow=True)
    draw.points([p for p in points[-1:] if not p["partial"]], BLUE, 60)
    name = short(line["name"], 60)
    span = (
        f"{month_name(months[0])} to {month_name(months[-1])}"
        if len(months) > 1
        else month_name(months[0])
    )
    return draw.figure(
        name,
        span,
        f"{name}, {span}: from {values[0]:.4g} to {values[-1]:.4g} {short(line['unit'], 40)}.",
    )


def track_record(brief: Mapping, most: int = 14) -> Figure | None:
    """Month by month: the range given one month ahead, and what it was."""
    detail = brief["accuracy"]["detail"]
    if not detail:
        return None
    currency, lead = brief["currency"], min(row["lead"] for row in detail)
    rows = sorted((row for row in detail if row["lead"] == lead), key=lambda row: row["for"])[
        -most:
    ]
    values = [row[key] for row in rows for key in ("p10", "p90", "actual")]
    spread = (max(values) - min(values)) or abs(values[0]) or 1.0
    steps = ticks(min(values) - 0.15 * spread, max(values) + 0.15 * spread, 5)
    draw = Canvas(WIDTH, 290, 66, 134, 12, 30, x=(-0.5, len(rows) - 0.5), y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, currency))
    every = 1 if len(rows) <= 9 else 2
    draw.x_axis(
        list(range(0, len(rows), every)), [month_label(row["for"]) for row in rows[::every]]
    )
    draw.bars(
        [
            {"x": i - 0.13, "x2": i + 0.13, "y": r["p10"], "y2": r["p90"], "color": "#9CC9E6"}
            for i, r in enumerate(rows)
        ]
    )
    draw.rules(
        [
            {"x": i - 0.13, "x2": i + 0.13, "y": r["p50"], "y2": r["p50"]}
            for i, r in enumerate(rows)
        ],
        BLUE,
        3,
    )
    draw.points([{"x": i, "y": r["actual"]} for i, r in enumerate(rows) if r["inside"]], INK, 60)
    draw.points(
        [{"x": i, "y": r["actual"]} for i, r in enumerate(rows) if not r["inside"]], VERMILION, 90
    )
    end, right = rows[-1], len(rows) - 1
    names = [
        (end["p90"], "P90 we said", GREY),
        (end["p50"], "Median we said", BLUE),
        (end["p10"], "P10 we said", GREY),
        (end["actual"], "What it was", INK if end["inside"] else DARK_VERMILION),
    ]
    for (_, text, color), y in zip(
        names, keep_apart([n[0] for n in names], 15 * draw.per_px(), *draw.y)
    ):
        draw.text([{"x": right, "y": y, "t": text}], color, dx=24, bold=color not in (GREY,))
    hits = sum(bool(r["inside"]) for r in rows)
    ahead = f"{'one month' if lead == 1 else f'{lead} months'} ahead"
    title = (
        f"{hits} of {len(rows)} months came out inside the range we gave {ahead}"
        if len(rows) > 1
        else (
            f"{month_name(end['for'])} came out {'inside' if end['inside'] else 'outside'} the range we gave {ahead}"
        )
    )
    subtitle = (
        f"Cost per month, {currency}. Bar: eight of ten futures as seen {ahead}; blue stroke: their median; dot: what it was"
        f"{' (orange: outside the range)' if hits < len(rows) else ''}. The axis does not start at zero."
    )
    words = [
        f"{month_name(row['for'])}: said {money(row['p10'], currency)} to {money(row['p90'], currency)}, was "
        f"{money(row['actual'], currency)}."
        for row in rows
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


def what_if_differences(brief: Mapping, most: int = 8) -> Figure | None:
    """Each what-if against the base, future by future: the range of the difference and its middle."""
    rows = brief["what_ifs"][:most]
    if not rows:
        return None
    currency = brief["currency"]
    values = [row[key] for row in rows for key in ("difference_p10", "difference_p90")]
    ends, steps = inside(min(0.0, *values), max(0.0, *values))
    draw = Canvas(WIDTH, 56 + 46 * len(rows), 236, 40, 24, 30, x=ends, y=(len(rows), 0))
    draw.x_axis(steps, axis_money(steps, currency), grid=True)
    for i, row in enumerate(rows):
        low, mid, high, y = (
            row["difference_p10"],
            row["difference_p50"],
            row["difference_p90"],
            i + 0.62,
        )
        color, dark = (VERMILION, DARK_VERMILION) if mid > 0 else (GREEN, DARK_GREEN)
        draw.rules([{"x": low, "x2": high, "y": y, "y2": y}], color, 7)
        draw.points([{"x": mid, "y": y}], color, 130)
        word = "more" if mid > 0 else "less" if mid < 0 else "no change"
        text = f"{money(abs(mid), currency)} {word}" if mid else word
        side = (mid - draw.x[0]) / (draw.x[1] - draw.x[0])
        align = "left" if side < 0.15 else "right" if side > 0.85 else "center"
        draw.text([{"x": mid, "y": y, "t": text}], dark, align, dy=-15, bold=True, halo=True)
        draw.text([{"x": draw.x[0], "y": y, "t": short(row["name"], 32)}], INK, "right", dx=-14)
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(rows)}], INK, 1.2)
    draw.text([{"x": 0, "y": 0, "t": "as the base"}], GREY, "center", dy=-10)
    best = min(rows, key=lambda row: row["difference_p50"])
    if best["difference_p50"] < 0:
        sure = chance(best["probability_cheaper"])
        title = f"{short(best['name'], 50)} saves most: {money(-best['difference_p50'], currency)} at the median, and costs less in {sure} of futures"
    else:
        title = "None of the what-ifs is likely to save money"
    subtitle = f"Difference to the base in the same futures, {rows[0]['period']}, {currency}. Dot: the median; line: eight of ten futures."
    words = [
        f"{short(row['name'], 50)}: {money(row['difference_p10'], currency)} to {money(row['difference_p90'], currency)}."
        for row in rows
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))
