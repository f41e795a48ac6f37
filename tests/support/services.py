"""The servers and the browser tests need: those that run, else throwaway ones, else an honest None.

Each `find_*` answers an address or None; `started_*` starts one for the length of a `with`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

POSTGRES, MARIADB, REDIS, BROWSER = (f"STATROOM_TEST_{name}" for name in ("POSTGRES_URL", "MARIADB_URL", "REDIS_URL", "BROWSER"))
USUAL = {
    POSTGRES: "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    MARIADB: "mysql+pymysql://root@127.0.0.1:3306/mysql",
    REDIS: "redis://127.0.0.1:6379/15",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 40


def address(name: str) -> str | None:
    """Where the service of variable `name` answers: what the environment says, else its usual place if it answers there."""
    given = os.environ.get(name)
    if given is not None:
        return given or None
    return USUAL[name] if answers(USUAL[name]) else None


def answers(url: str) -> bool:
    """Whether a server at `url` lets us in."""
    try:
        if url.startswith("redis"):
            import redis

            return bool(redis.Redis.from_url(url, socket_connect_timeout=2).ping())
        from sqlalchemy import NullPool, create_engine

        with create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 2}).connect():
            return True
    except Exception:
        return False


def browser() -> str | None:
    """Path of a Chromium or Chrome, or None."""
    given = os.environ.get(BROWSER)
    if given is not None:
        return given or None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def started_postgres() -> Iterator[str | None]:
    """A throwaway PostgreSQL from the installed programs."""
    programs = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.environ["PATH"].split(":"))]
    folder = next((path for path in programs if (path / "initdb").exists() and (path / "postgres").exists()), None)
    if folder is None or (os.geteuid() == 0 and not _account("postgres")):
        yield None
        return
    with _folder("postgres") as (home, be):
        _run([*be, str(folder / "initdb"), "-D", f"{home}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
        port = _free_port()
        command = [*be, str(folder / "postgres"), "-D", f"{home}/data", "-p", str(port), "-h", "127.0.0.1", "-k", str(home), "-F"]
        with _running(command, url := f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres") as up:
            yield url if up else None


@contextmanager
def started_mariadb() -> Iterator[str | None]:
    """A throwaway MariaDB from the installed programs."""
    server, install = shutil.which("mariadbd", path=_SYSTEM_PATH), shutil.which("mariadb-install-db", path=_SYSTEM_PATH)
    if not server or not install or (os.geteuid() == 0 and not _account("mysql")):
        yield None
        return
    with _folder("mysql") as (home, be):
        _run([*be, install, "--no-defaults", f"--datadir={home}/data", "--auth-root-authentication-method=normal", "--skip-test-db"])
        port = _free_port()
        command = [
            *be,
            server,
            "--no-defaults",
            f"--datadir={home}/data",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={home}/s",
        ]
        with _running(command, url := f"mysql+pymysql://root@127.0.0.1:{port}/mysql") as up:
            yield url if up else None


@contextmanager
def started_redis() -> Iterator[str | None]:
    """A throwaway Redis from the installed program."""
    server = shutil.which("redis-server", path=_SYSTEM_PATH)
    if not server:
        yield None
        return
    with _folder(None) as (home, _):
        port = _free_port()
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(home)]
        with _running(command, url := f"redis://127.0.0.1:{port}/0") as up:
            yield url if up else None


_SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def _account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return shutil.which("runuser", path=_SYSTEM_PATH) is not None


@contextmanager
def _folder(account: str | None) -> Iterator[tuple[Path, list[str]]]:
    """A temporary folder and the words before a command that must not run as root."""
    home = Path(tempfile.mkdtemp(prefix="statroom-test-"))
    be: list[str] = []
    try:
        if account and os.geteuid() == 0:
            shutil.chown(home, account)
            be = [shutil.which("runuser", path=_SYSTEM_PATH) or "runuser", "-u", account, "--"]
        yield home, be
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(command: list[str]) -> None:
    with suppress(subprocess.SubprocessError):
        subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


@contextmanager
def _running(command: list[str], url: str) -> Iterator[bool]:
    """The server while the `with` lasts; False if it does not answer in time."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (up := answers(url)) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.3)
        yield up
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
