"""The company's page in its own currency: entities at average rates, budgets at plan rates, the FX effect, the landing (docs/method §7.9, §7.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from ....measure.page_one.material import is_material, limits_of
from ....names import COMPANY
from ....periods import month_name
from ....wording import chance, day, money
from ....wording import landing as words
from ..html import shell
from ..tables import OVER, Column, cents, signed, table, templates, toned, whole

KEYS = ("own", "actual", "at_plan", "effect", "budget")
SAID = (
    "Each entity has its own report in its own currency. This page converts them: what was spent at the average rate of its period, budgets "
    "at the plan rate of theirs, what is to come at the plan rate, or the scenario's where there is one.",
    "The FX effect is the cost at average rates less the same cost at plan rates: what exchange rates alone did. Cost at plan rates − budget is "
    "what the business did; with the FX effect it is what the company is over (+) or under (−).",
    "Ranges of entities do not add up: the company's is of the sums of their futures, which share their draws. Exchange rates to come do not vary "
    "in them.",
    "EffectiveCost before tax and credits. Tables add up to the cent: a table is converted as a whole, and its lines take the largest remainders.",
)


def page(found: Mapping[str, Any], company: str, records: Iterable[str] = ()) -> str:
    """The whole HTML document. records: what of the records stands at its end."""
    currency, land = found["currency"], found["landing"]
    month = month_name(found["month"])
    body = templates.get_template("company.html.j2").render(
        company=company,
        currency=currency,
        period=month,
        headline=words.sentence(land, words.spender(None), currency),
        tiles=list(_tiles(found)),
        sections=[
            (f"{month} by entity and unit", [_lines(found, "month", month)]),
            (
                f"{found['year']} so far",
                [_lines(found, "year", f"{found['year']} to {day(found['as_of'])}")],
            ),
            (f"Where {found['year']} lands", [_landings(found), _periods(found)]),
            ("The rates", [_rates(found)]),
        ],
        said=SAID,
    )
    foot = f"{company} · {month} · data as of {found['as_of']} · {currency}"
    return shell(f"{company} · {month} · all entities in {currency}", body, [], foot, records)


def _tiles(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(title, figure, line below, tone)."""
    currency, total, land = found["currency"], found["month_total"], found["landing"]
    actual = float(total["actual"])
    yield "The month at average rates", money(actual, currency), month_name(found["month"]), ""
    effect = float(total["effect"])
    word = "dearer by exchange rates" if effect > 0 else "cheaper by exchange rates"
    yield "FX effect", money(abs(effect), currency), word if effect else "none", ""
    if total["budget"] is not None:
        budget = float(total["budget"])
        line = f"{money(abs(budget - actual), currency)} {'under' if budget >= actual else 'over'}"
        tone = _tone(found, budget, actual)
        yield "Budget at plan rates", money(budget, currency), line, tone
    if land["p50"] is not None:
        line = f"{money(land['p10'], currency)} to {money(land['p90'], currency)} in eight of ten futures"
        yield f"{found['year']} is heading for", money(land["p50"], currency), line, ""


def _tone(found: Mapping[str, Any], budget: float, cost: float) -> str:
    """The colour of cost − budget; "" where it is not material to the company (docs/method §9.24)."""
    year = found["landing"]["budget"]
    limits = limits_of({"unit": COMPANY, "landing": {"budget": year}})
    return (
        ("bad" if cost > budget else "good") if is_material(cost - budget, budget, limits) else ""
    )


def _apart(found: Mapping[str, Any], budget: str | None, cost: str) -> str | Markup:
    """Cost − budget to the cent with its sign, coloured where it is material."""
    if budget is None:
        return "–"
    text = _signed(Decimal(cost) - Decimal(budget))
    return toned(text, _tone(found, float(budget), float(cost)))


