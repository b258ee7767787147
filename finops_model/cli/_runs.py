"""Runs in words and tables: answers with their errors, whether the paths are enough, differences to the base (docs/method §3.26, §3.37)."""

from __future__ import annotations

from ..decide.compare import compare
from ..decide.questions.waterfall import routes_silently, silence
from ..errors import InputError
from ..measure.words import chance, day, money
from ..scenario.document import load_scenario
from ..simulate.kernel.engine import PREVIEW
from ..uncertainty import answers
from ..wording import landing as landing_words

TABLE = ("p10", "p50", "p90", "mean")
SHOWN = (*TABLE, "p80", "cvar95")  # P80 is a sentence: a fifth column would cut numbers


def share_of(text: str | None) -> float | None:
    """A target error as a share: "0.5%", "0.5 %" or 0.005.

    >>> share_of("0.5 %"), share_of("0.005"), share_of(None)
    (0.005, 0.005, None)
    """
    if text is None:
        return None
    number = text.strip()
    try:
        return float(number[:-1]) / 100 if number.endswith("%") else float(number)
    except ValueError:
        raise InputError(
            f"--target-error: '{text[:40]}' is no share. Write 0.5% or 0.005."
        ) from None


def row(run, base, of: str, land: dict | None) -> dict:
    """Everything `finops run` tells of one run, plain values. land: a budget held against it (`against.held_against`)."""
    total = run.total()
    cells = {
        "name": run.name,
        "p10": run.quantile(0.1),
        "p50": run.quantile(0.5),
        "p90": run.quantile(0.9),
    }
    for what in SHOWN:
        estimate = answers.answer(total, what)
        cells.setdefault(what, estimate.value)
        cells[f"{what}_standard_error"] = estimate.standard_error
    line = compare(base, run).lines[1]
    cells |= {
        "difference_mean": line.difference_mean,
        "difference_standard_error": line.standard_error,
        "difference_p10": line.quantile(0.1),
        "difference_p90": line.quantile(0.9),
        "probability_cheaper": line.probability_cheaper,
        "converged": [
            {
                "paths": estimate.paths,
                "value": estimate.value,
                "standard_error": estimate.standard_error,
            }
            for estimate in answers.converge(total, of)
        ],
    }
    if run.caps:
        cells["caps"] = run.caps
    if run.purchases:
        cells["purchases"] = run.purchases
    if run.agreements:
        cells["agreements"] = run.agreements
    if land is not None:
        cells |= {
            "overrun_probability": land["overrun_probability"],
            "overrun_standard_error": land["overrun_standard_error"],
            "breach_typically": land["breach_month"],
            "breach_earliest": land["breach_earliest"],
            "breach_latest": land["breach_latest"],
            "budget": land,
        }
    return cells


def with_days(land: dict | None, run, daily, period) -> dict | None:
    """A landing with its P80 (budget + what must be held beyond it) and the days on which its budget is passed (docs/method §9.23)."""
    from ..measure.runout.limits import days_over

    if land is None or land["budget"] is None or land["p50"] is None:
        return land
    days = days_over(run, daily, period, land["budget"])
    return {**land, "p80": land["budget"] + land["holdback_p80"], "breach_day": days}


def when(land: dict, currency: str) -> str:
    """P80 of a landing and the days on which its budget is passed; "" where nothing is ahead.

    >>> land = {"closed": False, "no_width": False, "p80": 120.0, "budget": 100.0, "period": "FY2026"}
    >>> land |= {"breach_day": {"earliest": "2026-11-03", "likely": None, "latest": None}}
    >>> when(land, "USD")
    'P80 of FY2026 is $120, $20.00 over the budget. The budget is passed by 3 November 2026 in one of ten futures, in fewer than half of them within the period.'
    """
    if "p80" not in land or land["closed"]:
        return ""
    gap = land["p80"] - land["budget"]
    side = "over" if gap >= 0 else "under"
    text = f"P80 of {land['period']} is {money(land['p80'], currency)}, {money(abs(gap), currency)} {side} the budget."
    first, likely, last = (land["breach_day"][name] for name in ("earliest", "likely", "latest"))
    if first is None:
        return text
    if likely is None:
        return f"{text} The budget is passed by {day(first)} in one of ten futures, in fewer than half of them within the period."
    if first == likely == last:
        verb = "was" if likely <= land["as_of"] else "is"
        return f"{text} The budget {verb} passed on {day(likely)}."
    end = f"by {day(last)} in nine" if last else "in fewer than nine within the period"
    return f"{text} The budget is likely passed on {day(likely)}: by {day(first)} in one of ten futures, {end}."


def against_base(row: dict, base: str, currency: str) -> str:
    """What a scenario changes, in a sentence: mean, eight of ten futures, how often it is cheaper.

    >>> row = {"name": "Commit", "difference_mean": -300.0, "difference_standard_error": 7.0, "probability_cheaper": 0.7}
    >>> against_base(row | {"difference_p10": -500.0, "difference_p90": 100.0}, "Base", "USD")
    'Commit: on average $300 less than Base (± $7.00); in eight of ten futures between $500 less and $100 more, cheaper in 70 % of all.'
    """
    mean, low, high = (
        _more(row[f"difference_{name}"], currency) for name in ("mean", "p10", "p90")
    )
    text = f"{row['name']}: on average {mean} than {base} (± {money(row['difference_standard_error'], currency)})"
    if low == high:
        return f"{text}, in every future alike."
    return f"{text}; in eight of ten futures between {low} and {high}, cheaper in {chance(row['probability_cheaper'])} of all."


