"""The stages a case walked, as a line: when it came to each, how long it stayed, and whether the stage kept its promise."""

from __future__ import annotations

from typing import Any

from dash import html

from components import words
from metrics.case_history import CaseDetail
from metrics.select import Asked


def walked(case: CaseDetail, asked: Asked) -> html.Section | None:
    """The line of its stages; None for a case of a programme without any."""
    stays = case.stays.to_dict("records")
    if not stays:
        return None
    outside = sum(stay["days"] for stay in stays if stay["waits"])
    ours = sum(stay["days"] for stay in stays if not stay["waits"])
    whose = f"{words.length(ours)} with the city" + (f", {words.length(outside)} waiting for somebody outside." if outside else ".")
    return html.Section(
        [html.H2("Stages"), html.Ol([_stay(stay, asked) for stay in stays], className="stages"), html.P(whose, className="note")],
        className="card case-stages",
    )


def _stay(stay: dict[str, Any], asked: Asked) -> html.Li:
    since = words.moment(stay["entered_at"], asked.calendar)
    is_here = words.is_missing(stay["left_at"]) and not stay["ends"]
    length = "the end" if stay["ends"] else f"{words.length(stay['days'])}{' so far' if is_here else ''}"
    kind = "ends" if stay["ends"] else "waits" if stay["waits"] else {True: "kept", False: "missed"}.get(stay["kept"], "plain")
    return html.Li(
        [
            html.Strong(stay["stage"]), html.Span(length, className="stay-length"), html.Time(f"since {since}" if is_here else since, className="stay-at"),
            html.Span(_promise(stay, asked), className="stay-promise"),
        ],
        className=f"stay stay-{kind}" + (" stay-here" if is_here else ""), **({"aria-current": "step"} if is_here else {}),
    )  # fmt: skip


def _promise(stay: dict[str, Any], asked: Asked) -> str:
    if stay["waits"]:
        return "waiting, not the city's time"
    if words.is_missing(stay["due_at"]):
        return "" if stay["ends"] else "nothing promised"
    due = words.moment(stay["due_at"], asked.calendar)
    return {True: f"promise kept (by {due})", False: f"promise missed (by {due})"}.get(stay["kept"], f"promised by {due}")
