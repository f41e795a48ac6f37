"""What was promised in the demo city: commitments in every state, with their history, made around what is planted in its cases.

Written as people would have written them, through the same functions and with the same checks, on the days the city's course knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, delete, select

from access import Viewer
from data_access.demo.truths import Dates
from data_access.slugs import slug
from data_access.store import commitments
from data_access.store.acting import Acting
from data_access.store.meeting_models import commitment, commitment_event

MAYOR = Viewer("executive", "Mayor's office", "executive")
MAIL = "@port-alder.example"
"""End of every address in the demo city, by which an earlier demo's commitments are known."""
AT = time(14, 30)
"""UTC: a time of day at which people are at work there."""
Step = tuple[date, Viewer, Callable[[Acting, int], None]]


@dataclass(frozen=True)
class Promise:
    """One commitment and what became of it."""

    department: str
    deliverable: str
    owner: str
    made_on: date
    due_on: date
    metric: str
    filters: str
    expected: str
    value: float | None
    steps: tuple[Step, ...] = ()


def head_of(department: str) -> Viewer:
    """Who answers for a department, as the demo's own viewers are called."""
    return Viewer(f"head-of-{slug(department)}", f"Head of {department}", "department", (slug(department),))


def make_promises(store: Engine, dates: Dates) -> int:
    """Write the demo city's commitments in place of those of an earlier demo; answers how many."""
    with store.begin() as connection:
        earlier = select(commitment.c.id).where(commitment.c.owner_email.like(f"%{MAIL}"), commitment.c.created_by_id == MAYOR.id)
        connection.execute(delete(commitment_event).where(commitment_event.c.commitment_id.in_(earlier)))
        connection.execute(delete(commitment).where(commitment.c.owner_email.like(f"%{MAIL}"), commitment.c.created_by_id == MAYOR.id))
    promised = promises(dates)
    for promise in promised:
        number = commitments.make(
            Acting(MAYOR, store, datetime.combine(promise.made_on, AT)), meeting_id=None, department=slug(promise.department), deliverable=promise.deliverable,
            owner_name=promise.owner, owner_email=f"{slug(promise.owner).replace('-', '.')}{MAIL}", due_on=promise.due_on, metric=promise.metric,
            filters=promise.filters, expected=promise.expected, expected_value=promise.value, made_on=promise.made_on,
        )  # fmt: skip
        for day, viewer, step in promise.steps:
            step(Acting(viewer, store, datetime.combine(day, AT)), number)
    return len(promised)


def evidence(day: date, department: str, text: str, address: str = "") -> Step:
    only = {slug(department)}
    return day, head_of(department), lambda who, number: commitments.give_evidence(who, number, text, address, open_to=only)


def note(day: date, department: str, text: str) -> Step:
    only = {slug(department)}
    return day, head_of(department), lambda who, number: commitments.note(who, number, text, open_to=only)


def kept(day: date, text: str = "") -> Step:
    return day, MAYOR, lambda who, number: commitments.review(who, number, True, text)


def returned(day: date, text: str) -> Step:
    return day, MAYOR, lambda who, number: commitments.review(who, number, False, text)


def moved(day: date, to: date, text: str) -> Step:
    return day, MAYOR, lambda who, number: commitments.move_due(who, number, to, text)


def dropped(day: date, text: str) -> Step:
    return day, MAYOR, lambda who, number: commitments.drop(who, number, text)


def reopened(day: date, text: str) -> Step:
    return day, MAYOR, lambda who, number: commitments.reopen(who, number, text)


