"""Reading FOCUS 1.4 Contract Commitment records: names, text and numbers checked, terms of an hourly commitment out."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping

import numpy as np

from ...checks import number_of_text
from ...errors import PriceError, listing, nearest, unknown

STATES = ("Proposed", "Pending", "Active", "Exhausted", "Expired", "Canceled", "Superseded")
UPFRONT = {"No Upfront": 0.0, "Partial Upfront": None, "All Upfront": 1.0}
OURS = (
    "x_SkuIds",
    "x_Rate",
    "x_Rates",
    "x_Discounts",
    "x_Priority",
    "x_EligibleShare",
    "x_OnDemandUnitPrice",
    "x_ServiceName",
    "x_Capacity",
    "x_Owner",
    "x_NoticeDays",
)
TABLES = (
    "x_Rates",
    "x_Discounts",
)  # of a spend commitment, by SKU: money per unit, locked; or share off the on-demand price
PREFIX = "ContractCommitment"
FOCUS = tuple(
    PREFIX + name
    for name in (
        "Id",
        "Quantity",
        "Unit",
        "PeriodStart",
        "PeriodEnd",
        "LifecycleStatus",
        "FulfillmentInterval",
        "Applicability",
        "BenefitCategory",
        "Category",
        "Cost",
        "Created",
        "Description",
        "DiscountPercentage",
        "DurationType",
        "LastUpdated",
        "Model",
        "OfferCategory",
        "PaymentInterval",
        "PaymentModel",
        "PaymentUpfrontPercentage",
        "Type",
    )
)
KNOWN = (*FOCUS, *OURS)
DATE = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ][0-9:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$")


def is_currency(unit: str) -> bool:
    """Whether a pool unit is money: three capitals, as in ISO 4217."""
    return bool(re.fullmatch(r"[A-Z]{3}", unit))


def read_terms(record: dict, on_demand: float | None, where: str) -> dict:
    """The fields of commitments.Hourly that a record states. Raises PriceError in one sentence."""
    if not isinstance(record, dict):
        raise PriceError(
            f"{where + ': ' if where else ''}a commitment must be a mapping of FOCUS names to values, "
            f"not '{str(record)[:60]}'."
        )
    _typos(record, where)
    name = _text(record, PREFIX + "Id")
    if not name:
        raise PriceError(_missing(record, PREFIX + "Id", where))
    place = f"{where + ': ' if where else ''}commitment '{name}'"
    interval = _text(record, PREFIX + "FulfillmentInterval") or "Hourly"
    if interval != "Hourly":
        raise PriceError(
            f"{place}: {PREFIX}FulfillmentInterval is '{interval}'; only Hourly commitments are settled here."
        )
    status = _text(record, PREFIX + "LifecycleStatus") or "Active"
    if status not in STATES:
        raise PriceError(unknown(place, PREFIX + "LifecycleStatus", status, STATES))
    unit = _text(record, PREFIX + "Unit")
    category = _text(record, PREFIX + "Category") or ("Spend" if is_currency(unit) else "Usage")
    if category not in ("Spend", "Usage"):
        raise PriceError(unknown(place, PREFIX + "Category", category, ("Spend", "Usage")))
    if (category == "Spend") != is_currency(unit):
        raise PriceError(
            f"{place}: {PREFIX}Category is {category} but {PREFIX}Unit is '{unit}'; a Spend commitment has a "
            "currency as its unit, a Usage commitment a unit of usage such as GPU-hours."
        )
    tables = read_tables(record, place)
    rate, on_demand = (
        _by_sku(record, category, on_demand, place, tables)
        if tables
        else _prices(record, category, on_demand, place)
    )
    share = _number(record, "x_EligibleShare", place)
    return {
        "quantity": _number(record, PREFIX + "Quantity", place, needed=True),
        "rate": rate,
        "on_demand": on_demand,
        "id": name,
        "unit": unit,
        "skus": _skus(record, place) or tuple(tables[1] if tables else ()),
        "start": _date(record, PREFIX + "PeriodStart", place),
        "end": _date(record, PREFIX + "PeriodEnd", place),
        "status": status,
        "eligible_share": 1.0 if share is None else share,
        "upfront_share": _upfront(record, place),
        "service": _text(record, "x_ServiceName"),
    }


def read_other(record: Mapping, where: str = "") -> dict:
    """What an inventory lists of a commitment that does not settle by the hour: id, status, start, end, quantity, unit,
    interval. Raises PriceError in one sentence."""
    _typos(record, where)
    name = _text(record, PREFIX + "Id")
    if not name:
        raise PriceError(_missing(record, PREFIX + "Id", where))
    place = f"{where + ': ' if where else ''}commitment '{name}'"
    status = _text(record, PREFIX + "LifecycleStatus") or "Active"
    if status not in STATES:
        raise PriceError(unknown(place, PREFIX + "LifecycleStatus", status, STATES))
    stated = _number(record, PREFIX + "Quantity", place)
    quantity = _needed(record, PREFIX + "Cost", place) if stated is None else stated
    start, end = (
        _date(record, PREFIX + "PeriodStart", place),
        _date(record, PREFIX + "PeriodEnd", place),
    )
    if quantity < 0:
        raise PriceError(
            f"{place}: {PREFIX}Quantity is {quantity:g}; it must be a finite number, 0 or more."
        )
    if np.datetime64(end, "D") <= np.datetime64(start, "D"):
        raise PriceError(
            f"{place}: the term ends on {end}, not after its start on {start}; the end is the day after the last one."
        )
    return {
        "id": name,
        "status": status,
        "start": start,
        "end": end,
        "quantity": quantity,
        "unit": _text(record, PREFIX + "Unit"),
        "interval": _text(record, PREFIX + "FulfillmentInterval"),
    }


def _prices(record, category, on_demand, place):
    """Rate and on-demand price per pool unit and hour."""
    if category == "Spend":
        on_demand = 1.0
    elif on_demand is None:
        on_demand = _number(record, "x_OnDemandUnitPrice", place)
        if on_demand is None:
            raise PriceError(
                f"{place}: the on-demand price is not known; pass on_demand (the price catalog has it for "
                f"{listing(_skus(record, place))}) or write x_OnDemandUnitPrice."
            )
    rate, discount = (
        _number(record, "x_Rate", place),
        _number(record, PREFIX + "DiscountPercentage", place),
    )
    if discount is not None and not 0 <= discount <= 1:
        raise PriceError(
            f"{place}: {PREFIX}DiscountPercentage is {discount:g}; write it as a share from 0 to 1."
        )
    if rate is None and discount is None:
        raise PriceError(_missing(record, "x_Rate", place, f" (or {PREFIX}DiscountPercentage)"))
    if rate is None:
        rate = on_demand * (1 - discount)
    if category == "Spend" and not 0 <= rate <= 1:
        raise PriceError(
            f"{place}: x_Rate is {rate:g}; the rate of a spend commitment is 1 - discount, from 0 to 1."
        )
    return rate, on_demand


def read_tables(record: dict, place: str = "") -> tuple[str, dict[str, float]] | None:
    """("x_Rates" or "x_Discounts", SKU -> number) of a spend commitment that has a rate of its own for each SKU; None of any other.

    A mapping, a JSON mapping, or text `SKU=number; SKU=number`. Raises PriceError in one sentence.

    >>> read_tables({"x_Discounts": "gpu-a=0.4; gpu-b=0.3"})
    ('x_Discounts', {'gpu-a': 0.4, 'gpu-b': 0.3})
    """
    given = [
        name
        for name in TABLES
        if isinstance(record.get(name), dict)
        and record[name]
        or _text(record, name) not in ("", "{}")
    ]
    if not given:
        return None
    name, place = given[0], f"{place}: " if place else ""
    others = [
        *given[1:],
        *(other for other in ("x_Rate", PREFIX + "DiscountPercentage") if _text(record, other)),
    ]
    if others:
        raise PriceError(
            f"{place}{name} and {others[0]} are both given; keep one of them. {name} has a number of its own for each SKU."
        )
    value = record[name]
    if isinstance(value, str):
        value = _table(value)
    if not isinstance(value, dict) or not value:
        raise PriceError(
            f"{place}{name} is '{str(record[name])[:60]}'; write SKU=number for each SKU, separated by ';'."
        )
    table = {str(sku): _needed(value, sku, f"{place}{name}") for sku in value}
    for sku, share in table.items():
        if name == "x_Discounts" and not 0 <= share <= 1:
            raise PriceError(f"{place}{name}: {sku} is {share:g}; write it as a share from 0 to 1.")
        if share < 0:
            raise PriceError(
                f"{place}{name}: {sku} is {share:g}; it must be a finite number, 0 or more."
            )
    listed = _skus(record, place)
    if listed and set(listed) != set(table):
        odd = sorted(set(listed) ^ set(table))
        raise PriceError(
            f"{place}x_SkuIds and {name} name different SKUs: {listing(odd)} is in one of them only. Leave x_SkuIds out: "
            f"{name} says what is covered."
        )
    return name, table


def _table(text: str):
    if text.strip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return None
    pairs = [part.rsplit("=", 1) for part in re.split(r"[;|]", text) if part.strip()]
    return (
        {pair[0].strip(): pair[1].strip() for pair in pairs}
        if all(len(pair) == 2 for pair in pairs)
        else None
    )


def _by_sku(record, category, on_demand, place, tables):
    """Rate (1: its quantity is money at the plan's rates) and the on-demand money that one unit of it covers."""
    name, table = tables
    if category != "Spend":
        raise PriceError(
            f"{place}: {name} goes with a Spend commitment, whose {PREFIX}Unit is a currency; a Usage commitment has one x_Rate."
        )
    if on_demand is None:
        on_demand = _number(record, "x_OnDemandUnitPrice", place)
    if on_demand is None and name == "x_Discounts":
        worth = [1 / (1 - share) for share in table.values() if share < 1]
        on_demand = sum(worth) / len(worth) if worth else 1.0
    if on_demand is None:
        raise PriceError(
            f"{place}: how much on-demand money one unit of its money covers is not known; write x_OnDemandUnitPrice, for example "
            "1.4 where its rates are about 29 % off."
        )
    return 1.0, on_demand


def _upfront(record, place):
    model = _text(record, PREFIX + "PaymentModel") or "No Upfront"
    if model not in UPFRONT:
        raise PriceError(unknown(place, PREFIX + "PaymentModel", model, UPFRONT))
    share = UPFRONT[model]
    if share is None:
        share = _number(record, PREFIX + "PaymentUpfrontPercentage", place, needed=True)
    return share


def _skus(record, place) -> tuple[str, ...]:
    """SKUs as a list, a JSON list, or text separated by ; | or commas."""
    value = record.get("x_SkuIds")
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise PriceError(
                f"{place}: x_SkuIds is '{value[:60]}', which is no JSON list; "
                "write the SKUs separated by ';'."
            ) from None
    if isinstance(value, str):
        value = re.split(r"[;|,]", value)
    if value is None or value != value:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(sku, str) for sku in value):
        raise PriceError(
            f"{place}: x_SkuIds is '{str(value)[:60]}'; write the SKUs separated by ';'."
        )
    return tuple(sku.strip() for sku in value if sku.strip())


