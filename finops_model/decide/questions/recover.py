"""`finops recover`: which decisions bring a budget back, until when, and what waiting costs (docs/method §8.74 to §8.77)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import several
from ...measure.brief_types import Landing
from ...periods import add_months, month_name
from ...uncertainty import answers, chances
from ...wording import day, money, pictures
from .answer import Answer
from .decisions import Decision
from .reserve import futures, name_of
from .search import Found, Members, Tried

SHOWN = 5  # sets of the smallest size that are dated and shown
NEAR = 3  # of the sets that do not reach


@dataclass(frozen=True, kw_only=True)
class Way:
    """What a way back is told from; totals by path with what is booked, money of one currency."""

    land: Landing  # of the base, as page one has it
    base: np.ndarray  # (path,)
    budget: float | None
    level: float
    decisions: Sequence[Decision]
    currency: str
    as_of: str
    first: str  # first month that is simulated
    found: Found | None = None  # None: there was nothing to search
    later: Mapping[Members, Sequence[np.ndarray] | str] = field(default_factory=dict)
    stated: bool = False  # the budget is an amount that somebody named
    notes: tuple[str, ...] = ()


def state_of(way: Way) -> str:
    """no budget, over, already under, nothing to decide, reached or cannot."""
    if way.budget is None:
        return "no budget"
    if way.land["closed"]:
        return "over"
    if np.quantile(way.base, way.level / 100) <= way.budget:
        return "already under"
    if way.found is None or not way.found.tried:
        return "nothing to decide"
    return "cannot" if way.found.size is None else "reached"


def best_of(way: Way) -> list[Tried]:
    """The sets that are the answer, the best first: those that reach, else the one that comes nearest; none where nothing lowers the level."""
    if way.found is None or way.budget is None or not way.found.tried:
        return []
    if way.found.size is not None:
        return way.found.reaching(way.budget, way.level)
    nearest = min(way.found.tried, key=lambda one: (one.at(way.level), len(one.members)))
    lower = float(np.quantile(way.base, way.level / 100)) - nearest.at(way.level)
    return [nearest] if lower >= 0.005 else []  # what costs more is no way back


def recover_of(way: Way) -> Answer:
    """The answer to `finops recover`."""
    state, best = state_of(way), best_of(way)
    rows = _rows(way, state, best)
    return Answer(
        question="recover",
        sentence=_sentence(way, state, best),
        table=_table(way, rows, state),
        forms={
            name_of(way.level): "money",
            "over budget": "money",
            "saves": "money",
            "overlap": "money",
            "waiting costs": "money",
        },
        range=_range(way, state, best),
        reason=_reason(way, state, best),
        next_best=_next(way, state, best),
        currency=way.currency,
        notes=_notes(way, state),
        figures=_figures(way, state, best),
        tables={"Deciding later": _waiting(way, best)} if best else {},
        picture=_picture(way, rows) if way.budget is not None else None,
    )


def names_of(way: Way, members: Members, between: str = "") -> str:
    """A set in words, or its names with something between."""
    names = [way.decisions[i].name for i in members]
    if between and names:
        return between.join(names)
    return (
        " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        if names
        else "nothing decided"
    )


def _by(way: Way, members: Members) -> str:
    """The earliest day by which one of a set has to be decided, as its file says."""
    return min((way.decisions[i].by for i in members if way.decisions[i].by), default="")


def last_start(way: Way, members: Members) -> tuple[str, int] | None:
    """The last months in which a set may begin and still reach, and how many months later that is; None: not known, or it never reaches."""
    known = way.later.get(members)
    if known is None or isinstance(known, str) or way.budget is None:
        return None
    good = 0
    for totals in known:
        if np.quantile(totals, way.level / 100) > way.budget:
            break
        good += 1
    starts = [add_months(way.decisions[i].start(way.first), good) for i in members]
    return ", ".join(dict.fromkeys(starts)), good


def _sentence(way: Way, state: str, best: list[Tried]) -> str:
    period, p, currency = way.land["period"], name_of(way.level), way.currency
    at = money(float(np.quantile(way.base, way.level / 100)), currency)
    if state == "no budget" or way.budget is None:
        return f"{period} has no approved budget for all of it, so there is nothing to come back to: {futures(way.level)} stay under {at} ({p})."
    budget = money(way.budget, currency)
    gap = float(np.quantile(way.base, way.level / 100)) - way.budget
    if state == "over":
        side = f"{money(abs(gap), currency)} {'over' if gap > 0 else 'under'}"
        return f"{period} is over, with {at} booked, {side} its budget of {budget}: nothing can be decided any more."
    if state == "already under":
        return f"{period} is already under: {futures(way.level)} stay under {at} ({p}), {money(-gap, currency)} below the budget of {budget}."
    lands = f"{p} of {period} is {money(gap, currency)} over the budget of {budget}"
    if state == "nothing to decide":
        return f"{lands}, and the workspace has no decision that could bring it back."
    if not best:
        return f"{period} cannot be brought under its budget of {budget} any more: no decision on file lowers {p}, which stays at {at}, {money(gap, currency)} over."
    one = best[0]
    who, what = names_of(way, one.members), money(one.at(way.level), currency)
    if state == "cannot":
        short = money(one.at(way.level) - way.budget, currency)
        return f"{period} cannot be brought under its budget of {budget} any more: the best set, {who}, leaves {p} at {what}, {short} over."
    free = money(way.budget - one.at(way.level), currency)
    how = "alone brings" if len(one.members) == 1 else "together bring"
    text = f"{who} {how} {p} of {period} to {what}, {free} under the budget of {budget}"
    text += _until(way, one)
    if by := _by(way, one.members):
        text += f"; decide by {day(by)}"
    return f"{text}."


def _until(way: Way, one: Tried) -> str:
    """Until when a set may begin, as a clause."""
    last = last_start(way, one.members)
    if last is None:
        return ""
    if len(one.members) == 1:
        return f", if begun in {month_name(last[0])} or before"
    if not last[1]:
        return ", if all begin as written and none later"
    return f", also if all begin {several(last[1], 'month')} later than written"


def _rows(way: Way, state: str, best: list[Tried]) -> list[Tried]:
    """Nothing decided, the sets that are the answer, then each decision alone and the nearest others."""
    rows = [Tried((), way.base)]
    if way.found is None or way.budget is None:
        return rows
    rows += best[:SHOWN]
    others = [one for one in way.found.tried if one not in best]
    alone = [one for one in others if len(one.members) == 1]
    near = sorted(
        (one for one in others if len(one.members) > 1 and one.at(way.level) > way.budget),
        key=lambda one: one.at(way.level),
    )
    return [*rows, *near[:NEAR], *alone]


def _table(way: Way, rows: list[Tried], state: str) -> pd.DataFrame:
    p = name_of(way.level)
    lines = []
    for one in rows:
        saves = way.base - one.totals
        last = last_start(way, one.members) if one.members else None
        lines.append(
            {
                "decided": names_of(way, one.members, " + "),
                p: one.at(way.level),
                "over budget": None if way.budget is None else one.at(way.level) - way.budget,
                "saves": float(saves.mean()) if one.members else None,
                "overlap": _overlap(way, one) if len(one.members) > 1 else None,
                "decide by": _by(way, one.members) or "–",
                "last start": last[0]
                if last and one in best_of(way) and state == "reached"
                else "–",
            }
        )
    table = pd.DataFrame(lines).astype(object)
    table = table.where(table.notna(), None)
    empty = [name for name in ("overlap",) if table[name].isna().all()]
    return table.drop(columns=empty)


def _chance(way: Way, totals: np.ndarray) -> float | None:
    if way.budget is None:
        return None
    if chances.without_width(totals):
        return float(totals.mean() > way.budget)
    return chances.overrun(totals, way.budget).value


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _overlap(way: Way, one: Tried) -> float | None:
    """Joint saving − sum of the single ones, by means; below 0 they save the same money twice."""
    assert way.found is not None
    single = {t.members[0]: t for t in way.found.tried if len(t.members) == 1}
    if not all(i in single for i in one.members):
        return None
    apart = sum(float((way.base - single[i].totals).mean()) for i in one.members)
    return float((way.base - one.totals).mean()) - apart


def _range(way: Way, state: str, best: list[Tried]) -> str:
    if state in ("no budget", "over") or way.budget is None:
        return ""
    one = best[0] if best and state in ("reached", "cannot") else Tried((), way.base)
    if chances.without_width(one.totals):
        return "None: nothing in the period varies from one future to another."
    sure = answers.quantile(one.totals, way.level / 100)
    low, high = np.quantile(one.totals, [0.1, 0.9])
    with_ = f"With {names_of(way, one.members)} it" if one.members else "It"
    text = f"{with_} lands between {money(float(low), way.currency)} and {money(float(high), way.currency)} in 8 of 10 futures; {name_of(way.level)} is known to ± {money(sure.standard_error, way.currency)} (standard error of {len(one.totals):,} futures)."
    if abs(sure.value - way.budget) < 2 * sure.standard_error:
        text += " That is so near the budget that other draws may say otherwise."
    return text


def _reason(way: Way, state: str, best: list[Tried]) -> str:
    currency = way.currency
    if state == "nothing to decide":
        return "No scenario beside the base is a decision: write what could be decided as a scenario with decide_by:, or with commitments, purchases, routing, levers or kind: decision as its changes."
    if state not in ("reached", "cannot") or way.budget is None:
        return ""
    if not best:
        return f"Every decision on file leaves {name_of(way.level)} where it is, or higher."
    one = best[0]
    saves = float((way.base - one.totals).mean())
    whole = float(np.quantile(way.base, way.level / 100)) - one.at(way.level)
    text = f"Together they lower {name_of(way.level)} by {money(whole, currency)} and the mean by {money(saves, currency)}"
    if len(one.members) == 1:
        text = text.replace("Together they lower", "It lowers")
    elif (overlap := _overlap(way, one)) is not None and abs(overlap) >= 0.005:
        text += f", {money(abs(overlap), currency)} {'less' if overlap < 0 else 'more'} than each alone added up"
    text += "."
    later = way.later.get(one.members)
    if later and not isinstance(later, str):
        lost = float(np.quantile(later[0], way.level / 100)) - one.at(way.level)
        text += f" Begun a month later they leave {name_of(way.level)} {money(abs(lost), currency)} {'higher' if lost >= 0 else 'lower'}.".replace(
            "they leave", "it leaves" if len(one.members) == 1 else "they leave"
        )
    return text


def _next(way: Way, state: str, best: list[Tried]) -> str:
    if state not in ("reached", "cannot") or way.found is None or way.budget is None or not best:
        return ""
    one, p = best[0], name_of(way.level)
    others = best[1:] or sorted(
        (t for t in way.found.tried if not set(t.members) >= set(one.members)),
        key=lambda t: t.at(way.level),
    )
    if not others:
        only = len(way.found.tried) == 1
        return f"None: {'this is the only decision there is' if only else 'every other set holds it too'}."
    other = others[0]
    gap = other.at(way.level) - way.budget
    side = f"{money(abs(gap), way.currency)} {'over' if gap > 0 else 'under'} the budget"
    more = money(other.at(way.level) - one.at(way.level), way.currency)
    return f"{names_of(way, other.members)}: {p} {money(other.at(way.level), way.currency)}, {side}, {more} more."


def _waiting(way: Way, best: list[Tried]) -> pd.DataFrame:
    """What the best set reaches begun as written, and one, two … months later."""
    one = best[0]
    known = way.later.get(one.members)
    steps = [one.totals, *(known if known and not isinstance(known, str) else [])]
    p = name_of(way.level)
    starts = [way.decisions[i].start(way.first) for i in one.members]
    at = [float(np.quantile(totals, way.level / 100)) for totals in steps]
    return pd.DataFrame(
        {
            "begun": [
                ", ".join(dict.fromkeys(add_months(start, k) for start in starts))
                for k in range(len(steps))
            ],
            p: at,
            "over budget": [None if way.budget is None else value - way.budget for value in at],
            "waiting costs": [value - at[0] for value in at],
            "saves": [float((way.base - totals).mean()) for totals in steps],
        }
    )


def _notes(way: Way, state: str) -> tuple[str, ...]:
    notes = list(way.notes)
    if state in ("reached", "cannot") and way.found is not None:
        counted = len(way.found.tried)
        notes.append(
            f"{counted} set{'s' * (counted != 1)} simulated on the same {len(way.base):,} futures, each as one scenario: joint effects, not sums. What a decision costs counts where its scenario says so."
        )
        for members, why in way.found.refused.items():
            notes.append(f"Not tried: {names_of(way, members)}: {why}")
        if way.found.left:
            notes.append(
                f"Tried alone only: {names_of(way, way.found.left)}: sets were made of the {len(way.decisions) - len(way.found.left)} decisions that lower {name_of(way.level)} most."
            )
        reaching = best_of(way) if state == "reached" else []
        if len(reaching) > SHOWN:
            notes.append(f"{len(reaching) - SHOWN} more sets of this size reach it too.")
        for members, known in way.later.items():
            if isinstance(known, str):
                notes.append(f"The last start of {names_of(way, members)} is not known: {known}")
    return tuple(notes)


def _figures(way: Way, state: str, best: list[Tried]) -> dict:
    def of(one: Tried) -> dict:
        last = last_start(way, one.members) if state == "reached" else None
        return {
            "decisions": [way.decisions[i].name for i in one.members],
            "files": [way.decisions[i].file for i in one.members],
            "quantile": one.at(way.level),
            "over": None if way.budget is None else one.at(way.level) - way.budget,
            "saves_mean": float((way.base - one.totals).mean()),
            "saves_standard_error": _error(way.base - one.totals),
            "overlap": _overlap(way, one) if len(one.members) > 1 else None,
            "overrun_probability": _chance(way, one.totals),
            "decide_by": _by(way, one.members) or None,
            "last_start": last[0] if last else None,
            "months_later": last[1] if last else None,
        }

    return {
        "state": state,
        "period": way.land["period"],
        "level": way.level,
        "as_of": way.as_of,
        "paths": len(way.base),
        "budget": way.budget,
        "quantile": float(np.quantile(way.base, way.level / 100)),
        "overrun_probability": way.land["overrun_probability"],
        "size": way.found.size if way.found else None,
        "sets": [of(one) for one in best],
        "tried": [of(one) for one in way.found.tried] if way.found else [],
    }


def _picture(way: Way, rows: list[Tried]):
    low, middle, high = (
        [float(np.quantile(one.totals, q)) for one in rows] for q in (0.1, 0.5, 0.9)
    )
    p = name_of(way.level)
    return pictures.ranges(
        [names_of(way, one.members) for one in rows],
        low,
        middle,
        high,
        [f"{p} {money(one.at(way.level), way.currency)}" for one in rows],
        words=f"Where {way.land['period']} lands with each set of decisions, P10 to P90, against its budget.",
        axis=way.currency,
        mark=way.budget,
        highlight=1 if len(rows) > 1 else None,
    )


__all__ = ["SHOWN", "Way", "best_of", "last_start", "recover_of", "state_of"]
