"""What every figure means, on screen: written from the registry, for staff and for residents alike."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components.language import N_, _
from metrics.definitions import DEFINITIONS_VERSION, HEADLINE, METRICS, ONTIME_DEFINITIONS, REGISTRY
from metrics.describe import DIRECTIONS, KINDS, RULES, UNITS
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.dictionary.stages import FIGURES
from metrics.kinds import Metric

GROUPS = (
    (N_("Headline figures"), HEADLINE),
    (N_("On time: the other formulas in use"), tuple(name for name in ONTIME_DEFINITIONS if name not in HEADLINE)),
)


def content(*, with_lists: bool) -> list[Any]:
    """The whole page below its heading; `with_lists`: lead to the cases each figure counts."""
    named = [name for _title, names in GROUPS for name in names]
    groups = [*GROUPS, (N_("All other figures"), tuple(metric.id for metric in METRICS if metric.id not in named))]
    jump = html.Nav(
        [html.A(_(REGISTRY[name].label), href=f"#{name}") for _title, names in groups for name in names],
        className="jump",
        **{"aria-label": _("Figures")},
    )
    return [
        html.P(_("Definitions, version {version}. Every number in Statroom is computed by one of these, wherever it is shown.", version=DEFINITIONS_VERSION)),
        html.Section([html.H2(_("Rules that hold for every figure")), html.Ul([html.Li(_(rule).replace("`", "")) for rule in RULES])], className="card prose"),
        jump,
        *[html.Section([html.H2(_(title)), *[_metric(REGISTRY[name], with_lists) for name in names]], className="definitions") for title, names in groups],
        *(_of_stages() if with_lists else []),
        html.P(_("Ages of open cases are shown in bands that begin at {bounds} days; the lower bound belongs to the band.", bounds=", ".join(map(str, AGE_BOUNDS)))),
    ]  # fmt: skip


def _of_stages() -> list[Any]:
    """The figures of programmes, which staff alone are shown."""
    made = []
    for figure in FIGURES:
        rows = [("Formula", figure.formula), ("Mind", figure.caveat), ("Source", figure.source)]
        facts = [part for name, text in rows if text for part in (html.Dt(name), html.Dd(text))]
        made.append(
            html.Article([html.H3(figure.label), html.P(figure.meaning), html.Dl(facts)], id=figure.id, className="card definition")
        )
    return [html.Section([html.H2("Programmes and their stages"), *made], className="definitions")]


def _metric(metric: Metric, with_lists: bool) -> html.Article:
    rows = [
        (_("Kind"), _(KINDS[metric.kind])), (_("Unit"), _(UNITS[metric.unit])), (_("Direction"), _(DIRECTIONS[metric.direction])),
        (_("Mind"), metric.caveat and _(metric.caveat)), (_("Version"), str(metric.version)),
        # Written for who computes it again: with the names of columns and of studies, in English.
        (_("Formula"), html.Span(metric.formula, lang="en")), (_("Date that counts"), html.Span(metric.date_field, lang="en")),
        (_("Source"), html.Span(metric.source, lang="en")), (_("Name for programs"), html.Code(metric.id, lang="en")),
    ]  # fmt: skip
    facts = [part for name, content in rows if content for part in (html.Dt(name), html.Dd(content))]
    listed = dcc.Link(_("The cases it counts now"), href=f"/cases?of={metric.id}") if with_lists and metric.rows is not None else None
    return html.Article(
        [html.H3(_(metric.label)), html.P(_(metric.meaning)), html.Dl(facts), *([listed] if listed else [])],
        id=metric.id,
        className="card definition",
    )
