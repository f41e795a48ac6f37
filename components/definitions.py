"""What every figure means, on screen: written from the registry, for staff and for residents alike."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from metrics.definitions import AGE_BOUNDS, DEFINITIONS_VERSION, HEADLINE, METRICS, ONTIME_DEFINITIONS, REGISTRY
from metrics.describe import DIRECTIONS, KINDS, RULES, UNITS
from metrics.kinds import Metric

GROUPS = (
    ("Headline figures", HEADLINE),
    ("On time: the other formulas in use", tuple(name for name in ONTIME_DEFINITIONS if name not in HEADLINE)),
)


def content(*, with_lists: bool) -> list[Any]:
    """The whole page below its heading; `with_lists`: lead to the cases each figure counts."""
    named = [name for _, names in GROUPS for name in names]
    groups = [*GROUPS, ("All other figures", tuple(metric.id for metric in METRICS if metric.id not in named))]
    jump = html.Nav(
        [html.A(REGISTRY[name].label, href=f"#{name}") for _, names in groups for name in names],
        className="jump",
        **{"aria-label": "Figures"},
    )
    return [
        html.P(f"Definitions, version {DEFINITIONS_VERSION}. Every number in Statroom is computed by one of these, wherever it is shown."),
        html.Section([html.H2("Rules that hold for every figure"), html.Ul([html.Li(rule.replace("`", "")) for rule in RULES])], className="card prose"),
        jump,
        *[html.Section([html.H2(title), *[_metric(REGISTRY[name], with_lists) for name in names]], className="definitions") for title, names in groups],
        html.P(f"Ages of open cases are shown in bands that begin at {', '.join(map(str, AGE_BOUNDS))} days; the lower bound belongs to the band."),
    ]  # fmt: skip


def _metric(metric: Metric, with_lists: bool) -> html.Article:
    rows = [
        ("Formula", metric.formula), ("Kind", KINDS[metric.kind]), ("Unit", UNITS[metric.unit]), ("Direction", DIRECTIONS[metric.direction]),
        ("Date that counts", metric.date_field), ("Mind", metric.caveat), ("Source", metric.source), ("Name for programs", metric.id),
        ("Version", str(metric.version)),
    ]  # fmt: skip
    facts = [
        part for name, text in rows if text for part in (html.Dt(name), html.Dd(html.Code(text) if name == "Name for programs" else text))
    ]
    listed = dcc.Link("The cases it counts now", href=f"/cases?of={metric.id}") if with_lists and metric.rows is not None else None
    return html.Article(
        [html.H3(metric.label), html.P(metric.meaning), html.Dl(facts), *([listed] if listed else [])],
        id=metric.id,
        className="card definition",
    )
