"""Open311 answers as plain rows: JSON in its several wrappings, XML, names of services, and the history that endpoints tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Callable, Iterable, Mapping

from lxml import etree

Row = dict[str, Any]
REQUEST_FIELDS = (
    "service_request_id", "token", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long",
    "media_url",
)  # fmt: skip
"""What GeoReport v2 knows of a request: an endpoint may leave out of an answer what is empty."""
MADE_FIELDS = ("service_group", "closed_datetime", "acknowledged_datetime")
"""What is added from services, notes and the feed of updates; empty where an endpoint has none of them."""


def rows_of(found: Any, key: str) -> list[Row] | None:
    """The objects that have a `key`, however they are wrapped; None if the answer is no list of such objects."""
    if isinstance(found, Mapping):
        inner = [value for value in found.values() if isinstance(value, (list, Mapping))]
        return [dict(found)] if key in found else rows_of(inner[0], key) if len(inner) == 1 else None
    if not isinstance(found, list):
        return None
    if all(isinstance(one, Mapping) and key in one for one in found):
        return [dict(one) for one in found]
    nested = [rows_of(one, key) for one in found]
    return None if any(one is None for one in nested) else [row for one in nested for row in one or ()]


def rows_of_xml(body: bytes, key: str) -> list[Row] | None:
    """The elements that have a child `key`; None if it is no XML."""
    try:
        # An answer may not make this machine read files or other addresses.
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))
    except etree.XMLSyntaxError:
        return None
    return [_object(parent) for found in root.iter(key) if (parent := found.getparent()) is not None]


def _object(element: Any) -> Row:
    made: Row = {}
    for child in element:
        if len(child):
            inner = [_object(one) for one in child]
            made[child.tag] = inner if len({one.tag for one in child}) == 1 and child.tag.endswith("s") else _object(child)
        else:
            made[child.tag] = (child.text or "").strip() or None
    return made


def service_names(services: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str | None, str | None]]:
    """Code of a service -> (its name, the group it is in)."""
    return {str(_one(s["service_code"])): (_one(s.get("service_name")), _one(s.get("group") or s.get("groups"))) for s in services}


def completed(row: Row, names: Mapping[str, tuple[str | None, str | None]]) -> Row:
    """`row` with the name and the group of its service."""
    name, group = names.get(str(_one(row.get("service_code"))), (None, None))
    agency = _one(row.get("agency_responsible"))
    if isinstance(agency, Mapping):  # FixMyStreet writes {"recipient": [...]}
        agency = _one(agency.get("recipient"))
    return row | {"service_name": _one(row.get("service_name")) or name, "service_group": group, "agency_responsible": agency}


def with_notes(row: Row) -> tuple[Row, list[Row]]:
    """(`row` with when its notes say that it was closed, its notes as events). Only a note's kind, time and heading are taken."""
    notes = row.get("notes")
    if isinstance(notes, Mapping):
        notes = notes.get("note")
    number = _one(row.get("service_request_id"))
    events = [
        {"service_request_id": number, "at": note.get("datetime"), "kind": note["type"], "state": None, "summary": note.get("summary")}
        for note in notes or ()
        if isinstance(note, Mapping) and note.get("type")
    ]
    closings = [str(event["at"]) for event in events if event["kind"] == "closed" and event["at"]]
    is_closed = str(_one(row.get("status"))).lower() == "closed"
    return row | {"closed_datetime": closings[-1] if closings and is_closed else None}, events


def history(updates: Iterable[Mapping[str, Any]], is_closed: Callable[[str], bool]) -> dict[str, list[Row]]:
    """Id of a request -> its changes of state in order, from the feed of updates. What only adds a comment is no change."""
    told: dict[str, list[tuple[str, str]]] = {}
    for update in updates:
        number, at, state = (_one(update.get(name)) for name in ("service_request_id", "updated_datetime", "status"))
        if number is not None and at and state:
            told.setdefault(str(number), []).append((str(at), str(state)))
    made = {}
    for number, changes in told.items():
        events, before = [], "open"
        for at, state in sorted(changes, key=lambda change: instant_of(change[0])):
            if state.lower() == before.lower():
                continue
            kind = (
                "closed"
                if is_closed(state) and not is_closed(before)
                else "reopened"
                if is_closed(before) and not is_closed(state)
                else "stage"
            )
            events.append({"service_request_id": number, "at": at, "kind": kind, "state": state, "summary": None})
            before = state
        made[number] = events
    return made


def with_history(row: Row, events: list[Row], is_closed: Callable[[str], bool]) -> Row:
    """`row` with when it was first acted on, and closed if it is."""
    closings = [event["at"] for event in events if event["kind"] == "closed"]
    ended = closings[-1] if closings and is_closed(str(row.get("status"))) and events[-1]["kind"] != "reopened" else None
    return row | {"closed_datetime": ended, "acknowledged_datetime": events[0]["at"] if events else None}


def _one(value: Any) -> Any:
    """The only value of a list: some endpoints wrap every value in one."""
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def instant_of(text: str) -> datetime:
    """The instant an endpoint writes; the beginning of time if it cannot be read, so that it comes first."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
