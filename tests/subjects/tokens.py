"""`tokens`: requests or totals priced at a model of the snapshot, or at prices stated in the sentence (tests/spec/tokens/README.md)."""

import numpy as np

from finops_model.prices.tokens import cost as tokens
from finops_model.prices.tokens.buckets import BUCKETS, INDEX
from finops_model.prices.tokens.sheet import FIELDS
from finops_model.prices.tokens.usage import VENDORS, from_vendor

from . import known

GIVEN = {
    "usage",
    "requests",
    "totals",
    "count",
    "sizes",
    "output_follows",
    "input_includes_cached",
    "output_includes_reasoning",
    "context_tokens",
    "hours",
    *VENDORS,
}
SUBJECT = {"context", "when", "modifiers", "discount", "strict"}


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, FIELDS | SUBJECT, "tokens")
    known(given, GIVEN, "given of a token sentence")
    ways = [key for key in ("usage", "requests", "totals", *VENDORS) if key in given]
    assert len(ways) == 1, (
        f"a token sentence is given exactly one of usage, requests, totals, {', '.join(VENDORS)}; here: {ways}"
    )
    if "prices" in subject:
        table = tokens.price_sheet({key: subject[key] for key in FIELDS & set(subject)})
        subject = {"model": "the model", "provider": ""} | subject
    else:
        known(subject, {"model", "provider"} | SUBJECT, "tokens of a model of the snapshot")
        table = tokens.load_tokens()
    strict = subject.get("strict", True)

    def bought(context):
        return table.offer(subject["model"], subject.get("provider", ""), context, strict)

    offer = bought(subject.get("context"))
    when = subject.get("when")
    common = {
        "modifiers": [modifier(part) for part in subject.get("modifiers") or []],
        "discount": subject.get("discount", 0.0),
        "strict": strict,
    }
    if ways == ["totals"]:
        return totals(table, offer, when, given, common)
    if ways == ["requests"]:
        return many(table, bought, subject.get("context"), when, given, common)
    quantities = buckets(given, ways[0])
    if "context_tokens" in given:
        common["context"] = given["context_tokens"]
    return answers(table, offer, when, quantities, common)


def modifier(part: dict) -> tokens.Modifier:
    known(part, {"kind", "factor", "buckets"}, "a modifier")
    return tokens.Modifier(**part)


def buckets(given: dict, way: str) -> dict:
    if way in VENDORS:
        more = (
            {"reasoning_included": given["output_includes_reasoning"]}
            if "output_includes_reasoning" in given
            else {}
        )
        return from_vendor(way, given[way], **more)
    return tokens.disjoint(
        given[way], given.get("input_includes_cached"), given.get("output_includes_reasoning", True)
    )


def answers(table, offer, when, quantities: dict, common: dict) -> dict:
    """Cost of requests and what it is made of; several requests give lists (a single expected number is their sum)."""
    costs = tokens.token_cost(table, offer, quantities, when, parts=True, **common)
    whole = tokens.token_cost(table, offer, quantities, when, **common)
    listed = tokens.token_cost(table, offer, quantities, when, **{**common, "discount": 0.0})
    size = (
        tokens.context_tokens(quantities)
        if common.get("context") is None
        else np.asarray(common["context"])
    )
    return {
        "cost": whole,
        "list_cost": listed,
        "contracted_cost": whole,
        "by_bucket": {name: np.sum(cost) for name, cost in costs.items()},
        "input_cost": side(costs, "input"),
        "output_cost": side(costs, "output"),
        "other_cost": side(costs, ""),
        "buckets": {name: np.sum(value) for name, value in quantities.items()},
        "context_tokens": size,
    }


def side(costs: dict, which: str):
    return sum(
        (np.sum(cost) for name, cost in costs.items() if BUCKETS[INDEX[name]].side == which), 0.0
    )


def many(table, bought, context, when, given: dict, common: dict) -> dict:
    """A list of requests, each with `times` (default 1) and, if it has one, its own `when`, `context`, vendor record."""
    costs, times, listed = [], [], []
    for request in given["requests"]:
        inner = {key: value for key, value in request.items() if key in GIVEN} | {
            key: given[key]
            for key in ("input_includes_cached", "output_includes_reasoning")
            if key in given and key not in request
        }
        extra = sorted(set(request) - GIVEN - {"times", "when", "context"})
        if extra:  # the buckets may stand in the request itself
            assert "usage" not in inner, f"a request has usage and {extra}"
            inner["usage"] = {key: request[key] for key in extra}
        way = next(key for key in ("usage", *VENDORS) if key in inner)
        offer = bought(request.get("context", context))
        result = answers(table, offer, request.get("when", when), buckets(inner, way), common)
        costs.append(float(result["cost"]))
        listed.append(float(result["list_cost"]))
        times.append(float(request.get("times", 1)))
    total, plain = np.array(costs) @ times, np.array(listed) @ times
    return {
        "cost": total,
        "list_cost": plain,
        "contracted_cost": total,
        "per_request": costs,
        "requests": sum(times),
    }


def totals(table, offer, when, given: dict, common: dict) -> dict:
    """Totals over many requests through the sizes of the requests."""
    quantities = buckets(given, "totals")
    sizes = distribution(given["sizes"]) if "sizes" in given else None
    common |= {
        "sizes": sizes,
        "requests": given.get("count"),
        "output_follows": given.get("output_follows", "requests"),
        "hours": given.get("hours"),
    }
    cost = tokens.expected_cost(table, offer, quantities, when, **common)
    result = {
        "cost": cost,
        "contracted_cost": cost,
        "list_cost": tokens.expected_cost(
            table, offer, quantities, when, **{**common, "discount": 0.0}
        ),
        "by_bucket": {
            name: np.sum(part)
            for name, part in tokens.expected_cost(
                table, offer, quantities, when, parts=True, **common
            ).items()
        },
        "buckets": {name: np.sum(value) for name, value in quantities.items()},
    }
    if sizes is not None:
        settled = sizes.settle(tokens.context_tokens(quantities), given.get("count"))
        starts = table.starts[tokens._rows(table, np.asarray(offer), when, common["strict"])]
        start = starts[..., 1] if starts.shape[-1] > 1 else np.inf  # the first cliff
        result |= {
            "mean_size": settled.mean,
            "share_above": settled.share_above(start),
            "token_share_above": settled.token_share_above(start),
        }
    return result


def distribution(spec: dict):
    known(spec, {"sigma", "mean", "p50", "p90", "sizes", "counts"}, "sizes")
    if "sizes" in spec:
        known(spec, {"sizes", "counts"}, "sizes of a histogram")
        return tokens.Histogram(spec["sizes"], spec["counts"])
    if "p90" in spec:
        known(spec, {"p50", "p90"}, "sizes through quantiles")
        return tokens.Lognormal.from_quantiles(spec["p50"], spec["p90"])
    return tokens.Lognormal(**spec)
