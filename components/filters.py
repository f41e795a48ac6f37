"""The filter bar: native selects that write the page's question and its address. A filter refines the page; a link leads elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import dash
import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, html

from components import filter_values, gate, programme_filters, words
from components.filter_labels import ALL_OF_THEM, CLASS_LABELS, GRAIN_LABELS, LABELS, MAIN, OF_RESIDENTS, WEEKS
from components.language import _, plural
from components.page import Query
from data_access import vocabulary
from data_access.city_checks import TAKEN
from metrics.periods import GRAINS, quarter_days
from metrics.question import NONE, BadQuestion, to_query, visible_departments, visible_groups, visible_types
from metrics.select import Asked, nameless

CUSTOM = "custom"
FIRST = ("weeks", "department", "request_group", "request_type")
MORE = ("grain", "channel", "outcome", "case_class", "programme", "stage")
PLAIN = {"during": "latest", "weeks": CUSTOM, "grain": "week", "case_class": "service", "programme": MAIN}
"""Values that an address leaves out, where that is not "all"."""
LONGEST_ENTRY = 60
"""Characters of a text the reader writes."""


@dataclass(frozen=True)
class Option:
    """A choice that is the page's own and no filter of cases: which figure, which list, which layer of the map."""

    name: str
    label: str
    choices: Callable[[Asked], Mapping[str, str]] | None
    """Value -> label, for this viewer. None: the reader writes a short text."""
    default: Callable[[], str]
    longest: int = LONGEST_ENTRY
    """Characters of a text."""

    def __post_init__(self) -> None:
        OPTIONS[self.name] = self
        TAKEN.add(self.name)


OPTIONS: dict[str, Option] = {}
"""The pages' own options, by name. A process imports the pages of one audience only."""


def view_of(query: Query, asked: Asked) -> dict[str, str]:
    """The value of every page's own option, its default where the query says nothing.

    Raises:
        BadQuestion: the query names a value there is not.
    """
    made = {}
    for name, option in OPTIONS.items():
        value = query.get(name)
        if value is not None and option.choices is None and len(value) > option.longest:
            raise BadQuestion(
                "{label} has {n} characters; {longest} are allowed.", label=_(option.label), n=len(value), longest=option.longest
            )
        if value is not None and option.choices is not None and value not in option.choices(asked):
            raise BadQuestion("There is no {what} called '{name}'.", what=_(option.label).lower(), name=value[:40])
        made[name] = value or option.default()
    return made


def own_query(view: Mapping[str, str]) -> Query:
    """The part of an address that says `view`; defaults are left out."""
    return {name: value for name, value in view.items() if value != OPTIONS[name].default()}


def control_id(name: Any) -> dict[str, Any]:
    return {"type": "filter", "name": name}


def bar(query: Query, *, without: tuple[str, ...] = (), own: tuple[str, ...] = (), weeks: int = 13, with_stages: bool = False) -> html.Form:
    """The filter bar of a page, showing `query`: the page's `own` options first; `without` names filters the page fixes itself; `with_stages`: cases can be chosen by the stage they are in."""
    without = (*without, *(programme_filters.unneeded(gate.desk().city, with_stages=with_stages) if _has_desk() else ()))
    # Earlier boundaries of a layer are chosen by the period, and stand in the bar only where an address names one.
    layers = [layer for layer in (gate.desk().city.area_layers if _has_desk() else ()) if layer.version_of is None or layer.id in query]
    is_public = _has_desk() and gate.desk().is_public  # residents ask for quarters, and for layers that lie in one another
    layers = [layer for at, layer in enumerate(layers) if at == 0 or layer.parent_property or not is_public]
    first = [*own, *(name for name in (*("during",) * is_public, *FIRST, *(layer.id for layer in layers[:1])) if name not in without)]
    more = [name for name in (*MORE, *(layer.id for layer in layers[1:])) if name not in without]
    labels = (
        LABELS
        | ({name: label for name, (label, _every) in OF_RESIDENTS.items()} if is_public else {})
        | {layer.id: gate.desk().called(layer.name) for layer in layers}
        | {name: OPTIONS[name].label for name in own}
    )
    period_is_custom = "from" in query or "to" in query
    shown = {**query, "weeks": CUSTOM if period_is_custom else query.get("weeks", str(weeks))}
    return html.Form(
        [
            html.Button(_("Filters"), type="button", id="filters-toggle", className="btn btn-outline-secondary", **{"aria-controls": "filters-body"}),
            html.Div(
                [
                    *[_select(name, labels[name], shown.get(name)) for name in first],
                    html.Details(
                        [
                            html.Summary(_("More")),
                            html.Div(
                                [*[_date(name, shown.get(name)) for name in ("from", "to", "as_of") if name not in without],
                                 *[_select(name, labels[name], shown.get(name)) for name in more]],
                                className="filters-more",
                            ),
                        ],
                        open=bool(set(query) & {*more, "from", "to", "as_of"}),
                    ),
                    html.A(_("Reset"), href="?", id="filters-reset", className="btn btn-link"),
                ],
                id="filters-body",
                className="filters-body",
            ),
        ],
        className="filters",
        id="filters",
        role="search",
        **{"aria-label": _("Filters")},
    )  # fmt: skip


