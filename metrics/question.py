"""What is asked: a `Question` is the filters, the period and the instant of a view, and the view's URL.

`parse_question` is the one gate between a browser and the data: whatever it does not know it
refuses with a sentence, and it never says whether a withheld name exists.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Mapping

from access import Viewer, scope_of
from data_access import vocabulary
from data_access.mart.reading import Mart
from metrics.cells import Cell, cell_of, written
from metrics.definitions import REGISTRY
from metrics.narrowing import ROUTE, areas_open_to, is_place, routes_of
from metrics.periods import GRAINS, Calendar, Grain, quarter_days, quarter_name
from metrics.wording import N_, BadQuestion

LONGEST_DAYS = 366 * 12
MOST_VALUES = 60
LONGEST_TEXT = 2_000
NONE = "none"
"""What a filter calls the cases without a department, a type, an area, ...: those of the group that has no name."""
PLAIN_DIMENSIONS = ("department", "division", "request_type", "request_group", "programme", "channel", "outcome", "case_class")


@dataclass(frozen=True, slots=True)
class Question:
    """Filters (ids as in URLs; empty = all), period `[start, end)` in city days, grain and `as_of`."""

    start: date
    end: date
    as_of: datetime
    grain: Grain = "week"
    programme: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    request_type: tuple[str, ...] = ()
    request_group: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    case_class: tuple[str, ...] = ("service",)
    """Which classes count; empty = all."""
    areas: tuple[tuple[str, str], ...] = ()
    """(layer id, area id) pairs; areas of one layer widen, layers narrow."""
    outcome: tuple[str, ...] = ()
    """How the cases ended; an open one has ended in no way that is known."""
    moved: tuple[tuple[str, str], ...] = ()
    """(from, to) departments between which the case moved in the period."""
    place: str = ""
    """`location_key` of one place."""
    cell: Cell | None = None
    """One cell of the density map."""

    def shifted(self, days: int) -> Question:
        """The same question about a period `days` earlier."""
        return replace(self, start=self.start - timedelta(days=days), end=self.end - timedelta(days=days))

    def about(self, **filters: Any) -> Question:
        """The same question with other filters or another period."""
        return replace(self, **filters)

    def parameters(self) -> dict[str, Any]:
        """All of it as JSON values, for cache keys and answers."""
        made: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            made[field.name] = value.isoformat() if isinstance(value, (date, datetime)) else value
        made |= {"areas": [list(pair) for pair in self.areas], "moved": [list(pair) for pair in self.moved]}
        return made


def to_query(question: Question, mart: Mart) -> dict[str, str]:
    """The URL parameters of `question`; what is the default is left out, except the period."""
    query = {"from": question.start.isoformat(), "to": question.end.isoformat()}
    if mart.audience == "public" and (quarter := quarter_name(question.start, question.end)) is not None:
        query = {"during": quarter}
    if question.grain != "week":
        query["grain"] = question.grain
    if question.as_of != mart.as_of:
        query["as_of"] = question.as_of.isoformat() + "Z"
    for name in ("programme", "department", "request_type", "request_group", "channel", "outcome"):
        if getattr(question, name):
            query[name] = ",".join(getattr(question, name))
    if question.case_class != ("service",):
        query["case_class"] = ",".join(question.case_class) or "all"
    if question.moved:
        query["moved"] = ",".join(ROUTE.join(pair) for pair in question.moved)
    query |= {"place": question.place} if question.place else {}
    query |= {"cell": written(question.cell)} if question.cell else {}
    for layer in mart.dimensions.area_layers:
        chosen = [area for of, area in question.areas if of == layer.slug]
        if chosen:
            query[layer.slug] = ",".join(chosen)
    return query


def default_question(mart: Mart, calendar: Calendar, *, weeks: int = 13) -> Question:
    """The last `weeks` complete weeks, everything, as of the data; for residents the last complete quarter."""
    if mart.audience == "public":
        start, end = calendar.last_complete(mart.as_of, "quarter")
        return Question(start=start, end=end, as_of=mart.as_of, grain="month")
    _, end = calendar.last_complete(mart.as_of, "week")
    return Question(start=end - timedelta(weeks=weeks), end=end, as_of=mart.as_of)


def parse_question(query: Mapping[str, Any], viewer: Viewer, mart: Mart, calendar: Calendar, *, weeks: int = 13) -> Question:
    """The question a URL or a filter bar asks; unknown parameter names are ignored.

    Without `from` and `to` the period is the last `weeks` complete weeks; `weeks` may be a parameter too, or
    `during` a quarter by its name. Residents' figures are of the data's own instant and, by default, of the last quarter.

    Raises:
        BadQuestion: a sentence naming what cannot be used.
    """
    if not isinstance(query, Mapping):
        raise BadQuestion("A question is a set of named filters.")
    weeks = _weeks(_text(query, "weeks"), weeks)
    default = default_question(mart, calendar, weeks=weeks)
    as_of = _instant(_text(query, "as_of"), mart.as_of, calendar)
    if as_of != mart.as_of:
        if mart.audience == "public":
            raise BadQuestion(
                "Published figures are those of the present data, to {day}; leave as_of out.", day=calendar.day_of(mart.as_of)
            )
        _, end = calendar.last_complete(as_of, "week")
        default = replace(default, start=end - timedelta(weeks=weeks), end=end, as_of=as_of)
    default = _during(_text(query, "during"), default)
    start = _day(_text(query, "from"), default.start, "from")
    end = _day(_text(query, "to"), default.end, "to")
    if start >= end:
        raise BadQuestion("The period ends on {end} before it begins on {start}; choose a later end.", end=end, start=start)
    if (length := (end - start).days) > LONGEST_DAYS:
        raise BadQuestion("The period is {days} days long; choose at most {most}.", days=length, most=LONGEST_DAYS)
    dimensions, is_staff = mart.dimensions, viewer.role != "public"
    # Where a case came from may be a department whose cases the viewer does not see.
    moved = routes_of(_text(query, "moved"), (NONE, *dimensions.departments.by_slug) if is_staff else ())
    if moved is None or len(moved) > MOST_VALUES:
        raise BadQuestion("moved is {value}; write two departments as from{sign}to.", value=_shown(query.get("moved")), sign=ROUTE)
    # A place's key is made of its address, and a cell is as fine as a house: who may not read addresses may not try them either.
    place, in_cell, may_try = _text(query, "place"), _text(query, "cell"), scope_of(viewer).may_read("address")
    if place and not (may_try and is_place(place)):
        raise BadQuestion("There is no place called {name}.", name=_shown(place))
    cell = cell_of(in_cell) if may_try else None
    if in_cell and cell is None:
        raise BadQuestion("There is no {what} called {name}.", what="cell of the map", name=_shown(in_cell))
    areas = [
        (layer.slug, area)
        for layer in dimensions.area_layers
        if not layer.extra["is_context"]
        for area in _members(_text(query, layer.slug), areas_open_to(viewer, mart, layer.slug, NONE), layer.name.lower())
    ]
    return Question(
        start=start,
        end=end,
        as_of=as_of,
        grain=_grain(_text(query, "grain")),
        programme=_members(_text(query, "programme"), dimensions.programmes.by_slug, N_("programme")),
        department=_members(_text(query, "department"), _departments(viewer, mart), N_("department")),
        request_type=_members(_text(query, "request_type"), _or_none(dimensions.request_types.by_slug, viewer), N_("request type")),
        request_group=_members(
            _text(query, "request_group"), _or_none(dimensions.request_groups.by_slug, viewer), N_("group of request types")
        ),
        channel=_members(_text(query, "channel"), dict.fromkeys(vocabulary.CHANNELS), N_("channel")),
        case_class=_classes(_text(query, "case_class")),
        areas=tuple(areas),
        outcome=_members(_text(query, "outcome"), dict.fromkeys(vocabulary.OUTCOMES), N_("outcome")),
        moved=moved,
        place=place,
        cell=cell,
    )


def visible_departments(viewer: Viewer, mart: Mart) -> dict[str, Any]:
    """The departments `viewer` may name, by id."""
    allowed = scope_of(viewer).departments
    departments = mart.dimensions.departments
    if allowed is None:
        return departments.by_slug
    ids = mart.dimensions.department_ids(allowed)
    return {slug: member for slug, member in departments.by_slug.items() if member.id in ids}


def _departments(viewer: Viewer, mart: Mart) -> Mapping[str, Any]:
    """What `viewer` may name as a department: nobody's cases are open to those who see all departments."""
    visible = visible_departments(viewer, mart)
    return visible if scope_of(viewer).departments is not None else _or_none(visible, viewer)


