"""What a notebook says in words, made from the figures of its own run: sentences that cannot go out of date.

Each function returns `Words`: text that a notebook shows as Markdown.
"""

from __future__ import annotations

import numpy as np

from ..measure.budget import against
from ..measure.change import growth
from ..measure.words import chance, money
from ..periods import add_months, month_days, month_name
from ..wording import eight_of_ten
from ..wording import landing as landing_words
from . import since


class Words(str):
    """Markdown text; a notebook shows it, print() prints it.

    >>> Words("**a**")._repr_markdown_()
    '**a**'
    """

    def _repr_markdown_(self) -> str:
        return str(self)


def what_if_answer(base, comparison, name: str) -> Words:
    """The answer of a what-if beside its base: what the base costs, what changes, how sure that is.

    base   Run;  comparison   Comparison with a line `name`
    """
    line, currency = comparison[name], comparison.currency
    period = f"{month_name(comparison.months[0])} through {month_name(comparison.months[-1])}"
    cost = (
        f"Without a change AI costs {money(base.quantile(0.5), currency)} from {period} "
        f"({eight_of_ten(base.quantile(0.1), base.quantile(0.9), currency)})."
    )
    return Words(f"**Answer** {cost} {difference_said(line, currency)}")


def day_of(settings, ledger, month: str = "", as_of: str = "") -> tuple:
    r"""The day and the facts that a notebook stands on, as commands take them.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    ledger : Ledger
        With rows.
    month : str, optional
        YYYY-MM: the day of its report.
    as_of : str, optional
        YYYY-MM-DD. Neither: the newest complete day.

    Returns
    -------
    as_of : str
        YYYY-MM-DD.
    daily : frame
        DAILY.

    Source
    ------
    docs/method §9.6.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> day_of(settings, fm.Ledger(settings.path(settings.ledger)))[0]
    '2025-03-28'
    """
    from ..facts.daily import warehouse
    from .close import check_as_of, up_to

    day = check_as_of(ledger, as_of or None, settings.time_zone, month or None)
    return day, up_to(warehouse.daily(ledger, settings), day, bool(month or as_of))


def month_end(as_of: str) -> str:
    """The newest month end by a day.

    Parameters
    ----------
    as_of : str
        YYYY-MM-DD.

    Returns
    -------
    str
        YYYY-MM-DD.

    Examples
    --------
    >>> month_end("2026-11-15"), month_end("2026-10-31")
    ('2026-10-31', '2026-10-31')
    """
    end = str(month_days(as_of[:7])[-1])
    return end if as_of == end else str(month_days(add_months(as_of[:7], -1))[-1])


def published_answer(settings, as_of: str, what: str) -> Words:
    r"""Which report is published, and on which day this answer stands.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    as_of : str
        YYYY-MM-DD.
    what : str
        For example "this answer".

    Returns
    -------
    Words
        One sentence; empty where nothing is published.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> published_answer(settings, "2025-03-28", "this answer")
    'No report is published yet.'
    """
    return Words(since.sentence(since.published(settings, as_of), what, as_of))


def budget_answer(settings, run, daily) -> Words:
    """Where the fiscal year lands against its approved budget, in the one sentence, and how far that is from the published report.

    settings   Settings;  run   Run of the base;  daily   DAILY of the run
    """
    period, amount = (
        against.this_year(settings, run.as_of),
        against.approved(settings, run.as_of),
    )
    land = against.landing_beside(run, daily, amount, period)
    report = since.published(settings, run.as_of)
    return Words(
        f"{landing_words.budget_sentence(land, run.currency)} {since.sentence(report, 'this run', run.as_of, land)}"
    )


def difference_said(line, currency: str) -> str:
    """One line of a comparison in a sentence: saves, costs more, or changes nothing."""
    mean, low, high = line.difference_mean, line.quantile(0.1), line.quantile(0.9)
    if not np.any(line.difference):
        return f"*{line.name}* changes nothing."
    if low <= 0 <= high and abs(mean) < 2 * line.standard_error:
        return (
            f"*{line.name}* cannot be distinguished from no change: {money(mean, currency)} on average, "
            f"{eight_of_ten(low, high, currency)}; cheaper with a chance of {chance(line.probability_cheaper)}."
        )
    if mean < 0:
        return (
            f"*{line.name}* saves {money(-mean, currency)} on average ({eight_of_ten(-high, -low, currency)}) "
            f"and is cheaper with a chance of {chance(line.probability_cheaper)}."
        )
    return (
        f"*{line.name}* costs {money(mean, currency)} more on average ({eight_of_ten(low, high, currency)}); "
        f"cheaper with a chance of {chance(line.probability_cheaper)}."
    )


