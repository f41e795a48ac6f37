"""What the portal's pages share: the notes before comparing, the choice of a quarter, links, and the page that there is not."""

from __future__ import annotations

from typing import Any

from dash import _pages, dcc, html

from components import filters, gate, portal_links
from components.language import _
from components.page import Query, heading
from data_access.mart.reading import Mart, MartUnavailable


def before_you_compare() -> html.Section:
    """What a reader should know before believing a difference; the same on every page."""
    return html.Section(
        [
            html.H2(_("Before you compare")),
            html.Ul([
                html.Li(_("Reports are not problems: where people report more, there is more to count, not more that is wrong.")),
                html.Li(_("Closed is not always fixed: some cases are closed because nothing could be found or done.")),
                html.Li(_("Only cases of public places are published here. Cases about a home or a person are not.")),
                html.Li([_("Few cases say little: where fewer than ten were due, no share is given, and no count below five."), " ",
                         dcc.Link(_("What the figures mean"), href="/definitions")]),
                html.Li([_("Where it says 'not published', the number is small, or a small one would follow from it."), " ",
                         dcc.Link(_("Why numbers are not published"), href="/what-we-publish#not-published")]),
            ]),
        ],
        className="card prose",
    )  # fmt: skip


def quarter(query: Query) -> html.Form:
    """The choice of a quarter, alone."""
    return html.Form(
        filters.control("during", query), className="filters filters-alone", id="filters", role="search", **{"aria-label": _("Quarter")}
    )


def missing() -> list[Any]:
    """The content of a page that there is not; it never says whether something of that name is kept from residents."""
    return [
        heading(_("There is no page at this address")),
        html.P([_("It may have been mistyped."), " ", dcc.Link(_("Start from the front page"), href="/")]),
    ]


def said(children: Any = "…", name: str = "in-words", className: str = "") -> html.Section:
    """The place of an answer in sentences."""
    return html.Section(html.P(children), id=name, className=f"card in-words {className}".strip(), **{"aria-live": "polite"})


def mart() -> Mart | None:
    """The mart in service, for what a page may be called; None before the first load."""
    try:
        return gate.desk().mart()
    except MartUnavailable:
        return None


def is_missing(path: str) -> bool:
    """Whether the portal has no page at `path`: none at all, or none of such a service or area, because residents may know of none."""
    if not _pages._path_to_page(path.strip("/"))[0]:
        return True
    # The data is opened only for a page that depends on it: an engine must not be open when a server divides into its workers.
    found = mart() if portal_links.is_about_one(path) else None
    return found is not None and portal_links.is_missing(path, found)
