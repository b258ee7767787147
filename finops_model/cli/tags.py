"""What tags say, and what breaks the company's rules of them: tags."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, amount, err, load, out

PANEL = "Bills and reports"
MOST = 15  # rows of a table on the terminal
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def tags(
    propose: Annotated[
        bool,
        typer.Option(
            "--propose", help="Write rules that would mend it to a new file beside finops.yaml."
        ),
    ] = False,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """What breaks the rules of tags, by money: missing keys, values that are not allowed, coverage and tag debt by month.

    The rules stand in the file that `tag_rules` of finops.yaml names; without one, every charge should have a team.

    Examples: [bold]finops tags[/bold] · [bold]finops tags --propose[/bold]
    """
    from ..facts.daily import tag_debt, warehouse
    from ..periods import month_days
    from ..publish import close
    from ..settings import load_tag_rules

    chosen = load(settings, entity)
    rules = load_tag_rules(chosen)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        day = str(ledger.last_day(chosen.time_zone))
        months = warehouse.tag_months(ledger, chosen, list(tag_debt.expected(rules)), day)
    whole = [month for month in sorted(set(months["Month"])) if str(month_days(month)[-1]) <= day]
    found = tag_debt.debt(months, rules, whole[-1] if whole else "")
    found = {"as_of": day, "currency": chosen.currency, "tag_rules": chosen.tag_rules, **found}
    found["rules_without_use"] = tag_debt.without_use(months, rules)
    for note in _notes(chosen, rules):
        err.print(note)
    wrote = None
    if propose:
        found["proposed"] = tag_debt.proposed(months, rules)
        wrote = _written(chosen, found["proposed"])
        found["file"] = wrote and str(wrote)
    if as_json:
        return out.print_json(json.dumps({**found, "basis": "Effective"}, default=_plain))
    _show(found)
    if propose:
        _show_proposed(found, chosen)


def _plain(value):
    """Money as decimal text, to the last digit."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    raise TypeError(type(value).__name__)


def _notes(settings, rules) -> list[str]:
    from ..settings.tag_rules import BESIDE

    if settings.tag_rules is None and settings.path(BESIDE).is_file():
        return [
            f"{settings.path(BESIDE)} is not used: finops.yaml does not name it. Write there: tag_rules: {BESIDE}"
        ]
    return []


def _written(settings, proposed: dict) -> Path | None:
    """A new file with the proposal; never over one that is there. None where there is nothing to propose."""
    from ..documents import dump_yaml, write_atomic

    if not (proposed["keys"] or proposed["virtual"]):
        return None
    names = ["tags.proposed.yaml", *(f"tags.proposed-{n}.yaml" for n in range(2, 1000))]
    text = (
        "# Proposed by finops tags --propose from what is tagged beside. Nothing counts yet: keep what is right,\n"
        "# move it to the file that tag_rules of finops.yaml names (or name this one), and delete the rest.\n"
        + dump_yaml({key: value for key, value in proposed.items() if value})
    )
    for name in names:
        path = settings.path(name)
        if path.exists():
            if path.read_text(encoding="utf-8", errors="replace") == text:
                return path
            continue
        write_atomic(path, text)
        return path
    return None


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _show(found: dict) -> None:
    money = lambda value: amount(float(value), found["currency"])  # noqa: E731 - one word for it here
    debt = found["debt"]
    out.print(
        f"{_percent(found['coverage'])} of {money(found['cost'])} to {found['as_of']} is tagged as the rules want; "
        f"tag debt {money(debt)}, of it {money(found['untagged'])} without any of the tags."
        if debt
        else f"All of {money(found['cost'])} to {found['as_of']} is tagged as the rules want."
    )
    if trend := found["trend"]:
        moved = "" if trend["word"] == "stayed" else f" (from {money(trend['debt_from'])})"
        at = "at" if trend["word"] == "stayed" else "to"
        out.print(
            f"Tag debt {trend['word']} {at} {money(trend['debt_to'])} in {trend['to']}{moved}, against {trend['from']}; "
            f"coverage {_percent(trend['coverage_from'])}, then {_percent(trend['coverage_to'])}."
        )
    if found["problems"]:
        table = Table("Key", "What", "Value", "Meant?", "Cost", "Share", "Charges", "Owner")
        for one in found["problems"][:MOST]:
            table.add_row(
                one["key"],
                one["kind"],
                one["value"],
                one["nearest"] or "",
                money(one["cost"]),
                _percent(one["share"]),
                f"{one['rows']:,}",
                one["owner"],
            )
        out.print(table)
        if len(found["problems"]) > MOST:
            out.print(f"{len(found['problems']) - MOST} lines more (all of them: --json).")
    table = Table("Month", "Cost", "Tag debt", "Coverage", title="Month by month")
    for one in found["months"][-MOST:]:
        table.add_row(
            one["month"] + ("" if one["whole"] else " (in part)"),
            money(one["cost"]),
            money(one["debt"]),
            _percent(one["coverage"]),
        )
    out.print(table)
    for one in found["rules_without_use"]:
        out.print(_unused(one))
    names = sorted({step for of in found["steps"].values() for step in of}, key=_order)
    table = Table("Dimension", *names, title="Which step says whose cost it is")
    for name, of in found["steps"].items():
        table.add_row(name, *(money(of[step]) if step in of else "" for step in names))
    out.print(table)


def _unused(rule: dict) -> str:
    """A rule that no charge has its value from."""
    tests = ", ".join(f"{column}: {_test(wanted)}" for column, wanted in rule["when"].items())
    return (
        f"Without use: the rule {rule['set']} → {rule['to']}{f' ({tests})' if tests else ''} fits no charge that has no {rule['set']} yet. "
        "Rules count where the tag and the rules before are silent: look at the spelling, or take it out."
    )


def _test(wanted) -> str:
    if isinstance(wanted, dict):
        return f"regex {wanted['regex']}"
    return wanted if isinstance(wanted, str) else " or ".join(wanted)


def _order(step: str) -> int:
    from ..facts.daily.steps import STEPS

    return STEPS.index(step)


def _show_proposed(found: dict, settings) -> None:
    if not found["file"]:
        return out.print(
            "Nothing to propose: what is untagged has no tagged cost beside it that says whose it is."
        )
    many = len(found["proposed"]["virtual"])
    out.print(
        f"Proposed  {found['file']}  ({many} virtual tag{'' if many == 1 else 's'}, spellings of "
        f"{len(found['proposed']['keys'])} key{'' if len(found['proposed']['keys']) == 1 else 's'}). Nothing counts yet: "
        f"{'move what is right to ' + settings.tag_rules if settings.tag_rules else 'name it in finops.yaml, tag_rules: ' + Path(found['file']).name}."
    )
