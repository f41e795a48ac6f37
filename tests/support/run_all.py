"""`make test`: finds or starts what the tests need, says what it could not, and runs them all.

Arguments are handed to pytest. STATROOM_TEST_INSTALL=0 keeps it from installing system packages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

from tests.support import services

WORKERS = 2
NEEDED = {
    services.POSTGRES: ("PostgreSQL", services.started_postgres, "postgresql"),
    services.MARIADB: ("MariaDB", services.started_mariadb, "mariadb-server"),
    services.REDIS: ("Redis", services.started_redis, "redis-server"),
}


def main(arguments: list[str]) -> int:
    """Run; answers pytest's exit code."""
    with ExitStack() as stack:
        environ = dict(os.environ)
        for name, (label, start, package) in NEEDED.items():
            environ[name] = _server(stack, name, label, start, package)
        environ[services.BROWSER] = _browser()
        os.environ.update(environ)
        command = [sys.executable, "-m", "pytest", "-n", str(WORKERS), *(arguments or ["tests"])]
        return subprocess.run(command, env=environ).returncode


def _server(stack: ExitStack, name: str, label: str, start, package: str) -> str:  # type: ignore[no-untyped-def]
    found = services.address(name)
    if found:
        print(f"{label}: uses the one at {found}")
        return found
    url = stack.enter_context(start())
    if url is None and _installed(package):
        url = stack.enter_context(start())
    print(f"{label}: started one at {url}" if url else f"{label}: none runs and none can be started; tests that need it are skipped")
    return url or ""


def _browser() -> str:
    path = services.browser() or (services.browser() if _installed("chromium") else None)
    print(f"Browser: {path}" if path else "Browser: no Chromium or Chrome; tests that need one are skipped")
    return path or ""


def _installed(package: str) -> bool:
    """Install a system package where that is ours to do."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0 or os.environ.get("STATROOM_TEST_INSTALL") == "0":
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {package}")
    for command in ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", "--no-install-recommends", package]):
        try:
            done = subprocess.run(command, env=environ, timeout=400, capture_output=True, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
