"""The tables of counts by day: what figures over months and years are added up from. Part of `data_access.mart.schema`.

A count by every dimension at once would have nearly as many rows as there are cases, so there are two: by what the work is, and by where it lies.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, SmallInteger, Table

from data_access.mart.dimension_schema import column, metadata

EVENTS = ("opened", "begun", "closed", "due", "overdue", "overdue_ended")
"""What a row counts, as known at the mart's `as_of`; `event` is the position. opened: cases; begun and closed: spells that began and ended;
due: cases whose deadline passed, of them `met`; overdue and overdue_ended: spells that came into the overdue stock, and left it."""
WORK = ("programme_id", "department_id", "closing_department_id", "request_type_id", "request_group_id", "case_class_id", "is_counted")
PLACE = ("programme_id", "case_class_id", "is_counted", "area_1_id", "area_2_id", "area_3_id", "area_4_id")


def _columns(names: tuple[str, ...]) -> list[Column]:
    return [
        column("event", SmallInteger, "what happened: position in EVENTS"), column("day", Date, "the city's day on which it happened"),
        *(column(name, Boolean if name == "is_counted" else SmallInteger, "as in spell") for name in names),
        column("n", BigInteger, "how many; the rows of one day and group add up"), column("met", BigInteger, "of those due: closed by their deadline"),
    ]  # fmt: skip


work_day = Table("work_day", metadata, *_columns(WORK))
place_day = Table("place_day", metadata, *_columns(PLACE))
DAY_TABLES = {work_day: WORK, place_day: PLACE}
