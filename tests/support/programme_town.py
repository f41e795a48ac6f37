"""A town with complaints about its police, told of in totals only, and with ideas of its residents: both can be counted by hand.

Of complaints 30 come in each quarter of 2025, one a day from its first day on: every third about force, the others about conduct, but
the second and fifth of January about bias. Two of three leave intake after 10 days and the others after 40; every second is closed 60 days after
it came, two of four of these (the first, the fifth, ...) as sustained.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from data_access.city import City, load_city
from data_access.mart.writing import publish_cases

AS_OF = datetime(2026, 4, 2, 12)
MARK = "zq-complaint"
"""Stands in every number of a complaint, and in what was written of it."""
CITY = """
[city]
id = "assembly"
name = "Assembly"
zone = "UTC"
stale_after_hours = 1000000
[[programme]]
id = "requests"
name = "Service requests"
[[programme]]
id = "police"
name = "Police complaints"
kind = "complaint"
privacy = "aggregate"
case = "complaint"
cases = "complaints"
about = "Complaints about the police go to an office of their own."
[[programme.stage]]
id = "intake"
name = "Intake"
amount = 30
[[programme.stage]]
id = "investigation"
name = "Investigation"
[[programme.stage]]
id = "decided"
name = "Decided"
ends = true
[[programme]]
id = "ideas"
name = "Ideas"
kind = "idea"
case = "idea"
cases = "ideas"
[[programme.stage]]
id = "sent"
name = "Sent in"
[[programme.stage]]
id = "done"
name = "Done"
ends = true
[[programme]]
id = "grievances"
name = "Grievances of staff"
kind = "complaint"
privacy = "staff"
[[sla_rule]]
programme = "police"
unit = "calendar_days"
amount = 180
basis = "Police Accountability Ordinance, section 12"
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
A = ["Pothole", "Parks", "Streets"]
"""
QUARTERS = [datetime(2025, month, 1, 12) for month in (1, 4, 7, 10)]

Rows = list[dict[str, Any]]


def complaint(
    number: str, opened: datetime, *, kind: str, intake: int, closed: int | None, outcome: str | None = None
) -> tuple[Rows, Rows]:
    """One complaint and its stages: days in intake, and until it was closed."""
    about = {"programme": "police", "source_id": f"{MARK}-{number}"}
    end = None if closed is None else opened + timedelta(days=closed)
    case = {
        **about, "request_type": kind, "department": "Oversight", "opened_at": opened, "closed_at": end, "status": "open" if end is None else "closed",
        "outcome": None if end is None else "resolved", "outcome_raw": outcome, "description": f"{MARK} said {number}",
    }  # fmt: skip
    events = [{**about, "event_at": opened + timedelta(days=intake), "event_kind": "stage", "to_value": "Investigation"}]
    if end is not None:
        events.append({**about, "event_at": end, "event_kind": "stage", "to_value": "Decided"})
    return [case], events


def complaints(first: datetime, n: int = 30) -> tuple[Rows, Rows]:
    """The complaints of a quarter."""
    made: tuple[Rows, Rows] = [], []
    for i in range(n):
        kind = "Bias" if first.month == 1 and first.year == 2025 and i in (1, 4) else "Force" if i % 3 == 0 else "Conduct"
        rows = complaint(
            f"{first:%Y%m}-{i}", first + timedelta(days=i), kind=kind, intake=40 if i % 3 == 2 else 10, closed=None if i % 2 else 60,
            outcome=None if i % 2 else "Sustained" if i % 4 == 0 else "Unfounded",
        )  # fmt: skip
        made[0].extend(rows[0])
        made[1].extend(rows[1])
    return made


def ideas(year: int = 2025, n: int = 200) -> Rows:
    """Ideas of one year, 50 in each quarter: of two types, from two districts; every fourth is done after 20 days."""
    made = []
    for i in range(n):
        opened = datetime(year, (1, 4, 7, 10)[i % 4], 1 + i // 8, 12)
        closed = opened + timedelta(days=20) if i % 16 < 4 else None
        made.append({
            "programme": "ideas", "source_id": f"I-{year}-{i}", "request_type": "Parks" if i % 8 < 4 else "Streets", "department": "Parks", "opened_at": opened,
            "closed_at": closed, "outcome": None if closed is None else "resolved", "outcome_raw": None if closed is None else "Done",
            "status": "open" if closed is None else "closed", "area_1": "North" if i % 20 < 8 else "South",
        })  # fmt: skip
    return made


def rows() -> tuple[Rows, Rows]:
    """(cases, events) of the town."""
    cases: Rows = [
        {"programme": "requests", "source_id": "1", "request_type": "Pothole", "department": "Roads", "opened_at": datetime(2026, 3, 1, 12), "status": "open"},
        {"programme": "grievances", "source_id": "G-1", "request_type": "Pay", "department": "Staff", "opened_at": datetime(2025, 1, 1, 12), "status": "open"},
        *ideas(),
    ]  # fmt: skip
    events: Rows = []
    for first in QUARTERS:
        more = complaints(first)
        cases, events = cases + more[0], events + more[1]
    return cases, events


def city_in(folder: Path) -> City:
    """The town's city file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY)
    return load_city(folder)


def make(folder: Path, cases: Rows | None = None, events: Rows | None = None, as_of: datetime = AS_OF, recount: str = "") -> Path:
    """A published mart of the town in `folder / "mart"`; made again, it is another load of the same town."""
    usual = rows()
    made = pd.DataFrame(usual[0] if cases is None else cases), pd.DataFrame(usual[1] if events is None else events)
    publish_cases(folder / "mart", city_in(folder), *made, as_of, recount=recount)
    return folder