def _text(record, name) -> str:
    value = record.get(name)
    return (
        "" if value is None or value != value else str(value).strip()
    )  # NaN: an empty cell of a frame


def _number(record, name, place, needed=False) -> float | None:
    text = _text(record, name)
    if not text:
        if needed:
            raise PriceError(_missing(record, name, place))
        return None
    return number_of_text(text, f"{place}: {name}")


def _needed(record, name, place) -> float:
    """A number that the record must have. Raises PriceError."""
    value = _number(record, name, place)
    if value is None:
        raise PriceError(_missing(record, name, place))
    return value


def _date(record, name, place) -> str:
    text = _text(record, name)
    if not text:
        raise PriceError(_missing(record, name, place))
    match = DATE.match(text)
    try:
        if not match:
            raise ValueError(text)
        return str(np.datetime64(match[1], "D"))
    except (TypeError, ValueError):
        raise PriceError(
            f"{place}: {name} is '{text[:40]}'; it must be a day YYYY-MM-DD (a time after it is left out; "
            "the end is the day after the last one)."
        ) from None


def _missing(record, name, place, extra="") -> str:
    near = nearest(name, [str(key) for key in record if key not in KNOWN])
    hint = f" Did you mean '{near}'?" if near else ""
    return f"{place + ': ' if place else ''}{name}{extra} is missing; write it.{hint}"


def _typos(record, where) -> None:
    """A name almost ours must not fall silently to its default: x_EligableShare would cover everything."""
    for name in record:
        close = difflib.get_close_matches(
            str(name).casefold(), [key.casefold() for key in KNOWN], n=1, cutoff=0.85
        )
        if name not in KNOWN and close:
            raise PriceError(
                unknown(
                    where,
                    "column",
                    str(name),
                    [key for key in KNOWN if key.casefold() == close[0]],
                    "Other names may be in a record, but not ones this close.",
                )
            )
