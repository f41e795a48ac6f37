"""What the environment says, read once into one frozen `Settings`; and the only clock.

Every variable is documented beside its field. Nothing else in Statroom reads
`os.environ` for its own settings or asks the machine for the time.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Mapping

ROOT = Path(__file__).resolve().parent
AUDIENCES = ("staff", "public")
Audience = Literal["staff", "public"]
SignIn = Literal["demo", "accounts"]
DEMO_CITY = ROOT / "cities" / "demo"
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
REFUSED = ("DASH_MCP_ENABLED", "DASH_DEBUG")
"""Variables of Dash that list callbacks, or show code, to anybody who asks."""


class SettingsError(ValueError):
    """A setting that cannot be used; the text names the variable, its value and the remedy."""


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
    """STATROOM_SIGN_IN: `demo` (choose whom to look as; this machine only) or `accounts`."""
    sign_in_rate: str = "20 per minute"
    """STATROOM_SIGN_IN_RATE: how often one address may try to sign in."""
    trusted_proxies: int = 0
    """STATROOM_TRUSTED_PROXIES: how many proxies of yours stand before the application and tell the client's address."""
    api_rate: str = "120 per minute"
    """STATROOM_API_RATE: how often one client may ask the API, such as `5 per second` or `1000 per hour`."""


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
    return Settings(
        city=city,
        data=data,
        audience=audience,  # type: ignore[arg-type]
        mart=_mart_folder(env.get("STATROOM_MART_URL", ""), data),
        store_url=env.get("STATROOM_STORE_URL") or f"sqlite:///{data / 'statroom.sqlite'}",
        cache_url=env.get("STATROOM_CACHE_URL", ""),
        secret_key=secret,
        host=host,
        sign_in=_sign_in(env.get("STATROOM_SIGN_IN") or ("demo" if city == DEMO_CITY else "accounts"), audience, host, secret),
        trusted_proxies=_count(env.get("STATROOM_TRUSTED_PROXIES") or "0"),
        port=_port(env.get("PORT") or "8050"),
        sign_in_rate=_rate("STATROOM_SIGN_IN_RATE", env.get("STATROOM_SIGN_IN_RATE") or "20 per minute"),
        api_rate=_rate("STATROOM_API_RATE", env.get("STATROOM_API_RATE") or "120 per minute"),
    )


def _mart_folder(url: str, data: Path) -> Path:
    if not url:
        return data / "mart"
    if not url.startswith("duckdb:///") or url == "duckdb:///":
        raise SettingsError(f"STATROOM_MART_URL is {url!r}; write it as 'duckdb:///FOLDER', or leave it empty.")
    return Path(url.removeprefix("duckdb:///")).resolve()


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65535:
        raise SettingsError(f"PORT is {text!r}; set it to a whole number from 1 to 65534.")
    return int(text)


def _sign_in(text: str, audience: str, host: str, secret: str) -> SignIn:
    if text not in ("demo", "accounts"):
        raise SettingsError(f"STATROOM_SIGN_IN is {text!r}; set it to 'demo' or 'accounts'.")
    if audience == "staff" and host not in LOOPBACK_HOSTS:
        if text == "demo":
            raise SettingsError(
                f"STATROOM_HOST is {host!r}; without passwords the staff application serves 127.0.0.1 only. Set STATROOM_SIGN_IN=accounts."
            )
        if not secret:
            raise SettingsError("STATROOM_SECRET_KEY is empty; set it to at least 32 random characters before other machines are served.")
    return text  # type: ignore[return-value]


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 5:
        raise SettingsError(f"STATROOM_TRUSTED_PROXIES is {text!r}; set it to a whole number from 0 to 5.")
    return int(text)


def _rate(name: str, text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,6} per (second|minute|hour|day)", text):
        raise SettingsError(f"{name} is {text!r}; write a number and a time, such as '120 per minute'.")
    return text


def utc_now() -> datetime:
    """The machine's time, in UTC. Figures never use it: they stop at the data's `as_of`."""
    return datetime.now(UTC)
