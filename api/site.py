"""`/sitemap.xml` and `/robots.txt`: what search engines may look at, and where it is."""

from __future__ import annotations

import dash
from flask import Flask, Response
from markupsafe import Markup

from components import language, portal_links
from components.embed import home
from components.markup import tag
from data_access.mart.reading import MartUnavailable
from metrics.desk import Desk

SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES = ("/", portal_links.SERVICES, portal_links.AREAS, portal_links.PROMISES, "/data", "/what-we-publish", "/definitions", "/data-health")
NOT_PAGES = ("/api/", "/charts/", "/embed/", "/open311/", "/by-mail", "/_dash-", "/data/")


def register(server: Flask, desk: Desk) -> None:
    """Add both addresses; search engines are asked to stay away from everything of staff."""

    @server.get("/robots.txt")
    def robots() -> Response:
        if not desk.is_public:
            return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_PAGES), f"Sitemap: {home()}/sitemap.xml"]
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")

    if desk.is_public:

        @server.get("/sitemap.xml")
        def sitemap() -> Response:
            return Response(_sitemap(desk), content_type="application/xml; charset=utf-8")


def _sitemap(desk: Desk) -> str:
    """Every page that residents can open, each in every language."""
    paths, changed = [path for path in PAGES if path in _opened()], None
    try:
        mart = desk.mart()
    except MartUnavailable:
        pass
    else:
        known = [*portal_links.services(mart), *portal_links.areas(mart), *portal_links.programmes(mart)]
        paths += [place.address for place in known if place.address.split("/")[1] in _templates()]
        changed = mart.as_of.date().isoformat()
    codes = list(language.languages())
    urls = [
        tag(
            "url", tag("loc", home() + path), tag("lastmod", changed) if changed else None,
            [_alternate(code, f"{home()}{path}?lang={code}") for code in codes] if len(codes) > 1 else None,
        )
        for path in paths
    ]  # fmt: skip
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + f'<urlset xmlns="{SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">' + "".join(urls) + "</urlset>\n"


def _alternate(code: str, address: str) -> Markup:
    return tag("xhtml:link", rel="alternate", hreflang=code, href=address)


def _opened() -> set[str]:
    return {page["path"] for page in dash.page_registry.values()}


def _templates() -> set[str]:
    """First parts of the addresses of pages that there is one of for each service or area."""
    return {page["path_template"].split("/")[1] for page in dash.page_registry.values() if page.get("path_template")}
