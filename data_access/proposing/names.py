"""What columns are called for each canonical field: in the exports that have a preset, and in the CRMs cities use."""

from __future__ import annotations

import re
from functools import lru_cache

from data_access.city import read_toml
from data_access.mapping.spec import PRESETS

USUAL: dict[str, tuple[str, ...]] = {
    "source_id": (
        "case id", "case number", "case no", "request id", "request number", "service request id", "service request number",
        "service request num", "sr number", "sr id", "sr record id", "ticket id", "ticket number", "ticket no", "number", "id",
        "unique key", "unique id", "reference", "reference number", "incident id", "incident number", "case enquiry id",
        "tracking number", "object id", "report id", "key", "nid",
    ),
    "parent_source_id": (
        "parent sr number", "parent id", "parent number", "parent case", "parent case id", "duplicate of", "master id", "parent",
    ),
    "request_type": (
        "request type", "service name", "type", "sr type", "complaint type", "issue type", "case type", "service", "category name",
        "service type", "service request type", "request category", "case topic", "topic", "sr type desc", "sr description", "problem",
        "problem type", "category", "subject", "service code description", "incident type", "kind",
    ),
    "request_group": (
        "category", "request type category", "type category", "service category", "group", "reason", "request group", "service group",
        "descriptor", "type group", "class", "subcategory", "service type code description",
    ),
    "department": (
        "department", "agency", "owner department", "responsible department", "agency responsible", "department name", "dept", "owner",
        "sr department desc", "assigned department", "division", "organization", "organisation", "organization acronym", "body",
        "bureau", "responsible agency",
    ),
    "queue": (
        "queue", "team", "assigned team", "work queue", "assign to", "assigned to", "unit", "crew", "work group", "section", "yard",
    ),
    "channel": (
        "channel", "source", "origin", "method received", "request source", "intake", "intake channel", "contact method",
        "open data channel type", "report source", "sr method received desc", "received by", "how received", "method", "media",
        "device type", "submission type",
    ),
    "status": (
        "status", "case status", "sr status", "state", "request status", "ticket status", "current status", "sr status desc",
        "service order status", "case state",
    ),
    "status_at": (
        "status date", "status at", "resolution action updated date", "sr status date", "status updated", "status changed",
        "last activity date",
    ),
    "outcome": (
        "outcome", "closure reason", "resolution", "resolution code", "disposition", "substatus", "sub status", "close reason",
        "result", "finding",
    ),
    "priority": ("priority", "urgency", "severity"),
    "opened_at": (
        "opened at", "open dt", "created date", "created at", "date created", "opened date", "open date", "date opened",
        "requested datetime", "request date", "requested date", "entered date", "sr created date", "ticket created date time",
        "add date", "received", "received at", "date received", "created", "opened", "reported at", "report date", "submitted at",
        "creation date", "created on", "intake date", "start date", "logged at",
    ),
    "acknowledged_at": ("acknowledged at", "acknowledged date", "acknowledged", "first response at", "first response"),
    "inspected_at": ("inspected at", "inspection date", "inspected date", "inspected"),
    "due_at": (
        "due at", "due date", "target dt", "sla target dt", "due", "expected datetime", "target date", "sla date", "sla due date",
        "deadline", "overdue on date", "target close date", "expected close date", "service due date", "response due", "sla target",
        "promised date", "expected completion date", "due by",
    ),
    "closed_at": (
        "closed at", "closed dt", "closed date", "close date", "date closed", "resolved at", "resolution date", "resolved date",
        "completed at", "completion date", "sr closed date", "ticket closed date time", "closed", "completed date", "closed on",
        "finished at", "end date", "date completed",
    ),
    "source_updated_at": (
        "updated at", "updated date", "last modified date", "modified at", "last updated", "updated datetime", "modified date",
        "last update", "updated", "modified", "last modified", "changed at", "update date", "last updated date", "last changed at",
    ),
    "latitude": ("latitude", "lat", "y lat", "geo lat", "gps lat", "lat wgs84", "point y"),
    "longitude": ("longitude", "lon", "lng", "long", "x lon", "geo lon", "gps lon", "lon wgs84", "point x"),
    "address": (
        "address", "street address", "incident address", "location", "location address", "full address", "site address",
        "service address", "location description",
    ),
    "is_duplicate": ("duplicate", "is duplicate", "duplicate flag"),
    "satisfaction": ("satisfaction", "score", "rating", "satisfaction score", "survey score", "csat"),
    "source_url": ("url", "case url", "link", "permalink"),
}  # fmt: skip
"""Canonical field -> names, the most telling first."""

