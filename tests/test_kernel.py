"""The kernel contract: known answers, polynomials, names of draws, tables against brute force, refusals (docs/method §3.11–§3.16)."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from numba import njit
from scipy.special import ndtri

from finops_model.errors import ScenarioError
from finops_model.prices.rates import make as make_rate
from finops_model.simulate.compile.numbers import above, day_piece, evaluate, hour_pieces
from finops_model.simulate.kernel import draws as kernel_math
from finops_model.simulate.kernel import engine, limits
from finops_model.simulate.kernel.flat import FlatPlan, Form, PathValue, Table, loadings_of
from finops_model.simulate.kernel.kept import keep_draws
from finops_model.uncertainty.distributions import make

ENGINES = pytest.mark.parametrize("which", ["numpy", "numba"])


# ---- words and polynomials --------------------------------------------------------------------------------------------------------


@njit
def seven(c, k):
    return kernel_math.philox(c[0], c[1], c[2], c[3], k[0], k[1])


@njit
def ten(c, k):
    return kernel_math.philox_ten(c[0], c[1], c[2], c[3], k[0], k[1])


@njit
def apply_normal(x, out):
    for i in range(len(x)):
        out[i] = kernel_math.normal32(x[i])


@njit
def apply_exp(x, out):
    for i in range(len(x)):
        out[i] = kernel_math.exp32(x[i])


@njit
def apply_log(x, out):
    for i in range(len(x)):
        out[i] = kernel_math.log32(x[i])


PI = "243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0"
ONES = "ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff"
NIL = "00000000 00000000 00000000 00000000", "00000000 00000000"


@pytest.mark.parametrize(
    ("rounds", "counter", "words"),
    [
        (seven, NIL, "5f6fb709 0d893f64 4f121f81 4f730a48"),
        (seven, ONES, "5207ddc2 45165e59 4d8ee751 8c52f662"),
        (seven, PI, "4dfccaba 190a87f0 c47362ba b6b5242a"),
        (ten, NIL, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (ten, ONES, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (ten, PI, "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox_gives_the_known_answers_of_random123(rounds, counter, words):
    c, k = (np.array([int(word, 16) for word in part.split()], np.uint32) for part in counter)
    assert " ".join(f"{word:08x}" for word in rounds(c, k)) == words


def test_the_inverse_normal_is_that_of_scipy_to_two_millionths():
    edge = np.arange(100_000, dtype=np.uint64)
    words = np.unique(
        np.concatenate(
            [edge, 2**32 - 1 - edge, 2**31 - 50_000 + edge, np.arange(0, 2**32, 4099, np.uint64)]
        )
    ).astype(np.uint32)
    out = np.empty(len(words), np.float32)
    apply_normal(words, out)
    true = ndtri((words.astype(float) + 0.5) / 2.0**32)
    assert (
        (np.abs(out - true) <= 2e-6 * np.maximum(np.abs(true), 0.1)).all()
        and out.max() > 6.3
        and out.min() == -out.max()
    )
    assert (out[::-1] == -out)[:50_000].all()  # both tails alike


def test_exp_and_log_are_right_to_a_float():
    x = np.linspace(-87, 88, 1_000_001, dtype=np.float32)
    out = np.empty_like(x)
    apply_exp(x, out)
    assert np.abs(out / np.exp(x.astype(float)) - 1).max() < 2e-7
    x = np.exp(np.linspace(-80, 80, 1_000_001)).astype(np.float32)
    apply_log(x, out)
    true = np.log(x.astype(float))
    assert (np.abs(out - true) < 2e-7 * np.maximum(np.abs(true), 0.5)).all()
    clipped = np.empty(2, np.float32)
    apply_exp(np.array([-1e9, 1e9], np.float32), clipped)
    assert 0 < clipped[0] < 1e-37 and np.isfinite(clipped[1])


def test_normals_are_normal_and_any_step_can_be_drawn_alone():
    key, whole, alone = (
        np.array([1, 2, 3, 4], np.uint32),
        np.empty((400, 64), np.float32),
        np.empty((1, 64), np.float32),
    )
    rows = []
    for block in range(40):
        kernel_math.fill_normals(whole, 400, 0, block, key)
        rows.append(whole.copy())
    kernel_math.fill_normals(alone, 1, 123, 7, key)
    assert np.array_equal(alone[0], rows[7][123])
    x = np.array(rows, float).transpose(1, 0, 2).reshape(400, -1)  # (step, path)
    n = x.size
    for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((x**power).mean() - moment) < 4 * np.sqrt(spread / n)
    for q in (1e-3, 0.05, 0.5, 0.95, 0.999):
        assert abs((x < ndtri(q)).mean() - q) < 4 * np.sqrt(q * (1 - q) / n)
    paths = x[:, :64]
    assert np.abs(np.corrcoef(paths.T) - np.eye(64)).max() < 5 / np.sqrt(400)
    assert abs((x[1:] * x[:-1]).mean()) < 4 / np.sqrt(n)


# ---- a plan with one of everything ------------------------------------------------------------------------------------------------


def everything(names=("chat", "train", "lake"), steps=70, **changes):
    """Level, noise, factor, bursts, jumps of price and demand, a path value, spot, a pool, a tier; per workload by name."""
    month_of = np.arange(steps) // 31
    months = tuple(str(m) for m in range(month_of[-1] + 1))
    count, own = len(names), {"chat": 5.0, "train": 20.0, "lake": 2.0}
    median = np.array([own.get(name, 3.0) for name in names]) * np.linspace(1, 1.5, steps)[:, None]
    pooled, chat = names.index("train"), names.index("chat") if "chat" in names else 0
    fields = dict(
        months=months,
        month_of=month_of,
        workloads=names,
        median=median,
        columns=(*names, "tokens"),
        units=count,
        factors=("market",),
        phi=np.full(count, 0.6),
        sigma=np.full(count, 0.3),
        noise_loadings=np.full((count, 1), 0.4),
        level_step=np.full((steps, count), 0.02),
        level_loadings=np.full((count, 1), 0.5),
        burst_rate=np.full(count, 0.05),
        burst_size=median[0],
        burst_stays=np.full(count, 0.5),
        values=(PathValue((("drivers/users", make("lognormal", {"mu": 0.0, "sigma": 0.2})),)),),
        profile=np.ones((1, steps)),
        value_demand=np.ones((1, count)),
        jumps=("cuts", "scarce"),
        jump_law=("uniform", "lognormal"),
        jump_rate=[0.02, 0.03],
        jump_low=[0.7, 0.3],
        jump_high=[1.2, 0.1],
        jump_steps=[0, 5],
        jump_line=[[1, 1], [1, 1]],
        jump_demand=np.outer([0.0, -0.5], np.ones(count)),
        lines=("list", "spot"),
        price=np.outer(np.ones(steps), [2.0, 0.8]),
        overhead=[0, 0.1],
        overhead_sd=[0, 0.5],
        overhead_factor=("", "market"),
        charge_workload=[*range(count), chat],
        charge_column=[*range(count), count],
        charge_line=[0] * count + [-1],
        charge_rate=np.ones((count + 1, steps)),
        pools=("gpu",),
        pool_line=[[0.7, 0.3]],
        member_pool=[0],
        member_workload=[pooled],
        member_units=np.ones((1, steps)),
        tables=(
            Table(
                0, ((0.0, 0.0, np.array([22.0]), np.array([1.0])),), np.zeros(steps), money=pooled
            ),
        ),
        forms=(
            Form(
                count,
                (make_rate("graduated", {"starts": [0, 100], "prices": [1.0, 0.5]}),) * len(months),
                chat,
            ),
        ),
    )
    return FlatPlan(**{**fields, **changes})


@ENGINES
def test_blocks_threads_and_fewer_paths_move_no_bit(which):
    plan = everything()
    whole = engine.simulate_paths(plan, 1000, 7, which, workers=1)
    for block, workers in ((256, 1), (256, 2), (512, 2)):
        again = engine.simulate_paths(plan, 1000, 7, which, block=block, workers=workers)
        assert np.array_equal(again.cost, whole.cost) and np.array_equal(again.usage, whole.usage)
    part = engine.simulate_block(plan, 300, 100, 7, which)
    assert part.path0 == 300 and np.array_equal(part.cost, whole.cost[300:400])
    assert np.array_equal(engine.simulate_paths(plan, 77, 7, which).cost, whole.cost[:77])
    assert not np.array_equal(engine.simulate_paths(plan, 77, 8, which).cost, whole.cost[:77])


def test_values_in_another_order_of_memory_compile_nothing_anew(monkeypatch):
    """numba compiles once a layout: values by column were another half minute, that of no command that says so."""
    growing = PathValue((("drivers/users", make("lognormal", {"mu": 0.0, "sigma": 0.2})),))
    plan = everything(
        values=(growing, growing), profile=np.ones((2, 70)), value_demand=np.ones((2, 3))
    )
    cost, known, drawn = (
        engine.simulate_block(plan, 0, 300, 7, "numba").cost,
        engine.kernel()["simulate"].signatures,
        engine.path_values,
    )
    monkeypatch.setattr(engine, "path_values", lambda *given: np.asfortranarray(drawn(*given)))
    assert np.array_equal(engine.simulate_block(plan, 0, 300, 7, "numba").cost, cost)
    assert engine.kernel()["simulate"].signatures == known


@ENGINES
def test_a_longer_horizon_continues_every_draw(which):
    short, long = (
        engine.simulate_block(
            everything(steps=steps, median=np.full((steps, 3), 5.0)), 0, 300, 7, which
        ).cost
        for steps in (62, 200)
    )
    assert np.array_equal(short, long[:, :2])


@ENGINES
def test_draws_are_known_by_name_not_by_position(which):
    three = engine.simulate_block(everything(), 0, 300, 7, which).cost
    two = engine.simulate_block(everything(("train", "chat")), 0, 300, 7, which).cost
    order = engine.simulate_block(everything(("lake", "chat", "train")), 0, 300, 7, which).cost
    assert np.array_equal(two[:, :, 0], three[:, :, 1])
    assert np.array_equal(order[:, :, 2], three[:, :, 1])
    renamed = engine.simulate_block(everything(("chatter", "train", "lake")), 0, 300, 7, which).cost
    assert np.array_equal(renamed[:, :, 1:], three[:, :, 1:]) and not np.array_equal(
        renamed[:, :, 0], three[:, :, 0]
    )


def test_both_engines_have_one_distribution():
    plan, paths = everything(steps=124), 16384
    one, other = (
        engine.simulate_paths(plan, paths, 7, which, volume=True) for which in ("numpy", "numba")
    )
    for a, b in ((one.cost, other.cost), (one.usage, other.usage)):
        for power in (1, 2):
            x, y = a**power, b**power
            error = np.sqrt(x.var(axis=0) + y.var(axis=0)) / np.sqrt(paths)
            assert (np.abs(x.mean(axis=0) - y.mean(axis=0)) < 4.5 * error).all()
        for q in (0.1, 0.5, 0.9):
            at = np.quantile(a, q, axis=0)
            assert (
                np.abs((b <= at).mean(axis=0) - q) < 4.5 * np.sqrt(2 * q * (1 - q) / paths)
            ).all()
        for x, y in itertools.combinations(range(a.shape[2]), 2):
            assert abs(
                np.corrcoef(a[:, 1, x], a[:, 1, y])[0, 1]
                - np.corrcoef(b[:, 1, x], b[:, 1, y])[0, 1]
            ) < 6 / np.sqrt(paths)
    assert np.allclose(one.volume.sum(axis=0), other.volume.sum(axis=0), rtol=0.02)


@ENGINES
def test_common_draws_make_a_difference_far_surer(which):
    plan = everything()
    more = plan.with_tables(
        [
            dataclasses.replace(
                plan.tables[0], pieces=((0.0, 0.0, np.array([26.0]), np.array([1.0])),)
            )
        ]
    )
    base, same, other = (
        engine.simulate_paths(p, 2048, seed, which).cost.sum(axis=(1, 2))
        for p, seed in ((plan, 7), (more, 7), (more, 8))
    )
    assert (base - other).var() > 10 * (base - same).var() and (base >= same).all()


@ENGINES
def test_sums_of_demand_are_those_of_the_paths(which):
    plan = everything(
        ("train",),
        62,
        charge_workload=[0],
        charge_column=[1],
        charge_line=[-1],
        charge_rate=np.ones((1, 62)),
        forms=(),
        tables=(),
    )
    found = engine.simulate_paths(plan, 333, 7, which, volume=True)
    assert found.volume.sum() == pytest.approx(
        found.usage.sum(), rel=1e-5
    ) and found.volume.shape == (62, 1)


# ---- tables ------------------------------------------------------------------------------------------------------------------------


def used_by_hand(usage, instruments):
    covered, found = 0.0, []
    for share, quantity in instruments:
        used = min((usage - covered) * share, quantity)
        covered += used
        found.append(used)
    return found


SHARES = st.floats(0, 1)
HELD = st.lists(st.tuples(SHARES, st.floats(0, 50)), min_size=1, max_size=4)


@speed(max_examples=150, deadline=None)
@given(
    HELD,
    st.lists(st.floats(0, 300), min_size=1, max_size=8),
    st.lists(st.floats(0, 5), min_size=24, max_size=24),
)
def test_tables_of_hours_and_days_are_the_loop_over_hours(instruments, levels, shape):
    pieces = hour_pieces(instruments)
    total = sum(shape)
    shares = np.array(shape) / total if total > 1e-6 else np.full(24, 1 / 24)
    for level in levels:
        for piece, want in zip(pieces, used_by_hand(level, instruments)):
            assert float(evaluate(piece, level)) == pytest.approx(want, abs=1e-9 * (1 + level))
        wanted = np.sum([used_by_hand(24 * level * s, instruments) for s in shares], axis=0)
        got = [float(evaluate(day_piece(piece, shares), 24 * level)) for piece in pieces]
        assert got == pytest.approx(wanted, abs=1e-7 * (1 + 24 * level))
    k = instruments[0][1]
    spill = sum(max(24 * levels[0] * s * 0.7 - k, 0.0) for s in shares)
    assert float(evaluate(day_piece(above(k, 0.7), shares), 24 * levels[0])) == pytest.approx(
        spill, abs=1e-7 * (1 + 24 * levels[0])
    )


@ENGINES
@pytest.mark.parametrize("alike", [True, False])
def test_a_pool_with_hours_costs_what_an_hour_by_hour_loop_says(which, alike):
    """Two workloads on one pool, two ordered instruments, prices by member; equal shapes settle by the day, others by the hour."""
    steps, paths = 10, 130
    one = 1 + 0.8 * np.sin(np.arange(24) / 4)
    shapes = np.stack([one, one if alike else np.roll(one, 12)]) / 24
    shapes /= shapes.sum(axis=1, keepdims=True)
    held = [(0.8, 3.0), (1.0, 2.0)]
    pieces = [day_piece(p, shapes[0]) if alike else p for p in hour_pieces(held)]
    plan = FlatPlan(
        months=("m",),
        month_of=np.zeros(steps, int),
        workloads=("a", "b"),
        median=np.full((steps, 2), [60.0, 40.0]),
        columns=("cost", "used0", "used1", "covered0", "covered1"),
        units=1,
        phi=[0.5, 0.5],
        sigma=[0.4, 0.4],
        pools=("p",),
        member_pool=[0, 0],
        member_workload=[0, 1],
        member_units=np.ones((2, steps)),
        member_money=np.full((2, steps), [[2.0], [3.0]]),
        hour_share=None if alike else np.repeat(shapes[:, None], steps, axis=1),
        tables=tuple(
            Table(0, (piece,), np.zeros(steps), units=1 + i, money=3 + i)
            for i, piece in enumerate(pieces)
        ),
    )
    found = engine.simulate_block(plan, 0, paths, 3, which).usage[:, 0]
    daily = dataclasses.replace(
        plan,
        months=tuple("0123456789"),
        month_of=np.arange(steps),
        columns=("a", "b"),
        units=2,
        tables=(),
        charge_workload=[0, 1],
        charge_column=[0, 1],
        charge_line=[-1, -1],
        charge_rate=np.ones((2, steps)),
        fixed=None,
    )
    days = engine.simulate_block(daily, 0, paths, 3, which).cost
    wanted = np.zeros((paths, 4))
    for path in range(paths):
        for day in range(steps):
            a, b = days[path, day]
            price = (2 * a + 3 * b) / (a + b)
            for hour in range(24):
                used = used_by_hand(a * shapes[0, hour] + b * shapes[1, hour], held)
                wanted[path] += [*used, *(u * price for u in used)]
    assert np.allclose(found, wanted, rtol=3e-6)


@ENGINES
def test_kept_draws_settle_as_the_simulation_does(which):
    plan = everything()
    kept, moved = (
        keep_draws(plan, 300, 7, which),
        plan.with_tables(
            [
                dataclasses.replace(
                    plan.tables[0],
                    pieces=((1.0, 0.5, np.array([10.0, 30.0]), np.array([1.0, -0.5])),),
                )
            ]
        ),
    )
    for one in (plan, moved):
        assert np.allclose(
            kept.settle(one).cost, engine.simulate_block(one, 0, 300, 7, which).cost, rtol=1e-6
        )
    assert not np.allclose(kept.settle(moved).cost, kept.settle().cost)


# ---- refusals ----------------------------------------------------------------------------------------------------------------------

REFUSED = {
    "a negative price": (
        dict(price=np.outer(np.ones(70), [2.0, -0.8])),
        "plan: price[0, 1] is -0.8; a price is finite and not negative.",
    ),
    "a demand that is no number": (
        dict(median=np.full((70, 3), np.nan)),
        "plan: median[0, 0] is nan; a median demand is finite and not negative.",
    ),
    "loadings beyond 1": (
        dict(noise_loadings=np.full((3, 1), 1.2)),
        "plan: noise_loadings of 'chat' have squares that add up to 1.44, more than 1: no such correlation exists. Divide "
        "them by 1.2 or more.",
    ),
    "noise that explodes": (
        dict(phi=[0.5, 1.0, 0.5]),
        "plan: phi of 'train' is 1; it must be at least 0 and below 1.",
    ),
    "a law that is not known": (
        dict(jump_law=("uniform", "lognorml")),
        "plan: jump 'scarce': unknown law 'lognorml'. Did you mean 'lognormal'? Known: uniform, lognormal.",
    ),
    "a factor of 0": (
        dict(jump_low=[0.0, 0.3]),
        "plan: jump 'cuts' has 0 and 1.2; uniform factors need 0 < low ≤ high, lognormal ones a finite "
        "mean and a spread of 0 or more.",
    ),
    "an overhead on a factor that is not there": (
        dict(overhead_factor=("", "markt")),
        "plan: overhead_factor: unknown factor 'markt'. Did you mean 'market'? Known: market.",
    ),
    "a name twice": (
        dict(workloads=("chat", "train", "chat")),
        "plan: 'chat' appears twice in workloads; a draw is known by its name, so names "
        "must differ.",
    ),
    "an axis that does not fit": (
        dict(sigma=[0.1, 0.2]),
        "plan: sigma has shape (2,); it needs (3,), one for each workload.",
    ),
    "a column that is not there": (
        dict(charge_column=[0, 1, 2, 9]),
        "plan: charge_column goes from 0 to 9; positions lie from 0 to 3.",
    ),
    "months that fall": (
        dict(month_of=np.zeros(70, int)[::-1] + np.r_[np.ones(5, int), np.zeros(65, int)]),
        "plan: month_of must rise and stay below 3, the number of months.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_plan_that_cannot_be_meant_is_refused_in_one_sentence(name):
    changes, message = REFUSED[name]
    with pytest.raises(ScenarioError) as caught:
        everything(**changes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("paths", "block", "message"),
    [
        (0, 0, "paths is 0; a simulation needs a whole number of paths, 1 or more."),
        (2.5, 0, "paths is 2.5; a simulation needs a whole number of paths, 1 or more."),
        (100, 100, "block is 100; paths are drawn in blocks of 256, so give a multiple of it."),
    ],
)
def test_paths_that_cannot_be_meant_are_refused(paths, block, message):
    with pytest.raises(ScenarioError) as caught:
        engine.simulate_paths(everything(), paths, 7, "numpy", block=block)
    assert str(caught.value) == message


def test_more_memory_than_there_is_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 1e9)
    with pytest.raises(ScenarioError) as caught:
        engine.simulate_paths(everything(), 100_000_000, 7, "numpy")
    assert str(caught.value) == (
        "100,000,000 paths × 3 months × 4 columns need 10.6 GB and 1.0 GB are free. Take at most 9,469,696 paths, or "
        "keep fewer columns."
    )
    with pytest.raises(
        ScenarioError,
        match="kept draws: 10,000,000 paths × 70 steps × 1 pools need 5.6 GB and 1.0 GB are free",
    ):
        keep_draws(
            dataclasses.replace(
                everything(),
                months=("0",),
                month_of=np.zeros(70, int),
                columns=("a",),
                units=1,
                fixed=None,
                forms=(),
                charge_column=[0] * 4,
                tables=(),
            ),
            10_000_000,
            7,
            "numpy",
        )


def test_an_impossible_correlation_names_its_pair():
    with pytest.raises(
        ScenarioError, match=r"cannot exist together \(smallest eigenvalue -0.603\)"
    ):
        loadings_of([[1, 0.9, -0.8], [0.9, 1, 0.7], [-0.8, 0.7, 1]], ["a", "b", "c"])
    matrix = np.array([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]])
    root = loadings_of(matrix, ["a", "b", "c"])
    assert np.allclose(root @ root.T, matrix)


def test_the_engine_is_said_and_an_unknown_one_refused(monkeypatch):
    monkeypatch.delenv("FINOPS_ENGINE", raising=False)
    assert engine.choose() == "numpy" and engine.label("numba") == "numba"
    monkeypatch.setenv("FINOPS_ENGINE", "numba")
    assert engine.choose() == "numba" and engine.choose("numpy") == "numpy"
    monkeypatch.setenv("FINOPS_ENGINE", "numab")
    with pytest.raises(ScenarioError) as caught:
        engine.choose()
    assert (
        str(caught.value)
        == "FINOPS_ENGINE: unknown engine 'numab'. Did you mean 'numba'? Known: auto, numba, numpy."
    )


def test_auto_is_a_named_preview_until_the_compiled_kernel_is_ready(monkeypatch):
    compiled = []
    monkeypatch.setattr(engine, "prepare", lambda background=False: compiled.append(background))
    for ready, want in ((False, "numpy (preview)"), (True, "numba")):
        engine._auto.cache_clear()
        monkeypatch.setattr(engine, "is_ready", lambda ready=ready: ready)
        assert engine.label("auto") == want == engine.label("auto")
    assert compiled == [True] and engine.choose("numpy (preview)") == "numpy"
    engine._auto.cache_clear()


def test_the_cache_lies_where_it_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setenv("FINOPS_CACHE", str(tmp_path))
    engine.cache_folder.cache_clear()
    folder = engine.cache_folder()
    assert folder.parent.parent == tmp_path and not engine.is_ready()
    monkeypatch.setenv("FINOPS_CACHE", "/proc/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    engine.cache_folder.cache_clear()
    assert str(engine.cache_folder()).startswith(str(tmp_path / "own"))
    engine.cache_folder.cache_clear()
