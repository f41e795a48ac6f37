"""Accounts on screen, for administrators: the table, the form that changes them, and what was done."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import Input, Output, State, html

from access import ROLES, permit
from components import gate
from components.table import Column, Twin, html_table
from data_access.store import accounts, audit, passwords
from data_access.store.acting import Acting
from data_access.store.elsewhere import Rights
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked

ACTIONS = {
    "add": "Make an account", "role": "Change role, departments, districts and programmes", "reset": "Give a new one-time password", "disable": "Disable",
    "enable": "Enable again",
}  # fmt: skip
STAFF_ROLES = {role: role.capitalize() for role in ROLES if role != "public"}
FIELDS = (
    Column("login", "Login"), Column("name", "Name"), Column("role", "Role"), Column("departments", "Departments"), Column("districts", "Districts"), Column("programmes", "Programmes"), Column("by", "Signs in by"), Column("state", "State"),
)  # fmt: skip
ENTRIES = (Column("at", "When", "instant"), Column("viewer_name", "Who"), Column("action", "Did"), Column("detail", "To what"))
QUESTION = Input("question", "data")


def form() -> html.Form:
    """The form. What a field is not needed for, it may stay empty."""

    def field(name: str, label: str, control: Any) -> html.Div:
        return html.Div([html.Label(label, htmlFor=f"admin-{name}"), control], className="filter")

    def options(of: dict[str, str]) -> list[dict[str, str]]:
        return [{"value": value, "label": label} for value, label in of.items()]

    return html.Form(
        [
            field("action", "What to do", dbc.Select(id="admin-action", options=options(ACTIONS), value="add", size="sm")),
            field("login", "Login", dbc.Input(id="admin-login", maxlength=accounts.LONGEST, size="sm", autocomplete="off")),
            field("name", "Name (for a new account)", dbc.Input(id="admin-name", maxlength=accounts.LONGEST, size="sm", autocomplete="off")),
            field("role", "Role", dbc.Select(id="admin-role", options=options(STAFF_ROLES), value="viewer", size="sm")),
            field("departments", "Departments (ids, for role department)", dbc.Input(id="admin-departments", maxlength=2_000, size="sm", placeholder="parks-and-trees, streets")),
            field("districts", "Districts (ids, for role department; empty for the whole city)", dbc.Input(id="admin-districts", maxlength=2_000, size="sm")),
            field("programmes", "Programmes (ids, for role department; empty for all)", dbc.Input(id="admin-programmes", maxlength=2_000, size="sm")),
            html.Button("Do it", id="admin-do", type="button", className="btn btn-primary"),
        ],
        id="admin-form", className="admin-form", hidden=True,
    )  # fmt: skip


@gate.answers(
    {"accounts": Output("admin-accounts", "children"), "audit": Output("admin-audit", "children"), "is_closed": Output("admin-form", "hidden")}, question=QUESTION,
    values={"said": (Input("admin-said", "children"), gate.any_value)}, refused=lambda message: {"accounts": message, "audit": "", "is_closed": True},
)  # fmt: skip
def fill(asked: Asked, said: None = None) -> dict[str, Any]:
    """Both tables, for an administrator."""
    desk = gate.desk()
    permit(desk.viewer(), "administer")
    now = desk.acting("administer").now
    rows = [
        {"login": one.login, "name": one.name, "role": one.role, "departments": ", ".join(one.departments), "districts": ", ".join(one.districts), "programmes": ", ".join(one.programmes), "by": one.issuer or "password",
         "state": "disabled" if one.disabled_at else "locked" if one.locked_until and one.locked_until > now else "active"}
        for one in accounts.everybody(desk.store())
    ]  # fmt: skip
    table = html_table(Twin(pd.DataFrame(rows, columns=[c.key for c in FIELDS]), FIELDS, ""), asked.calendar)
    done = html_table(Twin(audit.entries(desk.store(), desk.viewer()), ENTRIES, ""), asked.calendar)
    return {"accounts": table if rows else html.P("No accounts yet.", className="note"), "audit": done, "is_closed": False}


def _ids(what: str) -> gate.Parser:
    """A parser of ids separated by commas."""

    def parse(value: Any) -> tuple[str, ...]:
        text = gate.short_text(2_000, what)(value)
        return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))

    return parse


@gate.changes(
    Output("admin-said", "children"), action="administer", trigger=Input("admin-do", "n_clicks"), question=State("question", "data"),
    values={
        "what": (State("admin-action", "value"), gate.one_of(ACTIONS, "action")),
        "login": (State("admin-login", "value"), gate.short_text(accounts.LONGEST, "The login")),
        "name": (State("admin-name", "value"), gate.short_text(accounts.LONGEST, "The name")),
        "role": (State("admin-role", "value"), gate.one_of(STAFF_ROLES, "role")), "departments": (State("admin-departments", "value"), _ids("Departments")),
        "districts": (State("admin-districts", "value"), _ids("Districts")), "programmes": (State("admin-programmes", "value"), _ids("Programmes")),
    },
)  # fmt: skip
def change(acting: Acting, asked: Asked, what: str, login: str, name: str, role: str, departments: tuple[str, ...], districts: tuple[str, ...], programmes: tuple[str, ...]) -> str:  # fmt: skip
    """Do what the form says; the sentence says what was done, and a one-time password exactly once."""
    known = visible_departments(acting.viewer, asked.mart)
    unknown = [slug for slug in departments if slug not in known]
    if unknown:
        raise BadQuestion(f"There is no department called '{unknown[0][:40]}'; the list of departments has the ids in its addresses.")
    nowhere = [slug for slug in districts if slug not in asked.mart.dimensions.districts.by_slug]
    if nowhere:
        raise BadQuestion(f"There is no district called '{nowhere[0][:40]}'; the map's addresses have the ids.")
    unheard = [slug for slug in programmes if slug not in asked.mart.dimensions.programmes.by_slug]
    if unheard:
        raise BadQuestion(f"There is no programme called '{unheard[0][:40]}'; the city's file has their ids.")
    rights = Rights(role, departments, districts, programmes) if role == "department" else Rights(role)  # type: ignore[arg-type]
    try:
        return _done(acting, what, login.lower(), name, rights)
    except (accounts.NoAccount, passwords.WeakPassword) as error:
        raise BadQuestion(str(error)) from None


def _done(acting: Acting, what: str, login: str, name: str, rights: Rights) -> str:
    store, now = acting.store, acting.now
    given = {"role": rights.role, "departments": rights.departments, "districts": rights.districts, "programmes": rights.programmes}
    if what == "add":
        password = accounts.one_time_password()
        accounts.add(store, login=login, name=name, **given, password=password, now=now, must_change=True)
        audit.note(store, acting.viewer, "account made", f"{login}: {rights}", now)
        return f"Made {login} ({rights}). One-time password, shown only now: {password}"
    if what == "role":
        accounts.change_role(store, login, **given)
        audit.note(store, acting.viewer, "account changed", f"{login}: {rights}", now)
        return f"{login} is now {rights}."
    if what == "reset":
        password = accounts.reset(store, login, now)
        audit.note(store, acting.viewer, "password reset", login, now)
        return f"One-time password of {login}, shown only now: {password}"
    accounts.disable(store, login, now, disabled=what == "disable")
    audit.note(store, acting.viewer, "account disabled" if what == "disable" else "account enabled", login, now)
    return f"{login} is {what}d."
