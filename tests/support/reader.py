"""A second process that reads the mart over and over: `python -m tests.support.reader DATA_FOLDER`.

Every city it may see has cases of one type only, named after how many there are: "10 cases". It
reads until its input ends, then prints what it saw as JSON: generations, reads, what did not fit.
"""

from __future__ import annotations

import json
import select as waiting
import sys
from pathlib import Path

from sqlalchemy import func, select

from access import Viewer, scope_of
from data_access.mart.reading import open_mart
from tests.support.marts import settings_in

SCOPE = scope_of(Viewer("mayor", "Mayor's office", "executive"))


def main(folder: Path) -> None:
    """Read until somebody closes our input."""
    settings = settings_in(folder)
    seen: list[int] = []
    reads, wrong = 0, []
    print("reading", flush=True)
    while not waiting.select([sys.stdin], [], [], 0)[0]:
        try:
            mart = open_mart(settings)
            cases, records, events = mart.spells(SCOPE), mart.case_records(SCOPE), mart.case_events(SCOPE)
            counts = [
                int(mart.read(select(func.count().label("n")).select_from(table), SCOPE)["n"].iloc[0]) for table in (cases, records, events)
            ]
            types = {member.id: member.name for member in mart.dimensions.request_types}
            used = mart.read(select(cases.c.request_type_id).distinct(), SCOPE)["request_type_id"]
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
            continue
        reads += 1
        if mart.generation not in seen:
            seen.append(mart.generation)
        if len(set(counts)) != 1 or [types[number] for number in used] != [f"{counts[0]} cases"]:
            wrong.append(f"generation {mart.generation}: {counts}, {types}")
    print(json.dumps({"generations": seen, "reads": reads, "wrong": wrong[:5]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
