"""One chart or one figure by itself, to be shown in a frame of another site: HTML with a picture and a table, and no script.

What is shown is what the portal's own page shows: a chart is drawn by its own function, a figure is `measure`'s answer.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from markupsafe import Markup

from components import chart, filters, gate, portal_links, words
from components.language import _, spoken
from components.markup import tag
from components.still import still
from components.table import MOST_ROWS, Twin, text_of
from metrics.answer import WITHHELD
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.periods import Calendar
from metrics.question import require_metric
from metrics.select import Asked

STYLE = """:root{color-scheme:light dark;--ink:#1c2630;--soft:#52606d;--line:#d5dce3;--ground:#fff;--accent:#1f5f99}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#a3b0bd;--line:#2d3640;--ground:#161b22;--accent:#7db4e3}}
*{box-sizing:border-box}body{margin:0;padding:.8rem;background:var(--ground);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
h1{font-size:1.05rem;line-height:1.3;margin:0}.value{font-size:2rem;font-weight:700;margin:.2rem 0;line-height:1.2}.about{color:var(--soft);font-size:.86rem;margin:.2rem 0}
figure{margin:.5rem 0}svg{display:block;width:100%;max-width:44rem;height:auto;font-size:12px}.ink{fill:var(--soft);paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}.name{fill:#1c2631;font-size:11px}.grid{stroke:var(--line)}
a,summary{color:var(--accent)}summary{cursor:pointer;font-size:.9rem}.scroll{overflow:auto;max-height:22rem}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;margin-top:.3rem}th,td{padding:.2rem .5rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400}
.end{text-align:right}thead th{color:var(--soft)}footer{display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between;margin-top:.5rem;padding-top:.4rem;border-top:1px solid var(--line);color:var(--soft);font-size:.82rem}
:focus-visible{outline:3px solid #b4500f;outline-offset:2px}@media print{details>*{display:block!important}.scroll{max-height:none}}"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


@dataclass(frozen=True)
class Widget:
    """What stands in the frame."""

    title: str
    """What is counted; the name of the frame."""
    heading: str
    """What a reader should see."""
    about: str = ""
    value: str = ""
    picture: Markup | None = None
    note: str = ""
    table: Markup | None = None


def policy(embed_on: tuple[str, ...]) -> str:
    """The content security policy of a widget: nothing is loaded or run, and only these sites may frame it."""
    sites = "*" if "*" in embed_on else " ".join(embed_on) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors {sites}"
    )


def of_chart(made: chart.Chart, asked: Asked, query: dict[str, str], *, most: int = MOST_ROWS, pictured: bool = True) -> Widget:
    """One chart of the portal, `most` rows in its table."""
    drawn = made.draw(asked, filters.view_of(query, asked))
    about, title, where = drawn.title or chart.counted_when(made, asked), _(made.title), filters.said(asked)
    return Widget(
        title=title, heading=drawn.finding, about=f"{where}: {about}" if where else about, note=drawn.note,
        picture=still(drawn.figure, f"{title}. {drawn.finding}") if pictured else None, table=table_of(drawn.twin, asked.calendar, most),
    )  # fmt: skip


def of_figure(metric_id: str, asked: Asked) -> Widget:
    """One figure: its value, for what and when, and of how many cases.

    Raises:
        BadQuestion: there is no such figure, or it is not published.
    """
    metric = REGISTRY[require_metric(metric_id)]
    answer = measure(metric.id, asked)
    where, label = filters.said(asked), _(metric.label)
    is_now = metric.date_field == "as_of"
    when = words.instant(asked.question.as_of, asked.calendar) if is_now else words.asked_period(asked.question)
    if answer.value is None:
        value, note = words.MISSING, words.sentence(_(WITHHELD)) if answer.frame["suppressed"].any() else ""
    else:
        value = words.value(answer.value, metric.unit)
        note = _("Of {cases}.", cases=words.cases(answer.n)) if metric.unit in ("share", "days") else ""
    heading = f"{label}: {where}" if where else label
    return Widget(label, heading, about=f"{when}. {_(metric.meaning)}", value=value, note=note)


def refusal(message: str) -> Widget:
    """What stands in the frame where there is nothing to show."""
    return Widget(_("Not shown"), message)


def page_of(widget: Widget, asked: Asked | None, page: str) -> str:
    """The whole answer, with a link to the page of the portal that tells more."""
    as_of = _("Data through {instant}", instant=words.instant(asked.mart.as_of, asked.calendar)) if asked else ""
    return render_template(
        "embed.html", lang=spoken().code, city=gate.desk().city.name, title=widget.title, heading=widget.heading, value=widget.value, about=widget.about,
        picture=widget.picture, note=widget.note, table=widget.table, table_name=_("Show as table"), style=Markup(STYLE), page=page, as_of=as_of, more=_("More on this"),
    )  # fmt: skip


def table_of(twin: Twin, calendar: Calendar, most: int = MOST_ROWS) -> Markup | None:
    """A chart's table; None without a row."""
    if twin.frame.empty:
        return None
    ends = ["" if column.kind in ("text", "day", "instant") else "end" for column in twin.columns]
    head = tag("tr", [tag("th", _(column.label), scope="col", class_=end or None) for column, end in zip(twin.columns, ends, strict=True)])
    body = [
        tag("tr", [
            tag("td" if at else "th", text_of(record[column.key], column.kind, calendar), scope=None if at else "row", class_=end or None)
            for at, (column, end) in enumerate(zip(twin.columns, ends, strict=True))
        ])
        for record in twin.frame.head(most).to_dict("records")
    ]  # fmt: skip
    return tag("table", tag("caption", _(twin.caption)) if twin.caption else None, tag("thead", head), tag("tbody", body))


def portal_page(asked: Asked, query: dict[str, str]) -> str:
    """The page of the portal that a widget leads to: that of its service or its area, else the front page with the same question."""
    question = asked.question
    rest = {name: value for name, value in query.items() if name not in ("request_type", *(layer for layer, _area in question.areas))}
    if len(question.request_type) == 1 and not question.areas:
        return _whole(portal_links.service(question.request_type[0]), rest)
    if len(question.areas) == 1 and not question.request_type:
        return _whole(portal_links.area(*question.areas[0]), rest)
    return _whole("/", query)


def home() -> str:
    """The portal's address, as others should write it: the one the city names, else the one that was used."""
    return gate.desk().city.file.portal.address or request.host_url.rstrip("/")


def _whole(path: str, query: dict[str, Any]) -> str:
    return home() + path + (f"?{urlencode(query)}" if query else "")
