"""Asks everything one can usually ask of a town, of one audience, and tells which answers hold a text: `python -m ... FOLDER AUDIENCE TEXT`.

In a process of its own, since a process has one audience. Prints JSON: how much was asked, and what held the text.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support import hostile
from tests.support.hostile import Request
from tests.support.marts import settings_in


def main(folder: Path, audience: str, text: str) -> dict[str, Any]:
    """Ask it all."""
    from app import create_app

    # As often as it likes: a door that only says "too often" was not tried.
    often = dict.fromkeys(("api_rate", "public_rate"), "100000 per minute")
    server = create_app(dataclasses.replace(settings_in(folder, audience), city=folder, **often))
    client = server.test_client()
    client.get("/")
    found: dict[str, Any] = {"asked": 0, "answered": [], "refused": {}, "held": []}
    addresses = hostile.usual_addresses(server)
    addresses += [f"{path}?programme={name}" for path in ("/api/v1/cases", "/api/v1/cases.csv") for name in ("police", "all")]
    addresses += [f"/api/v1/cases?search={text}&of=opened&programme=all", f"/case/police/{text}-202501-0", f"/case/{text}-202501-0"]
    searched = {"search": text, "programme": "all", "of_programme": "police", "case_id": f"{text}-202501-0", "totals_of": "police"}
    asked = [Request("page", path) for path in addresses]
    asked += hostile.usual_callbacks(searched)
    for one in asked:
        answer = one.ask(client)
        found["asked"] += 1
        door = (f"{one.path} " + str((one.content or {}).get("output", ""))).strip()
        if answer.status_code == 200:
            found["answered"].append(door)
        else:
            found["refused"][door] = answer.status_code
        sent = json.dumps(one.content) if one.content else one.path
        # What was asked for may stand in the answer again; of a case more than its number would.
        body = answer.get_data(as_text=True)
        if text in body.replace(f"{text}-202501-0", "") and text not in sent:
            found["held"].append([str(one)[:200], body[max(0, body.find(text) - 80) : body.find(text) + 80]])
        elif f"{text} said" in body or f"{text}-202501-1" in body:
            found["held"].append([str(one)[:200], body[:200]])
    found["totals"] = len(client.get("/api/v1/programmes/police/totals").get_json()["rows"])
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])), flush=True)
    # Work aside may still go on; an engine that is taken down under it ends in an abort.
    os._exit(0)