def _more(change: float, currency: str) -> str:
    return f"{money(abs(change), currency)} {'less' if change < 0 else 'more'}"


def sentences(rows: list[dict], runs, of: str, target: float | None, currency: str) -> list[str]:
    """What the table cannot say: whether the paths are enough, how likely the budget is exceeded, what a preview is."""
    said = [against_base(row, rows[0]["name"], currency) for row in rows[1:]]
    for row, run in zip(rows, runs):
        precision = answers.enough_paths(run.total(), target or 0.01, of)
        half = (
            row["converged"][-2]["value"] if len(row["converged"]) > 1 else precision.estimate.value
        )
        moved = abs(precision.estimate.value / half - 1) if half else 0.0
        text = f"{row['name']}: {of} is known to {precision.estimate.relative_error:.2%} (standard error, {run.paths:,} paths); the second half of them moved it by {moved:.2%}"
        if target is not None and not precision.enough:
            text += f". The target of {target:.2%} needs about {precision.wanted:,} paths: raise --max-paths"
        worst = f"P80 {money(row['p80'], currency)} ± {money(row['p80_standard_error'], currency)}; mean of the worst 5 % (CVaR95) {money(row['cvar95'], currency)} ± {money(row['cvar95_standard_error'], currency)}"
        said += [text + ".", f"{row['name']}: {worst}."]
        if "budget" in row:
            land = f"{landing_words.budget_sentence(row['budget'], currency)} {when(row['budget'], currency)}"
            said.append(f"{row['name']}: {land.rstrip()}")
        said += [bought(one, row["name"], currency) for one in run.purchases]
        said += [agreed(one, row["name"], currency) for one in run.agreements]
        said += [capped(one, row["name"], currency) for one in run.caps]
    if runs[0].engine == PREVIEW:
        said.append(
            "Preview: numpy answers while the compiled engine is made ready. Run again for its own numbers; the two agree within the errors shown."
        )
    return said


def of_routing(files, runs) -> list[str]:
    """A sentence for each scenario that routes tokens and does not say what is run again by the model they came from."""
    pairs = zip(files, runs, strict=False)
    return [silence(run.name) for file, run in pairs if routes_silently(load_scenario(file))]


def cheaper(row: dict) -> str:
    """The chance that a scenario is cheaper; what refuses work is not called cheaper."""
    return "work refused" if row.get("caps") else chance(row["probability_cheaper"])


def capped(one: dict, scenario: str, currency: str) -> str:
    """What a spend cap avoids and what work is refused for it; it is no saving."""
    avoided = money(sum(one["avoided"]), currency)
    text = f"{scenario}: {one['name']}: cost avoided by a cap, work refused: {avoided} expected"
    text += f" ({money(one['avoided_p10'], currency)} to {money(one['avoided_p90'], currency)} in 8 of 10 futures)"
    if one["refused"] is not None:
        text += f"; {sum(one['refused']):,.0f} {one['unit']} are refused"
        if one["refused_share"] is not None:
            text += f", {one['refused_share']:.1%} of what is asked"
    if one["value_lost"] is not None:
        text += f", worth {money(one['value_lost'], currency)}"
    return f"{text}; it binds in {chance(one['binds'])} of futures."


def bought(one: dict, scenario: str, currency: str) -> str:
    """What a purchase is expected to cost, by what it is for, how it is priced, and when it is billed where that is not the cost."""
    cost = {part: sum(values) for part, values in one["parts"].items()}
    parts = ", ".join(f"{part} {money(value, currency)}" for part, value in cost.items())
    text = f"{scenario}: {one['name']} ({one['way']}: {one['formula']}) is expected to cost {money(sum(cost.values()), currency)}"
    text += f": {parts}" if len(cost) > 1 else ""
    spent = [sum(values[m] for values in one["parts"].values()) for m in range(len(one["months"]))]
    if any(abs(a - b) > 0.005 for a, b in zip(spent, one["cash"])):
        paid = ", ".join(
            f"{month} {money(value, currency)}"
            for month, value in zip(one["months"], one["cash"])
            if abs(value) > 0.005
        )
        text += f"; it is billed: {paid}"
    return text + "."


def agreed(one: dict, scenario: str, currency: str) -> str:
    """What an agreement takes off, and how likely each contract year that ends in the run misses its commitment."""
    text = f"{scenario}: {one['name']} takes off {money(sum(one['discount']), currency)}"
    for year in one["years"]:
        text += f"; the contract year to {year['ends']} counts {money(year['counted'], currency)} of {money(year['commitment'], currency)}"
        text += (
            f" and misses it on {chance(year['probability'])} of paths, expected {money(year['shortfall'], currency)}, P90 {money(year['p90'], currency)}"
            if year["probability"]
            else " and is met on every path"
        )
    if not one["years"]:
        text += "; no contract year ends within the run"
    return text + "."
