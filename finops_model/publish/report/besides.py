"""What is published with the reports, in the same step: slider data, and the page of a company of several currencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...measure.brief_types import Brief
from ...measure.close import Close
from ...settings import Settings
from ..archive.commit import ASSETS, Staged
from ..books import company


class Besides:
    """Writes it into the folder of a publication in the making.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    closes : mapping
        By entity.
    briefs : sequence of Brief
        That are published.
    whole : (Close, int), optional
        The close of the company and the place of its brief; None: no report of the company.
    """

    def __init__(
        self,
        settings: Settings,
        closes: Mapping[str, Close],
        briefs: Sequence[Brief],
        whole: tuple[Close, int] | None,
    ):
        self.settings, self.closes, self.briefs, self.whole = settings, closes, briefs, whole
        self.said: dict = {}  # of the company's page

    def __call__(self, folder: Path) -> list[Staged]:
        from .. import dashboard  # brings widgets, which a terminal need not wait for

        if self.whole is not None:
            close, at = self.whole
            dashboard.freeze(
                close.base.dials, self.briefs[at], folder / close.month, assets=folder / ASSETS
            )
        if not company.of_entities(self.settings):
            return []
        self.said, pages = company.staged(self.settings, list(self.closes.values()), folder)
        return pages

    def told(self, root: Path) -> list[dict]:
        """What is said of the company's page, in a list; empty where none was to be made."""
        return [company.said_of(self.said, root)] if self.said else []
