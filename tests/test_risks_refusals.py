"""What a risk refuses, word for word: where, what, the nearest match, what is allowed, what to do (docs/method §3.30)."""

from __future__ import annotations

import numpy as np
import pytest
from risk_world import costs, facts_in, plan_of

from finops_model.errors import ScenarioError
from finops_model.periods import is_date
from finops_model.simulate.compile import risk_plan
from finops_model.uncertainty.risks import kinds

KINDS = ", ".join(kinds())
CALENDAR = "write a month YYYY-MM or a day YYYY-MM-DD that the calendar has."


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, facts_in(folder)


def message(company, text: str) -> str:
    with pytest.raises(ScenarioError) as problem:
        plan_of(*company, text)
    return str(problem.value).replace(f"{company[0]}/", "")


FX = "kind: fx, skus: H100, volatility: 0.1"
REFUSED = {
    "kind: price_jump, skus: H100": f"unknown kind of risk 'price_jump'. Did you mean 'price_jumps'? Known: {KINDS}.",
    "skus: H100": f"kind is missing; write one of {KINDS}.",
    "knd: fx, skus: H100": f"kind is missing; write one of {KINDS}. Did you mean it by 'knd'?",
    "kind: [fx], skus: H100": f"unknown kind of risk '['fx']'. Known: {KINDS}.",
    "kind: fx, skus: H100": "fx: 'volatility' is missing; write it.",
    "kind: fx, skus: H100, volatilty: 0.1": "unknown fx field 'volatilty'. Did you mean 'volatility'? Known: skus, services, workloads, since, apart, known_since, volatility, "
    "drift_per_year, kappa.",
    "kind: fx, volatility: 0.1": "fx: what does it act on? Write skus or services; '*' stands for all.",
    "kind: fx, skus: [], volatility: 0.1": "fx: what does it act on? Write skus or services; '*' stands for all.",
    "kind: fx, workloads: train, volatility: 0.1": "workloads does not belong to fx; it acts on skus, services.",
    "kind: fx, skus: 7, volatility: 0.1": "skus is '7'; write a name or a list of names.",
    "kind: fx, skus: [H100, [x]], volatility: 0.1": "skus is '['H100', ['x']]'; write a name or a list of names.",
    "kind: fx, skus: H100, volatility: '0.1'": "volatility is the text '0.1'; write a number, without quotes (1000000).",
    "kind: fx, skus: H100, volatility: true": "volatility is True; it must be a finite number.",
    "kind: fx, skus: H100, volatility: {min: 0, max: 1}": "volatility is a range; here it must be one number.",
    "kind: fx, skus: H100, volatility: 8": "volatility is 8; it must be from 0 to 3 (0.08 is 8 % a year).",
    f"{FX}, kappa: -1": "kappa is -1; it must be from 0 to 1000.",
    f"{FX}, drift_per_year: 20": "drift_per_year is 20; it must be from -5 to 5 (of the logarithm: 0.02 is 2 % a year).",
    f"{FX}, since: 2027-02-29": f"since is '2027-02-29'; {CALENDAR}",
    f"{FX}, since: next year": f"since is 'next year'; {CALENDAR}",
    f"{FX}, since: 5": f"since is '5'; {CALENDAR}",
    f"{FX}, apart: 1": "apart is '1'; it must be true or false.",
    "kind: price_jumps, skus: H100, per_year: 1": "price_jumps: 'factor' is missing; write it.",
    "kind: price_jumps, skus: H100, per_year: 500, factor: 0.5": "per_year is 500; it must be from 0 to 366 (once a day is the most).",
    "kind: price_jumps, skus: H100, per_year: 1, factor: 0": "factor is 0; a price factor is above 0 (0.8 is a cut of 20 %).",
    "kind: price_jumps, skus: H100, per_year: 1, factor: -1": "factor is -1; it must be 0 or more.",
    "kind: price_jumps, skus: H100, per_year: 1, factor: [1]": "factor: the value is a list, not a number. Formulas are not run: write the number, or a range "
    "{p10, p50, p90}.",
    "kind: price_jumps, skus: H100, per_year: 1, factor: {p10: 3, p50: 2, p90: 1}": "factor: p10 3, p50 2, p90 1 must rise. For a certain value write one number.",
    "kind: price_jumps, skus: H100, per_year: 1, factor: {min: -1, max: 2}": "factor: values down to -1 are possible; all values here must be above 0. Write "
    "truncate: {min: 0}, or another form.",
    "kind: price_jumps, skus: H100, per_year: 1, factor: {min: 1, max: 2, factors: {m: 0.5}}": "factor: each event has a size of its own, so it cannot follow factors. "
    "Take factors out.",
    "kind: announced, skus: H100, changes: 5": "changes: write a list of {since, factor, chance}, at least one.",
    "kind: announced, skus: H100, changes: [5]": "changes/0 is '5'; write {since, factor, chance}.",
    "kind: announced, skus: H100, changes: [{sinc: 2027-01, factor: 2}]": "changes/0: unknown field 'sinc'. Did you mean 'since'? Known: since, factor, chance.",
    "kind: announced, skus: H100, changes: [{since: 2027-01}]": "changes/0: factor is missing; write it.",
    "kind: announced, skus: H100, changes: [{since: 2027-01, factor: 2}, {since: 2027-04-31, factor: 2}]": f"changes/1: since is '2027-04-31'; {CALENDAR}",
    "kind: announced, skus: H100, changes: [{since: 2027-01, factor: 2, chance: 20}]": "changes/0: chance is 20; it must be from 0 to 1.",
    "kind: announced, skus: H100, changes: [{since: 2027-01, factor: 2}, {since: 2027-01-01, factor: 3}]": "changes: two are of 2027-01-01; write one, or a risk for each.",
    "kind: announced, skus: H100, since: 2027-01, changes: [{since: 2027-01, factor: 2}]": "since: every change has a day of its own; take since out.",
    "kind: successor, skus: H100, interval_months: {p10: 4, p50: 6, p90: 8}, factor: 1": "interval_months: an interval of 0 months is possible; it must be 0.1 or more "
    "(4 to 8 is usual). Write {min: 4, max: 8}.",
    "kind: successor, skus: H100, interval_months: 4, factor: 1, adopted: 60": "adopted is 60; it must be from 0 to 1.",
    "kind: spot, skus: H100, start: 4": "start is 4 of the on-demand price; pooled was measured from 0.0901 to 0.7064.",
    "kind: spot, skus: H100, start: 0.4, measured: a2-highgpu": "measured: unknown spot model 'a2-highgpu'. Did you mean 'a2-highgpu-1g'? Known: pooled, a2-highgpu-1g, "
    "a2-ultragpu-1g, a3-highgpu-8g, g2-standard-4.",
    "kind: spot, skus: H100, start: 0.4, today: reserved": "today is 'reserved'; the ledger's price is spot or on_demand.",
    "kind: spot, skus: H100, start: 0.4, fallback: 0.1": "fallback: where the ledger's price is spot today, its hours on demand are in the ledger already; take fallback out.",
    "kind: spot, skus: H100, start: 0.4, today: on_demand, interruptions_now: 0.1": "interruptions_now: on demand nothing is interrupted today; take it out.",
    "kind: spot, skus: H100, start: 0.4, interruptions: 5": "interruptions: a share of 5 is possible; it must stay below 1 (0.05: one machine of twenty in a month). "
    "Write truncate: {max: 0.5}.",
    "kind: spot, skus: H100, start: 0.4, interruptions: 0.9, checkpoint_minutes: 60, machines: 100000": "interruptions: at 0.9 a month work takes over a hundred times as long; "
    "check machines (100000), checkpoint_minutes and restart_minutes.",
    "kind: spot, skus: H100, start: 0.4, machines: 0": "machines is 0; it must be from 1 to 1e+06.",
    "kind: scarcity, starts: 0.1, ends: 0.2": "scarcity: what does it act on? Write skus or services or workloads; '*' stands for all.",
    "kind: scarcity, skus: H100, starts: 0.1, ends: 0.2, availability: 0.5": "availability: of what? Write workloads.",
    "kind: scarcity, workloads: train, starts: 0.1, ends: 0.2, price: 2": "price: of what? Write skus or services.",
    "kind: scarcity, workloads: train, starts: 0.1, ends: 0.2, availability: 70": "availability: a share of 70 is possible; it is a share of demand, from 0 to 1. "
    "Write truncate: {max: 1}, or {min, mode, max}.",
    "kind: scarcity, workloads: train, skus: H100, starts: 0.1, ends: 0.2, price: 2, apart: true": "apart: one draw moves price and demand together, so they cannot be "
    "drawn apart. Write a risk for each SKU.",
    "kind: scarcity, workloads: train, starts: 0.1, ends: 0.2, availability: 0.5, scarce_now: 1": "scarce_now is '1'; it must be true or false.",
    "kind: migration, workloads: train, share: 0.5": "migration: since is missing; write the day or month on which it begins.",
    "kind: migration, workloads: train, since: 2027-01, share: 1.5": "share: 1.5 is possible; no more than all of the use can move. Write truncate: {max: 1}, or "
    "{min, mode, max}.",
    "kind: migration, workloads: train, since: 2027-01, share: 0.5, curve: scurve": "unknown curve 'scurve'. Did you mean 's_curve'? Known: straight, s_curve.",
    "kind: migration, workloads: train, since: 2027-01, share: 0.5, months: -1": "months is -1; it must be from 0 to 120.",
    "kind: migration, workloads: train, since: 2027-01, share: 0.5, delay_months: -2": "delay_months is -2; it must be 0 or more.",
    "kind: bursts, workloads: train, per_year: 3": "bursts: how large is one? Write cost (money) or days_of_use (usual days), one of them.",
    "kind: bursts, workloads: train, per_year: 3, cost: 0": "cost is 0; it must be a finite number above 0.",
    "kind: bursts, workloads: train, per_year: 3, cost: '1e6'": "cost is the text '1e6'; write a number, without quotes (1000000).",
    "kind: bursts, workloads: train, per_year: 3, cost: 5, lasts_days: 0.5": "lasts_days is 0.5; it must be from 1 to 3660.",
    f"{FX}, owner: 5": None,
    f"{FX}, review_by: soon": None,
}


