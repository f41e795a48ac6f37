"""Which boundaries a map is drawn with, where areas were drawn anew, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from components import words
from components.chart import Drawn
from metrics.areas import layers
from metrics.boundaries import changed_within, earlier, in_force, versions
from metrics.select import Asked


def layers_of_today(asked: Asked) -> dict[str, str]:
    """The layers a reader chooses among: those with earlier boundaries are chosen by the period."""
    past = earlier(asked)
    return {name: plural for name, plural in layers(asked).items() if name not in past}


def chosen(asked: Asked, view: Mapping[str, str]) -> str:
    """The layer with the boundaries that a page's options `layer` and `boundaries` ask for."""
    return in_force(asked, view["layer"], "today" if view["boundaries"] == "today" else "then").layer


def noted(drawn: Drawn, asked: Asked, view: Mapping[str, str]) -> Drawn:
    """`drawn`, with the boundaries it shows in its title and what to mind about them in its note; unchanged where there is one version."""
    if len(versions(asked, view["layer"])) == 1:
        return drawn
    version = in_force(asked, view["layer"], "today" if view["boundaries"] == "today" else "then")
    since = f"from {words.day(version.since)}" if version.since else ""
    until = f"to {words.day(version.until)}" if version.until else "on"
    said = f"{since} {until}".strip() if version.since or version.until else "of today"
    mind = "Every case with a place is counted in these boundaries, whenever it was opened."
    if view["boundaries"] != "today" and changed_within(asked, view["layer"]):
        mind = f"The boundaries changed within the period; those of its last day are shown. {mind}"
    return replace(drawn, title=f"{drawn.title}; boundaries {said}", note=f"{drawn.note} {mind}".strip())
