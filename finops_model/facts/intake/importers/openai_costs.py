"""OpenAI organisation costs (/v1/organization/costs, JSON): a bucket per day, a result per line item and project.

amount.value is a number or a decimal text, in units of the currency. Usage reports do not reconcile with it, so costs
are what finance takes. A project that is null is unallocated; the tag 'project' is its name where the report says one, else its
identifier, as in the console's table. Source: OpenAI API reference, Costs.
"""

from __future__ import annotations

import datetime as dt
import json

from ..files.readers import Source
from . import Export, _json

TITLE = "OpenAI costs (JSON)"
DEFAULT = True
SIGN = ("amount", "object")


def recognise(source: Source) -> bool:
    """{"object": "page"} of organization.costs results."""
    return _json.is_report(source, SIGN[:1]) and any(
        str(line.get("object", "")) == "organization.costs.result"
        for _, line in _json.results(source)
    )


def read(source: Source) -> Export:
    """A row per result; SkuId is the line item, x_Model what stands before its comma."""
    source.broken.clear()
    rows = []
    for bucket, line in _json.results(source):
        amount = line["amount"] if isinstance(line.get("amount"), dict) else {}
        start, end = _moment(bucket.get("start_time")), _moment(bucket.get("end_time"))
        item, project = _json.text(line.get("line_item")) or "", _json.text(line.get("project_id"))
        called = _json.text(line.get("project_name")) or project
        opens, closes = _json.month_around(start)
        model, comma, meter = item.rpartition(", ")
        rows.append(
            {
                "x_Row": line["x_Row"],
                "BilledCost": _json.text(amount.get("value")),
                "BillingCurrency": _json.text(amount.get("currency")),
                "BillingPeriodStart": opens,
                "BillingPeriodEnd": closes,
                "ChargePeriodStart": start,
                "ChargePeriodEnd": end,
                "ChargeCategory": "Usage",
                "ChargeFrequency": "Usage-Based",
                "ServiceName": "OpenAI API",
                "ServiceCategory": "AI and Machine Learning",
                "ServiceProviderName": "OpenAI",
                "InvoiceIssuerName": "OpenAI",
                "BillingAccountId": _json.text(line.get("organization_id")) or "",
                "SubAccountId": project or "",
                "SkuId": item,
                "SkuMeter": meter if comma else "",
                "ChargeDescription": item,
                "x_Model": model if comma else "",
                "Tags": json.dumps({"project": called}, ensure_ascii=False) if called else None,
            }
        )
    return _json.export(source, "OpenAI costs", rows)


def _moment(epoch) -> str | None:
    try:
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return _json.text(epoch)
