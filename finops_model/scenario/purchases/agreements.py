"""Agreements on spend in a scenario: EDP, MACC and the like, read, refused and changed (docs/method §3.48)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...errors import PriceError, ScenarioError, nearest, unknown
from ...prices.terms.agreements import Agreement
from ..applied import Applied, certain, put, read_number, refuse_date, refuse_per_month, show
from ..changes import escape, leaves, unescape
from ..schema import Change
from .agreement_terms import AgreementTerms
from .takes import like
from .terms import plain, with_value

SHARES = ("discount_in_prices", "shortfall_carry", "excess_carry", "excess_cap")


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An agreement as it stands in a scenario."""

    name: str
    where: str
    written: Mapping
    terms: AgreementTerms
    deal: Agreement  # without its discount where it goes by levels

    @property
    def path(self) -> str:
        return f"agreements/{escape(self.name)}"

    @property
    def levels(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(spend of the contract year, share off what is above it); None: one discount for all of a year."""
        if self.terms.levels is None:
            return None
        pairs = sorted((float(at), share) for at, share in self.terms.levels.items())
        return np.array([at for at, _ in pairs]), np.array([share for _, share in pairs])


def read_agreement(name: str, written: Any, where: str) -> Placed:
    """An agreement as a scenario file says it; raises ScenarioError: where, what, nearest match, what is allowed."""
    if not name.strip() or not name.isprintable() or "*" in name or len(name) > 100:
        raise ScenarioError(
            f"{where}: agreements/{repr(name[:40])[1:-1]}: an agreement needs a name of 1 to 100 letters on one line, without '*'."
        )
    at = f"{where}: agreements/{escape(name)}"
    if not isinstance(written, dict) or not all(isinstance(key, str) for key in written):
        raise ScenarioError(
            f"{at}: an agreement is a mapping with start, commitment and what it is on, not '{str(written)[:40]}'."
        )
    known = sorted(AgreementTerms.model_fields)
    for key in written:
        if key not in known:
            raise ScenarioError(unknown(at, "key of an agreement", key[:60], known))
    if "start" not in written:
        near = nearest("start", [key for key in written if key not in known])
        hint = f" Did you mean it by '{near}'?" if near else ""
        raise ScenarioError(
            f"{at}: 'start' is missing; write the first month of the contract.{hint}"
        )
    try:
        terms = AgreementTerms.model_validate(written)
    except ValidationError as problem:
        item = problem.errors()[0]
        text = str(item.get("ctx", {}).get("error", item["msg"]))
        if item["type"] == "literal_error":
            text = f"must be {item['ctx']['expected']}, not '{str(item['input'])[:40]}'."
        elif item["type"].startswith("list_type"):
            text = f"is '{str(item['input'])[:40]}'; write a list."
        raise ScenarioError(
            f"{at}/{'/'.join(str(part) for part in item['loc'] if not str(part).startswith(('list', 'function', 'constrained')))}: {text}"
        ) from None
    return Placed(name=name, where=where, written=dict(written), terms=terms, deal=_deal(terms, at))


def _deal(terms: AgreementTerms, at: str) -> Agreement:
    if (terms.commitment is None) == (terms.commitments is None):
        raise ScenarioError(
            f"{at}: write commitment (money of every contract year) or commitments (a list, one for each)"
            + (", not both." if terms.commitment is not None else ".")
        )
    if terms.commitments is not None and "years" in terms.model_fields_set:
        raise ScenarioError(
            f"{at}: commitments has one entry for each contract year; take years out."
        )
    if terms.levels is not None:
        if "discount" in terms.model_fields_set:
            raise ScenarioError(f"{at}: write discount or levels, not both.")
        for level, share in terms.levels.items():
            try:
                good = float(level) >= 0
            except ValueError:
                good = False
            if not good:
                raise ScenarioError(
                    f"{at}/levels: '{level[:40]}' is no amount; write spend of the contract year and the share off what is above it: "
                    "{0: 0.05, 1000000: 0.08}."
                )
            if share > 1:
                raise ScenarioError(
                    f"{at}/levels/{level} is {share:g}; it must be a share from 0 to 1."
                )
        if not terms.levels:
            raise ScenarioError(f"{at}/levels: it is empty. Write {{0: 0.05, 1000000: 0.08}}.")
    if not terms.discount_in_prices < 1:
        raise ScenarioError(
            f"{at}/discount_in_prices is {terms.discount_in_prices:g}; it must be a share below 1."
        )
    amounts = [terms.commitment] * terms.years if terms.commitments is None else terms.commitments
    try:
        return Agreement(
            commitments=tuple(amount for amount in amounts if amount is not None),
            start=terms.start[:7],
            year_months=terms.year_months,
            discount=0.0 if terms.levels is not None else terms.discount,
            counts=terms.counts,
            shortfall_carry=terms.shortfall_carry,
            shortfall_years=terms.shortfall_years,
            excess_carry=terms.excess_carry,
            excess_cap=terms.excess_cap,
        )
    except PriceError as problem:
        raise ScenarioError(f"{at}: {problem}") from None


def add_agreement(
    applied: Applied, name: str, written: Any, where: str, facts, because: str = ""
) -> None:
    """An agreement with its terms; they stand in the tree, so that later changes and `explain` find them."""
    placed = read_agreement(name, written, where)
    if facts.replay and placed.deal.start > facts.as_of[:7]:
        return  # not signed yet on the day that is replayed
    check_scope(placed.terms, applied, facts, f"{where}: {placed.path}")
    applied.agreements[name] = placed
    shown = {
        key: plain(value)
        for key, value in placed.terms.model_dump().items()
        if value not in (None, "", [], {})
    }
    applied.tree.setdefault("agreements", {})[name] = shown
    for path, value in leaves(shown, placed.path).items():
        applied.provenance[path] = [(show(value), where, because or placed.terms.because)]


def check_scope(terms: AgreementTerms, applied: Applied, facts, at: str) -> None:
    """Raises ScenarioError for a provider, service or workload that nobody has."""
    rows = facts.daily
    planned = {values["service"] for values in applied.tree["workloads"].values()}
    known = {
        "providers": sorted(set(rows["ServiceProviderName"]) - {""}),
        "services": sorted((set(rows["ServiceName"]) | planned) - {""}),
        "workloads": sorted(set(rows["x_Workload"]) | set(applied.tree["workloads"])),
    }
    known["without_services"] = known["services"]
    for key, names in known.items():
        for pattern in getattr(terms, key):
            if not facts.replay and not any(like(name, pattern) for name in names):
                one = key.removeprefix("without_")[:-1]
                raise ScenarioError(unknown(f"{at}/{key}", one, pattern[:80], names))


def set_agreement(applied: Applied, change: Change, path: str, before, where: str, facts) -> None:
    """A `set` or `scale` of a term of an agreement: it holds for the whole run."""
    refuse_per_month(change, where)
    refuse_date(change, path, where)
    name, *keys = (unescape(part) for part in path.split("/")[1:])
    old = applied.agreements[name]
    value = change.value
    if change.op == "scale":
        if isinstance(before, bool) or not isinstance(before, (int, float)):
            raise ScenarioError(
                f"{where}: '{path}' is '{before}' and cannot be scaled; use op: set."
            )
        value = before * certain(read_number(value, path, where), path, where)
    placed = read_agreement(name, with_value(old.written, keys, value), where)
    check_scope(placed.terms, applied, facts, f"{where}: {placed.path}")
    applied.agreements[name] = replace(placed, where=where)
    steps = applied.provenance.get(path, [(show(before) or "(none)", old.where, "")])
    put(applied.tree, path, plain(value))
    applied.provenance[path] = [
        *steps,
        (
            f"× {show(change.value)}" if change.op == "scale" else show(plain(value)),
            where,
            change.because,
        ),
    ]


def known_terms(applied: Applied) -> dict[str, object]:
    """Paths that may be set though an agreement does not write them."""
    return {
        f"{placed.path}/{key}": ""
        for placed in applied.agreements.values()
        for key in AgreementTerms.model_fields
    }
