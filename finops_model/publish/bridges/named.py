"""The names of states: plan, actual, actual:2026-09, forecast, forecast:2026-09, scenario:FILE (docs/method §10.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from ...errors import InputError, nearest
from ...periods import check_month

Kind = Literal["plan", "actual", "forecast", "scenario"]
ALLOWED = (
    "plan",
    "actual",
    "actual:YYYY-MM",
    "forecast",
    "forecast:YYYY-MM",
    "scenario:FILE",
)
SAME = {"budget": "plan"}  # another word for it


@dataclass(frozen=True)
class Named:
    """A state as it was asked for."""

    kind: Kind
    month: str | None = None  # of an actual; the close that a forecast was published at
    file: str | None = None
    option: str = ""

    @property
    def text(self) -> str:
        """The name as it is written."""
        more = self.month or self.file
        return f"{self.kind}:{more}" if more else self.kind


def is_period(name: str) -> bool:
    """Whether a name is written as that of a period of weeks.

    >>> is_period("FY2026-P10"), is_period("2026-10")
    (True, False)
    """
    return re.fullmatch(r"FY\d{4}-P\d{2}", name) is not None


def parse(text: str, option: str) -> Named:
    """A state's name.

    Parameters
    ----------
    text : str
        As in ALLOWED.
    option : str
        Which option says it, for messages.

    Returns
    -------
    Named
        Of a kind.

    Raises
    ------
    InputError
        Another name, with the nearest that is one.

    Examples
    --------
    >>> parse("actual:2026-09", "--to").month, parse("budget", "--from").kind
    ('2026-09', 'plan')
    """
    head, colon, rest = str(text).strip().partition(":")
    kind = SAME.get(head, head)
    if kind not in ("plan", "actual", "forecast", "scenario"):
        guess = nearest(head, ["plan", "budget", "actual", "forecast", "scenario"])
        hint = f" Did you mean '{guess}'?" if guess else ""
        raise InputError(f"{option}: unknown state '{text}'.{hint} Known: {', '.join(ALLOWED)}.")
    if kind == "scenario":
        if not rest:
            raise InputError(
                f"{option}: '{text}' names no file. Write it as scenario:scenarios/20_smaller_model.yaml."
            )
        return Named("scenario", file=rest, option=option)
    if colon and kind == "plan":
        raise InputError(
            f"{option}: '{text}': a plan is that of the month that is compared. Write plan, and the month with --month."
        )
    month = (rest if is_period(rest) else check_month(rest, option)) if colon else None
    return Named(cast(Kind, kind), month=month, option=option)
