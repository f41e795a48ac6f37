"""A case's way through the stages of its programme, as stays: when it came to each, when it left, and when it should have.

A case is in the first stage of its programme from its opening, and again from each reopening, unless its events say
otherwise. It leaves a stage when it comes to another or when it is closed. A stage that ends a case is come to and
left at once: how many came to it is known, and nobody stays. Source words for stages that the city does not know are
findings of the load.
"""

from __future__ import annotations

import pandas as pd

from data_access.city import City
from data_access.due import stage_deadlines
from data_access.mart import schema
from data_access.mart.fact_sql import city_day, columns_of, is_counted
from data_access.mart.staging import Stage
from data_access.programme_models import StageConfig

CHUNKS = 50


def make_stage_visits(stage: Stage, city: City) -> None:
    """Make table `new_stage_visit` of the cases of table `coded`, whose spells are in `closed_span`."""
    run = stage.connection.execute
    run(_UNMAPPED)
    run(_ARRIVALS)
    run(_STAYS)
    run("CREATE TABLE stay_due (case_id BIGINT, visit_no BIGINT, stay_due_at TIMESTAMP)")
    for programme in city.programmes:
        for config in programme.stage:
            if config.amount is not None:
                _promise(stage, city, f"{programme.id}.{config.id}", config)
    day = {name: city_day(city.zone, f"s.{name}") for name in ("entered_at", "left_at")}
    made = {
        "spell_no": "1::SMALLINT", "closing_department_id": "c.department_id", "is_counted": is_counted(),
        "opened_at": "s.entered_at", "spell_opened_at": "s.entered_at", "closed_at": "s.left_at", "next_opened_at": "NULL::TIMESTAMP",
        "due_at": "u.stay_due_at", "first_due_at": "u.stay_due_at", "opened_on": day["entered_at"], "spell_opened_on": day["entered_at"],
        "closed_on": day["left_at"], "due_on": city_day(city.zone, "u.stay_due_at"), "has_valid_due": "u.stay_due_at IS NOT NULL",
        "is_instant": "coalesce(s.left_at - s.entered_at <= INTERVAL 60 SECOND, false)",
        "seconds_to_close": "CASE WHEN c.has_valid_interval THEN date_diff('second', s.entered_at, s.left_at) END",
        "first_transferred_at": "NULL::TIMESTAMP", "transfer_count": "0::SMALLINT", "stage_id": "s.stage_id::SMALLINT",
        "next_stage_id": "coalesce(s.next_stage_id, 0)::SMALLINT", "visit_no": "s.visit_no::SMALLINT", "case_opened_at": "c.opened_at",
    }  # fmt: skip
    run(
        f"""CREATE TABLE new_stage_visit AS SELECT {columns_of(schema.stage_visit, made)}
        FROM stay s JOIN coded c USING (case_id) LEFT JOIN stay_due u ON u.case_id = s.case_id AND u.visit_no = s.visit_no"""
    )


def _promise(stage: Stage, city: City, slug: str, config: StageConfig) -> None:
    query = "SELECT case_id, visit_no, entered_at FROM stay JOIN dim_stage d ON d.id = stay.stage_id WHERE d.slug = ?"
    reading = stage.connection.cursor().execute(query, [slug])
    while not (frame := reading.fetch_df_chunk(CHUNKS)).empty:
        due = stage_deadlines(frame["entered_at"], config, city)
        made = pd.DataFrame({"case_id": frame["case_id"], "visit_no": frame["visit_no"], "stay_due_at": due})
        writing = stage.connection.cursor()
        writing.register("made", made)
        writing.execute("INSERT INTO stay_due SELECT * FROM made")
        writing.close()


# Where the source says only where a case stands now, that is known from `stage_at` on. Where a case is at its opening, and at each reopening: where its events of that instant say, else in the first stage.
_ARRIVALS = """CREATE TABLE arrival AS
    WITH first AS (SELECT programme, arg_min(id, position::INTEGER) AS stage_id FROM dim_stage GROUP BY 1),
    told AS (
        SELECT e.case_id, greatest(e.event_at, e.opened_at) AS entered_at, d.id AS stage_id, 1 AS certain
        FROM event e JOIN coded c USING (case_id) JOIN map_stage m ON m.programme = c.programme AND m.label = e.to_value
        JOIN dim_stage d ON d.slug = m.slug WHERE e.event_kind = 'stage'
        UNION SELECT c.case_id, greatest(coalesce(c.stage_at, c.opened_at), c.opened_at), d.id, 0
        FROM coded c JOIN map_stage m ON m.programme = c.programme AND m.label = c.stage JOIN dim_stage d ON d.slug = m.slug
        WHERE NOT EXISTS (FROM event e WHERE e.case_id = c.case_id AND e.event_kind = 'stage'))
    SELECT case_id, entered_at, stage_id, certain FROM told
    UNION ALL SELECT s.case_id, s.spell_opened_at, f.stage_id, 0 FROM closed_span s JOIN coded c USING (case_id) JOIN first f USING (programme)
        WHERE NOT EXISTS (FROM told t WHERE t.case_id = s.case_id AND t.entered_at = s.spell_opened_at)"""
# Coming to the stage a case is in already is no move, unless it was closed in between. What an event says of the instant of closing
# happened before it: who finds nothing at the inspection closes the case there and then. Of stages of one instant the later in order comes later.
_STAYS = """CREATE TABLE stay AS
    WITH placed AS (
        SELECT a.*, s.spell_no, s.span_closed_at, d.ends = 'True' AS ends, d.position::INTEGER AS place FROM arrival a JOIN dim_stage d ON d.id = a.stage_id
        JOIN closed_span s ON s.case_id = a.case_id AND a.entered_at >= s.spell_opened_at
            AND (s.next_opened_at IS NULL OR a.entered_at < s.next_opened_at)
        WHERE s.span_closed_at IS NULL OR a.entered_at < s.span_closed_at OR (a.certain = 1 AND (d.ends = 'True' OR a.entered_at = s.span_closed_at))),
    moves AS (SELECT * FROM placed
        QUALIFY lag(stage_id) OVER (PARTITION BY case_id, spell_no ORDER BY entered_at, certain, place) IS DISTINCT FROM stage_id)
    SELECT case_id, stage_id, entered_at,
        CASE WHEN ends THEN entered_at
             ELSE least(coalesce(lead(entered_at) OVER of_spell, span_closed_at), coalesce(span_closed_at, lead(entered_at) OVER of_spell)) END AS left_at,
        lead(stage_id) OVER of_spell AS next_stage_id,
        row_number() OVER (PARTITION BY case_id ORDER BY entered_at, certain, place) AS visit_no
    FROM moves WINDOW of_spell AS (PARTITION BY case_id, spell_no ORDER BY entered_at, certain, place)"""
_UNMAPPED = """INSERT INTO stage_issue (kind, field, value, case_count, example_source_id, load_id, source_name)
    SELECT 'unmapped_stage', 'stage', m.label, count(DISTINCT c.case_id),
        min(c.source_id) FILTER (c.programme NOT IN (SELECT slug FROM dim_programme WHERE privacy = 'aggregate')), max(c.load_id), c.source_name
    FROM coded c JOIN map_stage m ON m.programme = c.programme AND m.slug IS NULL
    LEFT JOIN event e ON e.case_id = c.case_id AND e.event_kind = 'stage' AND e.to_value = m.label
    WHERE e.case_id IS NOT NULL OR c.stage = m.label GROUP BY m.label, c.source_name"""
