"""One case on screen: its facts in groups, its clock in a sentence, its timeline, and the cases it belongs with."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dash import dcc, html

from components import case_stages, lists, words
from data_access.city import City
from data_access.mart.schema import TEXT_COLUMNS
from metrics.business_time import business_hours
from metrics.case_history import CaseDetail
from metrics.select import Asked

DUE_SOURCES = {"source": "as the CRM says", "sla_rule": "computed by the city's rule", "statute": "set by law"}
KINDS = {
    "opened": "Opened", "assigned": "Assigned", "transferred": "Moved", "acknowledged": "Acknowledged", "inspected": "Inspected",
    "paused": "Waiting", "resumed": "Work resumed", "due_changed": "Deadline moved", "stage": "Stage", "closed": "Closed",
    "reopened": "Opened again", "commented": "Comment", "due": "Deadline",
}  # fmt: skip
UNKNOWN = ("Unknown", "unknown")

Row = tuple[str, Any]


def title(case: CaseDetail) -> str:
    """ "Pothole, case 26-00123"."""
    return f"{case.facts['request_type'] or 'No type'}, case {case.facts['source_id']}"


def verdict(case: CaseDetail, asked: Asked) -> str:
    """Where it stands: "Open for 12.3 days and overdue for 2.1 days."."""
    clock, facts = case.clock, case.facts
    age = "" if clock.days_open is None else f" for {words.length(clock.days_open)}"
    uncounted = "" if case.is_counted else f" No figure but 'Reports' counts it: {(facts['outcome'] or 'unknown').lower()}."
    if clock.is_open:
        if clock.days_late is None:
            return f"Open{age}, {_no_deadline(case)}.{uncounted}"
        left = words.length(abs(clock.days_late))
        return f"Open{age} and overdue for {left}.{uncounted}" if clock.days_late > 0 else f"Open{age}; due in {left}.{uncounted}"
    after = "" if clock.days_open is None else f", {words.length(clock.days_open)} after it was opened"
    closed = f"Closed on {words.moment(facts['closed_at'], asked.calendar)}{after}"
    if clock.days_late is None:
        return f"{closed}, {_no_deadline(case)}.{uncounted}"
    if clock.days_late > 0:
        return f"{closed}: {words.length(clock.days_late)} late.{uncounted}"
    return f"{closed}: on time, with {words.length(-clock.days_late)} to spare.{uncounted}"


def _no_deadline(case: CaseDetail) -> str:
    return "without a deadline" if case.facts["due_at"] is None else "with a deadline that cannot be used"


def content(case: CaseDetail, asked: Asked, city: City | None = None) -> list[Any]:
    """All parts below the heading; `city` counts its business hours."""
    story = [
        _group("Clock", _clock(case, asked, city)),
        case_stages.walked(case, asked),
        _timeline(case, asked),
        _related(case, asked),
        _texts(case),
    ]
    facts = [
        _group("What", _what(case)),
        _group("Where", _where(case, asked)),
        _group("Who", _who(case)),
        _group("When", _when(case, asked)),
    ]
    return [html.Div([part for part in side if part is not None], className="stack") for side in (story, [*facts, _crm_link(case)])]


def _group(name: str, rows: list[Row]) -> html.Section | None:
    known = [(label, value) for label, value in rows if value not in (None, "", words.MISSING)]
    if not known:
        return None
    parts = [part for label, value in known for part in (html.Dt(label), html.Dd(value))]
    return html.Section([html.H2(name), html.Dl(parts)], className="card case-group")


def _what(case: CaseDetail) -> list[Row]:
    facts = case.facts
    return [
        ("Type", facts["request_type"]), ("Status", _with_raw(facts["status"], facts["status_raw"])),
        ("Outcome", _with_raw(facts["outcome"], facts["outcome_raw"])), ("Priority", facts.get("priority")),
        ("Class", facts["case_class"]),
        ("Votes", None if facts["votes"] is None else words.count(facts["votes"])),
        ("Comments", None if facts["comments"] is None else words.count(facts["comments"])),
        ("Resident's answer", None if facts["satisfaction"] is None else f"{facts['satisfaction']:.0f} of 5"),
    ]  # fmt: skip


def _with_raw(word: str | None, raw: str | None) -> str | None:
    """A mapped word, with the source's own beside it where that says something else."""
    if word is None or word in UNKNOWN:
        return None if raw is None else f"{raw} (not mapped)"
    return word if raw is None or raw.casefold() == word.casefold() else f"{word} ({raw})"


