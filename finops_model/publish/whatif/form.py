"""A what-if without YAML: a small form that writes, checks and runs a scenario file (docs/method §3).

`write_what_if` is the whole logic, a plain function; the form only collects its values.
"""

from __future__ import annotations

import html
import math
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ...documents import dump_yaml
from ...errors import ScenarioError, unknown
from ...names import is_nameless, slug
from ...periods import check_month
from ...scenario import document as scenarios
from ...scenario import ledger_base as base_facts
from ...scenario.changes import escape, leaves, unescape

# kind -> (label, what the amount means, lowest, highest)
KINDS = {
    "demand": ("Demand of a workload", "percent change", -100.0, 10_000.0),
    "driver": ("A business driver", "percent change", -100.0, 10_000.0),
    "price": ("A price", "percent change", -100.0, 10_000.0),
    "routing": ("Tokens on another model", "percent of the workload's tokens", 0.0, 100.0),
    "commitment": ("A new one-year commitment", "units per hour", 0.0, 1e9),
}
ALL = "all"
MINE = "mine-"


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What the form collects. `amount` in the unit of the kind (see KINDS)."""

    name: str
    question: str
    kind: str  # a key of KINDS
    target: str  # workload, driver or SKU; "all": every workload, driver or price
    amount: float
    since: str  # month YYYY-MM from which it holds
    because: str
    model: str = ""  # routing: the model that takes the tokens
    unit: str = "GPU-hours"  # commitment: unit of the SKU
    discount: float = 0.35  # commitment: share below the on-demand price, 0..1
    owner: str = ""


def file_of(folder: Path, name: str) -> Path:
    """Where the what-if of a name lies: under its slug, or where an older version saved it.

    Older versions kept ASCII letters only; a file of then is this what-if's where it says so itself.
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    before = re.sub(r"[^a-z0-9]+", "-", plain.decode().casefold()).strip("-")[:60].strip("-")
    place, old = (folder / f"{MINE}{part}.yaml" for part in (slug(name), before))
    return old if old != place and not place.exists() and _is_of(old, name) else place


def _is_of(path: Path, name: str) -> bool:
    """Whether a file is the scenario of this name."""
    if not path.is_file() or path.is_symlink():
        return False
    try:
        return scenarios.load_scenario(path).name == name
    except ScenarioError:
        return False


