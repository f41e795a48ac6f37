"""`/definitions`: what every figure means, generated from the registry."""

from __future__ import annotations

from typing import Any

from components import definitions
from components.language import N_, _
from components.page import Query, heading, page


def build(_query: Query) -> list[Any]:
    return [heading(_("What the figures mean")), *definitions.content(with_lists=False)]


layout = page(__name__, "/definitions", N_("Definitions"), build, nav=N_("What the figures mean"), order=8)
