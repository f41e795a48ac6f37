"""What was noted and said in the demo city: notes at the time axis on the days of what is planted, and what departments said of their figures then.

Written through the same functions and with the same checks as by people, and nothing in it is untrue of the city's cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, delete, select

from access import Viewer
from data_access.demo.catalogue import (
    CLEANED_UP,
    CLOSES_EARLY,
    HIT_BY_STORM,
    IMPROVED,
    KINDS,
    NEGLECTS,
    RULE_CHANGED,
    STORM_TYPE,
    kind_number,
)
from data_access.demo.truths import EARLY_REOPENED_SHARE, NEW_AMOUNT, STORM_DAYS, Dates
from data_access.slugs import slug
from data_access.store import annotations, remarks
from data_access.store.acting import Acting
from data_access.store.meeting_models import remark, remark_event
from data_access.store.models import annotation
from data_access.store.remarks import DISPUTE, EXPLAIN

MARK = "demo:"
"""Beginning of the ids of those who wrote it, by which what an earlier demo wrote is known."""
ANALYST = Viewer(f"{MARK}analyst", "CitiStat analyst", "analyst")
AT = time(15)
"""UTC: a time of day at which people are at work there."""
WORKS = "Public Works"


@dataclass(frozen=True)
class Said:
    """What a department says of a figure of a week, and what was found some days later; empty for nothing yet."""

    department: str
    metric: str
    about: str
    """Canonical query beside the department; empty for all of its cases."""
    week: date
    stance: str
    text: str
    found: str = ""


def head_of(department: str) -> Viewer:
    return Viewer(f"{MARK}head-of-{slug(department)}", f"Head of {department}", "department", (slug(department),))


def make_remarks(store: Engine, dates: Dates) -> int:
    """Write the demo's notes and remarks in place of those of an earlier demo; answers how many."""
    with store.begin() as connection:
        earlier = select(remark.c.id).where(remark.c.written_by_id.like(f"{MARK}%"))
        connection.execute(delete(remark_event).where(remark_event.c.remark_id.in_(earlier)))
        connection.execute(delete(remark).where(remark.c.written_by_id.like(f"{MARK}%")))
        connection.execute(delete(annotation).where(annotation.c.created_by_id.like(f"{MARK}%")))
    made = noted(dates)
    for at, until, kind, title, reason, metric, filters, rebases in made:
        acting = Acting(ANALYST, store, datetime.combine(min((until or at) + timedelta(days=1), dates.as_of), AT))
        annotations.add(acting, at=at, until=until, kind=kind, title=title, reason=reason, metric=metric, filters=filters, rebases=rebases)
    told = said(dates)
    for one in told:
        key = slug(one.department)
        filters = "&".join(part for part in (f"department={key}", one.about) if part)
        written = min(one.week + timedelta(days=8), dates.as_of)
        number = remarks.write(
            Acting(head_of(one.department), store, datetime.combine(written, AT)), department=key, metric=one.metric, filters=filters, week=one.week,
            stance=one.stance, text=one.text, open_to={key},
        )  # fmt: skip
        if one.found:
            answered = min(written + timedelta(days=1), dates.as_of)
            remarks.answer(Acting(ANALYST, store, datetime.combine(answered, AT)), number, one.found, seen=1)
    return len(made) + len(told)


def noted(dates: Dates) -> list[tuple[date, date | None, str, str, str, str, str, bool]]:
    """Day, end, kind, title, reason, metric, filters and whether limits begin anew, as `annotations.add` takes them."""
    before = KINDS[kind_number(RULE_CHANGED)].amount
    swept = ",".join(sorted(slug(name) for name in CLEANED_UP))
    return [
        (
            dates.rule_change, None, "policy", "Shorter deadline", f"The deadline of {RULE_CHANGED.lower()} is {NEW_AMOUNT} business days from here, {before} before. The work did not change.",
            "ontime_due", f"request_type={slug(RULE_CHANGED)}", True,
        ),
        (
            dates.storm, dates.storm + timedelta(days=STORM_DAYS - 1), "storm", "Storm", f"A wave of tree emergencies; {HIT_BY_STORM} needed weeks to recover.",
            "", f"department={slug(HIT_BY_STORM)}", False,
        ),
        (
            dates.clean_up, None, "policy", "Old cases closed at once", "Old open cases were closed in one evening without work: closings jump, nothing was repaired.",
            "", f"request_type={swept}", False,
        ),
        (
            dates.improvement, None, "policy", "Second pothole crew", "Two crews mend potholes on every working day. Limits stay, so that the change can be seen.",
            "", f"request_type={slug(IMPROVED)}", False,
        ),
        (dates.outage, None, "outage", "Nothing was recorded", "The system recorded no case on this day; reports of that day are in no figure.", "", "", False),
    ]  # fmt: skip


def said(dates: Dates) -> list[Said]:
    """What departments said, the oldest week first."""

    def week_of(day: date) -> date:
        return day - timedelta(days=day.weekday())

    last = week_of(dates.as_of) - timedelta(weeks=1)
    one_in = round(1 / EARLY_REOPENED_SHARE)
    return [
        Said(
            HIT_BY_STORM, "opened", "", week_of(dates.storm), EXPLAIN, f"The storm of the weekend: nearly all of what is above the usual is {STORM_TYPE.lower()}. All crews are on it.",
            "The two days of the storm make the difference; the other days were as usual.",
        ),
        Said(
            WORKS, "closed", "", week_of(dates.clean_up), EXPLAIN, "Old sidewalk and street light cases were closed together on Thursday evening. No work was done on them that evening.",
            "They were closed within hours and no event of work goes before. The note at the time axis says so.",
        ),
        Said(
            WORKS, "opened", "", week_of(dates.outage), DISPUTE, "This week is too low by about a day: on Wednesday the system recorded nothing, and people did report.",
            "Right: no case has that day as its opening, in any department. The reports cannot be recovered; the day is noted at the time axis.",
        ),
        Said(
            CLOSES_EARLY, "closed", "", last, EXPLAIN, f"A case is closed here when the order is given, not when the wall is clean. That is why one in {one_in} is opened again.",
        ),
        Said(
            NEGLECTS, "overdue_now", "", last, EXPLAIN, "Easy cases are closed at once; what is overdue are the hard ones, which need several visits. There is no plan for the oldest yet.",
            "Right: most of what is overdue are these types. A plan is asked for in the next meeting.",
        ),
        Said(
            WORKS, "ontime_due", f"request_type={slug(RULE_CHANGED)}", last, DISPUTE,
            f"Two years ago the deadline became {NEW_AMOUNT} business days, and the crews stayed the same. By the old deadline these cases would be as often on time as before.",
        ),
    ]  # fmt: skip
