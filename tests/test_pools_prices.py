"""Commitments on SKUs whose price is uncertain, and what a scenario refuses of commitments (docs/method §3.36)."""

from __future__ import annotations

import numpy as np
import pytest
from pool_world import FAMILIES, SHAPED, TERM, add, by_hand, change_of, company_in, made

from finops_model.errors import ScenarioError
from finops_model.publish.dashboard.levers import Levers, rebuilt
from finops_model.simulate.scenarios import simulate


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return company_in(tmp_path_factory.mktemp("company"))


# uncertain prices: fees stay, spill and what is covered follow


UNCERTAIN = (
    "path: prices/{sku}/price, op: scale, value: {{p10: 0.6, p50: 1.0, p90: 1.8}}, because: x"
)
FALLS = "path: prices/{sku}/price, op: set, since: 2027-01, value: {{p: 0.4, a: 0.8, b: 2.1}}, because: x"


@pytest.mark.parametrize("spend", [False, True], ids=["units", "spend"])
@pytest.mark.parametrize("hours", [False, True], ids=["flat", "hours"])
@pytest.mark.parametrize("how", [UNCERTAIN, FALLS], ids=["elicited", "jumps"])
def test_a_commitment_on_a_sku_with_an_uncertain_price(company, spend, hours, how):
    """One level (tables): the fee is fixed by contract; of A100 and H100, two workloads each, one price is uncertain."""
    terms = (
        dict(quantity=30, unit="USD", ContractCommitmentDiscountPercentage=0.35)
        if spend
        else dict(quantity=12, x_Rate=1.2)
    )
    plan = made(
        company,
        how.format(sku="A100"),
        add("gpu", x_SkuIds="[A100]", **terms),
        head=SHAPED if hours else "name: a\n",
    )
    assert plan.commitments.pools[0].apart is None
    rule = (
        {"kind": "spend", "commitment": 30, "discount": 0.35, "counts": "list", "skus": ["A100"]}
        if spend
        else {"kind": "units", "quantity": 12, "rate": 1.2, "skus": ["A100"]}
    )
    for which in ("numpy", "numba"):
        want, _, price = by_hand(
            company, plan, [{"id": "gpu", **TERM, **rule}], 6, {"A100": 0}, hours, which
        )
        found, whole = change_of(plan, 6, which)
        assert len(np.unique(price[:, -1, 1].round(6))) > 1 and np.allclose(
            found, want, rtol=2e-6, atol=2e-6 * whole.max()
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_overlapping_commitments_under_uncertain_prices(company, family):
    changed, held = FAMILIES[family]
    plan = made(
        company, UNCERTAIN.format(sku="H100"), FALLS.format(sku="A100"), *changed, head=SHAPED
    )
    for which in ("numpy", "numba"):
        want, _, _ = by_hand(
            company,
            plan,
            [{**TERM, **fields} for fields in held],
            5,
            {"A100": 0, "H100": 1},
            True,
            which,
        )
        found, whole = change_of(plan, 5, which)
        assert np.allclose(found, want, rtol=3e-6, atol=3e-6 * whole.max())


def test_a_price_that_hardly_differs_costs_what_a_certain_one_costs(company):
    gpu = add(
        "gpu", quantity=12, x_SkuIds="[A100, H100]", ContractCommitmentDiscountPercentage=0.3
    )  # two prices: by use
    near = "path: prices/A100/price, op: scale, value: {p10: 0.9999999, p50: 1.0, p90: 1.0000001}, because: x"
    sure, nearly = (
        simulate(made(company, gpu, *more), 300, 7, dials=False, engine="numpy").effective
        for more in ((), (near,))
    )
    assert np.allclose(sure, nearly, rtol=2e-6)


def test_a_discount_is_measured_on_the_median_price_of_the_first_day(company):
    plan = made(
        company,
        "path: prices/A100/price, op: set, since: 2026-11, value: {p10: 1.0, p50: 3.0, p90: 7.0}, because: x",
        add("gpu", quantity=4, x_SkuIds="[A100]", ContractCommitmentDiscountPercentage=0.5),
    )
    assert plan.commitments.pools[0].instruments[0].rate == pytest.approx(1.5)


def test_dials_of_a_pool_with_an_uncertain_price_rebuild_the_base(company):
    plan = made(
        company, UNCERTAIN.format(sku="H100"), add("gpu", quantity=8, x_SkuIds="[H100]", x_Rate=1.3)
    )
    dials = simulate(plan, 300, 7).dials
    assert np.allclose(rebuilt(dials, Levers()), dials["base"], rtol=1e-9)
    assert dials["commitments"][0]["price"].shape == (300, 3)
    assert (
        np.abs(dials["fixed"] - 310).max() < 1e-3 * dials["base"].max()
    )  # seats: what moves does not hide in it


REFUSED = [
    (
        [
            add("one", quantity=1, x_SkuIds="[H100, A100]", x_Rate=1),
            add("two", quantity=1, unit="vCPU-hours", x_SkuIds="[A100]", x_Rate=1),
        ],
        "{f}: commitments/two: the unit is 'vCPU-hours', but 'one' on the same SKUs counts in 'GPU-hours'. Use one unit.",
    ),
    (
        [add("one", quantity=1, unit="Hours", x_SkuIds="[H100]", x_Rate=1, x_Priority=1)],
        "{f}: commitments/one: the unit is 'Hours' but H100 is billed in 'GPU-hours'. A usage commitment counts in the unit of its "
        "SKUs; a Spend commitment in the currency.",
    ),
    (
        [add("one", quantity=1, x_Rates="{H100: 1.0}")],
        "{f}: commitments/one: commitment 'one': x_Rates goes with a Spend commitment, whose ContractCommitmentUnit is a currency; a "
        "Usage commitment has one x_Rate.",
    ),
    (
        [add("one", quantity=1, unit="USD", x_Rates="{H100: 1.0}", x_Discounts="{H100: 0.2}")],
        "{f}: commitments/one: x_Rates and x_Discounts are both given; keep one of them. x_Rates has a number of its own for each SKU.",
    ),
    (
        [
            add(
                "one",
                quantity=1,
                unit="USD",
                x_Rates="{H100: 1.0}",
                ContractCommitmentDiscountPercentage=0.2,
            )
        ],
        "{f}: commitments/one: x_Rates and ContractCommitmentDiscountPercentage are both given; keep one of them. x_Rates has a number "
        "of its own for each SKU.",
    ),
    (
        [add("one", quantity=1, unit="USD", x_Rates="{H100: 1.0, A100: 1.0}", x_SkuIds="[H100]")],
        "{f}: commitments/one: x_SkuIds and x_Rates name different SKUs: A100 is in one of them only. Leave x_SkuIds out: x_Rates "
        "says what is covered.",
    ),
    (
        [add("one", quantity=1, unit="USD", x_Rates="{H10: 1.0}")],
        "{f}: commitments/one: x_Rates: unknown SKU 'H10'. Did you mean 'H100'? Known: A100, B200, EGRESS, H100, L4, Storage, ",
    ),
    (
        [add("one", quantity=1, unit="USD", x_Discounts="{H100: 1.2}")],
        "{f}: commitments/one/x_Discounts/H100: a discount or share is 1.2; write it from 0 to 1 (0.37 is 37 %).",
    ),
    (
        [add("one", quantity=1, unit="USD", x_Rates="{H100: -1}")],
        "{f}: commitments/one/x_Rates/H100: is -1; it must be 0 or more.",
    ),
    (
        [
            add(
                "one",
                quantity=1,
                unit="USD",
                ContractCommitmentDiscountPercentage=0.2,
                x_SkuIds="[EGRESS]",
            )
        ],
        "prices/EGRESS: a SKU under a commitment must have one price per unit, and this one has tiers of a month. Leave it out of "
        "x_SkuIds of commitments/one.",
    ),
]


@pytest.mark.parametrize("changed, message", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_meant_is_refused_in_one_sentence(company, changed, message):
    with pytest.raises(ScenarioError) as caught:
        made(company, *changed)
    text = str(caught.value)
    place = text.split(": ")[0]
    assert place.startswith(str(company[0] / "s.yaml")) or "{f}" not in message
    assert text.startswith(message.replace("{f}", place))


def test_a_rate_of_one_sku_is_changed_by_its_path(company):
    head = (
        "name: a\ncommitments:\n  plan: {ContractCommitmentQuantity: 20, ContractCommitmentUnit: USD, "
        "ContractCommitmentPeriodStart: 2026-12-01, x_Rates: {H100: 1.4, A100: 1.2}}\n"
    )
    plan = made(
        company, "path: commitments/plan/x_Rates/H100, op: scale, value: 0.5, because: x", head=head
    )
    assert plan.commitments.pools[0].apart.rules[0].rates == {"H100": 0.7, "A100": 1.2}