def _text(value, what: str, most: int, needed: bool = True) -> str:
    if not isinstance(value, str):
        raise ScenarioError(f"{what}: write a text, not {str(value)[:40]}.")
    value = value.strip()
    if needed and not value:
        raise ScenarioError(f"{what}: is empty; write it.")
    if len(value) > most:
        raise ScenarioError(f"{what}: {len(value)} letters; at most {most}.")
    bad = next(
        (c for c in value if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")), None
    )
    if bad is not None:
        raise ScenarioError(f"{what}: holds the invisible character U+{ord(bad):04X}; take it out.")
    return value


def _amount(values: WhatIf) -> float:
    label, meaning, low, high = KINDS[values.kind]
    number = values.amount
    good = (
        isinstance(number, (int, float))
        and not isinstance(number, bool)
        and abs(number) < 1e300
        and math.isfinite(number)
    )
    if not good:
        raise ScenarioError(
            f"By how much: '{str(number)[:40]}' is not a number. Formulas are not run: write the number ({meaning})."
        )
    if not low <= number <= high:
        raise ScenarioError(
            f"By how much: {number:g} is not possible for '{label}'; write {low:g} to {high:,.0f} ({meaning})."
        )
    if values.kind == "commitment" and number == 0:
        raise ScenarioError(
            "By how much: a commitment of 0 changes nothing; write the units per hour."
        )
    return float(number)


def change_of(values: WhatIf) -> dict:
    """The change of a what-if as it stands in a scenario file. Raises ScenarioError in the form's own words."""
    if values.kind not in KINDS:
        raise ScenarioError(unknown("What changes", "kind", str(values.kind), KINDS))
    amount, since = _amount(values), check_month(values.since, "From when")
    target = _text(values.target, "Of what", 200)
    place = (
        "*" if target == ALL and values.kind in ("demand", "driver", "price") else escape(target)
    )
    if values.kind == "routing":
        model = _text(values.model, "On which model", 200)
        change = {
            "path": f"workloads/{place}/routing/{escape(model)}",
            "op": "set",
            "value": round(amount / 100, 12),
            "since": since,
        }
    elif values.kind == "commitment":
        share = values.discount
        if not isinstance(share, (int, float)) or isinstance(share, bool) or not 0 <= share < 1:
            raise ScenarioError(
                f"Discount: '{str(share)[:40]}' is not a share from 0 to 1 (0.35 is 35 %)."
            )
        change = {
            "path": f"commitments/{slug(values.name)}",
            "op": "add",
            "since": since,
            "value": {
                "ContractCommitmentDescription": f"{amount:g} units of {target} an hour for one year",
                "ContractCommitmentLifecycleStatus": "Proposed",
                "ContractCommitmentCategory": "Usage",
                "ContractCommitmentQuantity": amount,
                "ContractCommitmentUnit": _text(values.unit, "Unit", 40),
                "ContractCommitmentDiscountPercentage": float(share),
                "x_SkuIds": [target],
            },
        }
    else:
        path = {
            "demand": f"workloads/{place}/demand/level",
            "driver": f"drivers/{place}/level",
            "price": f"prices/{place}/price",
        }
        change = {
            "path": path[values.kind],
            "op": "scale",
            "value": round(1 + amount / 100, 12),
            "since": since,
        }
    change["because"] = _text(values.because, "Because", 500)
    if owner := _text(values.owner, "Owner", 80, needed=False):
        change["owner"] = owner
    return change


def document_of(values: WhatIf, base: str | None) -> dict:
    """The whole scenario document of a what-if."""
    head = {
        "name": _text(values.name, "Name", 80),
        "question": _text(values.question, "Question", 300),
    }
    return {**head, **({"base": base} if base else {}), "changes": [change_of(values)]}


def write_what_if(
    values: WhatIf,
    folder,
    *,
    base: str | None = "00_base.yaml",
    overwrite: bool = False,
    facts=None,
    settings=None,
) -> Path:
    """Check a what-if and write it as folder/mine-<name>.yaml, whole or not at all; returns the path.

    folder    where the base scenario lies (a scenario's base must lie in its own folder or below it)
    overwrite replace a what-if of the same name; without it an existing file is refused
    facts     scenario.ledger_base.Facts: then the file must also fit the ledger (each path must be there)

    Raises ScenarioError: what is wrong with a value, a name that gives no file name, a file that is there already.
    """
    folder = Path(folder)
    name = _text(values.name, "Name", 80)
    if is_nameless(name):
        raise ScenarioError(f"Name: '{values.name}' has no letter or digit; a file needs one.")
    document = document_of(values, base)
    if not folder.is_dir():
        raise ScenarioError(
            f"{folder}: there is no such folder. Name the folder of your base scenario, for example scenarios."
        )
    path = file_of(folder, name)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ScenarioError(
            f"{path}: is a link or a folder, not a what-if of yours. Choose another name."
        )
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".what-if-", suffix=".yaml")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(
                "# Written by the what-if form. Change it as you like: finops explain, finops compare.\n"
                + dump_yaml(document)
            )
            file.flush()
            os.fsync(file.fileno())
        _check(temporary, path, document, facts, settings)
        os.chmod(temporary, 0o644)
        if overwrite:
            os.replace(temporary, path)
        else:
            os.link(
                temporary, path
            )  # fails where a file of that name is there, whoever wrote it meanwhile
    except FileExistsError:
        raise ScenarioError(
            f"{path}: there is a what-if of this name already. Tick 'replace it', or choose another name."
        ) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def _check(temporary: str, path: Path, document: dict, facts, settings) -> None:
    """Load the written file the way every command will; messages name the file it is going to be."""
    try:
        loaded = scenarios.load_scenario(temporary)
        if dict(loaded.layers[-1].source) != document:
            raise ScenarioError(
                f"{path}: what was written is not what was meant; use plain letters in the names."
            )
        if facts is not None:
            scenarios.resolve(loaded, settings=settings, facts=facts)
    except ScenarioError as problem:
        raise ScenarioError(str(problem).replace(temporary, str(path))) from None


def choices(facts, settings) -> dict:
    """What can be changed, from the ledger: {"demand": [...], "driver": [...], "price": [...], "routing": {workload: [models]},
    "commitment": {SKU bought on demand and counted in hours: unit}}."""
    known = leaves(base_facts.tree(facts, facts.drivers))
    on_demand = set(facts.daily.loc[facts.daily["PricingCategory"] == "Standard", "SkuId"])
    offered: dict = {"demand": [], "driver": [], "price": [], "routing": {}, "commitment": {}}
    for path in known:
        parts = [unescape(part) for part in path.split("/")]
        if path.endswith("/demand/level"):
            offered["demand"].append(parts[1])
        elif parts[0] == "drivers" and parts[-1] == "level":
            offered["driver"].append(parts[1])
        elif parts[0] == "prices" and parts[-1] == "price":
            offered["price"].append(parts[1])
            unit = str(known.get(f"prices/{escape(parts[1])}/unit", ""))
            if unit.casefold().endswith("hours") and parts[1] in on_demand:
                offered["commitment"][parts[1]] = unit
        elif len(parts) == 4 and parts[2] == "routing":
            offered["routing"].setdefault(parts[1], []).append(parts[3])
    return offered


def shown(problem: BaseException) -> str:
    """A problem as safe HTML for a notebook."""
    return f"<div role='alert' style='color:#B94F00;white-space:pre-wrap'>{html.escape(str(problem))}</div>"
