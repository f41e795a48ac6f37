"""Opens every page of one city for one audience and tells what went wrong: `python -m tests.support.opening FOLDER AUDIENCE`.

In a process of its own, since a process has one audience. Prints JSON: callbacks posted, failures, and the findings of charts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.marts import settings_in
from tests.support.posting import opening, post


def main(folder: Path, audience: str) -> dict[str, Any]:
    """Open them all."""
    import dash

    from app import create_app

    server = create_app(dataclasses.replace(settings_in(folder, audience), city=folder))
    client = server.test_client()
    client.get("/")
    told: dict[str, Any] = {"posted": 0, "failed": [], "findings": {}, "bytes": {}}
    for page in [page for page in dash.page_registry.values() if page.get("nav")]:
        for name, content in opening(server, page):
            answer = post(client, content)
            text = answer.get_data(as_text=True)
            told["posted"] += 1
            told["bytes"][name] = len(text)
            if answer.status_code >= 400 or "Something went wrong" in text or "NaN" in text:
                told["failed"].append([page["path"], name, answer.status_code, text[:300]])
            elif "chart-finding" in content["output"]:
                parts = answer.get_json()["response"]
                found = next(part["children"] for key, part in parts.items() if "chart-finding" in key)
                # With a link in it a sentence comes in parts.
                told["findings"][name] = found if isinstance(found, str) else json.dumps(found)
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])), flush=True)
    # Work aside may still go on; an engine that is taken down under it ends in an abort.
    os._exit(0)
