"""finops.yaml as a whole: its sections together, and how it is read."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ..documents import OURS, Document, checked, load_yaml
from ..errors import InputError, listing, nearest, unknown
from ..names import slug
from .books.booking import AccrualSettings, TaxSettings
from .books.calendar import FiscalCalendar
from .books.chargeback import Chargeback
from .books.rates import ExchangeRates
from .company import Company
from .cycle.files import Cycle
from .cycle.maturity import Maturity
from .cycle.outlook import Outlook
from .cycle.waste import WasteRules
from .entities import ROWS_OF, Entity, check_entities
from .files import Files, Folders
from .forecast import Forecasting
from .report import Materiality, Quality, Report, TieOut
from .shared_cost import SharedCost
from .simulation import Simulation
from .strict import Strict
from .tag_rules import Dimensions
from .tags import Tags
from .watch import Balances, WatchLimits

if TYPE_CHECKING:
    from ..periods import Calendar

WORKSPACES = "workspaces"  # below where `finops start` is called
RENAMED = {"members": "methods"}  # keys under their old name, read as the new one
SECTIONS = (
    Company,
    Files,
    Cycle,
    Outlook,
    Report,
    Folders,
    Forecasting,
    Simulation,
)  # keys without a heading


# The last base's keys come first: problems of a file are said in the order of SECTIONS.
class Settings(Simulation, Forecasting, Folders, Report, Outlook, Cycle, Files, Company, Strict):
    """finops.yaml. Paths are relative to the folder the file lies in (`root`)."""

    tags: Tags = Field(default=Tags(), description="Which tag key holds what.")
    dimensions: Dimensions = Field(
        default={},
        description="Dimensions of the company's own: name and tag key, or where it is read.",
    )
    shared_cost: SharedCost = Field(
        default=SharedCost(), description="Whose cost other teams bear, and how it is given out."
    )
    chargeback: Chargeback = Field(
        default=Chargeback(),
        description="Who gets a statement of a month, and whether it is booked.",
    )
    watch: WatchLimits = Field(
        default=WatchLimits(), description="What `finops watch` holds spend against."
    )
    waste: WasteRules = Field(
        default=WasteRules(),
        description="From which figure on money counts as spent on nothing.",
    )
    quality: Quality = Field(
        default=Quality(), description="When the data-quality card asks for attention."
    )
    materiality: Materiality = Field(
        default=Materiality(),
        description="From which distance to its budget a line of page one is named and coloured.",
    )
    tie_out: TieOut = Field(
        default=TieOut(), description="When invoices and ledger agree, and a month is final."
    )
    maturity: Maturity = Field(
        default=Maturity(),
        description="From which figure on a capability crawls, walks or runs (docs/method §18.1).",
    )
    balances: Balances = Field(
        default=[],
        description="Prepaid balances, credits and commitments to be used up, a list of entries or the name of a file "
        "(docs/method §9.22).",
    )
    calendar: FiscalCalendar | None = Field(
        default=None,
        description="The fiscal calendar, where it is more than the month in which the year begins (docs/method §1.5).",
    )
    rates: ExchangeRates | None = Field(
        default=None,
        description="Exchange rates into the company's currency; without: nothing is converted (docs/method §7.5).",
    )
    accrual: AccrualSettings = Field(
        default=AccrualSettings(), description="Which accruals are booked."
    )
    tax: TaxSettings = Field(default=TaxSettings(), description="What of tax is expense.")
    entities: list[Entity] = Field(
        default=[], description="Legal entities, one report each; without: the company is one."
    )
    own: Entity | None = Field(
        default=None, json_schema_extra=OURS
    )  # these settings are of one entity
    base: str | None = Field(default=None, json_schema_extra=OURS)  # the company's currency
    root: str = Field(default=".", json_schema_extra=OURS)
    notes: tuple[str, ...] = Field(
        default=(), json_schema_extra=OURS
    )  # on old names that were read

    def entity(self, name: str, where: str = "--entity") -> Settings:
        """These settings for one entity alone: its currency, its rows of the ledger, its files.

        Raises InputError for a name that is not one.

        >>> acme = [{"name": "Acme GmbH", "currency": "EUR"}, {"name": "Acme", "currency": "USD"}]
        >>> Settings(entities=acme).entity("acme-gmbh").currency
        'EUR'
        """
        found = next(
            (
                one
                for one in self.entities
                if name.casefold() in (one.name.casefold(), slug(one.name))
            ),
            None,
        )
        if found is None and not self.entities:
            raise InputError(
                f"{where}: '{name}' is an entity, and finops.yaml names none. "
                "Write it there (entities:), or leave it out."
            )
        if found is None:
            raise InputError(unknown(where, "entity", name, [one.name for one in self.entities]))
        given = {
            key: value for key, value in found if key not in ROWS_OF and value not in (None, [], {})
        }
        return self.model_copy(update={**given, "own": found, "base": self.currency})

    def parts(self) -> list[Settings]:
        """These settings, one by one for each entity; themselves where there are none."""
        if self.own or not self.entities:
            return [self]
        return [self.entity(one.name) for one in self.entities]

    def calendar_of(self) -> Calendar:
        """What periods, quarters and years of the company are.

        >>> Settings(calendar={"kind": "4-4-5"}).calendar_of().period_of("2026-10-31").name
        'FY2026-P11'
        """
        from ..periods import Calendar  # numpy: settings are light

        if self.calendar is None:
            return Calendar(starts=self.fiscal_year_starts)
        return self.calendar.periods(self.fiscal_year_starts)

    @property
    def of_weeks(self) -> bool:
        """Whether the company's year is weeks and not calendar months."""
        return self.calendar is not None and self.calendar.of_weeks

    @property
    def base_currency(self) -> str:
        """The company's currency, into which `rates` convert; an entity has one of its own too."""
        return self.base or self.currency

    def path(self, name: str | os.PathLike) -> Path:
        """A path of the settings, made absolute against the folder of finops.yaml."""
        return Path(self.root) / name

    def named(self, given: str | list[str]) -> list[Path]:
        """The files of a key that takes one path or a list of patterns."""
        return [self.path(given)] if isinstance(given, str) else self.files(given)

    def files(self, patterns: list[str]) -> list[Path]:
        """Files behind patterns, sorted; raises InputError for a pattern without a file."""
        found: list[Path] = []
        for pattern in patterns:
            hits = sorted(Path(hit) for hit in glob.glob(str(self.path(pattern))))
            if not hits:
                raise InputError(
                    f"{pattern}: no such file below '{self.root}'. Check the path in finops.yaml."
                )
            found += hits
        return found


