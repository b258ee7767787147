"""Files of the FinOps cycle: what was achieved with the money, what was done about its waste, and when people met over it."""

from __future__ import annotations

from pydantic import Field

from ..strict import Strict


class Cycle(Strict):
    """Files of the FinOps cycle: outcomes, use, actions, notes, reviews. Paths are relative to the
    folder of `finops.yaml`; in a company of several entities a column `entity` says whose a row is"""

    quality_samples: str | None = Field(
        default=None,
        description="CSV or Excel: week or date, workload, model, sampled, accepted, perhaps score: how good answers were.",
    )
    seats: str | None = Field(
        default=None,
        description="CSV or Excel: month, workload, SkuId, bought, opened: seats paid for and in use.",
    )
    customers: str | None = Field(
        default=None,
        description="CSV or Excel: customer, name, segment, since, billed_by; perhaps tier.",
    )
    customer_usage: str | None = Field(
        default=None,
        description="CSV or Excel: month, customer, and a column of counts for each driver.",
    )
    values: str | None = Field(
        default=None,
        description="CSV or Excel: initiative, month, kind (revenue, retention, productivity, other), low, likely, high, owner, and the cost it needs: business value as a range.",
    )
    actions: str | None = Field(
        default=None,
        description="CSV or Excel: what was recommended, decided, done: id, action, workload, owner, decision, dates, expected saving; `finops advise --write` adds rows.",
    )
    dated_notes: str | None = Field(
        default=None,
        description="CSV or Excel: date, note, perhaps until, workload, author: drawn on every chart, read by forecast and bridge.",
    )
    reviews: str | None = Field(
        default=None,
        description="CSV or Excel: due, held, kind (weekly, monthly), perhaps decisions: reviews that were due and held.",
    )
    experiments: str | None = Field(
        default=None,
        description="CSV or Excel: experiment, workload or team, quota, from, until, owner, approved_by, approved_on: quotas agreed before an experiment.",
    )
