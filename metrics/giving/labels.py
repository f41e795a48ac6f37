"""Numbers of the mart as the ids and names that people know, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from data_access import vocabulary
from data_access.giving.tables import Column
from data_access.mart.dimensions import Member
from metrics.giving.names import AREA, layers
from metrics.periods import WEEKDAY_NUMBER
from metrics.select import Asked


@dataclass(frozen=True)
class Labelled:
    """Two columns in place of one with numbers: an id and a name; or, without `id_name`, the name alone."""

    number: str
    """The mart's column."""
    name: str
    meaning: str
    known: Mapping[int, Member]
    id_name: str = ""

    @property
    def columns(self) -> list[Column]:
        named = Column(self.name, "text", self.meaning)
        if not self.id_name:
            return [named]
        which = AREA if self.number.startswith("area_") else f"Its id, as addresses of Statroom name it; joins {self.name} to other tables."
        return [Column(self.id_name, "text", which), named]

    def of(self, frame: pd.DataFrame) -> dict[str, list[str | None]]:
        """The cells of both columns."""
        found = [None if number is None or number != number else self.known.get(int(number)) for number in frame[self.number]]
        made = {self.name: [one.name if one else None for one in found]}
        return {**({self.id_name: [one.slug if one else None for one in found]} if self.id_name else {}), **made}


def of_case(asked: Asked) -> list[Labelled]:
    """What a case is of: department and division, type, channel, and the areas it lies in."""
    dimensions, tops = asked.mart.dimensions, departments_above(asked)
    every = dimensions.departments.by_id
    made = [
        Labelled("programme_id", "programme", "The programme it belongs to.", dimensions.programmes.by_id, "programme_id"),
        Labelled("department_id", "department", "The department that owns the case now; of a division, the department above it.", tops, "department_id"),
        Labelled("department_id", "division", "The division, or the department itself, that owns the case now.", every, "division_id"),
        Labelled("request_type_id", "request_type", "What was asked for.", dimensions.request_types.by_id, "request_type_id"),
        Labelled("request_group_id", "request_group", "The group of request types.", dimensions.request_groups.by_id, "request_group_id"),
        word("channel", "How the case came in."), word("initiated_by", "Who made it."),
        word("case_class", "What kind of case; headline figures count 'Service'."), word("outcome", "How it ended, by its last closing."),
    ]  # fmt: skip
    for layer in layers(asked):
        name = layer.slug.replace("-", "_")
        known = dimensions.areas(layer.slug).by_id
        made.append(Labelled(f"area_{layer.id}_id", name, f"{layer.name} it lies in; empty where that is not known.", known, f"{name}_id"))
    return made


def word(name: str, meaning: str) -> Labelled:
    """A word of a fixed vocabulary."""
    words = vocabulary.VOCABULARIES[name]
    return Labelled(f"{name}_id", name, meaning, {n: Member(n, one, one.replace("_", " ").capitalize()) for n, one in enumerate(words)})


def departments_above(asked: Asked) -> dict[int, Member]:
    """Each department's number -> the department its figures are counted in, as `by=department` counts."""
    by_id, shown = asked.mart.dimensions.departments.by_id, asked.shown_departments()
    return {number: by_id[shown.get(number, number)] for number in by_id}


def week_of(days: pd.Series, week_start: str) -> list[date | None]:
    """First day of the city's week of each of `days`."""
    first = WEEKDAY_NUMBER[week_start]
    found = [None if day is pd.NaT else day.date() for day in pd.to_datetime(days)]
    return [None if day is None else day - timedelta(days=(day.weekday() - first) % 7) for day in found]


def labelled(frame: pd.DataFrame, labels: list[Labelled]) -> pd.DataFrame:
    """`frame` with names; a name may take the place of the number it was made of, so all are made before any is put in."""
    made = {}
    for label in labels:
        made |= label.of(frame)
    return frame.assign(**made)