def _or_none(known: Mapping[str, Any], viewer: Viewer) -> Mapping[str, Any]:
    """`known`, and for staff the cases that have none of them; which cases residents are not told of is not theirs to ask."""
    return known if viewer.role == "public" else {**known, NONE: known.get(NONE)}


def require_metric(metric_id: object) -> str:
    """`metric_id` if there is such a metric."""
    if not isinstance(metric_id, str) or metric_id not in REGISTRY:
        raise BadQuestion("There is no metric called {name}; see the definitions for those there are.", name=_shown(metric_id))
    return metric_id


def require_dimension(name: object, mart: Mart) -> str:
    """`name` if figures can be split by it."""
    known = [*PLAIN_DIMENSIONS, *(layer.slug for layer in mart.dimensions.area_layers if not layer.extra["is_context"])]
    if not isinstance(name, str) or name not in known:
        raise BadQuestion("Figures cannot be split by {name}; choose one of {names}.", name=_shown(name), names=", ".join(known))
    return name


def _text(query: Mapping[str, Any], name: str) -> str:
    if (value := query.get(name)) is None or (value == "all" and name != "case_class"):
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        value = ",".join(value)
    if not isinstance(value, str):
        raise BadQuestion("{name} must be text.", name=name)
    if len(value) > LONGEST_TEXT:
        raise BadQuestion("{name} is {n} characters long; {most} are allowed.", name=name, n=len(value), most=LONGEST_TEXT)
    return value.strip()


