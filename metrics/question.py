"""What is asked: a `Question` is the filters, the period and the instant of a view, and the view's URL.

`parse_question` is the one gate between a browser and the data: whatever it does not know it
refuses with a sentence, and it never says whether a withheld name exists.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Mapping

from access import Scope, Viewer, scope_of
from data_access import vocabulary
from data_access.mart.reading import Mart
from metrics import only
from metrics.cells import Cell, cell_of, written
from metrics.definitions import REGISTRY
from metrics.narrowing import ROUTE, areas_open_to, is_place, routes_of
from metrics.parameters import LONGEST_DAYS, MOST_VALUES, day_of, grain_of, instant_of, members, shown, text_of, weeks_of
from metrics.periods import Calendar, Grain, quarter_days, quarter_name
from metrics.wording import N_, BadQuestion

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
    """None: those whose cases headline figures count (`Dimensions.main_programmes`)."""
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
    stage: tuple[str, ...] = ()
    """Only cases that are in one of these stages now; of visits, those to them."""
    only: tuple[tuple[str, str], ...] = ()
    """(way, value) pairs that narrow the cases further (`metrics.only`)."""
    visits: bool = False
    """What is counted are stays in stages instead of cases. Never asked by a URL."""

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
        made |= {
            "areas": [list(pair) for pair in self.areas],
            "moved": [list(pair) for pair in self.moved],
            "only": [list(pair) for pair in self.only],
        }
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
    for name in ("programme", "department", "request_type", "request_group", "channel", "outcome", "stage"):
        if getattr(question, name):
            query[name] = ",".join(getattr(question, name))
    if question.case_class != ("service",):
        query["case_class"] = ",".join(question.case_class) or "all"
    if question.moved:
        query["moved"] = ",".join(ROUTE.join(pair) for pair in question.moved)
    if mart.dimensions.main_programmes and question.programme == tuple(_every_programme(mart)):
        query["programme"] = "all"
    query |= only.written(question.only)
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
    weeks = weeks_of(text_of(query, "weeks"), weeks)
    default = default_question(mart, calendar, weeks=weeks)
    as_of = instant_of(text_of(query, "as_of"), mart.as_of, calendar)
    if as_of != mart.as_of:
        if mart.audience == "public":
            raise BadQuestion(
                "Published figures are those of the present data, to {day}; leave as_of out.", day=calendar.day_of(mart.as_of)
            )
        _, end = calendar.last_complete(as_of, "week")
        default = replace(default, start=end - timedelta(weeks=weeks), end=end, as_of=as_of)
    default = _during(text_of(query, "during"), default)
    start = day_of(text_of(query, "from"), default.start, "from")
    end = day_of(text_of(query, "to"), default.end, "to")
    if start >= end:
        raise BadQuestion("The period ends on {end} before it begins on {start}; choose a later end.", end=end, start=start)
    if (length := (end - start).days) > LONGEST_DAYS:
        raise BadQuestion("The period is {days} days long; choose at most {most}.", days=length, most=LONGEST_DAYS)
    dimensions, is_staff = mart.dimensions, viewer.role != "public"
    # Where a case came from may be a department whose cases the viewer does not see.
    moved = routes_of(text_of(query, "moved"), (NONE, *dimensions.departments.by_slug) if is_staff else ())
    if moved is None or len(moved) > MOST_VALUES:
        raise BadQuestion("moved is {value}; write two departments as from{sign}to.", value=shown(query.get("moved")), sign=ROUTE)
    # A place's key is made of its address, and a cell is as fine as a house: who may not read addresses may not try them either.
    place, in_cell, may_try = text_of(query, "place"), text_of(query, "cell"), scope_of(viewer).may_read("address")
    if place and not (may_try and is_place(place)):
        raise BadQuestion("There is no place called {name}.", name=shown(place))
    cell = cell_of(in_cell) if may_try else None
    if in_cell and cell is None:
        raise BadQuestion("There is no {what} called {name}.", what="cell of the map", name=shown(in_cell))
    areas = [
        (layer.slug, area)
        for layer in dimensions.area_layers
        if not layer.extra["is_context"]
        for area in members(text_of(query, layer.slug), areas_open_to(viewer, mart, layer.slug, NONE), layer.name.lower())
    ]
    return Question(
        start=start,
        end=end,
        as_of=as_of,
        grain=grain_of(text_of(query, "grain")),
        programme=_programmes(query, viewer, mart),
        stage=members(text_of(query, "stage"), _stages(viewer, mart), N_("stage")),
        department=members(text_of(query, "department"), _departments(viewer, mart), N_("department")),
        request_type=members(text_of(query, "request_type"), _or_none(visible_types(scope_of(viewer), mart), viewer), N_("request type")),
        request_group=members(
            text_of(query, "request_group"), _or_none(visible_groups(scope_of(viewer), mart), viewer), N_("group of request types")
        ),
        channel=members(text_of(query, "channel"), dict.fromkeys(vocabulary.CHANNELS), N_("channel")),
        case_class=_classes(text_of(query, "case_class")),
        areas=tuple(areas),
        outcome=members(text_of(query, "outcome"), dict.fromkeys(vocabulary.OUTCOMES), N_("outcome")),
        moved=moved,
        place=place,
        cell=cell,
        only=only.only_of(query, mart, stages=_stages(viewer, mart), may_name_queues=scope_of(viewer).may_read("staff_names")),
    )


def visible_departments(viewer: Viewer, mart: Mart) -> dict[str, Any]:
    """The departments `viewer` may name, by id."""
    allowed = scope_of(viewer).departments
    departments = mart.dimensions.departments
    if allowed is None:
        return departments.by_slug
    ids = mart.dimensions.department_ids(allowed)
    return {slug: member for slug, member in departments.by_slug.items() if member.id in ids}


def visible_programmes(scope: Scope | None, mart: Mart) -> dict[str, Any]:
    """The programmes that there are for `scope` (None: for whoever sees all), by id."""
    own, every = None if scope is None else scope.programmes, mart.dimensions.programmes.by_slug
    return {slug: member for slug, member in every.items() if own is None or slug in own}


def may_know_programme(viewer: Viewer, slug: str) -> bool:
    """Whether a programme of that id, if there is one, is there for `viewer`."""
    own = scope_of(viewer).programmes
    return own is None or slug in own


def open_programmes(scope: Scope | None, mart: Mart) -> dict[str, Any]:
    """Those whose cases can be asked about: not those of which there are totals only."""
    return {slug: member for slug, member in visible_programmes(scope, mart).items() if member.extra["privacy"] != "aggregate"}


def visible_types(scope: Scope, mart: Mart) -> dict[str, Any]:
    """The request types that there are for `scope`, by id: for whoever is limited to programmes those their cases have."""
    return _of(mart.dimensions.types_of(scope.programmes, "request_type"), mart.dimensions.request_types.by_slug)


def visible_groups(scope: Scope, mart: Mart) -> dict[str, Any]:
    """The groups of request types, likewise."""
    return _of(mart.dimensions.types_of(scope.programmes, "request_group"), mart.dimensions.request_groups.by_slug)


def _of(numbers: Container[int] | None, known: Mapping[str, Any]) -> dict[str, Any]:
    return {slug: member for slug, member in known.items() if numbers is None or member.id in numbers}


def _stages(viewer: Viewer, mart: Mart) -> dict[str, Any]:
    """The stages `viewer` may name, by id; residents none."""
    of = set() if viewer.role == "public" else {member.id for member in visible_programmes(scope_of(viewer), mart).values()}
    return {slug: stage for slug, stage in mart.dimensions.stages.by_slug.items() if stage.extra["programme_id"] in of}


def _programmes(query: Mapping[str, Any], viewer: Viewer, mart: Mart) -> tuple[str, ...]:
    """The programmes asked about; "all" is every one whose cases can be asked about."""
    known = _every_programme(mart, scope_of(viewer))
    if query.get("programme") == "all":
        return tuple(known) if mart.dimensions.main_programmes else ()
    chosen = text_of(query, "programme")
    for slug in (part.strip() for part in chosen.split(",")):
        if slug not in known and slug in (told := visible_programmes(scope_of(viewer), mart)):
            name = told[slug].name
            raise BadQuestion("Of '{name}' there are totals only, on its own page: no single figure, list or map.", name=name)
    return members(chosen, known, N_("programme"))


def _every_programme(mart: Mart, scope: Scope | None = None) -> dict[str, Any]:
    """The programmes that "all" means: to residents those that headline figures count."""
    is_public = mart.audience == "public"
    return {slug: member for slug, member in open_programmes(scope, mart).items() if member.extra["is_main"] or not is_public}


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
        raise BadQuestion("There is no metric called {name}; see the definitions for those there are.", name=shown(metric_id))
    return metric_id


def require_dimension(name: object, mart: Mart) -> str:
    """`name` if figures can be split by it."""
    known = [*PLAIN_DIMENSIONS, *(layer.slug for layer in mart.dimensions.area_layers if not layer.extra["is_context"])]
    if not isinstance(name, str) or name not in known:
        raise BadQuestion("Figures cannot be split by {name}; choose one of {names}.", name=shown(name), names=", ".join(known))
    return name


def _classes(text: str) -> tuple[str, ...]:
    if text in ("", "all"):
        return () if text else ("service",)
    return members(text, dict.fromkeys(vocabulary.CASE_CLASSES), N_("class of cases"))


def _during(text: str, default: Question) -> Question:
    """`default` about the quarter `text` names, if it names one."""
    days = quarter_days(text)
    if text and days is None:
        raise BadQuestion("during is {text}; write a quarter such as 2026-Q3.", text=shown(text))
    return default if days is None else replace(default, start=days[0], end=days[1])
