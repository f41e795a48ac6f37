"""A throwaway PostgreSQL that can be stopped, frozen and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url

from tests.support import services


@dataclass(frozen=True)
class Database:
    """At `url`, with its files in `data` and its programs in `programs`."""

    url: str
    data: Path
    programs: Path

    @property
    def port(self) -> int:
        return int(make_url(self.url).port or 0)

    def processes(self) -> list[int]:
        """The server and a process for each connection, as they are now."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of it stands still, as on a machine whose disk hangs: connections stay open and nobody answers."""
        held = self.processes()
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in held:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It is not there, and then it is again."""
        self._control("stop", "-m", "immediate")
        try:
            yield
        finally:
            self._control("start", "-o", f"-p {self.port} -h 127.0.0.1 -k {self.data.parent} -F", "-l", f"{self.data.parent}/log")

    def _control(self, *words: str) -> None:
        be = [shutil.which("runuser") or "runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*be, str(self.programs / "pg_ctl"), "-D", str(self.data), "-w", *words]
        subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


@contextmanager
def database() -> Iterator[Database | None]:
    """One of one's own, or None where PostgreSQL is not installed."""
    with services.started_postgres() as url:
        if url is None:
            yield None
            return
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            data = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
        first = int((data / "postmaster.pid").read_text().split()[0])
        made = Database(url, data, Path(os.readlink(f"/proc/{first}/exe")).parent)
        yield made
        with suppress(subprocess.SubprocessError):
            made._control("stop", "-m", "immediate")
