"""What notebooks say is made from the figures of their run: the words change with the figures, and none is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace as Like

import numpy as np
import pandas as pd
import pytest

from finops_model.decide.compare import Comparison, Line
from finops_model.publish.notebook_words import (
    commit_answer,
    difference_said,
    growth_answer,
    what_if_answer,
)
from finops_model.wording import eight_of_ten

ROOT = Path(__file__).resolve().parents[1]
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def line(difference):
    difference = np.asarray(difference, float)
    return Line("Smaller", "?", 0.0, 0.0, 0.0, 0.0, difference)


@pytest.mark.parametrize(
    "difference, said",
    [
        (
            np.linspace(-120e3, -80e3, 101),
            "*Smaller* saves $100k on average (eight of ten futures: $84.0k to $116k) and is cheaper with a chance of more than 99 %.",
        ),
        (
            np.linspace(80e3, 120e3, 101),
            "*Smaller* costs $100k more on average (eight of ten futures: $84.0k to $116k); cheaper with a chance of less than 1 %.",
        ),
        (
            np.full(101, -5000.0),
            "*Smaller* saves $5.00k on average (the same in every future) and is cheaper with a chance of more than 99 %.",
        ),
        (
            np.linspace(-100.0, 101.0, 202),
            "*Smaller* cannot be distinguished from no change: $0.50 on average, eight of ten futures: −$79.90 to $80.90; "
            "cheaper with a chance of 50 %.",
        ),
        (np.zeros(101), "*Smaller* changes nothing."),
    ],
)
def test_a_difference_is_said_as_it_is(difference, said):
    assert difference_said(line(difference), "USD") == said


def test_the_answer_of_a_what_if_follows_its_figures():
    base = Like(quantile=lambda q: {0.1: 13.75e6, 0.5: 14.99e6, 0.9: 16.74e6}[q])
    made = Comparison(
        "USD", ("2026-11", "2027-12"), 101, 1, None, (line(np.linspace(-1e6, -0.7e6, 101)),)
    )
    assert what_if_answer(base, made, "Smaller") == (
        "**Answer** Without a change AI costs $15.0m from November 2026 through December 2027 (eight of ten futures: $13.8m to $16.7m). "
        "*Smaller* saves $850k on average (eight of ten futures: $730k to $970k) and is cheaper with a chance of more than 99 %."
    )


def recommended(quantity, saving, held=40, months=12):
    saving = np.asarray(saving, float)
    offer = Like(term_months=months)
    answer = Like(
        quantity=quantity,
        purchases=[Like(quantity=quantity, unit="H100 GPUs an hour", offer=offer)],
        currency="USD",
        on_demand=np.full(len(saving), 2e6),
        expected_saving=float(saving.mean()),
        effective_savings_rate=float(saving.mean() / 2e6),
        probability_of_loss=float((saving < 0).mean()),
        saving_quantile=lambda q: float(np.quantile(saving, q)),
    )
    return Like(
        recommendation=answer, held=[{"quantity": held}] if held else [], start="2027-01-01"
    )


def test_the_answer_of_a_commitment_follows_its_figures():
    sure, cautious = (
        recommended(50, np.linspace(3e5, 7e5, 101)),
        recommended(37, np.linspace(3.9e5, 4.9e5, 101)).recommendation,
    )
    assert commit_answer(sure, cautious) == (
        "**Answer** 50 H100 GPUs an hour for one year from 2027-01-01, 10 more than today. That saves $500k on average of the $2.00m that the same use "
        "costs on demand (25%); eight of ten futures: $340k to $660k. It loses money with a chance of less than 1 %. Who fears idle hours most signs 37, "
        "saves $440k on average and at least $400k in nine of ten futures, instead of $340k."
    )
    risky = recommended(40, np.linspace(-1e5, 3e5, 101), months=36)
    assert commit_answer(risky).startswith(
        "**Answer** 40 H100 GPUs an hour for 3 years from 2027-01-01, as many as today."
    )
    assert commit_answer(risky).endswith("It loses money with a chance of 25 %.")
    assert "today" not in commit_answer(recommended(40, np.linspace(1e5, 3e5, 101), held=0))
    assert commit_answer(recommended(0, np.zeros(3))) == (
        "**Answer** Commit to nothing: on the simulated demand no level of the offers saves money on average."
    )


def test_the_answer_of_growth_follows_its_figures():
    days = pd.date_range("2025-01-01", "2026-06-30")
    cost = np.where(days < "2026-01-01", 100.0, 150.0)
    bill = pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage", "EffectiveCost": cost})
    facts = Like(daily=bill, as_of="2026-06-30")
    nodes = lambda a, b: Like(names=("Care", "Lab"), totals=np.array([[[a, b]]] * 5, float))
    row = lambda lead, ours, naive: {"lead": lead, "error_pct": ours, "naive_error_pct": naive}
    rows = {"alone": [row(1, 0.03, 0.04), row(2, 0.041, 0.05), row(3, 0.05, 0.06)], "knew": []}
    assert growth_answer(facts, rows, nodes(100, 50), nodes(120, 51)) == (
        "**Answer** AI use: +50 % in a year at constant prices, without one-offs (as paid +50 %). 1 to 3 months ahead month totals were missed by 3 to 5 %, less than repeating last week would have; beyond "
        "that a range is an assumption. What people know moves Care most (+20% over the months ahead). Plan the company's P50 and hold its own P90 back: "
        "the P90s of units added up are too much."
    )
    rows["alone"][0]["naive_error_pct"] = 0.01
    assert "less than repeating last week would have at 2 of 3 leads" in growth_answer(
        facts, rows, nodes(1, 1), nodes(1, 1)
    )
    assert "moves" not in growth_answer(facts, rows, nodes(1, 1), nodes(1, 1))


def test_a_range_without_width_is_said():
    assert eight_of_ten(5.0, 5.0, "EUR") == "the same in every future"


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.name)
def test_no_text_of_a_notebook_states_a_figure_of_its_run(path):
    """Words typed beside figures go false while the last cell passes: 49 GPUs were 50, 400,000–583,000 were 379,123–595,825."""
    book = json.loads(path.read_text(encoding="utf-8"))
    texts = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "markdown"]
    texts[0] = re.sub(
        r"\*\*Question\*\*.*?(?=\*\*Answer\*\*)", "", texts[0], flags=re.S
    )  # a question states what is given
    for text in texts:
        plain = re.sub(r"`[^`]*`", "", text)
        assert not re.search(
            r"\d\s*(%|percent|million|USD|EUR|\$|GPUs)|[$€]\s*\d|\d{1,3}(,\d{3})+", plain
        ), plain
