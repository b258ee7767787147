"""The leadership dashboard: published reports and a what-if page, served read-only by standalone Voila.

Light by law: importing this module and opening a page loads numpy, ipywidgets and anywidget, never pandas, Altair or
SciPy (tests/test_dashboard.py looks into sys.modules). `freeze` alone, at publishing time, draws with Altair.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .archive import load_index, open_brief, open_report
from .levers import LIMITS, Levers, clamp, freeze, limits, load, settle
from .server import command, environment, serve
from .state import sliders, view

if TYPE_CHECKING:
    from .widget import Dashboard

__all__ = [
    "LIMITS",
    "Levers",
    "clamp",
    "command",
    "environment",
    "freeze",
    "limits",
    "load",
    "load_index",
    "open_brief",
    "open_report",
    "page",
    "serve",
    "settle",
    "sliders",
    "view",
]


def page(root: str | os.PathLike | None = None) -> Dashboard:
    """The dashboard widget over published reports; see `widget.page`.

    Parameters
    ----------
    root : path, optional
        The archive; None: `reports` here or in a folder above.

    Returns
    -------
    widget
        For a notebook or Voila.

    Examples
    --------
    >>> page("reports")  # doctest: +SKIP
    """
    from .widget import page as open_page

    return open_page(root)