@pytest.mark.parametrize("fields", [fields for fields, said in REFUSED.items() if said])
def test_a_risk_that_cannot_be_meant_is_refused(company, fields):
    assert (
        message(company, f"risks: {{r: {{{fields}}}}}\n") == f"s.yaml:2: risks/r: {REFUSED[fields]}"
    )


NAMES = {
    f"risks: {{r: {{{FX}, owner: 5}}}}\n": "s.yaml:2: risks/r/owner is '5'; write a text.",
    f"risks: {{r: {{{FX}, review_by: soon}}}}\n": f"s.yaml:2: risks/r/review_by is 'soon'; {CALENDAR}",
    "risks: {r: {kind: fx, skus: H10, volatility: 0.1}}\n": "s.yaml:2: risks/r/skus: unknown SKU 'H10'. Did you mean 'H100'? Known: EGRESS, H100, Storage, "
    "large:input_tokens, large:output_tokens, small:input_tokens, small:output_tokens.",
    "risks: {r: {kind: fx, skus: 'H[1]*', volatility: 0.1}}\n": "s.yaml:2: risks/r/skus: unknown SKU 'H[1]*'. Known: EGRESS, H100, Storage, "
    "large:input_tokens, large:output_tokens, small:input_tokens, small:output_tokens.",
    "risks: {r: {kind: fx, services: Comput, volatility: 0.1}}\n": "s.yaml:2: risks/r/services: unknown service 'Comput'. Did you mean 'Compute'? Known: Aurora API, "
    "Compute, Network, Storage.",
    "risks: {r: {kind: migration, workloads: trian, since: 2027-01, share: 0.5}}\n": "s.yaml:2: risks/r/workloads: unknown workload 'trian'. Did you mean 'train'? "
    "Known: chat, lake, train.",
    "risks: {r: {kind: bursts, workloads: seats, per_year: 3, cost: 5}}\n": "s.yaml:2: risks/r/workloads: unknown workload with a history 'seats'. Known: chat, lake, train.",
    "risks: {chat: {kind: bursts, workloads: train, per_year: 3, cost: 5}}\n": "s.yaml:2: 'chat' is the name of a workload already; its campaigns are a row of their own, "
    "so give the risk another name.",
    "risks: {r: 5}\n": f"s.yaml:2: risks/r: a risk is a mapping with kind and its fields, not '5'. Kinds: {KINDS}.",
    f"risks: {{'*': {{{FX}}}}}\n": "s.yaml:2: risks/*: a risk needs a name of 1 to 100 letters on one line, without '*'; its draws go by it.",
    f"risks: {{'': {{{FX}}}}}\n": "s.yaml:2: risks/: a risk needs a name of 1 to 100 letters on one line, without '*'; its draws go by it.",
}
CHANGES = {
    f"path: risks/r, op: add, because: x, value: {{{FX}}}": "risks/r is there already; change its values with op: set, or give the new one another name.",
    f"path: risks/*, op: add, because: x, value: {{{FX}}}": "op: add takes agreements/NAME, caps/NAME, commitments/NAME, purchases/NAME, workloads/NAME or risks/NAME, not 'risks/*'.",
    f"path: risks/q, op: add, since: 2027-01, because: x, value: {{{FX}, since: 2027-02}}": "since is given in the change and in its value; keep one of them.",
    f"path: risks/q, op: add, per: month, because: x, value: {{{FX}}}": "per: month belongs to values that change in time (levels, growth, prices); 'risks/q' is not one.",
    "path: risks/q, op: add, because: x, value: 5": "op: add needs a mapping of names to values, not '5'.",
    "path: risks/r/volatility, op: set, since: 2027-01, because: x, value: 0.5": "'risks/r/volatility' holds for the whole run and cannot change from 2027-01. Take since out.",
    "path: risks/r/volatilty, op: set, because: x, value: 0.5": "path 'risks/r/volatilty' is not there. Did you mean 'risks/r/volatility'? Known in 'risks/r': apart, "
    "drift_per_year, kappa, kind, known_since, services, since, skus, volatility, workloads.",
    "path: risks/r/volatility, op: scale, because: x, value: {min: 1, max: 2}": "'risks/r/volatility' is 0.1 and is scaled by min 1, max 2; only a number can be scaled by a "
    "number. Use op: set.",
    "path: risks/r/skus, op: scale, because: x, value: 2": "'risks/r/skus' is H100 and is scaled by 2; only a number can be scaled by a number. Use op: set.",
    "path: risks/r/volatility, op: set, because: x, value: -1": "risks/r: volatility is -1; it must be from 0 to 3 (0.08 is 8 % a year).",
    "path: workloads/chat/demand/level, op: set, per: month, value: 2, because: x": "per: month draws an uncertain value anew, but 2 is certain. Take per out, or write a range.",
    "path: workloads/chat/elasticity, op: set, per: month, value: 2, because: x": "per: month belongs to values that change in time (levels, growth, prices); "
    "'workloads/chat/elasticity' is not one.",
    "path: workloads/n, op: add, because: x, value: {cost_per_month: 5, curve: wavy}": "workloads/n/curve: must be 'straight' or 's_curve', not 'wavy'.",
    "path: workloads/n, op: add, because: x, value: {cost_per_month: 5, delay_months: -1}": "workloads/n/delay_months is -1; it must be 0 or more.",
    "path: workloads/chat/demand/level, op: set, since: 2027-02-31, value: 2, because: x": "changes/0/since: '2027-02-31' is no date. Write a month YYYY-MM or a day YYYY-MM-DD.",
}