def load_settings(path: str | os.PathLike = "finops.yaml") -> Settings:
    r"""The settings in finops.yaml.

    Parameters
    ----------
    path : path, optional
        The file, or a folder that holds it.

    Returns
    -------
    Settings
        Typed, defaults filled in; paths in it are relative to the file (`settings.path`).

    Raises
    ------
    InputError
        file:line: an unknown key (with the nearest match), a value that makes no sense, no such
        file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "finops.yaml").write_text("company: Acme\ncurrency: EUR\n")
    >>> load_settings(folder).currency
    'EUR'
    """
    path = Path(path)
    if path.is_dir():
        path = path / "finops.yaml"
    if not path.exists():
        raise InputError(_no_workspace(path))
    document = load_yaml(path)
    ours = ("set by finops itself",) * 3
    for key, what in zip(
        ("root", "own", "base", "notes"), ("the folder of this file", *ours), strict=True
    ):
        if key in document:
            raise InputError(f"{document.at((key,))}: {key} is {what}; take the key out.")
    notes = _renamed(document)
    settings = checked(Settings, document)
    check_entities(settings.entities, document)
    ours = {"root": str(path.parent), **({"notes": notes} if notes else {})}
    if settings.calendar is not None:
        ours["fiscal_year_starts"] = _starts(settings, document)
    return settings.model_copy(update=ours)


def _starts(settings: Settings, document: Document) -> int:
    """The month in which the year begins, also of a calendar of weeks: the one behind the month it ends with.

    Raises InputError where `fiscal_year_starts` says something else.
    """
    calendar, said = settings.calendar, settings.fiscal_year_starts
    assert calendar is not None
    starts = calendar.month % 12 + 1 if calendar.of_weeks else calendar.starts or said
    if "fiscal_year_starts" in document and said != starts:
        raise InputError(
            f"{document.at(('fiscal_year_starts',))}: fiscal_year_starts is {said}, and by calendar the year begins in month "
            f"{starts}. Take fiscal_year_starts out."
        )
    return starts


def _no_workspace(path: Path) -> str:
    """What to do where there are no settings: workspaces below the folder, one above it, a file of nearly this name, or none yet."""
    absent = f"{path}: there is no such file."
    if known := sorted(path.parent.glob(f"{WORKSPACES}/*/finops.yaml")):
        places = [str(one.parent) for one in known]
        return f"{absent} Name a workspace, for example --settings {places[0]}. There are: {listing(places)}."
    if guess := nearest(
        path.name, [one.name for one in path.parent.glob("*.y*ml") if one.name != path.name]
    ):
        return f"{absent} Did you mean '{guess}'?"
    above = [
        folder
        for folder in Path(os.path.realpath(path)).parents[1:]
        if (folder / "finops.yaml").is_file()
    ]
    where = f" (there is one in '{above[0]}')" if above else ""
    return (
        f"{absent} Make a workspace from a bill: finops start FILE. Or go to the folder of a workspace with cd{where}, "
        "or name it: --settings FOLDER."
    )


def _renamed(document: Document) -> tuple[str, ...]:
    """Old keys moved to their new names, with a note on each. Raises InputError where both stand."""
    notes = []
    for old, new in RENAMED.items():
        if old not in document:
            continue
        if new in document:
            raise InputError(
                f"{document.at((old,))}: {old} is called {new} now, and both are written. "
                f"Take {old} out."
            )
        document[new] = document.pop(old)
        for place in [place for place in document.lines if place[:1] == (old,)]:
            document.lines[(new, *place[1:])] = document.lines.pop(place)
        notes.append(f"finops.yaml: {old} is called {new} now; both are read.")
    return tuple(notes)
