"""How staff sign in, as the environment says it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from settings.checks import SettingsError, whole

SignIn = Literal["demo", "accounts", "oidc", "proxy"]
SIGN_INS: tuple[SignIn, ...] = ("demo", "accounts", "oidc", "proxy")
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
USUAL_SCOPES = "openid profile email"


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider where staff sign in."""

    issuer: str
    """STATROOM_OIDC_ISSUER: name of the OpenID Connect provider, an https address as the provider writes it. Default: none."""
    client_id: str
    """STATROOM_OIDC_CLIENT_ID: as whom the provider knows Statroom. Default: none."""
    client_secret: str = field(repr=False)
    """STATROOM_OIDC_CLIENT_SECRET: Statroom's own password there. Default: none."""
    label: str = "your city's account"
    """STATROOM_OIDC_LABEL: what the button says after "Sign in with". Default: `your city's account`."""
    scopes: str = USUAL_SCOPES
    """STATROOM_OIDC_SCOPES: what Statroom asks to be told. Default: `openid profile email`."""
    groups_claim: str = "groups"
    """STATROOM_OIDC_GROUPS: the claim with a person's groups. Default: `groups`."""
    recheck: int = 15
    """STATROOM_OIDC_RECHECK: minutes after which the provider is asked again about somebody who is signed in; 0: it is not. Default: 15."""
    longest: int = 240
    """STATROOM_OIDC_LONGEST: minutes that a sign-in lasts where the provider is not asked again. Default: 240."""


@dataclass(frozen=True, slots=True)
class ProxyHeaders:
    """A proxy that has people signed in already and says in headers who they are."""

    addresses: tuple[str, ...]
    """STATROOM_PROXY_ADDRESSES: from where a signing-in proxy is believed, such as `10.0.0.5, 10.1.0.0/24`. Default: none."""
    user: str = "X-Forwarded-User"
    """STATROOM_PROXY_USER: its header with the person. Default: `X-Forwarded-User`."""
    groups: str = "X-Forwarded-Groups"
    """STATROOM_PROXY_GROUPS: its header with the groups. Default: `X-Forwarded-Groups`."""

    def sends_from(self, address: str) -> bool:
        """Whether the other end of a connection is this proxy."""
        try:
            there = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A socket for both kinds writes an IPv4 address as one of IPv6.
        there = getattr(there, "ipv4_mapped", None) or there
        return any(there in ipaddress.ip_network(known) for known in self.addresses)


def sign_in_of(text: str, audience: str, host: str, secret: str) -> SignIn:
    """How people sign in, if what is served to whom allows it."""
    if text not in SIGN_INS:
        raise SettingsError(f"STATROOM_SIGN_IN is {text!r}; set it to 'demo', 'accounts', 'oidc' or 'proxy'.")
    if audience == "staff" and host not in LOOPBACK_HOSTS:
        if text == "demo":
            raise SettingsError(
                f"STATROOM_HOST is {host!r}; without passwords the staff application serves 127.0.0.1 only. Set STATROOM_SIGN_IN=accounts."
            )
        if not secret:
            raise SettingsError("STATROOM_SECRET_KEY is empty; set it to at least 32 random characters before other machines are served.")
    return text


def provider_of(env: Mapping[str, str], sign_in: SignIn) -> Provider | None:
    """The OpenID Connect provider, if one is named."""
    given = {
        name: env.get(f"STATROOM_OIDC_{name}", "").strip()
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "LABEL", "SCOPES", "GROUPS", "RECHECK", "LONGEST")
    }
    if not any(given.values()) and sign_in != "oidc":
        return None
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"):
        if not given[name]:
            raise SettingsError(f"STATROOM_OIDC_{name} is empty; a provider needs its issuer, a client id and a client secret.")
    if sign_in not in ("accounts", "oidc"):
        raise SettingsError(f"STATROOM_OIDC_ISSUER is set, but STATROOM_SIGN_IN is {sign_in!r}; set it to 'accounts' or 'oidc'.")
    address = urlsplit(given["ISSUER"])
    is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK_HOSTS)
    if not is_safe or not address.hostname or address.query or address.fragment:
        raise SettingsError(f"STATROOM_OIDC_ISSUER is {given['ISSUER']!r}; write the provider's https address without a query.")
    scopes = given["SCOPES"] or USUAL_SCOPES
    if "openid" not in scopes.split():
        raise SettingsError(f"STATROOM_OIDC_SCOPES is {scopes!r}; one of them must be 'openid'.")
    more = {"label": given["LABEL"], "groups_claim": given["GROUPS"]}
    chosen: dict[str, object] = {name: text for name, text in more.items() if text}
    chosen |= {
        name.lower(): whole(f"STATROOM_OIDC_{name}", given[name], least, 720, " of minutes")
        for name, least in (("RECHECK", 0), ("LONGEST", 1))
        if given[name]
    }
    return Provider(given["ISSUER"], given["CLIENT_ID"], given["CLIENT_SECRET"], scopes=scopes, **chosen)  # type: ignore[arg-type]


def proxy_of(env: Mapping[str, str], sign_in: SignIn, trusted_proxies: int) -> ProxyHeaders | None:
    """The proxy that signs people in, if that is how they do."""
    text = env.get("STATROOM_PROXY_ADDRESSES", "")
    addresses = tuple(part.strip() for part in text.split(",") if part.strip())
    if sign_in != "proxy":
        if addresses:
            raise SettingsError(
                f"STATROOM_PROXY_ADDRESSES is set, but STATROOM_SIGN_IN is {sign_in!r}; set it to 'proxy' or unset the addresses."
            )
        return None
    if not addresses:
        raise SettingsError("STATROOM_PROXY_ADDRESSES is empty; name the addresses of the proxy that may say who somebody is.")
    if not trusted_proxies:
        raise SettingsError(
            "STATROOM_TRUSTED_PROXIES is 0; with STATROOM_SIGN_IN=proxy set it to the number of proxies before the application."
        )
    for address in addresses:
        try:
            network = ipaddress.ip_network(address)
        except ValueError:
            raise SettingsError(f"STATROOM_PROXY_ADDRESSES has {address!r}; write addresses such as 10.0.0.5 or 10.1.0.0/24.") from None
        if network.prefixlen == 0:
            raise SettingsError(f"STATROOM_PROXY_ADDRESSES has {address!r}, which is every address; name those of the proxy.")
    headers = {name: env.get(f"STATROOM_PROXY_{name.upper()}", "") for name in ("user", "groups")}
    for name, header in headers.items():
        if header and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,60}", header):
            raise SettingsError(f"STATROOM_PROXY_{name.upper()} is {header!r}; write the name of a header such as X-Forwarded-User.")
    return ProxyHeaders(addresses, **{name: header for name, header in headers.items() if header})
