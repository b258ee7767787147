"""Vendors' own exports and files of other tools, known by their set of columns, and refused by name (docs/method §13.31).

A reader that fills roles by the nearest word books a part of such a file with a clean face: credits beside the cost, tax that has no list price,
a reservation as usage. Until a format has an importer on the shelf it is refused in one sentence: what the file is, why it is not read as any
table, and what to fetch. Names are compared without case, marks and spaces, so lineItem/UnblendedCost = line_item_unblended_cost.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from .files.readers import Source, head_text
from .formats import plain_words, read_moment

FOCUS = frozenset(
    "billedcost billingcurrency billingperiodstart billingperiodend chargeperiodstart chargeperiodend chargecategory "
    "servicename".split()
)
TOP, DEPTH, ITEMS = 40, 5, 20
MAPPING = "If you know better, say which column is what: finops start FILE --mapping mapping.yaml (docs/mapping.md)."


@dataclass(frozen=True)
class Head:
    """What may be a header: its names as written, the same squashed, and the cells of the row below."""

    names: tuple[str, ...]
    below: tuple[str, ...] = ()
    words: frozenset[str] = field(default=frozenset(), compare=False)

    def count(self, words: str) -> int:
        """How many of the squashed words (one text, split at spaces) are there."""
        return len(self.words & frozenset(words.split()))


@dataclass(frozen=True)
class Known:
    """A format: what it is called, how its head is known, and the rest of the sentence."""

    title: str
    sees: Callable[[Head], bool]
    says: str


def squash(name: str) -> str:
    """A heading without case, marks and spaces.

    >>> squash("lineItem/UnblendedCost") == squash("line_item_unblended_cost") == squash("lineitem/unblendedcost")
    True
    """
    text = str(name)
    return _squashed(text) if len(text) <= 100 else _squashed.__wrapped__(text)


@lru_cache(8192)  # every importer asks for the same headings
def _squashed(name: str) -> str:
    return plain_words(name).replace(" ", "")


def head(names: Iterable[str], below: Iterable[str] = ()) -> Head:
    """A Head of names and, where there is one, the row below them."""
    names = tuple(str(name).strip().lstrip("\ufeff") for name in names)
    return Head(
        names, tuple(map(str, below)), frozenset(word for word in map(squash, names) if word)
    )


def _cost_explorer(h: Head) -> bool:
    first, below = (h.names or ("",))[0], (h.below or ("",))[0].strip()
    money = [name for name in h.names[1:] if name.rstrip().endswith(")") and "(" in name]
    turned = squash(below) == squash(first) + "total" or bool(
        read_moment(below) and not read_moment(first) and first and "date" not in squash(first)
    )
    return (
        bool(money)
        and h.count("totalcosts totalcost") > 0
        and turned
        and "date" not in squash(first)
    )


CUR = (
    "lineitemunblendedcost lineitemblendedcost lineitemnetunblendedcost lineitemlineitemtype lineitemusageaccountid lineitemproductcode "
    "lineitemusagestartdate lineitemusageamount lineitemcurrencycode"
)
GOOGLE = (
    "billingaccountid serviceid servicedescription skuid skudescription usagestarttime usageendtime projectid projectname projectnumber "
    "locationregion locationcountry locationlocation exporttime currencyconversionrate usageamount usageunit usageamountinpricingunits "
    "usagepricingunit credits creditsname creditsamount creditsid creditstype invoicemonth costtype costatlist partitiondate adjustmentinfoid"
)
GOOGLE_ONLY = (
    "usagestarttime invoicemonth exporttime currencyconversionrate usageamountinpricingunits credits creditsamount creditsname creditstype "
    "costtype costatlist adjustmentinfoid"
)
METERS = "metercategory metersubcategory metername meterid meterregion consumedmeter"
AZURE_COST = (
    "costinbillingcurrency cost pretaxcost costinpricingcurrency extendedcost costinusd costusd paygcostinbillingcurrency resourcerate "
    "billingpretaxtotal effectiveprice"
)
AZURE_SCOPE = (
    "subscriptionid subscriptionguid subscriptionname billingaccountid billingaccountname billingprofileid resourcegroup resourcegroupname "
    "resourcelocation consumedservice instanceid resourceid accountownerid chargetype publishertype additionalinfo"
)
AWS = "Fetch the FOCUS export of the same bill (AWS Data Exports, FOCUS 1.0 with AWS columns) and give that."

USAGE = (  # of formats that a usage importer reads
    "finops ingest FILE takes it into the usage of a workspace, and finops usage shows what it cost."
)

KNOWN = (  # the first that sees the head counts
    Known(  # what aws_cur.py of the shelf does not read: a workbook, a report without one of its columns
        "an AWS cost and usage report",
        lambda h: h.count(CUR) >= 2,
        "It is read as CSV, JSON lines or Parquet, with the columns lineItem/UnblendedCost, lineItem/LineItemType, lineItem/CurrencyCode "
        "and lineItem/UsageStartDate (names of any of its headings), and never as any table: the kind of a line is in its "
        "type (usage, tax, credit, fee, negation). Save the sheet as CSV with these names in its first line, or export these columns too.",
    ),
    Known(
        "an AWS detailed billing report",
        lambda h: (
            h.count("linkedaccountid recordtype") == 2
            and h.count(
                "payeraccountid unblendedcost totalcost usagestartdate billingperiodstartdate"
            )
            > 0
        ),
        f"Its lines of RecordType InvoiceTotal and StatementTotal repeat what is above them and would be counted twice. {AWS}",
    ),
    Known(  # what aws_cost_explorer.py of the shelf does not read: a workbook, a table below a preamble
        "a table of AWS Cost Explorer (services as columns)",
        _cost_explorer,
        "Its line of totals would be counted once more, and tax and services would become one. It is read as the CSV that Cost Explorer gives "
        "(Download as CSV), with its names in the first line. Or turn the table: a row per day and service, with the columns date, service, cost, "
        "currency.",
    ),
    Known(
        "an answer of the AWS Cost Explorer API",
        lambda h: h.count("resultsbytime timeperiod") == 2,
        f"It holds groups of several metrics, of which one would have to be chosen. {AWS}",
    ),
    Known(  # what gcp_console.py of the shelf does not read: tables of Reports, a workbook, a table without its cost type
        "a cost table or a report of the Google Cloud console",
        lambda h: (
            h.count("servicedescription skudescription serviceid skuid projectid projectname") >= 2
            and h.count(
                "credittype unroundedcost usagestartdate unroundedsubtotal subtotal promotionsandothers discounts"
            )
            >= 1
            and any(word.startswith(("cost", "subtotal", "unrounded")) for word in h.words)
            and "usagestarttime" not in h.words
        ),
        "Its credits, discounts and tax are lines and columns of their own, outside the cost, and a report has no days: read as any table, the total would be too "
        "high. It is read as the CSV of Billing, Cost table (table configuration: no grouping), with its columns Service description, SKU description, "
        "Cost type, Usage start date and Unrounded cost and the lines above them. Download that one.",
    ),
    Known(  # what gcp_billing.py of the shelf does not read: a workbook, an export without one of its columns
        "a Google Cloud billing export (BigQuery)",
        lambda h: (
            any(word in h.words for word in ("cost", "costatlist"))
            and h.count(GOOGLE) >= 3
            and h.count(GOOGLE_ONLY) >= 1
        ),
        "It is read as CSV, JSON lines or Parquet, with the columns cost, credits, currency, usage_start_time and usage_end_time beside service, sku, "
        "project and invoice, and never as any table: its cost is before credits, and the day it was written is not the day of use. Export these "
        "columns too (bq extract), or save the sheet as CSV with these names in its first line.",
    ),
    Known(  # what azure_cost.py of the shelf does not read
        "an Azure cost export (enterprise or customer agreement)",
        lambda h: h.count(METERS) >= 1 and h.count(AZURE_COST) >= 1 and h.count(AZURE_SCOPE) >= 1,
        "It is read as CSV, JSON lines or Parquet, with the columns ChargeType, Date, CostInBillingCurrency (or Cost), BillingCurrency and "
        "MeterCategory (names of any of its agreements), and never as any table: what a line is stands in its type (usage, purchase, refund, rounding). "
        "Save the sheet as CSV with these names in its first line, or export these columns too.",
    ),
    Known(
        "an answer of the Azure Cost Management API",
        lambda h: h.count("properties columns rows nextlink propertiescolumns propertiesrows") >= 5,
        "Fetch the FOCUS export of the same scope (Cost Management, Exports, Cost and usage details (FOCUS)) and give that.",
    ),
    Known(
        "an allocation of Kubecost or OpenCost",
        lambda h: (
            h.count("cpucost ramcost memorycost") >= 1
            and h.count("totalcost gpucost pvcost networkcost sharedcost loadbalancercost") >= 2
        ),
        "It splits what the cluster costs over its namespaces by list prices of its own, so it is no bill, and with the cloud's bill it would be "
        f"counted twice. {USAGE} Give the cloud vendor's bill (its FOCUS export) for the money; its tags say whose cost it is.",
    ),
    Known(
        "an account of Slurm jobs (sacct)",
        lambda h: (
            "jobid" in h.words
            and h.count(
                "elapsedraw elapsed alloctres reqtres cputimeraw cputime alloccpus allocgres"
            )
            >= 1
            and h.count("user account partition state start jobname") >= 1
        ),
        f"It holds hours of jobs, not money, and its job steps are parts of their job and are not added. {USAGE} Give the bill of the machines for the "
        "money.",
    ),
    Known(
        "a usage table of OpenAI",
        lambda h: (
            h.count("nummodelrequests inputcachedtokens") >= 1
            and h.count("inputtokens outputtokens") >= 1
            and not h.count("amountvalue spend")
        ),
        f"It holds tokens and requests, not money. {USAGE} Fetch the costs of the same days (Usage, Cost, Export; or /v1/organization/costs) for the "
        "money.",
    ),
    Known(
        "a usage table of Anthropic",
        lambda h: (
            h.count(
                "usageinputtokensnocache usageinputtokenscacheread usageoutputtokens "
                "usageinputtokenscachewrite5m uncachedinputtokens cachereadinputtokens"
            )
            >= 2
            and not h.count("costusd spend amount")
        ),
        f"It holds tokens, not money. {USAGE} Fetch the costs of the same days (Console, Cost, Export; or /v1/organizations/cost_report) for the "
        "money.",
    ),
    Known(
        "a report of Langfuse (daily metrics)",
        lambda h: h.count("counttraces countobservations") >= 1 and "totalcost" in h.words,
        f"Its cost is an estimate of the tool, not what a vendor bills. {USAGE} Give the vendor's own cost table, or its FOCUS export, for the money.",
    ),
    Known(
        "an invocation log of Amazon Bedrock",
        lambda h: "schematype" in h.words and h.count("modelid requestid operation") >= 2,
        f"It holds tokens, not money. {USAGE} {AWS}",
    ),
    Known(
        "an answer of Amazon CloudWatch (metrics)",
        lambda h: "metricdataresults" in h.words,
        f"It holds counts, not money. {USAGE} {AWS}",
    ),
    Known(
        "a spend log of a gateway (LiteLLM and the like)",
        lambda h: (
            h.count("spend cost costusd costtotal totalcost responsecost") >= 1
            and h.count("prompttokens tokensprompt inputtokens promptusage") >= 1
            and h.count("completiontokens tokenscompletion outputtokens") >= 1
            and h.count(
                "requestid generationid calltype modelgroup customllmprovider traceid spanid apikey starttime"
            )
            >= 1
        ),
        f"Its spend is the gateway's own estimate by its price list, not what the vendors bill: with their bills it would be counted twice. {USAGE} "
        f"Give the vendors' own cost tables for the money. {MAPPING}",
    ),
    Known(
        "a usage table of Cursor",
        lambda h: (
            h.count("maxmode kind") == 2 and h.count("cacheread totaltokens outputtokens") >= 1
        ),
        "Its cost of requests that are included in the seats is not billed. Give the invoices (Billing, Invoices) as a table: date, service, cost, "
        "currency.",
    ),
    Known(
        "a log of nvidia-smi",
        lambda h: any(word.startswith("utilizationgpu") for word in h.words),
        "It holds loads of GPUs, not money. Give the bill of the machines.",
    ),
)
METRICS = Known(
    "a page of metrics (Prometheus text, for example of the DCGM exporter)",
    lambda h: False,
    "It holds loads and counters of one moment, not money. finops ingest FILE --at 2026-11-30T12:00Z takes it into the usage of a workspace. Give "
    "the bill of the machines for the money.",
)


def recognise(source: Source) -> Known | None:
    """The format of a source that is known and has no importer, or None. A FOCUS export is never one."""
    if source.kind == "csv" and head_text(source).lstrip().startswith(
        ("# HELP ", "# TYPE ", "DCGM_FI_")
    ):
        return METRICS
    return of_heads(heads(source))


def of_heads(heads: Iterable[Head]) -> Known | None:
    """The first format that sees one of the heads; None where one of them is FOCUS."""
    heads = [one for one in heads if len(one.words) > 1 or one.words & {"metricdataresults"}]
    if any(len(one.words & FOCUS) >= 6 for one in heads):
        return None
    return next((known for known in KNOWN for one in heads if known.sees(one)), None)


def sentence(name: str, known: Known) -> str:
    """The refusal: what the file is, why it is not read as any table, what to do."""
    return f"{name}: this is {known.title}. {known.says.replace('FILE', name) if '--driver' not in known.says else known.says}"


def heads(source: Source) -> list[Head]:
    """What may be headers of a source: column names, keys, or the first lines of a text."""
    if source.kind == "frame":
        frame = source.frame
        return [head(frame.columns, frame.iloc[0].tolist() if len(frame) else ())]
    if source.kind == "parquet":
        return [head(_fields(source))]
    if source.kind == "json":
        return [head(_keys(source.document))]
    text = head_text(source)
    if source.kind == "jsonl":
        return [head(_keys(_first_record(text)))]
    return of_text(text)


def of_text(text: str) -> list[Head]:
    """Heads among the first lines of a delimited text, in any of the usual delimiters."""
    heads = []
    for mark in ",;\t|":
        try:
            rows = [
                row
                for _, row in zip(
                    range(TOP), csv.reader(io.StringIO(text, newline=""), delimiter=mark)
                )
            ]
        except csv.Error:
            continue
        heads += of_rows(rows)
    return heads


def of_rows(rows: list[list[str]]) -> list[Head]:
    """Heads among rows of cells."""
    return [
        head(row, rows[i + 1] if i + 1 < len(rows) else ())
        for i, row in enumerate(rows[:TOP])
        if sum(map(bool, row)) > 1
    ]


def _first_record(text: str):
    from .files.text import read_json

    for line in text.splitlines():
        if line.strip():
            try:
                return read_json(line)
            except (ValueError, RecursionError):
                return {}
    return {}


def _keys(document, before: str = "", depth: int = 0) -> list[str]:
    """Keys of a JSON document down to some depth: bare, and joined with the key above them (service.description)."""
    if depth > DEPTH:
        return []
    if isinstance(document, list):
        return [key for item in document[:ITEMS] for key in _keys(item, before, depth + 1)]
    if not isinstance(document, dict):
        return []
    keys = []
    for key, value in list(document.items())[:500]:
        keys += [
            str(key),
            *([f"{before}.{key}"] if before else []),
            *_keys(value, str(key), depth + 1),
        ]
    return keys


def _fields(source: Source) -> list[str]:
    import pyarrow as pa

    from .files.readers import parquet_schema

    names = []
    for one in parquet_schema(source):
        names.append(one.name)
        kind = one.type.value_type if pa.types.is_list(one.type) else one.type
        if pa.types.is_struct(kind):
            names += [f"{one.name}.{kind.field(i).name}" for i in range(kind.num_fields)]
    return names
