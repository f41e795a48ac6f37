"""What surrounds every page: header, navigation, how old the data is, notices, footer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import cached_property
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, dcc, html
from dash._utils import to_json
from flask import request

from components import cities_menu, first_paint, gate, held_banner, language, preview, programme_filters, words
from components.language import _
from components.page import in_navigation
from components.suites import Suites, csp_hash
from data_access.mart.reading import MartUnavailable
from data_access.store import engine, freezes, runs
from data_access.store.freezes import Freeze
from metrics.definitions import DEFINITIONS_VERSION
from metrics.desk import Unknown
from metrics.select import Asked
from settings import utc_now

CHECK_SECONDS = 60

log = logging.getLogger(__name__)
QUESTION = Input("question", "data", allow_optional=True)
"""Pages bring their question with them; the frame is there before the first page is, and asks when that has come (`initial=False`)."""

INDEX = """<!DOCTYPE html>
<html lang="{%lang%}">
<head>
{%metas%}
<title>{%title%}</title>{%head%}
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
{%early%}{%css%}
{%hints%}
</head>
<body>
<noscript><style>#first-paint,#react-entry-point{display:none}</style>{%noscript%}</noscript>
{%first%}{%app_entry%}
<footer>{%answers%}{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""

NEEDS_SCRIPTS = '<p class="noscript">This page needs JavaScript. The same figures are files at <a href="/api/v1/metrics.csv">/api/v1/metrics.csv</a>.</p>'


class Framed(dash.Dash):
    """Dash, with an index page that says its language, and of the portal also what it finds: for previews, and for browsers without scripts."""

    def _config(self) -> dict[str, Any]:
        # The last is new for each page, to tie work in the background to it; nothing of ours works there, and the same page has the same tag.
        return {**super()._config(), "dash_version": "", "python_version": "", "plotly_version": "", "dash_version_url": "", "end_id": ""}

    suites: Suites
    """The scripts and styles of this process."""

    def _generate_scripts_html(self) -> str:
        return self.suites.scripts()

    def _generate_css_dist_html(self) -> str:
        return self.suites.styles()

    @cached_property
    def policy_hashes(self) -> str:
        """The scripts that stand in the page itself, for its policy."""
        return " ".join([*self.csp_hashes(), csp_hash(self.suites.early())])

    def _opening(self) -> dict[str, str]:
        """What of the page can be shown, loaded and answered with the index page itself."""
        try:
            opening = first_paint.Opening(self.get_layout(), gate.desk().called(gate.desk().city.name))
            brought = opening.answers(to_json(self._callback_list))
            painted, hints = str(opening.painted()), self.suites.hints(opening.needs())
        except Exception:
            # Then the page says it, once it is there.
            log.exception("The first paint of %s failed", request.path)
            return {"first": "", "hints": "", "answers": ""}
        return {"first": painted, "hints": hints, "answers": f'<script id="early-answers" type="application/json">{brought}</script>'}

    def interpolate_index(self, **parts: Any) -> str:
        ours = {"lang": language.spoken().code, "head": "", "noscript": NEEDS_SCRIPTS, "early": f"<script>{self.suites.early()}</script>\n"}
        if gate.desk().is_public:
            told = preview.index_parts()
            parts["title"] = told["title"]
            ours |= {"head": told["head"], "noscript": preview.with_scripts_off(told["noscript"])}
        parts["app_entry"] = parts["app_entry"].replace("Loading...", _("Loading …"))
        ours |= self._opening()
        filled = super().interpolate_index(**parts)
        # In one go: what is filled in is never itself looked through for places to fill.
        return re.sub(r"\{%(lang|head|noscript|early|hints|first|answers)%\}", lambda place: ours[place[1]], filled)


def layout(audience: str) -> html.Div:
    """The frame of every page, in the reader's language. Holds no data: it is the same for everybody."""
    return html.Div(
        [
            html.A(_("Skip to the content"), href="#main", className="skip visually-hidden-focusable"),
            html.Header(
                [_navigation(audience), html.Div(id="status", className="status", **{"aria-live": "polite"})], className="site-head"
            ),
            html.Div(id="notice", className="notice", role="alert", hidden=True),
            html.Main(dash.page_container, id="main", tabIndex=-1),
            html.Footer(_foot(audience), className="site-foot"),
            html.P(id="print-address", className="print-address"),
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="tick", interval=CHECK_SECONDS * 1000),
        ],
        className=f"site site-{audience}",
    )


MOST_BESIDE = 8
"""Links that have room beside the name and the menus; more get a line of their own."""


