"""The numbers that rules of docs/method state in words are those of the code: a constant that moves takes its rule with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from finops_model.facts.intake.files import cells, readers, textcells
from finops_model.facts.ledger import checks, scopes, versions
from finops_model.forecasting import ensemble, grading, history, settling, sparse, windows
from finops_model.forecasting.methods import hour_of_week, last_year, pick
from finops_model.forecasting.widths import demand, error_paths, hours, noise, pooled
from finops_model.measure import accuracy
from finops_model.measure.anomalies import detect as anomalies
from finops_model.measure.anomalies import episodes as anomalies_episodes
from finops_model.measure.anomalies import expected as anomalies_expected
from finops_model.measure.anomalies import limits as anomalies_limits
from finops_model.measure.anomalies import watch
from finops_model.prices.lists import fx

PAGES = Path(__file__).resolve().parents[1] / "docs" / "method"
WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
)


def rule(number: str) -> str:
    """The text of a rule, blanks evened out."""
    for page in PAGES.glob("[0-9]*.md"):
        if found := re.search(
            rf"^## §{re.escape(number)} (.*?)(?=^## §|\Z)",
            page.read_text(encoding="utf-8"),
            re.M | re.S,
        ):
            return " ".join(found[1].split())
    raise AssertionError(f"docs/method has no rule {number}")


def percent(share: float) -> str:
    return f"{share * 100:g} %"


STATED = [
    (
        "2.2",
        f"Up to {grading.CUTOFFS} rolling cutoffs, {grading.DAYS.between} days apart at most, {grading.DAYS.graded} days graded each",
    ),
    ("2.2", f"with at least {grading.DAYS.independent_after} days after them"),
    ("2.2", "from day {}, {} and {} on".format(*(block + 1 for block in grading.DAYS.blocks))),
    ("2.2", f"last year's shape (from {last_year.MIN_DAYS} days on)"),
    ("2.2", f"the cheap {WORDS[len(pick())]}"),
    ("2.2", f"graded on the newest {grading.COSTLY_CUTOFFS} cutoffs"),
    ("2.3", f"δ = {percent(grading.OFFSET)} of the mean of the last {grading.DAYS.graded} days"),
    ("2.3", f"With k under {error_paths.ENOUGH:g} only the share k ÷ {error_paths.ENOUGH:g}"),
    ("2.3", f"k ÷ (k + {pooled.WORTH:g}) of the way"),
    ("2.3", f"whole weeks of the last {error_paths.BLOCK_WEEKS}"),
    ("2.3", f"half-life {error_paths.HALF_LIFE_WEEKS:g} weeks"),
    ("2.3", f"Ended ({history.QUIET_DAYS} days of zeros"),
    (
        "2.5",
        "days {}–{}, {}–{}, {}–{}".format(
            *(day for first, last in zip(noise.EDGES, noise.EDGES[1:]) for day in (first + 1, last))
        ),
    ),
    ("2.5", f"of the month totals of {demand.CALIBRATION_PATHS:,} sample paths"),
    ("2.5", f"target sd (at most {noise.MAX_SD:g})"),
    ("2.5", f"newest {noise.RESIDUAL_DAYS} days"),
    ("2.5", f"sigma = sd, at most {noise.MAX_SIGMA:g}"),
    ("2.5", f"extra_variance per month = min({noise.EXTRA_MOST:g},"),
    ("2.6", f"drawn towards {noise.DEFAULT_LOADING:g}"),
    ("2.6", f"which counts as {noise.LOADING_CUTOFFS} cutoffs; 0…{noise.MAX_LOADING:g}"),
    ("2.8", f"over {percent(history.MAX_MISSING)} of the days missing"),
    ("2.8", f"over {history.MAX_DAYS:,} days"),
    ("2.14", f"a season of {grading.HOURS.season}, up to {grading.HOURS.graded} hours graded"),
    ("2.14", f"from {grading.HOURS.least(hour_of_week.MIN_DAYS)} hours on"),
    ("2.14", f"newest {hours.SHAPE_DAYS} days + δ"),
    ("2.14", f"under {hours.LEAST_DAYS} days of changes"),
    ("2.14", f"{hours.OF_HOURS:g} × the change of single hours"),
    ("2.14", f"k ÷ (k + {hours.WORTH:g})"),
    ("2.14", f"both × {hours.UNSEEN:g}"),
    ("2.17", f"under {WORDS[round(sparse.BETTER * 10)]} tenths of the weeks' own"),
    ("2.23", f"No path's level lies more than {ensemble.HIGHEST:g} times above"),
    (
        "2.24",
        f"The newest `settling_days` ({settling.SETTLING_DAYS};".replace(
            "The newest", "*Window*: the newest"
        ),
    ),
    ("2.24", f"+ {settling.TIMES:g} robust standard deviations"),
    ("7.2", f"at most {fx.REACH} days old"),
    (
        "11.1",
        f"from up to {WORDS[accuracy.REPLAYS]} earlier month ends ({WORDS[accuracy.REPLAYS_OF_FEW]} with up to {WORDS[accuracy.FEW]} workloads",
    ),
    ("11.1", f"with {accuracy.PATHS:,} paths"),
    (
        "11.3",
        "band = {}, {}, {} within {:g}, {:g}, {:g} %".format(
            *(name for name, _ in windows.BANDS), *(100 * limit for _, limit in windows.BANDS)
        ),
    ),
    (
        "11.4",
        f"a verdict needs {WORDS[windows.FEW]} windows, {WORDS[windows.APART]} of which do not overlap",
    ),
    ("11.9", f"A lead counts as graded from {WORDS[windows.GRADED]} windows"),
    ("11.5", f"A cutoff needs 60 days of a series, {accuracy.MIN_DAYS} of a ledger"),
    (
        "12.1",
        f"Σ of the {anomalies_expected.LEVEL_DAYS} days before ÷ Σ of their shares ({anomalies_expected.LEAST_LEVEL} known days at least)",
    ),
    (
        "12.1",
        f"at most {anomalies_expected.CAP:g} × the median of the {anomalies_expected.LEVEL_DAYS} days before it or the "
        f"{percent(anomalies_expected.PEAK)} quantile of the {anomalies_expected.PEAK_DAYS} days before it",
    ),
    (
        "12.2",
        f"> threshold × scale ({anomalies.THRESHOLD}), and ≥ the percent floor ({percent(anomalies.PERCENT_FLOOR)} of expected)",
    ),
    (
        "12.2",
        f"of the {anomalies_expected.SCALE_DAYS} days before ({anomalies_expected.LEAST_SCALE} at least)",
    ),
    ("12.2", f"at least {percent(anomalies_expected.SCALE_FLOOR)} of expected"),
    ("12.2", f"is {percent(watch.FLOOR_SHARE)} of the company's daily spend"),
    ("12.3", f"for {anomalies_episodes.LONGEST} days at most"),
    (
        "12.5",
        f"from the {('', 'first', 'second', 'third', 'fourth', 'fifth')[anomalies_limits.PACE_DAYS]} day, when {percent(anomalies_limits.PACE_MARGIN)} over",
    ),
    (
        "12.5",
        f"under {percent(anomalies_limits.UTILIZATION)} used on {WORDS[anomalies_limits.UNUSED_DAYS]} days in a row",
    ),
    ("13.1", f"a cell over {textcells.MAX_CELL:,} characters"),
    ("13.2", f"outside {cells.EARLIEST}–{cells.LATEST}"),
    ("13.2", f"more than {checks.YEAR // checks.DAY} days after its billing period ends"),
    ("13.4", f"over {readers.MAX_ROWS // 10**6} million rows"),
    ("13.5", f"falling by more than {percent(float(versions.MAY_FALL))} in any currency"),
    ("13.21", f"more than {percent(float(scopes.MAY_LEAVE))} of the scope's money"),
]


@pytest.mark.parametrize(
    ("number", "words"), STATED, ids=lambda value: value if len(value) < 6 else value[:40]
)
def test_a_rule_states_the_number_that_the_code_has(number, words):
    assert words in rule(number), (
        f"§{number} no longer says '{words}': the code's number and the rule's are not the same"
    )
