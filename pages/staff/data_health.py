"""`/data-health`: last loads, refused rows, words nobody mapped, freshness. May we believe what we see?"""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html

from access import AccessDenied
from components import gate, health, held_load
from components.page import Query, heading, page
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        heading("State of the data", "Before a number is believed: how fresh it is, what was refused, and what the source says that nobody has explained yet."),
        html.Div(html.Section(className="card prose"), id="data-health", className="stack"),
    ]  # fmt: skip


@gate.answers(
    Output("data-health", "children"), question=Input("question", "data"), refused=lambda message: health.card("Not shown", message)
)
def fill(asked: Asked) -> list[Any]:
    """All parts; those about rows only for who sees all departments."""
    made = [*held_load.part(asked), health.freshness(asked)]
    try:
        return [*made, health.attempts(asked), health.unmapped(asked), health.refused(asked), health.oddities(asked)]
    except AccessDenied as denied:
        return [*made, health.card("Refused rows and unmapped words", html.P(str(denied)))]


layout = page(__name__, "/data-health", "State of the data", build, order=9)
