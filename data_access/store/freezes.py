"""The headline figures of each week as they were known when it was closed. A frozen week is never frozen again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from data_access.store.meeting_models import freeze, frozen_figure

CITY = ""
"""What stands for the whole city where a department is named."""
GREEN, RED = "green", "red"
Only = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Freeze:
    """One week that was closed."""

    id: int
    week: date
    """Its first day."""
    as_of: datetime
    """Naive UTC; what was known."""
    frozen_at: datetime
    definitions: str
    """Version of all definitions."""
    gate: str
    gate_note: str
    """Why the data were not fit to be discussed; empty where they were."""

    @property
    def is_red(self) -> bool:
        return self.gate == RED


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a frozen week."""

    metric: str
    department: str
    """Id of a department; `CITY` for all."""
    value: float | None
    numerator: float | None
    denominator: float | None
    n: float
    definition_version: int


def keep(
    store: Engine, *, week: date, as_of: datetime, now: datetime, definitions: str, gate_note: str, figures: Sequence[Figure]
) -> Freeze | None:
    """Keep the figures of a week, whole or not at all; answers what was kept, None where the week is frozen already."""
    facts = {
        "week": week, "as_of": as_of, "frozen_at": now, "definitions": definitions, "gate": RED if gate_note else GREEN, "gate_note": gate_note,
    }  # fmt: skip
    try:
        with store.begin() as connection:
            number = int(connection.execute(insert(freeze).values(**facts)).inserted_primary_key[0])  # type: ignore[index]
            if figures:
                connection.execute(insert(frozen_figure), [{"freeze_id": number, **asdict(figure)} for figure in figures])
    except IntegrityError:
        # Of several processes that close the same week one is the first.
        return None
    return Freeze(number, **facts)


def of_week(store: Engine, week: date) -> Freeze | None:
    """The freeze of the week that began on `week`."""
    with store.connect() as connection:
        row = connection.execute(select(freeze).where(freeze.c.week == week)).first()
    return None if row is None else Freeze(*row)


def latest(store: Engine, limit: int = 1) -> list[Freeze]:
    """The last weeks that were closed, newest first."""
    with store.connect() as connection:
        return [Freeze(*row) for row in connection.execute(select(freeze).order_by(freeze.c.week.desc()).limit(limit))]


def before(store: Engine, week: date) -> Freeze | None:
    """The last freeze of the week that began on `week` or of one before it."""
    query = select(freeze).where(freeze.c.week <= week).order_by(freeze.c.week.desc()).limit(1)
    with store.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else Freeze(*row)


def figures(store: Engine, of: Freeze, only: Only) -> list[Figure]:
    """The figures of a freeze: the city first, then by department. Limited to some departments (`only`), a viewer sees theirs alone."""
    columns = [column for column in frozen_figure.c if column.name != "freeze_id"]
    query = select(*columns).where(frozen_figure.c.freeze_id == of.id).order_by(frozen_figure.c.department, frozen_figure.c.metric)
    if only is not None:
        query = query.where(frozen_figure.c.department.in_(sorted(only)))
    with store.connect() as connection:
        return [Figure(*row) for row in connection.execute(query)]
