"""Signing in at an OpenID Connect provider: there, back, and what may go wrong on the way.

Authorisation code with PKCE, state and nonce. Who somebody is are the provider's name and its lasting id of the person;
what the person may see is read from the groups at every sign-in, and again while it lasts (`components/provider_session.py`).
Whatever does not fit ends on the sign-in page with a sentence, and never in a session.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session
from requests import RequestException

from components import gate, limits, sign_in
from components.provider_session import Session
from components.sign_in import Refused
from data_access.store import audit, elsewhere, sessions
from data_access.store.accounts import Account
from data_access.store.elsewhere import Person, Rights
from settings import Provider, Settings

NAME = "provider"
WAY = "way"
SECONDS = 10
"""How long the provider may take for one answer."""
LEEWAY_SECONDS = 60
"""How far its clock may be from ours."""
SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make: none that rests on a secret we share, and no absent one."""
MOST_GROUPS = 2_000
LONGEST_LOGGED = 300

log = logging.getLogger(__name__)


def add_routes(server: Flask, settings: Settings, provider: Provider) -> None:
    """`/sign-in/provider` sends there, `/sign-in/back` is where people come back to."""
    client = _client(server, provider)
    session_of = Session(
        server, provider, client, lambda token: _claims_of(client, provider, token), lambda claims, now: _admitted(provider, claims, now)
    )
    sign_in.follow(server, session_of.still, session_of.way_out)
    # Each of both may wait for the provider: whoever asks without end would keep everybody else waiting.
    seldom = limits.limiter_of(server, settings).limit(settings.sign_in_rate)

    @server.get("/sign-in/provider")
    @seldom
    def go_there() -> Any:
        way = sign_in.own_way(request.args.get("next", ""))
        if sign_in.present_account() is not None:
            return redirect(way, 303)
        # One attempt at a time: a cookie that holds many is too long for a browser.
        session.clear()
        session[WAY] = way
        try:
            _require_this_provider(client, provider)
            return client.authorize_redirect(f"{request.host_url}sign-in/back")
        except Exception as error:
            return _told(error, way)

    @server.get("/sign-in/back")
    @seldom
    def come_back() -> Any:
        way, now = sign_in.own_way(str(session.get(WAY, ""))), sign_in.present_instant()
        try:
            token = _token(client, provider)
            known = _admitted(provider, _claims_of(client, provider, token), now)
        except Exception as error:
            session.clear()
            return _told(error, way)
        sign_in.begin(known, now, "provider", session_of.sealed(token))
        return redirect(way, 303)


def _client(server: Flask, provider: Provider) -> Any:
    return OAuth(server).register(
        NAME, client_id=provider.client_id, client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": provider.scopes, "code_challenge_method": "S256", "default_timeout": SECONDS},
    )  # fmt: skip


def _require_this_provider(client: Any, provider: Provider) -> None:
    """Refuse a description that is another provider's, and take from it only signatures that are worth something."""
    described = client.load_server_metadata()
    if described.get("issuer") != provider.issuer:
        # Asked for again the next time: it may be mended there.
        described.pop("_loaded_at", None)
        log.error(
            "The provider at %s says it is %s; set STATROOM_OIDC_ISSUER to that if it is right.", provider.issuer, described.get("issuer")
        )
        raise Refused("The sign-in provider is not the one this city uses; tell an administrator of Statroom.")
    offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
    described["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNED]


def _token(client: Any, provider: Provider) -> dict[str, Any]:
    """What the provider gives for the code that somebody came back with; who it is about is checked: signature, issuer, audience, time, nonce."""
    if request.args.get("iss", provider.issuer) != provider.issuer:
        raise Refused("You came back from another sign-in provider than you were sent to; sign in again.")
    _require_this_provider(client, provider)
    token = client.authorize_access_token(claims_options=_wanted(provider), leeway=LEEWAY_SECONDS)
    if not token.get("userinfo"):
        raise Refused("The sign-in provider did not say who you are; sign in again.")
    return token


def _wanted(provider: Provider) -> dict[str, Any]:
    return {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}}


