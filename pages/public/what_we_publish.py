"""`/what-we-publish`: which services are published and how, what is withheld and what that costs, and where places are shown."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc, html

from components import filters, gate, portal_links, sensitive_services, words
from components.chart import block
from components.language import N_, _, plural
from components.page import Query, heading, page
from metrics import programme_totals, released
from metrics.select import Asked

PATH = "/what-we-publish"


def build(query: Query) -> list[Any]:
    return [
        heading(_("What we publish, and what we do not"), _("Which services you find here, how small numbers are hidden, and what that costs.")),
        html.Div(html.Section(html.P("…"), className="card prose"), id="what-we-publish", className="stack"),
        html.H2(_("Sensitive services"), id="sensitive-services"),
        html.P(_("These tables are made once for each quarter, one quarter after its end, and never change. A number marked as hidden is small, or would give a small one away.")),
        html.Form(
            filters.control("release", query), className="filters filters-alone", id="filters", role="search", **{"aria-label": _("Period")}
        ),
        html.Div(
            [block(sensitive_services.BY_SERVICE, "span-6", with_table=True), block(sensitive_services.BY_AREA, "span-6", with_table=True)],
            className="grid",
        ),
    ]  # fmt: skip


@gate.answers(
    Output("what-we-publish", "children"), question=Input("question", "data"), values={"query": (State("question", "data"), gate.query_of)},
    refused=lambda message: html.P(message),
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> list[Any]:
    """The classes, the cost of hiding in the period that is shown, places, and whom to tell."""
    period = sensitive_services.chosen(asked, filters.view_of(query, asked))
    return [
        _card(_("Counted in the figures"), _open(asked)),
        _card(_("Published as fixed tables only"), _tables(asked, period)),
        _card(_("Services that are not published"), _withheld(asked)),
        *([_card(_("Other programmes, in totals"), _totals(asked))] if programme_totals.programmes(asked.mart) else []),
        html.Section([html.H2(_("What 'not published' means")), *_small()], id="not-published", className="card prose"),
        _card(_("Places"), _places()),
        _card(_("Something wrong?"), _complain()),
    ]


def _card(title: str, content: list[Any]) -> html.Section:
    return html.Section([html.H2(title), *content], className="card prose")


def _open(asked: Asked) -> list[Any]:
    names = released.published(asked)
    lead = plural(
        "{n} service about streets, parks and other public places. What is reported there concerns everybody, and says nothing about a home.",
        "{n} services about streets, parks and other public places. What is reported there concerns everybody, and says nothing about a home.",
        len(names),
    )
    return [html.P(lead), html.Details([html.Summary(_("Which ones")), html.Ul([html.Li(name) for name in names])])]


def _tables(asked: Asked, period: str | None) -> list[Any]:
    why = _("Services about homes, businesses, health or persons. Who asked for them must not be found out, also not by somebody who knows the street. So nobody can ask for a number of their own choice: there are the tables below and nothing else.")  # fmt: skip
    if period is None:
        return [html.P(why), html.P(_("None has been released yet."))]
    found, names = released.cost(asked, period), sorted(released.by_service(asked, period)["label"].map(gate.desk().called))
    price = _("In {period}, {hidden} of {cells} numbers are hidden ({share}).", period=period, hidden=words.count(found.hidden), cells=words.count(found.cells), share=words.share(found.share))  # fmt: skip
    if found.cases_shown is None:
        volume = _("How many cases there were in all is hidden too.")
    else:
        volume = _("Of {cases} cases, {share} stand in the finest numbers that are shown.", cases=words.count(found.cases), share=words.share(found.cases_shown))  # fmt: skip
    return [
        html.P(why),
        html.P([html.Strong(_("What hiding costs:")), " ", price, " ", volume]),
        html.Details([html.Summary(_("Which ones")), html.Ul([html.Li(name) for name in names])]),
    ]


def _withheld(asked: Asked) -> list[Any]:
    lead = _("Every other service, among them complaints about a person and whatever the city has not sorted yet. Not even their names are published; of all of them together there is one number a year, if it is not small.")  # fmt: skip
    told = released.releases(asked).dropna(subset=["withheld_count"])
    if told.empty:
        return [html.P(lead), html.P(_("No such number has been released yet."))]
    rows = [
        html.Li(_("{year}: {cases}", year=row["period"], cases=words.count(row["withheld_count"])))
        for row in told.sort_values("period").to_dict("records")
    ]
    texts = _("Never published, of any service: names, what people wrote, photographs, addresses, and what a single case is about.")
    return [html.P(lead), html.Ul(rows), html.P(texts)]


def _totals(asked: Asked) -> list[Any]:
    called = gate.desk().called
    lead = _("Of these a quarter's numbers are counted once after its end, and a year's too; what is small is hidden. They are on the pages of each, and among the tables to take away.")  # fmt: skip
    names = [html.Li(dcc.Link(called(one.name), href=portal_links.programme(one.slug))) for one in programme_totals.programmes(asked.mart)]
    return [html.P(lead), html.Ul(names), html.P(dcc.Link(_("The table of all totals"), href="/data#programme-totals"))]


def _small() -> list[Any]:
    return [
        html.P(_("A small number can point to a person. In the figures, counts from 1 to 4 are not published, and no share or duration of fewer than 10 cases.")),
        html.P(_("Some large numbers are not published either. If 3 potholes of one district were left out, and the city's total and all other districts were told, anybody could subtract and know the 3. So another district's number is left out with it, and that may be any number. Both have the same words, 'not published': if we said which of them is the small one, it would be half found.")),
        html.P(_("In the tables of sensitive services, numbers from 1 to 4 are hidden, and from 1 to 10 where health, a home or a person is concerned.")),
        html.P(_("A hidden number must not follow from the others either, so there too some larger ones are hidden with it, under the same mark. Zero is always shown. Before a table is published, a program tries to work out every hidden number from everything that was published; if it finds one, the table stays unpublished.")),
        html.P([_("What each figure counts:"), " ", dcc.Link(_("What the figures mean"), href="/definitions")]),
    ]  # fmt: skip


def _places() -> list[Any]:
    if gate.desk().city.file.release.cases:
        return [
            html.P(_("Single cases of public places are published by day. Each is shown at a fixed point that stands for at least eight addresses of its district, or at none. An address always has the same point, so nothing is learnt from seeing it again.")),
        ]  # fmt: skip
    return [html.P(_("No place finer than an area is published, and no single case."))]


def _complain() -> list[Any]:
    contact = gate.desk().city.file.portal.contact
    lead = _("If you think that something here says too much about you or your home, or that a service stands in the wrong place, tell the city.")  # fmt: skip
    if not contact:
        return [html.P(lead)]
    address = contact if "://" in contact else f"mailto:{contact}"
    return [html.P([lead, " ", html.A(contact, href=address)])]


layout = page(__name__, PATH, N_("What we publish"), build, order=10)
