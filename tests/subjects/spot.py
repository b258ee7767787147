"""`spot`: by `kind`: interruption (what is billed), hazard, effective_price, run (price paths)."""

import numpy as np

from finops_model.prices.capacity import spot

from . import known


def evaluate(subject: dict, given: dict) -> dict:
    fields = dict(subject)
    kind = fields.pop("kind", "interruption")
    assert kind in KINDS, f"spot: unknown kind '{kind}'; known: {sorted(KINDS)}"
    return KINDS[kind](fields, given)


def interruption(fields: dict, given: dict) -> dict:
    known(
        fields,
        {"rule", "by", "system", "price", "free_minutes", "minimum_seconds", "full_hours"},
        "spot interruption",
    )
    known(given, {"minutes", "hours", "seconds"}, "given of an interruption")
    own = {
        key: fields[key]
        for key in ("free_minutes", "minimum_seconds", "full_hours")
        if key in fields
    }
    if own:
        rule = spot.InterruptionRule(**{**own, "full_hours": tuple(own.get("full_hours", ()))})
    else:
        name = fields.get("rule", "ec2")
        assert name in spot.RULES, f"spot: unknown rule '{name}'; known: {sorted(spot.RULES)}"
        rule = spot.RULES[name]
    minutes = (
        given["minutes"]
        if "minutes" in given
        else np.multiply(given["hours"], 60)
        if "hours" in given
        else np.divide(given["seconds"], 60)
    )
    hours = rule.billed_hours(minutes, fields.get("by", "provider"), fields.get("system", "linux"))
    return {
        "hours": hours,
        "billed": hours * fields.get("price", 1.0),
        "cost": hours * fields.get("price", 1.0),
    }


def hazard(fields: dict, given: dict) -> dict:
    known(fields, {"band", "hours", "machines", "free_hours"}, "spot hazard")
    known(given, set(), "given of a hazard")
    single = spot.hazard(fields["band"], fields.get("hours", 730.0))
    fleet = spot.fleet_hazard(single, fields.get("machines", 1))
    return {
        "hazard": single,
        "fleet_hazard": fleet,
        "hours_between": 1 / fleet if np.all(fleet) else np.inf,
        "billed_share": spot.billed_share(single, fields.get("free_hours", 1.0)),
    }


def effective_price(fields: dict, given: dict) -> dict:
    known(fields, {"spot", "on_demand", "factor", "fallback"}, "spot effective_price")
    known(given, {"hours"}, "given of an effective price")
    price = spot.effective_price(
        fields["spot"], fields["on_demand"], fields.get("factor", 1.0), fields.get("fallback", 0.0)
    )
    return {
        "price": price,
        "break_even_ratio": spot.break_even_ratio(fields.get("factor", 1.0)),
        "saving": fields["on_demand"] - price,
        "cost": price * given.get("hours", 1.0),
    }


def run(fields: dict, given: dict) -> dict:
    known(fields, {"on_demand", "factor", "highest"}, "spot run")
    known(given, {"hours", "prices", "available"}, "given of a spot run")
    done = spot.run(
        given["hours"],
        given["prices"],
        fields["on_demand"],
        fields.get("factor", 1.0),
        given.get("available", 1.0),
        fields.get("highest", np.inf),
    )
    return {
        "spot_hours": done.spot_hours,
        "fallback_hours": done.fallback_hours,
        "spot_cost": done.spot_cost,
        "fallback_cost": done.fallback_cost,
        "cost": done.cost,
    }


KINDS = {
    "interruption": interruption,
    "hazard": hazard,
    "effective_price": effective_price,
    "run": run,
}
