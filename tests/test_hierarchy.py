"""Many series and their sums by path (docs/method §2.13)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from finops_model.errors import ForecastError
from finops_model.forecasting.hierarchy import forecast_many, forecast_tree
from finops_model.forecasting.series import forecast

DAYS = pd.date_range("2025-01-01", periods=300)


def series(seed, level=50.0):
    rng = np.random.default_rng(seed)
    return pd.Series(level * np.exp(np.cumsum(rng.normal(0, 0.02, 300))), DAYS)


MANY = {f"w{i}": series(i, 10.0 * (i + 1)) for i in range(6)}
LEVELS = {
    "w0": ("Research",),
    "w1": ("Research",),
    "w2": ("Support", "EMEA"),
    "w3": ("Support", "EMEA"),
    "w4": ("Support", "APAC"),
    "w5": ("Support", "APAC"),
}


def test_every_node_is_the_sum_of_its_leaves_on_every_path_and_day():
    tree = forecast_tree(MANY, 40, LEVELS, paths=120)
    assert tree.nodes == (
        "w0",
        "w1",
        "w2",
        "w3",
        "w4",
        "w5",
        "Research",
        "Support",
        "Support / EMEA",
        "Support / APAC",
        "Total",
    )
    for paths in (tree.shared, tree.independent):
        np.testing.assert_allclose(paths["Total"], sum(paths[name] for name in MANY))
        np.testing.assert_allclose(
            paths["Support"], paths["Support / EMEA"] + paths["Support / APAC"]
        )
        np.testing.assert_allclose(paths["Total"], paths["Research"] + paths["Support"])
    frame = tree.frame()
    assert list(frame.columns) == [
        "node",
        "month",
        "leaves",
        "p10_shared",
        "p50_shared",
        "p90_shared",
        "p10_independent",
        "p50_independent",
        "p90_independent",
    ]
    assert set(frame["node"]) == set(tree.nodes)


def test_shocks_drawn_together_keep_what_leaves_have_in_common():
    """Leaves that miss together give a wider total when drawn together; leaves that have nothing in common do not."""
    rng = np.random.default_rng(11)
    days, common = pd.date_range("2024-01-01", periods=500), np.cumsum(rng.normal(0, 0.02, 500))
    alike = {
        f"w{i}": pd.Series(50 * np.exp(common + rng.normal(0, 0.02, 500)), days) for i in range(6)
    }
    unlike = {
        f"w{i}": pd.Series(50 * np.exp(np.cumsum(rng.normal(0, 0.02, 500))), days) for i in range(6)
    }

    def ratio(histories):
        tree = forecast_tree(histories, 30, paths=2000)
        width = [
            np.subtract(*np.quantile(paths["Total"].sum(axis=1), (0.9, 0.1)))
            for paths in (tree.shared, tree.independent)
        ]
        return width[0] / width[1]

    assert ratio(alike) > 1.8 and ratio(unlike) < 1.4


def test_a_series_does_not_depend_on_its_company_and_processes_change_no_bit():
    alone, all_ = (
        forecast_many({"w2": MANY["w2"]}, 20, 50, 3),
        forecast_many(MANY, 20, 50, 3, workers=2),
    )
    np.testing.assert_array_equal(alone["w2"].paths, all_["w2"].paths)
    np.testing.assert_array_equal(
        alone["w2"].paths, forecast(MANY["w2"], 20, paths=50, seed=3).paths
    )
    own = forecast_many(pd.DataFrame(MANY), 20, 50, 3, shared=False)
    np.testing.assert_array_equal(
        own["w2"].paths, forecast_many({"w2": MANY["w2"]}, 20, 50, 3, shared=False)["w2"].paths
    )
    assert not np.array_equal(own["w2"].paths, alone["w2"].paths)


def test_threads_change_no_bit_and_the_environment_comes_back():
    import os

    before = os.environ.get("OMP_NUM_THREADS")
    made = forecast_many(MANY, 10, 20, 1, workers=2, executor="threads")
    np.testing.assert_array_equal(made["w5"].paths, forecast_many(MANY, 10, 20, 1)["w5"].paths)
    assert list(made) == list(MANY) and os.environ.get("OMP_NUM_THREADS") == before


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: forecast_many({}, 10), "forecast: there is no series; give at least one."),
        (
            lambda: forecast_many({"a": pd.Series([1.0], DAYS[:1])}, 10),
            "a: history: 1 day with a value; a forecast needs at least 2.",
        ),
        (
            lambda: forecast_tree({"a": MANY["w0"], "b": MANY["w1"][:-3]}, 10, paths=10),
            "b: its history ends on 2025-10-24 and that of a on 2025-10-27; bring all series to one last day (write 0 where nothing was used).",
        ),
        (
            lambda: forecast_tree({"a": MANY["w0"]}, 10, {"a": ("a",)}, paths=10),
            "hierarchy: 'a' is a node and a series; give one of them another name.",
        ),
        (
            lambda: forecast_tree({"a": MANY["w0"]}, 10, {"aa": ("x",)}, paths=10),
            "hierarchy: unknown series 'aa'. Did you mean 'a'? Known: a.",
        ),
        (
            lambda: forecast_tree({"a": MANY["w0"]}, 10, paths=10).month_totals("Totl"),
            "hierarchy: unknown node 'Totl'. Did you mean 'Total'? Known: a, Total.",
        ),
    ],
)
def test_what_cannot_be_added_up_is_refused_in_one_sentence(build, message):
    with pytest.raises(ForecastError) as raised:
        build()
    assert str(raised.value) == message
