"""Who looks at the staff application where there are no accounts: demo viewers, chosen at the top of every page, on this machine only."""

from __future__ import annotations

from flask import has_request_context, session

from access import Viewer
from data_access.mart.reading import Mart

KEY = "viewer"
EXECUTIVE = Viewer("executive", "Mayor's office", "executive")
ANALYST = Viewer("analyst", "Performance analyst", "analyst")
ADMINISTRATOR = Viewer("administrator", "Administrator", "admin")
COUNCIL = Viewer("council", "Council office (figures only)", "viewer")
HEAD = "head-of-"


def demo_viewers(mart: Mart | None) -> tuple[Viewer, ...]:
    """One of each role: the mayor's office, an analyst, a council office and an administrator; and the head of every department that has none above it."""
    departments = [] if mart is None else [m for m in mart.dimensions.departments if m.extra.get("parent_id") is None]
    heads = tuple(Viewer(HEAD + member.slug, f"Head of {member.name}", "department", (member.slug,)) for member in departments)
    return (EXECUTIVE, ANALYST, *heads, COUNCIL, ADMINISTRATOR)


def viewer_named(name: str, mart: Mart | None) -> Viewer | None:
    """The demo viewer with that id."""
    return next((viewer for viewer in demo_viewers(mart) if viewer.id == name), None)


def chosen_viewer(mart: Mart | None) -> Viewer:
    """The viewer this browser's session chose: the mayor's office if it chose none, the one who sees least if there is no such viewer now."""
    name = session.get(KEY) if has_request_context() else None
    if name is None:
        return EXECUTIVE
    return (viewer_named(name, mart) if isinstance(name, str) else None) or COUNCIL
