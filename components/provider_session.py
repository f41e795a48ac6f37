"""What follows signing in at a provider: its groups are asked for again while somebody is signed in, and signing out ends the sign-in there too.

With the refresh token that the provider gave, who somebody is and their groups are asked for again after `Provider.recheck` minutes, at the
next request. A provider that does not answer is asked again each minute; twice that time after its last answer nobody is let in on its word. Where
it gave no such token, or nothing is asked again, a sign-in ends after `Provider.longest` minutes. What the provider gave is kept encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, request
from requests import RequestException

from components import gate, sign_in
from data_access.store import audit, elsewhere, sessions
from data_access.store.accounts import Account
from settings import LOOPBACK_HOSTS, Provider

AGAIN = timedelta(minutes=1)
"""How long a provider that did not answer is left alone."""
FOR_NOW = ("temporarily_unavailable", "server_error", "slow_down")
"""Refusals that say nothing of the person."""
LONGEST_HINT = 4_000
"""Characters of an identity that still goes into an address."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Sign-ins at `provider`, reached through `client`."""

    server: Flask
    provider: Provider
    client: Any
    claims_of: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """What the provider says, checked, of whom a token is about."""
    admitted: Callable[[Mapping[str, Any], datetime], Account]
    """The account of whom claims are about, with today's rights; refuses who may not look."""

    def sealed(self, token: Mapping[str, Any]) -> str:
        """What is kept of what the provider gave, readable with the key of this installation only."""
        kept = {name: token[name] for name in ("refresh_token", "id_token") if isinstance(token.get(name), str)}
        return self._lock().encrypt(json.dumps(kept).encode()).decode()

    def _opened(self, kept: str | None) -> dict[str, str]:
        try:
            return json.loads(self._lock().decrypt((kept or "").encode()))
        except InvalidToken:
            # Of another key, or from before anything was kept.
            return {}

    def _lock(self) -> Fernet:
        key = self.server.secret_key or ""
        digest = hashlib.sha256(b"sign-ins at a provider" + (key.encode() if isinstance(key, str) else key)).digest()
        return Fernet(base64.urlsafe_b64encode(digest))

    def still(self, known: Account, token: str, now: datetime) -> Account | None:
        """`known`, signed in with `token`, with the rights of today's groups; None if the provider's word for them is too old or was taken back."""
        if known.issuer != self.provider.issuer:
            return known
        store, every = gate.desk().store(), timedelta(minutes=self.provider.recheck)
        standing = sessions.standing(store, token)
        kept, age = self._opened(standing.kept), now - standing.checked_at
        if not every or "refresh_token" not in kept:
            return known if age < timedelta(minutes=self.provider.longest) else None
        if age < every:
            return known
        if not sessions.try_check(store, token, now, AGAIN):
            return known if age < 2 * every else None
        try:
            given = self.client.fetch_access_token(grant_type="refresh_token", refresh_token=kept["refresh_token"])
            claims = self._same(known, self.claims_of(given))
        except Exception as error:
            if isinstance(error, RequestException) or (isinstance(error, AuthlibBaseError) and error.error in FOR_NOW):
                log.error("The sign-in provider does not answer as it should: %s", error)
                return known if age < 2 * every else None
            log.warning("The sign-in provider does not confirm %s: %s", known.login, " ".join(str(error).split())[:300])
            return self._ended(known, token, now)
        try:
            renewed = self.admitted(claims, now)
        except sign_in.Refused:
            return self._ended(known, token, now)
        sessions.confirm(store, token, now, self.sealed({**kept, **given}))
        return renewed

    def _same(self, known: Account, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """`claims`, if they are about `known`."""
        found = elsewhere.found(gate.desk().store(), self.provider.issuer, str(claims.get("sub")))
        if found is None or found.id != known.id:
            raise ValueError("it speaks of somebody else")
        return claims

    def _ended(self, known: Account, token: str, now: datetime) -> None:
        store = gate.desk().store()
        sessions.end(store, token, now)
        audit.note(store, known.viewer, "signed out", "the sign-in provider did not confirm the person", now)

    def way_out(self, known: Account, token: str) -> str:
        """Where the sign-in at the provider is ended; empty where it offers no such address."""
        if known.issuer != self.provider.issuer:
            return ""
        try:
            there = str(self.client.load_server_metadata().get("end_session_endpoint") or "")
        except RequestException as error:
            log.error("The sign-in provider does not answer as it should: %s", error)
            return ""
        parts = urlsplit(there)
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)):
            return ""
        said = {"client_id": self.provider.client_id, "post_logout_redirect_uri": f"{request.host_url}sign-in"}
        hint = self._opened(sessions.standing(gate.desk().store(), token).kept).get("id_token", "")
        return str(add_params_to_uri(there, {**said, **({"id_token_hint": hint} if 0 < len(hint) <= LONGEST_HINT else {})}))
