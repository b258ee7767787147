"""Many usage records at once: each is priced or refused by itself (docs/method §5.25, §5.26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import FinOpsError, PriceError
from .buckets import Buckets
from .cost import token_cost
from .usage import from_vendor


@dataclass(frozen=True)
class Records:
    """Records of one vendor, priced one by one.

    cost      (record,) money of the table's currency; nan where a record was refused
    buckets   {bucket: (record,)} tokens; 0 where a record was refused
    refused   (position, reason) of each record that has no price
    """

    cost: np.ndarray
    buckets: Buckets
    refused: tuple[tuple[int, str], ...]

    @property
    def total(self) -> float:
        """Money of the records that have a price."""
        return float(np.nansum(self.cost))

    def __str__(self) -> str:
        first = (
            f" The first of them, record {self.refused[0][0]}: {self.refused[0][1]}"
            if self.refused
            else ""
        )
        return f"{len(self.cost) - len(self.refused):,} of {len(self.cost):,} records cost {self.total:,.6f}; {len(self.refused):,} were refused.{first}"


def price_records(
    table,
    offers,
    records: Sequence[Mapping],
    when=None,
    *,
    vendor: str = "openai",
    reading: Mapping | None = None,
    **how,
) -> Records:
    """What usage records cost; one that cannot be priced is refused and leaves the others alone.

    Parameters
    ----------
    table : TokenTable
        The prices.
    offers : int or sequence of int
        Index from `table.offer`, or one for each record.
    records : sequence of mapping
        Usage objects as the vendor's JSON has them.
    when : date, str or sequence of them, optional
        Day of all records or of each, see `token_cost`.
    vendor : str, optional
        Whose words they use.
    reading : mapping, optional
        More for `from_vendor` (reasoning_included).
    **how
        More for `token_cost`.

    Returns
    -------
    Records
        cost (record,), money of the table, nan where refused; `refused`: (position, reason) of
        each.

    Source
    ------
    docs/method §5.25.

    Examples
    --------
    >>> from finops_model.prices.tokens.cost import load_tokens
    >>> table = load_tokens()
    >>> usage = [{"prompt_tokens": 1000, "completion_tokens": 10}]
    >>> usage += [{"prompt_tokens": 1000, "completion_tokens": 10, "draft_tokens": 9}]
    >>> priced = price_records(table, table.offer("o3", "openai"), usage, "2026-01-01")
    >>> [at for at, reason in priced.refused], round(priced.total, 9)
    ([1], 0.00208)
    """
    refused: dict[int, str] = {}
    read: dict[int, Buckets] = {}
    for at, record in enumerate(records):
        try:
            buckets = from_vendor(vendor, record, **(reading or {}))
            if any(np.ndim(value) for value in buckets.values()):
                raise PriceError(
                    f"usage of {vendor}: a field is a list of numbers; give one record for each request."
                )
            read[at] = buckets
        except FinOpsError as problem:
            refused[at] = str(problem)
    cost = np.full(len(records), np.nan)

    def every(value):
        return value if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) else None

    def settle(ats: list[int]) -> None:
        if not ats:
            return
        own = (
            [offers if every(offers) is None else offers[at] for at in ats],
            [when if every(when) is None else when[at] for at in ats],
        )
        try:
            cost[ats] = token_cost(
                table,
                np.array(own[0]),
                stacked([read[at] for at in ats]),
                None if when is None else own[1],
                **how,
            )
        except FinOpsError as problem:
            if len(ats) == 1:
                refused[ats[0]] = str(problem).replace(" at position (0,)", "")
                return
            settle(ats[: len(ats) // 2])
            settle(ats[len(ats) // 2 :])

    settle(sorted(read))

    kept = [
        read.get(at, Buckets({})) if at not in refused else Buckets({})
        for at in range(len(records))
    ]
    return Records(cost, stacked(kept), tuple(sorted(refused.items())))


def stacked(records: Sequence[Buckets]) -> Buckets:
    """Buckets of many records as arrays (record,); what a record does not have is 0."""

    def column(name, of):
        return np.array([float(of(one).get(name, 0.0)) for one in records])

    names = list(dict.fromkeys(name for one in records for name in one))
    kinds = list(dict.fromkeys(kind for one in records for kind in one.untold))
    return Buckets(
        {name: column(name, lambda one: one) for name in names},
        {kind: column(kind, lambda one: one.untold) for kind in kinds},
    )
