"""The finished application, served as in production, for tests, pictures and measurements."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from settings import ROOT, Settings

START_SECONDS = 60
COMPRESSED: Path | None = None
"""Where servers of one test run share the files of Dash that each would compress anew; without it they share none."""


@contextmanager
def served(settings: Settings, *, workers: int = 1, **environ: str) -> Iterator[str]:
    """`settings.audience` of the application under gunicorn on a free port; its address without a final slash.

    Raises:
        RuntimeError: it did not answer; the text has the end of its log.
    """
    _share_compressed(settings.data)
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "app:server"],
            cwd=ROOT, env={**os.environ, **environ_of(settings, port), "WEB_CONCURRENCY": str(workers), **environ}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            if not _answers(url + "/healthz", process):
                log.seek(0)
                raise RuntimeError(f"the application did not answer: {log.read().decode(errors='replace')[-2000:]}")
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def got(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """What a server answers to whoever opens `url`: status, headers and text, also of a refusal."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def _share_compressed(data: Path) -> None:
    if COMPRESSED is not None:
        COMPRESSED.mkdir(exist_ok=True)
        (data / "cache").mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (data / "cache" / "files").symlink_to(COMPRESSED)


def environ_of(settings: Settings, port: int) -> dict[str, str]:
    """The variables of a process that serves `settings` on `port`."""
    return {
        "STATROOM_CITY": str(settings.city), "STATROOM_DATA": str(settings.data), "STATROOM_MART_URL": settings.mart_server or f"duckdb:///{settings.mart}",
        "STATROOM_AUDIENCE": settings.audience, "STATROOM_STORE_URL": settings.store_url, "STATROOM_CACHE_URL": settings.cache_url,
        "STATROOM_SECRET_KEY": settings.secret_key, "PORT": str(port), "STATROOM_HOST": "127.0.0.1", "STATROOM_SIGN_IN": settings.sign_in,
    }  # fmt: skip


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
