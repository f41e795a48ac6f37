"""A town in which everything that somebody else wrote would be a script, if a page took it for more than text.

What residents and the CRM say of a case, what the city's file calls its departments, services and areas, what staff call their notes, views
and accounts: each holds one of `PAYLOADS`. One that runs sets `ran` or opens a dialog.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from access import Viewer
from data_access.city import load_city
from data_access.mart.writing import publish_cases
from data_access.store import accounts, annotations, audits, commitments, views
from data_access.store.acting import Acting
from data_access.store.engine import open_store, upgrade
from settings import Settings
from tests.support import walled

PAYLOADS = (
    "<script>ran=1</script>",
    "<img src=x onerror=ran=1>",
    '"><svg onload=ran=1>',
    "'><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</noscript><img src=x onerror=ran=1>",
    "</title></style><svg onload=alert(1)>",
    "<iframe srcdoc='<script>top.ran=1</script>'>",
    "<a href='javascript:ran=1'>look</a>",
    '<a href="https://evil.example">look</a>',
    "[look](javascript:ran=1)",
    "<details open ontoggle=ran=1>look</details>",
    "<math><mi><img src=x onerror=ran=1></mi></math>",
    "&lt;img src=x onerror=ran=1&gt;",
    "{{constructor.constructor('ran=1')()}}",
    "${ran=1}`-ran=1-`",
    "<style>@import '//evil.example'</style>",
    "javascript:ran=1",
)
ALL = " ".join(PAYLOADS)
AS_OF = datetime(2026, 4, 20, 12)
CASES = 12 * len(PAYLOADS)
LOGIN = "admin@town.example"
CITY = f"""
[city]
id = "town"
name = {json.dumps("Town " + PAYLOADS[1])}
zone = "UTC"
stale_after_hours = 1000000
on_time_target = 0.8
[[programme]]
id = "requests"
name = {json.dumps("Requests " + PAYLOADS[2])}
{
    "".join(
        f'''[[department]]
id = "d{number}"
name = {json.dumps(f"Crew {number} {payload}")}
'''
        for number, payload in enumerate(PAYLOADS)
    )
}
[[area_layer]]
id = "district"
name = {json.dumps("District " + PAYLOADS[3])}
plural = {json.dumps("Districts " + PAYLOADS[4])}
file = "districts.geojson"
[[address_file]]
file = "addresses.csv"
number = "number"
[[source]]
name = "frames"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
[portal]
licence = {json.dumps("Free " + PAYLOADS[8])}
[release]
all_A = true
"""


def make_town(folder: Path) -> Path:
    """Publish the town in `folder`, its `city.toml` beside its mart."""
    (folder / "city.toml").write_text(CITY)
    squares = [(f"Hill {number} {payload}", 10 + number / 10) for number, payload in enumerate(PAYLOADS)]
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [_square(west)]}}
        for name, west in squares
    ]
    (folder / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    streets = pd.DataFrame({"number": 1, "street": [f"Main {payload}" for payload in PAYLOADS], "longitude": 10.05, "latitude": 50.05})
    streets.to_csv(folder / "addresses.csv", index=False)
    publish_cases(
        folder / "mart", load_city(folder), pd.DataFrame(map(_case, range(CASES))), pd.DataFrame(map(_event, range(CASES))), AS_OF
    )
    return folder


def case_id(number: int) -> str:
    """A number of a case as some CRM may write it."""
    return f"{number} {PAYLOADS[number % len(PAYLOADS)].replace('/', '|')}"


def _case(number: int) -> dict[str, Any]:
    at = number % len(PAYLOADS)
    payload = PAYLOADS[at]
    opened = datetime(2026, 1, 5, 9) + timedelta(days=number % 100, hours=number % 7)
    closed = opened + timedelta(days=1 + number % 9)
    is_closed = closed < AS_OF and number % 5 != 0
    return {
        "programme": "requests", "source_id": case_id(number), "department": f"d{at}", "request_type": f"Service {at} {payload}", "case_class": "service",
        "opened_at": opened, "closed_at": closed if is_closed else None, "due_at": opened + timedelta(days=3), "status": "closed" if is_closed else "open",
        "outcome": "resolved" if is_closed else None, "channel": "web", "initiated_by": "resident", "priority": f"Priority {ALL}", "queue": f"Queue {ALL}",
        "status_raw": f"state {ALL}", "outcome_raw": f"end {ALL}", "channel_raw": f"way {ALL}", "source_url": f"javascript:ran={number}",
        "latitude": 50.05, "longitude": 10.05 + at / 10, "location_key": number, "address": f"Address {ALL}", "title": f"Title {ALL}",
        "description": f"Description {ALL}", "resolution_text": f"Resolution {ALL}",
    }  # fmt: skip


def _event(number: int) -> dict[str, Any]:
    case = _case(number)
    return {
        "programme": "requests", "source_id": case["source_id"], "event_at": case["opened_at"] + timedelta(hours=5), "event_kind": "stage",
        "from_value": f"from {ALL}", "to_value": f"stage {ALL}", "reason": f"reason {ALL}",
    }  # fmt: skip


def settings_of(folder: Path, audience: str, base: Settings) -> Settings:
    """`base`, over the town in `folder`; staff sign in with accounts."""
    return dataclasses.replace(walled.settings_of(folder, audience, base), public_rate="1000000 per minute")


def write_into(settings: Settings) -> None:
    """Accounts, notes, views and findings whose every text is a payload, as `LOGIN` (an administrator) and others would leave them."""
    store, now = open_store(settings), AS_OF
    upgrade(store)
    known = accounts.add(store, login=LOGIN, name=f"Anna {PAYLOADS[1]}", role="admin", password=walled.PASSWORD, now=now)
    acting = Acting(known.viewer, store, now)
    for number, payload in enumerate(PAYLOADS):
        accounts.add(store, login=f"a{number}", name=f"Person {payload}", role="viewer", password=walled.PASSWORD, now=now)
        annotations.add(acting, at=date(2026, 3, 2), until=None, kind="storm", title=f"Note {payload}", reason=f"Reason {payload}", metric="", filters="", rebases=False)  # fmt: skip
        views.keep(acting, f"View {payload}", "/?" + "department=d1")
        _promise(acting, number, payload)
    _record_findings(Acting(Viewer(known.viewer.id, f"Ben {PAYLOADS[2]}", "admin"), store, now))
    store.dispose()


def _promise(acting: Acting, number: int, payload: str) -> None:
    kept = commitments.make(
        acting, meeting_id=None, department=f"d{number}", deliverable=f"Promise {payload}", owner_name=f"Owner {payload}", owner_email=f"<img/src=x/onerror=ran=1>{number}@x",
        due_on=date(2026, 5, 1), metric="ontime_due", filters=f"department=d{number}", expected="higher", expected_value=0.9, made_on=date(2026, 3, 2),
    )  # fmt: skip
    if number == 0:
        commitments.note(acting, kept, f"Remark {ALL}", open_to=None)
        commitments.give_evidence(acting, kept, f"Evidence {ALL}", "/?department=d0", open_to=None)


def _record_findings(acting: Acting) -> None:
    made = [case for case in map(_case, range(CASES)) if case["closed_at"]][: 2 * len(PAYLOADS)]
    picked = [
        audits.Picked(case["department"], case["department"], "requests", case["source_id"], case["request_type"], case["closed_at"]) for case in made
    ]  # fmt: skip
    sample = audits.Sample(0, 1, 2, date(2026, 1, 1), date(2026, 4, 1), AS_OF, {"search": PAYLOADS[1]})
    kept = audits.keep_sample(acting, sample, {f"d{number}": 12 for number in range(len(PAYLOADS))}, picked)
    for number, case in enumerate(audits.cases(acting.store, kept, None)["id"]):
        audits.record(acting, int(case), "fixed", f"Finding {PAYLOADS[number % len(PAYLOADS)]}", 0, None)


def _square(west: float) -> list[list[float]]:
    return [[west, 50.0], [west + 0.1, 50.0], [west + 0.1, 50.1], [west, 50.1], [west, 50.0]]
