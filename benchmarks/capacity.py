"""A million cells through every transform, capacity settlement, spot path, stock and transfer; a year of lifecycle for 1,000 paths.

Run: .venv/bin/python benchmarks/capacity.py. Medians of seven runs on this machine, in milliseconds; the ratio is to one copy of the array.
"""

from __future__ import annotations

import numpy as np
from timing import median

from finops_model.prices.capacity import provisioned, spot, storage
from finops_model.prices.capacity.checkpoints import Checkpointing
from finops_model.prices.capacity.lifecycle import Lifecycle, StorageClass
from finops_model.prices.capacity.transfer import Leg, Tariff, with_allowance
from finops_model.prices.settle.spill import expected_spill
from finops_model.prices.transforms import make


def main() -> None:
    cells = np.random.default_rng(0).uniform(0, 1000, (1000, 1000))
    tariff = Tariff(
        [
            Leg("region", "internet", with_allowance([0, 100, 500], [0.09, 0.085, 0.07], 10)),
            Leg("zone", "zone", 0.01, sides=2),
        ]
    )
    plan = Lifecycle(
        (
            StorageClass("standard", 0.023),
            StorageClass("ia", 0.0125, minimum_days=30),
            StorageClass("archive", 0.001, minimum_days=90),
        ),
        (30, 90),
        200,
        deleted_share=0.001,
    )
    tasks = {
        "minimum_duration": lambda: make("minimum_duration", {"minimum": 30}).apply(cells, 15.0),
        "increments": lambda: make("increments", {"step": 60, "minimum": 60}).apply(cells),
        "size_units": lambda: make("size_units", {"size": "4xlarge"}).apply(cells),
        "prorating": lambda: make("prorating", {"of": 60}).apply(cells, 15.0),
        "time_average": lambda: make("time_average", {"of": 744}).apply(cells),
        "capacity_units": lambda: make(
            "capacity_units", {"weights": {"input": 1, "output": 8}}
        ).apply({"input": cells, "output": cells}),
        "provisioned size": lambda: provisioned.size(cells, 4.75, 15, 5),
        "provisioned settle": lambda: provisioned.settle(cells, 500.0),
        "expected spill, lognormal": lambda: expected_spill(cells, 500.0, "lognormal", cv=0.5),
        "expected spill, gamma": lambda: expected_spill(cells, 500.0, "gamma", cv=0.5),
        "spot interruption": lambda: spot.EC2.billed_hours(cells),
        "spot run": lambda: spot.run(10.0, cells, 800.0, factor=1.1, highest=900.0),
        "checkpoint factor": lambda: Checkpointing(5.0, cells + 60).factor(60.0),
        "stock": lambda: storage.roll(1e6, cells, 500.0),
        "transfer": lambda: tariff.charge(
            [
                {"from": "region", "to": "internet", "quantity": cells},
                {"from": "zone", "to": "zone", "quantity": 1.0},
            ]
        ),
    }
    copy = median(lambda: cells.copy())
    print(f"{'one copy of 1,000,000 cells':32} {copy:8.1f} ms")
    for name, call in tasks.items():
        took = median(call)
        print(f"{name:32} {took:8.1f} ms {took / copy:7.1f} x")
    took = median(lambda: plan.run(cells[:, :365], "2026-01-01").charges(), runs=3)
    print(f"{'lifecycle, 1,000 paths x 365 days':32} {took:8.1f} ms")


if __name__ == "__main__":
    main()
