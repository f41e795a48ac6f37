"""An OpenID Connect provider that runs on this machine and can be made to answer wrongly."""

from __future__ import annotations

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import oidc_provider_mock
from flask import Flask, Response, g, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

Bend = Callable[[dict[str, Any]], None]


@dataclass
class LocalProvider:
    """`issuer` answers; `bend` changes the claims of the next identity tokens, `key` signs them, `down` takes the token address away.

    Asked again about somebody it gives no identity token, as it may, unless `again` holds the claims of one; `forgets` refuses.
    """

    issuer: str
    bend: Bend | None = None
    key: Any = None
    down: bool = False
    again: dict[str, Any] | None = None
    forgets: bool = False
    renewals: int = 0
    """How often it was asked again."""
    asked: dict[str, str] = field(default_factory=dict)
    """What the last authorisation request said."""
    verifiers: list[bool] = field(default_factory=list)
    """Whether each exchange of a code proved that it came from who had asked (PKCE)."""

    def straighten(self) -> None:
        """Answer truly again."""
        self.bend, self.key, self.down, self.again, self.forgets, self.renewals = None, None, False, None, False, 0

    def knows(self, sub: str, **claims: Any) -> None:
        """Let there be such a person."""
        httpx.put(f"{self.issuer}/users/{sub}", json=claims).raise_for_status()


@contextmanager
def local_provider(*, renews: bool = True) -> Iterator[LocalProvider]:
    """A provider on a free port of this machine; `renews`: it gives refresh tokens."""
    app: Flask = oidc_provider_mock.app(issue_refresh_token=renews)
    server = make_server("localhost", 0, app, threaded=True)
    made = LocalProvider(f"http://localhost:{server.server_port}")

    @app.before_request
    def watch() -> Response | None:
        if request.path == "/oauth2/authorize" and request.method == "GET":
            made.asked = request.args.to_dict()
        if request.path == "/oauth2/token":
            if made.down:
                return Response("out of order", 503)
            if request.form.get("grant_type") == "refresh_token":
                made.renewals += 1
                return Response('{"error": "invalid_grant"}', 400, content_type="application/json") if made.forgets else None
            digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            made.verifiers.append(urlsafe_b64encode(digest).decode().rstrip("=") == made.asked.get("code_challenge"))
        return None

    @app.after_request
    def answer(answer: Response) -> Response:
        is_again = made.again is not None and request.form.get("grant_type") == "refresh_token"
        if request.path == "/oauth2/token" and answer.status_code == 200 and (made.bend or made.key or is_again):
            token, own = answer.get_json(), g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
            key = RSAKey.import_key(own)
            claims = dict(made.again or {}) if is_again else jwt.decode(token["id_token"], key).claims
            claims.pop("at_hash", None)
            if made.bend:
                made.bend(claims)
            answer.set_data(
                app.json.dumps({**token, "id_token": jwt.encode({"alg": "RS256", "kid": own.get("kid")}, claims, made.key or key)})
            )
        return answer

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
