"""A table of serving endpoints by month: month, ResourceId, requests, gpu_hours (paid), and where known workload and SkuId.

The form of the sample company (data/samples/endpoints.csv).
"""

from __future__ import annotations

from ....errors import FinOpsError
from ....periods import add_months, check_month
from ..files.readers import Source
from . import Usage, _usage

TITLE = "Endpoint table (month, ResourceId, requests, gpu_hours)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "machine"
SIGN = ("month", "ResourceId", "requests", "gpu_hours")
KEEP = frozenset("month resourceid requests gpuhours workload skuid".split())


def recognise(source: Source) -> bool:
    """The four columns of SIGN."""
    return _usage.has(source, *SIGN)


def read(source: Source) -> Usage:
    """A row per endpoint, month and meter."""
    return _usage.collect(source, "Endpoint table", _usage.rows(source, KEEP, frozenset()), _rows)


def _rows(line: dict) -> list[dict]:
    month = str(line.get("month", ""))
    try:
        check_month(month)
    except FinOpsError:
        raise _usage.Refused("month", f"{_usage.quoted(month)} is no month YYYY-MM") from None
    base = {
        "UsageStart": f"{month}-01",
        "UsageEnd": f"{add_months(month, 1)}-01",
        "ResourceId": line.get("resourceid"),
        "x_Job": line.get("workload"),
        "Tags": _usage.tags(workload=line.get("workload"), sku=line.get("skuid")),
    }
    return _usage.metered(
        base,
        {
            "gpu_hours_paid": _usage.count(line, "gpuhours"),
            "requests": _usage.count(line, "requests"),
        },
    )
