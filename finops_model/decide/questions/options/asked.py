"""A file of options answered: one sentence, one table, break-evens, cash by fiscal period, one picture (docs/method §8.60–§8.66)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ....errors import InputError, together
from ....periods import Calendar
from ....settings import Settings
from ....wording import chance, eight_of_ten, money, percent
from ....wording.pictures import bars, ranges
from ..answer import Answer, cell
from .compared import MOST, Ranked, break_evens, by_month, overtakes, ranked
from .document import ADDED, Question, load_options
from .priced import Priced, Settling, prepared

WORDS = ("from the start", "never", "after the end")  # of a crossover
PAIRS = 6  # options of which every pair is looked at; of more, the best with each
FORMS = {
    "mean": "money",
    "P10": "money",
    "P90": "money",
    "NPV": "money",
    "per unit": "money",
    "chance cheapest": "chance",
    "mean regret": "money",
    "P90 regret": "money",
    "times the demand": "units",
    "units a month": "units",
}


def options(file: str | os.PathLike | dict, settings: Settings | None = None) -> Answer:
    r"""Which of some offers and ways to buy costs least, on the same draws and the same demand.

    Parameters
    ----------
    file : path or mapping
        A file of options (docs/decide/options.md), or what it holds.
    settings : Settings, optional
        The workspace: its currency, its fiscal calendar and, where the demand names a workload, its
        bill; None: none is needed.

    Returns
    -------
    Answer
        Sentence, table (an option a row, the cheapest at NPV first), break-evens, crossovers, cash
        and cost by fiscal year, picture.

    Raises
    ------
    InputError
        file:line: what makes no sense, the nearest match, what is allowed, what to do.

    Source
    ------
    docs/method §8.60–§8.66.

    Examples
    --------
    >>> answer = options({
    ...     "question": "Commit?", "from": "2027-01", "on_demand": 4.0,
    ...     "demand": {"unit": "GPU-hours", "per_hour": 10},
    ...     "options": {"rent": {"way": "on_demand"},
    ...                 "one year": {"way": "committed", "quantity": 10, "discount": 0.25}},
    ... })
    >>> print(answer.sentence)
    'one year' is cheapest: $263k over 12 months from 2027-01, $87.6k less than 'rent'.
    """
    question = load_options(file)
    settling = ready(question, settings)
    return _answer(settling, ranked(settling), _calendar(question, settings))


def ready(question: Question, settings: Settings | None) -> Settling:
    """A checked file with its shared draws; the demand of the bill is simulated where the file names a workload."""
    if settings is not None and question.document.currency is None:
        own = question.document.model_copy(update={"currency": settings.currency})
        question = replace(question, document=own)
    demand = question.document.demand
    if demand.workload is None and demand.sku is None:
        return prepared(question)
    if settings is None:
        raise InputError(
            f"{question.path}: demand names a workload of the bill, and there is no workspace. Give its settings (-s finops.yaml), "
            "or write per_hour or per_month."
        )
    from .simulated import simulated_use

    return prepared(question, simulated_use(question, settings))


def currency_of(settling: Settling) -> str:
    """The currency that the file says; USD where it says none."""
    return settling.question.document.currency or "USD"


def _calendar(question: Question, settings: Settings | None) -> Calendar:
    starts = question.document.fiscal_year_starts
    if starts is not None:
        return Calendar(starts=starts)
    return settings.calendar_of() if settings is not None else Calendar()


def _answer(settling: Settling, order: Ranked, calendar: Calendar) -> Answer:
    document, currency = settling.question.document, currency_of(settling)
    best, pairs = order.priced[0], break_evens(settling, order, PAIRS)
    table = _table(settling, order)
    regret = order.regret
    return Answer(
        question="options",
        sentence=_sentence(settling, order, currency),
        table=table,
        forms=FORMS if settling.paths > 1 else {**FORMS, "chance cheapest": "share"},
        range=_range(settling, best, currency),
        reason=_reason(settling, order, pairs),
        next_best=_next(settling, order, currency),
        currency=currency,
        notes=_notes(settling, order, currency),
        figures={
            "best": best.name,
            "months": settling.world.months,
            "paths": settling.paths,
            "seed": document.seed,
            "discount_rate": document.discount_rate,
            "npv": {one.name: float(one.npv.mean()) for one in order.priced},
            "cost": {one.name: float(one.total.mean()) for one in order.priced},
            "regret": {one.name: float(regret[:, i].mean()) for i, one in enumerate(order.priced)},
            "lead": dict(zip(("mean", "standard_error"), order.difference(0, 1), strict=True))
            if len(order.priced) > 1
            else None,
            "mean_units_a_month": float(settling.world.use.mean()),
        },
        tables={
            "Break-evens": pairs,
            "Crossover": _crossover(order, settling.world.months),
            "Cash by fiscal year": by_period(settling, order.priced, calendar, "year"),
            "Cash by fiscal quarter": by_period(settling, order.priced, calendar, "quarter"),
            "Cash by fiscal period": by_period(settling, order.priced, calendar, "name"),
            "Cost by fiscal year": by_period(settling, order.priced, calendar, "year", cost=True),
            "Cost by fiscal period": by_period(settling, order.priced, calendar, "name", cost=True),
            "Cash by month, cumulative": _cumulative(order, settling.world.months),
        },
        picture=_picture(settling, order, currency),
    )


def _picture(settling: Settling, order: Ranked, currency: str):
    """P10 to P90 and mean of each option; bars where nothing is uncertain."""
    document = settling.question.document
    names = [one.name for one in order.priced]
    means = [float(one.npv.mean()) for one in order.priced]
    said = [money(mean, currency) for mean in means]
    axis = f"{_measure(document)}, {currency}"
    if settling.paths == 1:
        return bars(
            names, means, said, words=f"Each option, {document.question}", axis=axis, highlight=0
        )
    low, high = ([float(np.quantile(one.npv, q)) for one in order.priced] for q in (0.1, 0.9))
    words = f"P10 to P90 and mean of each option, {document.question}"
    return ranges(names, low, means, high, said, words=words, axis=axis, highlight=0)


def _table(settling: Settling, order: Ranked) -> pd.DataFrame:
    shares, regret = order.chance, order.regret
    rows = []
    for i, one in enumerate(order.priced):
        served = settling.world.use.sum() - _refused(one)
        rows.append(
            {
                "option": one.name,
                "mean": float(one.total.mean()),
                "P10": float(np.quantile(one.total, 0.1)),
                "P90": float(np.quantile(one.total, 0.9)),
                "NPV": float(one.npv.mean()),
                "per unit": float(one.total.sum() / served) if served > 0 else None,
                "chance cheapest": float(shares[i]),
                "mean regret": float(regret[:, i].mean()),
                "P90 regret": float(np.quantile(regret[:, i], 0.9)),
            }
        )
    return pd.DataFrame(rows)


def _refused(one: Priced) -> float:
    """Units of the demand that are not served, over all paths."""
    refused = one.ledger.meters.get("refused")
    per = one.option.takes
    return 0.0 if refused is None or isinstance(per, dict) else float(np.sum(refused)) / per


def _measure(document) -> str:
    return f"NPV at {100 * document.discount_rate:g} % a year" if document.discount_rate else "cost"


def _sentence(settling: Settling, order: Ranked, currency: str) -> str:
    document, best = settling.question.document, order.priced[0]
    at = f" at NPV ({100 * document.discount_rate:g} % a year)" if document.discount_rate else ""
    months = settling.world.months
    text = (
        f"{money(float(best.npv.mean()), currency)}{at} over {len(months)} months from {months[0]}"
    )
    if len(order.priced) == 1:
        return f"'{best.name}' costs {text}; there is no other option."
    gap, error = order.difference(0, 1)
    other = order.priced[1].name
    if gap <= 2 * error or gap <= 1e-9 * abs(float(best.npv.mean())):
        apart = f" ({money(gap, currency)} ± {money(error, currency)} apart)" if error else ""
        return f"'{best.name}' and '{other}' cost the same as far as can be told{apart}: {text}."
    sure = f" ± {money(error, currency)}" if error else ""
    return f"'{best.name}' is cheapest: {text}, {money(gap, currency)}{sure} less than '{other}'."


def _range(settling: Settling, best: Priced, currency: str) -> str:
    if settling.paths == 1:
        return "none: every number of the file is certain. Write a range {p10, p50, p90} for what is not."
    low, high = (float(v) for v in np.quantile(best.npv, (0.1, 0.9)))
    return f"{eight_of_ten(low, high, currency)} for '{best.name}', over {settling.paths:,} paths that all options share."


def _reason(settling: Settling, order: Ranked, pairs: pd.DataFrame) -> str:
    if len(order.priced) == 1:
        return ""
    one, other = order.priced[0].name, order.priced[1].name
    unit = settling.question.document.demand.unit
    rows = [row for row in pairs.itertuples(index=False) if {row[0], row[1]} == {one, other}]
    where = [(row[2], row[3]) for row in rows if row[2] is not None and not pd.isna(row[2])]
    if not where:
        mean = " in the mean" if settling.paths > 1 else ""
        return (
            f"'{one}' is not dearer{mean} than '{other}' at any demand up to {MOST:g} times that of the file."
            if rows and "never" in rows[0][4]
            else (rows[0][4] if rows else "")
        )
    said = together(
        f"{times:.3g} times the demand ({cell(units, 'units', '')} {unit} a month)"
        for times, units in where
    )
    return f"'{one}' and '{other}' cost the same at {said}; {rows[0][4]}."


def _next(settling: Settling, order: Ranked, currency: str) -> str:
    if len(order.priced) == 1:
        return "there is no other option."
    gap, _ = order.difference(0, 1)
    if settling.paths == 1:  # one future is no chance
        return f"'{order.priced[1].name}' costs {money(gap, currency)} more."
    share = float(order.chance[1])
    if len(order.npv) == 1:
        return f"'{order.priced[1].name}' costs {money(gap, currency)} more."
    return f"'{order.priced[1].name}' costs {money(gap, currency)} more and is the cheapest in {chance(share)} of the futures."


def _notes(settling: Settling, order: Ranked, currency: str) -> tuple[str, ...]:
    question = settling.question
    notes = []
    silent: dict[tuple[str, ...], list[str]] = {}
    for key in ADDED:
        names = tuple(o.name for o in question.options if _nothing(o, key))
        silent.setdefault(names, []).append(key.replace("_", " "))
    said = [
        f"{together(keys)} of {'every option' if len(names) == len(question.options) else _quoted(names)}"
        for names, keys in silent.items()
        if names
    ]
    if said:
        notes.append(f"Taken as 0: {'; '.join(said)}.")
    renewed = [
        o.name
        for o in question.options
        if 0 < int(getattr(settling.offers[o.name], "term", 0)) < settling.world.span
    ]
    moves = question.change_per_year is not None or any(
        o.change_per_year is not None for o in question.options
    )
    if renewed:
        at = (
            "at the price of then"
            if moves
            else "at today's price: the file states no prices/change_per_year"
        )
        notes.append(f"Renewed until {settling.world.months[-1]} {at}: {_quoted(renewed)}.")
    notes.extend(_cut(settling))
    demand = question.document.demand
    if demand.workload or demand.sku:
        whose = " and ".join(f"'{name}'" for name in (demand.workload, demand.sku) if name)
        notes.append(
            f"Demand: {whose} of the bill as its base scenario simulates it; what is signed already is not taken off."
        )
    notes += _ahead(order, settling.world.months)
    for one in order.priced:
        refused = _refused(one)
        if refused > 0:
            part = refused / float(settling.world.use.sum())
            notes.append(f"'{one.name}' refuses {percent(part)} of the use; that is no saving.")
    notes.append(
        f"{currency}, before tax. What is used is paid when its month is over"
        + (f", {question.document.net_days} days net." if question.document.net_days else ".")
    )
    return tuple(notes)


def _ahead(order: Ranked, months: tuple[str, ...]) -> list[str]:
    """From when on the best has paid less in all than each other."""
    best = order.priced[0]
    when: dict[str, list[str]] = {}
    for one in order.priced[1:]:
        when.setdefault(overtakes(best, one, months), []).append(one.name)
    said = [
        f"than {_quoted(names)} {at if at in WORDS else f'from {at} on'}"
        for at, names in when.items()
        if at != "never"
    ]
    notes = [f"'{best.name}' has paid less in all {'; '.join(said)}."] if said else []
    if "never" in when:
        notes.append(
            f"'{best.name}' has not paid less in all than {_quoted(when['never'])} at any time."
        )
    return notes


def _cut(settling: Settling) -> list[str]:
    """What is bound beyond the months asked about: not counted, so it is told."""
    span, bound = settling.world.span, dict[int, list[str]]()
    for option in settling.question.options:
        term = int(getattr(settling.offers[option.name], "term", 0))
        if option.way != "owned" and term and span % term:  # a machine is paid whole
            bound.setdefault(term - span % term, []).append(option.name)
    return [
        f"Not counted: {months} month{'s' * (months != 1)} beyond {settling.world.months[-1]} to which {_quoted(names)} {'is' if len(names) == 1 else 'are'} still bound; "
        f"months: {span + months} counts all."
        for months, names in sorted(bound.items())
    ]


def _quoted(names) -> str:
    return together(f"'{name}'" for name in names)


def _nothing(option, key: str) -> bool:
    value = option.added[key]
    return not isinstance(value, dict) and value == 0


def by_period(
    settling: Settling, priced: Sequence[Priced], calendar: Calendar, part: str, cost: bool = False
) -> pd.DataFrame:
    """Mean money paid (or, by days, the cost of months) in each fiscal year or quarter: a row each, a column for each option, a total."""
    months = np.array(settling.world.months, "datetime64[M]")
    first, end = months[0].astype("datetime64[D]"), (months[-1] + 1).astype("datetime64[D]")
    last = max([end - 1, *(one.ledger.dates.max() for one in priced)]) if not cost else end - 1
    periods = calendar.periods(first, last)
    names = list(dict.fromkeys(getattr(period, part) for period in periods))
    place = np.array([names.index(getattr(period, part)) for period in periods])
    head = "period" if part == "name" else part
    columns: dict[str, list] = {f"fiscal {head}": [*names, "all"]}
    for one in priced:
        dates, amounts = one.ledger.dates, one.ledger.cash.mean(axis=0)
        if cost:
            days = np.arange(first, end)
            of = (days.astype("datetime64[M]") - months[0]).astype(int)
            dates, amounts = days, (one.ledger.cost.mean(axis=0) / settling.world.days)[of]
        sums = np.bincount(place[calendar.index(dates, periods)], amounts, len(names))
        columns[one.name] = [*map(float, sums), float(sums.sum())]
    return pd.DataFrame(columns)


def _crossover(order: Ranked, months: tuple[str, ...]) -> pd.DataFrame:
    best = order.priced[0]
    rows = [
        {
            "option": best.name,
            "other": one.name,
            "cheaper in all from": overtakes(best, one, months),
        }
        for one in order.priced[1:]
    ]
    return pd.DataFrame(rows, columns=["option", "other", "cheaper in all from"])


def _cumulative(order: Ranked, months: tuple[str, ...]) -> pd.DataFrame:
    columns: Mapping = {one.name: np.cumsum(by_month(one.ledger, months)) for one in order.priced}
    return pd.DataFrame({"month": [*months, "later"], **columns})
