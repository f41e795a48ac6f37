"""The cases that a city publishes one by one, as residents may take them: days, names and fixed points.

Nothing is told that the list of cases of the API does not tell, but the point at which a published case is shown. Rows are in an
order of days and of published numbers: the order in which cases came in on one day is nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, func, select

from access import AccessDenied
from data_access.giving.tables import Column, Given
from metrics.definitions import REGISTRY
from metrics.giving.labels import Labelled, word
from metrics.giving.names import AREA, layers
from metrics.select import Asked

BLOCK = 50_000
NOT_PUBLISHED = "Single cases are not published here; the figures are."


@dataclass(frozen=True)
class Chosen:
    """Which of the cases that the question's filters leave in: all unless something is named."""

    numbers: Sequence[str] = ()
    first: date | None = None
    """Opened on this day or later."""
    before: date | None = None
    """Opened before this day."""
    is_open: bool | None = None


EVERY = Chosen()


def are_published(asked: Asked) -> bool:
    """Whether the city publishes cases one by one."""
    return asked.scope.audience == "public" and asked.mart.meta.get("cases_published") == "True"


def require_published(asked: Asked) -> None:
    """Let go on where cases are published.

    Raises:
        AccessDenied: they are not, or this is not the public.
    """
    if not are_published(asked):
        raise AccessDenied(NOT_PUBLISHED)


def of_every_class(asked: Asked) -> Asked:
    """The question about cases of every class: what staff entered is published too."""
    return asked.about(asked.question.about(case_class=()))


def columns(asked: Asked) -> tuple[Column, ...]:
    """What is told of a case."""
    return (
        Column("case_number", "text", "Number of the case; it leads nowhere in the city's own system."),
        *(column for label in _labels(asked) for column in label.columns),
        Column("is_open", "yes_no", "Open at the data's own instant."),
        Column("opened_on", "day", "Day on which it was opened."), Column("due_on", "day", "Day of its deadline; empty where it has none."),
        Column("closed_on", "day", "Day of its last closing; empty if open."),
        Column("latitude", "number", "The point it is shown at, which stands for at least eight addresses; empty where there is none.", "degrees WGS84"),
        Column("longitude", "number", "The same.", "degrees WGS84"),
    )  # fmt: skip


def table(asked: Asked) -> Given:
    """All of them, for files.

    Raises:
        AccessDenied: cases are not published.
    """
    require_published(asked)
    asked = of_every_class(asked)

    def rows() -> Iterator[pd.DataFrame]:
        total = count(asked)
        for at in range(0, total, BLOCK):
            yield found(asked, EVERY, at, BLOCK)

    return Given("cases", "The cases that the city publishes one by one.", columns(asked), rows, count(asked), ("case_number",))


def count(asked: Asked, chosen: Chosen = EVERY) -> int:
    """How many there are.

    Raises:
        AccessDenied: cases are not published.
    """
    require_published(asked)
    facts = asked.facts()
    records = asked.mart.case_records(asked.scope)
    counted = select(func.count().label("n")).select_from(_joined(facts, records)).where(_condition(asked, facts, records, chosen))
    return int(asked.mart.read(counted, asked.scope)["n"].iloc[0])


def found(asked: Asked, chosen: Chosen, offset: int, limit: int) -> pd.DataFrame:
    """One page of them (`columns`), the latest day first.

    Raises:
        AccessDenied: cases are not published.
    """
    require_published(asked)
    frame = asked.mart.read(_page(asked, chosen, offset, limit), asked.scope)
    made = {}
    for label in _labels(asked):
        made |= label.of(frame)
    # A deadline or a closing that was told is a day; what an open case was closed by before says nothing now.
    days = {
        name: [None if day is pd.NaT else day.date() for day in pd.to_datetime(frame[name])]
        for name in ("opened_on", "due_on", "closed_on")
    }
    frame = frame.assign(**days, **made, case_number=frame["source_id"], is_open=frame["is_open"].astype(bool))
    frame["closed_on"] = frame["closed_on"].astype(object).mask(frame["is_open"], None)
    return frame[[column.name for column in columns(asked)]]


def _labels(asked: Asked) -> list[Labelled]:
    dimensions = asked.mart.dimensions
    made = [
        Labelled("programme_id", "programme", "The programme it belongs to.", dimensions.programmes.by_id, "programme_id"),
        Labelled("request_type_id", "service", "What was asked for.", dimensions.request_types.by_id, "service_id"),
        Labelled("department_id", "department", "The department or division that owns it now.", dimensions.departments.by_id, "department_id"),
        word("channel", "How it came in."), word("status", "What state it is in now."), word("outcome", "How it ended, by its last closing."),
    ]  # fmt: skip
    for layer in layers(asked)[:2]:
        known, name = dimensions.areas(layer.slug).by_id, layer.slug.replace("-", "_")
        made.append(
            Labelled(f"area_{layer.id}_id", name, f"{layer.name} it lies in; empty where that is not known. {AREA}", known, f"{name}_id")
        )
    return made


def _joined(facts: Any, records: Any) -> Any:
    return facts.spell.join(records, records.c.case_id == facts.column("case_id"))


def _condition(asked: Asked, facts: Any, records: Any, chosen: Chosen) -> ColumnElement[bool]:
    """One row for each case that figures count and the question's filters leave in, as it is now."""
    conditions = [facts.state, asked.population(facts, REGISTRY["opened"])]
    if chosen.numbers:
        conditions.append(records.c.source_id.in_(list(chosen.numbers)))
    if chosen.first is not None:
        conditions.append(facts.column("opened_on") >= chosen.first)
    if chosen.before is not None:
        conditions.append(facts.column("opened_on") < chosen.before)
    if chosen.is_open is not None:
        conditions.append(facts.is_open if chosen.is_open else facts.is_closed)
    return and_(*conditions)


def _page(asked: Asked, chosen: Chosen, offset: int, limit: int) -> Select:
    facts, records = asked.facts(), asked.mart.case_records(asked.scope)
    numbers = dict.fromkeys(label.number for label in _labels(asked))
    on_records = ("status_id",)
    told = [records.c[name] if name in on_records else facts.column(name) for name in numbers]
    days = [facts.column(name) for name in ("opened_on", "due_on", "closed_on", "latitude", "longitude")]
    statement = select(records.c.source_id, *told, facts.is_open.label("is_open"), *days).select_from(_joined(facts, records))
    ordered = statement.where(_condition(asked, facts, records, chosen)).order_by(facts.column("opened_on").desc(), records.c.source_id)
    return ordered.offset(offset).limit(limit)
