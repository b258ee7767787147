"""A spend cap of a scenario: what some workloads may cost at most, by month or by day; beyond it work is refused (docs/method §3.70)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...checks import single_number
from ...errors import ScenarioError, as_written, nearest, unknown
from ...uncertainty.distributions import Distribution
from ..applied import Applied, first_day, read_number, show
from ..changes import escape

KEYS = (
    "workloads",
    "business_unit",
    "per_month",
    "per_day",
    "unit",
    "value_per_unit",
    "since",
    "until",
)


@dataclass(frozen=True, kw_only=True)
class Cap:
    """What some workloads may cost at most; money of the ledger's currency."""

    name: str
    where: str
    workloads: tuple[str, ...]  # whose work is refused
    business_unit: str  # all that it pays counts; "": what the workloads cost
    per_month: float | Distribution | None
    per_day: float | None
    unit: str  # in which what is refused is counted; "": that of most of the money
    value_per_unit: float | None
    since: str  # first day; "": from the first month
    until: str  # exclusive; "": to the end

    @property
    def path(self) -> str:
        return f"caps/{escape(self.name)}"

    def held(self, days: np.ndarray) -> np.ndarray:
        """Which days (or first days of months) it holds on."""
        on = np.ones(len(days), bool)
        if self.since:
            on &= days >= np.datetime64(self.since, "D")
        return on & (days < np.datetime64(self.until, "D")) if self.until else on


def add_cap(
    applied: Applied, name: str, written: dict, where: str, facts, since: str | None, because: str
) -> None:
    """A cap with its terms; they stand in the tree, so that `explain` finds them."""
    place = f"{where}: caps/{name}"
    if since:
        if "since" in written:
            raise ScenarioError(
                f"{where}: since is given in the change and in its value; keep one of them."
            )
        written = {**written, "since": since}
    for key in written:
        if key not in KEYS:
            near = nearest(str(key), KEYS)
            hint = f" Did you mean '{near}'?" if near else ""
            raise ScenarioError(
                f"{place}: unknown key '{str(key)[:40]}'.{hint} Known: {', '.join(sorted(KEYS))}."
            )
    amount = [key for key in ("per_month", "per_day") if written.get(key) is not None]
    if len(amount) != 1:
        raise ScenarioError(
            f"{place}: a cap is either by the month or by the day. Write per_month or per_day, in money."
        )
    month = day = None
    path = f"caps/{escape(name)}/{amount[0]}"
    read = read_number(written[amount[0]], path, where)
    if amount[0] == "per_month":
        month = read
    elif isinstance(read, Distribution):
        raise ScenarioError(
            f"{place}/per_day may not be uncertain. Write one number, or per_month."
        )
    else:
        day = read
    begins, ends = (_date(written.get(key), f"{place}/{key}") for key in ("since", "until"))
    if month is not None:
        for key, date in (("since", begins), ("until", ends)):
            if date and date[8:] != "01":
                raise ScenarioError(
                    f"{place}/{key} is {date}: a cap by the month begins and ends with a month. Write {date[:7]}."
                )
    unit = written.get("business_unit") or ""
    value = written.get("value_per_unit")
    applied.caps[name] = Cap(
        name=name,
        where=where,
        workloads=_members(applied, facts, written, unit, place),
        business_unit=unit,
        per_month=month,
        per_day=day,
        unit=str(written.get("unit") or ""),
        value_per_unit=None if value is None else single_number(value, f"{place}/value_per_unit"),
        since=begins,
        until=ends,
    )
    shown = {key: show(value) for key, value in written.items()}
    applied.tree.setdefault("caps", {})[name] = {
        key: value if isinstance(value, (int, float)) else shown[key]
        for key, value in written.items()
    }
    for key, text in shown.items():
        applied.provenance[f"caps/{escape(name)}/{key}"] = [(text, where, because)]


def _members(applied: Applied, facts, written: dict, unit: str, place: str) -> tuple[str, ...]:
    """Workloads with demand that the cap can refuse work of."""
    known = [*facts.names, *applied.launches]
    named: Any = written.get("workloads")
    if (named is None) == (not unit):
        raise ScenarioError(
            f"{place}: whose cost is capped? Write workloads: [NAME, …] or business_unit: NAME."
        )
    if unit:
        units = {name: applied.tree["workloads"][name]["unit"] for name in known}
        if unit not in units.values():
            raise ScenarioError(
                unknown(f"{place}/business_unit", "business unit", unit, sorted({*units.values()}))
            )
        return tuple(name for name in known if units[name] == unit)
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not names:
        raise ScenarioError(f"{place}/workloads is {as_written(named)}; write a list of names.")
    for name in names:
        if name not in known:
            raise ScenarioError(unknown(f"{place}/workloads", "workload", str(name), known))
    return tuple(dict.fromkeys(names))


def _date(value, place: str) -> str:
    if value is None:
        return ""
    from pydantic import TypeAdapter, ValidationError

    from ...documents import Date

    try:
        return first_day(str(TypeAdapter(Date).validate_python(value)))
    except ValidationError:
        raise ScenarioError(
            f"{place} is {as_written(value)}; write a month YYYY-MM or a day YYYY-MM-DD."
        ) from None
