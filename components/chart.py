"""How a chart is made: a page declares `Chart(name, title, draw)`, and everything else follows from what `draw` answers.

`draw` is given the question, bound to the viewer, and the page's own options, and answers a `Drawn`: the finding as a sentence, the
figure, and the frame behind it. From these come the heading, the text a screen reader says, the
table twin, the CSV file and the permanent link. One callback draws every chart, each in its own request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from dash import MATCH, Input, Output, State, dcc, html

from components import filters, gate, theme, words
from components.language import _
from components.page import Query
from components.table import Twin, html_table
from metrics.definitions import REGISTRY
from metrics.dictionary.stages import BY_ID
from metrics.question import BadQuestion, to_query
from metrics.select import Asked

LONGEST_TITLE = 60
EMBEDDED: list[Callable[[str, str, Asked, Query], Any]] = []
"""What offers a chart to other sites: takes its name, title, question and options. A staff process has none."""
ASKING: list[Callable[[str, Asked], Any]] = []
"""What offers something about a chart, such as a commitment or mail: takes its metric and question. A public process has none."""
CHARTS: dict[str, Chart] = {}
"""The charts of this process, by name. A process imports the pages of one audience only."""
NOTES: list[Callable[[Drawn, Asked, str], Drawn]] = []
"""What adds notes to every figure over time: takes what was drawn, the question and the metric. A public process has none."""


@dataclass(frozen=True)
class Drawn:
    """What a chart shows now."""

    finding: str
    """One sentence: what a reader should see. Made from the same frame as the figure."""
    figure: dict[str, Any] | None
    """A plotly figure as plain dicts; None if there is nothing to draw, and then `finding` says why."""
    twin: Twin
    note: str = ""
    """What to mind: left-out periods, exclusions."""
    cases: str = ""
    """Address of the list of exactly the cases behind the chart."""
    title: str = ""
    """What is counted and when, for a chart whose metric the reader chooses; otherwise the chart's own title and period."""
    metric: str = ""
    """The metric the reader chose, if it is not the chart's own."""
    about: Asked | None = None
    """The narrower question it is about, where that is not the page's."""
    leads: Mapping[str, str] = field(default_factory=dict)
    """Numbers of the finding, as they are written there -> address of the list of exactly the cases each counts."""


@dataclass(frozen=True)
class Chart:
    """One chart of one page."""

    name: str
    title: str
    """What is counted, at most `LONGEST_TITLE` characters, marked with `N_` where residents read it; the period is added."""
    draw: Callable[[Asked, Mapping[str, str]], Drawn]
    """Takes the question and the value of every page option (`filters.view_of`)."""
    metric: str = ""
    """The metric whose definition belongs to it."""
    defined: str = ""
    """The figure of stages whose definition belongs to it, where it shows no metric."""
    height: int = theme.HEIGHT
    is_map: bool = False
    has_period: bool = True
    """Whether it is about the question's period; a stock is about one instant."""

    def __post_init__(self) -> None:
        assert len(self.title) <= LONGEST_TITLE, f"{self.name}: the title has {len(self.title)} characters, {LONGEST_TITLE} are allowed"
        assert self.name not in CHARTS, f"there is already a chart called {self.name}"
        assert not self.metric or self.metric in REGISTRY
        assert not self.defined or self.defined in BY_ID
        CHARTS[self.name] = self


def chart_id(part: str, name: Any) -> dict[str, Any]:
    """Id of one part of a chart's block."""
    return {"type": f"chart-{part}", "name": name}


def block(chart: Chart, className: str = "", *, with_table: bool = False) -> html.Section:
    """The place of `chart` on its page; it fills itself from the page's question. `with_table`: its table is open from the start."""
    title = _(chart.title)
    graph = dcc.Graph(
        id=chart_id("figure", chart.name), config=theme.graph_config(is_map=chart.is_map),  # type: ignore[arg-type]
        figure={"data": [], "layout": theme.layout(height=chart.height, xaxis={"visible": False}, yaxis={"visible": False})},
        style={"height": chart.height},
    )  # fmt: skip
    return html.Section(
        [
            html.Div(
                [
                    html.H2(title, id=chart_id("finding", chart.name), className="finding"),
                    html.P(title, id=chart_id("title", chart.name), className="subtitle"),
                ],
                className="chart-head",
            ),
            html.Div(graph, id=chart_id("image", chart.name), className="chart-image", role="img", **{"aria-label": title}),
            html.P(id=chart_id("note", chart.name), className="note"),
            html.Details(
                [html.Summary(_("Table") if with_table else _("Show as table")), html.Div(id=chart_id("table", chart.name))],
                className="twin twin-open" if with_table else "twin",
                open=with_table,
            ),
            html.Div(id=chart_id("links", chart.name), className="chart-links"),
        ],
        id=f"chart-{chart.name}",
        className=f"card chart {className}".strip(),
    )


def _chart_of(value: Any) -> Chart:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in CHARTS:
        raise BadQuestion("There is no such chart; open the page again.")
    return CHARTS[name]


