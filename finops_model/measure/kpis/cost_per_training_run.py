"""Cost of one training run: by a driver that counts runs, else by the jobs that a scheduler saw.

Source: FinOps for AI, training cost efficiency; docs/method §16.13.
"""

import pandas as pd

from ..usage.joined import gpu_money
from . import Facts, Part, by_day
from ._series import by_date, of_drivers

TITLE = "Cost per training run"
FORMULA = "cost of the workloads that a driver of runs drives ÷ its count; else cost of GPU hours x allocated ÷ paid hours ÷ jobs that ended"
UNIT = "money / run"
BASIS = "Effective"
SOURCE = "FinOps for AI, training cost efficiency; docs/method §16.13"
PERSONA = ("data", "platform")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No driver counts runs and no usage log holds jobs (Slurm): finops add FILE with date, name, value, and its workloads under unit_costs of finops.yaml."


WORDS = r"\b((train|training|retraining|experiment|evaluation) (runs?|jobs?)|runs)\b"


def parts(facts: Facts) -> list[Part]:
    """One line per driver of runs, or one of all jobs."""
    return of_drivers(facts, WORDS) or jobs(facts)


def jobs(facts: Facts, words: str = "") -> list[Part]:
    """One line of the jobs of a scheduler whose name has `words`: money of GPU hours by hours allocated of hours paid, by jobs that ended that day."""
    used = facts.usage
    if used is None:
        return []
    held = used[used["SkuMeter"].eq("gpu_hours_allocated") & used["x_Job"].ne("")]
    own = held[held["x_Job"].str.contains(words, case=False, regex=True)] if words else held
    hours, paid = gpu_money(facts.daily)
    if own.empty or not paid.any():
        return []
    bought = by_day(facts.daily[hours], "ConsumedQuantity")
    all_held = by_date(held)
    divided = bought.reindex(all_held.index, fill_value=0.0).clip(lower=all_held)
    share = (by_date(own) / divided.where(divided > 0)).dropna()
    money = by_day(facts.daily[paid], "EffectiveCost").reindex(share.index).dropna()
    ends = pd.to_datetime(own.groupby("x_Job")["UsageDate"].max()).value_counts()
    counted = ends.reindex(share.index, fill_value=0).astype(float)
    what = "fine-tune" if words else "training run"
    return [
        Part(f"Cost per {what}", f"{facts.currency} / {what}", money * share, counted, of="jobs")
    ]
