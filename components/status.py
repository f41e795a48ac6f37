"""How the installation fares, on screen, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from dash import html

from access import permit
from components import gate, words
from components.table import Column, Twin, html_table
from data_access import backups, slow
from data_access.watched import Fact, facts
from metrics.select import Asked
from settings import utc_now

LOADS = (
    Column("source", "Source"), Column("result", "Last load"), Column("at", "Began", "instant"), Column("seconds", "Seconds", "number"),
    Column("rows", "Rows read", "cases"), Column("refused", "Refused", "cases"),
)  # fmt: skip
BACKUPS = (Column("file", "Backup"), Column("at", "Made", "instant"), Column("megabytes", "MB", "number"))
SLOW = (
    Column("at", "When", "instant"),
    Column("milliseconds", "Milliseconds", "number"),
    Column("audience", "Asked by"),
    Column("sql", "SQL"),
)
OLDEST_BACKUP = timedelta(days=2)
LEAST_ROOM = 5e9
"""Bytes; as in the example of alerts (`docs/alerts.yml`)."""
SHOWN = 10


def parts(asked: Asked) -> list[Any]:
    """What needs attention first, then everything with its numbers.

    Raises:
        AccessDenied: the viewer does not administer.
    """
    desk = gate.desk()
    permit(desk.viewer(), "administer")
    known = facts(desk.settings, desk.city)
    one = {fact.name: fact.value for fact in known if not fact.labels}
    return [_attention(known, one), _data(one), _loads(known, asked), _backups(asked), _slow(asked)]


def card(title: str, *content: Any) -> html.Section:
    """A titled part of the page."""
    return html.Section([html.H2(title), *content], className="card prose")


def _attention(known: list[Fact], one: dict[str, float]) -> html.Section:
    found = []
    if one.get("data_is_stale"):
        found.append("The data is older than city.toml allows. Look at the loads below, and whether `flask clock` runs.")
    found += [
        f"The last load of {fact.labels['source']} failed; State of the data says why."
        for fact in known
        if fact.name == "load_failed" and fact.value
    ]
    if one.get("load_is_held"):
        found.append("A load waits until somebody decides about it, on State of the data or with `flask held`.")
    if not one.get("backups"):
        found.append("There is no backup. `flask clock` makes one each night, `flask backup` makes one now.")
    elif utc_now().timestamp() - one["backup_timestamp_seconds"] > OLDEST_BACKUP.total_seconds():
        found.append("The latest backup is more than two days old. See whether `flask clock` runs.")
    if one["disk_free_bytes"] < LEAST_ROOM:
        found.append("Less than 5 GB are free on the disk of the data; a load may need more.")
    if not found:
        return card("What needs attention", html.P("Nothing: data, loads, backups and disk are as they should be."))
    return card("What needs attention", html.Ul([html.Li(line) for line in found]))


def _data(one: dict[str, float]) -> html.Section:
    lines = [
        f"Generation {one['data_generation']:.0f} is in service; its data was complete {words.age(one['data_age_seconds'] / 3600)} ago.",
        f"{one['disk_free_bytes'] / 1e9:,.1f} GB are free on the disk of the data.",
    ]
    return card("Data and disk", *[html.P(line) for line in lines])


def _loads(known: list[Fact], asked: Asked) -> html.Section:
    by_source: dict[str, dict[str, float]] = {}
    for fact in known:
        if "source" in fact.labels:
            by_source.setdefault(fact.labels["source"], {})[fact.name] = fact.value
    if not by_source:
        return card("Loads", html.P("No load is on record.", className="empty"))
    rows = [
        {
            "source": source, "result": "failed" if numbers["load_failed"] else "went well", "at": _instant(numbers["load_started_timestamp_seconds"]),
            "seconds": numbers["load_seconds"], "rows": numbers.get("load_rows"), "refused": numbers.get("load_rows_quarantined"),
        }
        for source, numbers in by_source.items()
    ]  # fmt: skip
    return card("Loads", html_table(Twin(pd.DataFrame(rows), LOADS, "The last load of each source"), asked.calendar))


def _backups(asked: Asked) -> html.Section:
    kept = backups.found(gate.desk().settings)
    if not kept:
        return card("Backups", html.P("There is none.", className="empty"))
    rows = [
        {"file": file.name, "at": backups.made_at(file).replace(tzinfo=None), "megabytes": file.stat().st_size / 1e6}
        for file in reversed(kept[-SHOWN:])
    ]
    told = f"{words.plural(len(kept), 'backup')} in {kept[-1].parent}."
    return card(
        "Backups",
        html.P(told),
        html_table(
            Twin(pd.DataFrame(rows), BACKUPS, f"The latest {SHOWN}, newest first" if len(kept) > SHOWN else "Newest first"), asked.calendar
        ),
    )


def _slow(asked: Asked) -> html.Section:
    settings = gate.desk().settings
    rows = [row | {"at": datetime.fromisoformat(str(row["at"])).replace(tzinfo=None)} for row in slow.latest(settings)]
    title = f"Questions that took {settings.slow_ms:,} ms or longer"
    if not rows:
        return card(title, html.P("None is on record.", className="empty"))
    note = html.P("The latest, with places for their values: what was asked about whom is not kept.", className="note")
    return card(title, note, html_table(Twin(pd.DataFrame(rows), SLOW, "Slow questions, newest first"), asked.calendar))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
