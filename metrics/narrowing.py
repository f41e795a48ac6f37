"""How an address names one route between departments and one place, and which areas it may name."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, Mapping

from access import Viewer, scope_of
from data_access.mart.reading import Mart

ROUTE = "~"
"""Between the departments of a transfer."""
_PLACE = re.compile(r"-?[0-9]{1,19}")


def routes_of(text: str, known: Container[str]) -> tuple[tuple[str, str], ...] | None:
    """The (from, to) pairs of "roads~water,parks~roads"; None if one is no pair of `known` departments."""
    pairs = [tuple(part.strip().split(ROUTE)) for part in text.split(",") if part.strip()]
    if not all(len(pair) == 2 and all(name in known for name in pair) for pair in pairs):
        return None
    return tuple(dict.fromkeys(pairs))  # type: ignore[arg-type]


def is_place(text: str) -> bool:
    """Whether `text` is the key of a place: a whole number of 64 bits."""
    return _PLACE.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63


def areas_open_to(viewer: Viewer, mart: Mart, layer: str, nowhere: str) -> Mapping[str, Any]:
    """What `viewer` may name as an area of `layer`: whoever is limited to districts those in them; other staff also `nowhere`, the cases in none."""
    districts = scope_of(viewer).districts
    known = mart.dimensions.areas_within(layer, districts).by_slug
    return known if districts is not None or viewer.role == "public" else {**known, nowhere: known.get(nowhere)}