NOT_DEADLINES: tuple[str, ...] = (
    "service date",
    "scheduled date",
    "schedule date",
    "appointment date",
    "scheduled at",
    "appointment",
    "visit date",
)
"""Dates that look like a deadline and are usually the day on which somebody came or will come."""

MEASURES: dict[str, tuple[str, ...]] = {
    "department": ("agency full name", "agency name", "agency", "department", "department name"),
    "activity": ("budget program", "program", "programme", "activity", "service", "division"),
    "measure": ("measure name", "measure", "indicator", "kpi", "metric", "performance measure", "indicator name"),
    "measure_kind": ("measure type", "kind", "indicator type"),
    "unit": ("data type formula", "unit", "format", "data type", "unit of measure"),
    "direction": ("directionality", "direction", "desired direction", "polarity"),
    "fiscal_year": ("fiscal year", "fy", "year"),
    "q1_value": ("q1 actual", "q1", "quarter 1", "q1 value"),
    "q2_value": ("q2 actual", "q2", "quarter 2", "q2 value"),
    "q3_value": ("q3 actual", "q3", "quarter 3", "q3 value"),
    "q4_value": ("q4 actual", "q4", "quarter 4", "q4 value"),
    "year_value": ("ye actual", "year end actual", "annual actual", "actual", "year value", "fy actual"),
    "year_target": ("ye target", "target", "annual target", "year end target", "fy target"),
    "rating_raw": ("rating", "status"),
}  # fmt: skip
"""The same for figures with targets, which are not cases."""

AREAS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "neighborhood": ("Neighborhood", "Neighborhoods", ("neighborhood", "neighbourhood", "neighborhood name", "nc name", "suburb")),
    "council_district": ("Council district", "Council districts", ("council district", "city council district", "cd", "supervisor district")),
    "ward": ("Ward", "Wards", ("ward",)),
    "borough": ("Borough", "Boroughs", ("borough",)),
    "district": ("District", "Districts", ("district", "district name")),
    "community_area": ("Community area", "Community areas", ("community area", "community board", "community district")),
    "police_district": ("Police district", "Police districts", ("police district", "police precinct")),
}  # fmt: skip
"""Layer of areas -> (its name, their name, what columns are called that name one)."""


def plain_name(column: str) -> str:
    """A column's name as words: "SRStatusDate", "sr_status_date" and "SR Status Date" are the same."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", column.lstrip("\ufeff"))
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).strip()


@lru_cache
def known_names() -> dict[str, dict[str, int]]:
    """Canonical field -> plain name -> how far down its list (0: nothing tells more)."""
    made = {field: {plain_name(name): place for place, name in reversed(list(enumerate(names)))} for field, names in USUAL.items()}
    for path in sorted(PRESETS.glob("*.toml")):
        data = read_toml(path)
        if data.get("read", {}).get("entity", "cases") != "cases":
            continue
        for field, given in data.get("columns", {}).items():
            for place, name in enumerate([given] if isinstance(given, str) else given or ()):
                # A name that a preset reads for this field is as telling as the third of the list.
                made.setdefault(field, {}).setdefault(plain_name(name), 2 + place)
    return made


def name_score(field: str, column: str) -> float:
    """How well `column` is called for `field`: 1 for the best name, 0 for none of its names."""
    names = known_names().get(field, {})
    said = plain_name(column)
    place = names.get(said, names.get(said.replace(" ", "")))
    if place is None:
        squeezed = {name.replace(" ", ""): at for name, at in names.items()}
        place = squeezed.get(said.replace(" ", ""))
    if place is not None:
        return max(1.0 - 0.02 * place, 0.6)
    # "date_case_opened": the words of a name in any order among few others.
    words = set(said.split())
    inside = [at for name, at in names.items() if len(name.split()) > 1 and set(name.split()) <= words]
    return 0.55 if inside and len(words) <= 4 else 0.0
