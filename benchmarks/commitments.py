"""How long the best commitment takes, how much memory, and how far it is from a linear programme (HiGHS): medians of repeated runs.

    .venv/bin/python benchmarks/commitments.py [--repeat 5] [--paths 1000] [--hours 8760] [--skus 50] [--only pool]

Every figure stands beside a baseline measured in the same run: one np.partition of the same array (one pool), or one pass of additions over
as many numbers (plans), so that figures of busy machines can be compared. Gaps to HiGHS are measured on fewer hours, where the programme of
all rows can still be solved. Demand: a day and a week, a level of each path, noise; gamma and positive.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc

import numpy as np

from finops_model.decide.commitments.search.best import Usage, best_commitments

CHUNK = 25  # paths made at a time


def median(call, repeat: int) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def one_sku(paths: int, hours: int, dtype=np.float64, seed: int = 1) -> np.ndarray:
    """(path, hour) demand around 100."""
    draw = np.random.default_rng(seed)
    t = np.arange(hours)
    shape = (1 + 0.3 * np.sin(t / 24 * 2 * np.pi) + 0.1 * np.sin(t / 168 * 2 * np.pi)).astype(dtype)
    found = np.empty((paths, hours), dtype)
    for a in range(0, paths, CHUNK):
        b = min(a + CHUNK, paths)
        level = 100 * draw.lognormal(0, 0.3, (b - a, 1))
        found[a:b] = level * shape * draw.gamma(10, 0.1, (b - a, hours))
    return found


def many_skus(paths: int, hours: int, count: int) -> Usage:
    """Read block by block from one SKU's noise, so that no array of path x hour x SKU is held: a level and a phase of its own for each."""
    base, draw = one_sku(paths, hours, np.float32), np.random.default_rng(2)
    level, shift = draw.lognormal(0, 1, count), draw.integers(0, hours, count)

    def read(start, stop):
        return [
            np.roll(base[start:stop], shift[k], axis=1) * np.float32(level[k]) for k in range(count)
        ]

    return Usage(tuple(f"s{k}" for k in range(count)), paths, hours, read)


def programme(demand: np.ndarray, plans, prices) -> float:
    """Least mean cost per hour by HiGHS on every row: demand (row, sku) money; plans: a discount by SKU (nan: not eligible) each."""
    from scipy import sparse
    from scipy.optimize import linprog

    rows, skus = demand.shape
    cost, parts, at = [float(rows)] * len(plans), [], len(plans)
    cover = [[] for _ in range(skus)]  # columns of the plan-rate money of each SKU
    for p, discounts in enumerate(plans):
        mine = [k for k in range(skus) if not np.isnan(discounts[k])]
        blocks = []
        for k in mine:
            columns = np.arange(at, at + rows)
            cover[k].append((columns, 1 / (1 - discounts[k])))
            cost += [-1 / (1 - discounts[k])] * rows
            blocks.append(columns)
            at += rows
        parts.append((p, blocks))
    data, row, column, bound, r = [], [], [], [], 0
    for p, blocks in parts:  # Σ money ≤ level
        for columns in blocks:
            data += [np.ones(rows)]
            row += [np.arange(r, r + rows)]
            column += [columns]
        data += [-np.ones(rows)]
        row += [np.arange(r, r + rows)]
        column += [np.full(rows, p)]
        bound.append(np.zeros(rows))
        r += rows
    for k in range(skus):  # Σ covered ≤ demand
        if cover[k]:
            for columns, worth in cover[k]:
                data += [np.full(rows, worth)]
                row += [np.arange(r, r + rows)]
                column += [columns]
            bound.append(demand[:, k])
            r += rows
    matrix = sparse.csr_array(
        (np.concatenate(data), (np.concatenate(row), np.concatenate(column))), shape=(r, at)
    )
    found = linprog(cost, A_ub=matrix, b_ub=np.concatenate(bound), bounds=(0, None), method="highs")
    return float(found.fun + (demand * prices).sum()) / rows


def gap(offers, demand: dict, plans) -> str:
    best = (
        best_commitments(demand, offers=offers).expected_cost / next(iter(demand.values())).shape[1]
    )
    rows = np.stack([np.ravel(values) for values in demand.values()], axis=1)
    least = programme(rows, plans, np.ones(rows.shape[1]))
    return f"gap to HiGHS on {len(rows):,} rows: {best / least - 1:+.1e}"


def spend(name: str, discounts: dict) -> dict:
    return {"name": name, "kind": "spend", "discounts": discounts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=8760)
    parser.add_argument("--skus", type=int, default=50)
    parser.add_argument("--only", choices=("pool", "many", "two"))
    how = parser.parse_args()
    size = f"{how.hours:,} hours x {how.paths:,} paths"
    if how.only in (None, "pool"):
        for dtype in (np.float64, np.float32):
            demand = one_sku(how.paths, how.hours, dtype)
            at = int(0.35 * demand.size)
            yard = median(lambda: np.partition(demand.ravel(), at), how.repeat)
            for what, call in (
                ("level", lambda: best_commitments(demand, 0.65, 1.0).quantity),
                ("level and every figure", lambda: str(best_commitments(demand, 0.65, 1.0))),
            ):
                took = median(call, how.repeat)
                print(
                    f"one pool, {size}, {dtype.__name__}, {what}: {took:.3f} s, {took / yard:.2f} x np.partition ({yard:.3f} s)",
                    flush=True,
                )
        small = one_sku(20, 100)
        print("  " + gap([spend("plan", {"a": 0.35})], {"a": small}, [[0.35]]), flush=True)
    if how.only in (None, "many"):
        discounts = {f"s{k}": 0.1 + 0.4 * k / how.skus for k in range(how.skus)}
        usage = many_skus(how.paths, how.hours, how.skus)
        yard = median(lambda: [sum(parts) for _, parts in usage.blocks()], 1)
        found = {}
        took = median(
            lambda: found.update(best=best_commitments(usage, offers=[spend("plan", discounts)])),
            max(1, how.repeat // 2),
        )
        more = median(lambda: found["best"].cost, 1)
        tracemalloc.start()
        best_commitments(usage, offers=[spend("plan", discounts)])
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"{how.skus}-SKU spend plan, {size}, float32: {took:.1f} s ({took / yard:.2f} x reading and adding it once, {yard:.1f} s), "
            f"its cost by path {more:.1f} s more; {peak:,.0f} MB above the demand itself",
            flush=True,
        )
        few = {f"s{k}": one_sku(10, 100, seed=k) * (k + 1) for k in range(5)}
        rates = [0.15, 0.2, 0.3, 0.4, 0.5]
        print("  " + gap([spend("plan", dict(zip(few, rates)))], few, [rates]), flush=True)
    if how.only in (None, "two"):
        demand = {
            "a": one_sku(how.paths, how.hours, seed=3),
            "b": one_sku(how.paths, how.hours, seed=4),
        }
        yard = median(lambda: demand["a"] + demand["b"], how.repeat)
        offers = [spend("narrow", {"a": 0.4}), spend("broad", {"a": 0.3, "b": 0.3})]
        took = median(
            lambda: best_commitments(demand, offers=offers).purchases, max(1, how.repeat // 2)
        )
        print(
            f"narrow and broad plan, {size}: {took:.1f} s, {took / yard:.0f} x one addition of the two ({yard:.3f} s)",
            flush=True,
        )
        few = {name: values[:10, :200] for name, values in demand.items()}
        print("  " + gap(offers, few, [[0.4, np.nan], [0.3, 0.3]]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
