"""One source's mapping on screen: what its columns hold, choices for fields and words, and what would load with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import html

from access import READS, Viewer, permit
from components import gate, words
from components.source_words import FIELDS, KINDS, NONE, TABLES, meanings
from components.table import Column, Twin, html_table
from data_access.city import City, CityError, load_city
from data_access.city_models import SourceConfig
from data_access.mapping.drafts import Draft, Written, meaning_text, word_of, written
from data_access.mapping.spec import MappingFile
from data_access.proposing.facts import Facts, facts_of
from data_access.proposing.names import name_score
from data_access.sources import open_source
from data_access.sources.base import SourceError
from data_access.sources.profile import Profile, profile_frame
from data_access.sources.samples import KeptSample, kept_sample
from metrics.question import BadQuestion

MOST_WORDS = 40
"""Words of one table that can be chosen for; what is rarer stays in the file."""
COLUMN = "columns"
NO_SAMPLE = "No rows of this source are kept yet. `flask check` or the next load keeps some; until then nothing can be tried here. Of a programme told in totals only none are ever kept."
COLUMNS = (Column("column", "Column"), Column("kind", "Holds"), Column("empty", "Empty"), Column("different", "Different"), Column("examples", "For example"), Column("use", "Read as"))  # fmt: skip
FIGURES = (Column("what", "Of the rows kept here"), Column("now", "As saved"), Column("then", "With your choices"))


@dataclass(frozen=True)
class Bench:
    """Everything about one source that a page needs, for one viewer."""

    city: City
    source: SourceConfig
    now: Written
    sample: KeptSample | None
    facts: dict[str, Facts]
    hidden: frozenset[str]
    """Columns whose values this viewer may not read."""


def bench(name: str) -> Bench:
    """The source called `name`, for the present viewer.

    Raises:
        AccessDenied: the role may not look at sources.
        BadQuestion: there is no such source, or its file cannot be read.
    """
    desk = gate.desk()
    viewer = desk.viewer()
    permit(viewer, "look_at_sources")
    try:
        # Read anew: somebody may have saved.
        city = load_city(desk.settings.city)
        source = next((one for one in city.sources if one.name == name), None)
        if source is None:
            raise BadQuestion(f"There is no source called '{name[:60]}'.")
        now = written(city.folder, source)
    except CityError as error:
        raise BadQuestion(str(error)) from None
    sample = kept_sample(desk.settings.data, name)
    facts = facts_of(sample.frame) if sample else {}
    return Bench(city, source, now, sample, facts, _hidden(viewer, now, facts))


def _hidden(viewer: Viewer, now: Written, facts: dict[str, Facts]) -> frozenset[str]:
    """Queues often have the name of a crew or a person: whoever may not read names of staff sees none of their values."""
    if viewer.role in READS["staff_names"]:
        return frozenset()
    known = set(now.mapping.aliases("queue")) if "queue" in now.mapping.columns else set()
    return frozenset(known | {name for name in facts if name_score("queue", name) > 0})


def columns_table(of: Bench) -> Any:
    """What each column holds, and what is kept out of sight."""
    if of.sample is None:
        return html.P(NO_SAMPLE, className="empty")
    use: dict[str, str] = {}
    for name in of.now.mapping.columns:
        for column in of.now.mapping.aliases(name):
            use[column] = f"{use[column]}, {FIELDS.get(name, name)}" if column in use else FIELDS.get(name, name)
    rows = [
        {
            "column": name, "kind": KINDS[one.kind], "empty": words.share(one.null_share), "different": words.count(one.distinct), "use": use.get(name, ""),
            "examples": "not shown to your role" if name in of.hidden else ", ".join(one.samples),
        }
        for name, one in of.facts.items()
    ]  # fmt: skip
    rows += [
        {
            "column": name,
            "kind": f"about people: {what}",
            "empty": "",
            "different": "",
            "examples": "not kept, not shown",
            "use": use.get(name, ""),
        }
        for name, what in of.sample.left_out.items()
    ]
    return html_table(Twin(pd.DataFrame(rows, columns=[c.key for c in COLUMNS]), COLUMNS, "Columns of the source"), gate.desk().calendar)


def choice(table: Any, name: Any, place: Any) -> dict[str, Any]:
    """The id of one control: of a field's column (`COLUMN`, the field, 0), or of what a word means (its table, the column, which word of it).

    The word itself may be anything and is no part of it.
    """
    return {"type": "mapped", "table": table, "name": name, "place": place}


def column_form(of: Bench) -> list[Any]:
    """A choice of column for every field."""
    there = [{"value": name, "label": name} for name in (*of.facts, *(of.sample.left_out if of.sample else ()))]
    made = []
    for name, label in FIELDS.items():
        now = present_column(of, name)
        others = [] if not now or any(one["value"] == now for one in there) else [{"value": now, "label": now}]
        control = dbc.Select(
            id=choice(COLUMN, name, 0), options=[{"value": NONE, "label": "None"}, *others, *there], value=now or NONE, size="sm"
        )
        made.append(_labelled(label, control))
    return made


def _labelled(text: Any, control: dbc.Select) -> html.Div:
    """A control under its label; Dash writes an id of several parts as JSON."""
    name = json.dumps(control.id, sort_keys=True, separators=(",", ":"))  # type: ignore[attr-defined]
    return html.Div([html.Label(text, htmlFor=name), control], className="promise-field")


def present_column(of: Bench, name: str) -> str:
    """The column that a field is read from as saved: of several the first that is there."""
    if name not in of.now.mapping.columns:
        return ""
    names = of.now.mapping.aliases(name)
    left_out = of.sample.left_out if of.sample else {}
    return next((column for column in names if column in of.facts or column in left_out), names[0])


def word_columns(of: Bench, columns: dict[str, str]) -> dict[str, str]:
    """Table of words -> the column whose words are chosen for: none where patterns read what people wrote."""
    made = {table: columns.get(table, present_column(of, table)) for table in TABLES}
    return made | ({"outcome": ""} if of.now.mapping.outcome_pattern else {})


def words_in(of: Bench, column: str) -> list[tuple[str, int]]:
    """The words of a column with how often they come, most frequent first; none that this viewer may not read."""
    return [] if column not in of.facts or column in of.hidden else list(of.facts[column].top[:MOST_WORDS])


def word_form(of: Bench, table: str, column: str) -> html.Div:
    """A choice of meaning for every word of one table's column."""
    made = []
    for place, (word, count) in enumerate(words_in(of, column)):
        now = meaning_text(word_of(getattr(of.now.mapping, table), word))
        control = dbc.Select(id=choice(table, column, place), options=meanings(table, now), value=now or NONE, size="sm")
        made.append(
            _labelled([html.Span(word, className="source-word"), html.Span(f" {words.plural(count, 'row')}", className="note")], control)
        )
    none = (
        "No column is read." if not column else "Its values are not shown to your role." if column in of.hidden else "It has no words here."
    )
    return html.Div(
        [
            html.H3(TABLES[table] + (f": words of {column}" if column else ""), className="source-part"),
            html.Div(made, className="promise-new") if made else html.P(none, className="note"),
        ]
    )