_PARTS = {
    "finding": Output(chart_id("finding", MATCH), "children"),
    "title": Output(chart_id("title", MATCH), "children"),
    "figure": Output(chart_id("figure", MATCH), "figure"),
    "size": Output(chart_id("figure", MATCH), "style"),
    "image": Output(chart_id("image", MATCH), "aria-label"),
    "is_empty": Output(chart_id("image", MATCH), "hidden"),
    "note": Output(chart_id("note", MATCH), "children"),
    "table": Output(chart_id("table", MATCH), "children"),
    "links": Output(chart_id("links", MATCH), "children"),
}


def _refused(message: str) -> dict[str, Any]:
    empty = {"data": [], "layout": {}}
    return {
        "finding": message, "title": "", "figure": empty, "size": {}, "image": message, "is_empty": True, "note": "", "table": "", "links": "",
    }  # fmt: skip


@gate.answers(
    _PARTS,
    question=Input("question", "data"),
    values={"chart": (State(chart_id("figure", MATCH), "id"), _chart_of), "query": (State("question", "data"), gate.query_of)},
    refused=_refused,
)
def draw(asked: Asked, chart: Chart, query: dict[str, str]) -> dict[str, Any]:
    """Fill one chart's block."""
    view = filters.view_of(query, asked)
    drawn = noted(chart, asked, view)
    figure = drawn.figure or {"data": [], "layout": {}}
    return {
        "finding": linked(drawn.finding, drawn.leads), "title": drawn.title or counted_when(chart, asked), "figure": figure,
        "size": {"height": figure["layout"].get("height", chart.height)},
        "image": f"{_(chart.title)}. {drawn.finding}", "is_empty": drawn.figure is None, "note": drawn.note,
        "table": html_table(drawn.twin, asked.calendar), "links": _links(chart, drawn, asked, view),
    }  # fmt: skip


def noted(chart: Chart, asked: Asked, view: Mapping[str, str]) -> Drawn:
    """What a chart shows, with everything that people wrote about it."""
    drawn = chart.draw(asked, view)
    for add in NOTES:
        drawn = add(drawn, drawn.about or asked, drawn.metric or chart.metric)
    return drawn


def linked(finding: str, leads: Mapping[str, str]) -> str | list[Any]:
    """The finding with each of its numbers that has a list as a way there, where it stands first."""
    parts: list[Any] = [finding]
    for number, target in leads.items():
        alone = re.compile(rf"(?<![\w,.]){re.escape(number)}(?![\w,]|\.\d)")
        at = next((at for at, part in enumerate(parts) if isinstance(part, str) and alone.search(part)), None)
        if at is not None and target:
            found = alone.search(parts[at])
            assert found is not None
            parts[at : at + 1] = [parts[at][: found.start()], dcc.Link(number, href=target), parts[at][found.end() :]]
    return finding if len(parts) == 1 else [part for part in parts if part != ""]


def counted_when(chart: Chart, asked: Asked) -> str:
    """What is counted, and when."""
    if chart.has_period:
        return _("{what}, {period}", what=_(chart.title), period=words.asked_period(asked.question))
    return _("{what}, on {instant}", what=_(chart.title), instant=words.instant(asked.question.as_of, asked.calendar))


def permanent_query(asked: Asked, view: Mapping[str, str]) -> str:
    """The question as a query string that means the same tomorrow: with its period and `as_of` spelled out."""
    # Residents' figures are those of the present data: no earlier state can be asked for.
    as_of = {} if asked.scope.audience == "public" else {"as_of": asked.question.as_of.isoformat() + "Z"}
    return urlencode({**to_query(asked.question, asked.mart), **as_of, **filters.own_query(view)})


def _links(chart: Chart, drawn: Drawn, asked: Asked, view: Mapping[str, str]) -> list[Any]:
    query = permanent_query(asked, view)
    made: list[Any] = []
    if drawn.cases:
        made.append(dcc.Link(_("List the cases"), href=drawn.cases))
    made.append(
        html.A("CSV", href=f"/charts/{chart.name}.csv?{query}", download=f"{chart.name}.csv", title=_("{what} as CSV", what=_(chart.title)))
    )
    metric = drawn.metric or chart.metric
    if metric:
        made.append(dcc.Link(_("Definition"), href=f"/definitions#{metric}", title=_(REGISTRY[metric].meaning)))
    elif chart.defined:
        made.append(dcc.Link(_("Definition"), href=f"/definitions#{chart.defined}", title=BY_ID[chart.defined].meaning))
    made.append(html.A(_("Link to this view"), href=f"?{query}#chart-{chart.name}"))
    if metric:
        offers = [offer for offer in (make(metric, drawn.about or asked) for make in ASKING) if offer is not None]
        # What few readers do at a chart takes no room beside what all of them do.
        made += [html.Details([html.Summary("Do something about it"), html.Div(offers)], className="chart-acts")] if offers else []
    if EMBEDDED:
        made += [offer for offer in (EMBEDDED[0](chart.name, _(chart.title), asked, filters.own_query(view)),) if offer is not None]
    return made


gate.in_browser("statroom", "open_clicked", Output(chart_id("image", MATCH), "data-opened"), Input(chart_id("figure", MATCH), "clickData"))
