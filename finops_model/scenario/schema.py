"""What a scenario file may hold: strict pydantic models; `scenario.schema.json` is generated from them (docs/method §3.1)."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from ..checks import written_number, written_share
from ..documents import AtKey, Date, Quantity, Text
from ..errors import as_written
from ..settings import Strict
from ..settings.watch import Day
from ..uncertainty import elicit
from ..uncertainty.distributions import kinds
from ..uncertainty.elicit import PERCENT, checked
from ..uncertainty.risks import kinds as risk_kinds
from ..uncertainty.risks import schema as risk_schema
from . import ways
from .purchases.agreement_terms import AgreementTerms

BASE_ONLY = (
    "horizon",
    "paths",
    "seed",
    "workloads",
    "drivers",
    "prices",
    "commitments",
    "risks",
    "purchases",
    "agreements",
    "shapes",
)


def number_or_range(value: Any):
    """A finite number, or an uncertain value (uncertainty/elicit.py); text is refused, so that no formula is ever taken for a value."""
    return checked(value)


def ledger_or_settings(value: Any, read):
    """What stands below a name in `workloads`; 'ledger' belongs to `from` and is refused elsewhere, by name."""
    return value if value == "ledger" else read(value)


def text_or_number(value: Any):
    """The value of a note: a number or a text, or none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise ValueError("is true or false; write a number or a text, in quotes.")
    if not isinstance(value, (int, float)):
        raise ValueError(f"must be a number or a text, not {as_written(value)}.")
    return float(value)


def plain_number(value: Any):
    return value if value is None else written_number(value)


RANGE_SCHEMA = {
    "anyOf": [
        {"type": "number"},
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "patternProperties": {PERCENT.pattern: {"type": "number"}},
            "properties": {
                "kind": {"enum": kinds()},
                "method": {"enum": ["likelihood", "moments", "quantiles"]},
                "truncate": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {p: {"type": "number"} for p in ("min", "max")},
                },
                "factors": {
                    "type": "object",
                    "additionalProperties": {"type": "number", "minimum": -1, "maximum": 1},
                },
                **{
                    name: {"type": ["number", "object"] if sort == "value" else sort}
                    for name, sort in sorted(elicit.names().items())
                    if sort in ("array", "number", "value")
                },
            },
        },
    ]
}


