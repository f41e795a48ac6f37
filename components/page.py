"""How a page is made: `page(...)` registers a layout that takes nothing from the URL but text, and holds no data."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import dash
from dash import dcc, html

from components import unanswered
from components.language import _

Query = dict[str, str]
LONGEST = 2_000


def page(
    module: str,
    path: str,
    title: str | Callable[[Query], str],
    build: Callable[[Query], list[Any]],
    *,
    template: str | None = None,
    nav: str = "",
    order: int = 99,
    weeks: int = 13,
    asks: Callable[[Query], Query] | None = None,
    when: Callable[[], bool] | None = None,
) -> Callable[..., html.Div]:
    """Register the page of `module`; answers its layout, to be assigned to the module's `layout`.

    Args:
        path: its address; where `template` has variables, an example of it.
        title: its name, or what makes one from the variables of its address.
        build: makes the content from the query, path variables included. It runs no query and shows no data:
            Dash may call it for somebody else than the one who will see it.
        weeks: length of its period where the address names none.
        title, nav: marked with `N_` where residents read them; nav is its name in the navigation; empty for pages that are reached from others.
        when: whether the navigation offers it in this city; always, without it.
        asks: what the page asks because of the variables of its address, where they are not filters by name themselves.
    """

    in_path = re.findall(r"<(\w+)>", template or "")

    def layout(**query: Any) -> html.Div:
        asked = plain_query(query)
        fixed = {name: asked[name] for name in in_path if name in asked}
        if asks is not None:
            fixed = asks(fixed)
            asked = {name: text for name, text in asked.items() if name not in in_path} | fixed
        question = asked if {"from", "to", "weeks"} & set(asked) else {**asked, "weeks": str(weeks)}
        # Whether there is such a service or area at all the page itself says.
        refused = unanswered.instead({name: text for name, text in question.items() if name not in fixed})
        return html.Div(
            [
                dcc.Store(id="question", data=question),
                dcc.Store(id="in-path", data=in_path if asks is None else list(fixed)),
                *(
                    build(asked)
                    if refused is None
                    else [heading(described(**{name: query[name] for name in in_path if name in query})), *refused]
                ),
            ],
            className="page",
        )

    def described(**variables: Any) -> str:
        return title(plain_query(variables)) if callable(title) else _(title)

    def titled(**variables: Any) -> str:
        return f"{described(**variables)} · Statroom"

    options: dict[str, Any] = {"path_template": template} if template else {"path": path}
    name = nav or path if callable(title) else title
    dash.register_page(module, title=titled, name=name, layout=layout, nav=nav, order=order, when=when, description=described, **options)
    return layout


def in_navigation() -> list[dict[str, Any]]:
    """The pages of this process that the navigation offers, in order."""
    listed = sorted((page for page in dash.page_registry.values() if page.get("nav")), key=lambda page: page["order"])
    return [page for page in listed if page.get("when") is None or page["when"]()]


def import_pages(audience: str) -> None:
    """Import, and so register, every page of one audience. The other's are never imported by this process."""
    folder = importlib.import_module(f"pages.{audience}")
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        importlib.import_module(f"pages.{audience}.{module}")


def plain_query(query: dict[str, Any]) -> Query:
    """URL parameters as texts: repeated ones joined by commas, anything else left out."""
    made = {}
    for name, value in query.items():
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = ",".join(value)
        if isinstance(value, str) and value and len(value) <= LONGEST and len(name) <= 60:
            made[name] = value
    return made


def heading(title: str, lead: str = "") -> html.Div:
    """The page's heading, with a line that says what it answers."""
    return html.Div([html.H1(title), *([html.P(lead, className="lead")] if lead else [])], className="page-head")
