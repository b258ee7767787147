"""What does not pay before the next decision waits for it (docs/method §8.11)."""

from __future__ import annotations

import numpy as np
import pytest

from finops_model.decide.commitments.search.best import Offer, replay_commitments

OFFER = Offer(name="gpu", rate=0.6, on_demand=1.0, term_months=12)


def later(soon: float, then: float):
    """A forecast that is sure of one level for 31 days and of another after."""

    def forecast(known, hours, first_day, paths, seed):
        return np.where(np.arange(hours) < 31 * 24, soon, then)[None, :]

    return forecast


def bought(patient: bool, forecast) -> np.ndarray:
    days = (np.datetime64("2026-06-01") - np.datetime64("2026-01-01")).astype(int)
    return (
        replay_commitments(
            np.full(days * 24, 10.0),
            [OFFER],
            first_day="2026-01-01",
            months=2,
            forecast=forecast,
            patient=patient,
        )
        .lines[0]
        .bought
    )


@pytest.mark.parametrize("patient, first", [(True, 10.0), (False, 50.0)])
def test_a_rise_that_is_forecast_for_later_is_bought_later(patient, first):
    assert bought(patient, later(10.0, 50.0))[0] == first


@pytest.mark.parametrize("patient", [True, False])
def test_a_fall_that_is_forecast_for_later_keeps_from_buying_now(patient):
    assert bought(patient, later(50.0, 10.0))[0] == 10.0


def test_patience_never_buys_more_on_the_first_day():
    rng = np.random.default_rng(5)

    def forecast(known, hours, first_day, paths, seed):
        return rng.gamma(4, 5, (20, hours))

    state = rng.bit_generator.state
    careful = bought(True, forecast)
    rng.bit_generator.state = state
    assert 0 < careful[0] <= bought(False, forecast)[0]
