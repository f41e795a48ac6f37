"""What the environment says, read once into one frozen `Settings`; and the only clock.

Every variable is documented beside its field. Nothing else in Statroom reads
`os.environ` for its own settings or asks the machine for the time.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Mapping
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
AUDIENCES = ("staff", "public")
Audience = Literal["staff", "public"]
SignIn = Literal["demo", "accounts", "oidc", "proxy"]
SIGN_INS: tuple[SignIn, ...] = ("demo", "accounts", "oidc", "proxy")
DEMO_CITY = ROOT / "cities" / "demo"
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
USUAL_SCOPES = "openid profile email"
REFUSED = ("DASH_MCP_ENABLED", "DASH_DEBUG")
"""Variables of Dash that list callbacks, or show code, to anybody who asks."""


class SettingsError(ValueError):
    """A setting that cannot be used; the text names the variable, its value and the remedy."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider where staff sign in."""

    issuer: str
    """STATROOM_OIDC_ISSUER: its name, an https address exactly as the provider itself writes it."""
    client_id: str
    """STATROOM_OIDC_CLIENT_ID: as whom the provider knows Statroom."""
    client_secret: str = field(repr=False)
    """STATROOM_OIDC_CLIENT_SECRET: Statroom's own password there."""
    label: str = "your city's account"
    """STATROOM_OIDC_LABEL: what the button on the sign-in page says after "Sign in with"."""
    scopes: str = USUAL_SCOPES
    """STATROOM_OIDC_SCOPES: what Statroom asks to be told; some providers tell groups only with a scope of their own."""
    groups_claim: str = "groups"
    """STATROOM_OIDC_GROUPS: the claim that lists a person's groups."""
    recheck: int = 15
    """STATROOM_OIDC_RECHECK: minutes after which the provider is asked again about somebody who is signed in; 0: it is not."""
    longest: int = 240
    """STATROOM_OIDC_LONGEST: minutes that a sign-in lasts where the provider is not asked again."""