def promises(dates: Dates) -> list[Promise]:
    """All of them. What is planted lies where `dates` has it: the promise that worked is the one the potholes were mended faster by."""
    monday = dates.as_of - timedelta(days=dates.as_of.weekday())

    def thursday(weeks_ago: int) -> date:
        return monday - timedelta(weeks=weeks_ago) + timedelta(days=3)

    works, inspections, parks, transport = "Public Works", "Inspections", "Parks and Trees", "Transportation"
    property_, water = "Property and Graffiti", "Water and Sewer"
    before, storm, clean = dates.improvement - timedelta(days=4), dates.storm + timedelta(days=5), dates.clean_up
    return [
        Promise(
            works, "A second crew mends potholes on every working day", "Rosa Keller", before, before + timedelta(days=14), "ontime_due",
            "request_type=pothole", "higher", 0.9, (
                note(before + timedelta(days=5), works, "The crew began on Monday with the truck of the night shift."),
                evidence(before + timedelta(days=12), works, "Two crews on every roster since Monday.", "/time-to-close?request_type=pothole"),
                kept(before + timedelta(days=21), "Seen on the rosters of three weeks."),
            ),
        ),
        Promise(
            works, "Potholes reported by noon are on the same day's round", "Rosa Keller", before, before + timedelta(days=28), "ttc_closed",
            "request_type=pothole", "lower", 2.0, (
                evidence(before + timedelta(days=35), works, "Rounds are planned twice a day now; it took a week longer to change the tablets."),
                kept(before + timedelta(days=42)),
            ),
        ),
        Promise(
            works, "Clear the old sidewalk cases", "Tom Alvarez", clean - timedelta(days=14), clean + timedelta(days=7), "backlog",
            "request_type=sidewalk-make-safe,sidewalk-repair", "lower", None, (
                evidence(clean + timedelta(days=1), works, "All cases older than the limit are closed.", "/closure?department=public-works"),
                kept(clean + timedelta(days=7), "The number of open cases has fallen."),
                reopened(clean + timedelta(days=21), "They were closed in one evening without work; nothing was repaired."),
                dropped(clean + timedelta(days=35), "Closing is not repairing: a plan for the repairs comes with the budget."),
            ),
        ),
        Promise(
            inspections, "Two more inspectors visit housing cases", "Priya Nair", thursday(22), thursday(10), "overdue_now", "department=inspections", "lower", None, (
                moved(thursday(12), thursday(8), "The second inspector starts four weeks later."),
                evidence(thursday(9), inspections, "Both are on the rota since the first of the month."),
                kept(thursday(7), "On the rota. The overdue cases have not fallen yet."),
            ),
        ),
        Promise(
            inspections, "The fifty oldest housing cases are visited", "Priya Nair", thursday(9), thursday(4), "overdue_now", "department=inspections", "lower", None, (
                note(thursday(6), inspections, "Seventeen visited; in nine of them nobody opened the door."),
            ),
        ),
        Promise(
            inspections, "Rodent cases get their first visit within a week", "Samuel Osei", thursday(3), thursday(-1), "ontime_due",
            "request_type=rodent-activity", "higher", 0.75,
        ),
        Promise(
            parks, "Crews work on Saturdays until the storm's cases are done", "Maya Lindqvist", storm, storm + timedelta(days=42), "ontime_due",
            "request_type=tree-emergency", "higher", 0.85, (
                note(storm + timedelta(days=10), parks, "Two of four crews on the first Saturday."),
                evidence(storm + timedelta(days=40), parks, "No storm case is left open."),
                kept(storm + timedelta(days=42)),
            ),
        ),
        Promise(
            parks, "Park rounds are planned by district", "Maya Lindqvist", thursday(11), thursday(2), "ontime_due", "request_type=park-maintenance", "higher", 0.85, (
                evidence(thursday(3), parks, "The plan of rounds is in use; the first two districts are done.", "/map?department=parks-and-trees"),
            ),
        ),
        Promise(
            transport, "The ten commonest signs are on the shelf", "Ben Carter", thursday(2), thursday(-4), "ontime_due", "request_type=sign-repair", "higher", 0.8,
        ),
        Promise(
            transport, "Abandoned vehicles are tagged on the first visit", "Ben Carter", thursday(16), thursday(6), "ttc_closed",
            "request_type=abandoned-vehicle", "lower", 9.0, (
                evidence(thursday(6), transport, "Tags are in every car."),
                returned(thursday(5), "The cars have tags; the cases still wait for a second visit. Bring a week's list."),
                evidence(thursday(2), transport, "List of last week: 31 of 36 were tagged on the first visit."),
            ),
        ),
        Promise(
            property_, "A graffiti case is closed only with a photograph", "Lena Brandt", thursday(13), thursday(3), "closed_without_work",
            "request_type=graffiti-removal", "lower", None, (
                note(thursday(8), property_, "Photographs are in three of four closings; the rest of the crew gets telephones this month."),
            ),
        ),
        Promise(
            water, "A night shift for main leaks", "Omar Haddad", thursday(30), thursday(18), "ontime_due", "request_type=water-main-leak", "higher", 0.95, (
                dropped(thursday(20), "The contractor's stand-by does the same for less."),
            ),
        ),
    ]  # fmt: skip
