"""What a purchase of a scenario says: common keys and the fields of its way, read and refused (docs/method §3.41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from pydantic import ValidationError

from ...errors import FinOpsError, ScenarioError, nearest, unknown
from ...uncertainty.distributions import Distribution
from ...uncertainty.elicit import is_range, read_value
from .. import ways
from ..applied import first_day
from ..changes import escape
from ..schema import PurchaseTerms as Common
from .takes import Takes, read_takes
from .written import check_written

USE = "use"
KNOWN = tuple(field.alias or name for name, field in Common.model_fields.items())


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """A purchase as it stands in a scenario; values that may change in time or be uncertain are events of its paths."""

    name: str
    where: str
    written: Mapping  # as the file has it
    common: Common
    fields: Mapping  # of the way: numbers, texts, lists, and ranges as they are written
    takes: Takes | None = None  # whose use it takes over

    @property
    def path(self) -> str:
        return f"purchases/{escape(self.name)}"

    @property
    def form(self) -> type[Any]:
        return ways.form(self.common.way)

    @property
    def since(self) -> str:
        return first_day(self.common.since) if self.common.since else ""

    @property
    def until(self) -> str | None:
        return first_day(self.common.until) if self.common.until else None

    def meters(self) -> dict[str, str]:
        """Meter of the way -> path of its use, of those whose use is written."""
        use = self.common.use
        if use is None:
            return {}
        if isinstance(use, dict) and not is_range(use):
            return {meter: f"{self.path}/{USE}/{escape(meter)}" for meter in use}
        return {self.form.METERS[0]: f"{self.path}/{USE}"}

    def values(self) -> dict[str, object]:
        """Path -> number or range as written, of all that may be uncertain or change in time."""
        use, values = self.common.use, {}
        for meter, path in self.meters().items():
            values[path] = use[meter] if isinstance(use, dict) and not is_range(use) else use
        if self.meters():
            values[f"{self.path}/growth_per_month"] = self.common.growth_per_month
        for key, value in uncertain_fields(self.form, self.fields).items():
            values[f"{self.path}/{key}"] = value
        return values

    def built(self, values: Mapping | None = None):
        """The way with its fields; `values` instead of those that are written: numbers, or arrays (path, 1 or month)."""
        own = {**self.fields, **(values or {})}
        for key in self.form.UNCERTAIN:
            value = own.get(key)
            if isinstance(value, dict) and is_range(value):
                value = read_value(value, f"{self.where}: {self.path}/{key}", None)
            own |= {key: value.mean} if isinstance(value, Distribution) else {}
        return built(self.common.way, own, f"{self.where}: {self.path}")


def built(way: str, own: dict, where: str):
    """The way with fields that are numbers; raises ScenarioError in one sentence."""
    check_written(ways.form(way), own, f"{where}: {way}")
    try:
        return ways.make(way, own, where)
    except ScenarioError:
        raise
    except FinOpsError as problem:
        raise ScenarioError(str(problem)) from None
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
        deep = [name for name, value in own.items() if isinstance(value, (dict, list, tuple))]
        raise ScenarioError(
            f"{where}: {way} cannot read what stands in {', '.join(sorted(deep or own)) or 'it'}. docs/decide/ways.md has an example."
        ) from None


def uncertain_fields(form: type[Any], own: Mapping) -> dict[str, object]:
    """Fields of a way that may be uncertain and are numbers or ranges: as written, else their default."""
    values = {}
    for field in fields(form):
        default = None if field.default is MISSING else field.default
        value = own.get(field.name, default)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if field.name in form.UNCERTAIN and (number or isinstance(value, dict) and is_range(value)):
            values[field.name] = float(value) if number else value
    return values


def read_purchase(name: str, written: Any, where: str) -> Purchase:
    """A purchase as a scenario file says it; raises ScenarioError: where, what, nearest match, what is allowed."""
    path = f"purchases/{escape(name)}"
    at = f"{where}: {path}"
    if not name.strip() or not name.isprintable() or "*" in name or len(name) > 100:
        raise ScenarioError(
            f"{where}: purchases/{repr(name[:40])[1:-1]}: a purchase needs a name of 1 to 100 letters on one line, without '*'; its draws go by it."
        )
    if not isinstance(written, dict) or not all(isinstance(key, str) for key in written):
        raise ScenarioError(
            f"{at}: a purchase is a mapping with `way:` and its fields, not '{str(written)[:40]}'. Ways: {', '.join(ways.kinds())}."
        )
    if "way" not in written:
        near = nearest("way", [key for key in written if key not in KNOWN])
        hint = f" Did you mean it by '{near}'?" if near else ""
        raise ScenarioError(
            f"{at}: 'way' is missing: how is it bought?{hint} Ways: {', '.join(ways.kinds())}."
        )
    way = written["way"]
    if way not in ways.kinds():
        raise ScenarioError(unknown(at, "way to buy", str(way)[:60], ways.kinds()))
    form = ways.form(way)
    own = {field.name for field in fields(form) if field.init}
    for key in written:
        if key not in own and key not in KNOWN:
            raise ScenarioError(
                unknown(at, f"key of a purchase by {way}", key[:60], sorted({*own, *KNOWN}))
            )
    common = _common(
        {key: value for key, value in written.items() if key in KNOWN and key not in own}, at
    )
    purchase = Purchase(
        name=name,
        where=where,
        written=dict(written),
        common=common,
        fields={key: value for key, value in written.items() if key in own},
        takes=None
        if common.takes is None
        else read_takes(common.takes, common.model_fields_set, at),
    )
    if purchase.until and purchase.until <= (purchase.since or purchase.until[:0]):
        raise ScenarioError(
            f"{at}: until {common.until} is not after since {common.since}; until is the first day without it."
        )
    _check_use(purchase, at)
    why = getattr(purchase.built(), "not_taken", "")
    if purchase.takes and why:
        raise ScenarioError(f"{at}/for: {why}")
    return purchase


def _common(written: dict, at: str) -> Common:
    try:
        return Common.model_validate(written)
    except ValidationError as problem:
        item = problem.errors()[0]
        text = str(item.get("ctx", {}).get("error", item["msg"]))
        if item["type"] == "literal_error":
            text = f"must be {item['ctx']['expected']}, not '{str(item['input'])[:40]}'."
        raise ScenarioError(f"{at}/{'/'.join(map(str, item['loc']))}: {text}") from None


def _check_use(purchase: Purchase, at: str) -> None:
    """Use is there where the way meters something, by its meters, once."""
    common, meters = purchase.common, tuple(purchase.form.METERS)
    way = common.way
    if common.use is not None and common.takes is not None:
        raise ScenarioError(
            f"{at}: it has a use of its own (use) and takes use over (for). Keep one of them."
        )
    if not meters:
        if common.use is not None or common.takes is not None:
            raise ScenarioError(
                f"{at}: {way} is paid for whatever is used; take {'use' if common.takes is None else 'for'} out."
            )
        return
    if common.use is None:
        needed = getattr(purchase.form, "WITHOUT_USE", False)
        if common.takes is None and not needed:
            raise ScenarioError(
                f"{at}: how much is used? Write use: units a month ({', '.join(meters)}), or for: whose use of the ledger it takes over."
            )
        return
    use = common.use
    if isinstance(use, dict) and not is_range(use):
        for meter in use:
            if meter not in meters:
                raise ScenarioError(
                    unknown(f"{at}/use", f"meter of {way}", str(meter)[:60], meters)
                )
        if not use:
            raise ScenarioError(
                f"{at}/use: it is empty. Write units a month of {', '.join(meters)}."
            )
    elif len(meters) > 1:
        raise ScenarioError(
            f"{at}/use: {way} meters {', '.join(meters)}; write each, for example use: {{{meters[0]}: 1000}}."
        )


def plain(value):
    """A value of a file as a leaf of the tree: a number, a text, or a mapping of these."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return (
        "; ".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value)
    )


def with_value(written, keys: list[str], value) -> dict:
    """`written` with another value at nested keys."""
    first, *rest = keys
    inside = written.get(first)
    return {
        **written,
        first: with_value(inside if isinstance(inside, dict) else {}, rest, value)
        if rest
        else value,
    }
