"""Small random cities: cases with reopenings, transfers, duplicates, missing and broken deadlines, as plain facts.

Several worlds live in one mart, a programme each, so that one mart serves many questions. A world
is made from its seed only. Instants are naive UTC, in whole seconds, and often fall on local
midnights, on the hours at which the clock changes and on each other: that is where counting goes wrong.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data_access.city import City
from data_access.mart.reading import Mart
from tests.support.marts import make_mart, small_city

FIRST_DAY, LAST_DAY = date(2025, 9, 20), date(2026, 4, 20)
AS_OF = datetime(2026, 4, 20, 16, 34, 56)
CASES = 70
DEPARTMENTS = {"parks": None, "trees": "parks", "lawns": "parks", "roads": None, "water": None}
"""Department -> the one above it."""
TYPES = {"pothole": "streets", "litter": "streets", "leak": "pipes", "stump": "green"}
LAYERS = {"district": {"north": 9_000, "south": 400, "east": 1_200, "west": None}, "quarter": {"old": 800, "new": 5_000}}
"""Layer -> area -> people."""
QUARTER_OF = {"old": "north", "new": "south"}
OUTCOMES = ("resolved", "resolved", "resolved", "not_actionable", "referred", "duplicate", "cancelled", "test", "unknown", None)
CLASSES = ("service", "service", "service", "information", "staff_entered", None)


@dataclass(frozen=True)
class Case:
    """One case as it really was; `spells` are its (begin, end) stretches, `owners` (since, department)."""

    id: str
    programme: str
    spells: tuple[tuple[datetime, datetime | None], ...]
    owners: tuple[tuple[datetime, str], ...]
    due: datetime | None
    first_due: datetime | None
    outcome: str | None
    case_class: str | None
    channel: str
    initiated_by: str
    request_type: str
    areas: tuple[str | None, str | None]
    place: int | None
    satisfaction: int | None
    is_trusted: bool
    holds: tuple[tuple[datetime, datetime | None], ...] = ()
    """When its clock was stopped and, if it was, set going again; they may overlap."""

    @property
    def opened(self) -> datetime:
        return self.spells[0][0]

    @property
    def is_returning(self) -> bool | None:
        """Whether its reporter had reported before: of every third case nobody says."""
        return (None, True, False)[int(self.id[-3:]) % 3]

    def known_at(self, at: datetime) -> Case | None:
        """The case as it was known at `at`: nothing that happened later; what it is called stays as it is called now."""
        if self.opened > at:
            return None
        spells = tuple((begin, end if end is not None and end <= at else None) for begin, end in self.spells if begin <= at)
        owners = tuple(owner for owner in self.owners if owner[0] <= at)
        holds = tuple((begin, end if end is not None and end <= at else None) for begin, end in self.holds if begin <= at)
        return replace(self, spells=spells, owners=owners, holds=holds)


def world(seed: int, programme: str, zone: str, cases: int = CASES) -> list[Case]:
    """The cases of one world."""
    return [_Maker(random.Random(f"{seed}/{number}"), ZoneInfo(zone)).case(programme, number) for number in range(cases)]


class _Maker:
    """Makes one case from one stream of random numbers."""

    def __init__(self, chance: random.Random, zone: ZoneInfo) -> None:
        self.chance, self.zone = chance, zone

    def case(self, programme: str, number: int) -> Case:
        chance = self.chance
        opened = self.instant()
        is_trusted = chance.random() > 0.05
        spells = self.spells(opened) if is_trusted else ((opened, opened),)
        due = self.due(opened, spells)
        return Case(
            id=f"{programme}-{number:03d}", programme=programme, spells=spells, owners=self.owners(opened), due=due,
            first_due=due if due is None or chance.random() < 0.7 else due + timedelta(days=chance.choice((-3, -1, 2))),
            outcome=chance.choice(OUTCOMES), case_class=chance.choice(CLASSES),
            channel=chance.choice(("phone", "web", "app", "unknown", "staff", "email")),
            initiated_by=chance.choice(("resident", "resident", "staff", "system", "unknown")), request_type=chance.choice(list(TYPES)),
            areas=self.areas(), place=chance.choice((None, 1, 2, 3)), satisfaction=chance.choice((None, None, 1, 3, 4, 5)),
            is_trusted=is_trusted, holds=self.holds(opened),
        )  # fmt: skip

    def holds(self, opened: datetime) -> tuple[tuple[datetime, datetime | None], ...]:
        made: list[tuple[datetime, datetime | None]] = []
        while self.chance.random() < 0.3 and len(made) < 3:
            begin = self.later(self.chance.choice([opened, *(start for start, _ in made)]))
            if begin <= AS_OF:
                end = self.later(begin)
                made.append((begin, end if end <= AS_OF and self.chance.random() < 0.7 else None))
        return tuple(made)

    def instant(self) -> datetime:
        """Some instant between the first and the last day."""
        chance = self.chance
        day = FIRST_DAY + timedelta(days=chance.randrange((LAST_DAY - FIRST_DAY).days))
        if chance.random() < 0.15:
            day = chance.choice((date(2025, 11, 2), date(2026, 3, 8), date(2025, 10, 5), date(2026, 4, 5)))
        at = chance.choice(
            (time(0), time(0), time(1, 30), time(2, 30), time(9), time(chance.randrange(24), chance.randrange(60), 7), time(23, 59, 59))
        )
        local = datetime.combine(day, at, self.zone).replace(fold=chance.randrange(2))
        return local.astimezone(UTC).replace(tzinfo=None)

    def later(self, at: datetime) -> datetime:
        """Some instant after `at`: often a whole number of days, to the second."""
        return at + self.chance.choice((
            timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=5), timedelta(days=1), timedelta(days=3), timedelta(days=7),
            timedelta(days=14), timedelta(days=self.chance.randrange(1, 90), seconds=self.chance.randrange(1, 86_400)),
        ))  # fmt: skip

    def spells(self, opened: datetime) -> tuple[tuple[datetime, datetime | None], ...]:
        made: list[tuple[datetime, datetime | None]] = []
        begin = opened
        while True:
            end = begin if self.chance.random() < 0.1 else self.later(begin)
            if self.chance.random() < 0.25 or end > AS_OF:
                return (*made, (begin, None))
            made.append((begin, end))
            again = self.later(end)
            if self.chance.random() < 0.6 or again > AS_OF or len(made) == 4:
                return tuple(made)
            begin = again

    def due(self, opened: datetime, spells: tuple[tuple[datetime, datetime | None], ...]) -> datetime | None:
        """Missing, before the opening, just when the case closed, or some days after it opened."""
        end = spells[-1][1]
        kind = self.chance.random()
        if kind < 0.15:
            return None
        if kind < 0.2:
            return opened - timedelta(hours=1)
        if kind < 0.35 and end is not None:
            return end
        return opened + timedelta(days=self.chance.choice((0, 1, 2, 5, 10, 30, 60)))

    def owners(self, opened: datetime) -> tuple[tuple[datetime, str], ...]:
        names = list(DEPARTMENTS)
        made = [(opened, self.chance.choice(names))]
        while self.chance.random() < 0.3 and len(made) < 4:
            at = self.later(made[-1][0])
            if at > AS_OF:
                break
            made.append((at, self.chance.choice([name for name in names if name != made[-1][1]])))
        return tuple(made)

    def areas(self) -> tuple[str | None, str | None]:
        quarter = self.chance.choice((None, *LAYERS["quarter"]))
        return QUARTER_OF.get(quarter or "") or self.chance.choice((None, *LAYERS["district"])), quarter


def city(folder: Path, zone: str, *, week_start: str = "monday", fiscal_year_start: int = 1, worlds: int = 1) -> City:
    """A city with a programme per world, named `w0`, `w1`, ...; its maps are written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = []
    for number, (name, people) in enumerate(LAYERS.items()):
        shapes = [_shape(area, count, number * 10 + place) for place, (area, count) in enumerate(people.items())]
        file = folder / f"{name}.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
        layers.append({
            "id": name, "name": name.title(), "plural": f"{name.title()}s", "assign": "name", "file": str(file), "id_property": "name",
            "population_property": "people", "parent_property": "parent",
        })  # fmt: skip
    return small_city(
        zone, city={"week_start": week_start, "fiscal_year_start": fiscal_year_start}, area_layer=layers,
        department=[{"id": name, "name": name, **({"parent": parent} if parent else {})} for name, parent in DEPARTMENTS.items()],
        programme=[{"id": f"w{number}", "name": f"World {number}"} for number in range(worlds)],
        release={"all_A": True},
    )  # fmt: skip


