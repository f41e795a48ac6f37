"""Clients that come all at once, say little and stay, or never stop coming."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.faults.ground import Ground, Readers, descriptors, memory_mb, problem_of, until
from benchmarks.faults.helper import Helper, gone, said
from benchmarks.faults.result import NotTried, Result, fault

SLOW = 40
NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {url}; proxy_set_header Host $proxy_host; }}
  }}
}}
"""


@fault("fifty callers of one answer at once, in two processes", "it is computed once")
def stampede(ground: Ground) -> Result:
    times, held = ground.times(5, 1), 0
    computed = 0
    with Helper() as helper:
        for number in range(times):
            folder = ground.place(f"stampede-{number}")
            started = [helper.start("ask", folder, 25) for _ in range(2)]
            assert all(map(gone, started))
            heard = said(folder)
            computed += heard.count("computed")
            held += heard.count("computed") == 1 and heard.count("answer") == 50
    return Result(times, held, note=f"{computed} computations of {times} answers for {50 * times} callers")


@contextmanager
def _slow_clients(url: str, said: bytes) -> Iterator[None]:
    """Clients that connect, say this much, and stay until the `with` ends."""
    host, port = url.rpartition("/")[2].split(":")
    with ExitStack() as stack:
        for _ in range(SLOW):
            client = stack.enter_context(socket.create_connection((host, int(port))))
            client.sendall(said)
        time.sleep(0.5)
        yield


BEGINNINGS = {"one byte": b"G", "a request without its end": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", "a body of which ten bytes come": b"POST /_dash-update-component HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n{\"output\":"}  # fmt: skip


def _served_beside(url: str) -> tuple[int, Readers]:
    """How many kinds of slow clients left the others alone, and what the others saw."""
    held = 0
    seen = Readers(url)
    for beginning in BEGINNINGS.values():
        with _slow_clients(url, beginning), Readers(url, timeout=8) as readers:
            readers.more(20)
        held += not readers.errors
        seen.errors += readers.errors
        seen.seconds += readers.seconds
    return held, seen


@fault(f"{SLOW} clients that send a little and wait, without a proxy", "they hold no thread: others are served")
def slow_clients(ground: Ground) -> Result:
    held, seen = _served_beside(ground.site.url)
    note = f"{', '.join(BEGINNINGS)}; slowest of the others {seen.slowest:.1f} s"
    return Result(len(BEGINNINGS), held, errors=len(seen.errors), asked=seen.asked, note=note)


@fault(f"{SLOW} clients that send a little and wait, behind nginx", "they hold no thread: others are served")
def slow_clients_behind_nginx(ground: Ground) -> Result:
    with _nginx(ground) as url:
        held, seen = _served_beside(url)
    return Result(len(BEGINNINGS), held, errors=len(seen.errors), asked=seen.asked, note=f"slowest of the others {seen.slowest:.1f} s")


@contextmanager
def _nginx(ground: Ground) -> Iterator[str]:
    """A buffering proxy before the site; its address."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise NotTried("nginx is not installed")
    folder = ground.place("nginx")
    if os.geteuid() == 0:
        # Its workers belong to another account and write their buffers there.
        for path in (ground.folder, folder):
            path.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, url=ground.site.url))
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: not problem_of(url + "/healthz"), 20)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@fault("many requests and several new generations", "memory and open files stay where they were")
def growth(ground: Ground) -> Result:
    site, loads, each = ground.site, ground.times(4, 1), ground.times(500, 40)
    with Readers(site.url, count=4, pause=0) as readers:
        readers.more(each, 300)
        workers = site.workers()
        before = {pid: (memory_mb(pid), descriptors(pid)) for pid in workers}
        for _ in range(loads):
            ground.loaded.load(full=True)
            readers.more(each, 300)
    time.sleep(1)
    after = {pid: (memory_mb(pid), descriptors(pid)) for pid in workers if Path(f"/proc/{pid}").exists()}
    grown = max(after[pid][0] - before[pid][0] for pid in after)
    opened = max(after[pid][1] - before[pid][1] for pid in after)
    held = int(len(after) == len(workers) and grown < 60 and opened <= 8)
    note = f"{loads} generations; a worker had {max(mb for mb, _ in before.values()):.0f} MB and {max(n for _, n in before.values())} open files, then {grown:+.0f} MB and {opened:+d} files"
    return Result(1, held, errors=len(readers.errors), asked=readers.asked, note=note)
