"""Everything of the staff's mart that may leave for tools of the city, cut to one viewer's rights."""

from __future__ import annotations

from access import Viewer
from data_access.giving.tables import Given, View
from metrics.definitions import DEFINITIONS_VERSION
from metrics.giving.calls import contact_intervals
from metrics.giving.cases import case_events, case_spells, cases
from metrics.giving.names import name_tables
from metrics.giving.stays import stage_visits, stages
from metrics.giving.weekly import views, weekly_tables
from metrics.select import Asked


def tables(asked: Asked) -> list[Given]:
    """The tables.

    Raises:
        AccessDenied: asked by the public, for whom there are the released tables.
    """
    asked.require_staff()
    return [
        cases(asked), case_spells(asked), case_events(asked), stage_visits(asked), contact_intervals(asked), *weekly_tables(asked), *name_tables(asked), stages(asked),
    ]  # fmt: skip


def views_of_them(asked: Asked) -> list[View]:
    """The views over them."""
    return views(asked)


def facts(asked: Asked, viewer: Viewer, city: str) -> dict[str, str]:
    """What an edition says of itself."""
    loads = asked.mart.loads(asked.scope)
    return {
        "city": city, "audience": asked.scope.audience, "role": viewer.role, "departments": ", ".join(viewer.departments) or "all",
        "as_of": asked.mart.as_of.isoformat(timespec="seconds") + "Z", "generation": str(asked.mart.generation),
        "load_id": str(int(loads["id"].max())) if len(loads) else "", "definitions_version": DEFINITIONS_VERSION,
        "terms": "For staff of the city only: rows of cases that residents may not see." if asked.scope.audience == "staff" else "",
    }  # fmt: skip
