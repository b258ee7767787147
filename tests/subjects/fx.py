"""`fx`: an exchange rate of a day or month, from the stored ECB rates, a table of one's own, or a plan (tests/spec/catalog/README.md)."""

import io

import numpy as np

from finops_model.prices.lists import fx
from finops_model.prices.lists.plan_rates import make_plan_rates

from . import known

SUBJECT = {"from", "to", "day", "month", "plan", "table"}


def texts(node):
    """What YAML read as dates, as the text it stood for; mappings and lists all the way down."""
    if isinstance(node, dict):
        return {str(key): texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [texts(value) for value in node]
    return node if isinstance(node, (int, float, str, bool, type(None))) else str(node)


def table_of(days: dict) -> fx.Rates:
    """Rates of one's own: {day: {currency: units for one euro}}."""
    names = list(dict.fromkeys(name for row in days.values() for name in row))
    lines = [
        "Date," + ",".join(names),
        *(
            f"{day}," + ",".join(str(row.get(name, "")) for name in names)
            for day, row in days.items()
        ),
    ]
    return fx.read_rates(io.StringIO("\n".join(lines)).read(), "table")


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, SUBJECT, "fx")
    known(given, {"amount"}, "given of fx")
    assert ("plan" in subject) + ("table" in subject) < 2, "fx: give a plan or a table, not both"
    subject = texts(subject)
    rates = (
        make_plan_rates(subject["plan"])
        if "plan" in subject
        else table_of(subject["table"])
        if "table" in subject
        else fx.stored()
    )
    one, other = subject["from"], subject["to"]
    if "month" in subject:
        result = {"rate": rates.month_average(one, other, subject["month"])}
    else:
        result = {"rate": rates.rate(one, other, subject.get("day"))}
        if isinstance(rates, fx.Rates) and np.ndim(result["rate"]) == 0:
            result["rate_day"] = rates.rate_day(one, other, subject["day"])
    if "amount" in given:
        result["converted"] = np.asarray(given["amount"], dtype=float) * result["rate"]
        if (
            np.ndim(given["amount"]) == 0
            and np.ndim(result["rate"]) == 0
            and "month" not in subject
        ):
            result["money"] = float(
                fx.convert_money(given["amount"], one, other, subject.get("day"), rates)
            )
    return result
