"""`constant_currency`: costs of several currencies at the rates of their periods and at one rate for all (tests/spec/catalog/README.md)."""

from finops_model.prices.lists import plan_rates

from . import known


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"actual", "constant"}, "constant currency")
    known(given, {"amounts"}, "given of constant currency")
    found = plan_rates.constant_currency(given["amounts"], subject["actual"], subject["constant"])
    return {"at_actual": found.at_actual, "at_constant": found.at_constant, "effect": found.effect}