def commit_answer(advice, cautious=None) -> Words:
    """The answer of a recommendation: how much, what it saves, how sure, what caution costs.

    Parameters
    ----------
    advice : decide.commitments.workspace.Found
        The recommendation.
    cautious : Recommendation, optional
        For the aim "waste" (most saving in the leanest tenth), compared with it.

    Returns
    -------
    Words
        Markdown of one paragraph.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import finops_model as fm
    >>> nothing = fm.best_commitments([1.0, 2.0], rate=2.0, on_demand=1.0)
    >>> said = commit_answer(SimpleNamespace(recommendation=nothing, held=(), start="2027-01-01"))
    >>> said[:29]
    '**Answer** Commit to nothing:'
    """
    answer, held = advice.recommendation, sum(item["quantity"] for item in advice.held)
    if not answer.quantity:
        return Words(
            "**Answer** Commit to nothing: on the simulated demand no level of the offers saves money on average."
        )
    purchase, currency = next(p for p in answer.purchases if p.quantity > 0), answer.currency
    beside = f", {_steps(answer.quantity - held)} today" if held else ""
    whole = float(answer.on_demand.mean())
    sentences = [
        f"**Answer** {answer.quantity:,.0f} {purchase.unit} for {_term(purchase.offer.term_months)} from {advice.start}{beside}.",
        f"That saves {money(answer.expected_saving, currency)} on average of the {money(whole, currency)} that the same use costs on demand "
        f"({answer.effective_savings_rate:.0%}); {eight_of_ten(answer.saving_quantile(0.1), answer.saving_quantile(0.9), currency)}.",
        f"It loses money with a chance of {chance(answer.probability_of_loss)}.",
    ]
    if cautious is not None and cautious.quantity != answer.quantity:
        sentences.append(
            f"Who fears idle hours most signs {cautious.quantity:,.0f}, saves {money(cautious.expected_saving, currency)} on average "
            f"and at least {money(cautious.saving_quantile(0.1), currency)} in nine of ten futures, "
            f"instead of {money(answer.saving_quantile(0.1), currency)}."
        )
    return Words(" ".join(sentences))


def growth_answer(facts, rows: dict, bill, known, settings=None) -> Words:
    r"""The answer of notebook 02: growth in a year, misses of month totals, whom knowledge moves.

    Parameters
    ----------
    facts : scenario.ledger_base.Facts
        The history.
    rows : dict of str to list
        Way -> rows of `accuracy.record`.
    bill, known : simulate.hierarchy.Hierarchy
        From the bill alone, and with what people know.
    settings : Settings, optional
        To say which report is published.

    Returns
    -------
    Words
        Markdown of one paragraph.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> from finops_model.simulate.hierarchy import forecast_hierarchy
    >>> nodes = forecast_hierarchy(settings, rows, months=2, paths=64)[None]
    >>> from finops_model.scenario.ledger_base import read_facts
    >>> graded = {"the bill alone": [{"lead": 1, "error_pct": 0.05, "naive_error_pct": 0.2}]}
    >>> str(growth_answer(read_facts(rows, settings), graded, nodes, nodes))[:53]
    '**Answer** AI use: growth in a year is not known yet;'
    """
    changes = {unit: _ratio(known, bill, unit) for unit in bill.names}
    pace = growth.headline(growth.growth(facts.daily, facts.as_of))

    alone = next(iter(rows.values()))
    missed = [row["error_pct"] for row in alone]
    near = [row for row in alone if row["naive_error_pct"] is not None]
    better = sum(row["error_pct"] < row["naive_error_pct"] for row in near)
    beat = {
        len(near): "less than repeating last week would have",
        0: "more than repeating last week would have",
    }.get(better, f"less than repeating last week would have at {better} of {len(near)} leads")

    most = max(changes, key=lambda unit: abs(changes[unit]), default=None)

    said = [
        f"**Answer** AI use: {pace}.",
        f"{_leads(alone)} ahead month totals were missed by {_between(missed)}, {beat}; beyond that a range is an assumption.",
    ]
    if most is not None and round(changes[most], 2):
        said.append(
            f"What people know moves {most} most ({changes[most]:+.0%} over the months ahead).".replace(
                "-", "−"
            )
        )
    said += (
        [published_answer(settings, known.as_of, "this forecast")] if settings is not None else []
    )
    said.append(
        "Plan the company's P50 and hold its own P90 back: the P90s of units added up are too much."
    )
    return Words(" ".join(said))


def _ratio(known, bill, unit) -> float:
    """Relative change of a unit's median over all months of the horizon."""
    before, after = (
        float(np.median(nodes.totals[:, :, nodes.names.index(unit)].sum(axis=1)))
        for nodes in (bill, known)
    )
    return after / before - 1 if before else 0.0


def _steps(difference: float) -> str:
    if not round(difference):
        return "as many as"
    return f"{abs(difference):,.0f} {'more' if difference > 0 else 'fewer'} than"


def _term(months: float) -> str:
    if months % 12:
        return f"{months:g} months"
    return "one year" if months == 12 else f"{months // 12:g} years"


def _leads(rows: list[dict]) -> str:
    first, last = rows[0]["lead"], rows[-1]["lead"]
    return (
        f"{first} month{'s' * (first > 1)}".capitalize()
        if first == last
        else f"{first} to {last} months"
    )


def _between(shares: list[float]) -> str:
    low, high = f"{min(shares) * 100:.0f}", f"{max(shares) * 100:.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"
