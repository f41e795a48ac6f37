"""`make run`: everything a person needs to look at Statroom on this machine, started in order and stopped together.

Builds and loads the demo city if there is no data, serves the staff application on PORT and the
public portal on the next one, says when both answer, and ends cleanly on Ctrl-C. Of several cities
(`STATROOM_CITIES`) each takes the next two ports; what goes wrong in one stops no other.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from types import FrameType

from settings import ROOT, Settings, SettingsError, read_settings, utc_now

READY_SECONDS = 120
STOP_SECONDS = 10
PORTS = {"staff": 0, "public": 1}
"""Which port each application takes, after the city's first."""


class Failed(RuntimeError):
    """It cannot be served; one line says why."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Site:
    """One city and the two processes that serve it."""

    settings: Settings
    environs: Mapping[str, Mapping[str, str]]
    """The environment of the processes of each audience."""
    name: str = ""
    """The city's id where there are several."""
    servers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def port(self, audience: str) -> int:
        return self.settings.port + PORTS[audience]

    def address(self, audience: str) -> str:
        return f"http://{self.settings.host}:{self.port(audience)}"


def main() -> int:
    """Run until stopped; answers the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    sites: list[Site] = []
    try:
        sites = _sites()
        running = [site for site in sites if _began(site)]
        if not running:
            return 1
        if running[0].name:
            print("Ctrl-C stops all.", flush=True)
        return _watch(running)
    except Stopped:
        print("\nStopping Statroom", flush=True)
        return 0
    except (Failed, SettingsError) as error:
        _say_failed(error)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _end([server for site in sites for server in site.servers.values()])


def _sites() -> list[Site]:
    """The cities to be served, in the order in which they take their ports."""
    from data_access.installation import environ_of, places

    known = places(os.environ)
    if not known:
        return [Site(read_settings(), dict.fromkeys(PORTS, os.environ))]
    first = read_settings({"PORT": os.environ.get("PORT", "")}).port
    if first + 2 * len(known) > 65_536:
        raise SettingsError(f"PORT is {first}; {len(known)} cities need {2 * len(known)} ports from there on.")
    host = read_settings({"STATROOM_HOST": os.environ.get("STATROOM_HOST", ""), "STATROOM_AUDIENCE": "public"}).host
    ports = {place.id: first + 2 * number for number, place in enumerate(known)}
    sites = []
    for place in known:
        environs = {}
        for audience, after in PORTS.items():
            addresses = " ".join(f"{name}=http://{host}:{port + after}" for name, port in ports.items())
            given = {"STATROOM_ADDRESSES": addresses, **os.environ}
            environs[audience] = {**environ_of(place, given), "PORT": str(ports[place.id])}
        try:
            sites.append(Site(read_settings(environs["staff"]), environs, place.id))
        except SettingsError as error:
            _say_failed(Failed(f"{place.id}: {error}"))
    return sites


def _began(site: Site) -> bool:
    """Whether `site` is served. Of one city a failure is everybody's; among several it is said, and the others go on."""
    if not site.name:
        _begin(site)
        return True
    try:
        _begin(site)
    except (Failed, SettingsError) as error:
        _say_failed(error, site)
        _end(list(site.servers.values()))
        return False
    return True


def _begin(site: Site) -> None:
    for audience in PORTS:
        _require_free(site.settings.host, site.port(audience), audience)
    prepare(site)
    for audience in PORTS:
        site.servers[audience] = _start(site, audience)
    _wait_until_ready(site)
    _say_ready(site)


def _say_failed(error: Exception, site: Site | None = None) -> None:
    print(f"Error: {f'{site.name}: ' if site and site.name else ''}{error}", file=sys.stderr, flush=True)


def prepare(site: Site) -> None:
    """Make sure there is data: build the demo city's CRM where that is the city, and load what was never loaded."""
    from cli.city import configured_city
    from data_access.city import CityError
    from data_access.mart import generations

    settings = site.settings
    try:
        city = configured_city(settings)
    except CityError as error:
        raise Failed(str(error)) from None
    is_demo = settings.city == ROOT / "cities" / "demo" and not os.environ.get("CRM_URL")
    if not _can_be_read(settings):
        if is_demo and generations.current(settings.mart) is None:
            print("Building the demo city (once; about a minute)", flush=True)
            _flask(site, "demo")
        _flask(site, "sync", "--full")
    elif is_demo and _is_old(settings, city.facts.stale_after_hours):
        print("The demo city is some days old; building it again up to today", flush=True)
        _flask(site, "demo")
        _flask(site, "sync", "--full", "--approve", "The demo city was built again up to today.")


