"""How long the finished application takes for each page: every callback that a page's opening causes, uncached, as the server sees it.

The application runs in this process with one database thread, as a web worker of two does, and is
asked over its own routes: parsing, gate, question, figure, table and JSON are all in the time.
"""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import Any

import dash
from flask.testing import FlaskClient

from benchmarks.load import bench_settings
from data_access import cache
from tests.support.posting import opening, post

REPEATS = int(os.environ.get("BENCH_REPEATS") or 5)


def measure_pages(folder: Path) -> list[dict[str, Any]]:
    """`page`, `part`, `ms` and `cpu_ms` (all repeats) of every callback of every page that the navigation names."""
    from app import create_app

    settings = dataclasses.replace(bench_settings(folder), cache_url="")
    server = create_app(settings)
    client = server.test_client()
    client.get("/")
    cache.stop()
    pages = sorted((page for page in dash.page_registry.values() if page.get("nav")), key=lambda page: page["order"])
    made = []
    for page in pages:
        for name, content in opening(server, page):
            made.append({"page": page["nav"], "part": name, **_timed(client, content)})
    return made


def _timed(client: FlaskClient, content: dict[str, Any]) -> dict[str, list[float]]:
    times, processor = [], []
    for _ in range(REPEATS + 1):
        begun, used = time.perf_counter(), time.process_time()
        answer = post(client, content)
        times.append(round((time.perf_counter() - begun) * 1000, 2))
        processor.append(round((time.process_time() - used) * 1000, 2))
        assert answer.status_code in (200, 204), answer.get_data(as_text=True)[:300]
    # The first warms the database's own pages up.
    return {"ms": times[1:], "cpu_ms": processor[1:]}
