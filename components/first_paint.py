"""What a browser paints before any script has come: the page's frame and its headings, from the same layout that Dash will put there.

A layout holds no data, so this says nothing of the city and is the same for everybody. The scripts take it away
(`assets/49-first-paint.js`) when Dash's own page stands, which has the same parts in the same places. With it comes what
Dash would ask for first, so that the page stands without another round trip: frame, callbacks, and the page itself.
"""

from __future__ import annotations

from typing import Any

from dash import _pages, dcc
from dash._utils import to_json
from dash.development.base_component import Component
from flask import request
from markupsafe import Markup

from components.markup import tag, together
from components.suites import GRAPHS, GRIDS

UNSEEN = ("Store", "Location", "Interval", "Download")
DRAWN_AS = {
    "Link": "a",
    "NavLink": "a",
    "NavItem": "li",
    "Nav": "ul",
    "Navbar": "nav",
    "Select": "select",
    "Input": "input",
    "Textarea": "textarea",
}
"""Elements of components that are none; any other is a `div`."""
CLASSES = {
    "NavLink": "nav-link", "NavItem": "nav-item", "Nav": "navbar-nav", "Navbar": "navbar navbar-expand-md navbar-dark bg-primary", "Container": "container-fluid",
    "Select": "form-select form-select-sm", "Input": "form-control", "Textarea": "form-control", "Graph": "dash-graph",
}  # fmt: skip
LIST_ROWS = "list-rows"
POINTING = ("aria-live", "aria-controls", "aria-labelledby", "aria-describedby")
"""Attributes that name another element: here none has a name, for Dash's own will have it."""
HARMLESS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'%"}
OUTSIDE = "position:absolute;inset:0;visibility:hidden"


class Opening:
    """The page that the present request opens."""

    def __init__(self, frame: Component, city: str) -> None:
        page, variables = _pages._path_to_page(request.path.strip("/"))
        if not page:
            page = next((one for name, one in _pages.PAGE_REGISTRY.items() if name.endswith(".not_found_404")), {})
            variables = {}
        query = _pages._parse_query_string("?" + request.query_string.decode(errors="replace"))
        layout, title = page.get("layout", ""), page.get("title", "")
        self.frame, self.city = frame, city
        self.page = layout(**{**(variables or {}), **query}) if callable(layout) else layout
        self.title = title(**(variables or {})) if callable(title) else title

    def painted(self) -> Markup:
        """The page as it is before anything was asked."""
        made = _painted(self.frame, {"_pages_content": self.page, "brand-city": self.city})
        # A reader may have written what looks like a place to fill.
        made = Markup(made.replace("{%", "&#123;%"))
        return together(Markup(f"<style>#first-paint~#react-entry-point{{{OUTSIDE}}}</style>"), tag("div", made, id="first-paint"))

    def needs(self) -> tuple[str, ...]:
        """The large scripts that the page will need."""
        parts = [part for part in self.page._traverse() if isinstance(part, Component)] if isinstance(self.page, Component) else []
        graphs = GRAPHS if any(isinstance(part, dcc.Graph) for part in parts) else ()
        return (*graphs, *(GRIDS if any(LIST_ROWS in str(getattr(part, "className", "")) for part in parts) else ()))

    def answers(self, callbacks: str) -> str:
        """What the scripts would ask first, as JSON that may stand in a page: by address, and the page by the router's own input."""
        answer = {"_pages_content": {"children": self.page}, "_pages_store": {"data": {"title": self.title}}}
        page = to_json({"multi": True, "response": answer})
        made = f'{{"/_dash-layout":{to_json(self.frame)},"/_dash-dependencies":{callbacks},"page":{page}}}'
        # What a reader wrote into the address is in it: nothing of it may end the script, or look like something of a page.
        return made.translate(HARMLESS)


def _painted(part: Any, fills: dict[str, Any]) -> Markup:
    """`part` as HTML without names; what `fills` has for a name is its content."""
    if part is None or isinstance(part, (str, int, float)):
        return together(part)
    if isinstance(part, (list, tuple)):
        return together(*[_painted(one, fills) for one in part])
    kind = part._type
    if kind in UNSEEN or getattr(part, "hidden", None) is True:
        return Markup("")
    name = getattr(part, "id", None)
    content = fills[name] if isinstance(name, str) and name in fills else getattr(part, "children", None)
    is_html = part._namespace == "dash_html_components"
    element = kind.lower() if is_html else DRAWN_AS.get(kind, "div")
    classes = " ".join(
        filter(None, ("" if is_html else CLASSES.get(kind, ""), getattr(part, "className", None), getattr(part, "class_name", None)))
    )
    props = part.to_plotly_json()["props"]
    more = {
        key: value for key, value in props.items() if (key.startswith("aria-") and key not in POINTING) or key in ("role", "lang", "open")
    }
    if kind == "NavLink" and _is_here(str(part.href), exact=getattr(part, "active", "") == "exact"):
        classes += " active"
    style = ";".join(
        f"{_dashed(key)}:{value}{'px' if isinstance(value, (int, float)) else ''}"
        for key, value in (getattr(part, "style", None) or {}).items()
    )
    href = getattr(part, "href", None)
    return tag(
        element, tag("option", "…") if kind == "Select" else _painted(content, fills), class_=classes or None, style=style or None,
        href=href if element == "a" and isinstance(href, str) else None, type=getattr(part, "type", None) if element in ("input", "button") else None,
        disabled=True if element in ("select", "input", "textarea") else None, **more,
    )  # fmt: skip


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _is_here(path: str, *, exact: bool) -> bool:
    return request.path == path or (not exact and request.path.startswith(path))
