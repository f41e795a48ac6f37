"""Opens pages of the portal in a process of its own: `python -m tests.support.portal FOLDER` reads JSON from stdin and answers JSON.

Read: a list of addresses, or of [address, callback's output, values] for a callback that a reader sets off. Answered: for each address the
status and the text of the document, the page's layout, and what each callback says that its opening sets off.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from settings import ROOT
from tests.support.marts import settings_in


def opened(folder: Path, asked: list[Any]) -> list[dict[str, Any]]:
    """What the portal over `folder` answers, in the order asked."""
    run = [sys.executable, "-m", "tests.support.portal", str(folder)]
    done = subprocess.run(run, input=json.dumps(asked), cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-3000:]
    return [{**answer, "log": done.stderr} for answer in json.loads(done.stdout)]


def texts(content: Any) -> list[str]:
    """All that is written in a component, in order."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [text for part in content for text in texts(part)]
    if isinstance(content, dict):
        return texts(content.get("props", {}).get("children")) if "props" in content else []
    return []


def said(content: Any) -> str:
    """The same as one text."""
    return " ".join("".join(texts(content)).split())


def main(folder: Path, asked: list[Any]) -> list[dict[str, Any]]:
    """Answer them."""
    from app import create_app

    server = create_app(dataclasses.replace(settings_in(folder, "public"), city=folder))
    client = server.test_client()
    client.get("/")
    return [_open(server, client, one) if isinstance(one, str) else _set_off(client, *one) for one in asked]


def _open(server: Any, client: Any, address: str) -> dict[str, Any]:
    import dash
    import plotly
    from dash._pages import _path_to_page

    from tests.support.posting import opening, post

    document = client.get(address)
    parts = urlsplit(address)
    page, variables = _path_to_page(parts.path.strip("/"))
    if not page:
        page = next(page for page in dash.page_registry.values() if page["module"].endswith("not_found_404"))
    given = {**(variables or {}), **dict(parse_qsl(parts.query))}
    with server.test_request_context(address):
        layout = json.loads(json.dumps(page["layout"](**given), cls=plotly.utils.PlotlyJSONEncoder))
        title = page["title"](**(variables or {})) if callable(page["title"]) else page["title"]
    answers = {}
    for name, content in opening(server, {"path": address, "layout": lambda: page["layout"](**given)}):
        answer = post(client, content)
        answers[name] = answer.get_json()["response"] if answer.status_code == 200 else answer.get_data(as_text=True)
    return {
        "status": document.status_code,
        "document": document.get_data(as_text=True),
        "title": title,
        "layout": layout,
        "answers": answers,
    }


def _set_off(client: Any, address: str, output: str, values: dict[str, Any]) -> dict[str, Any]:
    from tests.support.posting import body, callbacks, post

    name = next(name for name in callbacks() if output in name)
    answer = post(client, body(name, {"question.data": {}, **values}))
    return {"status": answer.status_code, "address": address, "answers": answer.get_json(silent=True) or answer.get_data(as_text=True)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), json.load(sys.stdin))), flush=True)
    # Threads that make files aside may still run, and an engine that is taken down under them ends in an abort.
    os._exit(0)
