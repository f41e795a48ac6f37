"""The floor that times are compared with: a Dash page with a heading and an empty callback, and a Flask route with nothing to do.

`python -m gunicorn benchmarks.empty:server` serves both.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import dash
from dash import Input, Output, html
from flask import Flask
from flask_compress import Compress

from settings import ROOT

server = Flask("empty")
Compress(server)
app = dash.Dash("empty", server=server)
app.layout = html.Div([html.H1("Nothing", className="chart"), html.Button("Again", id="again"), html.Div(id="nothing")])


@app.callback(Output("nothing", "children"), Input("again", "n_clicks"))
def nothing(_clicks: int | None) -> str:
    """The least that a callback does."""
    return ""


@server.get("/nothing")
def route() -> str:
    """The least that a route does."""
    return "nothing"


@contextmanager
def empty_page(workers: int = 1) -> Iterator[str]:
    """The address of the empty page, served as Statroom is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "gunicorn.conf.py",
        "-w",
        str(workers),
        "-b",
        f"127.0.0.1:{port}",
        "benchmarks.empty:server",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