def _lines(found: Mapping[str, Any], name: str, caption: str) -> Markup:
    """A line per unit of each entity, the entity's sum in both currencies, and the company's."""
    lines, total, currency = found[f"{name}_lines"], found[f"{name}_total"], found["currency"]
    columns = [
        Column("", False, True),
        *map(Column, ("Its own", "At average", "At plan", "FX effect", "Budget at plan", OVER)),
    ]
    rows: list[list] = []
    for entity in dict.fromkeys(line["entity"] for line in lines):
        own = [line for line in lines if line["entity"] == entity]
        sums = {key: _sum(own, key) for key in KEYS}
        strong = Markup("<strong>{}</strong>").format
        rows.append(
            [
                strong(f"{entity}, {own[0]['currency']}"),
                *(strong(cents(sums[key])) for key in KEYS),
                strong(_apart(found, sums["budget"], sums["actual"] or "0")),
            ]
        )
        rows += [
            [
                f"\u2003{line['unit']}",
                *(cents(line[key]) for key in KEYS),
                _apart(found, line["budget"], line["actual"]),
            ]
            for line in own
        ]
    last = [cents(total[key]) for key in KEYS[1:]]
    whole_ = ["Company, " + currency, "", *last, _apart(found, total["budget"], total["actual"])]
    note = ""
    if total["budget"] is not None:
        operations = Decimal(total["at_plan"]) - Decimal(total["budget"])
        note = (
            f"{OVER} {_signed(Decimal(total['actual']) - Decimal(total['budget']))} = cost at plan rates − budget "
            f"{_signed(operations)}, and the FX effect {_signed(Decimal(total['effect']))}."
        )
    title = f"{caption}; its own: in the entity's currency, all else {currency}"
    return table(columns, rows, title, total=whole_, note=note, name="company")


def _sum(lines: list[dict], key: str) -> str | None:
    """Decimal texts added up; None where no line has one."""
    known = [Decimal(line[key]) for line in lines if line[key] is not None]
    return str(sum(known, Decimal(0))) if known else None


def _signed(value: Decimal) -> str:
    return f"{'+' if value > 0 else ''}{cents(str(value))}"


def _over(found: Mapping[str, Any], budget: float | None, mean: float | None) -> str | Markup:
    """Mean − budget with its sign, coloured where it is material."""
    if budget is None or mean is None:
        return "–"
    return toned(signed(mean - budget), _tone(found, budget, mean))


def _landings(found: Mapping[str, Any]) -> Markup:
    """Each entity and the company: range, budget, variance, chance."""
    names = ["", "P10", "Median", "P90", "Mean", "Budget", OVER, words.CHANCE_COLUMN]
    columns = [Column(name, i > 0, i == 0) for i, name in enumerate(names)]

    def row(name: str, land: Mapping[str, Any]) -> list:
        chance_ = land["overrun_probability"]
        return [
            name,
            *(whole(land[key]) for key in ("p10", "p50", "p90", "mean", "budget")),
            _over(found, land["budget"], land["mean"]),
            "–" if chance_ is None else chance(chance_),
        ]

    rows = [row(f"{land['entity']}, from {land['currency']}", land) for land in found["landings"]]
    why = found["landing"]["why_none"]
    note = f"No landing: {why}." if why else "Over or under is mean − budget."
    caption = f"{found['year']} by entity, {found['currency']}"
    total = row(f"Company, {found['currency']}", found["landing"])
    return table(columns, rows, caption, total=total, note=note, name="landing")


def _periods(found: Mapping[str, Any]) -> Markup:
    """The company by month or fiscal period."""
    names = ["Period", "", "Booked", "P10", "Median", "P90", "Mean", "Budget"]
    columns = [Column(name, i > 1) for i, name in enumerate(names)]
    rows = [
        [
            month_name(one["period"]) if one["period"][:2] != "FY" else one["period"],
            one["state"],
            whole(one["booked"]),
            *(
                "" if one["state"] == "actual" else whole(one[key])
                for key in ("p10", "p50", "p90", "mean")
            ),
            whole(one["budget"]),
        ]
        for one in found["periods"]
    ]
    caption = f"The company by period, {found['currency']}"
    note = "Ranges of periods do not add up to that of the year."
    return table(columns, rows, caption, note=note, name="periods")


def _rates(found: Mapping[str, Any]) -> Markup:
    """Every rate taken, with its kind, days and source."""
    names = ["Period", "Currency", "Taken for", "Rate", "What it is"]
    columns = [Column(name, i == 3, i in (2, 4)) for i, name in enumerate(names)]
    rows = [
        [one["period"], one["currency"], one["for"], one["value"], one["says"]]
        for one in found["rates"]
    ]
    if not rows:
        rows = [["–", found["currency"], "–", "1", "every entity is in the company's currency"]]
    return table(columns, rows, f"Exchange rates into {found['currency']}", name="rates")
