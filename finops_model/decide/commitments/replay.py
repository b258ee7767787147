"""The same rule replayed month by month on what happened, beside what else one could have done (docs/method §8.11)."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...checks import quantities
from ...errors import PriceError, unknown
from ...progress import Progress, silent
from .limits import Limits, NothingFits, within
from .offers import money_unit, offer_from
from .online import floors_known, online, online_reservation
from .past import WEEKS, Past, hindsight, past_of
from .search.given import check_given
from .search.objective import best_by_search, best_costs, check_objective, score

__all__ = ["Replay", "Line", "online_reservation", "replay_commitments", "simulated"]


@dataclass(frozen=True)
class Line:
    """One rule: money over the replayed months."""

    rule: str
    cost: float
    saving: float  # against doing nothing
    regret: float  # above the best in hindsight (below 0 only for a line that buys on other days or at other rates)
    bought: np.ndarray  # (month,) units an hour bought on the first day of each month
    held: np.ndarray  # (month,) units an hour running

    def __repr__(self) -> str:
        held = " → ".join(f"{x:,.6g}" for x in dict.fromkeys(self.held.round(6).tolist()))
        return f"{self.rule}: cost {self.cost:,.2f}, saved {self.saving:,.2f}, regret {self.regret:,.2f}, held {held or 'nothing'}"


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
        raise PriceError(unknown("replay", "rule", str(rule), [line.rule for line in self.lines]))

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

    __repr__ = __str__

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
    prices: Mapping[str, float] | None = None,
    signed=None,
    signed_rate: float | None = None,
    paths: int = 200,
    seed: int = 0,
    forecast: Callable = simulated,
    patient: bool = True,
    currency: str = "",
    name: str = "",
    progress: Progress | None = None,
) -> Replay:
    """What the rule of best_commitments would have done, deciding on the first day of every month with what was known then.

    history    (hour,) units per hour from midnight of first_day on, whole days; with daily=True (day,) units per day, spread evenly;
               or SKU -> (hour,), whole days
    offers     Offer objects or mappings that see the same usage: in units with `rate` and `on_demand`, or spend (history: on-demand
               money); every month the one that saves most is bought
    prices     SKU -> on-demand money per unit, for offers that do not state it
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
    if not offers:
        raise PriceError("replay_commitments: there are no offers; give at least one.")
    check_given(history, "replay_commitments", offers[0].unit, offers[0].kind == "spend", daily)
    if not isinstance(history, Mapping):
        history = quantities("history", history).ravel()
        history = np.repeat(history / 24, 24) if daily else history
        if len(history) % 24 or not len(history):
            raise PriceError(
                f"replay_commitments: history has {len(history):,} hours; give whole days from midnight on."
            )
        _one_price(offers)
    past = past_of(history, offers, prices)
    names, starts = _months(first_day, past.hours, months)
    rates = past.rates
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
        return _line(past, held, fees, starts, bought)

    def ours(m, start, held):
        say("replay", m, len(names))
        ahead = forecast(
            past.top[:start], max(e[m] for e in ends.values()) - start, first_day, paths, seed
        )
        best = (offers[0], 0.0, 0.0)
        for offer in offers:
            span = ends[offer.name][m] - start
            rate, mine = rates[offer.name], held[start : start + span]
            stack = past.ahead(ahead[:, :span], start, first_day, mine, rate)
            soon = (
                starts[m + 1] - start
            )  # until the next decision: what does not pay before it can wait for it
            near = replace(stack, usage=stack.usage.between(0, soon)).best() if patient else np.inf
            level = _level(stack, offer, limits or Limits(), objective, beta, near)
            saved = float((stack.on_demand - stack.cost([level])[:, 0]).mean()) / span
            if level > 0 and saved > best[2]:
                best = (offer, level, saved)
        return best[:2]

    def look_back(days):
        def rule(m, start, held):
            best = (offers[0], 0.0, 0.0)
            first = max(start - 24 * days, 0)
            now = np.full(past.hours, held[start])
            for offer in offers:
                stack = past.left(first, start, now, rates[offer.name])
                level = stack.best()
                money = float(stack.covered([level])[0][0, 0]) / (start - first)
                saved = money - level * rates[offer.name]
                if saved > best[2]:
                    best = (offer, level, saved)
            return best[:2]

        return rule

    lines = {"this rule": play(ours), "nothing bought": play(lambda *_: (offers[0], 0.0))}
    for days in look_backs:
        lines[f"best level of the last {days} days"] = play(look_back(days))
    lines["online rule, no forecast"] = _online(past, offers, terms, starts)
    if signed is not None:
        held = np.broadcast_to(np.asarray(signed, float), past.top.shape)
        fees = held * (min(rates.values()) if signed_rate is None else signed_rate)
        lines["as signed"] = _line(past, held, fees, starts, np.zeros(len(names)))
    least, held = hindsight(past, offers, terms, starts)
    steps = np.maximum(np.diff(np.append(0.0, held)), 0.0)
    lines["best in hindsight"] = Line("", least, 0.0, 0.0, steps, held)
    nothing, best = lines["nothing bought"].cost, lines["best in hindsight"].cost
    graded = tuple(
        Line(name, line.cost, nothing - line.cost, line.cost - best, line.bought, line.held)
        for name, line in lines.items()
    )
    return Replay(names, money_unit(offers[0], currency), currency, graded, name=name)


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


def _one_price(offers) -> None:
    """Of usage without SKUs: one price on demand, and a rate below it or a discount."""
    if all(offer.kind == "spend" and not offer.discounts for offer in offers):
        return  # usage is on-demand money
    on_demand = {offer.on_demand for offer in offers}
    if len(on_demand) > 1 or None in on_demand or any(offer.kind == "spend" for offer in offers):
        raise PriceError(
            "replay_commitments: every offer needs a rate and the same on_demand price per unit; a spend commitment is the "
            "currency as unit, on_demand 1, rate 1 - discount."
        )


def _line(past: Past, held, fees, starts, bought) -> Line:
    cost = past.cost(held[: past.hours], starts[0]) + fees[starts[0] : past.hours].sum()
    return Line("", float(cost), 0.0, 0.0, bought, np.array([held[start] for start in starts[:-1]]))


def _online(past: Past, offers, terms, starts) -> Line:
    """Day by day; a contract's fee is its upfront equivalent and an hour under it costs nothing more (α = 0)."""
    offer = min(offers, key=lambda one: terms[one.name])
    term, rate = int(round(offer.term_hours / 24)), past.rates[offer.name]
    floors = floors_known(past.top, starts[0])
    width = np.diff(floors)
    use = past.slices(floors).reshape(len(width), -1, 24).sum(axis=2)
    first = starts[0] // 24
    _, running = online(
        use[:, first:], width, rate * term * 24, past.price, 0.0, term, before=use[:, :first]
    )
    held = np.zeros(past.hours)
    held[starts[0] :] = np.repeat(width @ running, 24)
    return _line(past, held, held * rate, starts, np.zeros(len(starts) - 1))
