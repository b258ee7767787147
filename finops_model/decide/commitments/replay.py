"""The same rule replayed month by month on what happened, beside what else one could have done (docs/method §8.11)."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...checks import quantities
from ...errors import PriceError
from ...prices.settle.hourly import best_level
from ...progress import Progress, silent
from .limits import Limits, NothingFits, within
from .offers import offer_from
from .online import layers_known, online, online_reservation
from .search.layers import unit_stack, usage_of
from .search.objective import best_by_search, best_costs, check_objective, score
from .search.stacked import rate_of

__all__ = ["Replay", "Line", "online_reservation", "replay_commitments", "simulated"]
WEEKS = 8  # newest weeks that say how a day lies in its hours


@dataclass(frozen=True)
class Line:
    """One rule: money over the replayed months."""

    rule: str
    cost: float
    saving: float  # against doing nothing
    regret: float  # above the best in hindsight (below 0 only for a line that buys on other days or at other rates)
    bought: np.ndarray  # (month,) units an hour bought on the first day of each month
    held: np.ndarray  # (month,) units an hour running


@dataclass(frozen=True)
class Replay:
    """Every rule on the same months. The first line is the rule of best_commitments."""

    months: tuple[str, ...]
    unit: str
    currency: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    name: str = ""  # what is replayed

    def __getitem__(self, rule: str) -> Line:
        for line in self.lines:
            if line.rule == rule:
                return line
        raise KeyError(rule)

    def headline(self) -> str:
        own, best = (
            self.lines[0],
            max(
                self.lines,
                key=lambda line: line.saving if line.rule != "best in hindsight" else -np.inf,
            ),
        )
        share = (
            own.saving / self["best in hindsight"].saving
            if self["best in hindsight"].saving > 0
            else 0.0
        )
        first = (
            f"Replayed over {self.months[0]} … {self.months[-1]}, the rule would have saved {own.saving:,.0f} {self.currency}".rstrip()
            + f", {share:.0%} of what hindsight could."
        )
        return (
            first
            if best is own
            else f"{first} '{best.rule}' would have saved more: {best.saving:,.0f}."
        )

    def _table(self):
        for line in self.lines:
            yield (
                line.rule,
                f"{line.cost:,.0f}",
                f"{line.saving:,.0f}",
                f"{line.regret:,.0f}",
                f"{line.held[-1]:,.1f}",
            )

    def __str__(self) -> str:
        head = ("Rule", "Cost", "Saved", "Regret", "Held at the end")
        rows = [head, *self._table()]
        wide = [max(len(row[i]) for row in rows) for i in range(5)]
        return "\n".join(
            [
                self.headline(),
                *(
                    "  "
                    + "  ".join(
                        f"{cell:<{w}}" if i == 0 else f"{cell:>{w}}"
                        for i, (cell, w) in enumerate(zip(row, wide))
                    )
                    for row in rows
                ),
            ]
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._table()
        )
        head = "".join(
            f"<th>{cell}</th>" for cell in ("Rule", "Cost", "Saved", "Regret", "Held at the end")
        )
        return f"<div><strong>{html.escape(self.headline())}</strong><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def simulated(
    known: np.ndarray, hours: int, first_day: str, paths: int = 200, seed: int = 0
) -> np.ndarray:
    """What may come, from what is known only: daily forecast paths in the hours of the newest weeks. (path, hour).

    known   (hour,) from midnight of first_day on
    """
    import pandas as pd

    from ...forecasting.series import forecast

    days = known.reshape(-1, 24)
    dates = pd.date_range(first_day, periods=len(days))
    expected = forecast(
        pd.Series(days.sum(axis=1), dates), -(-hours // 24), paths=paths, seed=seed, methods="cheap"
    )
    newest = days[-7 * WEEKS :]
    weekday = np.asarray(dates.weekday)[-len(newest) :]
    shape = np.full((7, 24), 1 / 24)
    for day in range(7):
        total = newest[weekday == day].sum(axis=0)
        if total.sum() > 0:
            shape[day] = total / total.sum()
    ahead = np.asarray(pd.DatetimeIndex(expected.dates).weekday)
    return (np.asarray(expected.paths)[:, :, None] * shape[ahead]).reshape(len(expected.paths), -1)[
        :, :hours
    ]


def replay_commitments(
    history,
    offers,
    *,
    first_day: str,
    months: int = 12,
    daily: bool = False,
    objective: str = "mean",
    beta: float = 0.9,
    limits: Limits | None = None,
    look_backs=(7, 30, 60),
    signed=None,
    signed_rate: float | None = None,
    paths: int = 200,
    seed: int = 0,
    forecast: Callable = simulated,
    patient: bool = True,
    currency: str = "",
    progress: Progress | None = None,
) -> Replay:
    """What the rule of best_commitments would have done, deciding on the first day of every month with what was known then.

    history    (hour,) units per hour from midnight of first_day on, whole days; with daily=True (day,) units per day, spread evenly
    offers     Offer objects or mappings in units with `rate` and `on_demand`; every month the one that saves most is bought
    months     how many of the newest whole months are replayed (the last may be under way)
    signed     (hour,) units an hour that really were held: a line of its own, at signed_rate (default: the lowest rate on offer)
    forecast   (known, hours, first_day, paths, seed) -> (path, hour)
    patient    what does not pay before the next decision waits for it: buying later loses nothing, buying too early is bound for a term

    Contracts run their term; of a contract that outlives the replay only the hours inside are paid, for every rule alike. Beside the rule:
    nothing; the best level of the last 7, 30, 60 days not yet covered (what clouds recommend); the online rule; the best in hindsight.
    Raises PriceError where there is less than two months of history before the replay.
    """
    offers = [offer_from(offer, f"offers[{i}]") for i, offer in enumerate(offers)]
    check_objective(objective, beta)
    hours = quantities("history", history).ravel()
    hours = np.repeat(hours / 24, 24) if daily else hours
    if len(hours) % 24 or not len(hours):
        raise PriceError(
            f"replay_commitments: history has {len(hours):,} hours; give whole days from midnight on."
        )
    if not offers:
        raise PriceError("replay_commitments: there are no offers; give at least one.")
    on_demand = {offer.on_demand for offer in offers}
    if len(on_demand) > 1 or None in on_demand or any(offer.kind == "spend" for offer in offers):
        raise PriceError(
            "replay_commitments: every offer needs a rate and the same on_demand price per unit; a spend commitment is the "
            "currency as unit, on_demand 1, rate 1 - discount."
        )
    price = on_demand.pop()
    names, starts = _months(first_day, len(hours), months)
    rates = {offer.name: rate_of(offer, {"": price}) for offer in offers}
    terms = {offer.name: int(round(offer.term_months)) for offer in offers}
    ends = {
        offer.name: _ends(first_day, names, terms[offer.name]) for offer in offers
    }  # contracts run whole calendar months
    longest, say = max(e[-1] for e in ends.values()), progress or silent

    def play(rule) -> Line:
        held, bought, fees = np.zeros(longest), np.zeros(len(names)), np.zeros(longest)
        for m, start in enumerate(starts[:-1]):
            offer, level = rule(m, start, held)
            if level > 0:
                held[start : ends[offer.name][m]] += level
                fees[start : ends[offer.name][m]] += level * rates[offer.name]
                bought[m] = level
        return _line("", hours, held, fees, price, starts, bought)

    def ours(m, start, held):
        say("replay", m, len(names))
        ahead = forecast(
            hours[:start], max(e[m] for e in ends.values()) - start, first_day, paths, seed
        )
        best = (offers[0], 0.0, 0.0)
        for offer in offers:
            span = ends[offer.name][m] - start
            usage = usage_of(np.maximum(ahead[:, :span] - held[start : start + span], 0.0))
            stack = unit_stack(usage, rates[offer.name], price)
            soon = (
                starts[m + 1] - start
            )  # until the next decision: what does not pay before it can wait for it
            near = (
                unit_stack(
                    usage_of(np.ascontiguousarray(usage.array[:, :soon])), rates[offer.name], price
                ).best()
                if patient
                else np.inf
            )
            level = _level(stack, offer, limits or Limits(), objective, beta, near)
            saved = float((stack.on_demand - stack.cost([level])[:, 0]).mean()) / span
            if level > 0 and saved > best[2]:
                best = (offer, level, saved)
        return best[:2]

    def look_back(days):
        def rule(m, start, held):
            best = (offers[0], 0.0, 0.0)
            recent = np.maximum(hours[max(start - 24 * days, 0) : start] - held[start], 0.0)
            for offer in offers:
                level = best_level(recent, rates[offer.name], price)
                saved = float(
                    (np.minimum(recent, level) * price).mean() - level * rates[offer.name]
                )
                if saved > best[2]:
                    best = (offer, level, saved)
            return best[:2]

        return rule

    lines = {"this rule": play(ours), "nothing bought": play(lambda *_: (offers[0], 0.0))}
    for days in look_backs:
        lines[f"best level of the last {days} days"] = play(look_back(days))
    lines["online rule, no forecast"] = _online(hours, offers, rates, terms, price, starts)
    if signed is not None:
        held = np.broadcast_to(np.asarray(signed, float), hours.shape)
        lines["as signed"] = _line(
            "",
            hours,
            held,
            held * (min(rates.values()) if signed_rate is None else signed_rate),
            price,
            starts,
            np.zeros(len(names)),
        )
    lines["best in hindsight"] = _hindsight(hours, offers, rates, terms, price, starts)
    nothing, best = lines["nothing bought"].cost, lines["best in hindsight"].cost
    graded = tuple(
        Line(name, line.cost, nothing - line.cost, line.cost - best, line.bought, line.held)
        for name, line in lines.items()
    )
    return Replay(names, offers[0].unit, currency, graded)


def _level(stack, offer, limits, objective, beta, near: float) -> float:
    free = min(best_by_search(stack, objective, beta), near)
    best = best_costs(stack, stack.best_by_path()) if objective == "regret" else None
    try:
        return within(
            stack,
            offer,
            limits,
            free,
            lambda x: score(objective, beta, stack.cost(x), stack.on_demand, best),
        )[0]
    except NothingFits:
        return 0.0


def _months(first_day: str, hours: int, months: int) -> tuple[tuple[str, ...], list[int]]:
    """Names of the replayed months, and the hour at which each starts, with the end."""
    try:
        first = np.datetime64(first_day, "D")
    except ValueError:
        raise PriceError(
            f"replay_commitments: first_day is '{first_day}'; it must be a day YYYY-MM-DD."
        ) from None
    last = first + hours // 24
    newest = (last - 1).astype("datetime64[M]")
    names = [newest - i for i in range(months)][::-1]
    starts = [int((name.astype("datetime64[D]") - first).astype(int)) * 24 for name in names]
    if int(months) != months or months < 1 or starts[0] < 56 * 24:
        raise PriceError(
            f"replay_commitments: {months} months need history from before {names[0] - 2} on; it starts on {first}. Ask for fewer months."
        )
    return tuple(str(name) for name in names), [*starts, hours]


def _ends(first_day: str, names, term: int) -> list[int]:
    """The hour at which a contract signed on the first of each month ends."""
    first = np.datetime64(first_day, "D")
    return [
        int(((np.datetime64(name, "M") + term).astype("datetime64[D]") - first).astype(int)) * 24
        for name in names
    ]


def _line(name, hours, held, fees, price, starts, bought) -> Line:
    window = slice(starts[0], len(hours))
    cost = np.maximum(hours[window] - held[window], 0.0).sum() * price + fees[window].sum()
    return Line(
        name, float(cost), 0.0, 0.0, bought, np.array([held[start] for start in starts[:-1]])
    )


def _online(hours, offers, rates, terms, price, starts) -> Line:
    """Day by day; a contract's fee is its upfront equivalent and an hour under it costs nothing more (α = 0)."""
    offer = min(offers, key=lambda one: terms[one.name])
    term, rate = int(round(offer.term_hours / 24)), rates[offer.name]
    use, width = layers_known(hours, starts[0])
    use = use.reshape(len(width), -1, 24).sum(axis=2)
    first = starts[0] // 24
    _, running = online(
        use[:, first:], width, rate * term * 24, price, 0.0, term, before=use[:, :first]
    )
    held = np.zeros(len(hours))
    held[starts[0] :] = np.repeat(width @ running, 24)
    return _line("", hours, held, held * rate, price, starts, np.zeros(len(starts) - 1))


