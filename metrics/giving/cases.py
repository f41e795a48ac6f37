"""Cases, the spells they were open, and their events as tables for other tools: names in place of numbers, rights as in the product.

Whether a spell counts in a figure is told by the figure's own rule, so a tool that counts these columns gets this product's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from sqlalchemy import Select, and_, func, select

from data_access import vocabulary
from data_access.giving.tables import Column, Given, Kind
from data_access.mart import schema
from metrics.definitions import REGISTRY
from metrics.giving.blocks import blocks, count
from metrics.giving.labels import Labelled, departments_above, labelled, of_case, week_of, word
from metrics.giving.names import of_mart
from metrics.kinds import DAY_OF, Facts, Metric, elapsed_days
from metrics.select import Asked

FLAGGED = (
    "opened", "closed", "ontime_due", "ontime_closed", "closed_within_7_days", "ttc_closed", "reopen_rate", "closed_without_work",
    "transfer_rate", "backlog", "overdue_now",
)  # fmt: skip
"""The figures of which `case_spells` says whether a row counts: those that a row decides by itself."""
WEEKS = {"opened_on": "opened_week", "spell_opened_on": "spell_opened_week", "closed_on": "closed_week", "due_on": "due_week"}
SECONDS_A_DAY = 86_400.0

TOLD: tuple[tuple[str, Kind], ...] = (
    ("source_name", "text"), ("queue", "text"), ("channel_raw", "text"), ("status_raw", "text"), ("outcome_raw", "text"), ("priority", "text"),
    ("opened_at", "instant"), ("acknowledged_at", "instant"), ("inspected_at", "instant"), ("due_at", "instant"), ("first_due_at", "instant"),
    ("closed_at", "instant"), ("reopened_count", "whole"), ("transfer_count", "whole"), ("latitude", "number"), ("longitude", "number"),
    ("address", "text"), ("title", "text"), ("description", "text"), ("resolution_text", "text"), ("satisfaction", "whole"),
    ("source_url", "text"), ("source_updated_at", "instant"), ("load_id", "whole"),
)  # fmt: skip
"""The columns of `case_record` that are told as they stand, to who may read them. The key of a place is no use to anybody else."""
NOT_NAMED = ("case_id", "source_id", "parent_source_id", "load_id")
"""Ids of `case_record` that no dimension has a name for."""
COMPUTED = (
    Column("opened_on", "day", "Day on which it was opened, in the city."), Column("due_on", "day", "Day of its deadline, in the city."),
    Column("closed_on", "day", "Day of its last closing, in the city."),
    Column("is_counted", "yes_no", "False for duplicates, cancelled and test cases, which no figure but 'Reports' counts."),
    Column("is_open", "yes_no", "Open at the data's own instant."),
    Column("is_overdue", "yes_no", "Open at the data's own instant, with a usable deadline before it."),
    Column("days_to_close", "number", "Elapsed days from opening to the last closing; empty if open, or where the times cannot be trusted.", "days"),
    Column("days_open", "number", "Of an open case, elapsed days from opening to the data's own instant.", "days"),
    Column("days_overdue", "number", "Of an overdue case, elapsed days since its deadline.", "days"),
)  # fmt: skip


def cases(asked: Asked) -> Given:
    """One row for each case, as it is now."""
    hidden = schema.columns_hidden_from(asked.scope)
    told = [(name, kind) for name, kind in TOLD if name not in hidden]
    labels = [*of_case(asked), word("status", "What state it is in now."), word("due_source", "Where its deadline comes from.")]
    columns = (
        Column("case_id", "whole", "Number of the case here; joins case_spells and case_events, and stays the same from edition to edition."),
        Column("case_number", "text", "Number of the case in its source, unique in its programme."),
        Column("parent_case_number", "text", "Number of the case that this one duplicates or belongs to."),
        *(column for label in labels for column in label.columns), *(of_mart(schema.case_record, name, kind) for name, kind in told), *COMPUTED,
    )  # fmt: skip
    asked = _whole(asked)

    def rows() -> Iterator[pd.DataFrame]:
        for low, high in blocks(asked):
            frame = asked.mart.read(_case_block(asked, [name for name, _ in told], low, high), asked.scope)
            yield labelled(_computed(frame, asked), labels).rename(
                columns={"source_id": "case_number", "parent_source_id": "parent_case_number"}
            )

    return Given(
        "cases",
        "One row for each case, as it is at the data's own instant.",
        columns,
        rows,
        count(asked, asked.mart.case_records(asked.scope)),
        ("case_id",),
        ("opened_on", "department_id"),
    )


def _case_block(asked: Asked, told: list[str], low: int, high: int) -> Select:
    records, facts = asked.mart.case_records(asked.scope), asked.facts()
    numbers = [column.name for column in records.c if column.name.endswith("_id") and column.name not in NOT_NAMED]
    listed = dict.fromkeys(["case_id", "source_id", "parent_source_id", *numbers, *told])
    state = select(
        facts.column("case_id"), facts.column("is_counted"), facts.is_open.label("is_open"), facts.is_overdue.label("is_overdue"),
        elapsed_days(facts).label("days_to_close"), facts.column("opened_on"), facts.column("due_on"), facts.column("closed_on"),
    ).where(facts.state).subquery("state")  # fmt: skip
    own = [column for column in state.c if column.name != "case_id"]
    statement = select(*(records.c[name] for name in listed), *own).outerjoin(state, state.c.case_id == records.c.case_id)
    return statement.where(records.c.case_id >= low, records.c.case_id < high).order_by(records.c.case_id)


def _computed(frame: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    as_of = pd.Timestamp(asked.mart.as_of)
    opened, due = pd.to_datetime(frame["opened_at"]), pd.to_datetime(frame["due_at"])
    is_open, is_overdue = (frame[name].astype("boolean").fillna(False).astype(bool) for name in ("is_open", "is_overdue"))
    return frame.assign(
        is_open=is_open, is_overdue=is_overdue,
        days_open=((as_of - opened).dt.total_seconds() / SECONDS_A_DAY).where(is_open),
        days_overdue=((as_of - due).dt.total_seconds() / SECONDS_A_DAY).where(is_overdue),
    )  # fmt: skip


@dataclass(frozen=True)
class Flag:
    """The columns of a spell that say whether it counts in a figure."""

    metric: Metric

    @property
    def counts(self) -> str:
        return f"in_{self.metric.id}"

    @property
    def hits(self) -> str:
        return f"hit_{self.metric.id}"

    @property
    def columns(self) -> list[Column]:
        label, when = self.metric.label, DAY_OF.get(self.metric.date_field)
        of = f"by {when}" if when else "at the data's own instant"
        owner = "closing_department" if self.metric.owner == "closing" else "department"
        made = [Column(self.counts, "yes_no", f"Whether this row counts in '{label}', {of}, for {owner}: {self.metric.meaning}")]
        if self.metric.hits is not None:
            made.append(Column(self.hits, "yes_no", f"Whether it is one of those that '{label}' is the share of."))
        return made


def flags() -> list[Flag]:
    """Those of `FLAGGED`."""
    return [Flag(REGISTRY[name]) for name in FLAGGED]


def case_spells(asked: Asked) -> Given:
    """One row for each stretch in which a case was open; a reopening starts a new one."""
    above, every = departments_above(asked), asked.mart.dimensions.departments.by_id
    labels = [
        *of_case(asked),
        Labelled(
            "closing_department_id",
            "closing_department",
            "The department that owned the case when this spell ended.",
            above,
            "closing_department_id",
        ),
        Labelled(
            "closing_department_id", "closing_division", "The division, or the department itself, that did.", every, "closing_division_id"
        ),
    ]
    told: tuple[tuple[str, Kind], ...] = (
        ("case_id", "whole"), ("spell_no", "whole"), ("opened_at", "instant"), ("spell_opened_at", "instant"), ("closed_at", "instant"), ("next_opened_at", "instant"),
        ("due_at", "instant"), ("first_due_at", "instant"), ("opened_on", "day"), ("spell_opened_on", "day"), ("closed_on", "day"), ("due_on", "day"),
        ("is_counted", "yes_no"), ("has_valid_due", "yes_no"), ("has_valid_interval", "yes_no"), ("is_instant", "yes_no"), ("transfer_count", "whole"),
    )  # fmt: skip
    columns = (
        *(of_mart(schema.spell, name, kind) for name, kind in told), *(column for label in labels for column in label.columns),
        *(Column(week, "day", f"First day of the city's week of {day}.") for day, week in WEEKS.items()),
        Column("days_to_close", "number", "Elapsed days from opening to this spell's end; empty if open, or where the times cannot be trusted.", "days"),
        *(column for flag in flags() for column in flag.columns),
    )  # fmt: skip
    asked = _whole(asked)

    def rows() -> Iterator[pd.DataFrame]:
        for low, high in blocks(asked):
            frame = asked.mart.read(_spell_block(asked, [name for name, _ in told], labels, low, high), asked.scope)
            weeks = {week: week_of(frame[day], asked.calendar.week_start) for day, week in WEEKS.items()}
            yield labelled(frame.assign(**weeks), labels)

    key = ("case_id", "spell_no")
    return Given("case_spells", "One row for each stretch in which a case was open: a case that was opened again has several. Figures are counted here.",
                 columns, rows, count(asked, asked.mart.spells(asked.scope)), key, ("opened_on", "closed_on", "due_on"))  # fmt: skip


def _spell_block(asked: Asked, told: list[str], labels: list[Labelled], low: int, high: int) -> Select:
    facts = asked.facts()
    names = dict.fromkeys([*told, *(label.number for label in labels)])
    flagged = [column for flag in flags() for column in _flag_columns(asked, facts, flag)]
    statement = select(*(facts.column(name) for name in names), elapsed_days(facts).label("days_to_close"), *flagged)
    return statement.where(facts.column("case_id") >= low, facts.column("case_id") < high).order_by(
        facts.column("case_id"), facts.column("spell_no")
    )


def _flag_columns(asked: Asked, facts: Facts, flag: Flag):  # type: ignore[no-untyped-def]
    metric = flag.metric
    assert metric.rows is not None
    dated = metric.window and metric.kind != "stock"
    known = [facts.column(metric.date_field) <= facts.as_of] if dated else []
    counts = func.coalesce(and_(asked.population(facts, metric), *known, metric.rows(facts)), False)
    made = [counts.label(flag.counts)]
    if metric.hits is not None:
        made.append(func.coalesce(and_(counts, metric.hits(facts)), False).label(flag.hits))
    return made


def case_events(asked: Asked) -> Given:
    """What happened to the cases. Who a case was given to is told to who may read names of staff, reasons to who may read texts."""
    kinds, every = dict(enumerate(vocabulary.EVENT_KINDS)), asked.mart.dimensions.departments.by_id
    hides = {name for right, name in (("staff_names", "assigned"), ("case_text", "commented")) if not asked.scope.may_read(right)}  # type: ignore[arg-type]
    labels = [
        Labelled("from_department_id", "from_department", "Of a transfer: the department before it.", every, "from_department_id"),
        Labelled("to_department_id", "to_department", "Of a transfer: the department after it.", every, "to_department_id"),
    ]
    columns = (
        of_mart(schema.case_event, "case_id", "whole"), of_mart(schema.case_event, "event_at", "instant"), Column("kind", "text", "What happened."),
        *(column for label in labels for column in label.columns),
        of_mart(schema.case_event, "from_value", "text"), of_mart(schema.case_event, "to_value", "text"),
        *((of_mart(schema.case_event, "reason", "text"),) if asked.scope.may_read("case_text") else ()),
    )  # fmt: skip
    asked = _whole(asked)

    def rows() -> Iterator[pd.DataFrame]:
        for low, high in blocks(asked):
            events = asked.mart.case_events(asked.scope)
            within = (events.c.case_id >= low, events.c.case_id < high)
            frame = asked.mart.read(select(events).where(*within).order_by(events.c.case_id, events.c.event_at), asked.scope)
            frame = frame.assign(kind=[kinds[int(number)] for number in frame["event_kind_id"]])
            secret = frame["kind"].isin(hides)
            cleared = {name: frame[name].astype(object).mask(secret, None) for name in ("from_value", "to_value")}
            yield labelled(frame.assign(**cleared), labels)

    return Given("case_events", "What happened to the cases, as their sources tell it.", columns, rows, None, (), ("case_id",))


def _whole(asked: Asked) -> Asked:
    """The question of everything: no rule is cut to a period."""
    end = asked.calendar.day_of(asked.mart.as_of) + timedelta(days=1)
    return asked.about(asked.question.about(start=end.replace(year=1901, month=1, day=1), end=end, as_of=asked.mart.as_of))
