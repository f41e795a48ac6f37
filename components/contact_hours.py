"""When the contact centre is called: the hours of the week, for the queue and the language its reader chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components import contact_words, filters, words
from components.chart import Drawn
from components.figures.hours import hours
from components.table import Column, Twin
from metrics import contacts
from metrics.select import Asked

EVERY = "every"
NOTHING = 'No contact is loaded for this period. A source with entity = "contacts" brings them (see “Connect a city”).'
HEAT = {
    "offered": "Calls in such an hour",
    "speed_of_answer": "Average speed of answer",
    "abandonment": "Calls given up",
    "erlangs": "People talking at once (erlangs)",
}

QUEUE = filters.Option(
    "line", "Queue", lambda asked: {EVERY: "All queues", **{name: name for name in contacts.choices(asked, "queue")}}, lambda: EVERY
)
LANGUAGE = filters.Option(
    "spoken",
    "Language",
    lambda asked: {EVERY: "All languages", **{name: name for name in contacts.choices(asked, "language")}},
    lambda: EVERY,
)
HOURS = filters.Option("hours_of", "Hours show", lambda _asked: HEAT, lambda: "offered")


def chosen(view: Mapping[str, str]) -> contacts.Contacts:
    """The queue and the language the reader chose."""
    queue, language = view[QUEUE.name], view[LANGUAGE.name]
    return contacts.Contacts(() if queue == EVERY else (queue,), () if language == EVERY else (language,))


def draw_hours(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The hours of the week."""
    name, frame = view[HOURS.name], contacts.hour_of_week(asked, chosen(view))
    column = "offered_mean" if name == "offered" else name
    rows = frame.assign(
        day=[contact_words.WEEKDAYS[int(at)] for at in frame["weekday"]], at=[f"{int(hour):02d}:00" for hour in frame["hour"]]
    ).sort_values(["weekday", "hour"])
    twin = Twin(
        rows.assign(asa=[contact_words.seconds(value) for value in rows["speed_of_answer"]]),
        (Column("day", "Day"), Column("at", "Hour"), Column("offered_mean", "Calls in such an hour", "days"), Column("abandonment", "Given up", "share"), Column("asa", "Average speed of answer", "number"), Column("erlangs", "Erlangs", "ratio")),
        "Hours of the week", rows[["weekday", "hour", "offered", "offered_mean", "answered", "abandoned", "abandonment", "speed_of_answer", "erlangs"]],
    )  # fmt: skip
    if frame.empty or frame[column].isna().all():
        return Drawn(NOTHING, None, twin, title=HEAT[name])
    found = {(int(row["weekday"]), int(row["hour"])): row for row in frame.to_dict("records")}
    factor = 100 if name == "abandonment" else 1
    values = [[_cell(found.get((day, hour)), column, factor) for hour in range(24)] for day in range(7)]
    texts = [[_told(found.get((day, hour)), day, hour) for hour in range(24)] for day in range(7)]
    unit = {"offered": "calls an hour", "speed_of_answer": "seconds", "abandonment": "% of calls", "erlangs": "erlangs"}[name]
    # Hours with few calls stand aside, where others have a value.
    enough = frame[column].where(frame["offered"] >= contacts.LEAST)
    top = frame.loc[(enough if enough.notna().any() else frame[column]).idxmax()]
    finding = (
        f"{HEAT[name]}: most on {contact_words.WEEKDAYS[int(top['weekday'])]} at {int(top['hour']):02d}:00, {_amount(top[column], name)}."
    )
    note = (
        "Erlangs: calls an hour x mean handling time in hours. An hour of the week needs more people than that, or calls wait."
        if name == "erlangs"
        else ""
    )
    return Drawn(
        finding,
        hours(values, texts, contact_words.WEEKDAYS, unit.capitalize()),
        twin,
        note,
        title=f"{HEAT[name]}, {words.asked_period(asked.question)}",
    )


def _cell(row: dict[str, Any] | None, column: str, factor: float) -> float | None:
    return None if row is None or words.is_missing(row[column]) else round(factor * float(row[column]), 3)


def _told(row: dict[str, Any] | None, day: int, hour: int) -> str:
    where = f"{contact_words.WEEKDAYS[day]} {hour:02d}:00"
    if row is None:
        return f"{where}: no calls"
    return f"{where}: {words.decimal(row['offered_mean'])} calls, {words.share(row['abandonment'])} given up, {contact_words.seconds(row['speed_of_answer'])} to an answer"


def _amount(value: Any, name: str) -> str:
    if name == "abandonment":
        return words.share(value)
    return contact_words.seconds(value) if name == "speed_of_answer" else words.decimal(value)
