"""`finops explain`: where a value of a scenario comes from (docs/method §3.2)."""

from __future__ import annotations

from .document import Resolved, load_scenario, resolve
from .document import explain as explain_resolved


def explain(scenario, path: str, settings=None, daily=None) -> str:
    r"""Base, changes in their order, and the reason given for each, as one line per value.

    Parameters
    ----------
    scenario : path, Resolved or None
        A file, what `resolve` gave, or None: nothing changes.
    path : str
        Slash path of values, `*` for one segment.
    settings : Settings, optional
        The workspace; not needed for a Resolved.
    daily : frame, optional
        DAILY; None: read from the ledger of the settings.

    Returns
    -------
    str
        A line for each value that the path names.

    Raises
    ------
    ScenarioError
        The path names nothing, with the nearest match; the file makes no sense.

    Source
    ------
    docs/method §3.2.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> print(explain(None, "prices/GPU/price", settings))
    1  =  1.0 (from the ledger)
    """
    if isinstance(scenario, Resolved):
        return explain_resolved(scenario, path)
    loaded = load_scenario(scenario)
    if daily is None:
        from ..facts.workspace import read_daily

        daily = read_daily(settings)
    return explain_resolved(resolve(loaded, daily, settings), path)
