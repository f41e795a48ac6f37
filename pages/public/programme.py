"""`/programmes/<programme>`: one programme in totals. How many came in, what became of them, and how long did each step take?"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dash import dcc, html

from components import gate, portal, portal_links, programme_totals
from components.language import _
from components.page import Query, heading, page


def build(query: Query) -> list[Any]:
    mart = portal.mart()
    found = None if mart is None else portal_links.programme_of(query.get("totals_of", ""), mart)
    if mart is not None and found is None:
        return portal.missing()
    name, about = ("", "") if found is None else (found.name, str(found.extra["about"] or ""))
    return [
        html.P(dcc.Link(_("All programmes"), href=portal_links.PROGRAMMES), className="way-back"),
        heading(gate.desk().called(name) or _("A programme"), gate.desk().called(about)),
        *programme_totals.blocks(query, with_areas=found is not None and found.extra["privacy"] != "aggregate"),
    ]


def title(variables: Query) -> str:
    """The programme's name, for the window and for previews of links."""
    mart = portal.mart()
    found = None if mart is None else portal_links.programme_of(unquote(variables.get("totals_of", "")), mart)
    return gate.desk().called(found.name) if found else _("No such page")


layout = page(__name__, "/programmes/records", title, build, template="/programmes/<totals_of>")
