"""Sentences of tests/spec as purchases of a scenario file: what of each has a scenario form, and what it must cost there.

A converter takes a sentence and gives purchases (as a scenario file writes them, without common keys) with the money the sentence states, or ""
and why it has no scenario form. Months are those of a world whose bill ends on 2025-12-31.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

START = "2026-01-01"


@dataclass
class Case:
    """One purchase and what the sentence says of it: money of parts (all where ""), by month from `since`, or of the whole run."""

    fields: dict
    expected: object
    since: str = START
    until: str | None = None
    part: str = ""
    cash: bool = False
    months: tuple[str, ...] | None = None  # whose money counts; None: all of the run
    tolerance: float = 0.005
    scale: float = 1.0  # sentence's money per money of the scenario


@dataclass
class No:
    """Why a sentence has no scenario form."""

    why: str


def price(value):
    """A price of a sentence as a way writes it."""
    return (
        value
        if not isinstance(value, dict) or "kind" in value or "free" in value
        else {"kind": "linear", **value}
    )


def many(value) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def spread(money, count: int) -> list:
    values = many(money)
    return values if len(values) == count else [None] * (count - 1) + [values[0]]


def pricing(subject: dict, given: dict, then: dict):
    if "quantity" not in given:
        return No(
            "levels, windows in part, and sharing belong to the settlement of a month, not to a purchase"
        )
    money = next(
        (key for key in ("effective_cost", "contracted_cost", "list_cost") if key in then), None
    )
    if money is None:
        return No("states no money")
    discount = given.get("discount", 0.0) if money != "list_cost" else 0.0
    quantities = many(given["quantity"])
    wanted = many(then[money])
    if len(wanted) not in (1, len(quantities)):
        return No("states one total of several charges")
    if len(wanted) == 1 and len(quantities) > 1:
        return No("states one total of several charges")
    return [
        Case(
            {"way": "tiered", "rate": subject, "discount": discount, "use": q},
            cost,
            months=("2026-01",),
        )
        for q, cost in zip(quantities, wanted, strict=True)
    ]


def storage(subject: dict, given: dict, then: dict):
    fields = dict(subject)
    kind = fields.pop("kind", "stock")
    if kind == "copies":
        return No("copies are a number of units, not a purchase: write them as use")
    if kind == "stock":
        if "cost" not in then or any(np.any(value) for value in given.values()):
            return No("moves even within months without days; a scenario counts true days")
        units = fields.get("opening", 0.0)
        from finops_model import units as conversions

        there = float(
            conversions.convert(
                units, fields.get("unit", "GB"), fields.get("to", fields.get("unit", "GB"))
            )
        )
        return [
            Case(
                {"way": "storage", "price": price(fields["price"]), "opening": there},
                then["cost"][0],
                months=("2026-01",),
            )
        ]
    ingest = given.get("ingest", {})
    if not isinstance(ingest, dict) or set(ingest) - {1}:
        return No("written on single days, and a purchase writes evenly")
    days, start = int(given["days"]), str(given["start"])
    end = np.datetime64(start) + days
    whole = np.datetime64(end, "M").astype("datetime64[D]") == end
    fields["classes"] = [
        {**one, "price": price(one.get("price", 0.0))} for one in fields["classes"]
    ]
    if not whole and any(one.get("minimum_days") for one in fields["classes"]):
        return No("ends within a month while minimum days run")
    retrieved = given.get("retrieved")
    if "opening" in given:
        fields |= {"opening": given["opening"], "opening_age": given.get("opening_age", 0)}
    elif ingest:
        fields |= {"opening": ingest[1]}
    names = [one["name"] for one in fields["classes"]]
    months = tuple(
        np.arange(np.datetime64(start, "M"), np.datetime64(end - 1, "M") + 1).astype(str).tolist()
    )
    if retrieved:
        fields["retrieved"] = {
            name: amount / given["opening"] for name, amount in retrieved.items()
        }
    at = {"since": start, "until": None if whole else str(end)}
    cases = []
    words = {
        "storage": "storage",
        "early": "early deletion",
        "transition": "moves",
        "retrieval": "reads",
    }
    for key, word in words.items():
        for name, by_month in (then.get(key) or {}).items():
            part = f"{word} in {name}" if len(names) > 1 else word
            cases += [
                Case({"way": "storage", **fields}, money, part=part, months=(month,), **at)
                for month, money in by_month.items()
            ]
        if f"{key}_cost" in then:
            parts = [f"{word} in {name}" if len(names) > 1 else word for name in names]
            cases.append(
                Case(
                    {"way": "storage", **fields},
                    then[f"{key}_cost"],
                    part="|".join(parts),
                    months=months,
                    **at,
                )
            )
    if "cost" in then:
        cases.append(Case({"way": "storage", **fields}, then["cost"], months=months, **at))
    if "unit_months" in then and not cases:
        money = sum(
            amount * one["price"]
            for one in fields["classes"]
            for amount in then["unit_months"].get(one["name"], {}).values()
            if not isinstance(one["price"], dict)
        )
        cases.append(Case({"way": "storage", **fields}, money, months=months, **at))
    return cases or No("states no money")


def transfer(subject: dict, given: dict, then: dict):
    flows = given["flows"]
    counts = max(len(many(flow["quantity"])) for flow in flows)
    cases = []
    for i in range(counts):
        amounts = [
            float(many(flow["quantity"])[min(i, len(many(flow["quantity"])) - 1)]) for flow in flows
        ]
        total = sum(amounts)
        shared = [
            {
                **{key: value for key, value in flow.items() if key != "quantity"},
                "share": amount / total if total else 1 / len(flows),
            }
            for flow, amount in zip(flows, amounts, strict=True)
        ]
        fields = {"way": "transfer", **subject, "flows": shared, "use": total}
        if "cost" in then:
            cases.append(Case(fields, spread(then["cost"], counts)[i], months=("2026-01",)))
        elif "by_flow" in then:
            cases.append(Case(fields, sum(then["by_flow"]), months=("2026-01",)))
    return [case for case in cases if case.expected is not None] or No("states no money")


def spot(subject: dict, given: dict, then: dict):
    kind = subject.get("kind", "interruption")
    fields = {key: value for key, value in subject.items() if key != "kind"}
    if kind == "effective_price" and "price" in then:
        own = {
            "spot": fields["spot"],
            "on_demand": fields.get("on_demand", 0.0),
            "rework": fields.get("factor", 1.0),
            "available": 1 - fields.get("fallback", 0.0),
        }
        if any(isinstance(value, list) for value in [*own.values(), then["price"]]):
            return No("several prices in one sentence")
        return [
            Case({"way": "spot", **own, "use": 1000.0}, then["price"] * 1000.0, months=("2026-01",))
        ]
    if kind != "run" or "cost" not in then:
        return No("what one interruption bills, or a rate of interruptions: no money of a month")
    prices = np.atleast_2d(np.asarray(given["prices"], float))
    hours = np.broadcast_to(np.asarray(given["hours"], float), prices.shape)
    wanted = np.asarray(then["cost"], float)
    if wanted.size != prices.size:
        return No("states one total of several periods")
    return [
        Case(
            {"way": "spot", "spot": float(p), "on_demand": fields["on_demand"], "rework": fields.get("factor", 1.0),
             "available": given.get("available", 1.0), **({"highest": fields["highest"]} if "highest" in fields else {}), "use": float(h)},
            float(cost), months=("2026-01",),
        )
        for p, h, cost in zip(prices.ravel(), hours.ravel(), wanted.ravel(), strict=True)
    ]  # fmt: skip


def checkpoint(subject: dict, given: dict, then: dict):
    if "spot" not in given or "effective_price" not in then:
        return No("hours that work takes, no money")
    hours = {
        "checkpoint_hours": 60.0,
        "checkpoint_minutes": 1.0,
        "restart_hours": 60.0,
        "restart_minutes": 1.0,
    }
    fields = {"way": "spot", "spot": given["spot"], "on_demand": given.get("on_demand", 0.0)}
    for key, value in subject.items():
        name, _, unit = key.rpartition("_")
        if name in ("checkpoint", "restart"):
            fields[f"{name}_minutes"] = value * hours[key]
        elif name == "mtbf":
            fields["mtbf_hours"] = value / (60.0 if unit == "minutes" else 1.0)
        else:
            return No("no unit of time")
    if "interval" in given:
        fields["interval_minutes"] = given["interval"] * 60.0
    work = given.get("work", 1.0)
    return [
        Case(
            {**fields, "use": work},
            then["effective_price"] * work,
            months=("2026-01",),
            tolerance=0.01,
        )
    ]


def hardware(subject: dict, given: dict, then: dict):
    fields = {**subject, "hours_per_month": subject.get("hours_per_month", 730)}
    if "capital_per_gpu" in fields:
        fields["capital"] = fields.pop("capital_per_gpu") * fields["gpus"]
    use = given.get("utilisation", 0.0)
    if isinstance(use, list):
        return No("several utilisations beside each other are a question of options")
    useful = use * fields["gpus"] * fields["hours_per_month"] * fields.get("availability", 1.0)
    own = {"way": "hardware", **fields, "use": useful}
    count = int(given.get("months", 0))
    cases = []
    for key, part, cash in (
        ("depreciation", "depreciation", False),
        ("cost", "", False),
        ("cash", "", True),
    ):
        for k, money in enumerate(then.get(key, [])):
            cases.append(Case(own, money, part=part, cash=cash, months=(f"2026-{k + 1:02d}",)))
    if "running_monthly" in then and count:
        cases.append(Case(own, then["running_monthly"], part="running|power", months=("2026-02",)))
        cases.append(
            Case(
                own,
                then["cost_per_useful_hour"] * useful,
                months=("2026-02",),
                tolerance=0.01 * useful,
            )
        )
    elif "cost_per_useful_hour" in then:
        cases.append(Case(own, then["cost_per_useful_hour"] * useful, months=("2026-02",)))
    return cases or No("compares with rent, at a rate of discount: a question of options")


def provisioned(subject: dict, given: dict, then: dict):
    fields = dict(subject)
    kind = fields.pop("kind")
    if kind == "term":
        if "months" not in fields or "cost" not in then:
            return No("a term in days is not sold by months here")
        start = np.datetime64(str(fields["start"]))
        used_days = [float(hours) / 24 for hours in many(given.get("used", 0.0))]
        cases = []
        for hours, money in zip(used_days, many(then["cost"]), strict=True):
            until = start + max(int(np.ceil(hours)), 1)
            if (
                hours * 24
                > float(
                    (np.datetime64(start, "M") + fields["months"]).astype("datetime64[D]") - start
                )
                * 24
                if False
                else hours > 181
            ):
                continue  # used on after the term: another term here
            cases.append(
                Case({"way": "provisioned", "units": fields["units"], "rate": fields["rate"], "per_unit": 1, "shape": "flat", "mode": "block",
                      "term_months": fields["months"]}, money, since=str(start), until=str(until))
            )  # fmt: skip
        return cases
    if kind in ("capacity_block", "calendar"):
        if "cost" not in then:
            return No("states no money")
        form = "block" if kind == "capacity_block" else "calendar"
        own = {key: value for key, value in fields.items() if key in ("instances", "rate", "days")}
        return [
            Case(
                {"way": "capacity_block", "form": form, **own},
                many(then["cost"])[0],
                months=("2026-01",),
            )
        ]
    if kind == "flex_start":
        hours = given["hours"] * given.get("instances", 1)
        return [Case({"way": "capacity_block", "form": "flex_start", "instances": given.get("instances", 1), "rate": fields["on_demand"],
                      "discount": fields.get("discount", 0.0), "use": hours}, then["cost"], months=("2026-01",))]  # fmt: skip
    if kind != "throughput" or "mean" not in given or "spill" not in then:
        return No("sizes, windows one by one, deployments by region: no money of a month")
    minutes = 60.0 / fields.get("seconds", 60.0) * 60 * 24 * 31
    shape = {key: given[key] for key in ("shape", "cv", "factor", "share") if key in given}
    own = {
        "way": "provisioned",
        **fields,
        "units": given["units"],
        "rate": 0.0,
        "pay_as_you_go": 1e6 / minutes,
        "shape": "flat",
        **shape,
    }
    own["use"] = {"traffic": given["mean"] * minutes}
    return [Case(own, then["spill"], part="spill", months=("2026-01",))]


SHEET = ("prices", "relative", "tiers", "contexts", "per", "time_of_day")


def tokens(subject: dict, given: dict, then: dict):
    from finops_model.prices.tokens.buckets import BUCKETS, INDEX
    from finops_model.prices.tokens.usage import VENDORS, from_vendor

    vendor = next((name for name in VENDORS if name in given), None)
    if "cost" not in then or not ({"usage", "totals"} & set(given) or vendor):
        return No("requests each at a time of its own, or no money")
    if subject.get("strict") is False:
        return No("answers as another package does")
    when, count_days = subject.get("when"), 31.0
    if when is not None and (isinstance(when, list) or len(str(when)) > 10 or str(when) < START):
        return No("a day of the past or a time of the day, and a scenario prices months to come")
    if "since" in subject or "hours" in given and when is None:
        return No("a price list with a first day of its own")
    at = {"months": ("2026-01",)}
    if when is not None:
        day = np.datetime64(str(when))
        month = np.datetime64(day, "M")
        count_days = float(
            ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
        )
        at = {"since": str(day), "until": str(day + 1), "months": (str(month),)}
    context = subject.get("context")
    if isinstance(context, dict):
        context = next(iter(context.values())) if len(context) == 1 else "?"
    context = str(context).partition("=")[2] or context if context else ""
    fields = {"way": "tokens", "discount": subject.get("discount", 0.0)}
    fields |= {key: subject[key] for key in (*SHEET, "history", "modifiers") if key in subject}
    if "prices" not in subject:
        fields |= {"model": subject["model"], "provider": subject.get("provider", "")}
    if context in ("batch", "flex"):
        fields[f"{context}_share"] = 1.0
    elif context not in ("", "standard", "default"):
        fields["context"] = context
    fields["input_includes_cached"] = given.get("input_includes_cached")
    fields["output_includes_reasoning"] = given.get("output_includes_reasoning", True)
    fields |= {key: given[key] for key in ("hours", "output_follows") if key in given}
    fields = {key: value for key, value in fields.items() if value is not None}
    if vendor:
        more = (
            {"reasoning_included": given["output_includes_reasoning"]}
            if "output_includes_reasoning" in given
            else {}
        )
        usage = {
            name: np.asarray(value).tolist()
            for name, value in from_vendor(vendor, given[vendor], **more).items()
        }
        if getattr(from_vendor(vendor, given[vendor], **more), "untold", None):
            return No("a record that does not say which of its cached tokens are audio")
        fields["output_includes_reasoning"] = True
        sides = [
            name
            for name in usage
            if BUCKETS[INDEX[name]].tokens and BUCKETS[INDEX[name]].side == "output"
        ]
        usage["output"] = sum(
            usage[name] for name in sides
        )  # the whole of which the others are parts
    else:
        usage = given.get("usage", given.get("totals"))
    count, wanted = max(len(many(value)) for value in usage.values()), many(then["cost"])
    if len(wanted) not in (1, count) or (len(wanted) == 1 and count > 1):
        return No("states one total of several requests")
    cases = []
    for i in range(count):
        use = {
            name: float(many(value)[min(i, len(many(value)) - 1)]) for name, value in usage.items()
        }
        own = dict(fields)
        if "totals" not in given:
            size = given.get("context_tokens", request_size(use, fields))
            if isinstance(size, list):
                return No("sizes stated beside the tokens")
            if size:
                own |= {"sizes": {"sizes": [size], "counts": [1]}, "output_follows": "input"}
            if "requests" in priced_also_by(subject):
                use["requests"] = 1.0
        else:
            own |= {"sizes": given["sizes"]} if "sizes" in given else {}
            use |= (
                {"requests": float(many(given["count"])[min(i, len(many(given["count"])) - 1)])}
                if "count" in given
                else {}
            )
        if "minimum_seconds" in subject or any("seconds" in name for name in use):
            return No("least seconds of one request")
        own["use"] = {
            name: value * (count_days if when is not None else 1.0) for name, value in use.items()
        }
        cases.append(Case(own, wanted[i], **at))
    return cases


def priced_also_by(subject: dict) -> tuple:
    return ("requests",) if subject.get("model") == "sonar" else ()


def request_size(use: dict, fields: dict) -> float:
    """Input tokens of the one request of a sentence."""
    from finops_model.prices.tokens.buckets import CONTEXT, disjoint

    parts = disjoint(use, fields.get("input_includes_cached"), fields["output_includes_reasoning"])
    return float(sum(parts[name] for name in parts if name in CONTEXT))


CONVERTERS = {
    "pricing": pricing,
    "storage": storage,
    "transfer": transfer,
    "spot": spot,
    "checkpoint": checkpoint,
    "hardware": hardware,
    "provisioned": provisioned,
    "tokens": tokens,
}


@dataclass
class Sentence:
    """A sentence with its cases, or why it has none."""

    name: str
    subject: str
    cases: list[Case] = field(default_factory=list)
    why: str = ""
    example: str = ""


def read(sentences: list[dict]) -> list[Sentence]:
    """Every sentence whose subject has a converter."""
    read_ = []
    for one in sentences:
        subject = next((name for name in CONVERTERS if name in one), None)
        then = one.get("then", {})
        if subject is None or "error" in then or "fixtures" in one["_file"]:
            continue
        answer = CONVERTERS[subject](dict(one[subject]), dict(one.get("given") or {}), then)
        tolerance = float(one.get("tolerance", 0.005))
        if isinstance(answer, No):
            read_.append(
                Sentence(one["name"], subject, why=answer.why, example=one.get("example", ""))
            )
            continue
        for case in answer:
            case.tolerance = max(case.tolerance, tolerance)
        read_.append(Sentence(one["name"], subject, answer, example=one.get("example", "")))
    return read_
