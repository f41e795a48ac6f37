"""A small town whose private cells carry marks, so that an answer which holds one shows whose cell it came from.

Parks and Roads have cases that residents may know of; Conduct has none: its types are withheld. Every private cell
holds a mark: `cell-department-number`. Towns that differ only in what somebody may not see come from `CHANGES`.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from access import Viewer
from data_access.city import load_city
from data_access.mart.writing import publish_cases
from data_access.store import accounts, commitments, passwords
from data_access.store.acting import Acting
from data_access.store.engine import upgrade
from settings import Settings

AS_OF = datetime(2026, 4, 20, 12)
SEED = 7
CASES = 180
SECRET = "conduct"
"""The department whose every case is withheld from residents, and from other heads."""
TYPES = {"parks": ("Fallen tree", "Needle found"), "roads": ("Pothole", "Street light"), SECRET: ("Officer complaint", "Staff grievance")}
WITHHELD_TYPES = ("Needle found", "Officer complaint", "Staff grievance")
TEXTS = ("address", "title", "description", "resolution_text")
PASSWORD = "lantern gravel otter parade"
ROLES = {
    "viewer": ("viewer", ()), "head of parks": ("department", ("parks",)), "head of roads": ("department", ("roads",)),
    "analyst": ("analyst", ()), "executive": ("executive", ()), "admin": ("admin", ()),
}  # fmt: skip
"""Account -> (role, departments)."""
CITY = """
[city]
id = "walled"
name = "Walled"
zone = "UTC"
stale_after_hours = 1000000
[[programme]]
id = "requests"
name = "Requests"
[[department]]
id = "parks"
name = "Parks"
[[department]]
id = "roads"
name = "Roads"
[[department]]
id = "conduct"
name = "Conduct"
[[area_layer]]
id = "district"
name = "District"
plural = "Districts"
assign = "name"
[[source]]
name = "frames"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
[release]
A = ["Fallen tree", "Pothole", "Street light"]
"""

Rows = list[dict[str, Any]]
Change = Callable[[Rows, Rows], tuple[Rows, Rows]]


def mark(cell: str, department: str, number: int) -> str:
    """What the private cell of one case holds."""
    return f"{cell}-{department}-{number:03d}-zq"


def rows() -> tuple[Rows, Rows]:
    """(cases, events) of the town, as canonical rows."""
    chance = random.Random(SEED)
    cases, events = [], []
    for number in range(CASES):
        department = ("parks", "roads", SECRET)[number % 3]
        opened = datetime(2025, 10, 1, 9) + timedelta(days=chance.randrange(200), minutes=10 * chance.randrange(30))
        days = chance.choice((1, 2, 5, 9, 30, 400))
        closed = opened + timedelta(days=days)
        is_closed = closed < AS_OF
        case = {
            "programme": "requests", "source_id": mark("id", department, number), "department": department.title(), "case_class": "service",
            "request_type": TYPES[department][chance.randrange(4) == 0], "opened_at": opened, "closed_at": closed if is_closed else None,
            "due_at": opened + timedelta(days=chance.choice((2, 5, 10))), "status": "closed" if is_closed else "open", "channel": "phone",
            "outcome": "resolved" if is_closed else None, "queue": mark("queue", department, number), "priority": "high",
            "latitude": 40 + number / 1000 + 0.000001, "longitude": 20 + chance.randrange(5) / 1000, "location_key": 1000 + number % 40,
            "source_url": f"https://crm.example/{mark('url', department, number)}", "satisfaction": chance.choice((None, 1, 5)),
            "area_1": chance.choice(("North", "South", "East")),
            **{name: mark(name, department, number) for name in TEXTS},
        }  # fmt: skip
        cases.append(case)
        if number % 5 == 0:
            events.append({
                "programme": "requests", "source_id": case["source_id"], "event_at": opened + timedelta(hours=5), "event_kind": "stage",
                "from_value": None, "to_value": mark("stage", department, number), "reason": mark("reason", department, number),
            })  # fmt: skip
    return cases, events


def make(folder: Path, change: Change | None = None) -> Path:
    """A published mart of the town in `folder / "mart"`, with its city file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY)
    cases, events = rows() if change is None else change(*rows())
    import pandas as pd

    publish_cases(folder / "mart", load_city(folder), pd.DataFrame(cases), pd.DataFrame(events), AS_OF)
    return folder


def settings_of(folder: Path, audience: str, base: Settings) -> Settings:
    """`base`, over the town in `folder`; staff sign in with accounts."""
    return dataclasses.replace(
        base, city=folder, data=folder, mart=folder / "mart", store_url=f"sqlite:///{folder / 'own.sqlite'}", audience=audience,  # type: ignore[arg-type]
        sign_in="accounts", secret_key="k" * 40, api_rate="1000000 per minute", sign_in_rate="100000 per minute",
    )  # fmt: skip


def add_accounts(store: Any, now: datetime) -> None:
    """An account of every role."""
    from argon2 import PasswordHasher

    # How long a guess takes is not what is tested with it.
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    upgrade(store)
    for name, (role, departments) in ROLES.items():
        accounts.add(store, login=login(name), name=name.title(), role=role, departments=departments, password=PASSWORD, now=now)