@pytest.mark.parametrize("text", NAMES)
def test_names_that_are_not_there(company, text):
    assert message(company, text) == NAMES[text]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_risks_that_cannot_be_meant(company, change):
    assert (
        message(company, f"risks: {{r: {{{FX}}}}}\nchanges:\n- {{{change}}}\n")
        == f"s.yaml:4: {CHANGES[change]}"
    )


def test_a_price_on_a_day_that_no_calendar_has(company):
    assert (
        message(company, "prices: {H100: {2027-02-31: 4}}\n")
        == "s.yaml:2: prices/H100/2027-02-31: '2027-02-31' is no date. Write a month YYYY-MM or a day YYYY-MM-DD."
    )
    assert (
        is_date("2028-02-29")
        and not is_date("2027-02-29")
        and not is_date("2027-2")
        and not is_date(None)
    )


def test_what_lies_before_the_first_day_stands_in_the_ledger_already(company):
    plain = costs(plan_of(*company), 256)["Research"]
    for old in (
        "kind: announced, skus: H100, changes: [{since: 2026-10-31, factor: 3}]",
        "kind: migration, workloads: train, since: 2026-01, share: 0.9",
    ):
        assert np.allclose(
            costs(plan_of(*company, f"risks: {{r: {{{old}}}}}\n"), 256)["Research"],
            plain,
            rtol=1e-6,
        )
    half = costs(
        plan_of(
            *company,
            "risks: {r: {kind: migration, workloads: train, since: 2026-10-02, share: 0.8, months: 1.9712526}}\n",
        ),
        256,
    )["Research"]
    assert np.allclose(
        half[:, 1:],
        plain[:, 1:] - 480 * np.array([31, 31, 28, 31, 30]) * (1 - 0.2 / 0.6),
        rtol=1e-5,
    )  # 0.4 of it had moved on 31 October