def control(name: str, query: Query) -> html.Div:
    """The control of a filter or of a page's own option, for a page that puts it elsewhere than into the bar."""
    option = OPTIONS.get(name)
    if option is None or option.choices is not None:
        return _select(name, LABELS[name] if option is None else option.label, query.get(name))
    field = dbc.Input(id=control_id(name), type="search", value=query.get(name, ""), maxlength=LONGEST_ENTRY, size="sm", debounce=True)
    return html.Div([html.Label(_(option.label), htmlFor=_dom_id(name)), field], className=f"filter filter-{name}")


def _has_desk() -> bool:
    from flask import has_app_context

    return has_app_context()


def _select(name: str, label: str, chosen: str | None) -> html.Div:
    value = chosen or _plain(name)
    select = dbc.Select(id=control_id(name), options=[{"value": value, "label": "…"}], value=value, size="sm")
    return html.Div([html.Label(_(label), htmlFor=_dom_id(name)), select], className=f"filter filter-{name}")


def _plain(name: str) -> str:
    return OPTIONS[name].default() if name in OPTIONS else PLAIN.get(name, ALL_OF_THEM)


def _date(name: str, chosen: str | None) -> html.Div:
    field = dbc.Input(id=control_id(name), type="date", value=(chosen or "")[:10], size="sm", debounce=True)
    return html.Div([html.Label(_(LABELS[name]), htmlFor=_dom_id(name)), field], className=f"filter filter-{name}")


def _dom_id(name: str) -> str:
    # Dash writes a dict id into the page as JSON with sorted keys and no blanks.
    return f'{{"name":"{name}","type":"filter"}}'


def chosen_query(names: list[str], values: list[str], page_query: Query) -> Query:
    """The query that the controls say; what the page fixed and no control shows stays."""
    shown = dict(zip(names, values, strict=False))
    query = {name: text for name, text in page_query.items() if name not in shown}
    custom = shown.get("weeks") == CUSTOM
    for name, text in shown.items():
        is_period = name in ("from", "to")
        if text and text != _plain(name) and (custom or not is_period):
            query[name] = text
    return query


@gate.answers(
    Output("question", "data"), question=State("question", "data"), initial=False,
    values={
        "values": (Input(control_id(ALL), "value"), filter_values.values), "names": (State(control_id(ALL), "id"), filter_values.names),
        "before": (State("question", "data"), gate.query_of), "in_path": (State("in-path", "data"), gate.texts),
    },
)  # fmt: skip
def choose(asked: Asked, values: list[str], names: list[str], before: Query, in_path: list[str]) -> Query:
    """A control was changed: the page asks the new question, and its address says so."""
    query = chosen_query(names, values, before)
    if dict(zip(names, values, strict=False)).get("weeks") == CUSTOM and "from" not in query and "to" not in query:
        # A custom period begins as the one that was shown.
        query |= {"from": asked.question.start.isoformat(), "to": asked.question.end.isoformat()}
        for name in ("from", "to"):
            dash.set_props(control_id(name), {"value": query[name]})
    # Asked once here, so that a filter that cannot be is refused before anything changes.
    view_of(query, gate.desk().ask(query))
    dash.set_props("url", {"search": address({name: text for name, text in query.items() if name not in in_path})})
    dash.set_props("notice", {"hidden": True})
    return query


def address(query: Query) -> str:
    """The search part of the page's address for `query`."""
    return f"?{urlencode(query)}" if query else "?"


