"""Whose cost it is: team, environment, workload and business unit of every daily row (docs/method §13).

Untagged cost is shown, never dropped: team and environment become '(untagged)'. A workload without a tag is named
team/environment/service; a business unit without a tag follows the organisation file.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

UNTAGGED, UNASSIGNED, ALL = "(untagged)", "(unassigned)", "All"


def allocate(daily: pd.DataFrame, organisation: Mapping[str, str] | None) -> pd.DataFrame:
    """`daily` with x_Team, x_Environment, x_Workload and x_BusinessUnit filled in by rule; no row is added or lost.

    daily          frame with ServiceName and the four columns as the tags say them, '' where there is no tag
    organisation   {team: business unit}, or None when the company has no such file

    >>> row = {"ServiceName": "Storage", "x_Team": "", "x_Environment": "rnd", "x_Workload": "", "x_BusinessUnit": ""}
    >>> allocate(pd.DataFrame([row]), {"search": "Discovery"})[["x_Team", "x_Workload", "x_BusinessUnit"]].iloc[0].tolist()
    ['(untagged)', '(untagged)/rnd/Storage', '(unassigned)']
    """
    team = daily["x_Team"].mask(daily["x_Team"] == "", UNTAGGED)
    environment = daily["x_Environment"].mask(daily["x_Environment"] == "", UNTAGGED)
    named = daily["x_Workload"] != ""
    return daily.assign(
        x_Team=team,
        x_Environment=environment,
        x_Workload=daily["x_Workload"].where(
            named, team + "/" + environment + "/" + daily["ServiceName"]
        ),
        x_BusinessUnit=_units(daily["x_BusinessUnit"], team, organisation),
    )


def _units(tagged: pd.Series, team: pd.Series, organisation: Mapping[str, str] | None) -> pd.Series:
    if organisation is None:
        return tagged.mask(tagged == "", ALL)
    by_team = {name: organisation.get(name, UNASSIGNED) for name in team.unique()}
    return tagged.where(tagged != "", team.map(by_team))


def organisation_of(settings) -> dict[str, str] | None:
    """{team: business unit} from the organisation file of the settings; None when there is none."""
    if settings.organisation is None:
        return None
    from ..plans.read import read_organisation

    organisation = read_organisation(settings.path(settings.organisation))
    if isinstance(organisation, pd.DataFrame):
        return dict(
            zip(
                organisation["team"].astype(str),
                organisation["business_unit"].astype(str),
                strict=True,
            )
        )
    return dict(organisation)
