"""`make run`: everything a person needs to look at Statroom on this machine, started in order and stopped together.

Builds and loads the demo city if there is no data, serves the staff application on PORT and the
public portal on the next one, says when both answer, and ends cleanly on Ctrl-C.
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
from datetime import UTC, timedelta
from types import FrameType

from settings import ROOT, Settings, SettingsError, read_settings, utc_now

READY_SECONDS = 120
STOP_SECONDS = 10


class Failed(RuntimeError):
    """It cannot be served; one line says why."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def main() -> int:
    """Run until stopped; answers the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    servers: dict[str, subprocess.Popen[bytes]] = {}
    try:
        settings = read_settings()
        addresses = {"staff": settings.port, "public": settings.port + 1}
        for audience, port in addresses.items():
            _require_free(settings.host, port, audience)
        prepare(settings)
        for audience, port in addresses.items():
            servers[audience] = _start(settings, audience, port)
        _wait_until_ready(settings.host, addresses, servers)
        _say_ready(settings, addresses)
        _watch(servers)
    except Stopped:
        print("\nStopping Statroom", flush=True)
        return 0
    except (Failed, SettingsError) as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _end(list(servers.values()))
    return 0


def prepare(settings: Settings) -> None:
    """Make sure there is data: build the demo city's CRM where that is the city, and load what was never loaded."""
    from cli.city import configured_city
    from data_access.city import CityError
    from data_access.mart import generations

    try:
        city = configured_city(settings)
    except CityError as error:
        raise Failed(str(error)) from None
    is_demo = settings.city == ROOT / "cities" / "demo" and not os.environ.get("CRM_URL")
    if not _can_be_read(settings):
        if is_demo and generations.current(settings.mart) is None:
            print("Building the demo city (once; about a minute)", flush=True)
            _flask(settings, "demo")
        _flask(settings, "sync", "--full")
    elif is_demo and _is_old(settings, city.facts.stale_after_hours):
        print("The demo city is some days old; building it again up to today", flush=True)
        _flask(settings, "demo")
        _flask(settings, "sync", "--full")


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


def _flask(settings: Settings, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "flask", *command], cwd=ROOT, env=_environ(settings, "staff", settings.port))
    if done.returncode:
        raise Failed(f"`flask {' '.join(command)}` failed; its message is above.")


def _environ(settings: Settings, audience: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "STATROOM_DATA": str(settings.data),
        "STATROOM_AUDIENCE": audience,
        "PORT": str(port),
        "STATROOM_HOST": settings.host,
        "STATROOM_SIGN_IN": settings.sign_in,
    }


def _start(settings: Settings, audience: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{settings.host}:{port}", "--log-level", "warning", "app:server"]
    # A session of its own: Ctrl-C reaches only this process, which then ends both in order.
    return subprocess.Popen(command, cwd=ROOT, env=_environ(settings, audience, port), start_new_session=True)


def _require_free(host: str, port: int, audience: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failed(f"port {port} ({audience}) cannot be used: {error.strerror}; set PORT to another one.") from None


def _wait_until_ready(host: str, addresses: dict[str, int], servers: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for audience, port in addresses.items():
        while not _answers(f"http://{host}:{port}/"):
            if servers[audience].poll() is not None:
                raise Failed(f"the {audience} application did not start; its message is above.")
            if time.monotonic() > deadline:
                raise Failed(f"the {audience} application does not answer on port {port}.")
            time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _say_ready(settings: Settings, addresses: dict[str, int]) -> None:
    staff, public = (f"http://{settings.host}:{addresses[audience]}" for audience in ("staff", "public"))
    print(f"Statroom is ready: {staff} (staff) and {public} (public portal)")
    _say_who_may_look(settings)
    print("Ctrl-C stops both.", flush=True)


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


def _watch(servers: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for audience, server in servers.items():
            if server.poll() is not None:
                raise Failed(f"the {audience} application ended by itself (exit code {server.returncode}).")
        time.sleep(0.5)


def _end(servers: list[subprocess.Popen[bytes]]) -> None:
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
