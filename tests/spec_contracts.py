"""Sentences of tests/spec on contracts (seats, balances, agreements, commitments, invoices) as purchases and agreements of a scenario file.

As in spec_scenarios.py a converter gives what the sentence states with what is bought, or why it has no scenario form. A sum may need several
purchases, and use that differs by month is set month by month, as an analyst would write it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from spec_scenarios import START, No, many

D, M = "datetime64[D]", "datetime64[M]"


@dataclass
class Bill:
    """Purchases, an agreement on them, and the money that the sentence states."""

    purchases: list[dict]  # as a file writes them, with since and until; `use` may be by month
    expected: float
    part: str = ""  # parts that count, "a|b"; "": all
    cash: bool = False
    months: tuple[str, ...] | None = None  # whose money counts; None: of the whole run
    agreement: dict | None = None
    year: int | None = None  # contract year whose `part` (counted, shortfall) is meant
    tolerance: float = 0.005


@dataclass
class Sentence:
    """A sentence with its bills, or why it has none."""

    name: str
    subject: str
    bills: list[Bill] = field(default_factory=list)
    why: str = ""


def monthly(since: str, values) -> dict:
    """{month: units}, one month after the other."""
    first = np.datetime64(since, "M")
    return {str(first + k): float(value) for k, value in enumerate(values)}


def cycle_edges(first: str, months: int, count: int) -> list[str]:
    """First days of `count` cycles of a contract, and the day after them, by its day of the month."""
    from finops_model.prices.terms.dates import later

    return [str(later(np.datetime64(first, "D"), months * k)) for k in range(count + 1)]


def subscription(subject: dict, given: dict, then: dict):
    fields = dict(subject)
    if fields.pop("pool", "pooled") == "per_seat":
        return No("a quota of each seat needs the use of each seat; a purchase has the use of all")
    months = int(fields.pop("months", 1))
    first = str(given.get("first", fields.get("anchor", "2027-01-01")))
    terms = [dict(plan) for plan in fields.pop("plans", [])]
    if terms and "since" not in terms[0]:
        fields |= terms.pop(0)
    elif terms:
        return No("no terms before the first date")
    moved: dict[str, float] = {}
    for when, by in given.get("changes", []):
        moved[str(when)] = moved.get(str(when), 0.0) + by
    own = {"way": "subscription", "fee": 0.0, **fields, "seats": given.get("seats", 0)}
    own |= {"plans": terms} if terms else {}
    own |= {"cycle_months": months} if months > 1 else {}
    own |= {"changes": moved} if moved else {}
    own |= {"since": first}
    usage = given.get("usage")
    count = len(usage) if usage is not None else int(given.get("cycles", 1))
    count = max(
        [count, *(len(then[k]) for k in ("seat_cost", "overage_cost", "cost") if k in then)]
    )
    edges = cycle_edges(fields.get("anchor", first), months, count)
    bills = []
    for k in range(count):
        inside = tuple(
            np.arange(np.datetime64(edges[k], "M"), np.datetime64(edges[k + 1], "D") - 1, dtype=M)
            .astype(str)
            .tolist()
        ) or (edges[k][:7],)
        last = str((np.datetime64(edges[k + 1], "D") - 1).astype(M))
        inside = inside if last in inside else (*inside, last)
        whole = edges[k].endswith("-01")
        use = {"use": float(many(usage)[k])} if usage is not None else {}
        for key, part in (("seat_cost", "seats"), ("overage_cost", "overage"), ("cost", "")):
            if key not in then:
                continue
            if whole:
                bills.append(Bill([{**own, **use}], then[key][k], part, months=inside))
            else:  # cycles across months: it ends with this one, and all cycles so far are paid
                bills.append(
                    Bill([{**own, **use, "until": edges[k + 1]}], sum(then[key][: k + 1]), part)
                )
    billed: dict[str, float] = {}
    for when, value in then.get("billed", {}).items():
        billed[str(when)[:7]] = billed.get(str(when)[:7], 0.0) + value
    for month, value in {**billed, **then.get("billed_by_month", {})}.items():
        bills.append(Bill([own], value, cash=True, months=(str(month),)))
    for month, value in then.get("effective_by_month", {}).items():
        bills.append(Bill([own], value, months=(str(month),)))
    if not own["seats"] and "extra_quota" in own and "cost" in then:
        free = {"way": "freemium", "free": own["extra_quota"], "price": own["overage_price"],
                "block": own.get("overage_block", 1), "since": first}  # fmt: skip
        bills += [
            Bill([{**free, "use": float(units)}], cost, months=(first[:7],))
            for units, cost in zip(many(usage), then["cost"], strict=True)
        ]
    return bills or No("states no money")


def credits(subject, given: dict, then: dict):
    order = {}
    if isinstance(subject, dict):
        if "topup" in subject:
            return No("tops a balance up below a level")
        order, subject = {"order": subject["order"]}, subject["credits"]
    cost = given["cost"]
    if isinstance(cost, dict) and len(subject) == 1 and len(many(subject[0]["services"])) == 1:
        name = many(subject[0]["services"])[0]
        drawn = then["by_service"][name]
        then = {"after": [a - b for a, b in zip(cost[name], drawn, strict=True)]}
        cost = cost[name]
    if isinstance(cost, dict):
        return No("a balance for one service beside one for all: a purchase has one use")
    if min(many(cost)) < 0:
        return No("a refund is no use")
    periods = [str(p) for p in given.get("periods", monthly(START, cost))]
    one, *others = subject
    start = str(one.get("start", periods[0]))
    ahead = [k for k, p in enumerate(periods) if p >= start[:7]]
    own = {"way": "credit", "price": 1, **{k: one[k] for k in ("amount", "paid", "share") if k in one},
           "since": start if len(start) > 7 else f"{start}-01", **order}  # fmt: skip
    own |= {"expires": str(one["expires"])} if "expires" in one else {}
    if others:
        own["further"] = [
            {key: value for key, value in other.items() if key != "id"} for other in others
        ]
    own["use"] = {periods[k]: float(cost[k]) for k in ahead}
    after = then.get("effective", then.get("after"))
    if after is None and not one.get("paid"):
        drawn = np.sum(list(then["drawn"].values()), axis=0)
        after = [c - d for c, d in zip(cost, drawn, strict=True)]
    elif after is None:  # what is billed and not yet used up is prepaid
        after = np.array(then["billed"]) - np.diff(then["prepaid"], prepend=0)
    bills = []
    for k in ahead:
        bills.append(Bill([own], after[k], months=(periods[k],)))
        if "billed" in then:
            bills.append(Bill([own], then["billed"][k], cash=True, months=(periods[k],)))
    if "overage" in then:
        bills += [Bill([own], then["overage"][k], "beyond", months=(periods[k],)) for k in ahead]
    return bills


def agreement(subject: dict, given: dict, then: dict):
    if "true_up" in subject:
        return No("seats trued up at an anniversary: a subscription charges a seat from its day")
    if "marketplace_cap" in subject:
        return No("marketplace spend counts up to a cap, and an agreement here has no such part")
    spend = given.get("spend")
    if isinstance(spend, list):
        return No("four stated futures; a scenario draws its own")
    own = {key: value for key, value in subject.items() if key != "start"}
    size, count = subject.get("year_months", 12), len(subject["commitments"])
    edges = cycle_edges(START, size, count)
    own["start"] = START[:7]
    if isinstance(spend, dict):
        purchases = [
            {"way": "money", "per_month": value, "service": name} for name, value in spend.items()
        ]
        own["without_services"] = given["excluded"]
    elif spend is not None:
        purchases = [{"way": "money", "per_month": spend}]
    else:
        purchases = [
            {"way": "money", "total": value, "since": edges[k], "until": edges[k + 1]}
            for k, value in enumerate(given["spend_by_year"])
        ]
    purchases = [{"since": START, "until": edges[-1], **one} for one in purchases]
    paid = then.get("paid", then.get("shortfall"))
    bills = [
        Bill(purchases, value, "shortfall", agreement=own, year=k) for k, value in enumerate(paid)
    ]
    bills += [
        Bill(purchases, value, "counted", agreement=own, year=k)
        for k, value in enumerate(then.get("counted", []))
    ]
    if "cost" in then:
        bills.append(Bill(purchases, then["cost"], agreement=own))
    return bills


DAY = {"since": "2026-01-05", "until": "2026-01-06"}


def of_a_day(usage) -> tuple[dict, float]:
    """One day whose hours repeat those of a sentence: fields of it, and how often it repeats them; no day where 24 cannot be filled."""
    levels = np.asarray(usage, float)
    if 24 % len(levels):
        return {}, 0.0
    hours = np.tile(levels, 24 // len(levels))
    shape = {"hours": hours.tolist()} if hours.any() and np.ptp(hours) else {}
    return {**DAY, **shape, "use": float(hours.sum()) * 31.0}, 24 / len(levels)


def commitment(subject: dict, given: dict, then: dict):
    levels = given.get("levels")
    usage = np.repeat(*np.array(levels).T.astype(int)) if levels else many(given.get("usage", []))
    at, times = of_a_day(usage) if len(usage) else ({}, 0)
    own = {"way": "committed", "price": subject["on_demand"], "rate": subject["rate"],
           "quantity": subject.get("quantity", then.get("best_level")), **at}  # fmt: skip
    own |= {"eligible_share": subject["eligible_share"]} if "eligible_share" in subject else {}
    if not at:  # a day for each hour
        days = [
            {**own, "since": f"2026-01-{k:02d}", "until": f"2026-01-{k + 1:02d}", "use": u * 24 * 31.0}
            for k, u in enumerate(usage, 1)
        ]  # fmt: skip
        return [Bill(days, float(np.sum(then["cost"])) * 24)]
    if "cost" in then:
        return [Bill([own], float(np.sum(then["cost"])) * times)]
    return [Bill([own], float(np.sum(then["spill"])) * subject["on_demand"] * times, "on demand")]


def contracted(subject: dict, sku: str):
    """(rate form, share off it) of a SKU."""
    agreed = subject.get("contracted", {}).get(sku, 0.0)
    if isinstance(agreed, dict):
        return agreed, 0.0
    rate = subject["prices"][sku]
    return (rate if isinstance(rate, dict) else {"kind": "linear", "price": rate}), agreed


def settlement(subject: dict, given: dict, then: dict):
    held, usage = subject.get("instruments", []), given["usage"]
    if "already" in given:
        return No("a month under way is in the bill; how it goes on is tested with a ledger")
    if not held:
        total = then.get("total", then.get("contracted_cost"))
        count = len(given.get("windows", [1]))
        edges = np.cumsum([0, *given["windows"]]) if "windows" in given else None
        bills, purchases = [], []
        for sku, units in usage.items():
            rate, off = contracted(subject, sku)
            by = [sum(many(units)[edges[k] : edges[k + 1]]) for k in range(count)] if edges is not None else [float(np.sum(units))]  # fmt: skip
            purchases.append({"way": "tiered", "rate": rate, "discount": off, "since": START,
                              "until": str(np.datetime64(START, "M") + count) + "-01", "use": monthly(START, by)})  # fmt: skip
        if total is not None:
            bills.append(Bill(purchases, total))
        for k, money in enumerate(many(then["effective_cost"]) if "effective_cost" in then else []):
            bills.append(Bill(purchases, money, months=(f"2026-{k + 1:02d}",)))
        return bills
    one = held[0]
    if len(held) > 1 or len(usage) > 1:
        return No("several SKUs or instruments of one hour: a purchase has one of each; `commitments:` takes them")  # fmt: skip
    (sku, units), = usage.items()  # fmt: skip
    rate, off = contracted(subject, sku)
    if one["kind"] == "seats":
        own = {"way": "subscription", "seats": one["seats"], "fee": one["fee"], "quota": one["included"], "overage_price": rate["price"],
               "minimum_seats": one.get("minimum", 0), "since": START}  # fmt: skip
        own |= {"overage": "blocked"} if one.get("above") == "block" else {}
        if given.get("step") == "month":
            own["use"] = monthly(START, units)
            return [
                Bill([own], money, months=(f"2026-{k + 1:02d}",))
                for k, money in enumerate(then["effective_cost"])
            ]
        own["use"] = float(np.sum(units))
        return [Bill([own], then["total"], months=(START[:7],))]
    if one["kind"] == "capacity":
        return No("windows of a minute: a purchase has hours of the day and a shape within them")
    if rate["kind"] != "linear":
        return No("tiers on what a commitment leaves: two ways on one use")
    if np.ndim(rate["price"]):
        return No("prices hour by hour")
    agreed = rate["price"] * (1 - off)
    if one.get("window") == "term":
        own = {"way": "credit", "price": agreed, "amount": one["quantity"] * agreed, "paid": one["quantity"] * one["rate"],
               "since": START, "until": str(np.datetime64(START, "M") + len(units)) + "-01", "use": monthly(START, units)}  # fmt: skip
        return [Bill([own], then["total"])]
    own = {"way": "committed", "price": agreed}
    if one["kind"] == "units":
        weight = one["skus"][sku] if isinstance(one["skus"], dict) else 1.0
        own |= {"quantity": one["quantity"] / weight, "rate": one["rate"] * weight}
    else:
        listed = one.get("counts") == "list"
        share = one.get("discount", one.get("discounts", {}).get(sku))
        share = 1 - one["rates"][sku] / agreed if share is None else share
        own |= {"spend": one["commitment"] * (1 - share if listed else 1), "discount": share}
    own |= {"eligible_share": one["eligible_share"]} if "eligible_share" in one else {}
    if given.get("step") == "day":
        days = [str(np.datetime64(given["start"]) + k) for k in range(len(units) + 1)]
        hourly = {**own, "quantity": own["quantity"] / 24.0}
        return [
            Bill(
                [
                    {**(hourly if one["start"] <= days[k] < one["end"] else {"way": "on_demand", "price": agreed}),
                     "since": days[k], "until": days[k + 1], "use": u * 31.0}
                    for k, u in enumerate(units)
                ],
                then["total"],
            )
        ]  # fmt: skip
    if "upfront_share" in one:
        months = np.arange(np.datetime64(one["start"], "M"), np.datetime64(one["end"], "M"))
        hours = ((months + 1).astype(D) - months.astype(D)).astype(int) * 24
        level = units["levels"][0][0]
        own |= {"term_months": len(months), "upfront_share": one["upfront_share"], "since": one["start"], "until": one["end"],
                "use": monthly(one["start"], hours * level)}  # fmt: skip
        return [
            Bill([own], money, cash=key == "billed_cost", months=(str(month),))
            for key in ("effective_cost", "billed_cost")
            for month, money in zip(months, then[key], strict=True)
        ]
    levels = units["levels"] if isinstance(units, dict) else None
    by_hour = np.repeat(*np.array(levels).T.astype(int)) if levels else many(units)
    at, times = of_a_day(by_hour)
    bills = []
    if "total" in then:
        bills.append(Bill([{**own, **at}], then["total"] * times))
    if "on_demand_cost" in then:
        bills.append(
            Bill([{**own, **at}], float(np.sum(then["on_demand_cost"])) * times, "on demand")
        )
    return bills or No("states no money")


def invoice(subject: dict, given: dict, then: dict):
    if "currency" in subject or "rounded" in str(given):
        return No("decimals of a currency on single lines: an invoice, not a plan")
    charges, balances = given["charges"], subject.get("credits", [])
    if "cost" in then and "billed_by_line" in then:
        return No("cents of single lines: an invoice, not a plan")
    bought = subject.get("committed", [])
    lines, purchases, count = [], [], 1
    deals = subject.get("negotiated", [])
    for charge in charges:
        listed = charge.get("list_cost")
        units = listed if listed is not None else charge["quantity"]
        count = len(units)
        own_price = 1.0 if listed is not None else charge["list_price"]
        off = 0.0
        for deal in sorted(deals, key=lambda d: ("service" in d) + 2 * ("sku" in d)):
            if all(deal.get(k, charge.get(k)) == charge.get(k) for k in ("service", "sku")):
                off, own_price = (0.0, deal["price"]) if "price" in deal else (deal["discount"], own_price)  # fmt: skip
        lines.append((charge, units, own_price, off))
    end = {"since": START, "until": str(np.datetime64(START, "M") + count) + "-01"}
    left = list(balances)
    for charge, units, own_price, off in lines:
        use = monthly(START, units)
        covering = next((plan for plan in bought if charge["sku"] in plan["covers"]), None)
        eligible = left and (
            "services" not in left[0] or charge.get("service") in left[0]["services"]
        )
        if covering:
            covered, fees = covering["covers"][charge["sku"]], covering["fee"]
            less = 1 - next((d["discount"] for d in deals if d.get("commitments")), 0.0)
            rate = covering.get("rate", fees[0] / covered[0])
            own = {"way": "committed", "window": "month", "price": own_price * (1 - off), "quantity": fees[0] / rate, "rate": rate * less}  # fmt: skip
            if fees[0] / rate > covered[0]:
                own["eligible_share"] = covered[0] / units[0]
            if "billed" in covering:
                own |= {
                    "term_months": len(fees),
                    "upfront_share": covering["billed"][0] / sum(fees),
                }
        elif "minimum" in charge:
            own = {"way": "tiered", "rate": {"kind": "minimum", "price": 1, "minimum": charge["minimum"]}, "discount": off}  # fmt: skip
        elif charge.get("category") == "Purchase":
            own, use = {"way": "money", "per_month": units[0]}, None
        elif eligible:
            balance, *others = left
            left = []
            own = {"way": "credit", "price": own_price * (1 - off), "amount": balance["amount"], "share": balance.get("share", 1.0)}  # fmt: skip
            if others:
                own["further"] = [{k: v for k, v in o.items() if k != "id"} for o in others]
                own["order"] = "written"
            if "expires" in balance:
                own["expires"] = START[:7]  # the first of the months of the sentence
        else:
            own = {"way": "on_demand", "price": own_price, "discount": off}
        purchases.append({**own, **end, **({"use": use} if use else {})})
    taxed = subject.get("tax")
    support, bills = subject.get("support"), []
    if support:
        base = np.zeros(count)
        for charge, units, own_price, off in lines:
            if charge.get("service") not in support.get("exclude", []):
                base = base + np.asarray(units, float) * own_price * (1 - off)
        if support.get("base") == "after_credits":
            base = base - sum(balance["amount"] for balance in balances)
        least, starts = support.get("minimum", 0.0), list(support.get("starts", [0]))
        rates, flat = list(support["rates"]), [support.get("fixed", 0.0)]
        if least and least / rates[0] < (*starts, np.inf)[1]:
            starts, rates = [0, least / rates[0], *starts[1:]], [0.0, *rates]
            flat[0] = least
        elif least:  # as much as the whole first tier
            rates[0], flat[0] = 0.0, least
        rate = {"kind": "graduated", "starts": starts, "prices": rates}
        rate |= {"flat": [flat[0], *[0.0] * (len(starts) - 1)]} if flat[0] else {}
        plan = {"way": "tiered", "rate": rate, **end, "use": monthly(START, base)}
        bills += [
            Bill([plan], money, months=(f"2026-{k + 1:02d}",))
            for k, money in enumerate(many(then["support"]))
        ]
        purchases.append(plan)
    key = next((k for k in ("cost_after_credits", "contracted_cost") if k in then), None)
    if taxed and not support and count == 1:  # tax is outside cost
        then = {**then, "own": float(np.sum(then["billed_cost"])) - float(np.sum(then["tax"]))}
        key = "own"
    if support and key == "contracted_cost":
        key = None
    if key and not bought:
        bills.append(Bill(purchases, then[key]))
    elif bought or ("billed_cost" in then and not taxed and not support):
        for name in ("effective_cost", "billed_cost"):
            for k, money in enumerate(many(then.get(name, []))):
                bills.append(
                    Bill(
                        purchases, money, cash=name == "billed_cost", months=(f"2026-{k + 1:02d}",)
                    )
                )
    elif taxed and balances and "credits" in then and count > 1:
        spent = [
            sum(units[k] * p * (1 - off) for _, units, p, off in lines) - then["credits"][k]
            for k in range(count)
        ]
        bills += [Bill(purchases, s, months=(f"2026-{k + 1:02d}",)) for k, s in enumerate(spent)]
    return bills or No("tax is a line of its own, outside cost: a scenario plans cost")


CONVERTERS = {
    "subscription": subscription,
    "credits": credits,
    "agreement": agreement,
    "commitment": commitment,
    "settlement": settlement,
    "invoice": invoice,
}


def read(sentences: list[dict]) -> list[Sentence]:
    """Every sentence of these subjects that is no refusal."""
    answers = []
    for one in sentences:
        subject = next((name for name in CONVERTERS if name in one), None)
        then = one.get("then", {})
        if subject is None or "error" in then or "fixtures" in one["_file"]:
            continue
        bills = CONVERTERS[subject](one[subject], dict(one.get("given") or {}), then)
        if isinstance(bills, No):
            answers.append(Sentence(one["name"], subject, why=bills.why))
            continue
        for bill in bills:
            bill.tolerance = max(bill.tolerance, float(one.get("tolerance", 0.0)))
        answers.append(Sentence(one["name"], subject, bills))
    return answers
