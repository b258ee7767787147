"""Why the P50 of a fiscal year moved since the forecast of a month before: volume, mix, price (docs/method §10.3).

What a forecast expects of a period is kept by SKU with it (`expected`), so that the next one can say what moved; the parts add up to the move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...periods import add_months, fiscal_months, fiscal_year, month_column, month_name, month_of
from ...wording import day
from ..bridge import lines
from ..bridge.lines import RESIDUE
from ..bridge.steps import parts_of
from ..brief_types import Brief
from .types import Expected, ExpectedLine, Moved

if TYPE_CHECKING:
    from ...simulate.run import Run

PRICED = RESIDUE  # cost that only prices make
PARTS = ("volume", "mix", "price", "one_off", "restated", "shape")  # in the order of the bridge
ALWAYS = ("volume", "mix", "price")
SHOWN = {"one_off": "one-offs", "restated": "restated bills", "shape": "shape of the range"}


def expected(
    run: Run, unit: str | None, booked: Mapping[str, float], starts: int = 1
) -> list[Expected]:
    """What a run expects of the fiscal year of its first open month and of the year after, as far as it reaches their ends.

    Parameters
    ----------
    run : Run
        Money in its currency.
    unit : str or None
        A business unit; None: the company.
    booked : dict of str to float
        YYYY-MM -> cost of whole months.
    starts : int, optional
        First month of the fiscal year, 1 to 12.

    Returns
    -------
    list of Expected
        By SKU, summed over the months still open; [] where nothing is forecast.

    Source
    ------
    docs/method §10.3.
    """
    found: list[Expected] = []
    if not run.months:
        return found
    for first in (run.months[0], add_months(run.months[0], 12)):
        months = fiscal_months(first, starts)
        ahead = [month for month in months if month in run.months]
        if months[-1] not in run.months or ahead != list(months[-len(ahead) :]):
            continue
        totals = run.total(unit=unit, months=ahead)
        before = float(sum(booked.get(month, 0.0) for month in months if month not in ahead))
        own = _forecast_lines(run, unit, ahead)
        mean = float(totals.mean())
        rest = mean - sum(line["cost"] for line in own)
        if abs(rest) > 0.005:  # shares of workloads that several units pay
            own.append(_line("", "", "", 0.0, rest))
        found.append(
            {
                "period": fiscal_year(months[0], starts),
                "as_of": run.as_of,
                "p50": before + float(np.median(totals)),
                "mean": before + mean,
                "booked": before,
                "by_month": {
                    month: float(run.total(unit=unit, months=[month]).mean()) for month in ahead
                },
                "lines": own,
            }
        )
    return found


def expected_month(run: Run, unit: str | None) -> list[Expected]:
    """What a run expects of its first month that is wholly open, by SKU: what the bridge from forecast to actual stands on; [] without one."""
    ahead = [month for i, month in enumerate(run.months) if not run.so_far[i].any()]
    if not ahead:
        return []
    month = ahead[0]
    totals = run.total(unit=unit, months=[month])
    mean, own = float(totals.mean()), _forecast_lines(run, unit, [month])
    rest = mean - sum(line["cost"] for line in own)
    if abs(rest) > 0.005:
        own.append(_line("", "", "", 0.0, rest))
    return [
        {
            "period": month,
            "as_of": run.as_of,
            "p50": float(np.median(totals)),
            "mean": mean,
            "booked": 0.0,
            "by_month": {month: mean},
            "lines": own,
        }
    ]


def _line(workload: str, sku: str, unit: str, quantity: float, cost: float) -> ExpectedLine:
    return {
        "workload": workload,
        "sku": sku,
        "unit": unit,
        "quantity": quantity if unit else 0.0,
        "cost": cost,
    }


def _forecast_lines(run, unit: str | None, months: Sequence[str]) -> list[ExpectedLine]:
    """Expected quantity and cost by workload and SKU; unit "": cost that no quantity makes."""
    own = {w for w, of in zip(run.workloads, run.unit_of) if unit is None or of == unit}
    sums: dict[tuple[str, str, str], list[float]] = {}
    for line in run.lines:
        if line["workload"] in own and line["month"] in months:
            what = line["sku"] or (PRICED if line["service"] == PRICED else line["service"])
            counted = "" if line["unit"] in ("charge", run.currency) else line["unit"]
            cell = sums.setdefault((line["workload"], what, counted), [0.0, 0.0])
            cell[0] += line["quantity"]
            cell[1] += line["cost"]
    return [
        _line(workload, what, counted, cell[0], cell[1])
        for (workload, what, counted), cell in sorted(sums.items())
    ]


def bridge(then: pd.DataFrame, now: pd.DataFrame) -> dict[str, float]:
    """Volume, of it launches and retirements, mix, price and one-offs between two frames of lines, money (docs/method §10.4).

    volume + mix + price + one_off is the difference of their costs. Cost without a quantity is volume; that of commitments and tiers is price.
    """
    parts = parts_of(lines.coarse(then), lines.coarse(now))
    named = {name: parts[name] for name in ("launches", "retirements")}
    return {
        "volume": sum(named.values()) + parts["days"] + parts["volume"] + parts["together"],
        "mix": parts["mix"],
        "price": sum(parts[name] for name in ("list_price", "price", "discount"))
        + parts["coverage"]
        + parts["waste"],
        "one_off": parts["one_off"],
        **named,
    }


def moved(
    then: Expected, now: Expected, rows: pd.DataFrame, booked: Mapping[str, float], source: str
) -> Moved | None:
    """Why the P50 of a period is another than a month before; None where there is nothing to compare with.

    Parameters
    ----------
    then, now : Expected
        Of the same period.
    rows : frame
        Cost rows of the unit, with the months that were open then; without tax and credits.
    booked : dict of str to float
        YYYY-MM -> cost of whole months, as known now.
    source : str
        "published" or "re-created".

    Returns
    -------
    Moved
        `drift_pct` (the FinOps forecast drift) and its parts, as shares of the P50 then: volume
        (of it launches and retirements: `of_volume`), mix, price, one_off, restated (months booked
        then that cost something else now), shape (P50 less mean); `actuals`: how much of all that
        came from actuals in place of forecasts.

    Source
    ------
    docs/method §10.3.
    """
    if not then["p50"] > 0:
        return None
    closed = [month for month in then["by_month"] if month not in now["by_month"]]
    actual = {month: booked.get(month, 0.0) for month in closed}
    known = lines.of_daily(rows[month_column(rows).isin(closed)]).assign(BillingCurrency="")
    sides = [lines.of_expected(one["lines"], "") for one in (then, now)]
    parts = bridge(sides[0], pd.concat([sides[1], known]))
    of_volume = {name: parts.pop(name) / then["p50"] for name in ("launches", "retirements")}
    parts["restated"] = now["booked"] - sum(actual.values()) - then["booked"]
    # the rest: P50 less mean, now and then
    parts["shape"] = now["p50"] - then["p50"] - sum(parts.values())
    replaced = sum(value - then["by_month"][month] for month, value in actual.items())
    result: Moved = {
        "period": now["period"],
        "since": then["as_of"],
        "source": "published" if source == "published" else "re-created",
        "p50": now["p50"],
        "previous_p50": then["p50"],
        "drift_pct": now["p50"] / then["p50"] - 1,
        "parts": {name: parts[name] / then["p50"] for name in PARTS},
        "of_volume": of_volume,
        "actuals": replaced / then["p50"],
        "actual_months": closed,
        "sentence": "",
    }
    return {**result, "sentence": sentence(result)}


def since_last_month(
    now: Sequence[Expected],
    published: Brief | None,
    replays: Sequence,
    unit: str | None,
    rows: pd.DataFrame,
    booked: Mapping[str, float],
    starts: int = 1,
) -> list[Moved]:
    """`moved` of every period that this forecast and the one of a month before both reach: as published if it was, else replayed.

    A year of the same name that ended in another month (`fiscal_year_starts` was changed since) is another period.

    rows      cost rows of the unit;  booked: {YYYY-MM: cost}, of months up to now
    """
    if not now:
        return []
    source, then = (
        "published",
        list((published.get("expected") or []) if published is not None else []),
    )
    then = [one for one in then if any(_same(one, other) for other in now)]
    if not then:
        run = replays[-1] if len(replays) else None  # of the newest month end
        if run is None or (unit is not None and unit not in run.units):
            return []
        known = {month: value for month, value in booked.items() if month <= month_of(run.as_of)}
        source, then = "re-created", expected(run, unit, known, starts)
    of = {one["period"]: one for one in then}
    both = [
        moved(of[one["period"]], one, rows, booked, source)
        for one in now
        if one["period"] in of and _same(of[one["period"]], one)
    ]
    return [one for one in both if one is not None]


def _same(then: Expected, now: Expected) -> bool:
    """Whether two forecasts are of the same months: by their name and their last month."""
    ends = [max(one["by_month"], default="") for one in (then, now)]
    return then["period"] == now["period"] and ends[0] == ends[1]


def points(shares: Mapping[str, float], whole: float) -> dict[str, float]:
    """Percentage points with one digit that add up to the whole as it is shown: what rounding leaves goes to the largest remainders.

    >>> points({"volume": 0.0144, "price": 0.0044, "mix": 0.0024}, 0.0212)
    {'volume': 1.5, 'price': 0.4, 'mix': 0.2}
    """
    tenths = {name: share * 1000 for name, share in shares.items()}
    down = {name: int(np.floor(value)) for name, value in tenths.items()}
    left = round(whole * 1000) - sum(down.values())
    for name in sorted(tenths, key=lambda name: down[name] - tenths[name])[: max(left, 0)]:
        down[name] += 1
    return {name: value / 10 for name, value in down.items()}


def sentence(one: Moved) -> str:
    """The move in the words and order of the bridge.

    >>> parts = {"volume": 0.0144, "price": 0.0044, "mix": 0.0024, "restated": 0.0, "shape": 0.0}
    >>> move = {"period": "FY2027", "since": "2026-09-30", "source": "re-created", "drift_pct": 0.0212, "parts": parts}
    >>> sentence({**move, "actuals": 0.008, "actual_months": ["2026-10"]})
    'P50 of FY2027 moved +2.1 % since last month: volume +1.5, mix +0.2, price +0.4 points. Of it +0.8 came from the actual of October 2026 in place of its forecast. Compared with the forecast of 30 September 2026, replayed, as none was published with its parts.'
    """
    text = _moved(one)
    replaced = round(one["actuals"] * 1000) / 10
    if one["actual_months"] and replaced:
        months = " and ".join(month_name(month) for month in one["actual_months"])
        many = len(one["actual_months"]) > 1
        text += (
            f" Of it {_signed(replaced)} came from the actual{'s' * many} of {months}"
            f" in place of {'their forecasts' if many else 'its forecast'}."
        )
    return f"{text} {_compared(one)}"


def short(moves: Sequence[Moved]) -> str:
    """The moves of all periods, and what they are compared with; "" where there is none.

    >>> parts = {"volume": 0.02, "price": 0.0, "mix": 0.0, "restated": 0.0, "shape": 0.0}
    >>> move = {"period": "FY2027", "since": "2026-09-30", "source": "published", "drift_pct": 0.02, "parts": parts}
    >>> short([move])
    'P50 of FY2027 moved +2.0 % since last month: volume +2.0, mix 0.0, price 0.0 points. Compared with the forecast of 30 September 2026, as published.'
    """
    return " ".join([*map(_moved, moves), *[_compared(one) for one in moves[:1]]])


def _moved(one: Moved) -> str:
    """The move and its parts."""
    # a published brief has its keys in the order of the alphabet; one of before has no one-offs
    own = {name: one["parts"][name] for name in PARTS if name in one["parts"]}
    shown = points(own, one["drift_pct"])
    of = [
        f"{name} {_signed(value)}"
        for name, share in sorted((one.get("of_volume") or {}).items())
        if (value := round(share * 1000) / 10)
    ]
    within = {"volume": f" (of it {', '.join(of)})" if of else ""}
    said = [
        f"{SHOWN.get(name, name)} {_signed(value)}{within.get(name, '')}"
        for name, value in shown.items()
        if value or name in ALWAYS
    ]
    whole = round(one["drift_pct"] * 1000) / 10
    if not whole:
        return f"P50 of {one['period']} did not move since last month ({', '.join(said)} points)."
    return f"P50 of {one['period']} moved {_signed(whole)} % since last month: {', '.join(said)} points."


def _compared(one: Moved) -> str:
    """What the move is held against, and where that is from."""
    source = (
        "as published"
        if one["source"] == "published"
        else "replayed, as none was published with its parts"
    )
    return f"Compared with the forecast of {day(one['since'])}, {source}."


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):.1f}"
