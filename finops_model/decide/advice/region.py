"""The same thing, cheaper in another region (docs/method §17.42)."""

from __future__ import annotations

from ...prices.lists.catalog import catalog_price, is_linear, unit_price
from ...scenario.changes import escape
from . import Ground, Recommendation

CHEAPER = 0.9  # of today's price, or less
LEAST = 100.0  # money a month: below it nobody moves


def advise(ground: Ground) -> list[Recommendation]:
    """One for each SKU whose price document names the same thing in another region for CHEAPER of its price or less."""
    catalog, every = ground.facts.catalog, []
    if catalog is None:
        return []
    for name, (units, _) in ground.bought.items():
        for sku in units:
            here = catalog_price(catalog, sku, ground.as_of)
            cost = ground.cost(name, [sku])
            if here is None or not here.region or not is_linear(here) or cost < LEAST:
                continue
            others = {
                other: price
                for other in catalog.skus
                if (price := catalog_price(catalog, other, ground.as_of)) is not None
                and price.region not in ("", here.region)
                and is_linear(price)
                and _same(sku, here, other, price)
            }
            best = min(others, key=lambda o: unit_price(others[o]), default=None)
            if best is None or unit_price(others[best]) > CHEAPER * unit_price(here):
                continue
            ratio = unit_price(others[best]) / unit_price(here)
            every.append(
                ground.recommend(
                    "region",
                    f"{name} {sku}",
                    name,
                    title=f"Run {name}'s {sku} in {others[best].region}",
                    category="rate",
                    effort="high",
                    changes=(
                        {
                            "op": "set",
                            "path": f"workloads/{escape(name)}/avoided",
                            "value": round(1 - ratio, 6),
                            "with": {"skus": [sku]},
                        },
                    ),
                    evidence=(
                        {"what": f"{sku} in {here.region}", "price": unit_price(here)},
                        {
                            "what": f"{best} in {others[best].region}",
                            "price": unit_price(others[best]),
                        },
                    ),
                    risk="Data may not leave its region by law or contract, answers take longer, and traffic between regions costs.",
                    rollback="Move it back; keep the old region's set-up for a month.",
                    group=f"{name}/region",
                    why=f"The price document names it in {others[best].region} for {100 * ratio:.0f} % of the price.",
                    sure=False,
                )
            )
    return every


def _same(sku: str, here, other: str, price) -> bool:
    """Whether two SKUs are one thing in two regions: their names without the region, unit, model and meter."""
    mine, theirs = (name.replace(p.region, "") for name, p in ((sku, here), (other, price)))
    alike = ("unit", "model", "meter", "service", "provider", "kind", "purchase")
    return mine == theirs and all(getattr(here, key) == getattr(price, key) for key in alike)
