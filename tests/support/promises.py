"""A town whose promises can be counted by hand. Everything lies in March 2026; `AS_OF` is the 30th, 00:00 UTC.

Fell due                 in the week of 2 March      of 9 March      of 16 March
    parks   tree         20, 4 of them late          5
    parks   bench        9
    trees   tree         10                                          (a division of parks)
    roads   tree         10, 5 late
    roads   pothole      30, 15 late                 12, 3 late
    roads   lamp         1, still open                               1
    water   leak         12

Beside them: a lamp that falls due in April and is open; twelve signs without a deadline, opened on the
16th, of which one is closed; a tree without a deadline; a duplicate; a question without a deadline.
Parks has promised 80 %, roads 90 %, water nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from metrics.question import Question
from tests.support.marts import make_mart, small_city

AS_OF = datetime(2026, 3, 30)
WEEK = Question(date(2026, 3, 2), date(2026, 3, 9), AS_OF)
MONTH = Question(date(2026, 3, 2), date(2026, 3, 30), AS_OF)
DEPARTMENTS = [
    {"id": "parks", "name": "Parks", "on_time_target": 0.8}, {"id": "trees", "name": "Trees", "parent": "parks"},
    {"id": "roads", "name": "Roads", "on_time_target": 0.9}, {"id": "water", "name": "Water"},
]  # fmt: skip
CITY = small_city("UTC", department=DEPARTMENTS, release={"all_A": True})
DUE = [
    # department, request type, Monday, cases, of them late
    ("parks", "tree", 2, 20, 4), ("parks", "bench", 2, 9, 0), ("trees", "tree", 2, 10, 0), ("roads", "tree", 2, 10, 5),
    ("roads", "pothole", 2, 30, 15), ("water", "leak", 2, 12, 0), ("parks", "tree", 9, 5, 0), ("roads", "pothole", 9, 12, 3),
]  # fmt: skip


def make_town(folder: Path) -> Path:
    """Publish the town in `folder`."""
    made: list[dict[str, Any]] = []

    def add(department: str, kind: str, opened: datetime, due: datetime | None = None, closed: datetime | None = None, **more: Any) -> None:
        made.append({
            "source_id": f"{len(made) + 1}", "department": department, "request_type": kind, "request_group": "streets" if department == "roads" else "green",
            "case_class": "service", "channel": "phone", "opened_at": opened, "due_at": due, "closed_at": closed, "status": "closed" if closed else "open",
            "outcome": "resolved" if closed else None, **more,
        })  # fmt: skip

    for department, kind, monday, cases, late in DUE:
        opened = datetime(2026, 3, monday, 9)
        for number in range(cases):
            add(department, kind, opened, opened + timedelta(days=2), opened + timedelta(days=4 if number < late else 1))
    opened = datetime(2026, 3, 2, 9)
    add("roads", "lamp", opened, opened + timedelta(days=2))
    add("roads", "lamp", datetime(2026, 3, 5, 9), datetime(2026, 4, 10, 9))
    add("roads", "lamp", datetime(2026, 3, 5, 9), datetime(2026, 3, 20, 9), datetime(2026, 3, 6, 9))
    for number in range(12):
        add("roads", "sign", datetime(2026, 3, 16, 9), None, None if number else datetime(2026, 3, 17, 9))
    add("parks", "tree", opened, None, opened + timedelta(days=1))
    add("parks", "tree", opened, opened + timedelta(days=2), opened + timedelta(days=1), case_class="duplicate", outcome="duplicate")
    add("parks", "question", opened, None, opened + timedelta(days=1), case_class="information")
    make_mart(folder, made, as_of=AS_OF, city=CITY)
    return folder
