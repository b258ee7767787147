"""What people know, from known.yaml to every workload of a workspace: checked, cut to a day, said in words (docs/method §2.20–§2.22).

The document is file.py, the arrays are applied.py, the words are words.py. Without a document nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from ...documents import Document, checked, load_yaml
from ...errors import FinOpsError, InputError, unknown
from ...names import COMPANY
from ...prices.lists.catalog import catalog_price, is_linear
from . import words
from .applied import Covariates
from .days_off import day_names
from .drivers import DriverDays, read_driver
from .entries import ALL, Entries, day
from .events import Event
from .file import CovariatesFile
from .overrides import read_overrides, refuse_twice

TODAY = 28  # newest days that say what is used today
NEWEST_YEARS = 6  # years ahead for which a calendar's days off are looked up


@dataclass(frozen=True)
class WorkspaceCovariates:
    """What is known on `as_of`, of every workload, in units of its volume; overrides and notes in words."""

    events: Mapping[str, tuple[tuple[Event, str], ...]] = field(
        default_factory=dict
    )  # workload -> (event, name of its draw)
    drivers: Mapping[str, DriverDays] = field(default_factory=dict)
    off: Mapping[str, Mapping] = field(
        default_factory=dict
    )  # workload -> {date: name of the day off}
    caps: Mapping[str, tuple[tuple[float, str, str], ...]] = field(
        default_factory=dict
    )  # workload -> (per day, since, until)
    overrides: tuple[dict, ...] = ()
    notes: tuple[dict, ...] = ()

    def of_workloads(self, facts, days: int) -> dict[str, Covariates] | None:
        """The covariates of `fit_demand`, for `days` days after as_of; None where nothing is known."""
        ahead = facts.dates[-1] + np.arange(1, days + 1)
        covariates = {}
        for name in facts.names:
            if not any(name in part for part in (self.events, self.drivers, self.off, self.caps)):
                continue
            events = self.events.get(name, ())
            driver = self.drivers[name].plan(days) if name in self.drivers else None
            covariates[name] = Covariates(
                tuple(event for event, _ in events),
                {event.label: draw for event, draw in events},
                driver,
                self.off.get(name),
                _cap(self.caps[name], ahead) if name in self.caps else None,
            )
        return covariates or None


NO_COVARIATES = WorkspaceCovariates()


def load_covariates(path) -> tuple[CovariatesFile, Document]:
    """The document, checked against its schema. Raises InputError: file:line: what, nearest match."""
    document = load_yaml(path)
    return checked(CovariatesFile, document), document


def read_covariates(settings, facts, daily, replay: bool = False) -> WorkspaceCovariates:
    """What the file of `known` in finops.yaml says, as known at the end of facts.as_of.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    facts : Facts
        As `scenario.ledger_base.read_facts` gives them.
    daily : frame
        DAILY, later days included: names that come later wait, they are not refused.
    replay : bool, optional
        Entries without known_since are left out: a graded forecast knows only what was known then.

    Returns
    -------
    WorkspaceCovariates
        Covariates by workload, and numbers set by hand.

    Raises
    ------
    InputError
        What cannot be meant, in one sentence with file and line.

    Source
    ------
    docs/method §2.20.

    Examples
    --------
    >>> from finops_model.settings import Settings
    >>> read_covariates(Settings(company="Acme", currency="EUR"), None, None) is NO_COVARIATES
    True
    """
    if not settings.known:
        return NO_COVARIATES
    path = settings.path(settings.known)
    if not path.is_file():
        raise InputError(f"{settings.known}: there is no such file. Check known in finops.yaml.")
    file, document = load_covariates(path)
    return read_file(settings, facts, daily, replay, file, document)


def read_file(
    settings, facts, daily, replay: bool, file: CovariatesFile, document
) -> WorkspaceCovariates:
    """What a document of covariates says, as known at the end of facts.as_of.

    document   says of a place in the file where it was written: `at(place)`, `path`
    """
    return _Reader(settings, facts, daily, replay, file, document).read()


class _Reader(Entries):
    """Reads every entry of the file, workload by workload."""

    def read(self) -> WorkspaceCovariates:
        events: dict[str, list] = {}
        drivers: dict[str, DriverDays] = {}
        off: dict[str, Mapping] = {}
        caps: dict[str, tuple[tuple[float, str, str], ...]] = {}
        overrides: list[dict] = []
        for name, own in self.file.workloads.items():
            at = ("workloads", name)
            if name != ALL and name not in self.facts.names and not self.waits(name):
                raise InputError(
                    unknown(
                        self.document.at(at),
                        "workload",
                        name,
                        self.facts.names,
                        "'*' stands for all of them; a workload that "
                        "the bill does not know yet is launched in a scenario.",
                    )
                )
            targets = (
                list(self.facts.names)
                if name == ALL
                else [name]
                if name in self.facts.names
                else []
            )
            for i, entry in enumerate(own.events):
                for target, event in self._event(name, entry, (*at, "events", i), targets):
                    events.setdefault(target, []).append(event)
            for kind, read, by_workload in (
                ("driver", self._driver, drivers),
                ("holidays", self._off, off),
                ("cap", self._cap, caps),
            ):
                entry = getattr(own, kind)
                if entry is not None and self.known(entry, kind == "holidays"):
                    read(
                        name,
                        entry,
                        (*at, kind),
                        [t for t in targets if name != ALL or not self.own(t, kind)],
                        by_workload,
                    )
            overrides += read_overrides(self, "workload", name, own.override, at)
        for name, unit in self.file.units.items():
            if name != COMPANY and name not in self.units:
                raise InputError(
                    unknown(self.document.at(("units", name)), "unit", name, [COMPANY, *self.units])
                )
            overrides += read_overrides(self, "unit", name, unit.override, ("units", name))
        refuse_twice(self.document, events, overrides)
        return WorkspaceCovariates(
            {name: tuple(drawn) for name, drawn in events.items()},
            drivers,
            off,
            caps,
            tuple(overrides),
            tuple(self.notes),
        )

    def _event(self, scope: str, entry, at: tuple, targets: list[str]):
        """(workload, (event, draw)) of an entry; amounts in units of each workload's volume."""
        where = self.document.at(at)
        fields = {
            key: getattr(entry, key)
            for key in ("kind", "amount", "factor", "share", "ramp_days", "name", "because")
        }
        event = self._checked(
            where, since=day(entry.since), until=entry.until and day(entry.until), **fields
        )
        first = str(self.facts.dates[0])
        if event.since < first:
            raise InputError(
                f"{where}: event '{event.label}' begins on {event.since}, before the first day of data, {first}. All days have "
                "it already: take it out."
            )
        if scope == ALL and event.amount is not None:
            raise InputError(
                f"{where}: event '{event.label}': '*' means every workload, and an amount would be added to each. Give a factor, or name "
                "the workload."
            )
        if not self.known(entry):
            return
        self.note(
            scope,
            words.of_event(scope, event, entry.unit or self.facts.currency, self.facts.as_of),
            words.number(event.size()),
            entry,
            at,
        )
        for target in targets:
            w = self.facts.names.index(target)
            used = np.flatnonzero(self.facts.volume[:, w] > 0)
            began = str(self.facts.dates[used[0]]) if len(used) else event.since
            if scope != ALL and event.kind != "launch" and event.since < began:
                raise InputError(
                    f"{where}: event '{event.label}' begins on {event.since}, before the first day of '{target}', {began}. All its "
                    "days have it already: take it out."
                )
            if event.kind == "price_change" and not self._priced(event, w, where):
                continue
            own = event
            if event.amount is not None:
                per = self.units_per(w, entry.unit, where)
                size = event.amount
                own = replace(
                    event,
                    amount={key: value / per for key, value in size.items()}
                    if isinstance(size, Mapping)
                    else cast(float, size) / per,
                )
            yield target, (own, f"known/{scope}/{event.label}")

    def _checked(self, where: str, **fields) -> Event:
        try:
            return Event(**fields)
        except FinOpsError as problem:
            raise InputError(f"{where}: {problem}") from None

    def _priced(self, event: Event, w: int, where: str) -> bool:
        """Whether a price change acts on a workload's volume, which is money at today's prices.

        What is billed in quantities has its past prices taken out already. A coming change acts as a factor of its money, which tiers and
        commitments would take for usage.
        """
        facts, used = self.facts, np.flatnonzero(self.facts.mix[w] > 0)
        skus = [facts.meta.skus[s] for s in used]
        spend = sum(
            facts.mix[w, s] * sku.price for s, sku in zip(used, skus) if sku.kind == "spend"
        )
        if spend >= 0.5 * sum(facts.mix[w, s] * sku.price for s, sku in zip(used, skus)):
            return True
        if event.since <= facts.as_of:
            return False
        for sku in skus:
            price = catalog_price(facts.catalog, sku.id, facts.as_of)
            held = any(
                sku.id in str(r.get("x_SkuIds") or "")
                or (not r.get("x_SkuIds") and r.get("x_ServiceName") == sku.service)
                for r in facts.inventory
            )
            if held or (price is not None and not is_linear(price)):
                what = "covered by a commitment" if held else "priced by tiers"
                raise InputError(
                    f"{where}: event '{event.label}': {sku.id} of '{facts.names[w]}' is {what}, so its price cannot be a factor of the "
                    f"workload's money. Change prices/{sku.id} in a scenario."
                )
        return True

    def _driver(self, scope, entry, at, targets, drivers) -> None:
        driver = read_driver(
            entry, self.document.at(at), self.settings, self.facts, self.newest, self.replay
        )
        if driver is None:
            return
        self.note(
            scope,
            words.of_driver(scope, driver, entry, self.facts.as_of),
            entry.elasticity,
            entry,
            at,
        )
        for target in targets:
            drivers[target] = driver

    def _off(self, scope, entry, at, targets, off) -> None:
        where = self.document.at(at)
        if (not entry.country) == (not entry.dates):
            raise InputError(
                f"{where}: holidays are a country (US, US-CA), several, or dates with their names; give one of them."
            )
        if entry.country:
            try:
                last = f"{int(self.facts.as_of[:4]) + NEWEST_YEARS}-12-31"
                names = day_names(entry.country, str(self.facts.dates[0]), last)
            except FinOpsError as problem:
                raise InputError(f"{where}: {problem}") from None
        else:
            dates = (
                entry.dates
                if isinstance(entry.dates, dict)
                else dict.fromkeys(entry.dates, "day off")
            )
            names = {_date(text, where): name for text, name in dates.items()}
        self.note(
            scope,
            words.of_holidays(scope, entry),
            ", ".join(entry.country or ()) or len(names),
            entry,
            at,
        )
        for target in targets:
            off[target] = names

    def _cap(self, scope, entry, at, targets, caps) -> None:
        where, facts = self.document.at(at), self.facts
        if scope == ALL:
            raise InputError(
                f"{where}: '*' means every workload, and a cap is one workload's quota or capacity. Name the workload."
            )
        since, until = (day(text) if text else "" for text in (entry.since, entry.until))
        if since and until and until <= since:
            raise InputError(
                f"{where}: until {until} is not after since {since}; until is the first day without the cap."
            )
        for target in targets:
            w = facts.names.index(target)
            per = self.units_per(w, entry.unit, where)
            today = float(facts.volume[-TODAY:, w].mean())
            unit, tomorrow = entry.unit or facts.currency, str(facts.dates[-1] + 1)
            below = entry.value / per < today * (1 - 1e-9) and (not until or until > tomorrow)
            if below and since <= facts.as_of:
                raise InputError(
                    f"{where}: the cap is {entry.value:,.6g} {unit} a day, but '{target}' used {today * per:,.6g} a day in its newest "
                    f"{min(TODAY, len(facts.dates))} days. A cap in force is not below what is used: check its unit, or say with since from "
                    "which day it holds."
                )
            self.note(
                scope,
                words.of_cap(target, entry, unit, since, until, today * per if below else None),
                entry.value,
                entry,
                at,
            )
            caps[target] = ((entry.value / per, since, until),)


def _date(text: str, where: str):
    try:
        return np.datetime64(text, "D").astype(object) if len(text) == 10 else _refuse(text, where)
    except ValueError:
        return _refuse(text, where)


def _refuse(text: str, where: str):
    raise InputError(
        f"{where}: '{text[:40]}' is no day; write days off as YYYY-MM-DD: name."
    ) from None


def _cap(terms, ahead: np.ndarray) -> np.ndarray:
    """The most of each day ahead (day,), inf where there is none."""
    most = np.full(len(ahead), np.inf)
    for value, since, until in terms:
        on = np.ones(len(ahead), bool)
        if since:
            on &= ahead >= np.datetime64(since, "D")
        if until:
            on &= ahead < np.datetime64(until, "D")
        most[on] = np.minimum(most[on], value)
    return most
