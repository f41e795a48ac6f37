"""The facts of changed cases, made in bulk from what was staged: records, spells, events.

All SQL runs in the stage's scratch database; `make_facts` leaves tables `new_record`,
`new_spell`, `new_event` and `new_stage_visit` with exactly the columns of the mart's tables.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pandas as pd

from data_access import vocabulary
from data_access.city import City
from data_access.due import after_holds, compute_due_dates, statutory
from data_access.mart import promises, schema
from data_access.mart.fact_sql import CLOSED_SPANS, SPANS, city_day, columns_of, is_counted
from data_access.mart.stage_visits import make_stage_visits
from data_access.mart.staging import Stage


def make_facts(stage: Stage, city: City, load_id: int, as_of: datetime) -> None:
    """Make the facts of table `changed`; `load_id` marks them. A hold that has not ended counts until `as_of`."""
    run = stage.connection.execute
    _compute_due_dates(stage, city, as_of)
    run(f"CREATE TABLE coded AS SELECT {_coded(load_id)} FROM changed c {_JOINS}", {"salt": stage.salt})
    run("DROP TABLE changed")
    run(_EVENTS)
    run(_NOTICED, [as_of])
    if stage.keeps_promises:
        run(_NOTICED_BEFORE)
    run("INSERT INTO event FROM noticed")
    run(_TRANSFERS)
    run(_FIRST_DUE)
    run(f"CREATE TABLE span AS {SPANS}")
    run(f"CREATE TABLE closed_span AS {CLOSED_SPANS}; CREATE VIEW last_span AS SELECT * FROM closed_span WHERE next_opened_at IS NULL")
    run(
        f"CREATE TABLE new_spell AS SELECT {columns_of(schema.spell, spell_columns(partial(city_day, city.zone)))} FROM closed_span s JOIN coded c USING (case_id) {_EXTRAS}"
    )
    run(
        f"CREATE TABLE new_record AS SELECT {columns_of(schema.case_record, _RECORD)} FROM coded c JOIN last_span s USING (case_id) {_EXTRAS}"
    )
    # What happened to a case of which everybody sees totals only is counted and not kept.
    told = "c.programme NOT IN (SELECT slug FROM dim_programme WHERE privacy = 'aggregate')"
    run(
        f"CREATE TABLE new_event AS SELECT {columns_of(schema.case_event, _EVENT)} FROM event e JOIN coded c USING (case_id) {_MOVED} WHERE {told}"
    )
    make_stage_visits(stage, city)


def _compute_due_dates(stage: Stage, city: City, as_of: datetime) -> None:
    """Deadlines of cases whose source gives none, from the city's dated SLA rules: `computed_due`, with what was promised before any hold.

    What was promised stays promised: a case that was held with the same type and opening keeps its promise, whatever the rules say now.
    """
    run = stage.connection.execute
    run("CREATE TABLE computed_due (case_id BIGINT, promised_at TIMESTAMP, due_at TIMESTAMP, is_statutory BOOLEAN)")
    if stage.keeps_promises:
        promises.match(stage.connection, stage.last_held if stage.holds_few else None)
    run(f"CREATE TABLE held_due AS {_HELD_DUE if stage.keeps_promises else _NO_HELD_DUE}")
    if not city.sla_rules:
        return
    run(_HOLDS, [as_of])
    holds = run("SELECT * FROM hold").df()
    computed = ", ".join(str(vocabulary.code_of("due_source", word)) for word in ("sla_rule", "statute"))
    without = stage.connection.cursor().execute(
        f"""SELECT c.case_id, c.request_type, c.department, c.priority, c.programme, c.opened_at, h.promised_at AS kept
        FROM changed c LEFT JOIN held_due h ON h.case_id = c.case_id AND h.due_source_id IN ({computed})
            AND h.opened_at = c.opened_at AND h.request_type = c.request_type
        WHERE c.due_at IS NULL AND has_valid_interval IS NOT FALSE"""
    )
    while not (frame := without.fetch_df_chunk(50)).empty:
        promised = frame["kept"].astype("datetime64[us]").fillna(compute_due_dates(frame, city))
        due = after_holds(frame, promised, holds, city)
        law = statutory(frame, city)
        made = pd.DataFrame({"case_id": frame["case_id"], "promised_at": promised, "due_at": due, "is_statutory": law}).dropna()
        writing = stage.connection.cursor()
        writing.register("made", made)
        writing.execute("INSERT INTO computed_due SELECT * FROM made")
        writing.close()
    run(_EXTENDED)


def _word(vocabulary_name: str, column: str) -> str:
    words = ", ".join(f"'{word}'" for word in vocabulary.VOCABULARIES[vocabulary_name])
    return f"coalesce(list_position([{words}], {column}) - 1, 0)::SMALLINT"


def _coded(load_id: int) -> str:
    slots = range(1, schema.AREA_SLOTS + 1)
    areas = ", ".join(f"coalesce(pa{n}.id, 0)::SMALLINT AS area_{n}_id" for n in slots)
    return f"""c.* EXCLUDE (area_1, area_2, area_3, area_4, due_at, due_source, has_valid_interval, location_key),
        p.id::SMALLINT AS programme_id, coalesce(d.id, 0)::SMALLINT AS department_id,
        coalesce(t.id, 0)::SMALLINT AS request_type_id, coalesce(g.id, 0)::SMALLINT AS request_group_id,
        {_word("channel", "c.channel")} AS channel_id, {_word("initiated_by", "c.initiated_by")} AS initiated_by_id,
        {_word("case_class", "coalesce(c.case_class, 'service')")} AS case_class_id,
        {_word("status", "c.status")} AS status_id, {_word("outcome", "c.outcome")} AS outcome_id,
        coalesce(c.due_at, cd.due_at) AS due_at, coalesce(c.due_at, cd.promised_at) AS promised_at,
        {_word("due_source", "CASE WHEN c.due_at IS NOT NULL THEN coalesce(c.due_source, 'source') WHEN cd.is_statutory THEN 'statute' WHEN cd.due_at IS NOT NULL THEN 'sla_rule' ELSE 'none' END")} AS due_source_id,
        coalesce(c.has_valid_interval, true) AS has_valid_interval,
        {_PLACE_KEY} AS location_key,
        {load_id} AS load_id, {areas}"""


# Keyed, because whoever can list a city's addresses could otherwise try them all and read the place from the key.
_PLACE_KEY = """CASE WHEN c.location_key IS NOT NULL OR (c.latitude IS NOT NULL AND c.longitude IS NOT NULL) THEN
    ('0x' || substr(sha256(concat($salt, ':', coalesce(c.location_key::VARCHAR, concat(round(c.latitude, 4), ' ', round(c.longitude, 4))))), 1, 15))::BIGINT END"""
_JOINS = """
    LEFT JOIN map_programme p ON p.label = c.programme
    LEFT JOIN map_department d ON d.label = c.department
    LEFT JOIN map_request_type t ON t.label = c.request_type
    LEFT JOIN map_request_group g ON g.label = c.request_group
    LEFT JOIN computed_due cd ON cd.case_id = c.case_id
    """ + "".join(
    f"""LEFT JOIN area_of_{n} pa{n} ON pa{n}.case_id = c.case_id
    """
    for n in range(1, schema.AREA_SLOTS + 1)
)  # fmt: skip

_EVENTS = """CREATE TABLE event AS SELECT DISTINCT c.case_id, c.opened_at, e.event_at, e.event_kind, e.from_value, e.to_value, e.reason
    FROM stage_event e JOIN coded c USING (programme, source_id) WHERE e.event_at IS NOT NULL"""
_RETYPED = "request type changed"
"""Reason of a moved deadline that came with another type: its new value is then what is promised."""
# A deadline that a source overwrites without telling was moved between two loads: noticed by comparing with what was held.
_NOTICED = f"""CREATE TABLE noticed AS SELECT c.case_id, c.opened_at, coalesce(c.source_updated_at, ?) AS event_at, 'due_changed' AS event_kind,
        strftime(h.due_at, '%Y-%m-%dT%H:%M:%S.%f') AS from_value, strftime(CASE WHEN h.request_type = c.request_type THEN c.due_at ELSE c.promised_at END, '%Y-%m-%dT%H:%M:%S.%f') AS to_value,
        CASE WHEN h.request_type <> c.request_type THEN '{_RETYPED}' END AS reason
    FROM coded c JOIN held_due h USING (case_id)
    WHERE h.due_at <> c.due_at AND h.opened_at = c.opened_at
    AND NOT EXISTS (FROM event e WHERE e.case_id = c.case_id AND e.event_kind = 'due_changed')"""
_NOTICED_BEFORE = f"""INSERT INTO noticed SELECT c.case_id, c.opened_at, e.event_at, 'due_changed', e.from_value, e.to_value, e.reason
    FROM promised_event e JOIN held_case k ON k.held_id = e.case_id JOIN coded c ON c.case_id = k.case_id JOIN held_due h ON h.case_id = k.case_id
    WHERE e.event_kind_id = {vocabulary.code_of("event_kind", "due_changed")} AND h.opened_at = c.opened_at
    AND NOT EXISTS (FROM event told WHERE told.case_id = c.case_id AND told.event_kind = 'due_changed')"""
_HELD_DUE = f"""SELECT k.case_id, r.opened_at, r.due_at, coalesce(e.promised_at, r.first_due_at) AS promised_at, r.due_source_id, t.name AS request_type
    FROM promised_record r JOIN held_case k ON k.held_id = r.case_id JOIN held_request_type t ON t.id = r.request_type_id
    LEFT JOIN (
        SELECT case_id, arg_max(try_cast(to_value AS TIMESTAMP), event_at) AS promised_at FROM promised_event
        WHERE reason = '{_RETYPED}' GROUP BY case_id) e ON e.case_id = r.case_id
    WHERE r.due_at IS NOT NULL"""
# An extension that the source tells moves a computed deadline by as much as it moved the source's own.
_EXTENDED = """UPDATE computed_due SET due_at = due_at + to_microseconds(told.moved) FROM (
        SELECT case_id, sum(date_diff('microsecond', moved_from, moved_to))::BIGINT AS moved FROM (
            SELECT DISTINCT c.case_id, e.event_at, try_cast(e.from_value AS TIMESTAMP) AS moved_from, try_cast(e.to_value AS TIMESTAMP) AS moved_to
            FROM stage_event e JOIN changed c USING (programme, source_id) WHERE e.event_kind = 'due_changed' AND c.due_at IS NULL)
        WHERE moved_from IS NOT NULL AND moved_to IS NOT NULL GROUP BY case_id) told
    WHERE told.case_id = computed_due.case_id"""
_NO_HELD_DUE = """SELECT NULL::BIGINT AS case_id, NULL::TIMESTAMP AS opened_at, NULL::TIMESTAMP AS due_at, NULL::TIMESTAMP AS promised_at,
    NULL::SMALLINT AS due_source_id, NULL::VARCHAR AS request_type WHERE false"""
# A case waits from a pause, or from coming to a stage in which somebody outside has to act, to the next resumption, other stage
# or closing; a pause within a pause is the same.
_HOLDS = """CREATE TABLE hold AS WITH told AS (
        SELECT DISTINCT c.case_id, e.event_at, e.event_kind = 'paused' AS waits, c.closed_at FROM stage_event e JOIN changed c USING (programme, source_id)
        WHERE e.event_kind IN ('paused', 'resumed', 'closed') AND e.event_at IS NOT NULL AND c.due_at IS NULL
        UNION SELECT c.case_id, e.event_at, s.waits = 'True', c.closed_at FROM stage_event e JOIN changed c USING (programme, source_id)
        JOIN map_stage m ON m.programme = e.programme AND m.label = e.to_value JOIN dim_stage s ON s.slug = m.slug
        WHERE e.event_kind = 'stage' AND e.event_at IS NOT NULL AND c.due_at IS NULL
        AND e.programme IN (SELECT programme FROM dim_stage WHERE waits = 'True')),
    turns AS (SELECT *, lag(waits) OVER w IS DISTINCT FROM waits AS is_turn FROM told WINDOW w AS (PARTITION BY case_id ORDER BY event_at, waits))
    SELECT case_id, since, coalesce(until, closed_at, greatest(?, since)) AS until FROM (
        SELECT case_id, waits, closed_at, event_at AS since, lead(event_at) OVER (PARTITION BY case_id ORDER BY event_at, waits) AS until
        FROM turns WHERE is_turn) WHERE waits"""
_TRANSFERS = """CREATE TABLE transfer AS SELECT case_id, min(event_at) AS first_transferred_at, count(*) AS transfer_count,
        list({event_at: event_at, from_id: f.id, to_id: t.id} ORDER BY event_at) AS moves
    FROM event LEFT JOIN map_department f ON f.label = from_value LEFT JOIN map_department t ON t.label = to_value
    WHERE event_kind = 'transferred' GROUP BY case_id"""
_FIRST_DUE = """CREATE TABLE first_due AS SELECT case_id, arg_min(try_cast(from_value AS TIMESTAMP), event_at) AS first_due_at
    FROM event WHERE event_kind = 'due_changed' GROUP BY case_id"""
_MOVED = """LEFT JOIN map_department f ON f.label = e.from_value AND e.event_kind = 'transferred'
    LEFT JOIN map_department t ON t.label = e.to_value AND e.event_kind = 'transferred'"""
_EXTRAS = "LEFT JOIN transfer tr ON tr.case_id = c.case_id LEFT JOIN first_due fd ON fd.case_id = c.case_id"


def spell_columns(day: Callable[[str], str]) -> dict[str, str]:
    """Column -> SQL of `schema.spell` where it is not the coded case's own column; `day` says an instant's day in the city."""
    return {
        "spell_no": "s.spell_no::SMALLINT",
        "spell_opened_at": "s.spell_opened_at",
        "closed_at": "s.span_closed_at",
        "next_opened_at": "s.next_opened_at",
        # The owner at closing is where the last move before it led; before any move, where the first came from.
        "closing_department_id": """coalesce(
            list_last(list_filter(tr.moves, lambda m: m.event_at <= s.span_closed_at)).to_id,
            CASE WHEN s.span_closed_at < tr.first_transferred_at THEN tr.moves[1].from_id END, c.department_id)::SMALLINT""",
        "is_counted": is_counted(),
        "first_due_at": "coalesce(fd.first_due_at, c.promised_at)",
        "opened_on": day("c.opened_at"),
        "spell_opened_on": day("s.spell_opened_at"),
        "closed_on": day("s.span_closed_at"),
        "due_on": day("c.due_at"),
        "has_valid_due": "coalesce(c.due_at >= c.opened_at AND c.has_valid_interval, false)",
        "is_instant": "coalesce(s.span_closed_at - c.opened_at <= INTERVAL 60 SECOND AND c.has_valid_interval, false)",
        "seconds_to_close": "CASE WHEN c.has_valid_interval THEN date_diff('second', c.opened_at, s.span_closed_at) END",
        "first_transferred_at": "tr.first_transferred_at",
        "transfer_count": "coalesce(tr.transfer_count, 0)::SMALLINT",
    }


_RECORD = {
    "closed_at": "s.span_closed_at",
    "first_due_at": "coalesce(fd.first_due_at, c.promised_at)",
    "reopened_count": "(s.spell_no - 1)::SMALLINT",
    "transfer_count": "coalesce(tr.transfer_count, 0)::SMALLINT",
}
_EVENT = {
    "case_id": "e.case_id",
    "event_at": "e.event_at",
    "event_kind_id": _word("event_kind", "e.event_kind"),
    "from_value": "e.from_value",
    "to_value": "e.to_value",
    "from_department_id": "coalesce(f.id, 0)::SMALLINT",
    "to_department_id": "coalesce(t.id, 0)::SMALLINT",
    "reason": "e.reason",
}