def _navigation(audience: str) -> dbc.Navbar:
    pages = in_navigation()
    links = [
        dbc.NavItem(dbc.NavLink(_(page["nav"]), href=page["path"], active="exact" if page["path"] == "/" else "partial")) for page in pages
    ]
    brand = dcc.Link(
        [html.Span("Statroom", className="brand-name"), html.Span(id="brand-city", className="brand-city")],
        href="/",
        className="navbar-brand",
    )
    toggle = html.Button(html.I(className="bi bi-circle-half", **{"aria-hidden": "true"}), id="theme-toggle", type="button",
                         className="btn btn-sm icon-button", title=_("Light or dark"), **{"aria-label": _("Switch between light and dark")})  # fmt: skip
    menus = _staff_menus() if audience == "staff" else _language_links()
    return dbc.Navbar(
        dbc.Container(
            [
                brand,
                html.Button(html.I(className="bi bi-list", **{"aria-hidden": "true"}), id="nav-toggle", type="button", className="btn icon-button nav-toggle",
                            **{"aria-label": _("Menu"), "aria-controls": "nav-links"}),
                html.Div([dbc.Nav(links, navbar=True, class_name="site-nav"), html.Div([*cities_menu.menu(), *menus, toggle], className="nav-tools")], id="nav-links", className="nav-links"),
            ],
            fluid=True,
        ),
        class_name="site-bar site-bar-long" if len(links) > MOST_BESIDE else "site-bar",
        tag="nav",
    )  # fmt: skip


def _staff_menus() -> list[Any]:
    # Imported here: the public process must not even know the callbacks that write.
    from components import saved_views

    return [saved_views.menu(), html.Div(id="viewer-menu")]


def _language_links() -> list[Any]:
    """The same page in each other language; the browser keeps their addresses up to date (`assets/51-language.js`)."""
    return [
        html.A(other.name, href=f"?{language.PARAMETER}={other.code}", lang=other.code, hrefLang=other.code, className="language")
        for other in language.others()
    ]


def _foot(audience: str) -> list[Any]:
    return [
        html.Span(_("Statroom · definitions {version}", version=DEFINITIONS_VERSION)),
        dcc.Link(_("What the figures mean"), href="/definitions"),
        dcc.Link(_("State of the data"), href="/data-health"),
        html.A("API", href="/api/v1/openapi.json"),
        *([dcc.Link(_("What we publish"), href="/what-we-publish")] if audience == "public" else []),
        *([html.Span(_("Reports are not problems; closed is not always fixed."))] if audience == "public" else []),
    ]


@gate.answers(
    {
        "status": Output("status", "children"), "city": Output("brand-city", "children"),
    },
    question=QUESTION, initial=False,
    values={"ticks": (Input("tick", "n_intervals"), gate.any_value)},
    refused=lambda message: without_question(tell_status, {"status": _banner("bad", message), "city": ""}),
)  # fmt: skip
def tell_status(asked: Asked, ticks: None = None) -> dict[str, Any]:
    """How old the data is, and what a reader should know before believing it."""
    return {"status": status_of(asked), "city": gate.desk().called(gate.desk().city.name)}


def without_question(fill: Callable[[Asked], Any], otherwise: Any) -> Any:
    """The frame stands also around a page whose question cannot be answered; `otherwise` where there is no data at all."""
    try:
        return fill(gate.desk().ask({}))
    except (MartUnavailable, Unknown):
        return otherwise


def status_of(asked: Asked) -> list[Any]:
    """The line below the navigation, and banners where they are due."""
    desk, mart = gate.desk(), asked.mart
    age = utc_now() - mart.as_of.replace(tzinfo=UTC)
    made: list[Any] = [
        dcc.Link(
            _("Data through {instant} ({age} ago)", instant=words.instant(mart.as_of, asked.calendar), age=words.age(age.total_seconds() / 3600)), href="/data-health", className="data-through"
        )
    ]  # fmt: skip
    if desk.city.facts.simulated:
        made.append(html.Span(_("Simulated data of an invented city"), className="simulated"))
    if not desk.is_public and not asked.question.programme and (main := programme_filters.main_names(asked)):
        made.append(
            html.Span(
                f"{main} only",
                className="counted-programmes",
                title="Other programmes have pages of their own, and can be chosen in the filters.",
            )
        )
    if asked.question.as_of != mart.as_of:
        made.append(_banner("info", _("Shown as it was known on {instant}.", instant=words.instant(asked.question.as_of, asked.calendar))))
    old = words.age(age.total_seconds() / 3600)
    if waits := held_banner.banner():
        made.append(_banner("bad", waits))
    failure = _last_failure()
    if failure:
        made.append(_banner("bad", f"The last load failed; data {old} old is shown. {words.sentence(failure)}"))
    elif age > timedelta(hours=desk.city.facts.stale_after_hours):
        made.append(_banner("bad", _("This data is {age} old; no newer load has arrived.", age=old)))
    closed = _red_week()
    if closed:
        week = words.days_between(closed.week, closed.week + timedelta(weeks=1))
        made.append(
            _banner("bad", f"The figures of the week of {week} were frozen from data that are not fit to be discussed. {closed.gate_note}")
        )
    return made


def _red_week() -> Freeze | None:
    """The last week that was frozen, if its data did not pass, for staff."""
    desk = gate.desk()
    if desk.is_public:
        return None
    return next((closed for closed in freezes.latest(desk.store()) if closed.is_red), None)


def _last_failure() -> str | None:
    """Why the latest load failed, for staff; the public process has no database of ours to ask and sees the age alone."""
    desk = gate.desk()
    if desk.is_public:
        return None
    store = engine.opened(desk.settings.store_url)
    return runs.last_failure(store, [source.name for source in desk.city.sources]) if engine.is_prepared(store) else None


def _banner(kind: str, text: str) -> html.Div:
    return html.Div(text, className=f"banner banner-{kind}")