def _shape(name: str, people: int | None, at: int) -> dict[str, Any]:
    ring = [[at, 0], [at + 1, 0], [at + 1, 1], [at, 1], [at, 0]]
    about = {"name": name, "people": people, "parent": QUARTER_OF.get(name)}
    return {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def mart_of(folder: Path, cases: list[Case], of: City, *, as_of: datetime = AS_OF, audience: str = "staff") -> Mart:
    """A published mart of these cases."""
    return make_mart(
        folder, [row_of(case) for case in cases], [e for case in cases for e in events_of(case)], as_of=as_of, city=of, audience=audience
    )


def row_of(case: Case) -> dict[str, Any]:
    return {
        "programme": case.programme, "source_id": case.id, "opened_at": case.opened, "closed_at": case.spells[-1][1], "due_at": case.due,
        "status": "open" if case.spells[-1][1] is None else "closed", "outcome": case.outcome, "case_class": case.case_class,
        "channel": case.channel, "initiated_by": case.initiated_by, "request_type": case.request_type,
        "request_group": TYPES[case.request_type], "department": case.owners[-1][1], "area_1": case.areas[0], "area_2": case.areas[1],
        "location_key": case.place, "satisfaction": case.satisfaction, "has_valid_interval": case.is_trusted,
        "is_returning": case.is_returning,
    }  # fmt: skip


def events_of(case: Case) -> list[dict[str, Any]]:
    def event(at: datetime, kind: str, before: str | None = None, after: str | None = None) -> dict[str, Any]:
        return {
            "programme": case.programme, "source_id": case.id, "event_at": at, "event_kind": kind, "from_value": before, "to_value": after,
        }  # fmt: skip

    made = [event(begin, "reopened") for begin, _ in case.spells[1:]]
    made += [event(end, "closed") for _, end in case.spells if end is not None]
    made += [event(at, "transferred", before, after) for (_, before), (at, after) in zip(case.owners, case.owners[1:], strict=False)]
    made += [event(begin, "paused") for begin, _ in case.holds] + [event(end, "resumed") for _, end in case.holds if end is not None]
    if case.due is not None and case.first_due is not None and case.first_due != case.due:
        made.append(event(case.opened, "due_changed", case.first_due.isoformat(), case.due.isoformat()))
    return made
