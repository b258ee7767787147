"""What a company tells us once: where its files lie, its currency, its tags, its fiscal year (finops.yaml)."""

from __future__ import annotations

import glob
import os
import zoneinfo
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WrapValidator

from .documents import OURS, checked, load_yaml, slug
from .errors import InputError, listing, nearest, unknown

WORKSPACES = "workspaces"     # below where `finops start` is called


def _zone(name: str) -> str:
    """A time zone of the IANA table, spelt as it stands there."""
    known = sorted(zoneinfo.available_timezones())
    if name in known:
        return name
    city = {zone.rpartition("/")[2].casefold(): zone for zone in known if "/" in zone}
    whole = {zone.casefold(): zone for zone in known}
    guess = whole.get(name.strip().casefold()) or city.get(name.strip().casefold().replace(" ", "_")) or nearest(name, known) or city.get(nearest(name, city) or "")
    hint = f" Did you mean '{guess}'?" if guess else ""
    raise ValueError(f"unknown time zone '{name[:60]}'.{hint} Write a name of the IANA table, such as UTC or Europe/Berlin.")


class Strict(BaseModel):
    """A document part: unknown keys, NaN and infinities are refused; values never change after loading."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Tags(Strict):
    """Which tag key holds what (the bill's own spelling)."""

    team: str = "team"
    environment: str = "environment"
    workload: str = "workload"
    business_unit: str = "business_unit"


class QuotaEntry(Strict):
    """At most `quantity` of `unit` (or money of the ledger's currency) per day or month, for one subject."""

    dimension: str                        # workload, team, sku, service, business unit, model, environment, account
    subject: str
    unit: str
    per: Literal["day", "month"]
    quantity: Annotated[float, Field(ge=0)]
    owner: str = ""


class WatchLimits(Strict):
    """What `finops watch` holds spend against; None: its own default (measure/watch.py). An option of the command counts before these."""

    by: list[str] | None = None                                     # dimensions looked at, narrow first
    threshold: Annotated[float, Field(ge=0)] | None = None          # usual misses away
    money_floor: Annotated[float, Field(ge=0)] | None = None        # least money a day
    percent_floor: Annotated[float, Field(ge=0)] | None = None      # least share of what was expected: 0.25 is 25 %
    late_days: Annotated[int, Field(ge=0, le=31)] | None = None     # newest days whose bill may still be coming in
    pace_margin: Annotated[float, Field(ge=0)] | None = None        # over the budget's pace: 0.10 is 10 %
    utilization: Annotated[float, Field(ge=0, le=1)] | None = None  # of a commitment, from which on it is used
    unused_days: Annotated[int, Field(ge=1, le=366)] | None = None  # days in a row under it
    quotas: Annotated[list[QuotaEntry], WrapValidator(lambda given, check: given if isinstance(given, str) else check(given))] = []     # or a file's name


class UnitCost(Strict):
    """Whose cost a driver divides: a unit, and which of its workloads the driver drives (measure/carried.py)."""

    unit: str = "Company"                                               # a business unit; "Company": all
    workloads: Annotated[list[str], Field(min_length=1)] | None = None  # None: as the base scenario knows them, else all of the unit


UnitCosts = dict[str, Annotated[UnitCost, BeforeValidator(lambda given: {"unit": given} if isinstance(given, str) else given)]]


class Entity(Strict):
    """A legal entity of the company: its currency, its rows of the ledger, and the files that are its own (docs/method §13.40).

    A row is the entity's where its currency is and its billing account or its issuer is named; where neither is named, all rows of the currency.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    billing_accounts: list[str] = []
    issuers: list[str] = []
    invoices: str | None = None
    organisation: str | None = None
    budgets: str | None = None
    drivers: list[str] = []
    unit_costs: UnitCosts = {}
    commitments: str | None = None
    prices: str | None = None
    scenario: str | None = None
    known: str | None = None
    what_ifs: list[str] = []
    prepared_by: str | None = None
    reviewed_by: str | None = None

    def names(self, issuer: str, account: str) -> bool:
        """Whether the entity names this issuer or billing account; without names it takes every one."""
        return account in self.billing_accounts or issuer in self.issuers or not (self.billing_accounts or self.issuers)

    def takes(self, issuer: str, account: str, currency: str) -> bool:
        """Whether rows of this issuer, billing account and currency are the entity's."""
        return currency == self.currency and self.names(issuer, account)


OF_AN_ENTITY = ("currency", "invoices", "budgets", "drivers", "unit_costs", "commitments", "prices", "scenario", "known", "what_ifs")
ROWS_OF = ("name", "billing_accounts", "issuers")


def _units(given):
    """`units`: all, a number, or a list of names."""
    if given == "all" or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return given
    raise ValueError(f"must be all, a number of units (those that carry most cost), or a list of their names, not '{str(given)[:60]}'.")


class Settings(Strict):
    """finops.yaml. Paths are relative to the folder the file lies in (`root`)."""

    company: str = "Our company"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"        # of the bill's days
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    bills: list[str] = []                 # FOCUS CSV/Parquet; globs allowed
    invoices: str | None = None           # CSV InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount
    organisation: str | None = None       # CSV team,business_unit
    budgets: str | None = None            # CSV, see measure/budgets.py
    drivers: list[str] = []               # CSV date,name,unit,role,value (role driver|outcome)
    # driver or outcome -> the unit whose cost it divides, as a name or as {unit, workloads}
    unit_costs: UnitCosts = {}
    commitments: str | None = None        # CSV, FOCUS 1.4 Contract Commitment names
    prices: str | None = None             # folder of price documents
    scenario: str | None = None           # the base scenario
    known: str | None = None              # YAML, what people know of workloads: outlook/knowledge.py
    what_ifs: list[str] = []              # scenarios compared in the report
    units: Annotated[Literal["all"] | int | list[str], BeforeValidator(_units)] = 12     # reports of their own: measure/units.py
    ledger: str = ".finops/ledger"
    runs: str = ".finops/runs"
    reports: str = "reports"
    tags: Tags = Tags()
    watch: WatchLimits = WatchLimits()
    settling_days: Annotated[int, Field(ge=0, le=31)] = 2       # newest days of a bill that may still be written (docs/method §2.24)
    members: list[str] | None = None      # forecasters in the ensemble; default: see outlook/ensemble.py
    kpis: Annotated[list[str], Field(min_length=1)] | None = None   # of the report, by file name; default: those of measure/kpis/ that say they are one
    paths: Annotated[int, Field(ge=100, le=100_000)] = 4000
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 20260101
    prepared_by: str = ""
    reviewed_by: str = ""
    entities: list[Entity] = []           # legal entities, one report each; without: the company is one
    own: Entity | None = Field(None, json_schema_extra=OURS)    # set by `entity`: these settings are of one entity
    root: str = Field(".", json_schema_extra=OURS)

    def entity(self, name: str, where: str = "--entity") -> Settings:
        """These settings for one entity alone: its currency, its rows of the ledger, its files. Raises InputError for a name that is not one.

        >>> group = Settings(entities=[{"name": "Acme GmbH", "currency": "EUR"}, {"name": "Acme Inc.", "currency": "USD"}])
        >>> group.entity("acme-gmbh").currency
        'EUR'
        """
        found = next((one for one in self.entities if name.casefold() in (one.name.casefold(), slug(one.name))), None)
        if found is None:
            raise InputError(unknown(where, "entity", name, [one.name for one in self.entities]) if self.entities else
                             f"{where}: '{name}' is an entity, and finops.yaml names none. Write it there (entities:), or leave it out.")
        given = {key: value for key, value in found if key not in ROWS_OF and value not in (None, [], {})}
        return self.model_copy(update={**given, "own": found})

    def parts(self) -> list[Settings]:
        """These settings, one by one for each entity; themselves where there are none."""
        return [self] if self.own or not self.entities else [self.entity(one.name) for one in self.entities]

    def path(self, name: str | os.PathLike) -> Path:
        """A path of the settings, made absolute against the folder of finops.yaml."""
        return Path(self.root) / name

    def files(self, patterns: list[str]) -> list[Path]:
        """Files behind patterns, sorted; raises InputError for a pattern without a file."""
        found: list[Path] = []
        for pattern in patterns:
            hits = sorted(Path(hit) for hit in glob.glob(str(self.path(pattern))))
            if not hits:
                raise InputError(f"{pattern}: no such file below '{self.root}'. Check the path in finops.yaml.")
            found += hits
        return found


def load_settings(path: str | os.PathLike = "finops.yaml") -> Settings:
    """The settings in finops.yaml (or in the finops.yaml of a folder)."""
    path = Path(path)
    if path.is_dir():
        path = path / "finops.yaml"
    if not path.exists() and (known := sorted(path.parent.glob(f"{WORKSPACES}/*/finops.yaml"))):
        places = [str(one.parent) for one in known]
        raise InputError(f"{path}: there is no such file. Name a workspace, for example --settings {places[0]}. There are: {listing(places)}.")
    document = load_yaml(path)
    for key, what in (("root", "the folder of this file"), ("own", "set by finops itself")):
        if key in document:
            raise InputError(f"{document.at((key,))}: {key} is {what}; take the key out.")
    settings = checked(Settings, document)
    _check_entities(settings.entities, document)
    return settings.model_copy(update={"root": str(path.parent)})


def _check_entities(entities: list[Entity], document) -> None:
    """Names that can be told apart, nothing of one entity beside them, and rows that cannot be two entities' at once."""
    for key in OF_AN_ENTITY if entities else ():
        if key in document:
            raise InputError(f"{document.at((key,))}: {key}: there are entities, and this is of one of them. Write it under the entity.")
    for i, one in enumerate(entities):
        at = document.at(("entities", i, "name"))
        if slug(one.name) in ("company", "unit"):
            raise InputError(f"{at}: entities: '{one.name}' stands for the company or for no name. Write the entity's own name.")
        for other in entities[:i]:
            if slug(other.name) == slug(one.name):
                raise InputError(f"{at}: entities: '{one.name}' and '{other.name}' would both be published as '{slug(one.name)}'. Rename one.")
            shared = [*set(one.billing_accounts) & set(other.billing_accounts), *set(one.issuers) & set(other.issuers)]
            open_ = [e.name for e in (other, one) if not (e.billing_accounts or e.issuers)]
            if one.currency == other.currency and (shared or open_):
                why = f"both name '{sorted(shared)[0]}'" if shared else f"'{open_[0]}' names no billing_accounts or issuers, so it takes every row of it"
                raise InputError(f"{at}: entities: '{other.name}' and '{one.name}' are both in {one.currency}, and {why}. A row belongs to one entity.")
