"""The mart's dimension tables as look-ups: slug to number for filters, number to label for answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable, Mapping

import pandas as pd
from sqlalchemy import Table

from data_access import vocabulary
from data_access.mart import schema

NAMED = ("name", "plural")
"""Columns that hold names of the city's own."""


@dataclass(frozen=True, slots=True)
class Member:
    """One department, request type, area, ...; `extra` holds the table's other columns."""

    id: int
    slug: str
    name: str
    extra: Mapping[str, Any] = field(default_factory=dict)


class Dimension:
    """The members of one dimension, in the order of their labels."""

    def __init__(self, members: list[Member]) -> None:
        self.members = tuple(sorted(members, key=lambda member: member.name.casefold()))
        self.by_slug = {member.slug: member for member in self.members}
        self.by_id = {member.id: member for member in self.members}

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


class Dimensions:
    """All dimensions of one generation, each read when first asked for.

    Args:
        names: the city's own names -> what they are called instead, for readers of another language.
        types: programme -> "request_type" and "request_group" -> the numbers of those that its cases have.
        silent: programmes told of in totals only: a type that no case has but theirs tells of one, so it is none.
    """

    def __init__(
        self, read_table: Callable[[Table], pd.DataFrame], names: Mapping[str, str] | None = None, *,
        types: Mapping[str, Mapping[str, list[int]]] | None = None, silent: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._read_table = read_table
        self._names = names or {}
        self._types = types or {}
        self._silent = silent
        self._areas: dict[str, Dimension] = {}

    def called(self, names: Mapping[str, str]) -> Dimensions:
        """The same under other names."""
        return Dimensions(self._read_table, names, types=self._types, silent=self._silent)

    @cached_property
    def departments(self) -> Dimension:
        return self._dimension(schema.department)

    @cached_property
    def request_types(self) -> Dimension:
        return self._dimension(schema.request_type)

    @cached_property
    def request_groups(self) -> Dimension:
        return self._dimension(schema.request_group)

    @cached_property
    def programmes(self) -> Dimension:
        """The programmes the city has. One it gave up keeps its number and is none."""
        return self._dimension(schema.programme, "privacy")

    @cached_property
    def stages(self) -> Dimension:
        """Stages of all programmes; extra: programme_id, position, amount, unit, waits, ends. Those the city gave up keep a number and are none."""
        return self._dimension(schema.stage, "programme_id")

    @cached_property
    def main_programmes(self) -> tuple[int, ...]:
        """Numbers of the programmes that headline figures count; none where that is all there are."""
        main = tuple(member.id for member in self.programmes if member.extra["is_main"])
        return () if len(main) == len(self.programmes) else main

    def headline_programmes(self, own: tuple[str, ...] | None) -> tuple[int, ...]:
        """Numbers of the programmes that headline figures count for whoever is limited to `own`; none where that is all there are.

        Of programmes that no headline counts there is no other one, so it counts them for who is limited to these.
        """
        if own is None or not self.main_programmes:
            return self.main_programmes
        mine = self.programme_ids(own)
        return tuple(number for number in mine if number in self.main_programmes) or mine

    @cached_property
    def area_layers(self) -> Dimension:
        """Layers as members: id = slot, slug = layer id; extra: plural, is_context."""
        frame = self._read(schema.area_layer)
        return Dimension(
            [
                Member(int(row["slot"]), row["id"], row["name"], {"plural": row["plural"], "is_context": bool(row["is_context"])})
                for row in frame.to_dict("records")
            ]
        )

    def areas(self, layer_id: str) -> Dimension:
        """Areas of one layer; extra: parent_slug, population, median_income, geometry (GeoJSON text)."""
        if layer_id not in self._areas:
            for layer, rows in self._read(schema.area).groupby("layer_id"):
                self._areas[str(layer)] = _dimension(rows.drop(columns="layer_id"))
        return self._areas.get(layer_id, Dimension([]))

    @cached_property
    def streets(self) -> pd.DataFrame:
        """Which areas each street runs through (columns of `schema.street`)."""
        return self._read(schema.street)

    @staticmethod
    def vocabulary(name: str) -> Dimension:
        """A fixed vocabulary as a dimension: slug = the word, name = the word in plain writing."""
        words = vocabulary.VOCABULARIES[name]
        return Dimension([Member(i, word, word.replace("_", " ").capitalize()) for i, word in enumerate(words)])

    def department_ids(self, slugs: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of these departments and of all divisions below them; unknown slugs give none."""
        wanted = {self.departments.by_slug[slug].id for slug in slugs if slug in self.departments.by_slug}
        while True:
            below = {m.id for m in self.departments if m.extra.get("parent_id") in wanted}
            if below <= wanted:
                return tuple(sorted(wanted))
            wanted |= below

    @property
    def districts(self) -> Dimension:
        """The areas of the first layer: those a department's viewer can be limited to."""
        first = next((layer for layer in self.area_layers if layer.id == 1), None)
        return Dimension([]) if first is None else self.areas(first.slug)

    def district_ids(self, slugs: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of these areas of the first layer; unknown slugs give none."""
        known = self.districts.by_slug
        return tuple(sorted(known[slug].id for slug in slugs if slug in known))

    def programme_ids(self, slugs: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of these programmes; unknown slugs give none."""
        known = self.programmes.by_slug
        return tuple(sorted(known[slug].id for slug in slugs if slug in known))

    def _read(self, table: Table) -> pd.DataFrame:
        frame = self._read_table(table)
        if not self._names:
            return frame
        renamed = {column: frame[column].map(lambda name: self._names.get(name, name)) for column in NAMED if column in frame.columns}
        return frame.assign(**renamed)

    def areas_within(self, layer_id: str, districts: tuple[str, ...] | None) -> Dimension:
        """The areas of a layer that are known to lie in these areas of the first layer; None: all of them."""
        every = self.areas(layer_id)
        if districts is None:
            return every
        if every is self.districts:
            return Dimension([area for area in every if area.slug in districts])
        return Dimension([area for area in every if area.extra.get("parent_slug") in districts])

    def types_of(self, own: tuple[str, ...] | None, name: str) -> frozenset[int] | None:
        """The numbers of the request types (`name` "request_type"), or of their groups, that cases of programmes `own` have; None: of all."""
        return None if own is None else frozenset(number for slug in own for number in self._types.get(slug, {}).get(name, ()))

    def _of_nobody(self, name: str) -> frozenset[int]:
        theirs, others = (
            {number for slug, of in self._types.items() if (slug in self._silent) is silent for number in of.get(name, ())} for silent in (True, False)
        )  # fmt: skip
        return frozenset(theirs - others)

    def _dimension(self, table: Table, configured: str = "") -> Dimension:
        """The members of `table` that may be known; without those that have nothing in column `configured`, which every one of the city's file has."""
        frame = self._read(table)
        frame = frame[~frame["id"].isin(self._of_nobody(table.name))]
        return _dimension(frame[frame[configured].notna()] if configured else frame)


def _dimension(frame: pd.DataFrame) -> Dimension:
    members = []
    for row in frame.to_dict("records"):
        extra = {
            key: None if value is None or (isinstance(value, float) and value != value) else value
            for key, value in row.items()
            if key not in ("id", "slug", "name")
        }
        members.append(Member(int(row["id"]), row["slug"], row["name"], extra))
    return Dimension(members)
