"""How long a million cells take through every rate form and every kind of instrument: medians of repeated runs, milliseconds.

    .venv/bin/python benchmarks/settlement.py [--repeat 9]

A cell is one path x period x SKU. The baseline of the ratios is one multiplication of the same million float64 (memory speed), measured in
the same run, so that figures of busy machines can be compared.
"""

from __future__ import annotations

import argparse

import numpy as np
from timing import median

from finops_model.prices.instruments import make as make_instrument
from finops_model.prices.rates import make, shelf
from finops_model.prices.settle.settlement import settle

SHAPES = {
    "1,000 paths x 1,000 hours x 1 SKU": (1000, 1000, 1),
    "1,000 paths x 20 hours x 50 SKUs": (1000, 20, 50),
}
FIELDS = {
    "linear": {"price": 2.0},
    "package": {"price": 2.0, "block": 7},
    "allowance": {"included": 40, "price": 2.0},
    "minimum": {"price": 2.0, "minimum": 50},
    "graduated": {"starts": [0, 30, 60], "prices": [2.0, 1.5, 1.0]},
    "volume": {"starts": [0, 30, 60], "prices": [2.0, 1.5, 1.0]},
}


def kinds(skus) -> dict:
    sizes = {sku: 1.0 + i % 3 for i, sku in enumerate(skus)}
    return {
        "units": {"quantity": 20 * len(skus), "rate": 0.5, "skus": sizes},
        "capacity": {"quantity": 20 * len(skus), "rate": 0.5, "skus": sizes, "above": "block"},
        "seats": {"seats": 10, "fee": 2.0, "included": 200.0 * len(skus), "skus": list(skus)},
        "spend": {
            "commitment": 20.0 * len(skus),
            "rates": {sku: 1.0 + 0.01 * i for i, sku in enumerate(skus)},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=9)
    repeat = parser.parse_args().repeat
    usage = np.random.default_rng(7).random((1000, 1000)) * 100
    unit = median(lambda: usage * 2.0, repeat)
    print(f"{'one multiplication of 1 M float64':58s} {unit:7.1f} ms")
    for kind in shelf():
        rate = make(kind, FIELDS[kind])
        found = median(lambda: rate.charge(usage), repeat)
        print(f"{'rate form ' + kind:58s} {found:7.1f} ms   {found / unit:5.1f} x")
    for name, shape in SHAPES.items():
        skus = tuple(f"s{i}" for i in range(shape[-1]))
        cells = usage.reshape(shape)
        months = np.arange(shape[1]) * 2 // shape[1]
        cases = {
            "no instrument": [],
            **{
                kind: [make_instrument({"kind": kind, **fields})]
                for kind, fields in kinds(skus).items()
            },
        }
        cases["units then spend"] = [*cases["units"], *cases["spend"]]
        for kind, held in cases.items():
            found = median(
                lambda: (
                    settle(
                        cells, skus, dict.fromkeys(skus, 2.0), held, window_of=months
                    ).effective_cost
                ),
                repeat,
            )
            print(f"{'settle, ' + kind + ', ' + name:58s} {found:7.1f} ms   {found / unit:5.1f} x")


if __name__ == "__main__":
    main()
