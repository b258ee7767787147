"""`transform`: a quantity transform of prices/transforms, `kind` and its fields; with a price also what it costs."""

from finops_model.prices.rates import make as make_rate
from finops_model.prices.transforms import make

from . import known

GIVEN = {
    "minimum_duration": {"quantity", "held"},
    "increments": {"quantity", "count"},
    "size_units": {"quantity", "machines", "units"},
    "prorating": {"quantity", "held"},
    "time_average": {"quantity", "held"},
    "capacity_units": {"tokens"},
}


def rate_of(price):
    """A price of a sentence: a number per unit, or the fields of a rate form with its kind."""
    if isinstance(price, dict):
        fields = dict(price)
        return make_rate(fields.pop("kind"), fields)
    return make_rate("linear", {"price": price})


def evaluate(subject: dict, given: dict) -> dict:
    fields = dict(subject)
    kind = fields.pop("kind")
    if (
        kind == "size_units" and "machines" in given
    ):  # {size: machines}: each size its own transform
        known(given, {"machines", "price"}, "given of size_units")
        forms = {size: make(kind, {**fields, "size": size}) for size in given["machines"]}
        billed = sum(forms[size].apply(count) for size, count in given["machines"].items())
        return priced(
            {"quantity": billed, "factor": {size: form.factor for size, form in forms.items()}},
            given,
        )
    form = make(kind, fields)
    known(given, GIVEN[kind] | {"price"}, f"given of {kind}")
    arguments = {name: value for name, value in given.items() if name not in ("price", "units")}
    result = {"quantity": form.apply(**arguments)} if arguments else {}
    if kind == "minimum_duration":
        result |= {"held": form.held(**arguments), "early": form.early(**arguments)}
    if kind == "size_units":
        result["factor"] = form.factor
        if "units" in given:
            result["machines"] = form.machines(given["units"])
    return priced(result, given)


def priced(result: dict, given: dict) -> dict:
    if "price" in given:
        rate = rate_of(given["price"])
        result["cost"] = rate.charge(result["quantity"])
        if "held" in result:
            result["held_cost"] = rate.charge(result["held"])
            result["early_cost"] = result["cost"] - result["held_cost"]
    return result