def test_factors_beyond_belief_are_refused_and_not_summed(company):
    text = "risks: {r: {kind: price_jumps, skus: H100, per_year: 300, factor: 5}}\n"
    with pytest.raises(ScenarioError) as problem:
        costs(plan_of(*company, text), 256)
    told = str(problem.value).replace(f"{company[0]}/", "")
    assert told.startswith("s.yaml:2: risks/r: a factor of ") and told.endswith(
        " came up, which no price or demand has. Check its numbers."
    )
    assert risk_plan.MOST == 25


def test_hostile_patterns_are_read_in_no_time_and_names_are_cut(company):
    assert (
        len(
            plan_of(
                *company, f"risks: {{r: {{kind: fx, skus: '{'*' * 5000}', volatility: 0.1}}}}\n"
            )
            .demand.series[0]
            .skus
        )
        > 5
    )
    assert (
        len(
            message(company, f"risks: {{r: {{kind: fx, skus: '{'x' * 5000}', volatility: 0.1}}}}\n")
        )
        < 300
    )
    evil = "risks: {'<script>alert(1)</script>': {kind: bursts, workloads: train, per_year: 3, cost: 5}}\n"
    assert (
        "<script>alert(1)</script>" in plan_of(*company, evil).names
    )  # a name is a name; pages escape it where they show it
