"""`provisioned`, by `kind`: throughput, deployments, term, break_even, capacity_block, calendar, flex_start."""

import numpy as np

from finops_model.prices.capacity import provisioned
from finops_model.prices.capacity.blocks import CalendarReservation, CapacityBlock, FlexStart
from finops_model.prices.settle.spill import expected_spill

from . import known, need


def evaluate(subject: dict, given: dict) -> dict:
    fields = dict(subject)
    need(fields, "kind", "provisioned", KINDS)
    kind = fields.pop("kind")
    assert kind in KINDS, f"provisioned: unknown kind '{kind}'; known: {sorted(KINDS)}"
    return KINDS[kind](fields, given)


def throughput(fields: dict, given: dict) -> dict:
    known(
        given,
        {
            "tokens",
            "utilization",
            "units",
            "seconds",
            "traffic",
            "mode",
            "request",
            "mean",
            "shape",
            "cv",
            "factor",
            "share",
            "capacity",
            "rate",
            "hours",
            "pay_as_you_go",
        },
        "given of throughput",
    )
    form = provisioned.Throughput(**fields)
    result = {}
    units = given.get("units")
    if "tokens" in given:
        result["demand"] = form.demand(given["tokens"])
        result["units"] = form.size(given["tokens"], given.get("utilization", 1.0))
        units = result["units"] if units is None else units
    if units is not None:
        result |= {
            "window": form.window(units),
            "capacity": form.capacity(units, given.get("seconds")),
            "per_second": form.capacity(units, 1),
            "per_minute": form.capacity(units, 60),
        }
    budget = given.get("capacity", result.get("capacity"))
    if "traffic" in given or ("tokens" in given and given.get("units") is not None):
        done = provisioned.settle(
            given.get("traffic", result.get("demand")),
            budget,
            given.get("mode", "spill"),
            given.get("request"),
        )
        result |= {
            "served": done.served,
            "unused": done.unused,
            "spill": done.spill,
            "blocked": done.blocked,
            "served_share": np.sum(done.served)
            / max(np.sum(done.served) + np.sum(done.spill) + np.sum(done.blocked), 1e-300),
        }
    if "mean" in given:
        shape = {key: given[key] for key in ("shape", "cv", "factor", "share") if key in given}
        spill = expected_spill(given["mean"], budget, **shape)
        result |= {
            "spill": spill,
            "served": np.subtract(given["mean"], spill),
            "unused": budget - np.subtract(given["mean"], spill),
        }
    if "rate" in given:
        result["fee"] = np.multiply(units, given["rate"]) * given.get("hours", 1)
    if "pay_as_you_go" in given:
        result["spill_cost"] = np.sum(result["spill"]) * given["pay_as_you_go"] / 1e6
        result["cost"] = np.sum(result.get("fee", 0.0)) + result["spill_cost"]
    return result


def deployments(fields: dict, given: dict) -> dict:
    known(given, set(), "given of deployments")
    known(fields, {"hourly", "deployments", "reservations"}, "deployments")
    done = provisioned.settle_deployments(
        fields["deployments"], fields.get("reservations", []), fields["hourly"]
    )
    by_scope = {
        "/".join(place): {
            "covered": one.used,
            "hourly": one.spill,
            "unused": one.unused,
            "cost": one.cost,
        }
        for place, one in done.items()
    }
    total = {
        name: sum(np.asarray(one[name], dtype=float) for one in by_scope.values())
        for name in ("covered", "hourly", "unused", "cost")
    }
    return {**total, "unit_hours": total["covered"] + total["hourly"], "by_scope": by_scope}


def term(fields: dict, given: dict) -> dict:
    known(given, {"used"}, "given of a term")
    known(fields, {"units", "rate", "start", "months", "hours", "days"}, "term")
    length = (
        provisioned.term_hours(str(fields["start"]), fields["months"])
        if "months" in fields
        else fields.get("hours", fields.get("days"))
    )
    assert length is not None, "term: give start and months, hours, or days"
    return {
        "length": length,
        "cost": provisioned.term_cost(
            fields["units"], fields["rate"], given.get("used", 0.0), length
        ),
    }


def break_even(fields: dict, given: dict) -> dict:
    known(given, set(), "given of break_even")
    known(fields, {"rate", "on_demand", "discount", "hours_per_month"}, "break_even")
    rate, on_demand = (
        (1 - np.asarray(fields["discount"]), 1.0)
        if "discount" in fields
        else (fields["rate"], fields["on_demand"])
    )
    share = provisioned.break_even_utilization(rate, on_demand)
    return {"utilization": share, "hours": share * fields.get("hours_per_month", 730.0)}


def capacity_block(fields: dict, given: dict) -> dict:
    known(given, {"used"}, "given of a capacity block")
    block = CapacityBlock(**fields)
    done = block.settle(given.get("used", 0.0))
    return {
        "upfront": block.upfront,
        "hours": block.hours,
        "usable_hours": block.usable_hours,
        "accelerator_rate": block.accelerator_rate,
        "used": done.used,
        "unused": done.unused,
        "cost": done.cost,
    }


def calendar(fields: dict, given: dict) -> dict:
    known(given, {"used"}, "given of a calendar reservation")
    booked = CalendarReservation(**fields)
    done = booked.settle(given.get("used", 0.0))
    return {"hours": booked.hours, "used": done.used, "unused": done.unused, "cost": done.cost}


def flex_start(fields: dict, given: dict) -> dict:
    known(given, {"hours", "instances"}, "given of flex-start")
    form = FlexStart(**fields)
    done = form.settle(given["hours"], given.get("instances", 1))
    return {"rate": form.rate, "used": done.used, "cost": done.cost}


KINDS = {
    "throughput": throughput,
    "deployments": deployments,
    "term": term,
    "break_even": break_even,
    "capacity_block": capacity_block,
    "calendar": calendar,
    "flex_start": flex_start,
}
