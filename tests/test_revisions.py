"""Revisions of a forecast: how nervous it is, and what moved a year's P50 (docs/method §10.3, §11.11)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.measure.bridge.lines import of_expected
from finops_model.measure.change import moved as bridge
from finops_model.measure.change import revisions as nervous
from finops_model.simulate.run import Run


def run(as_of, totals: dict[str, list[float]], lines=(), units=("Lab",), unit_of=("Lab",)) -> Run:
    """A run of one unit whose months have these totals by path."""
    effective = np.array(list(totals.values()), float).T[:, :, None]
    return Run(
        name="Base",
        question="",
        currency="USD",
        as_of=as_of,
        months=tuple(totals),
        units=units,
        workloads=("chat",),
        unit_of=unit_of,
        effective=effective,
        so_far=np.zeros((len(totals), 1)),
        by_workload=np.zeros((1, len(totals), 4)),
        range_share=np.zeros((1, 2)),
        dials={},
        lines=[dict(line) for line in lines],
        assumptions=[],
        seed=0,
        paths=effective.shape[0],
        engine="numpy",
        scenario_hash="",
        ledger="",
    )


def flat(as_of, **months) -> Run:
    return run(as_of, {name.replace("_", "-")[1:]: [value] for name, value in months.items()})


RUNS = [
    flat("2026-01-31", m2026_02=100, m2026_03=100, m2026_04=100),
    flat("2026-02-28", m2026_03=110, m2026_04=120),
    flat("2026-03-31", m2026_04=108, m2026_05=200),
    flat("2026-05-31", m2026_06=90),
]


def test_revisions_by_hand():
    """March: 100 → 110. April: 100 → 120 → 108. May and June were forecast once; April's end was skipped, so nothing follows it."""
    moves = nervous.revisions(RUNS)
    assert moves[["made", "for", "lead"]].to_numpy().tolist() == [
        ["2026-02", "2026-03", 1],
        ["2026-02", "2026-04", 2],
        ["2026-03", "2026-04", 1],
    ]
    assert moves["drift_pct"].tolist() == pytest.approx([0.1, 0.2, -0.1])
    one = nervous.measured(moves)
    assert one["sd"] == pytest.approx(
        np.sqrt((0.1 - 0.2 / 3) ** 2 / 2 + (0.2 - 0.2 / 3) ** 2 / 2 + (0.1 + 0.2 / 3) ** 2 / 2)
    )
    assert (one["n"], one["months"], one["pairs"], one["autocorrelation"]) == (3, 2, 1, None)
    assert one["median"] == pytest.approx(0.1)
    assert one["sentence"] == (
        "From one month end to the next the P50 of a month moved by 10.0 % (median; sd 15.3 %, n = 3, of 2 months)."
    )
    assert nervous.by_lead(moves)[1] == {
        "lead": 2,
        "n": 1,
        "sd": None,
        "median": pytest.approx(0.2),
    }


def forecasts(seed: int, phi: float, months=40) -> pd.DataFrame:
    """Forecasts of months from twelve month ends each, whose revisions are an AR(1) of a given correlation."""
    rng, rows = np.random.default_rng(seed), []
    for target in range(12, 12 + months):
        move, p50 = 0.0, 100.0
        for lead in range(12, 0, -1):
            at = target - lead
            rows.append(
                (
                    f"{2024 + at // 12}-{at % 12 + 1:02}",
                    f"{2024 + target // 12}-{target % 12 + 1:02}",
                    lead,
                    p50,
                )
            )
            move = phi * move + rng.normal(0, 0.05)
            p50 *= 1 + move
    return pd.DataFrame(rows, columns=["made", "for", "lead", "p50"])