@dataclass(frozen=True, slots=True)
class ProxyHeaders:
    """A proxy that has people signed in already and says in headers who they are."""

    addresses: tuple[str, ...]
    """STATROOM_PROXY_ADDRESSES: from where these headers are believed, such as `10.0.0.5, 10.1.0.0/24`."""
    user: str = "X-Forwarded-User"
    """STATROOM_PROXY_USER: the header with the person's lasting id."""
    groups: str = "X-Forwarded-Groups"
    """STATROOM_PROXY_GROUPS: the header with the person's groups, separated by commas."""

    def sends_from(self, address: str) -> bool:
        """Whether the other end of a connection is this proxy."""
        try:
            there = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A socket for both kinds writes an IPv4 address as one of IPv6.
        there = getattr(there, "ipv4_mapped", None) or there
        return any(there in ipaddress.ip_network(known) for known in self.addresses)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another city of this installation, with the folder of its mart and the address readers open it at (empty: none is told)."""

    id: str
    folder: Path
    mart: Path
    address: str
    server: str = field(default="", repr=False)
    """Where its mart is read, if that is no folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's settings. Paths are absolute."""

    city: Path
    """STATROOM_CITY: folder that holds `city.toml` (default `cities/demo`)."""
    data: Path
    """STATROOM_DATA: where the mart, the demo CRM and Statroom's own database live (default `var/`)."""
    mart: Path
    """STATROOM_MART_URL: `duckdb:///FOLDER` with the mart's generations (default `mart` in the data folder)."""
    audience: Audience
    """STATROOM_AUDIENCE: `staff` or `public`; decides which pages and which mart a process has."""
    store_url: str
    """STATROOM_STORE_URL: Statroom's own database (default SQLite in the data folder)."""
    cache_url: str
    """STATROOM_CACHE_URL: `redis://...`, or empty for files in the data folder."""
    secret_key: str
    """STATROOM_SECRET_KEY: at least 32 characters; signs sessions and scopes. Empty only for the demo."""
    host: str
    """Address to listen on; the demo refuses anything but loopback."""
    port: int
    """PORT: staff application; the public portal takes the next one."""
    sign_in: SignIn = "demo"
    """STATROOM_SIGN_IN: `demo` (choose whom to look as; this machine only), `accounts` (passwords, and the provider
    if there is one), `oidc` (the provider alone) or `proxy` (a proxy says who it is)."""
    provider: Provider | None = None
    """The OpenID Connect provider, if STATROOM_OIDC_ISSUER names one."""
    proxy: ProxyHeaders | None = None
    """The proxy that signs people in, with STATROOM_SIGN_IN=proxy."""
    sign_in_rate: str = "20 per minute"
    """STATROOM_SIGN_IN_RATE: how often one address may try to sign in."""
    trusted_proxies: int = 0
    """STATROOM_TRUSTED_PROXIES: how many proxies of yours stand before the application and tell the client's address."""
    hsts: int = 31_536_000
    """STATROOM_HSTS: for how many seconds a browser that came by HTTPS is to use nothing else; 0: it is not told."""
    api_rate: str = "120 per minute"
    """STATROOM_API_RATE: how often one client may ask the API, such as `5 per second` or `1000 per hour`."""
    public_rate: str = "3000 per minute"
    """STATROOM_PUBLIC_RATE: how much one address may ask of the portal: each page is about 20 questions."""
    smtp_url: str = field(default="", repr=False)
    """STATROOM_SMTP_URL: the server that takes mail, such as `smtp://user:password@mail.city.example:587`; empty: nothing is sent."""
    mail_from: str = ""
    """STATROOM_MAIL_FROM: the address that mail comes from."""
    base_url: str = ""
    """STATROOM_BASE_URL: where people open the staff application; links in mail begin with it."""
    residents_url: str = ""
    """STATROOM_RESIDENTS_URL: what residents want by mail, a database of its own (default SQLite in the data folder)."""
    mart_server: str = field(default="", repr=False)
    """STATROOM_MART_URL: `postgresql://...`, where the mart is read; its generations are built in `mart` and copied there."""
    backups_elsewhere: Path | None = None
    """STATROOM_BACKUPS: folder of the backups of Statroom's own data (default `backups` in the data folder)."""
    others: tuple[Neighbour, ...] | None = None
    """The other cities of an installation that serves several (`data_access/installation.py`); None where there is one city."""
    comparison: Path | None = None
    """STATROOM_COMPARISON: the file that says what may be compared between them (default `comparison.toml` beside the city's folder)."""

    @property
    def released(self) -> Path:
        """Folder of the released figures of sensitive services: they outlive every mart, and belong in the backup."""
        return self.data / "released"

    @property
    def backups(self) -> Path:
        """Folder of the backups of Statroom's own data."""
        return self.backups_elsewhere or self.data / "backups"

    @property
    def cookie(self) -> str:
        """Name of the session's cookie. Browsers share cookies between the ports of a host, so no two cities may have the same name."""
        return f"statroom_{self.port}" if self.others is None else f"statroom_{self.city.name}_{self.port}"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read `Settings` from `environ` (default: the process environment).

    Raises:
        SettingsError: naming the variable, the value it has and what it may be.
    """
    env = os.environ if environ is None else environ
    for name in REFUSED:
        if env.get(name, "").lower() not in ("", "0", "false", "no"):
            raise SettingsError(f"{name} is {env[name]!r}; it would open the application to tools that know no viewer. Unset it.")
    audience = env.get("STATROOM_AUDIENCE") or "staff"
    if audience not in AUDIENCES:
        raise SettingsError(f"STATROOM_AUDIENCE is {audience!r}; set it to 'staff' or 'public'.")
    data = Path(env.get("STATROOM_DATA") or ROOT / "var").resolve()
    secret = env.get("STATROOM_SECRET_KEY", "")
    if secret and len(secret) < 32:
        raise SettingsError(
            f"STATROOM_SECRET_KEY has {len(secret)} characters; use at least 32 random ones, "
            "for example from `python -c 'import secrets; print(secrets.token_hex(32))'`."
        )
    city = Path(env.get("STATROOM_CITY") or DEMO_CITY).resolve()
    host = env.get("STATROOM_HOST") or "127.0.0.1"
    sign_in = _sign_in(env.get("STATROOM_SIGN_IN") or ("demo" if city == DEMO_CITY else "accounts"), audience, host, secret)
    trusted_proxies = _whole("STATROOM_TRUSTED_PROXIES", env.get("STATROOM_TRUSTED_PROXIES") or "0", 0, 5)
    others = json.loads(env.get("STATROOM_OTHERS") or "null")
    return Settings(
        city=city,
        data=data,
        audience=audience,  # type: ignore[arg-type]
        **_mart(env.get("STATROOM_MART_URL", ""), data),
        store_url=env.get("STATROOM_STORE_URL") or f"sqlite:///{data / 'statroom.sqlite'}",
        cache_url=env.get("STATROOM_CACHE_URL", ""),
        secret_key=secret,
        host=host,
        sign_in=sign_in,
        provider=_provider(env, sign_in) if audience == "staff" else None,
        proxy=_proxy(env, sign_in, trusted_proxies) if audience == "staff" else None,
        trusted_proxies=trusted_proxies,
        hsts=_whole("STATROOM_HSTS", env.get("STATROOM_HSTS") or "31536000", 0, 999_999_999, " of seconds"),
        port=_whole("PORT", env.get("PORT") or "8050", 1, 65534),
        sign_in_rate=_rate("STATROOM_SIGN_IN_RATE", env.get("STATROOM_SIGN_IN_RATE") or "20 per minute"),
        api_rate=_rate("STATROOM_API_RATE", env.get("STATROOM_API_RATE") or "120 per minute"),
        public_rate=_rate("STATROOM_PUBLIC_RATE", env.get("STATROOM_PUBLIC_RATE") or "3000 per minute"),
        residents_url=env.get("STATROOM_RESIDENTS_URL") or f"sqlite:///{data / 'residents.sqlite'}",
        **{name: env.get(f"STATROOM_{name.upper()}", "").strip() for name in ("smtp_url", "mail_from", "base_url")},
        others=None if others is None else tuple(Neighbour(**o | {"folder": Path(o["folder"]), "mart": Path(o["mart"])}) for o in others),
        backups_elsewhere=Path(env["STATROOM_BACKUPS"]).resolve() if env.get("STATROOM_BACKUPS") else None,
        comparison=Path(env.get("STATROOM_COMPARISON") or city.parent / "comparison.toml").resolve(),
    )


def _mart(url: str, data: Path) -> dict[str, Any]:
    if not url or url.startswith(("postgresql://", "postgresql+psycopg://")):
        return {"mart": data / "mart", "mart_server": url}
    if not url.startswith("duckdb:///") or url == "duckdb:///":
        said = re.sub(r"(//[^:@/]*):[^@]*@", r"\1:***@", url)
        raise SettingsError(f"STATROOM_MART_URL is {said!r}; write 'duckdb:///FOLDER', 'postgresql://USER@HOST/DATABASE' or nothing.")
    return {"mart": Path(url.removeprefix("duckdb:///")).resolve()}


def _sign_in(text: str, audience: str, host: str, secret: str) -> SignIn:
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


def _provider(env: Mapping[str, str], sign_in: SignIn) -> Provider | None:
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
        name.lower(): _whole(f"STATROOM_OIDC_{name}", given[name], least, 720, " of minutes")
        for name, least in (("RECHECK", 0), ("LONGEST", 1))
        if given[name]
    }
    return Provider(given["ISSUER"], given["CLIENT_ID"], given["CLIENT_SECRET"], scopes=scopes, **chosen)  # type: ignore[arg-type]


def _proxy(env: Mapping[str, str], sign_in: SignIn, trusted_proxies: int) -> ProxyHeaders | None:
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


def _whole(name: str, text: str, least: int, most: int, of: str = "") -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text[:10]) <= most:
        raise SettingsError(f"{name} is {text!r}; set it to a whole number{of} from {least} to {most}.")
    return int(text)


def _rate(name: str, text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,6} per (second|minute|hour|day)", text):
        raise SettingsError(f"{name} is {text!r}; write a number and a time, such as '120 per minute'.")
    return text


def utc_now() -> datetime:
    """The machine's time, in UTC. Figures never use it: they stop at the data's `as_of`."""
    return datetime.now(UTC)
