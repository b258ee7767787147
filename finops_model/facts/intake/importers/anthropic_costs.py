"""Anthropic cost report (/v1/organizations/cost_report, JSON): a bucket per day, a result per description and workspace.

amount is a decimal text IN CENTS: "123.45" is 1.2345 USD. Priority Tier is not in the report. The default workspace is
null. Source: Anthropic Admin API reference, Cost Report.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from ..files.cells import is_missing
from ..files.readers import Source
from . import Export, _json

TITLE = "Anthropic cost report (JSON)"
DEFAULT = True
SIGN = ("amount", "currency", "cost_type")


def recognise(source: Source) -> bool:
    """Results with amount, currency and cost_type in buckets with starting_at."""
    return _json.is_report(source, SIGN)


def read(source: Source) -> Export:
    """A row per result; SkuId is model:token_type, or the cost type where no tokens are charged."""
    source.broken.clear()
    rows = []
    for bucket, line in _json.results(source):
        start, end = _json.text(bucket.get("starting_at")), _json.text(bucket.get("ending_at"))
        opens, closes = _json.month_around(start)
        model, meter = _json.text(line.get("model")) or "", _json.text(line.get("token_type")) or ""
        workspace = _json.text(line.get("workspace_id"))
        rows.append(
            {
                "x_Row": line["x_Row"],
                "BilledCost": dollars(_json.text(line.get("amount"))),
                "BillingCurrency": _json.text(line.get("currency")),
                "BillingPeriodStart": opens,
                "BillingPeriodEnd": closes,
                "ChargePeriodStart": start,
                "ChargePeriodEnd": end,
                "ChargeCategory": "Usage",
                "ChargeFrequency": "Usage-Based",
                "ServiceName": "Claude API",
                "ServiceCategory": "AI and Machine Learning",
                "ServiceProviderName": "Anthropic",
                "InvoiceIssuerName": "Anthropic",
                "BillingAccountId": "",
                "SubAccountId": workspace or "",
                "SkuId": f"{model}:{meter}"
                if model and meter
                else _json.text(line.get("cost_type")) or "",
                "SkuMeter": meter,
                "ChargeDescription": _json.text(line.get("description")),
                "x_Model": model,
                "Tags": json.dumps({"workspace": workspace}) if workspace else None,
            }
        )
    return _json.export(source, "Anthropic cost report", rows)


def dollars(cents: str | None) -> str | None:
    """A decimal text in cents as one in units of the currency; what is no number stays as it is, to be refused.

    >>> dollars("123.456789"), dollars("NaN"), dollars(None)
    ('1.23456789', 'NaN', None)
    """
    try:
        amount = None if cents is None or is_missing(cents) else Decimal(cents.strip())
    except InvalidOperation:
        return cents
    if amount is None or not amount.is_finite() or abs(amount.adjusted()) > 60:
        return cents
    return format(amount.scaleb(-2), "f")
