"""Totals of months as a series of their own: level, growth and the year's shape, a year ahead (docs/method §2.29).

Days say what next month will be; a year ahead their noise drowns growth and season. Here a block is four weeks (of a daily history,
13 a year, so that every block holds the same weekdays) or a month (of a monthly one, 12 a year), and everything happens in its log.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .methods._growth import SUPPORT, going_on

FEWEST = 5  # blocks a history needs
BLOCK = 28  # days
DAYS_A_YEAR, MONTHS_A_YEAR = 13, 12  # blocks
OFFSET = 0.02  # of the mean of the newest year: keeps logs of empty blocks finite
LEVEL = 0.7  # weight of the newest block in the level
GROWTH, SPREAD = (
    0.0075,
    0.0175,
)  # a month, in logs: growth where nothing says otherwise, and how far growths lie from it
YEARS_SEEN = 2  # years of growth that are averaged, at most
SEASONED = (
    3  # blocks more than a year that last year's blocks need: their growth is that of as many
)
STEP, STEP_NEEDS = (
    3.0,
    5,
)  # sd of a yearly change that is no chance; yearly changes that say what is
LEAST_STEP, STEP_OF, STAYED = (
    0.1,
    6.0,
    0.6,
)  # a move that is a step: of the log, in sd of moves, share that stays
MOST_SPREAD = 0.9  # of the log: a factor of three either way is all that a range of a month says
REST = 0.02  # of the newest year's mean: a block below it is a rest
RUN = 4  # blocks: shocks that last so long make a growth unsure; shorter ones even out
JUMP = (
    1.5  # of the log: a block counts in the year's shape at most so far from the blocks around it
)
ORIGINS = 3  # years of earlier ends from which the members are graded
FIRST = 4  # blocks known at the earliest of them
FEW = 3  # origins
NOTHING = 1e-18  # a squared miss that is rounding
EQUAL = 1.0  # blocks: before any grade all members are alike, and that counts as much as this many
LEADS = 13  # leads graded; what lies beyond takes the weights of the last
WANDERS, TOLD = (
    0.2,
    2.0,
)  # variance a block adds to that of the first, and the independent windows that say so before a history does
UNSEEN = (
    2.5  # what a history of n blocks does not know of h ahead: variance times 1 + UNSEEN · h ÷ n
)
FITTED = 1.25  # variance that a choice of weights on the same misses hides
HIGHEST = 2.5  # no block lies more times above the highest one of the history: a month of a calendar may hold three more days
DOUBT = 8.0  # windows: a grade of so few blocks brings the days half way
SHARED = 3  # blocks for which the forecast by days is graded too
MOST_STRETCH = 20.0
MEASURED_ON = 512  # paths, whatever is asked for: fewer paths stay the first of more
HIGHEST_OF_RESTING = 1.4  # the same where blocks are almost empty: ratios to them say little
MEMBERS = ("level", "level_and_season", "last_year", "last_year_grown")


@dataclass(frozen=True)
class Blocks:
    """What the blocks say. point (lead,) totals; spread (lead,) sd of their log; weights (member, lead)."""

    point: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    growth: float  # of the log, a block
    highest: float  # total that no block exceeds
    errors: (
        np.ndarray
    )  # (origin, lead) log(actual ÷ forecast), newest origin first, NaN where none is known

    @property
    def shares(self) -> dict[str, float]:
        """Member -> its share of the totals, the mean over the leads of a year; adds up to 1."""
        mean = self.weights[:, :LEADS].mean(axis=1)
        return {name: float(share) for name, share in zip(MEMBERS, mean) if share > 0}


def blocks_of(values: np.ndarray, size: int = BLOCK) -> np.ndarray:
    """Totals of the whole blocks that end with the newest day, oldest first.

    >>> blocks_of(np.arange(5.0), 2).tolist()
    [3.0, 7.0]
    """
    count = len(values) // size
    return values[len(values) - count * size :].reshape(count, size).sum(axis=1)


def offset_of(totals: np.ndarray, year: int = DAYS_A_YEAR) -> float:
    """What is added inside the log, so that an empty block has one."""
    return OFFSET * float(totals[-year:].mean())


def ahead(totals: np.ndarray, horizon: int, year: int = DAYS_A_YEAR) -> Blocks | None:
    """The blocks after `totals` (block,); None where fewer than FEWEST are known or the newest year is empty.

    >>> grown = 100 * 1.02 ** np.arange(30)
    >>> bool(abs(ahead(grown, 13).point[-1] / (100 * 1.02 ** 42) - 1) < 0.01)
    True
    """
    if len(totals) < FEWEST or not totals[-year:].mean() > 0:
        return None
    offset = offset_of(totals, year)
    logs = np.log(totals + offset)
    now, growth = members(logs, horizon, year)
    missed = graded(logs, LEADS, year)
    graded_weights = weigh(missed)
    weights = graded_weights[:, np.minimum(np.arange(horizon), LEADS - 1)]
    usable = ~np.isnan(now[:, 0])
    weights = np.where(usable[:, None], weights, 0.0)
    weights = np.where(weights.sum(axis=0) > 0, weights, usable[:, None])
    weights /= weights.sum(axis=0)
    point = np.einsum("mh,mh->h", weights, np.where(usable[:, None], now, 0.0))
    most = np.log(HIGHEST_OF_RESTING if rests(totals, year) else HIGHEST) + logs.max()
    errors = mixed(missed, np.where(usable[:, None], graded_weights, 0.0))[::-1]
    return Blocks(
        np.maximum(np.exp(np.minimum(point, most)) - offset, 0.0),
        spread_of(errors, len(totals), horizon),
        weights,
        growth,
        float(np.exp(most) - offset),
        errors,
    )


def rests(totals: np.ndarray, year: int) -> bool:
    """Whether blocks are almost empty, after one that was not: ratios and logs of such blocks say nothing of the next season.

    >>> rests(np.array([0.1, 5.0, 5.0]), 13), rests(np.array([5.0, 0.01, 5.0]), 13), rests(np.zeros(3), 13)
    (False, True, True)
    """
    least = totals[-year:].mean() if len(totals) else 0.0
    used = np.flatnonzero(totals >= SUPPORT * least)
    return not least > 0 or bool((totals[used[0] :] < REST * least).any())


def days_asked(horizon: int) -> int:
    """Days that must be known of a forecast by days so that its first `horizon` days are those of a longer one: whole blocks, up to the one
    after that whose middle they reach.

    >>> days_asked(1), days_asked(14), days_asked(15), days_asked(365)
    (56, 56, 84, 420)
    """
    return BLOCK * (-(-max(horizon - BLOCK // 2, 0) // BLOCK) + 2)


def brought_to(point: np.ndarray, blocks: Blocks, shares: np.ndarray, offset: float) -> np.ndarray:
    """A forecast by days (day,), whole blocks of it, brought towards the totals of the blocks.

    Its days and weekdays stay; a factor is laid over them that goes in straight lines, in logs, from nothing today to one block's middle
    and on to the next.
    shares (block,) how far each of the first blocks is brought, the others all the way;  offset: a day, added inside the log
    """
    count = len(point) // BLOCK
    days = point[: count * BLOCK].reshape(count, BLOCK).sum(axis=1)
    apart = np.log((blocks.point[:count] + offset * BLOCK) / (days + offset * BLOCK))
    apart[: len(shares)] *= shares[:count]
    apart = np.minimum(apart, np.log(blocks.highest / np.maximum(days, 1e-300)))
    factor = np.interp(np.arange(len(point)), _knots(count), np.append(0.0, apart))
    return np.maximum((point + offset) * np.exp(factor) - offset, 0.0)


def share_of_blocks(by_days: np.ndarray, blocks: Blocks) -> np.ndarray:
    """How far each of the first blocks goes from the total of the days to its own (block,): as both missed before, 1 ÷ (mean squared miss)².

    by_days (cutoff, block) log(actual ÷ total of the days), no NaN
    """
    count = min(by_days.shape[1], blocks.errors.shape[1])
    own = blocks.errors[:, :count]
    known = (~np.isnan(own)).sum(axis=0)
    own = np.where(np.isnan(own), 0.0, own) ** 2
    own = (own.sum(axis=0) + 1e-12) / np.maximum(known, 1)
    days = (by_days[:, :count] ** 2).mean(axis=0) + 1e-12
    share = days**2 / (days**2 + own**2)
    doubt = (
        DOUBT / np.arange(1, count + 1) ** 2
    )  # weeks ahead, days know; months ahead, they do not
    return share * known / (known + doubt)


def stretched(logs: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Log error paths (path, day) whose blocks, from the second on, spread as `spread` (lead,) says; the noise of days stays."""
    count = min(len(spread), logs.shape[1] // BLOCK)
    if count < 2:
        return logs
    mean = logs[:, : count * BLOCK].reshape(len(logs), count, BLOCK).mean(axis=2)
    now = np.maximum(width(mean[:MEASURED_ON]), 1e-9)
    wider = np.clip(spread[:count] / now, 1 / MOST_STRETCH, MOST_STRETCH) - 1
    wider[0] = 0.0
    mean = mean - np.median(mean[:MEASURED_ON], axis=0)  # the middle stays where it is
    days = np.arange(logs.shape[1])
    knots = _knots(count)[1:]
    at = np.clip((days - knots[0]) / BLOCK, 0, count - 1)
    left = np.minimum(at.astype(int), max(count - 2, 0))
    part = at - left
    level = mean[:, left] * (1 - part) + mean[:, left + 1] * part
    return logs + level * np.interp(days, knots, wider)


def centred(paths: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Paths (path, day) > 0 whose blocks have the point's totals as their middle: what bursts and quiet days add is in the blocks already."""
    count = paths.shape[1] // BLOCK
    if not count:
        return paths
    days = count * BLOCK
    totals = paths[:, :days].reshape(len(paths), count, BLOCK).sum(axis=2)
    wanted = point[:days].reshape(count, BLOCK).sum(axis=1)
    apart = np.log(wanted / np.median(totals[:MEASURED_ON], axis=0))
    apart[0] = 0.0
    return paths * np.exp(np.interp(np.arange(paths.shape[1]), _knots(count)[1:], apart))


def width(values: np.ndarray) -> np.ndarray:
    """sd of each column (path, lead) as its P10 and P90 say it."""
    low, high = np.quantile(values, (0.1, 0.9), axis=0)
    return (high - low) / 2.5631031310892007


def _knots(count: int) -> np.ndarray:
    """Today, and the middles of the blocks."""
    return np.append(-0.5, (np.arange(count) + 0.5) * BLOCK - 0.5)


def members(logs: np.ndarray, horizon: int, year: int) -> tuple[np.ndarray, float]:
    """What each of MEMBERS says (member, lead), NaN where it cannot, and the growth of a block they share."""
    known, lead = len(logs), np.arange(horizon)
    growth = growth_of(logs, year)
    shape = season_of(logs, growth, year)
    grown = growth * _going_on(horizon, known - 1)
    said = np.full((len(MEMBERS), horizon), np.nan)
    lag = growth * (1 - LEVEL) / LEVEL  # a smoothed level is late by so much
    said[0] = smoothed(logs) + lag + grown
    said[1] = said[0]
    if shape is not None:
        plain = logs - shape[np.arange(-known, 0) % year]
        said[1] = smoothed(plain) + lag + grown + shape[lead % year]
    if known >= year + SEASONED:
        said[2] = logs[known - year + lead % year] + moved(logs, year)[lead % year]
        copies = (lead // year + 1) * year  # blocks between a block and the one it repeats
        said[3] = said[2] + growth * _going_on(int(copies[-1]), known - 1)[copies - 1]
    return said, growth


def moved(logs: np.ndarray, year: int) -> np.ndarray:
    """What the newest year's blocks (block,) lack of a level that has moved since; 0 where it has not.

    The newest blocks changed on those a year before by STEP times more than is usual: by what they did so, the blocks before them are raised.

    >>> flat = np.append(np.zeros(30), [0.3, 0.3])
    >>> moved(flat, 13).round(6).tolist() == [0.3] * 11 + [0.0] * 2
    True
    """
    lack = np.zeros(year)
    apart = logs[year:] - logs[:-year]
    least = np.log(
        SUPPORT * np.exp(logs[-year:]).mean()
    )  # a nearly empty block says nothing of a level
    if len(apart) < STEP_NEEDS or min(logs[-1], logs[-1 - year]) < least:
        return lack
    apart = apart - np.median(apart[-2 * year : -2])
    usual = STEP * 1.4826 * float(np.median(np.abs(apart[-2 * year : -2])))
    beyond = np.sign(apart) * np.maximum(np.abs(apart) - usual, 0.0)
    newest = float(beyond[-1])
    same = np.sign(beyond[::-1]) == np.sign(newest)
    run = len(same) if same.all() else int(np.argmin(same))
    if 0 < abs(newest) < JUMP and run < year:
        lack[: year - run] = newest
    return lack


def _going_on(horizon: int, span: int) -> np.ndarray:
    return np.arange(1.0, horizon + 1) if horizon <= span else going_on(horizon, max(span, 1))


@lru_cache(maxsize=64)
def _smoothing(known: int) -> np.ndarray:
    weights = LEVEL * (1 - LEVEL) ** np.arange(known)[::-1]
    weights[0] += 1 - weights.sum()
    return weights


def smoothed(logs: np.ndarray) -> float:
    """Exponential smoothing with weight LEVEL; the oldest block takes what is left.

    >>> round(smoothed(np.array([0.0, 1.0])), 6)
    0.7
    """
    return float(_smoothing(len(logs)) @ logs)


def without_step(logs: np.ndarray) -> np.ndarray:
    """The logs with their largest move within two blocks taken out, where it is a level that moved and stayed: it is no growth.

    >>> without_step(np.repeat([0.0, 0.7], [6, 5])).round(6).tolist() == [0.7] * 11
    True
    """
    steps = np.diff(logs)
    usual = float(np.median(steps))
    pairs = steps[:-1] + steps[1:] - 2 * usual
    at = int(np.argmax(np.abs(pairs))) + 1  # the block in the middle of the move
    size = float(pairs[at - 1])
    typical = 1.4826 * float(np.median(np.abs(steps - usual)))
    if abs(size) <= max(LEAST_STEP, STEP_OF * typical) or at + 1 >= len(logs):
        return logs
    before = float(np.median(logs[max(at - 3, 0) : at]))
    after = float(np.median(logs[at + 1 : at + 4]))
    least = np.log(SUPPORT * np.exp(logs[-DAYS_A_YEAR:]).mean())  # a season of rest is no step
    if (after - before) / size < STAYED or min(before, after) < least:
        return logs
    moved_up = logs.copy()
    moved_up[:at] += size
    moved_up[at] = (moved_up[at - 1] + moved_up[at + 1]) / 2
    return moved_up


def growth_of(logs: np.ndarray, year: int) -> float:
    """Growth of a block: year on year where a year is known, drawn towards GROWTH as far as its own shocks leave it unsure.

    >>> round(growth_of(0.02 * np.arange(30), 13), 4), abs(float(growth_of(np.zeros(30), 13))) < 1e-6
    (0.02, True)
    """
    logs = without_step(logs)
    known, steps = len(logs), np.diff(logs)
    if known >= year + SEASONED:
        change = logs[year:] - logs[:-year]
        window = min(len(change), YEARS_SEEN * year)
        growth, counted = float(change[-window:].mean()) / year, year + window - 1
        shocks = min(steps.var(), np.diff(change).var() / 2)
        if known >= year + SEASONED + 3:
            shocks = min(shocks, lasting(steps))
        if len(change) >= year + 4:
            shocks = min(shocks, lasting(np.diff(change)) / 2)
    else:
        growth, counted, shocks = float(steps.mean()), len(steps), float(steps.var())
    expected = GROWTH * (12 / 13 if year == 13 else 1.0)
    apart = SPREAD * (12 / 13 if year == 13 else 1.0)
    share = apart**2 / (apart**2 + shocks / counted + 1e-12)
    return expected + (growth - expected) * share


def lasting(steps: np.ndarray) -> float:
    """Variance a step has in the long run: that of sums of RUN steps ÷ RUN."""
    added = np.concatenate(([0.0], np.cumsum(steps - steps.mean())))
    runs = added[RUN:] - added[:-RUN]
    return float((runs**2).mean() / RUN * len(steps) / (len(steps) - min(RUN, len(steps) // 2)))


def season_of(logs: np.ndarray, growth: float, year: int) -> np.ndarray | None:
    """Log factor of the next blocks of a year (block of the year,), mean 0, as far as the years look alike; None: there is none.

    Blocks are compared with the mean of the year around them; those of both ends with the nearest whole year's.

    >>> shape = season_of(np.tile([0.0] * 12 + [1.3], 3), 0.0, 13)
    >>> shape.round(2).tolist()[-2:]
    [-0.1, 1.2]
    """
    known = len(logs)
    if known < year + year // 2:
        return None
    flat = logs - growth * np.arange(known)
    added = np.concatenate(([0.0], np.cumsum(flat)))
    middle, before = (added[year:] - added[:-year]) / year, year // 2
    around = middle[np.clip(np.arange(known) - before, 0, len(middle) - 1)]
    apart = np.clip(flat - around, -JUMP, JUMP)
    now, then = apart[year:], apart[:-year]
    size = float(np.sqrt((now @ now) * (then @ then)))
    alike = float(now @ then) / size if size > 0 else 0.0
    if alike <= 0:
        return None
    of = np.arange(-known, 0) % year
    shape = np.bincount(of, apart, year) / np.bincount(of, minlength=year)
    seen = known / year
    trust = seen * alike / (1 + (seen - 1) * alike) * min(1.0, seen - 1)
    return (shape - shape.mean()) * trust


def graded(logs: np.ndarray, leads: int, year: int) -> np.ndarray:
    """Misses (member, origin, lead) of the members from earlier ends, oldest first, NaN where there is none."""
    known = len(logs)
    origins = np.arange(max(FIRST, known - ORIGINS * year), known)
    missed = np.full((len(MEMBERS), len(origins), leads), np.nan)
    for at, end in enumerate(origins):
        actual = logs[end : end + leads]
        missed[:, at, : len(actual)] = (
            actual - members(logs[:end], leads, year)[0][:, : len(actual)]
        )
    return missed


def weigh(missed: np.ndarray) -> np.ndarray:
    """Weights (member, lead) ∝ 1 ÷ (mean squared miss)², adding up to 1, from the origins that all members have.

    A lead that no origin shows takes the weights of the lead before it; a member that no origin shows counts nothing where another is shown.
    """
    shown = ~np.isnan(missed).all(axis=(1, 2))
    shown = shown if shown.any() else np.ones(len(missed), bool)
    on = ~np.isnan(missed[shown]).any(axis=0)
    count = on.sum(axis=0)
    squares = np.where(on, np.nan_to_num(missed[shown]) ** 2, 0.0).sum(axis=1)
    typical = np.where(count > 0, squares.mean(axis=0) / np.maximum(count, 1), 1.0)
    mean = (squares + EQUAL * typical) / (count + EQUAL) + 1e-9
    weights = np.zeros((len(missed), missed.shape[2]))
    weights[shown] = mean**-2.0
    for lead in np.flatnonzero(count == 0):
        weights[:, lead] = weights[:, lead - 1] if lead else shown
    return weights / weights.sum(axis=0)


def mixed(missed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What the weighted members missed together (origin, lead), NaN where nothing is known.

    From the origins at which all of them could say something; where these are fewer than FEW, from all origins, by those that could.
    """
    could = ~np.isnan(missed)
    used = weights.any(axis=1)
    if could[used].all(axis=0)[:, 0].sum() >= FEW:
        could = could & could[used].all(axis=0)
    share = weights[:, None, :] * could
    whole = share.sum(axis=0)
    sums = (share * np.where(could, missed, 0.0)).sum(axis=0)
    return np.divide(sums, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def spread_of(errors: np.ndarray, known: int, horizon: int) -> np.ndarray:
    """sd of the log total at each lead (lead,): that of the first block as it was missed, growing as it grew in the history.

    errors (origin, lead), NaN where none is known. The growth of the variance is a mean over leads, each counting by its windows that do not
    overlap, and WANDERS counting TOLD; then what a history so short cannot have shown.
    """
    lead = np.arange(1, horizon + 1)
    count = (~np.isnan(errors)).sum(axis=0)
    if not count[0]:
        return np.full(horizon, np.nan)
    squares = np.where(np.isnan(errors), 0.0, errors) ** 2
    mean = squares.sum(axis=0) / np.maximum(count, 1)
    first = float(mean[0])
    if first <= NOTHING:  # it never missed: a range without width
        return np.zeros(horizon)
    wanders, windows = TOLD * WANDERS, TOLD
    for h in range(2, errors.shape[1] + 1):
        weight = count[h - 1] / h
        wanders += weight * float(np.clip((mean[h - 1] / first - 1) / (h - 1), 0.0, 2.0))
        windows += weight
    variance = FITTED * first * (1 + wanders / windows * (lead - 1)) * (1 + UNSEEN * lead / known)
    return np.minimum(np.sqrt(variance), MOST_SPREAD)
