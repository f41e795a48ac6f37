"""Signing in by a proxy that has done so already, and says in headers who somebody is.

Headers are believed only on connections from the addresses that the settings name: anybody can send them.
"""

from __future__ import annotations

from flask import Flask, Response, g, render_template, request
from werkzeug.wrappers import Response as Answer

from access import Viewer
from components import gate, provider, sign_in
from data_access.store import audit, elsewhere, sessions
from data_access.store.accounts import Account
from data_access.store.elsewhere import PROXY, Person
from settings import ProxyHeaders


def require(server: Flask, headers: ProxyHeaders) -> None:
    """Answer nobody whom the proxy does not vouch for. Called before the Dash application is made."""

    @server.before_request
    def known_only() -> Answer | None:
        is_file = request.method in ("GET", "HEAD") and sign_in.OPEN_FILES.fullmatch(request.path)
        if request.path in ("/healthz", "/readyz", "/metrics") or sign_in.OPEN_LINKS.fullmatch(request.path) or is_file:
            return None
        try:
            g.account = _vouched_for(headers)
        except provider.Refused as error:
            if request.method == "GET" and request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
                return Response(render_template("refused.html", city=gate.desk().city.name, problem=str(error)), 403)
            return Response('{"error": {"status": 401, "message": "Sign in to ask this."}}\n', 401, content_type="application/json")
        return None


def present_viewer() -> Viewer | None:
    """As whom the present request looks at the city."""
    from flask import has_request_context

    known: Account | None = g.get("account") if has_request_context() else None
    return known.viewer if known else None


def other_end() -> str:
    """The address that this connection really comes from, whatever headers say of clients further away."""
    before = request.environ.get("werkzeug.proxy_fix.orig", {})
    return str(before.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or "")


def _vouched_for(headers: ProxyHeaders) -> Account:
    """The account of the present request, with the rights of the groups that the proxy says.

    Raises:
        Refused: the request did not come through the proxy, or who sent it may see nothing.
    """
    sent = request.headers.getlist(headers.user)
    if not headers.sends_from(other_end()):
        raise provider.Refused("Statroom is reached through your city's sign-in only; use the address that your city gives for it.")
    # Two values are a client's and the proxy's, and nobody can tell which is which. A server may join them with a comma.
    if len(sent) != 1 or "," in sent[0] or not 0 < len(sent[0].strip()) <= 255:
        raise provider.Refused("Your city's sign-in did not say who you are; sign in there again.")
    user, now = sent[0].strip(), sign_in.present_instant()
    listed = [part.strip() for line in request.headers.getlist(headers.groups) for part in line.split(",")]
    rights = elsewhere.rights_of(provider.groups_in(listed), gate.desk().city.file.sign_in.group)
    known = provider.admit(Person(PROXY, user, user, user), rights, now)
    if elsewhere.noted(gate.desk().store(), known, now, sessions.IDLE):
        audit.note(gate.desk().store(), known.viewer, "signed in", f"by proxy from {request.remote_addr}", now)
    return known
