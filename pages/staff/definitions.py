"""`/definitions`: what every figure means, generated from the registry."""

from __future__ import annotations

from typing import Any

from components import definitions
from components.page import Query, heading, page


def build(_query: Query) -> list[Any]:
    return [heading("What the figures mean"), *definitions.content(with_lists=True)]


layout = page(__name__, "/definitions", "Definitions", build, order=8)
