"""The targets that people agreed on, on screen: what is proposed, what holds, what was, and the forms that change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from access import MAY, Viewer
from components import filters, gate, words
from components.chart import Chart, Drawn
from components.table import Column, Twin
from data_access.store import targets
from data_access.store.targets import PROPOSED, Target
from metrics.agreed import departments_open_to
from metrics.definitions import METRICS, REGISTRY
from metrics.question import visible_departments
from metrics.select import Asked
from metrics.targets import judged_on

PAGE = "/targets/agreed"
FIGURES = tuple(metric.id for metric in METRICS if metric.direction != "neither" and metric.rows is not None)
"""What a target can be set for: figures of which one way is better."""
CITY = "The city"
_FILE = ("id", "metric", "department", "request_type", "value", "valid_from", "valid_until", "owner_name", "source", "state", "reason", "proposed_by_name", "proposed_at", "decided_by_name", "decided_at", "decision")  # fmt: skip


def visible(asked: Asked) -> list[Target]:
    """What the present viewer may see, proposals first."""
    return list(asked.agreed.targets)


def may(viewer: Viewer, action: Any) -> bool:
    """Whether the role of `viewer` may propose or decide."""
    return viewer.role in MAY[action]


def departments(viewer: Viewer, asked: Asked) -> dict[str, str]:
    """What `viewer` may propose a target for: id -> name; the empty id is the city."""
    own = {slug: member.name for slug, member in visible_departments(viewer, asked.mart).items()}
    return own if asked.scope.departments is not None else {"": CITY, **own}


def about(one: Target, asked: Asked) -> str:
    """Whose target it is: "Parks, Pothole", "The city"."""
    parts = [asked.name_of("department", one.department) if one.department else CITY]
    return ", ".join([*parts, *([asked.name_of("request_type", one.request_type)] if one.request_type else [])])


def said(one: Target, asked: Asked) -> str:
    """The target as a phrase: "On time, Parks: at least 85.0 %"."""
    metric = REGISTRY.get(one.metric)
    if metric is None:
        return f"{one.metric}, {about(one, asked)}"
    return f"{words.label(metric)}, {about(one, asked)}: {'at least' if metric.direction == 'higher' else 'at most'} {words.value(one.value, metric.unit)}"


def standing(one: Target, day: date) -> str:
    """How it stands on `day`, in words."""
    if one.state != "approved":
        return one.state
    if one.valid_from > day:
        return "approved, not yet in force"
    return "in force" if one.holds_on(day) else "over"


def draw(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """All targets that people agreed on or propose, as a table."""
    day, every = judged_on(asked), visible(asked)
    replaced = {one.id for one in asked.agreed.in_force(day)} - {one.id for one in asked.agreed.latest(day)}
    rows = pd.DataFrame(
        [_row(one, asked, "replaced by a newer one" if one.id in replaced else standing(one, day)) for one in every],
        columns=[*_SHOWN, *_FILE],
    )
    columns = (
        Column("figure", "Figure", href="page"), Column("whose", "Whose"), Column("said", "Target"), Column("standing", "Stands"), Column("valid_from", "From", "day"),
        Column("valid_until", "Until", "day"), Column("owner_name", "Answers for it"), Column("source", "Decided in"), Column("reason", "Why"), Column("by", "By"), Column("decision", "Decision"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Targets, proposals first", rows[list(_FILE)])
    return Drawn(_finding(every, day), None, twin, "A newer target replaces an older one of the same figure, department and type from its first day on; the older one keeps judging the days before.", title=f"Agreed targets, on {words.day(day)}")  # fmt: skip


_SHOWN = ("figure", "whose", "said", "standing", "by", "page")


def _row(one: Target, asked: Asked, stands: str) -> dict[str, Any]:
    metric = REGISTRY.get(one.metric)
    decided = f"; {one.state} by {one.decided_by_name}" if one.decided_by_name else ""
    narrowed = {"department": one.department, "request_type": one.request_type}
    return {
        **{name: getattr(one, name) for name in _FILE}, "figure": words.label(metric) if metric else one.metric, "whose": about(one, asked),
        "said": words.value(one.value, metric.unit) if metric else words.decimal(one.value), "standing": stands, "by": f"proposed by {one.proposed_by_name}{decided}",
        "page": filters.link("/targets", asked, **{name: value for name, value in narrowed.items() if value}),
    }  # fmt: skip


def _finding(every: list[Target], day: date) -> str:
    if not every:
        return "No target has been agreed on here yet: figures are judged by those of the city's file."
    waiting = sum(one.state == PROPOSED for one in every)
    holding = words.plural(sum(one.holds_on(day) for one in every), "agreed target")
    return words.sentence(f"{holding} in force" + (f"; {words.plural(waiting, 'proposal')} to decide on" if waiting else ""))


AGREED = Chart("agreed-targets", "Targets that people agreed on", draw, has_period=False)


def settled(acting: Any, number: int, what: str, decision: str) -> Target:
    """Do what the form of decisions says.

    Raises:
        NotAgreed: it cannot be; the text says why.
    """
    if what == "withdraw":
        return targets.withdraw(acting, number, decision)
    return targets.decide(acting, number, approve=what == "approve", decision=decision)


def open_to(asked: Asked) -> frozenset[str] | None:
    """The departments whose targets the present viewer may see and propose; None: all."""
    return departments_open_to(gate.desk().viewer(), asked.mart)