def _claims_of(client: Any, provider: Provider, token: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the provider says of whom `token` is about: in an identity that is checked or was, else when it is asked for them."""
    claims = token.get("userinfo")
    if claims is None:
        _require_this_provider(client, provider)
        # The identity that comes with a refreshed token need not name the request it answers.
        of_identity = {"nonce": None, "claims_options": _wanted(provider), "leeway": LEEWAY_SECONDS}
        claims = client.parse_id_token(token, **of_identity) if "id_token" in token else client.userinfo(token=token)
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise Refused("The sign-in provider did not say who you are; sign in again.")
    if provider.groups_claim not in claims and "userinfo_endpoint" in client.server_metadata:
        more = client.userinfo(token=token)
        # Of somebody else it says nothing about this person.
        if more.get("sub") == claims["sub"]:
            claims = {**more, **claims}
    return claims


def _admitted(provider: Provider, claims: Mapping[str, Any], now: datetime) -> Account:
    """The account of whom `claims` are about, with the rights of today's groups."""
    issuer, subject = provider.issuer, claims["sub"]
    name, login = (
        str(claims.get(first) or claims.get(second) or "")
        for first, second in (("name", "preferred_username"), ("email", "preferred_username"))
    )
    rights = elsewhere.rights_of(groups_in(claims.get(provider.groups_claim)), gate.desk().city.file.sign_in.group)
    return admit(Person(issuer, subject, name, login), rights, now)


def admit(person: Person, rights: Rights | None, now: datetime) -> Account:
    """The account of somebody whom a provider or a proxy vouches for.

    Raises:
        Refused: no group of the person's may see anything, or the account is disabled.
    """
    store = gate.desk().store()
    if rights is None:
        before = elsewhere.found(store, person.issuer, person.subject)
        if before is not None:
            # Who lost every group is out everywhere.
            sessions.end_all(store, before, now)
        audit.note(store, sign_in.NOBODY, "sign-in refused", f"{person.login[:60] or person.subject[:60]}: in no group that may look", now)
        raise Refused("You are known, but none of your groups may use Statroom. An administrator of your city can give you one.")
    known, was = elsewhere.renewed(store, person, rights, now)
    if known.disabled_at is not None:
        audit.note(store, sign_in.NOBODY, "sign-in refused", f"{known.login}: disabled", now)
        raise Refused("This account cannot be used now; an administrator of Statroom can enable it.")
    if was != known.rights:
        audit.note(store, known.viewer, "account changed" if was else "account made", f"{known.login}: {known.rights}, by groups", now)
    return known


def groups_in(claim: Any) -> list[str]:
    """The groups a claim lists: a list of texts, or one text with commas between them."""
    listed = claim.split(",") if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return [name.strip() for name in listed[:MOST_GROUPS] if isinstance(name, str)]


def _told(error: Exception, way: str) -> Any:
    """The sign-in page with what went wrong."""
    if isinstance(error, Refused):
        return sign_in.form_page(way, problem=str(error)), 403
    if isinstance(error, AuthlibBaseError) and error.error == "access_denied":
        return sign_in.form_page(way, problem="You were not signed in: the provider says that it was refused or broken off."), 403
    if isinstance(error, RequestException):
        log.error("The sign-in provider does not answer as it should: %s", error)
        return sign_in.form_page(way, problem="The sign-in provider does not answer at the moment; try again in a few minutes."), 503
    number = secrets.token_hex(4)
    # What comes back may have been made by anybody, so nothing of it is a fault of ours, and none of it is shown.
    # On one line: an address that somebody made up must not write further lines into the log.
    log.warning("Sign-in %s failed: %s: %s", number, type(error).__name__, " ".join(str(error).split())[:LONGEST_LOGGED])
    return sign_in.form_page(
        way, problem=f"This sign-in could not be checked or took too long; sign in again. It is logged as {number}."
    ), 403