@pytest.mark.parametrize("seed", range(3))
def test_spread_and_correlation_are_the_loops_written_out(seed):
    table = forecasts(seed, 0.4).sample(frac=0.8, random_state=seed)
    moves, known = nervous.moves(table), {(m, f): p for m, f, _, p in table.to_numpy()}
    later = lambda month: str(np.datetime64(month, "M") + 1)
    drift = {
        (later(m), f): known[later(m), f] / p - 1
        for (m, f), p in known.items()
        if (later(m), f) in known
    }
    pairs = [
        (value, drift[later(m), f]) for (m, f), value in drift.items() if (later(m), f) in drift
    ]
    one = nervous.measured(moves)
    assert one["n"] == len(drift) and one["pairs"] == len(pairs)
    assert one["sd"] == pytest.approx(np.std(list(drift.values()), ddof=1))
    assert one["median"] == pytest.approx(np.median(np.abs(list(drift.values()))))
    assert one["autocorrelation"] == pytest.approx(np.corrcoef(np.array(pairs).T)[0, 1])


@pytest.mark.parametrize(
    "phi, words",
    [
        (-0.6, "moves are often taken back, so part of each was noise (lag-1 correlation −0."),
        (0.0, "one move says little of the next (lag-1 correlation "),
        (0.7, "moves go on, so the forecast follows late (lag-1 correlation +0."),
    ],
)
def test_a_known_correlation_is_found_and_said(phi, words):
    one = nervous.measured(nervous.moves(forecasts(1, phi, 200)))
    assert one["autocorrelation"] == pytest.approx(phi, abs=0.06) and words in one["sentence"]


def test_few_pairs_give_no_verdict():
    one = nervous.measured(nervous.moves(forecasts(1, -0.6).query("lead < 4")[:30]))
    assert one["pairs"] < nervous.ENOUGH
    assert one["sentence"].endswith(
        f"; too few moves follow one another to say whether they are taken back ({one['pairs']}; 12 say something)."
    )


@settings(max_examples=15)
@given(st.floats(0.001, 1e6), st.integers(0, 3))
def test_revisions_do_not_know_the_unit_of_money(factor, seed):
    table = forecasts(seed, 0.2, 15)
    one, other = (
        nervous.measured(nervous.moves(t)) for t in (table, table.assign(p50=table["p50"] * factor))
    )
    for key in ("n", "sd", "median", "autocorrelation"):
        assert other[key] == pytest.approx(one[key], rel=1e-6)


def test_series_of_a_table_are_not_mixed():
    table = pd.concat(
        [forecasts(1, 0.2, 5).assign(series="a"), forecasts(2, 0.2, 5).assign(series="b")]
    )
    moves = nervous.moves(table)
    alone = [nervous.moves(part) for _, part in table.groupby("series")]
    assert len(moves) == sum(map(len, alone))
    assert sorted(moves["drift_pct"]) == pytest.approx(sorted(pd.concat(alone)["drift_pct"]))


# What moved a year


def line(sku, quantity, cost, workload="chat", unit="tokens"):
    return {"workload": workload, "sku": sku, "unit": unit, "quantity": quantity, "cost": cost}


def parts_of(then, now):
    return bridge.bridge(*(of_expected(lines, "USD") for lines in (then, now)))


def test_the_bridge_by_hand():
    """100 small at 1, 100 large at 3; then 60 small at 1.1, 180 large at 2.5: use + 20 %, prices, and more of the large one."""
    then = [line("small", 100, 100.0), line("large", 100, 300.0), line("seats", 0, 50.0, unit="")]
    now = [line("small", 60, 66.0), line("large", 180, 450.0), line("seats", 0, 80.0, unit="")]
    parts = parts_of(then, now)
    assert parts["volume"] == pytest.approx(
        40 * 2.0 + 30
    )  # 40 more at the mean price of 2; the seats
    assert parts["mix"] == pytest.approx((60 * 1 + 180 * 3) - 240 * 2)
    assert parts["price"] == pytest.approx(60 * 0.1 - 180 * 0.5)


cell = st.tuples(
    st.sampled_from(["a", "b", "c", bridge.PRICED]),
    st.floats(0, 1e6),
    st.floats(-1e3, 1e6),
    st.sampled_from(["chat", "train"]),
    st.sampled_from(["tokens", "hours", ""]),
)


