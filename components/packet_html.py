"""A packet as one HTML file: nothing is fetched, everything is in it; on paper a part begins a page of its own where it is an issue."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from components import briefing_words, packet_charts
from components.markup import tag, together
from components.packet_view import NOTHING, Shown, View

STYLE = """
:root{color-scheme:light dark;--ink:#1c2631;--soft:#55616d;--line:#d5dbe1;--ground:#fff;--link:#1f5f99}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf0;--soft:#a9b4bf;--line:#3a444e;--ground:#161b22;--link:#7db4e6}}
*{box-sizing:border-box}body{margin:0 auto;padding:1.5rem 1rem;max-width:52rem;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2rem 0 .5rem;border-top:1px solid var(--line);padding-top:1rem}h3{font-size:1rem;margin:1rem 0 .3rem}
p,li{margin:.3rem 0}.soft,figcaption,caption{color:var(--soft);font-size:.9rem}ul{padding-left:1.2rem}a{color:var(--link)}.source{font-size:.85rem;white-space:nowrap}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(21rem,100%),1fr));gap:1rem;margin:.8rem 0}figure{margin:0;max-width:30rem;break-inside:avoid}figcaption{font-weight:600}
svg{display:block;width:100%;height:auto;font-size:12px}.ink{fill:var(--soft);paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}.grid{stroke:var(--line)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;width:100%}th,td{padding:.25rem .5rem;border-bottom:1px solid var(--line);text-align:right}th:first-child,td:first-child{text-align:left}caption{text-align:left;padding:.2rem 0}
.ask{border-left:3px solid var(--line);padding-left:.8rem}details{font-size:.85rem;color:var(--soft)}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--ground:#fff;--link:#000}body{max-width:none;padding:0;font-size:11pt}section.issue{break-before:page}details{display:none}.charts{grid-template-columns:1fr 1fr}a{text-decoration:none}h2,h3,figcaption{break-after:avoid}tr,li{break-inside:avoid}}
"""


def html_file(view: View, site: str) -> bytes:
    """The whole file. `site`: what stands before the address of a page, such as "https://stat.example"."""
    head = together(
        tag("meta", charset="utf-8"), tag("meta", name="viewport", content="width=device-width, initial-scale=1"), tag("title", f"{view.title} · {view.city}"),
        tag("style", Markup(STYLE)),
    )  # fmt: skip
    parts = [_part(part, site) for part in view.parts] or [tag("p", NOTHING)]
    body = together(tag("header", tag("h1", view.title), tag("p", f"{view.city}. {view.about}", class_="soft")), tag("main", parts))
    return (Markup("<!doctype html>") + tag("html", tag("head", head), tag("body", body), lang="en")).encode()


def _part(of: Shown, site: str) -> Markup:
    made: list[Any] = [tag("h2", of.heading)]
    made.append(tag("ul", [tag("li", line.text, *_source(line.source, site)) for line in of.lines]))
    if of.note:
        made.append(tag("p", of.note, class_="soft"))
    made += [_table(table) for table in of.tables]
    if of.charts:
        made.append(tag("div", [_chart(chart) for chart in of.charts], class_="charts"))
    if of.cases:
        links = [[tag("a", case["id"], href=site + case["address"]), " "] for case in of.cases]
        made.append(tag("p", "Cases to look at: ", links))
    if of.questions:
        asked = [tag("h3", briefing_words.SUGGESTED), tag("ul", [tag("li", text) for text in of.questions])]
        made.append(tag("div", asked, class_="ask"))
    return tag("section", made, class_=of.part.kind)


def _source(address: str, site: str) -> list[Any]:
    return [" ", tag("a", "source", href=site + address, class_="source")] if address else []


def _chart(chart: dict[str, Any]) -> Markup:
    heads, rows = packet_charts.rows(chart)
    table = tag("details", tag("summary", "Table"), tag("div", _rows(heads, rows, chart["title"]), class_="wide"))
    return tag("figure", tag("figcaption", chart["title"]), packet_charts.picture(chart, chart["said"]), table)


def _table(table: dict[str, Any]) -> Markup:
    return tag("div", _rows(table["heads"], table["rows"], table["caption"]), class_="wide")


def _rows(heads: list[str], rows: list[list[str]], caption: str) -> Markup:
    head = tag("tr", [tag("th", text, scope="col") for text in heads])
    body = [tag("tr", [tag("td" if at else "th", text, scope=None if at else "row") for at, text in enumerate(row)]) for row in rows]
    return tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body))