def _can_be_read(settings: Settings) -> bool:
    """Whether there is a mart, and this version of Statroom made it."""
    from data_access.mart.reading import MartUnavailable, open_mart

    try:
        open_mart(settings).close()
    except MartUnavailable:
        return False
    return True


def _is_old(settings: Settings, stale_after_hours: float) -> bool:
    from data_access.mart.reading import open_mart

    mart = open_mart(settings)
    as_of = mart.as_of.replace(tzinfo=UTC)
    # Released before the servers start: they open files of their own.
    mart.close()
    return utc_now() - as_of > timedelta(hours=stale_after_hours)


def _flask(site: Site, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "flask", *command], cwd=ROOT, env=_environ(site, "staff"))
    if done.returncode:
        raise Failed(f"`flask {' '.join(command)}` failed; its message is above.")


def _environ(site: Site, audience: str) -> dict[str, str]:
    settings = site.settings
    return {
        **site.environs[audience],
        "STATROOM_DATA": str(settings.data),
        "STATROOM_AUDIENCE": audience,
        "PORT": str(site.port(audience)),
        "STATROOM_HOST": settings.host,
        "STATROOM_SIGN_IN": settings.sign_in,
    }


def _start(site: Site, audience: str) -> subprocess.Popen[bytes]:
    bind = f"{site.settings.host}:{site.port(audience)}"
    command = [sys.executable, "-m", "gunicorn", "--bind", bind, "--log-level", "warning", "app:server"]
    # A session of its own: Ctrl-C reaches only this process, which then ends all in order.
    return subprocess.Popen(command, cwd=ROOT, env=_environ(site, audience), start_new_session=True)


def _require_free(host: str, port: int, audience: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failed(f"port {port} ({audience}) cannot be used: {error.strerror}; set PORT to another one.") from None


def _wait_until_ready(site: Site) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for audience in PORTS:
        while not _answers(f"{site.address(audience)}/"):
            if site.servers[audience].poll() is not None:
                raise Failed(f"the {audience} application did not start; its message is above.")
            if time.monotonic() > deadline:
                raise Failed(f"the {audience} application does not answer on port {site.port(audience)}.")
            time.sleep(0.2)


def _answers(url: str) -> bool:
    # As a browser asks: a program that nobody knows is refused where a browser is sent to sign in.
    asked = urllib.request.Request(url, headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _say_ready(site: Site) -> None:
    staff, public = (site.address(audience) for audience in PORTS)
    print(f"Statroom is ready{f' for {site.name}' if site.name else ''}: {staff} (staff) and {public} (public portal)")
    _say_who_may_look(site.settings)
    print("" if site.name else "Ctrl-C stops both.", flush=True)


def _say_who_may_look(settings: Settings) -> None:
    if settings.sign_in == "demo":
        from components.viewers import demo_viewers
        from data_access.mart.reading import open_mart

        mart = open_mart(settings)
        print("Demo accounts, to be chosen at the top of every staff page (no password: this machine only):")
        for viewer in demo_viewers(mart):
            print(f"  {viewer.role:<11} {viewer.name}")
        mart.close()
        return
    from data_access.store import accounts
    from data_access.store.engine import open_store

    store = open_store(settings)
    if not accounts.everybody(store):
        print("Nobody can sign in yet: make the first account with `.venv/bin/flask user add --role admin`.")
    store.dispose()


def _watch(sites: list[Site]) -> int:
    """Answers only when nothing is served any more; of several cities one that ends leaves the others."""
    while sites:
        for site in list(sites):
            ended = next((name for name, server in site.servers.items() if server.poll() is not None), None)
            if ended is None:
                continue
            failed = Failed(f"the {ended} application ended by itself (exit code {site.servers[ended].returncode}).")
            if not site.name:
                raise failed
            _say_failed(failed, site)
            _end(list(site.servers.values()))
            sites.remove(site)
        time.sleep(0.5)
    return 1


def _end(servers: Sequence[subprocess.Popen[bytes]]) -> None:
    for server in servers:
        if server.poll() is None:
            server.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for server in servers:
        try:
            server.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
