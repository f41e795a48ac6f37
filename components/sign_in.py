"""Signing in and out with an account, and what everybody must pass who is not signed in. Plain forms: they work before any script does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, current_app, g, redirect, render_template, request, session
from werkzeug.wrappers import Response as Answer

from access import AccessDenied, Viewer
from components import gate, limits
from data_access.store import accounts, audit, passwords, sessions
from data_access.store.accounts import Account
from settings import Settings, utc_now

TOKEN = "token"
OPEN = ("/sign-in", "/sign-in/provider", "/sign-in/back", "/healthz", "/readyz", "/metrics")
OPEN_LINKS = re.compile(r"/unsubscribe/[\w-]{1,100}", re.ASCII)
"""What a link in a letter opens: its token says all that has to be known."""
OPEN_FILES = re.compile(r"/(assets|bootstrap/static)/.+")
"""What is answered to somebody nobody knows. Styles and icons say nothing about the city."""
NOBODY = Viewer("nobody", "Nobody", "viewer")
REFUSED = "The name or the password is not right, or this account cannot be used now. After several wrong passwords an account rests for 15 minutes."
LONGEST_WAY = 2_000
ELSEWHERE = "statroom-signed-in-elsewhere"


class Refused(Exception):
    """Nobody is signed in; the text says why to the person who tried."""


def follow(server: Flask, still: Callable[[Account, str, datetime], Account | None], way_out: Callable[[Account, str], str]) -> None:
    """Ask `still` at every request for the account of whoever is signed in with a token, and `way_out` where a sign-out goes on to."""
    server.extensions[ELSEWHERE] = still, way_out


def present_instant() -> datetime:
    """Now, as the store keeps it: naive UTC."""
    return utc_now().replace(tzinfo=None)


def present_account() -> Account | None:
    """The account behind the present request."""
    if "account" not in g:
        token, now = session.get(TOKEN), present_instant()
        found = sessions.signed_in(gate.desk().store(), token, now, seen=not _made_by_the_page()) if isinstance(token, str) else None
        if found is not None and ELSEWHERE in current_app.extensions:
            found = current_app.extensions[ELSEWHERE][0](found, token, now)
        g.account = found
    return g.account


def present_viewer() -> Viewer | None:
    """As whom the present request looks at the city; outside a request nobody."""
    from flask import has_request_context

    known = present_account() if has_request_context() else None
    return known.viewer if known and not known.must_change_password else None


def _made_by_the_page() -> bool:
    """Whether the page asked by itself, as it does every minute: that keeps nobody signed in."""
    if request.method != "POST" or not request.is_json:
        return False
    try:
        # Not Flask's reader: brackets within brackets exhaust it.
        sent = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return False
    return isinstance(sent, dict) and sent.get("changedPropIds") == ["tick.n_intervals"]


def require(server: Flask) -> None:
    """Answer nobody who is not signed in. Called before the Dash application is made: its own checks come after."""

    @server.before_request
    def known_only() -> Answer | None:
        path = request.path
        if path in OPEN or OPEN_LINKS.fullmatch(path) or (request.method in ("GET", "HEAD") and OPEN_FILES.fullmatch(path)):
            return None
        known = present_account()
        if known is not None and (not known.must_change_password or path in ("/account", "/sign-out")):
            return None
        if request.method == "GET" and request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
            if known is not None:
                return redirect("/account", 303)
            return redirect(f"/sign-in?next={quote(own_way(request.full_path.rstrip('?')), safe='')}", 303)
        return Response('{"error": {"status": 401, "message": "Sign in to ask this."}}\n', 401, content_type="application/json")


def add_routes(server: Flask, settings: Settings) -> None:
    """`/sign-in`, `/sign-out`, `/account`."""
    rate = settings.sign_in_rate
    limiter = limits.limiter_of(server, settings)

    @server.get("/sign-in")
    def sign_in_form() -> Any:
        if present_account() is not None:
            return redirect(own_way(request.args.get("next", "")), 303)
        return form_page(own_way(request.args.get("next", "")))

    @server.post("/sign-in")
    @limiter.limit(rate)
    def sign_in() -> Any:
        _require_same_site()
        if settings.sign_in != "accounts":
            raise AccessDenied("Passwords are not used here; sign in at your city's provider.")
        login, password, way = (request.form.get(name, "") for name in ("login", "password", "next"))
        desk, now = gate.desk(), present_instant()
        known = accounts.authenticated(desk.store(), login, password, now)
        if known is None:
            audit.note(desk.store(), NOBODY, "sign-in refused", f"{login[:60]} from {request.remote_addr}", now)
            return form_page(own_way(way), login=login[:120], problem=REFUSED), 403
        begin(known, now)
        return redirect("/account" if known.must_change_password else own_way(way), 303)

    @server.post("/sign-out")
    def sign_out() -> Any:
        _require_same_site()
        known, desk, now = present_account(), gate.desk(), present_instant()
        everywhere, way = request.form.get("everywhere") == "yes", ""
        if known is not None:
            if ELSEWHERE in current_app.extensions:
                way = current_app.extensions[ELSEWHERE][1](known, session[TOKEN])
            if everywhere:
                sessions.end_all(desk.store(), known, now)
            else:
                sessions.end(desk.store(), session[TOKEN], now)
            audit.note(desk.store(), known.viewer, "signed out everywhere" if everywhere else "signed out", "", now)
        elif isinstance(session.get(TOKEN), str):
            # Nobody's any more, or not at the moment: it must not be somebody's again.
            sessions.end(desk.store(), session[TOKEN], now)
        session.clear()
        # A page that goes on by itself: where a form was sent from, browsers follow no redirect to another site.
        return _page("signed_out.html", way=way, provider=_provider()) if way else redirect("/sign-in", 303)

    @server.get("/account")
    def account_form() -> Any:
        return _page("account.html", known=present_account(), provider=_provider())

    @server.post("/account")
    @limiter.limit(rate)
    def change_password() -> Any:
        _require_same_site()
        known, desk, now = present_account(), gate.desk(), present_instant()
        assert known is not None
        if accounts.authenticated(desk.store(), known.login, request.form.get("password", ""), now) is None:
            return _page("account.html", known=known, problem="The present password is not right."), 403
        if request.form.get("new") != request.form.get("again"):
            return _page("account.html", known=known, problem="The new password was not written the same twice."), 400
        try:
            accounts.set_password(desk.store(), known.login, request.form.get("new", ""), now)
        except passwords.WeakPassword as error:
            return _page("account.html", known=known, problem=str(error)), 400
        audit.note(desk.store(), known.viewer, "password changed", "", now)
        # Whoever was signed in with the old one is out; this browser gets a new token.
        begin(known, now)
        return redirect("/", 303)

    @server.errorhandler(AccessDenied)
    def denied(error: AccessDenied) -> Response:
        return Response(f"{error}\n", 403, content_type="text/plain; charset=utf-8")


def begin(known: Account, now: datetime, by: str = "password", kept: str = "") -> None:
    """Sign `known` in with this browser, under a new token, and note it and `by` what; `kept` is kept with the sign-in."""
    store, before = gate.desk().store(), session.get(TOKEN)
    if isinstance(before, str):
        sessions.end(store, before, now)
    session.clear()
    session[TOKEN] = sessions.begin(store, known, now, kept)
    audit.note(store, known.viewer, "signed in", f"by {by} from {request.remote_addr}", now)


def form_page(way: str, **facts: Any) -> str:
    """The sign-in page with what this city uses: passwords, a provider, or both."""
    return _page("sign_in.html", way=way, passwords=gate.desk().settings.sign_in == "accounts", provider=_provider(), **facts)


def _provider() -> str:
    """What the city's provider is called; empty if there is none."""
    found = gate.desk().settings.provider
    return found.label if found else ""


def _require_same_site() -> None:
    gate.require_same_site()


def _page(template: str, **facts: Any) -> str:
    return render_template(template, city=gate.desk().city.name, least=passwords.LEAST, **facts)


def own_way(way: str) -> str:
    """A page of ours to go on to: a path and nothing that a browser would read as another host."""
    is_ours = way.startswith("/") and not way.startswith(("//", "/sign-")) and len(way) <= LONGEST_WAY
    return way if is_ours and way.isprintable() and "\\" not in way else "/"