def add_promises(store: Any, now: datetime) -> None:
    """A commitment of every department, with a note and evidence; each of its texts carries a mark."""
    room = Acting(Viewer("room", "Room", "executive"), store, now)
    for number, department in enumerate(TYPES):
        made = commitments.make(
            room, meeting_id=None, department=department, deliverable=mark("promise", department, number), owner_name=mark("owner", department, number),
            owner_email=f"{mark('mail', department, number)}@walled.example", due_on=AS_OF.date(), metric="ontime_due", filters="", expected="higher",
            expected_value=None, made_on=AS_OF.date() - timedelta(days=40),
        )  # fmt: skip
        commitments.note(room, made, mark("remark", department, number))
        commitments.give_evidence(room, made, mark("evidence", department, number), f"/departments/{department}")


def login(name: str) -> str:
    """The login of an account."""
    return f"{name.replace(' ', '.')}@walled.example"


# What may differ without anybody noticing who may not see it.


def _of(whose: str | None, /, **made: Callable[[dict[str, Any]], Any]) -> Change:
    """Other cells in the cases of one department, or of all."""

    def change(cases: Rows, events: Rows) -> tuple[Rows, Rows]:
        touched = whose and whose.title()
        return [{**c, **{name: new(c) for name, new in made.items()}} if touched in (None, c["department"]) else c for c in cases], events

    return change


def _more(cases: Rows, events: Rows) -> tuple[Rows, Rows]:
    added = [{**c, "source_id": c["source_id"] + "-more"} for c in cases if c["department"] == SECRET.title()]
    return [*cases, *added], events


def _fewer(cases: Rows, events: Rows) -> tuple[Rows, Rows]:
    kept = [c for i, c in enumerate(cases) if c["department"] != SECRET.title() or i % 2]
    ids = {c["source_id"] for c in kept}
    return kept, [e for e in events if e["source_id"] in ids]


def _later(case: dict[str, Any]) -> Any:
    return case["closed_at"] and case["closed_at"] + timedelta(days=1)


def _rewritten(cases: Rows, events: Rows) -> tuple[Rows, Rows]:
    secret = {c["source_id"] for c in cases if c["department"] == SECRET.title()}
    return cases, [{**e, "reason": "other", "to_value": "another"} if e["source_id"] in secret else e for e in events]


PUBLIC, HEAD, VIEWER = "public", "head of parks", "viewer"
CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "descriptions of the secret department": (_of(SECRET, description=lambda c: "else"), (PUBLIC, HEAD, VIEWER)),
    "addresses of the secret department": (_of(SECRET, address=lambda c: "9 Oak Way"), (PUBLIC, HEAD, VIEWER)),
    "titles of the secret department": (_of(SECRET, title=lambda c: None), (PUBLIC, HEAD, VIEWER)),
    "resolutions of the secret department": (_of(SECRET, resolution_text=lambda c: c["title"] * 3), (PUBLIC, HEAD, VIEWER)),
    "places of the secret department by a metre": (_of(SECRET, latitude=lambda c: c["latitude"] + 0.000009), (PUBLIC, HEAD, VIEWER)),
    "no text of the secret department": (_of(SECRET, **{name: lambda c: None for name in TEXTS}), (PUBLIC, HEAD, VIEWER)),
    "names of places of the secret department": (_of(SECRET, location_key=lambda c: 90_000 + c["location_key"]), (PUBLIC, HEAD)),
    "all descriptions": (_of(None, description=lambda c: "else"), (PUBLIC, VIEWER)),
    "all addresses": (_of(None, address=lambda c: f"{c['location_key']} Elm"), (PUBLIC, VIEWER)),
    "all titles and resolutions": (_of(None, title=lambda c: "T", resolution_text=lambda c: "R"), (PUBLIC, VIEWER)),
    "no text at all": (_of(None, **{name: lambda c: None for name in TEXTS}), (PUBLIC, VIEWER)),
    "places by a metre": (_of(None, latitude=lambda c: c["latitude"] + 0.000009), (PUBLIC, VIEWER)),
    "all names of places": (_of(None, location_key=lambda c: 5 * c["location_key"] + 3), (PUBLIC, VIEWER)),
    "all texts backwards": (_of(None, address=lambda c: c["address"][::-1], description=lambda c: c["description"][::-1]), (PUBLIC, VIEWER)),
    "more cases of the secret department": (_more, (PUBLIC, HEAD)),
    "fewer cases of the secret department": (_fewer, (PUBLIC, HEAD)),
    "the secret department later": (_of(SECRET, closed_at=_later), (PUBLIC, HEAD)),
    "deadlines of the secret department": (_of(SECRET, due_at=lambda c: c["opened_at"] + timedelta(days=1)), (PUBLIC, HEAD)),
    "outcomes of the secret department": (_of(SECRET, outcome=lambda c: c["outcome"] and "not_actionable", channel=lambda c: "web"), (PUBLIC, HEAD)),
    "the secret department's events": (_rewritten, (PUBLIC, HEAD)),
    "another type of the secret department": (_of(SECRET, request_type=lambda c: "Whistle blown"), (PUBLIC,)),
    "a department of withheld cases only": (_of(SECRET, department=lambda c: "Inspector"), (PUBLIC,)),
    "a district of withheld cases only": (_of(SECRET, area_1=lambda c: "Hollow"), (PUBLIC,)),
}  # fmt: skip
"""What differs -> (how, who may not notice). Residents and a head are told of neither texts nor the other department; a viewer of no text."""