def _hindsight(hours, offers, rates, terms, price, starts) -> Line:
    """Every layer of demand bought for the cheapest set of months, knowing everything: no rule that buys on the first of a month is cheaper."""
    window = [hours[a:b] for a, b in zip(starts, starts[1:])]
    levels = np.unique(np.append(np.concatenate(window), 0.0))
    below = np.empty((len(levels), len(window)))  # Σ min(demand, level) of each month
    for m, values in enumerate(window):
        ordered = np.sort(values)
        at = np.searchsorted(ordered, levels, side="right")
        below[:, m] = np.concatenate([[0.0], np.cumsum(ordered)])[at] + (len(ordered) - at) * levels
    use, width, times = np.diff(below, axis=0), np.diff(levels), len(window)
    best, choice = np.zeros((len(width), times + 1)), []
    for t in range(times - 1, -1, -1):
        options, until = [best[:, t + 1] + price * use[:, t]], [t + 1]
        for offer in offers:
            end = min(t + terms[offer.name], times)
            options.append(width * rates[offer.name] * (starts[end] - starts[t]) + best[:, end])
            until.append(end)
        stacked = np.stack(options)
        best[:, t] = stacked.min(axis=0)
        choice.append((np.argmin(stacked, axis=0), until))
    choice.reverse()
    held, free = np.zeros((len(width), times)), np.zeros(len(width), int)
    for t in range(times):
        pick, until = choice[t]
        for i, end in enumerate(until):
            mine = (free == t) & (pick == i)
            held[mine, t:end] = width[mine, None] if i else 0.0
            free[mine] = end
    total = held.sum(axis=0)
    return Line(
        "",
        float(best[:, 0].sum()),
        0.0,
        0.0,
        np.maximum(np.diff(np.append(0.0, total)), 0.0),
        total,
    )
