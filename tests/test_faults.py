"""The quick ones of the faults that `make faults` tries: the same code, broken once each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from benchmarks.faults import __main__ as benchmark
from benchmarks.faults.ground import ROWS, Ground, Site, problem_of, until
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.result import Fault, Result, row
from settings import ROOT
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town


@pytest.mark.parametrize("passed", [700, 30_000], ids=["while it signs in", "while it sends rows"])
def test_a_database_that_falls_silent_ends_the_load_in_one_line(tmp_path: Path, postgres_url: str, passed: int) -> None:
    """The connection stays open and the network confirms everything: without somebody to hang up the load would wait for ever."""
    Crm(postgres_url).run(ROWS, last=1_000)
    address = make_url(postgres_url)
    with Proxy(int(address.port or 5432), after=passed, then="hang") as way:
        url = address.set(port=way.port).render_as_string(hide_password=False)
        town = Town(tmp_path).database(url, MAPPING, answer_seconds=1)
        assert "cannot be read: it gave no answer for 1 seconds." in town.refused()
        assert way.cuts == 1


def test_a_silent_mariadb_too(tmp_path: Path, mariadb_url: str) -> None:
    Crm(mariadb_url)
    address = make_url(mariadb_url)
    with Proxy(int(address.port or 3306), after=1_500, then="hang") as way:
        url = address.set(port=way.port).render_as_string(hide_password=False)
        assert "cannot be read" in Town(tmp_path).database(url, MAPPING, answer_seconds=1).refused()


# Slow clients


CONFIG = """
import time, worker
worker_class, threads, on_reload = "worker.WholeRequests", 2, worker.replace_workers
def post_worker_init(made):
    time.sleep(1)
"""
APPLICATION = """
import os
def app(environ, start):
    body = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    said = str(os.getpid() if environ['PATH_INFO'] == '/who' else len(body)).encode()
    start('200 OK', [('Content-Length', str(len(said)))])
    return [said]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An application that says how much it was sent, or who it is, under one worker with two threads that needs a second to begin."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "tiny.py").write_text(APPLICATION)
    (folder / "config.py").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", str(folder / "config.py"), "--bind", f"127.0.0.1:{port}", "--pythonpath", str(folder), "tiny:app"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    until(lambda: not problem_of(url))
    yield url
    process.terminate()
    process.wait(20)


def connected(url: str) -> socket.socket:
    host, port = url.rpartition("/")[2].split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def heard(client: socket.socket, ending: bytes) -> bool:
    """Whether an answer comes that ends so; it may come in pieces."""
    said = b""
    while not said.endswith(b"\r\n\r\n" + ending):
        piece = client.recv(1_000)
        if not piece:
            return False
        said += piece
    return True


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", POST + b"{"], ids=["nothing", "a byte", "a head without its end", "a body's first byte"])  # fmt: skip
def test_clients_that_send_a_little_and_wait_hold_no_thread(site: str, begun: bytes) -> None:
    """Twelve of them, and two threads: somebody else is answered."""
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(connected(site)).sendall(begun)
        assert problem_of(site, timeout=4) == ""


def test_a_request_that_comes_in_pieces_is_answered_and_so_is_the_next_on_its_connection(site: str) -> None:
    with connected(site) as client:
        for piece in (POST[:3], POST[3:30], POST[30:] + b"x" * 10, b"x" * 1_990, b"x" * 2_000):
            client.sendall(piece)
            time.sleep(0.05)
        assert heard(client, b"4000")
        client.sendall(b"GET / HTTP/1.1\r\nHo")
        time.sleep(0.05)
        client.sendall(b"st: x\r\n\r\n")
        assert heard(client, b"0")


def test_two_requests_in_one_piece_are_both_answered(site: str) -> None:
    with connected(site) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        said = b""
        while said.count(b"HTTP/1.1 200") < 2:
            said += client.recv(1_000)
            assert said


def test_a_client_that_says_half_a_request_and_goes_is_no_trouble(site: str) -> None:
    for _ in range(4):
        with connected(site) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1_000) == b""
    assert problem_of(site, timeout=4) == ""


def test_a_request_larger_than_is_waited_for_is_given_to_the_application(site: str) -> None:
    with connected(site) as client:
        client.sendall(POST.replace(b"4000", b"400000") + b"x" * 400_000)
        assert heard(client, b"400000")


def test_while_new_workers_begin_the_old_ones_answer(site: str) -> None:
    """gunicorn alone lets the old worker go at once; who asks then waits until the new one can answer."""
    served = Site(site)

    def who() -> int:
        with urllib.request.urlopen(f"{site}/who", timeout=20) as answer:
            return int(answer.read())

    old = who()
    os.kill(served.master, signal.SIGHUP)
    until(lambda: len(served.workers()) == 2)
    assert who() == old
    until(lambda: who() != old)
    until(lambda: old not in served.workers())
    assert [who()] == served.workers()


# The benchmark itself


@pytest.mark.parametrize("name", ["spoilt_mart", "killed_while_writing"])
def test_a_fault_of_the_benchmark_in_its_short_form(name: str, tmp_path: Path) -> None:
    tried = next(one for one in benchmark.TRIED if one.run.__name__ == name)
    with (ground := Ground(tmp_path, short=True)).stack:
        assert tried.run(ground).held


def test_a_row_says_what_was_lost_and_what_was_not_kept() -> None:
    tried = Fault("a fault", "load", "nothing is lost", lambda ground: Result(1, 1))
    assert row(tried, Result(3, 3, back_after=1.25, errors=0, asked=7)) == "| a fault | nothing is lost | 3 | 3 | 0 | 1.2 s | 0 of 7 |  |"
    assert row(tried, Result(3, 2)) == "| a fault | nothing is lost | 3 | 2 | 0 |  |  | **not kept.**  |"
    assert "**not kept.**" in row(tried, Result(3, 3, lost=1)) and "**not kept.**" in row(tried, Result(3, 3, errors=2, allowed=1))
    assert "**not kept.**" not in row(tried, Result(3, 3, errors=1, allowed=1))
    assert row(tried, "no nginx") == "| a fault | nothing is lost | | | | | | not tried: no nginx |"
