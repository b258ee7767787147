"""`finops budget experiments`: experiments with their quota, what they have used, and who agreed (docs/method §9.50, §9.51)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...errors import InputError, several
from ...facts.daily import warehouse
from ...measure import actuals
from ...measure.anomalies.experiments import standing
from ...progress import Progress
from ...publish import close as closing
from ...publish.alerts.experiments import experiments_of
from ...settings import Settings
from ...wording import money

COLUMNS = ["experiment", "of", "unit", "quota", "used", "left", "cost", "from", "until", "owner"]


def experiments(
    settings: Settings, as_of: str | None = None, progress: Progress | None = None
) -> Answer:
    """Every experiment that finops.yaml names, with its quota and state. Raises InputError where it names none."""
    if not settings.experiments:
        raise InputError(
            "finops.yaml names no experiments. Write a file with the columns experiment, workload (or team), quota, from, until, owner, "
            "approved_by, approved_on, and name it: experiments: experiments.csv."
        )
    ledger = closing.books(settings, progress)
    day = closing.check_as_of(ledger, as_of, settings.time_zone)
    daily = closing.up_to(warehouse.daily(ledger, settings), day)
    rows = actuals.cost_rows(daily)
    found = [standing(rows, one, day, settings.currency) for one in experiments_of(settings, daily)]
    wrong = [now for now in found if now.state in ("over", "likely over", "without approval")]
    names = ", ".join(f"{now.experiment.experiment} ({now.state})" for now in wrong)
    unapproved = sum(now.unapproved for now in found)
    table = pd.DataFrame(
        [
            (
                now.experiment.experiment,
                f"{now.experiment.dimension} {now.experiment.subject}",
                now.experiment.unit,
                now.experiment.quota,
                now.used,
                now.experiment.quota - now.used,
                now.cost,
                str(now.experiment.first),
                str(now.experiment.last),
                now.experiment.owner,
                now.experiment.approved_by or "nobody",
                str(now.experiment.approved_on or ""),
                now.state,
            )
            for now in found
        ],
        columns=[*COLUMNS, "approved by", "approved on", "state"],
    )
    return Answer(
        question="budget experiments",
        sentence=f"{several(len(found), 'experiment')} on {day}: "
        + (f"{len(wrong)} to look at: {names}." if wrong else "all within what was agreed."),
        table=table,
        forms={"cost": "money", **dict.fromkeys(["quota", "used", "left"], "units")},
        range="",
        reason=f"{money(unapproved, settings.currency)} was spent before anybody agreed."
        if unapproved
        else "",
        next_best="",
        currency=settings.currency,
        notes=("finops watch raises what is over, on the way to it, or not approved.",),
        figures={
            "as_of": day,
            "unapproved": unapproved,
            "after end": sum(now.after for now in found),
        },
    )