@settings(max_examples=60)
@given(st.lists(cell, max_size=8), st.lists(cell, max_size=8))
def test_the_parts_of_a_move_add_up(then, now):
    sides = [[line(*one) for one in side] for side in (then, now)]
    parts = parts_of(*sides)
    for named in ("launches", "retirements"):  # they are volume
        parts.pop(named)
    change = sum(one["cost"] for one in sides[1]) - sum(one["cost"] for one in sides[0])
    size = sum(abs(one["cost"]) for side in sides for one in side) + sum(map(abs, parts.values()))
    assert sum(parts.values()) == pytest.approx(change, abs=1e-9 * size + 1e-9)


@settings(max_examples=30)
@given(
    st.floats(0.1, 10),
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(1, 1e4)), min_size=1, max_size=5),
)
def test_more_of_the_same_is_volume_and_dearer_is_price(factor, skus):
    then = [line(str(i), q, c) for i, (q, c) in enumerate(skus)]
    whole = sum(c for _, c in skus)
    more = parts_of(
        then,
        [
            one | {"quantity": one["quantity"] * factor, "cost": one["cost"] * factor}
            for one in then
        ],
    )
    dear = parts_of(then, [one | {"cost": one["cost"] * factor} for one in then])
    close = lambda value: pytest.approx(value, abs=1e-9 * whole * max(factor, 1))
    assert (more["volume"], more["price"], more["mix"]) == (
        close(whole * (factor - 1)),
        close(0),
        close(0),
    )
    assert (dear["volume"], dear["price"], dear["mix"]) == (
        close(0),
        close(whole * (factor - 1)),
        close(0),
    )


def forecast(as_of, months, quantity, price, paths=(-1.0, 0.0, 1.0)):
    lines = [
        {"month": month, "service": "LLM", "sku": "small", "unit": "tokens", "workload": "chat"}
        | {"quantity": quantity, "unit_price": price, "cost": quantity * price}
        for month in months
    ]
    return run(as_of, {month: [quantity * price + one for one in paths] for month in months}, lines)


def rows(month, quantity, cost, **more):
    one = {
        "ChargeDate": pd.Timestamp(f"{month}-05"),
        "x_Workload": "chat",
        "SkuId": "small",
        "ServiceName": "LLM",
    }
    one |= {
        "ConsumedUnit": "tokens",
        "ConsumedQuantity": quantity,
        "EffectiveCost": cost,
        "CommitmentDiscountStatus": "",
    }
    return pd.DataFrame([one | more])


YEAR = [f"2026-{m:02}" for m in range(1, 13)]
BOOKED = dict.fromkeys(YEAR[:9], 90.0)


def test_actuals_in_place_of_forecasts_are_part_of_the_move():
    """October was forecast at 100 × 1.00 and came to 120 × 0.90; November and December are now 110 × 1.00."""
    then = bridge.expected(forecast("2026-09-30", YEAR[9:], 100.0, 1.0), None, BOOKED)
    known = {**BOOKED, "2026-10": 108.0}
    now = bridge.expected(forecast("2026-10-31", YEAR[10:], 110.0, 1.0), None, known)
    one = bridge.moved(then[0], now[0], rows("2026-10", 120.0, 108.0), known, "published")
    assert (then[0]["p50"], now[0]["p50"]) == (810 + 300, 810 + 108 + 220)
    assert one["drift_pct"] == pytest.approx(28 / 1110)
    assert one["parts"] == pytest.approx(
        {
            "volume": 40 / 1110,
            "price": -12 / 1110,
            **dict.fromkeys(("mix", "one_off", "restated", "shape"), 0.0),
        },
        abs=1e-12,
    )
    kept = one | {"parts": dict(sorted(one["parts"].items()))}  # as a published brief has them
    assert bridge.sentence(kept) == one["sentence"]
    assert one["actuals"] == pytest.approx(8 / 1110) and one["actual_months"] == ["2026-10"]
    assert one["sentence"] == (
        "P50 of FY2026 moved +2.5 % since last month: volume +3.6, mix 0.0, price −1.1 points. Of it +0.7 came from the actual of October 2026 "
        "in place of its forecast. Compared with the forecast of 30 September 2026, as published."
    )


