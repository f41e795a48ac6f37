"""Commitments on the charts of their figures, and the offer below every chart to ask for one. A public process never imports this."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import dcc

from access import MAY
from components import annotations, commitments, gate, theme, words
from components.chart import ASKING, NOTES, Drawn
from components.figures.control import Mark, mark
from data_access.store import commitments as store
from data_access.store.commitments import DROPPED, FEWEST_PLACES, Commitment
from metrics import promised
from metrics.definitions import REGISTRY
from metrics.notes import concerns
from metrics.select import Asked
from metrics.signals import filters_of

SHORT = 28
"""Letters of what is promised that stand beside its line."""
FIGURE = "promise_metric"


def short(of: Commitment) -> str:
    """ "Promise: A second pothole crew works …"."""
    return f"Promise: {of.deliverable if len(of.deliverable) <= SHORT else of.deliverable[: SHORT - 2].rstrip() + ' …'}"


def marked(drawn: Drawn, asked: Asked, metric: str) -> Drawn:
    """`drawn` with the commitments that concern it, if it is a chart over time: a line on the day each was made."""
    if not metric or drawn.figure is None or not drawn.figure["data"] or drawn.figure["layout"].get("xaxis", {}).get("type") != "date":
        return drawn
    desk, own = gate.desk(), filters_of(asked)
    x = [str(day)[:10] for day in drawn.figure["data"][0]["x"]]
    first, last = date.fromisoformat(min(x)), date.fromisoformat(max(x)) + timedelta(days=7)
    found = [
        one for one in store.register(desk.store(), desk.viewer(), promised.open_to(desk.viewer(), asked))
        if one.metric == metric and one.state != DROPPED and first <= one.made_on < last and concerns(one, metric, own)
    ]  # fmt: skip
    if not found:
        return drawn
    already = sum(note.get("yref") == "paper" for note in drawn.figure["layout"].get("annotations", []))
    mark(drawn.figure, [Mark(one.made_on, one.made_on, short(one), theme.PRIMARY) for one in found], level=already)
    said = " ".join(f"{words.day(one.made_on)}: promised by {one.owner_name}, {words.sentence(one.deliverable)}" for one in found)
    return replace(drawn, note=f"{drawn.note} {said}".strip())


def offer(metric: str, asked: Asked) -> Any:
    """The way from a chart to a commitment about what it shows; nothing for who may not ask for one."""
    if gate.desk().viewer().role not in MAY["commit"] or not REGISTRY[metric].by_period:
        return None
    query = {name: ",".join(sorted(values)) for name, values in filters_of(asked).items() if name not in (*FEWEST_PLACES, "moved")}
    return dcc.Link("Ask for a commitment", href=f"{commitments.PAGE}/new?{urlencode({FIGURE: metric, **query})}")


assert annotations.marked in NOTES, "notes stand above commitments"
NOTES.append(marked)
ASKING.append(offer)