def a_risk(value: Any):
    """A risk as a mapping; its kind reads the rest, where the names of the ledger are known (uncertainty/risks)."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(
            f"a risk is a mapping with kind and its fields, not {as_written(value, 40)}. Kinds: {', '.join(risk_kinds())}."
        )
    return value


Value = Annotated[Any, PlainValidator(number_or_range), WithJsonSchema(RANGE_SCHEMA)]
Number = Annotated[float, BeforeValidator(plain_number)]
Share = Annotated[
    float,
    PlainValidator(written_share),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
NoteValue = Annotated[
    float | str | None,
    PlainValidator(text_or_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}),
]
RiskTerms = Annotated[Any, PlainValidator(a_risk), WithJsonSchema({"type": "object"})]


class Horizon(Strict):
    """Which months are simulated. Default: from the month under way (or the next) to the end of next fiscal year."""

    first: Date | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None


class DemandSettings(Strict):
    level: Value = 1.0  # times the forecast
    growth_per_month: Value = 0.0  # on top of the forecast, compounding


class WorkloadSettings(Strict):
    """What the ledger cannot know about a workload."""

    driver: str | None = None
    elasticity: Quantity = 1.0  # 1: cost follows the driver in proportion
    demand: DemandSettings = DemandSettings()
    routing: dict[
        str, Share
    ] = {}  # model -> share of tokens from the first day on; the rest keeps its proportions


WorkloadOrLedger = Annotated[WorkloadSettings, WrapValidator(ledger_or_settings)]


class DriverSettings(Strict):
    level: Value = 1.0  # times what the forecast implies
    growth_per_year: Value = 0.0  # on top of the forecast, compounding


class CommitmentTerms(Strict):
    """FOCUS 1.4 Contract Commitment names; ours start with x_."""

    ContractCommitmentId: str | None = None
    ContractCommitmentDescription: str = ""
    ContractCommitmentLifecycleStatus: Literal[
        "Proposed", "Pending", "Active", "Exhausted", "Expired", "Canceled", "Superseded"
    ] = "Proposed"
    ContractCommitmentCategory: Literal["Spend", "Usage"] | None = None
    ContractCommitmentQuantity: (
        Quantity  # pool units per hour; Spend: list price per hour (with x_Rates: at plan rates)
    )
    ContractCommitmentUnit: Text
    ContractCommitmentPeriodStart: Date | None = None  # default: since
    ContractCommitmentPeriodEnd: Date | None = None  # exclusive; default: a year after the start
    ContractCommitmentDiscountPercentage: Share | None = None
    ContractCommitmentPaymentModel: Literal["No Upfront", "Partial Upfront", "All Upfront"] = (
        "No Upfront"
    )
    ContractCommitmentPaymentUpfrontPercentage: Share | None = None
    ContractCommitmentFulfillmentInterval: Literal["Hourly"] = "Hourly"
    x_SkuIds: list[str] = []
    x_ServiceName: str = ""
    x_EligibleShare: Share = 1.0
    x_Rate: Quantity | None = None
    x_Rates: dict[str, Quantity] = {}  # Spend: SKU -> money per unit under the plan, locked
    x_Discounts: dict[
        str, Share
    ] = {}  # Spend: SKU -> share off its on-demand price, floating with it
    x_Priority: Number | None = (
        None  # where SKUs overlap: lower applies first; default: units, spend; narrow, broad
    )
    x_OnDemandUnitPrice: Quantity | None = None


class Launch(Strict):
    """A workload that is not in the ledger yet."""

    cost_per_month: Value  # once it runs fully
    business_unit: str = "(unassigned)"
    team: str = "(untagged)"
    environment: str = "(untagged)"
    service: str = "(planned)"
    driver: str = ""
    elasticity: Quantity = 1.0
    like: str | None = None  # workload whose uncertainty it borrows; default: the median of all
    ramp_months: Quantity = 0.0  # from nothing to full
    curve: Literal["straight", "s_curve"] = "straight"
    delay_months: Value = (
        0.0  # by which it comes later than `since`: a number, or a range with one draw per path
    )


class PurchaseTerms(Strict):
    """What every purchase may say, whatever its way."""

    way: Text
    since: Date | None = None  # first day; default: the first day of the forecast
    until: Date | None = None  # the first day without it
    business_unit: str = "(unassigned)"
    team: str = "(untagged)"
    environment: str = "(untagged)"
    service: str = "(planned)"
    use: Any = None  # units a month: a number, a range, or one of these by meter of the way
    growth_per_month: Value = 0.0  # of the use: month k after the first has (1 + growth)^k of it
    ramp_months: Quantity = 0.0  # from nothing to the whole use
    curve: Literal["straight", "s_curve"] = "straight"
    driver: str = ""
    elasticity: Quantity = 1.0
    like: str | None = (
        None  # workload whose uncertainty its use borrows; default: the median of all
    )
    exactly: bool = False  # the use is as written: only ranges differ from path to path
    takes: Annotated[dict | None, Field(alias="for")] = (
        None  # whose use it takes over, instead of `use`
    )
    because: str = ""
    source: str = ""
    owner: str = ""
    review_by: Date | None = None


def common_keys(uncertain: dict) -> dict:
    """JSON schemas of the common keys, by key; uncertain: that of a number or a range."""
    own = PurchaseTerms.model_json_schema(by_alias=True)["properties"]
    own = {key: {k: v for k, v in one.items() if k != "title"} for key, one in own.items()}
    return {**own, "use": {}, "growth_per_month": uncertain}


class Note(Strict):
    """An assumption (what we do not control) or a decision (what we do)."""

    text: Text
    value: NoteValue = None
    because: str = ""
    source: str = ""
    owner: str = ""
    review_by: Date | None = None


class Change(Strict):
    path: Text
    op: Literal["set", "scale", "add"]
    value: Any
    since: Date | None = None
    because: Text
    per: Literal["month"] | None = (
        None  # an uncertain value is drawn anew for every month; default: one draw for the whole run
    )
    today: Annotated[Value | None, Field(alias="from")] = (
        None  # of a lever: its value today, where the ledger does not tell it
    )
    beside: Annotated[dict[str, Any] | None, Field(alias="with")] = None  # of a lever: its terms
    escalation: Value | None = (
        None  # of a share routed: the part of it that the model it came from runs again
    )
    kind: Literal["assumption", "decision"] | None = None
    source: str = ""
    owner: str = ""
    review_by: Date | None = None


class ScenarioDocument(Strict):
    """A base, or changes to a base."""

    schema_number: Annotated[int, Field(strict=True, alias="schema")] = (
        1  # of this form of document: docs/compatibility.md
    )
    name: Text
    question: str = ""
    decide_by: Day | None = None  # of a what-if: the last day on which deciding it is of use
    owner: str = ""  # who decides it
    base: str | None = None
    horizon: Horizon = Horizon()
    paths: Annotated[int, Field(ge=100, le=100_000, strict=True)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63, strict=True)] | None = None
    workloads: dict[str, WorkloadOrLedger] = {"from": "ledger"}  # type: ignore[dict-item]
    drivers: dict[str, DriverSettings] = {}
    prices: dict[str, dict[Date, Value]] = {}  # sku -> {date: price}
    commitments: dict[str, CommitmentTerms] = {}
    risks: dict[
        str, RiskTerms
    ] = {}  # name -> kind and its fields (uncertainty/risks); draws go by the name
    purchases: dict[str, Any] = {}  # name -> way and its fields (scenario/purchases)
    agreements: dict[str, Any] = {}  # name -> committed spend and what it is on
    shapes: str | None = (
        None  # CSV workload,hour_of_week,share; relative to the folder of finops.yaml
    )
    assumptions: list[Note] = []
    decisions: list[Note] = []
    changes: list[Change] = []

    @model_validator(mode="before")
    @classmethod
    def _belongs_to_the_base(cls, data: Any):
        if isinstance(data, dict) and data.get("base") is not None:
            for key in BASE_ONLY:
                if key in data:
                    raise AtKey(
                        f"'{key}' belongs to the base, so that all scenarios are drawn alike. Take it out "
                        f"here, and change it in {data['base']}.",
                        key,
                    )
        if isinstance(data, dict) and isinstance(data.get("workloads"), dict):
            source = data["workloads"].get("from", "ledger")
            if source != "ledger":
                raise AtKey(
                    f"workloads/from is {as_written(source, 40)}; workloads come from: ledger.",
                    "workloads",
                    "from",
                )
        return data


def schema_text() -> str:
    """The JSON schema of scenario files, for editors.

    Returns
    -------
    str
        JSON, sorted keys, a line break at its end.

    Source
    ------
    docs/method §3.1.

    Examples
    --------
    >>> sorted(json.loads(schema_text())["properties"])[:2]
    ['agreements', 'assumptions']
    """
    schema = ScenarioDocument.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"] |= {
        "Uncertain": RANGE_SCHEMA,
        "Risk": risk_schema({"$ref": "#/$defs/Uncertain"}),
    }  # once, for all its fields
    schema["properties"]["risks"]["additionalProperties"] = {"$ref": "#/$defs/Risk"}
    schema["properties"]["workloads"]["additionalProperties"] = {
        "anyOf": [{"$ref": "#/$defs/WorkloadSettings"}, {"const": "ledger", "type": "string"}]
    }
    uncertain = {"$ref": "#/$defs/Uncertain"}
    schema["$defs"]["Purchase"] = ways.schema(uncertain, common_keys(uncertain))
    schema["properties"]["purchases"]["additionalProperties"] = {"$ref": "#/$defs/Purchase"}
    schema["$defs"]["Agreement"] = AgreementTerms.model_json_schema()
    schema["properties"]["agreements"]["additionalProperties"] = {"$ref": "#/$defs/Agreement"}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
