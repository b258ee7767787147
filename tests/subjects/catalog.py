"""`catalog`: a price on a day, from the repository's documents or one in the sentence (tests/spec/catalog/README.md)."""

import re
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from finops_model import units
from finops_model.documents import dump_yaml
from finops_model.errors import PriceError
from finops_model.prices.lists.catalog import load_catalog, select, stale

from . import known
from .fx import texts

PRICES = Path(__file__).resolve().parents[2] / "data" / "prices"
FILTERS = {"provider", "service", "kind", "purchase", "region", "text"}


@lru_cache(maxsize=1)
def stored():
    """The sample company's prices and the world's."""
    return load_catalog(PRICES, PRICES / "world")


@contextmanager
def plainly():
    """Messages call the documents of a sentence `document`, without folder and line."""
    try:
        yield
    except PriceError as problem:
        raise PriceError(
            re.sub(r"[^\s(]*document\.yaml(:\d+)?", "document", str(problem))
        ) from None


def read(document: dict):
    """A price document of a sentence as a catalog."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.yaml"
        path.write_text(dump_yaml(texts(document)), encoding="utf-8")
        return load_catalog(path)


def evaluate(subject: dict, given: dict) -> dict:
    with plainly():
        return _evaluate(subject, given)


def _evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"document", "sku", "model", "meter", "day"} | FILTERS, "catalog")
    known(
        given, {"quantity", "unit", "hours_per_month", "last", "stale_after"}, "given of a catalog"
    )
    subject = texts(subject)
    catalog = read(subject["document"]) if "document" in subject else stored()
    if "model" in subject and "sku" not in subject:
        subject["sku"] = catalog.find(model=subject["model"], meter=subject["meter"])
    if "sku" not in subject:
        result = {
            "skus": list(
                select(catalog, **{name: subject[name] for name in FILTERS & set(subject)})
            )
        }
        result["count"] = len(result["skus"])
        if "stale_after" in given:
            old = [
                one
                for one in stale(catalog, subject["day"], given["stale_after"])
                if one.sku in result["skus"]
            ]
            result |= {"stale": [one.sku for one in old], "stale_days": [one.days for one in old]}
        return result
    price = catalog.price(subject["sku"], subject["day"])
    result = {
        name: getattr(price, name) or ""
        for name in (
            "sku",
            "unit",
            "currency",
            "since",
            "until",
            "provider",
            "service",
            "model",
            "meter",
            "region",
            "kind",
            "purchase",
            "reference",
            "checked",
            "dated",
            "note",
        )
    }
    result |= asdict(price.rate) | {
        "rate": type(price.rate).__name__.lower(),
        "dates": [one.since for one in catalog.history(price.sku)],
    }
    if "quantity" in given:
        hours = {"hours_per_month": given["hours_per_month"]} if "hours_per_month" in given else {}
        result["quantity"] = units.convert(
            given["quantity"], str(given.get("unit", price.unit)), price.unit, **hours
        )
        result["list_cost"] = price.charge(result["quantity"])
    if "last" in given:
        steps = catalog.steps(price.sku, subject["day"], str(given["last"]))
        result |= {
            "step_days": [day for day, _ in steps],
            "step_prices": [step.rate.price for _, step in steps if hasattr(step.rate, "price")],
        }
    return result