def _where(case: CaseDetail, asked: Asked) -> list[Row]:
    facts, dimensions = case.facts, asked.mart.dimensions
    layers = sorted((layer for layer in dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)
    areas = []
    for layer in layers:
        member = dimensions.areas(layer.slug).by_id.get(int(facts.get(f"area_{layer.id}_id") or 0))
        areas.append((layer.name, member.name if member else "Not on the map"))
    return [("Address", facts.get("address")), *areas]


def _who(case: CaseDetail) -> list[Row]:
    facts = case.facts
    moved = None if not facts["transfer_count"] else words.plural(int(facts["transfer_count"]), "time")
    return [
        ("Department", facts["department"] or "No department"), ("Queue", facts.get("queue")), ("Moved between departments", moved),
        ("Reported by", _with_raw(facts["channel"], facts["channel_raw"])), ("Entered by", None if facts["initiated_by"] in UNKNOWN else facts["initiated_by"]),
    ]  # fmt: skip


def _when(case: CaseDetail, asked: Asked) -> list[Row]:
    facts = case.facts
    reopened = None if not facts["reopened_count"] else words.plural(int(facts["reopened_count"]), "time")
    dates = [(label, words.moment(facts[name], asked.calendar)) for label, name in
             (("Opened", "opened_at"), ("Acknowledged", "acknowledged_at"), ("Inspected", "inspected_at"), ("Closed", "closed_at"))]  # fmt: skip
    return [*dates, ("Opened again", reopened), ("Last change in the CRM", words.moment(facts["source_updated_at"], asked.calendar))]


def _clock(case: CaseDetail, asked: Asked, city: City | None) -> list[Row]:
    facts, clock = case.facts, case.clock
    first = facts["first_due_at"] if facts["first_due_at"] != facts["due_at"] else None
    waited = sum(wait.days for wait in case.waits)
    end = asked.mart.as_of if clock.is_open else facts["closed_at"]
    rows: list[Row] = [
        (
            "Open for",
            None if clock.days_open is None else f"{words.length(clock.days_open)}{_in_hours(city, facts, facts['opened_at'], end)}",
        )
    ]
    if facts["due_at"] is None:
        return [*rows, ("Due", "No deadline")]
    late = clock.days_late
    state = (
        None
        if late is None
        else "Overdue for"
        if clock.is_open and late > 0
        else "Due in"
        if clock.is_open
        else "Late by"
        if late > 0
        else "On time by"
    )
    return [
        *rows, ("Due", f"{words.moment(facts['due_at'], asked.calendar)}, {_due_source(facts, city)}"),
        ("First due", words.moment(first, asked.calendar)),
        (state or "Judged", f"{words.length(abs(late))}{_in_hours(city, facts, *sorted((facts['due_at'], end)))}" if late is not None else "no: the deadline lies before the opening, or the times cannot be trusted"),
        ("Waited", words.length(waited) if case.waits else None),
    ]  # fmt: skip


def _due_source(facts: dict[str, Any], city: City | None) -> str:
    """Where the deadline comes from; of a statutory one the law, where its programme has one alone."""
    said = DUE_SOURCES.get(facts["due_source"], "source unknown")
    laws = {rule.basis for rule in (city.sla_rules if city else ()) if rule.programme == facts["programme"] and rule.basis}
    return f"{said}: {laws.pop()}" if facts["due_source"] == "statute" and len(laws) == 1 else said


def _in_hours(city: City | None, facts: dict[str, Any], start: Any, end: Any) -> str:
    """The business hours of a stretch, as a second figure; empty where the city has no calendar."""
    hours = None if city is None else business_hours(city, facts["request_type"], start, end)
    return "" if hours is None else f" ({words.decimal(hours)} business hours)"


def _timeline(case: CaseDetail, asked: Asked) -> html.Section:
    waits = {wait.since: wait for wait in case.waits}
    items = []
    for event in case.timeline.to_dict("records"):
        said = _event_words(event, waits, case, asked)
        at = html.Time(words.moment(event["at"], asked.calendar), dateTime=asked.calendar.local(event["at"].to_pydatetime()).isoformat())
        what = html.Span([html.Strong(KINDS[event["kind"]]), *([": ", said] if said else [])])
        items.append(html.Li([at, what], className=f"event event-{event['kind'].replace('_', '-')}"))
    return html.Section([html.H2("What happened"), html.Ol(items, className="timeline")], className="card")


def _event_words(event: dict[str, Any], waits: dict[Any, Any], case: CaseDetail, asked: Asked) -> str:
    """What an event says beside its kind."""
    kind, reason = event["kind"], None if words.is_missing(event["reason"]) else event["reason"]
    before, after = (None if words.is_missing(event[name]) else event[name] for name in ("before", "after"))
    if kind == "opened":
        by = case.facts["channel"]
        return f"reported by {by.lower()}" if by and by not in UNKNOWN else ""
    if kind == "due":
        return _deadline_words(case)
    if kind == "due_changed" and before is not None and after is not None:
        way = "later" if event["days"] > 0 else "earlier"
        by_right = f" ({reason})" if reason else ""
        return f"from {words.moment(before, asked.calendar)} to {words.moment(after, asked.calendar)}, {words.length(abs(event['days']))} {way}{by_right}"
    if kind == "paused" and event["at"] in waits:
        wait = waits[event["at"]]
        length = f"for {words.length(wait.days)}" + ("" if wait.until is not None else " so far")
        return f"{length}: {reason}" if reason else length
    if kind in ("assigned", "transferred", "stage", "due_changed"):
        moved = " ".join(part for part in (f"from {before}" if before else "", f"to {after}" if after else "") if part)
        return ", ".join(part for part in (moved, reason) if part)
    return reason or ""


def _deadline_words(case: CaseDetail) -> str:
    late = case.clock.days_late
    if late is None:
        return "not judged"
    if case.clock.is_open:
        return "passed" if late > 0 else "still ahead"
    return "missed" if late > 0 else "kept"


def _related(case: CaseDetail, asked: Asked) -> html.Section | None:
    """The case this one belongs to, and those that belong to it."""
    related, parent_id = case.related, case.facts["parent_source_id"]
    parts: list[Any] = []
    if not parent_id and related.empty:
        return None
    if parent_id:
        seen = related[related["is_parent"]]
        shown = _case_link(seen.iloc[0].to_dict(), asked) if len(seen) else [f"case {parent_id}"]
        parts.append(html.P(["Belongs to ", *shown, "."]))
    children = related[~related["is_parent"].astype(bool)]
    if len(children):
        parts.append(html.P(f"{words.plural(len(children), 'case')} {'belongs' if len(children) == 1 else 'belong'} to this one:"))
        parts.append(html.Ul([html.Li(_case_link(child, asked)) for child in children.to_dict("records")]))
    return html.Section([html.H2("Related cases"), *parts], className="card prose")


def _case_link(other: dict[str, Any], asked: Asked) -> list[Any]:
    link = dcc.Link(other["source_id"], href=lists.case_address(other["programme"], other["source_id"]))
    return [
        link,
        f" ({other['request_type'] or 'no type'}, opened on {words.moment(other['opened_at'], asked.calendar)}, {(other['status'] or 'unknown').lower()})",
    ]


def _texts(case: CaseDetail) -> html.Section | None:
    """Free text, where there is any and the scope may read it."""
    labels = {"title": "Title", "description": "Description", "resolution_text": "Resolution"}
    shown = [(labels[name], case.facts[name]) for name in TEXT_COLUMNS if name in labels and case.facts.get(name)]
    if not shown:
        return None
    parts = [part for label, text in shown for part in (html.H3(label), html.P(text, className="free-text"))]
    return html.Section([html.H2("In words"), *parts], className="card prose")


def _crm_link(case: CaseDetail) -> html.P | None:
    """The way back to the CRM, if the source gives a web address and nothing else."""
    url = case.facts.get("source_url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return html.P(html.A("Open this case in the CRM", href=url, target="_blank", rel="noopener noreferrer"))
