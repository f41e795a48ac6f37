"""Sends what `tests/support/hostile.py` makes as everybody there is, over the walled town: `python -m tests.support.replay FOLDER AUDIENCE MOST PAIR`.

In a process of its own, since a process has one audience. Prints JSON: what was tried, what was wrong, whose marks were seen.
At most `MOST` of the hostile requests are tried by each role (0: all), by each another part of them;
at most `PAIR` of the usual questions are put to each pair of towns.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from settings import read_settings, utc_now
from tests.support import hostile, interference, walled
from tests.support.hostile import FILES, Request

MARK = re.compile(
    r"(id|queue|url|stage|reason|address|title|description|resolution_text|promise|owner|mail|remark|evidence)-(parks|roads|conduct)-\d{3}-zq|\b(40\.\d{3}001)\b"
)
FEWER = 36
"""A short run asks one in so many of the usual questions as each role."""
OPEN = ("/sign-in", "/healthz", "/readyz", *FILES)


def may_see(role: str, cell: str, department: str) -> bool:
    """Whether a cell of a department's case may be in an answer to `role`."""
    if role in ("executive", "admin"):
        return True
    if role == "analyst":
        return cell != "queue"
    if role.startswith("head of "):
        return department == role.removeprefix("head of ")
    return role == "viewer" and cell not in (*walled.TEXTS, "queue", "place")