def draft_of(of: Bench, columns: dict[str, str], meant: dict[tuple[str, str, int], str]) -> Draft:
    """What the controls say, with the words that stand beside them.

    Raises:
        BadQuestion: a control names a column that is not there.
    """
    known = {*of.facts, *(of.sample.left_out if of.sample else ())}
    for name, column in columns.items():
        if column and column not in known and column != present_column(of, name):
            raise BadQuestion(f"There is no column called '{column[:60]}'.")
    said: dict[str, dict[str, str]] = {}
    for table, column in word_columns(of, columns).items():
        chosen = {word: meant.get((table, column, place)) for place, (word, _) in enumerate(words_in(of, column))}
        said[table] = {word: meaning for word, meaning in chosen.items() if meaning is not None}
    # A field read from the second of several columns stays as it is written.
    return Draft({name: column for name, column in columns.items() if column != present_column(of, name)}, said)


def figures(of: Bench, then: MappingFile) -> list[Any]:
    """What would load of the kept rows as saved and with the draft, and what is doubtful then."""
    if of.sample is None:
        return [html.P(NO_SAMPLE, className="empty")]
    try:
        before, after = _profile(of, of.now.mapping), _profile(of, then)
    except SourceError as error:
        later = " If the mapping reads more than it did when these rows were kept, `flask check` keeps new ones."
        return [html.P(str(error) + later, className="banner banner-bad")]
    rows = [{"what": label, "now": show(before), "then": show(after)} for label, show in SHOWN.items()]
    doubts = [html.Li(str(doubt), className=f"doubt-{doubt.level}") for doubt in after.doubts]
    table = html_table(Twin(pd.DataFrame(rows, columns=[c.key for c in FIGURES]), FIGURES, "What would load"), gate.desk().calendar)
    return [
        table,
        html.H3("What is doubtful then", className="source-part"),
        html.Ul(doubts) if doubts else html.P("Nothing.", className="empty"),
    ]


def _profile(of: Bench, mapping: MappingFile) -> Profile:
    assert of.sample is not None
    source = open_source(of.source, of.city)
    source.mapping = mapping
    return profile_frame(source, of.city, source.named(of.sample.as_sample()))


def _unmapped(profile: Profile, table: str) -> str:
    rows = sum(count for kind, *_, count, _ in profile.findings if kind == f"unmapped_{table}")
    return words.count(rows)


SHOWN = {
    "Rows": lambda p: words.count(p.rows), "Cases that would load": lambda p: words.count(p.cases), "Rows that would be refused": lambda p: words.count(sum(p.refused.values())),
    "Rows with an unmapped status": lambda p: _unmapped(p, "status"), "Rows with an unmapped channel": lambda p: _unmapped(p, "channel"),
    "Rows with an unmapped outcome": lambda p: _unmapped(p, "outcome"), "Closed": lambda p: words.count(p.closed), "Open": lambda p: words.count(p.open_cases),
    "With a deadline": lambda p: words.count(p.with_due), "On time, of those with a deadline": lambda p: words.share(p.on_time_rate),
    "Median days to close": lambda p: words.decimal(p.median_days_to_close, 1), "Request types": lambda p: words.count(len(p.types)),
    "Busiest hour": lambda p: words.MISSING if p.busiest_hour is None else f"{p.busiest_hour:02d}:00",
}  # fmt: skip
