"""Where things lie: what the company gives, and the folders that finops fills."""

from __future__ import annotations

from pydantic import Field

from .strict import Strict
from .unit_costs import UnitCosts


class Files(Strict):
    """Files the company gives. Paths are relative to the folder of `finops.yaml`"""

    bills: list[str] = Field(
        default=[], description="Exports (FOCUS and others); globs are allowed."
    )
    invoices: str | list[str] | None = Field(
        default=None,
        description="CSV or Excel: InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount; one that stands in several files counts once.",
    )
    organisation: str | None = Field(
        default=None,
        description="CSV or Excel: team, business_unit; perhaps cost_center, legal_entity.",
    )
    tag_rules: str | None = Field(
        default=None,
        description="YAML: what is expected of tags, and what counts where there is none (`finops tags`); an example is in docs/dimensions.md.",
    )
    budgets: str | list[str] | None = Field(
        default=None,
        description="CSV or Excel: business_unit (or dimension and value), month, currency, amount; perhaps versions.",
    )
    drivers: list[str] = Field(
        default=[],
        description="CSV or Excel: date, name, unit, role (driver or outcome), value; globs are allowed.",
    )
    usage: list[str] = Field(
        default=[],
        description="Usage logs and machine telemetry (docs/ingest/usage.md); globs are allowed.",
    )
    usage_time_zone: str | None = Field(
        default=None,
        description="Time zone of usage logs that say none (Slurm), a name of the IANA table.",
    )
    unit_costs: UnitCosts = Field(
        default={},
        description="Driver or outcome: the unit whose cost it divides, or `{unit, workloads}`.",
    )
    commitments: str | None = Field(
        default=None, description="CSV under the names of FOCUS 1.4 Contract Commitment."
    )
    accounts: str | None = Field(
        default=None,
        description="YAML: the accounts that journals book to (docs/method §14.26); without: no journal is written.",
    )
    prices: str | None = Field(default=None, description="Folder of price documents.")
    price_corrections: str | None = Field(
        default=None,
        description="YAML, or a folder of them: your own dated corrections of token prices, each with its source "
        "(docs/method §5.28).",
    )
    scenario: str | None = Field(
        default=None, description="The base scenario; without: nothing changes."
    )
    known: str | None = Field(
        default=None, description="YAML: what people know of workloads (events, drivers, caps)."
    )
    what_ifs: list[str] = Field(default=[], description="Scenarios that the report compares.")


class Folders(Strict):
    """Folders that finops fills"""

    ledger: str = Field(default=".finops/ledger", description="The bills, judged and kept.")
    usage_facts: str = Field(
        default=".finops/usage", description="Usage and telemetry, judged and kept."
    )
    runs: str = Field(default=".finops/runs", description="Runs of scenarios.")
    reports: str = Field(default="reports", description="Published reports, never rewritten.")
    records: str = Field(
        default=".finops/records.sqlite",
        description="What was published, approved, closed, booked and decided: one file, rows are only added.",
    )
    books: str = Field(
        default="books", description="Files of closes: journals, accruals, statements."
    )
