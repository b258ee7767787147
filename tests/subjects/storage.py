"""`storage`: by `kind`: stock (flows by period), lifecycle (classes and ages), copies."""

from dataclasses import fields as fields_of

import numpy as np

from finops_model import units
from finops_model.prices.capacity import storage
from finops_model.prices.capacity.lifecycle import Lifecycle, StorageClass

from . import known, need
from .transform import rate_of


def evaluate(subject: dict, given: dict) -> dict:
    fields = dict(subject)
    kind = fields.pop("kind", "stock")
    assert kind in KINDS, f"storage: unknown kind '{kind}'; known: {sorted(KINDS)}"
    return KINDS[kind](fields, given)


def stock(fields: dict, given: dict) -> dict:
    known(fields, {"opening", "when", "price", "unit", "to"}, "storage stock")
    known(given, {"ingest", "deleted", "moved_in", "moved_out"}, "given of a stock")
    done = storage.roll(
        fields.get("opening", 0.0),
        given.get("ingest", 0.0),
        **{key: value for key, value in given.items() if key != "ingest"},
        when=fields.get("when", "even"),
    )
    average = units.convert(
        done.average, fields.get("unit", "GB"), fields.get("to", fields.get("unit", "GB"))
    )
    result = {
        "opening": done.opening,
        "closing": done.closing,
        "average": average,
        "inflow": done.inflow,
        "outflow": done.outflow,
    }
    if "price" in fields:
        result["cost"] = rate_of(fields["price"]).charge(average)
    return result


def lifecycle(fields: dict, given: dict) -> dict:
    known(
        given,
        {"start", "days", "ingest", "opening", "opening_age", "retrieved"},
        "given of a lifecycle",
    )
    known(fields, {one.name for one in fields_of(Lifecycle)}, "storage lifecycle")
    for kind in need(fields, "classes", "storage lifecycle"):
        known(kind, {one.name for one in fields_of(StorageClass)}, "a class of a lifecycle")
    kinds = [
        StorageClass(
            **{**kind, "price": rate_of(kind["price"])}
            if isinstance(kind.get("price"), dict)
            else kind
        )
        for kind in fields.pop("classes")
    ]
    plan = Lifecycle(**{**fields, "classes": tuple(kinds), "after": tuple(fields.get("after", ()))})
    ingest = given.get("ingest", 0.0)
    if isinstance(ingest, dict):  # {day of the run, from 1: units}
        by_day = np.zeros(given["days"])
        for day, amount in ingest.items():
            by_day[int(day) - 1] += amount
        ingest = by_day
    elif np.ndim(ingest) == 0:  # every day alike
        ingest = np.full(given["days"], float(ingest))
    kept = plan.run(
        ingest, str(given["start"]), given.get("opening", 0.0), given.get("opening_age", 0)
    )
    charges = kept.charges(given.get("retrieved"))
    months = kept.months

    def by_month(values):
        return {
            month: float(value)
            for month, value in zip(months, np.broadcast_to(values, len(months)))
        }

    answer = {
        what: {name: by_month(charges[name][what]) for name in charges}
        for what in ("storage", "early", "transition", "retrieval")
    }
    answer["unit_months"] = {name: by_month(values) for name, values in kept.unit_months().items()}
    answer["closing"] = {name: float(values[-1]) for name, values in kept.stock.items()}
    answer["deleted"] = float(kept.deleted.sum())
    every = [np.sum(money) for kinds_ in charges.values() for money in kinds_.values()]
    totals = {
        f"{what}_cost": sum(float(np.sum(charges[name][what])) for name in charges)
        for what in ("storage", "early", "transition", "retrieval")
    }
    return answer | totals | {"cost": float(sum(every))}


def copies(fields: dict, given: dict) -> dict:
    known(fields, {"replicas", "snapshots", "changed", "price"}, "storage copies")
    known(given, {"quantity"}, "given of copies")
    billed = storage.copies(
        given["quantity"],
        **{key: fields[key] for key in ("replicas", "snapshots", "changed") if key in fields},
    )
    return {"quantity": billed} | (
        {"cost": rate_of(fields["price"]).charge(billed)} if "price" in fields else {}
    )


KINDS = {"stock": stock, "lifecycle": lifecycle, "copies": copies}