@gate.answers(
    Output(control_id(ALL), "options"), question=Input("question", "data"),
    values={"names": (State(control_id(ALL), "id"), filter_values.names), "values": (State(control_id(ALL), "value"), filter_values.values)},
)  # fmt: skip
def offer(asked: Asked, names: list[str], values: list[str]) -> list[Any]:
    """What each control may be set to, for this viewer."""
    return [
        [] if name in ("from", "to", "as_of") or _is_text(name) else _with_current(options_of(name, asked), name, value)
        for name, value in zip(names, values, strict=False)
    ]


def _is_text(name: str) -> bool:
    return name in OPTIONS and OPTIONS[name].choices is None


def options_of(name: str, asked: Asked) -> list[dict[str, str]]:
    """The options of one filter.

    Raises:
        BadQuestion: there is no such filter.
    """
    fixed = {
        "weeks": {**WEEKS, CUSTOM: "Other dates"}, "grain": {grain: GRAIN_LABELS[grain] for grain in GRAINS}, "case_class": CLASS_LABELS,
        "channel": {ALL_OF_THEM: "All channels"} | {word: word.replace("_", " ").capitalize() for word in vocabulary.CHANNELS},
        "outcome": {ALL_OF_THEM: "All (outcome)"} | {word: word.replace("_", " ").capitalize() for word in vocabulary.OUTCOMES},
    }  # fmt: skip
    if name in fixed:
        return [{"value": value, "label": _(label)} for value, label in fixed[name].items()]
    if name in OPTIONS:
        choices = OPTIONS[name].choices
        return [{"value": value, "label": _(label)} for value, label in (choices(asked) if choices else {}).items()]
    if name == "during":
        return words.quarters(asked.calendar, asked.mart.as_of)
    dimensions = asked.mart.dimensions
    if name == "department":
        members = list(visible_departments(gate.desk().viewer(), asked.mart).values())
    elif name in programme_filters.OPTIONS:
        return programme_filters.OPTIONS[name](asked)
    elif name in ("request_type", "request_group"):
        members = list((visible_types if name == "request_type" else visible_groups)(asked.scope, asked.mart).values())
    elif name in dimensions.area_layers.by_slug:
        members = list(asked.open_areas(name))
    else:
        raise BadQuestion("There is no filter called '{name}'.", name=name[:40])
    if name in OF_RESIDENTS and gate.desk().is_public:
        all_of_them = _(OF_RESIDENTS[name][1])
    else:
        every = _(LABELS[name]) if name in LABELS else dimensions.area_layers.by_slug[name].name
        all_of_them = _("All ({what})", what=every.lower())
    return [{"value": ALL_OF_THEM, "label": all_of_them}, *({"value": m.slug, "label": m.name} for m in members)]


def _with_current(options: list[dict[str, str]], name: str, value: str) -> list[dict[str, str]]:
    """`options`, and a word for a value that came from an address and is none of them (several at once, no name, another length)."""
    if not value or any(option["value"] == value for option in options):
        return options
    n, quarter = value.count(",") + 1, quarter_days(value) if name == "during" else None
    if quarter is not None:
        return [*options, {"value": value, "label": words.days_between(*quarter)}]
    label = plural("{n} chosen", "{n} chosen", n) if n > 1 else nameless(name).name if value == NONE and name not in OPTIONS else value[:60]
    return [*options, {"value": value, "label": label}]


def said(asked: Asked) -> str:
    """The filters of a question in words, for headings and files: "Parks, potholes"; empty without any."""
    question, parts = asked.question, []
    for name in ("department", "request_group", "request_type", "programme", "stage"):
        chosen = getattr(question, name)
        if chosen:
            parts.append(words.joined([asked.name_of(name, slug) for slug in chosen]))
    if question.areas:
        parts.append(words.joined([asked.name_of(layer, slug) for layer, slug in question.areas]))
    for before, chosen in (("by ", question.channel), ("ended ", question.outcome)):
        if chosen:
            parts.append(before + words.joined([word.replace("_", " ") for word in chosen]))
    parts += asked.narrowed()
    return ", ".join(parts)


def link(path: str, asked: Asked, **more: Any) -> str:
    """An address of another page that keeps the question, with `more` added or, as None, taken away."""
    query: dict[str, Any] = {**to_query(asked.question, asked.mart), **more}
    return path + address({name: str(value) for name, value in query.items() if value is not None})
