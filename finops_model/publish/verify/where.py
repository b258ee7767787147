"""Where a published report lies, and what the archive's index says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import ReportError
from ..report.manifest import archive_of
from .files import read_json

NOTHING = (
    "{path}: no published report lies here. Name its folder, for example reports/2026-10/company."
)


@dataclass(frozen=True)
class Where:
    """A published folder."""

    root: Path  # the archive, by its real path
    month: str
    slug: str
    place: str  # in its month: company, restated-1/company, .versions/1/company
    folder: Path  # its files, by their real path
    entry: (
        dict | None
    )  # of the index; of a version, the version's with what it lacks from the entry

    @property
    def stays(self) -> bool:
        """Whether it is a former version: it stays as it was, whatever is told now."""
        return bool(self.entry and self.entry.get("what"))


def find(path: Path, holds: str = "brief.json") -> Where:
    """The report that a path is of. Raises ReportError where no report lies there."""
    folder = path.parent if path.is_file() else path
    if not (folder / holds).is_file():
        raise ReportError(NOTHING.format(path=path))
    root, place = archive_of(folder)
    real = folder.resolve()
    month = real.relative_to(root).parts[0]
    return Where(root, month, real.name, place, real, _entry(root, month, real.name, place))


def _entry(root: Path, month: str, slug: str, place: str) -> dict | None:
    for one in entries(root):
        if (one.get("month"), one.get("slug")) == (month, slug):
            every = [one, *({**one, **version} for version in one.get("versions", ()))]
            return next((e for e in every if e.get("folder", slug) == place), None)
    return None


def entries(root: Path) -> list[dict]:
    """What the archive lists; nothing where its index cannot be read."""
    listed = read_json(root / "index.json").get("reports")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