def _members(text: str, known: Mapping[str, Any], what: str) -> tuple[str, ...]:
    if len(chosen := tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))) > MOST_VALUES:
        raise BadQuestion("There are {n} values for {what}; choose at most {most}.", n=len(chosen), what=what, most=MOST_VALUES)
    for slug in chosen:
        if slug not in known:
            raise BadQuestion("There is no {what} called {name}.", what=what, name=_shown(slug))
    return chosen


def _classes(text: str) -> tuple[str, ...]:
    if text in ("", "all"):
        return () if text else ("service",)
    return _members(text, dict.fromkeys(vocabulary.CASE_CLASSES), N_("class of cases"))


def _grain(text: str) -> Grain:
    grain = next((grain for grain in GRAINS if grain == (text or "week")), None)
    if grain is None:
        raise BadQuestion("There is no period called {text}; choose {grains}.", text=_shown(text), grains=", ".join(GRAINS))
    return grain


def _during(text: str, default: Question) -> Question:
    """`default` about the quarter `text` names, if it names one."""
    days = quarter_days(text)
    if text and days is None:
        raise BadQuestion("during is {text}; write a quarter such as 2026-Q3.", text=_shown(text))
    return default if days is None else replace(default, start=days[0], end=days[1])


def _weeks(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 0 < int(text) <= LONGEST_DAYS // 7):
        raise BadQuestion("weeks is {text}; write a whole number from 1 to {most}.", text=_shown(text), most=LONGEST_DAYS // 7)
    return int(text)


def _day(text: str, default: date, name: str) -> date:
    if not text:
        return default
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadQuestion("{name} is {text}; write a date such as 2026-03-31.", name=name, text=_shown(text)) from None
    if not 1900 < day.year < 2200:
        raise BadQuestion("{name} is {day}; choose a date between 1901 and 2199.", name=name, day=day)
    return day


def _instant(text: str, latest: datetime, calendar: Calendar) -> datetime:
    """An instant, or a day: what was known when that day of the city ended (today: by now)."""
    if not text:
        return latest
    if len(text) == len("2026-03-31") and "T" not in text:
        day = _day(text, latest.date(), "as_of")
        if calendar.midnight(day) > latest:
            raise BadQuestion("as_of is {day}, but the data reaches only to {latest}.", day=day, latest=calendar.day_of(latest))
        return min(calendar.midnight(day + timedelta(days=1)), latest)
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise BadQuestion("as_of is {text}; write an instant such as 2026-03-31T04:00:00Z.", text=_shown(text)) from None
    if not 1900 < instant.year < 2200:
        raise BadQuestion("as_of is {text}; choose a date between 1901 and 2199.", text=_shown(text))
    if instant.tzinfo is not None:
        instant = (instant - instant.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    if instant > latest:
        raise BadQuestion(
            "as_of is {text}, but the data reaches only to {value}Z.", text=_shown(text), value=latest.isoformat(timespec="minutes")
        )
    return instant


def _shown(value: object) -> str:
    """`value` as it may be repeated to the reader: short, on one line."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return f"'{text[:60]}'"
