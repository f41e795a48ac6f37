"""What the environment says, read once into one frozen `Settings`; and the only clock.

Every variable is documented beside its field. Nothing else in Statroom reads
`os.environ` for its own settings or asks the machine for the time.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Mapping

from settings.checks import SettingsError, one_of, rate, token, whole
from settings.sign_in import LOOPBACK_HOSTS, SIGN_INS, USUAL_SCOPES, Provider, ProxyHeaders, SignIn, provider_of, proxy_of, sign_in_of

__all__ = [
    "AUDIENCES", "DEMO_CITY", "LOOPBACK_HOSTS", "ROOT", "SIGN_INS", "USUAL_SCOPES", "Audience", "Neighbour", "Provider", "ProxyHeaders", "Settings",
    "SettingsError", "SignIn", "read_settings", "utc_now",
]  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
AUDIENCES = ("staff", "public")
Audience = Literal["staff", "public"]
DEMO_CITY = ROOT / "cities" / "demo"
REFUSED = ("DASH_MCP_ENABLED", "DASH_DEBUG")
"""Variables of Dash that list callbacks, or show code, to anybody who asks."""


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
    """STATROOM_CITY: folder with `city.toml`. Default: `cities/demo`."""
    data: Path
    """STATROOM_DATA: folder of the mart, the cache, Statroom's own database, and (`spool`) pages of a first load from the web that is not
    done; with several cities each has a folder in it. Default: `var`."""
    mart: Path
    """STATROOM_MART_URL: `duckdb:///FOLDER` for the mart's generations, or `postgresql://USER@HOST/DATABASE` to read it from a server
    ([more](mart-in-postgresql.md)), or `hive://HOST/DATABASE?files=/FOLDER` for a Spark cluster ([more](beyond-one-machine.md)). Default:
    `mart` in the data folder."""
    audience: Audience
    """STATROOM_AUDIENCE: `staff` or `public`. Default: `staff`."""
    store_url: str
    """STATROOM_STORE_URL: Statroom's own database, SQLite or PostgreSQL. Default: SQLite in the data folder."""
    cache_url: str
    """STATROOM_CACHE_URL: `redis://...` when several machines share a cache. Default: files in the data folder."""
    secret_key: str
    """STATROOM_SECRET_KEY: at least 32 random characters; signs sessions. Without it everybody is signed out by a restart. Default: needed
    unless only this machine is served."""
    host: str
    """STATROOM_HOST: address to listen on; another than this machine's needs accounts, for the staff application. Default: `127.0.0.1`."""
    port: int
    """PORT: port of the staff application; the portal of `make run` takes the next. Default: `8050`."""
    sign_in: SignIn = "demo"
    """STATROOM_SIGN_IN: `accounts`, `oidc`, `proxy`, or `demo` without passwords for this machine only. Default: `accounts`; `demo` for the
    demo city."""
    provider: Provider | None = None
    """The OpenID Connect provider, if STATROOM_OIDC_ISSUER names one."""
    proxy: ProxyHeaders | None = None
    """The proxy that signs people in, with STATROOM_SIGN_IN=proxy."""
    sign_in_rate: str = "20 per minute"
    """STATROOM_SIGN_IN_RATE: how often one address may try to sign in. Default: `20 per minute`."""
    trusted_proxies: int = 0
    """STATROOM_TRUSTED_PROXIES: how many proxies of yours stand before the application. Default: `0`."""
    hsts: int = 31_536_000
    """STATROOM_HSTS: for how many seconds a browser that came by HTTPS is to use nothing else; `0`: it is not told. Default: `31536000`."""
    api_rate: str = "120 per minute"
    """STATROOM_API_RATE: how often one client may ask the API, such as `5 per second` or `1000 per hour`. Default: `120 per minute`."""
    public_rate: str = "3000 per minute"
    """STATROOM_PUBLIC_RATE: how much one address may ask of the portal; a page is about 20 questions. More is answered 429 with
    `Retry-After`. Default: `3000 per minute`."""
    smtp_url: str = field(default="", repr=False)
    """STATROOM_SMTP_URL: the server that takes mail, such as `smtp://user:password@mail.city.example:587` ([mail.md](mail.md)); empty:
    nothing is sent. Default: none."""
    mail_from: str = ""
    """STATROOM_MAIL_FROM: the address that mail comes from; needed with a server. Default: none."""
    base_url: str = ""
    """STATROOM_BASE_URL: where staff open Statroom, such as `https://stat.city.example`: links in mail begin with it; needed with a server.
    Default: none."""
    residents_url: str = ""
    """STATROOM_RESIDENTS_URL: what residents want by mail: a database of its own, which only the public process and the clock open. Default:
    SQLite in the data folder."""
    mart_server: str = field(default="", repr=False)
    """Where the mart is read, if STATROOM_MART_URL names a server; its generations are built in `mart` and copied there."""
    backups_elsewhere: Path | None = None
    """STATROOM_BACKUPS: folder of the [backups](#backups); better on another disk. With several cities each has a folder in it. Default:
    `backups` in the data folder."""
    log_format: Literal["text", "json"] = "text"
    """STATROOM_LOG: `text`, or `json`: a line of JSON for each request and finding ([more](#watching)). Default: `text`."""
    slow_ms: int = 1_000
    """STATROOM_SLOW_MS: milliseconds from which a question to the mart is noted with its SQL. Default: `1000`."""
    metrics_token: str = field(default="", repr=False)
    """STATROOM_METRICS_TOKEN: what a program shows that reads `/metrics`, 16 to 200 random characters; without it there is no such address.
    Default: none."""
    others: tuple[Neighbour, ...] | None = None
    """The other cities of an installation that serves several (`data_access/installation.py`); None where there is one city."""
    comparison: Path | None = None
    """STATROOM_COMPARISON: the file that says which services of several cities are the same. Default: `comparison.toml` beside the city's
    folder."""

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
    sign_in = sign_in_of(env.get("STATROOM_SIGN_IN") or ("demo" if city == DEMO_CITY else "accounts"), audience, host, secret)
    trusted_proxies = whole("STATROOM_TRUSTED_PROXIES", env.get("STATROOM_TRUSTED_PROXIES") or "0", 0, 5)
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
        provider=provider_of(env, sign_in) if audience == "staff" else None,
        proxy=proxy_of(env, sign_in, trusted_proxies) if audience == "staff" else None,
        trusted_proxies=trusted_proxies,
        hsts=whole("STATROOM_HSTS", env.get("STATROOM_HSTS") or "31536000", 0, 999_999_999, " of seconds"),
        port=whole("PORT", env.get("PORT") or "8050", 1, 65534),
        sign_in_rate=rate("STATROOM_SIGN_IN_RATE", env.get("STATROOM_SIGN_IN_RATE") or "20 per minute"),
        api_rate=rate("STATROOM_API_RATE", env.get("STATROOM_API_RATE") or "120 per minute"),
        public_rate=rate("STATROOM_PUBLIC_RATE", env.get("STATROOM_PUBLIC_RATE") or "3000 per minute"),
        log_format=one_of("STATROOM_LOG", env.get("STATROOM_LOG") or "text", ("text", "json")),  # type: ignore[arg-type]
        slow_ms=whole("STATROOM_SLOW_MS", env.get("STATROOM_SLOW_MS") or "1000", 1, 600_000, " of milliseconds"),
        metrics_token=token("STATROOM_METRICS_TOKEN", env.get("STATROOM_METRICS_TOKEN", "")),
        residents_url=env.get("STATROOM_RESIDENTS_URL") or f"sqlite:///{data / 'residents.sqlite'}",
        **{name: env.get(f"STATROOM_{name.upper()}", "").strip() for name in ("smtp_url", "mail_from", "base_url")},
        others=None if others is None else tuple(Neighbour(**o | {"folder": Path(o["folder"]), "mart": Path(o["mart"])}) for o in others),
        backups_elsewhere=Path(env["STATROOM_BACKUPS"]).resolve() if env.get("STATROOM_BACKUPS") else None,
        comparison=Path(env.get("STATROOM_COMPARISON") or city.parent / "comparison.toml").resolve(),
    )


def _mart(url: str, data: Path) -> dict[str, Any]:
    if not url or url.startswith(("postgresql://", "postgresql+psycopg://", "hive://")):
        return {"mart": data / "mart", "mart_server": url}
    if not url.startswith("duckdb:///") or url == "duckdb:///":
        said = re.sub(r"(//[^:@/]*):[^@]*@", r"\1:***@", url)
        known = "'duckdb:///FOLDER', 'postgresql://USER@HOST/DATABASE', 'hive://HOST/DATABASE?files=/FOLDER' or nothing"
        raise SettingsError(f"STATROOM_MART_URL is {said!r}; write {known}.")
    return {"mart": Path(url.removeprefix("duckdb:///")).resolve()}


def utc_now() -> datetime:
    """The machine's time, in UTC. Figures never use it: they stop at the data's `as_of`."""
    return datetime.now(UTC)
