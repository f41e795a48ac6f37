"""The state of the data, on screen: how fresh it is, how the loads went, and (for staff) what was refused or odd."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pandas as pd
from dash import html

from components import gate, words
from components.language import N_, _
from components.table import Column, Twin, html_table
from data_access.mart import schema
from data_access.store import engine, runs
from metrics import health
from metrics.select import Asked
from settings import utc_now

LOADS = (
    Column("source_name", "Source"), Column("mode", "Kind"), Column("started_at", "Started", "instant"), Column("as_of", "Complete to", "instant"),
    Column("rows_read", "Read", "cases"), Column("rows_new", "New", "cases"), Column("rows_changed", "Changed", "cases"),
    Column("rows_unchanged", "Unchanged", "cases"), Column("rows_quarantined", "Refused", "cases"), Column("rows_deleted", "Deleted", "cases"),
    Column("seconds", "Seconds", "number"),
)  # fmt: skip
LOAD_TIMES = (Column("kind", N_("Kind")), Column("started_at", N_("Started"), "instant"), Column("as_of", N_("Complete to"), "instant"))
MODES = {"full": N_("full"), "incremental": N_("incremental")}
RUNS = (
    Column("source_name", "Source"), Column("mode", "Kind"), Column("state", "Result"), Column("started_at", "Started", "instant"),
    Column("rows_read", "Read", "cases"), Column("rows_new", "New", "cases"), Column("rows_changed", "Changed", "cases"),
    Column("rows_restated", "Of the past", "cases"), Column("rows_quarantined", "Refused", "cases"), Column("seconds", "Seconds", "number"), Column("error", "What went wrong"),
)  # fmt: skip
REFUSED = (
    Column("reason", "Why a row was refused"),
    Column("n", "Rows", "cases"),
    Column("source_name", "Source"),
    Column("examples", "For example"),
)
UNMAPPED = (
    Column("what", "Word of the source"),
    Column("value", "As it stands there"),
    Column("n", "Rows", "cases"),
    Column("example", "For example"),
)
ODD = (
    Column("what", "What was odd"),
    Column("field", "Column"),
    Column("value", "Value"),
    Column("n", "Rows", "cases"),
    Column("example", "For example"),
)
RUNS_SHOWN = 20


def freshness(asked: Asked) -> html.Section:
    """How old the data is, and the loads it came by."""
    mart = asked.mart
    age = words.age((utc_now() - mart.as_of.replace(tzinfo=UTC)).total_seconds() / 3600)
    limit = gate.desk().city.facts.stale_after_hours
    loads = health.loads(asked)
    fresh = _(
        "The data is complete to {instant}, {age} ago. Data older than {limit} puts a banner on every page.",
        instant=words.instant(mart.as_of, asked.calendar), age=age, limit=words.age(limit),
    )  # fmt: skip
    if asked.scope.audience == "public" or asked.scope.departments is not None:
        # What a load read holds cases of others: who may not see them is told when it was, and no more.
        told = loads.assign(kind=[_(MODES[mode]) for mode in loads["mode"]])
        return card(_("How fresh it is"), html.P(fresh), html_table(Twin(told, LOAD_TIMES, N_("Loads, newest first")), asked.calendar))
    facts = html.P(
        f"{fresh} "
        f"{words.count(loads['rows_read'].sum())} rows were read by {words.plural(len(loads), 'load')}; this is generation {mart.generation} of the mart."
    )
    return card("How fresh it is", facts, html_table(Twin(loads, LOADS, "Loads in this mart, newest first"), asked.calendar))


def attempts(asked: Asked) -> html.Section:
    """Every load that was tried lately, also those that failed: for who sees all departments."""
    store = engine.opened(gate.desk().settings.store_url)
    if not engine.is_prepared(store):
        return card("Loads tried lately", html.P("No load is on record.", className="empty"))
    names = [source.name for source in gate.desk().city.sources]
    frame = runs.recent(store, RUNS_SHOWN)
    frame = frame[frame["source_name"].isin(names)]
    counts = [name for name in (*schema.LOAD_COUNTS, "rows_restated") if name in frame.columns]
    frame[counts] = frame[counts].mask(frame["source_name"].isin(asked.mart.silent_sources))
    about = "“Of the past” counts cases opened before what was known at the load before that came only then or were changed: figures of the past moved by them."
    return card("Loads tried lately", html.P(about), html_table(Twin(frame, RUNS, "Newest first"), asked.calendar))


def refused(asked: Asked) -> html.Section:
    """Rows in quarantine, by reason."""
    frame = health.refused(asked)
    if frame.empty:
        return card("Refused rows", html.P("No row was refused.", className="empty"))
    lead = html.P(
        f"{words.count(frame['n'].sum())} rows could not be trusted. They are kept with their reason and their original values, and are in no figure."
    )
    return card("Refused rows", lead, html_table(Twin(frame, REFUSED), asked.calendar))


def unmapped(asked: Asked) -> html.Section:
    """Words nobody mapped."""
    frame = health.unmapped(asked)
    if frame.empty:
        return card("Words nobody mapped", html.P("Every status and channel of the source is mapped.", className="empty"))
    lead = html.P(
        "These rows are loaded as unknown, a department under its own name. Say in the mapping file, or of a department in the crosswalk, what the words mean, then load again."
    )
    return card("Words nobody mapped", lead, html_table(Twin(_worded(frame), UNMAPPED), asked.calendar))


def oddities(asked: Asked) -> html.Section:
    """What was odd in the rows that were kept."""
    frame = health.findings(asked)
    frame = frame[~frame["kind"].str.startswith(health.UNMAPPED)]
    if frame.empty:
        return card("Oddities", html.P("Nothing odd was found.", className="empty"))
    lead = html.P(
        "These rows are in the figures as far as they can be: a wrong interval is left out of durations and of on-time rates, a place-holder point of maps."
    )
    return card("Oddities in rows that were kept", lead, html_table(Twin(_worded(frame), ODD), asked.calendar))


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    what = [kind.removeprefix(health.UNMAPPED).replace("_", " ").capitalize() for kind in frame["kind"]]
    return frame.assign(what=pd.Series(what, index=frame.index, dtype="str"))


def card(title: str, *content: Any) -> html.Section:
    """A titled part of the page."""
    return html.Section([html.H2(title), *content], className="card prose")
