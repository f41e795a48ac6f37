"""Which target something is judged against: one that was agreed for it, its own of the city's file, else that of the departments whose work it is."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from metrics.measure import measure
from metrics.question import NONE
from metrics.select import Asked

ON_TIME = "ontime_due"
"""The figure that departments and the city have targets of in the city's file."""


def judged_on(asked: Asked) -> date:
    """The day whose targets count: the last one of the question's period."""
    return asked.question.end - timedelta(days=1)


def is_cut(asked: Asked) -> bool:
    """Whether less is asked about than what targets are agreed for: part of the cases of the city, a department or a request type."""
    question = asked.question
    parts = (question.request_group, question.areas, question.channel, question.outcome, question.programme, question.moved)
    return any(parts) or bool(question.place or question.cell or asked.scope.is_part)


def agreed_target(asked: Asked, metric: str) -> float | None:
    """What was agreed for `metric` of exactly what is asked about: the city, one department, one request type or both; None for anything else."""
    question = asked.question
    departments = question.department or asked.scope.departments or ()
    if len(departments) > 1 or len(question.request_type) > 1 or is_cut(asked):
        return None
    return asked.agreed.value(metric, judged_on(asked), "".join(departments), "".join(question.request_type))


def own_target(asked: Asked, department: str) -> float | None:
    """The on-time target (share) of a department by its id: agreed or its own, or that of the department above it; None if neither has one."""
    departments = asked.mart.dimensions.departments
    member = departments.by_slug.get(department)
    seen: set[int] = set()
    while member is not None and member.id not in seen:
        target = asked.agreed.value(ON_TIME, judged_on(asked), member.slug)
        if target is None:
            target = member.extra.get("on_time_target")
        if target is not None:
            return float(target)
        seen.add(member.id)
        above = member.extra.get("parent_id")
        member = None if above is None else departments.by_id.get(int(above))
    return None


def target_of(asked: Asked, of_file: float | None) -> float | None:
    """The target (share) of all that is asked about.

    Of one department its own, also where its viewer sees no other; of some types, groups or
    departments those of the departments whose cases fell due, weighed by their cases; of everything
    else the city's.
    """
    question, agreed = asked.question, agreed_target(asked, ON_TIME)
    if agreed is not None:
        return agreed
    departments = question.department or asked.scope.departments or ()
    if len(departments) == 1:
        return department_target(asked, departments[0], of_file)
    if not (departments or question.request_type or question.request_group):
        return city_target(asked, of_file)
    frame = measure(ON_TIME, asked, by="division").frame
    return _weighed(asked, frame.rename(columns={"key": "department"}), of_file)


def targets_by(asked: Asked, by: str, of_file: float | None) -> dict[str, float | None]:
    """The target (share) of every group of dimension `by` that has cases which fell due: group's id -> target.

    A department has its own; a request type or group those of its departments, weighed by their
    cases: what would be on time if each department just kept its target. A department without a
    target counts with the city's; a group stays without one where the city has none either.
    """
    if by in ("department", "division"):
        frame = measure(ON_TIME, asked, by=by).frame
        return {key: department_target(asked, key, of_file) for key in frame["key"]}
    frame = measure(ON_TIME, asked, by=(by, "division")).frame.rename(columns={"key_2": "department"})
    made = {str(key): _weighed(asked, rows, of_file) for key, rows in frame.groupby("key")}
    if by == "request_type":
        agreed = {key: agreed_target(asked.about(asked.question.about(request_type=(key,))), ON_TIME) for key in made if key != NONE}
        made |= {key: target for key, target in agreed.items() if target is not None}
    return made


def city_target(asked: Asked, of_file: float | None) -> float | None:
    """The city's own target (share): agreed, or that of its file."""
    agreed = asked.agreed.value(ON_TIME, judged_on(asked))
    return of_file if agreed is None else agreed


def department_target(asked: Asked, department: str, of_file: float | None) -> float | None:
    """The on-time target (share) that a department is judged by: its own, else the city's. `of_file`: that of the city's file."""
    own = own_target(asked, department)
    return city_target(asked, of_file) if own is None else own


def _weighed(asked: Asked, rows: pd.DataFrame, of_file: float | None) -> float | None:
    """The mean target of `rows` (`department`, `n`), each counted with its cases."""
    total = kept = 0.0
    for department, n in zip(rows["department"], rows["n"], strict=True):
        target = department_target(asked, department, of_file)
        if not n:
            continue
        if target is None:
            return None
        total += n
        kept += n * target
    return kept / total if total else of_file
