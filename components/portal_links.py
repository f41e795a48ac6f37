"""The portal's addresses of services and areas: which there are, and which are none.

A service that is not published and one that does not exist have the same answer: there is no page.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from data_access.mart.dimensions import Member
from data_access.mart.reading import Mart
from metrics import programme_totals
from metrics.question import default_question, to_query
from metrics.select import Asked

SERVICES, AREAS, PROMISES, FIGURES, PROGRAMMES = "/services", "/areas", "/promises", "/figures", "/programmes"
RELEASED_CLASS = "A"


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the portal that exists for as long as the data names its service or area."""

    address: str
    name: str


def service(slug: str) -> str:
    """Address of a service's page."""
    return f"/service/{quote(slug, safe='')}"


def area(layer: str, slug: str) -> str:
    """Address of an area's page."""
    return f"/area/{quote(layer, safe='')}/{quote(slug, safe='')}"


def programme(slug: str) -> str:
    """Address of a programme's page."""
    return f"{PROGRAMMES}/{quote(slug, safe='')}"


def programmes(mart: Mart) -> list[Place]:
    """The pages of programmes that are told of in totals, by name."""
    return [Place(programme(member.slug), member.name) for member in programme_totals.programmes(mart)]


def programme_of(slug: str, mart: Mart) -> Member | None:
    """The programme of a page `/programmes/<slug>`, if it is told of in totals."""
    return next((member for member in programme_totals.programmes(mart) if member.slug == slug), None)


def in_quarter(address: str, asked: Asked) -> str:
    """`address` about the quarter that is asked about; the latest one needs no word."""
    during = to_query(asked.question, asked.mart).get("during")
    is_latest = asked.question.start == default_question(asked.mart, asked.calendar).start
    return address if during is None or is_latest else f"{address}?during={during}"


def services(mart: Mart) -> list[Place]:
    """The pages of services, by name."""
    return [Place(service(member.slug), member.name) for member in mart.dimensions.request_types if _is_released(member)]


def areas(mart: Mart) -> list[Place]:
    """The pages of areas, layer by layer in the city's order, by name."""
    layers = sorted((layer for layer in mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)
    return [Place(area(layer.slug, member.slug), member.name) for layer in layers for member in mart.dimensions.areas(layer.slug)]


def service_of(slug: str, mart: Mart) -> Member | None:
    """The service of a page `/service/<slug>`, if residents may know of it."""
    found = mart.dimensions.request_types.by_slug.get(slug)
    return found if found is not None and _is_released(found) else None


def area_of(layer: str, slug: str, mart: Mart) -> Member | None:
    """The area of a page `/area/<layer>/<slug>`, if there is one."""
    found = mart.dimensions.area_layers.by_slug.get(layer)
    return None if found is None or found.extra["is_context"] else mart.dimensions.areas(layer).by_slug.get(slug)


def is_about_one(path: str) -> bool:
    """Whether `path` is the address of one service's, area's or programme's page, if there is such a one."""
    first, _slash, rest = path.strip("/").partition("/")
    return first in ("service", "area") or (first == "programmes" and bool(rest))


def is_missing(path: str, mart: Mart) -> bool:
    """Whether `path` (as a browser sends it) would be the page of a service or an area that there is not."""
    match [unquote(part) for part in path.strip("/").split("/")]:
        case ["service", slug]:
            return service_of(slug, mart) is None
        case ["area", layer, slug]:
            return area_of(layer, slug, mart) is None
        case ["programmes", slug]:
            return programme_of(slug, mart) is None
        case ["service" | "area", *_] | ["programmes", _, *_]:
            return True
    return False


def _is_released(member: Member) -> bool:
    return member.extra.get("release_class") == RELEASED_CLASS
