"""The cities of the installation side by side: of each what it has published for residents, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from access import PUBLIC_VIEWER
from data_access.city import City, CityError
from data_access.mart.reading import MartUnavailable
from data_access.neighbours import city_of
from metrics.beginning import first_day
from metrics.desk import Desk
from metrics.periods import Calendar
from metrics.select import Asked
from settings import Neighbour, Settings


@dataclass(frozen=True)
class WhyNot:
    """Why something is not compared: `kind` says what to tell, the others fill it in."""

    kind: str
    city: str = ""
    service: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Side:
    """One city with its own question about the quarter: whole city, all services."""

    id: str
    name: str
    city: City | None = None
    asked: Asked | None = None
    why_not: WhyNot | None = None
    """Why nothing of it can be compared."""


def quarter_of(asked: Asked) -> tuple[date, date]:
    """The calendar quarter to compare: the one asked for, else the last one that was over when the asking city's data end."""
    question, calendar = asked.question, asked.calendar
    start = calendar.start_of(question.start, "quarter")
    if (start, calendar.next_start(start, "quarter")) == (question.start, question.end):
        return question.start, question.end
    return calendar.last_complete(asked.mart.as_of, "quarter")


def sides(desk: Desk, quarter: tuple[date, date]) -> list[Side]:
    """The desk's own city first, then the others of the installation, each in the quarter of its own calendar and zone."""
    own = _side(desk.settings.city.name, desk.city, _published(desk.settings), quarter)
    return [own, *(_other(one, desk.settings, quarter) for one in desk.settings.others or ())]


def _published(settings: Settings, other: Neighbour | None = None) -> Settings:
    """Settings of a process that serves what that city has published: the only mart of another city that is ever opened."""
    if other is None:
        return replace(settings, audience="public")
    return replace(settings, audience="public", city=other.folder, mart=other.mart, mart_server=other.server, data=other.mart.parent)


def _other(one: Neighbour, settings: Settings, quarter: tuple[date, date]) -> Side:
    try:
        city = city_of(one)
    except CityError:
        return Side(one.id, one.id, why_not=WhyNot("file", one.id))
    return _side(one.id, city, _published(settings, one), quarter)


class _Published(Desk):
    """Where what a city published is asked, by the file that says how it counts its days."""

    def __init__(self, settings: Settings, city: City) -> None:
        super().__init__(settings, lambda: PUBLIC_VIEWER)
        self.calendar = Calendar(city.zone, city.facts.week_start, city.facts.fiscal_year_start)
        self.city = city


def _side(name: str, city: City, settings: Settings, quarter: tuple[date, date]) -> Side:
    start, end = quarter
    made = Side(name, city.name, city)
    try:
        asked = _Published(settings, city).ask({"from": start.isoformat(), "to": end.isoformat()})
    except MartUnavailable:
        return replace(made, why_not=WhyNot("mart", city.name))
    calendar = asked.calendar
    if calendar.midnight(end) > asked.mart.as_of:
        return replace(made, why_not=WhyNot("ends", city.name, detail=(calendar.day_of(asked.mart.as_of)).isoformat()))
    begins = first_day(asked)
    if begins is None or begins > start:
        return replace(made, why_not=WhyNot("begins", city.name, detail=(begins or end - timedelta(days=1)).isoformat()))
    return replace(made, asked=asked)