def test_restated_bills_and_the_shape_of_the_range_have_parts_of_their_own():
    then = bridge.expected(forecast("2026-09-30", YEAR[9:], 100.0, 1.0), None, BOOKED)
    restated = {**BOOKED, "2026-01": 100.0}
    wide = forecast("2026-09-30", YEAR[9:], 100.0, 1.0, (-10.0, 5.0, 5.0))
    now = bridge.expected(wide, None, restated)
    one = bridge.moved(then[0], now[0], rows("2026-08", 1.0, 1.0), restated, "published")
    assert one["parts"] == pytest.approx(
        {
            **dict.fromkeys(("volume", "price", "mix", "one_off"), 0),
            "restated": 10 / 1110,
            "shape": 15 / 1110,
        },
        abs=1e-12,
    )
    assert "restated bills +0.9, shape of the range +1.4 points" in one["sentence"]


def test_what_a_commitment_leaves_unused_is_a_matter_of_price():
    booked = pd.concat(
        [rows("2026-10", 100.0, 70.0), rows("2026-10", 0.0, 9.0, CommitmentDiscountStatus="Unused")]
    )
    then = bridge.expected(forecast("2026-09-30", YEAR[9:], 100.0, 1.0), None, BOOKED)
    known = {**BOOKED, "2026-10": 79.0}
    now = bridge.expected(forecast("2026-10-31", YEAR[10:], 100.0, 1.0), None, known)
    one = bridge.moved(then[0], now[0], booked, known, "re-created")
    assert one["parts"]["price"] == pytest.approx(-21 / 1110) and one["parts"]["volume"] == 0.0


def test_a_year_that_the_forecast_does_not_reach_is_not_expected():
    assert [
        one["period"]
        for one in bridge.expected(forecast("2026-09-30", YEAR[9:11], 1.0, 1.0), None, {})
    ] == []
    months = [*YEAR[9:], *(f"2027-{m:02}" for m in range(1, 13))]
    both = bridge.expected(forecast("2026-09-30", months, 1.0, 1.0), None, {})
    assert [one["period"] for one in both] == ["FY2026", "FY2027"]
    july = bridge.expected(forecast("2026-09-30", months, 1.0, 1.0), None, {}, starts=7)
    assert [one["period"] for one in july] == ["FY2027"]  # ends in June 2027; FY2028 is not reached


def test_a_published_forecast_counts_before_a_replayed_one():
    now = bridge.expected(
        forecast("2026-10-31", YEAR[10:], 110.0, 1.0), None, {**BOOKED, "2026-10": 108.0}
    )
    replay = forecast("2026-09-30", YEAR[9:], 100.0, 1.0)
    published = {
        "expected": bridge.expected(forecast("2026-09-30", YEAR[9:], 99.0, 1.0), None, BOOKED)
    }
    given_ = (None, rows("2026-10", 120.0, 108.0), {**BOOKED, "2026-10": 108.0})
    sources = [
        bridge.since_last_month(now, brief, [replay], *given_)[0] for brief in (published, {}, None)
    ]
    assert [(one["source"], one["previous_p50"]) for one in sources] == [
        ("published", 810 + 297.0),
        ("re-created", 1110.0),
        ("re-created", 1110.0),
    ]
    assert bridge.since_last_month(now, None, [], *given_) == []
    assert bridge.since_last_month([], published, [replay], *given_) == []


@settings(max_examples=60)
@given(st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=5))
def test_the_points_that_are_shown_add_up_to_the_move_that_is_shown(shares):
    shown = bridge.points(dict(zip(bridge.PARTS, shares)), sum(shares))
    assert sum(round(value * 10) for value in shown.values()) == round(sum(shares) * 1000)
    assert all(
        abs(value - share * 100) < 0.1 + 1e-9 for value, share in zip(shown.values(), shares)
    )