class Replay:
    """All there is to send to one process, and what came of it."""

    def __init__(self, server: Flask, most: int) -> None:
        self.server, self.most = server, most
        self.inputs = hostile.read_inputs()
        self.told: dict[str, Any] = {"tried": {}, "wrong": [], "leaks": [], "seen": {}}

    def client(self, role: str) -> FlaskClient:
        """A browser of `role`."""
        made = self.server.test_client()
        if role not in ("public", "nobody"):
            answer = made.post("/sign-in", data={"login": walled.login(role), "password": walled.PASSWORD})
            assert answer.status_code == 303, answer.get_data(as_text=True)
        return made

    def run(self, role: str, number: int, harvested: tuple[str, ...]) -> None:
        """Send this role's part of everything."""
        client, seen, tried = self.client(role), set(), 0
        for request in self.part(number, harvested):
            # A form may sign somebody in or out: it is sent by a browser of its own.
            answer = request.ask(self.server.test_client() if request.kind == "form" else client)
            tried += 1
            text = hostile.text_of(answer)
            problem = hostile.wrong_with(request, answer)
            if problem:
                self.told["wrong"].append([role, str(request), problem])
            if role == "nobody" and answer.status_code == 200 and not request.path.startswith(OPEN):
                self.told["leaks"].append([role, str(request), text[:200]])
            own = text.replace(request.sent, "") if request.sent else text
            for cell, department, _place in MARK.findall(own):
                seen.add(cell or "place")
                if not may_see(role, cell or "place", department):
                    self.told["leaks"].append([role, str(request), f"{cell}-{department}"])
        self.told["seen"][role] = sorted(seen)
        self.told["tried"][role] = tried

    def part(self, number: int, harvested: tuple[str, ...]) -> Iterator[Request]:
        """What everybody sends, and every n-th of the hostile requests, another n-th for each role."""
        if not self.most or number in (0, len(walled.ROLES)):
            yield from hostile.malformed(self.inputs)
        places = (f"/cases/requests/{walled.mark('id', 'conduct', 2)}", f"/cases/requests/{walled.mark('id', 'parks', 0)}")
        # Residents can be asked everything: there are few questions, and one role.
        few = slice(number % FEWER, None, FEWER) if self.most and not self.server.extensions["statroom-desk"].is_public else slice(None)
        yield from list(hostile.usual_callbacks(places=places))[few]
        for department, case in (("parks", 0), ("roads", 1), ("conduct", 2)):
            question = {"of_programme": "requests", "case_id": walled.mark("id", department, case), "department": department}
            yield from (one for one in hostile.usual_callbacks(question) if any(word in one.path for word in ("case-", "department-")))
        for promise in range(1, len(walled.TYPES) + 1):
            yield from (one for one in hostile.usual_callbacks({"commitment": str(promise)}) if "promise-" in one.path)
        yield from (
            Request("page", path) for path in ("/api/v1/cases?limit=200", "/api/v1/cases.csv?of=reports&from=2025-01-01&case_class=all")
        )
        yield from (Request("page", path) for path in hostile.usual_addresses(self.server)[few])
        everything = list(hostile.hostile(self.server, self.inputs, harvested))
        every = max(1, len(everything) // self.most) if self.most else 1
        yield from (make() for make in everything[(number * every) // len(walled.ROLES) % every :: every])


def harvested() -> tuple[str, ...]:
    """Ids, slugs and numbers of cases and departments that somebody else may have seen."""
    ids = [walled.mark("id", department, number) for department, number in (("parks", 0), ("roads", 1), ("conduct", 2))]
    return (*ids, "parks", "roads", "conduct", "officer-complaint", "needle-found", walled.login("admin"))


ALIKE = (
    "/api/v1/cases?search=ID", "/api/v1/cases.csv?search=ID", "/api/v1/metrics/opened?department=SLUG", "/api/v1/metrics/opened?request_type=TYPE",
    "/charts/CHART.csv?department=SLUG", "/charts/CHART.csv?request_type=TYPE", "/cases/requests/ID", "/departments/SLUG",
)  # fmt: skip
WITHHELD = {"ID": walled.mark("id", "conduct", 2), "SLUG": "conduct", "TYPE": "officer-complaint"}
MADE_UP = {"ID": walled.mark("id", "conduct", 2).replace("002", "902"), "SLUG": "conxuct", "TYPE": "officex-complaint"}


def unlike(replay: Replay, role: str) -> list[Any]:
    """Where a withheld name and one that does not exist get different answers."""
    from components.chart import CHARTS

    client, found = replay.client(role), []
    # The types there are, as a list of words, are open to all staff.
    types = [{"request_type": "TYPE"}] if role == "public" else []
    questions = [*types, {"department": "SLUG"}, {"of_programme": "requests", "case_id": "ID"}, {"search": "ID"}]
    templates = [Request("page", path.replace("CHART", next(iter(CHARTS)))) for path in ALIKE if types or "TYPE" not in path]
    several = [one for question in questions for one in hostile.usual_callbacks(question)]
    templates += several[:: FEWER if replay.most else 1]
    for template in templates:
        answers = [_neutral(_filled(template, names).ask(client), names) for names in (WITHHELD, MADE_UP)]
        if answers[0] != answers[1]:
            found.append([role, str(template), answers[0][1][:200], answers[1][1][:200]])
    return found


def _filled(template: Request, names: dict[str, str]) -> Request:
    text = json.dumps([template.path, template.content])
    for name, value in names.items():
        text = re.sub(rf"\b{name}\b", value, text)
    path, content = json.loads(text)
    return Request(template.kind, path, content)


def _neutral(answer: Any, names: dict[str, str]) -> tuple[int, str]:
    text = interference.END_ID.sub(b"", answer.get_data()).decode(errors="replace")
    for name, value in names.items():
        text = text.replace(value, name)
    return answer.status_code, text


def main(folder: Path, audience: str, most: int, most_of_a_pair: int) -> dict[str, Any]:
    """Everything, as everybody; then the same questions about towns that differ (`tests/support/interference.py`)."""
    replay = _started(folder, audience, most)
    structure = ("/_dash-layout", "/_dash-dependencies", "/", "/_reload-hash")
    before = [replay.server.test_client().get(path).get_data(as_text=True) for path in structure]
    roles = ["public"] if audience == "public" else [*walled.ROLES, "nobody"]
    for number, role in enumerate(roles):
        replay.run(role, number, harvested())
    heads = [role for role in roles if role in ("public", "head of parks")]
    after = [replay.server.test_client().get(path).get_data(as_text=True) for path in structure]
    made = {"unlike": [one for role in heads for one in unlike(replay, role)], "structure": [*before, *after], "names": _names()}
    clients = {role: replay.client(role) for role in roles if role in (walled.PUBLIC, walled.HEAD, walled.VIEWER)}
    return {**replay.told, **made, "pairs": interference.differences(replay.server, clients, folder, most_of_a_pair)}


def _started(folder: Path, audience: str, most: int) -> Replay:
    from app import create_app
    from components import preview
    from data_access.store import accounts
    from data_access.store.engine import open_store, upgrade

    # Else the first to ask for a page is told less of it than the next, whatever the data.
    preview.PATIENCE = 60
    settings = walled.settings_of(folder, audience, read_settings({}))
    if audience == "staff":
        store = open_store(settings)
        upgrade(store)
        if not accounts.everybody(store):
            walled.add_accounts(store, utc_now().replace(tzinfo=None))
            walled.add_promises(store, utc_now().replace(tzinfo=None))
        store.dispose()
    return Replay(create_app(settings), most)


def _names() -> list[str]:
    """Names of this process's pages and of the ids its callbacks fill."""
    import dash

    from tests.support.posting import callbacks

    ids = {target for name in callbacks() for target in re.findall(r"(?:^|\.\.)([a-z][\w-]*)\.", name)}
    return sorted({*ids, *(page["name"] for page in dash.page_registry.values())})


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
