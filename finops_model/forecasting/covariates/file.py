"""What known.yaml may hold: what people know of workloads that a bill does not say (docs/method §2.20). Strict; schema for editors.

owner: FP&A                                  # owner and source of every entry that names none
workloads:
  support-chat:
    events: [{kind: launch, name: Spanish desk, since: 2027-02-01, amount: 900, ramp_days: 60, because: …, known_since: 2026-11-10}]
    driver: {name: conversations, planned: {2026-12: 52000, 2027-01: {p10: 50000, p50: 54000, p90: 60000}}}
    holidays: US                             # or [US, DE-BY], or {country: US-CA}, or {dates: {2026-12-25: Christmas}}
    cap: {value: 240, unit: GPU-hours, since: 2027-01-01}
    override: [{month: 2026-12, value: 81000, by: Priya Raman, because: the campaign is bought already}]
  "*": {holidays: US}                        # every workload
units:
  Customer Support: {override: [{month: 2026-12, value: 190000, by: …, because: …}]}
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from ...checks import written_number
from ...documents import Date, Quantity, Text
from ...settings import Strict
from .events import KINDS

THREE = ("p10", "p50", "p90")


def number_or_three(value: Any):
    """A finite number or {p10, p50, p90}."""
    if isinstance(value, dict):
        if set(value) != set(THREE):
            raise ValueError(
                f"an uncertain number is {{p10, p50, p90}}, not {{{', '.join(map(str, value)) or 'nothing'}}}."
            )
        return {key: written_number(value[key]) for key in THREE}
    return written_number(value)


def _short(key: str):
    """A value that may be written short: `holidays: US`, `cap: 240`."""
    return BeforeValidator(
        lambda value: value if value is None or isinstance(value, dict) else {key: value}
    )


Three = Annotated[
    Any,
    PlainValidator(number_or_three),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {
                    "type": "object",
                    "required": list(THREE),
                    "additionalProperties": False,
                    "properties": {key: {"type": "number"} for key in THREE},
                },
            ]
        }
    ),
]


NAMED = {"type": "string", "minLength": 1}
Countries = Annotated[
    list[Text],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    WithJsonSchema({"anyOf": [NAMED, {"type": "array", "items": NAMED}]}),
]


class Entry(Strict):
    """Where an entry comes from. `known_since`: the day it was known; replays of earlier days leave it out before, and without it always."""

    because: str = ""
    source: str = ""
    owner: str = ""
    review_by: Date | None = None
    known_since: Date | None = None


class EventEntry(Entry):
    """forecasting/covariates/events.py; an amount is per day, in `unit` (default: money at today's prices)."""

    kind: Annotated[str, WithJsonSchema({"enum": list(KINDS)})]
    since: Date
    until: Date | None = None
    amount: Three | None = None
    unit: str = ""
    factor: Three | None = None
    share: Three | None = None
    ramp_days: int = 0
    name: str = ""


class DriverEntry(Entry):
    """usage = intensity × driver ^ elasticity. Months hold for each of their days, in the weekday shape of the driver's own past."""

    name: Text
    elasticity: Quantity = 1.0
    per: Literal["day", "month"] = "day"  # month: values are totals of a month
    history: dict[str, Quantity] = {}  # month -> value, where no drivers file has it
    planned: dict[
        str, Three
    ] = {}  # month -> value or {p10, p50, p90}; else the rows of the drivers file that are still to come


class HolidaysEntry(Entry):
    """Days off: of a country (US, US-CA) or of several, or dates with their names; their effect is learned by name."""

    country: Countries | None = None
    dates: dict[str, str] | list[Date] = {}


class CapEntry(Entry):
    """The most of a day: a quota, a capacity; in `unit`, default money at today's prices."""

    value: Quantity
    unit: str = ""
    since: Date | None = None
    until: Date | None = None  # first day without it


class OverrideEntry(Entry):
    """A month's total in money, set by hand; kept with the model's own number, never in its place."""

    month: Text
    value: Quantity
    by: Text
    because: Text


class WorkloadCovariates(Strict):
    events: list[EventEntry] = []
    driver: DriverEntry | None = None
    holidays: Annotated[HolidaysEntry | None, _short("country")] = None
    cap: Annotated[CapEntry | None, _short("value")] = None
    override: list[OverrideEntry] = []


class UnitCovariates(Strict):
    override: list[OverrideEntry] = []


class CovariatesFile(Strict):
    """known.yaml."""

    name: str = ""
    owner: str = ""
    source: str = ""
    workloads: dict[str, WorkloadCovariates] = {}
    units: dict[str, UnitCovariates] = {}  # business units; "Company": all of it


def schema_text() -> str:
    """The JSON schema of known.yaml, for editors.

    >>> json.loads(schema_text())["title"]
    'CovariatesFile'
    """
    schema = CovariatesFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
