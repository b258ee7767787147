"""`price_changes`: what differs between two states of a price document, and whether history was only appended to."""

from finops_model.prices.lists.catalog import check_append_only
from finops_model.prices.lists.changes import describe, diff

from . import known
from .catalog import plainly, read


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"before", "after", "check"}, "price changes")
    assert not given, "price changes have no 'given'"
    with plainly():
        before, after = read(subject["before"]), read(subject["after"])
        if subject.get("check"):
            check_append_only(before, after)
        found = diff(before, after)
    return {
        "count": len(found),
        "what": [one.what for one in found],
        "skus": [one.sku for one in found],
        "since": [one.since for one in found],
        "before": [describe(one.before) for one in found],
        "after": [describe(one.after) for one in found],
        "percent": [one.percent if one.percent is not None else "" for one in found],
        "broken": sum(one.breaks_history for one in found),
    }
