"""Where the changed cases lie: points that stand for "address unknown" go, the rest falls into areas.

A stand-in point must be gone before anything is placed: a spatial join would find the district it
lies in, and invent a hot spot there.
"""

from __future__ import annotations

import json

import pandas as pd

from data_access.city import City
from data_access.mart import schema
from data_access.mart.staging import Stage

LEAST_CASES_FOR_PLACEHOLDER = 200
"""Below this many cases a share on one point says nothing."""


def drop_placeholder_points(stage: Stage, city: City) -> None:
    """Make the stand-in points of table `changed` null, so that no map shows them; what they were is in `placeholder_count`.

    A point is one if it holds too large a share of all cases the mart will have. Where kept cases
    lie already it is left to the next full load, which changes all of them at once.
    """
    run = stage.connection.execute
    run("CREATE TABLE at_point AS SELECT round(latitude, 5) AS latitude, round(longitude, 5) AS longitude FROM changed")
    total = run("SELECT count(latitude) FROM at_point").fetchall()[0][0]
    points = set()
    keeps_cases = stage.kept_cases() > 0
    if keeps_cases:
        # Counted with and without: looking at every kept case would take longer than all the rest of a small load.
        replaced = "SELECT count(latitude) FROM previous.case_record SEMI JOIN (SELECT case_id FROM changed UNION ALL SELECT case_id FROM gone) USING (case_id)"
        total += run(f"SELECT (SELECT count(latitude) FROM previous.case_record) - ({replaced})").fetchall()[0][0]
        points = {tuple(point) for point in json.loads(stage.previous_meta().get("placeholder_points", "[]"))}
    if total >= LEAST_CASES_FOR_PLACEHOLDER:
        run(
            """CREATE TABLE crowded AS SELECT latitude, longitude FROM at_point WHERE latitude IS NOT NULL
            GROUP BY ALL HAVING count(*) > ? * ?""",
            [city.facts.placeholder_point_share, total],
        )
        if keeps_cases and run("SELECT count(*) FROM crowded").fetchall() != [(0,)]:
            run(
                """DELETE FROM crowded WHERE (latitude, longitude) IN (
                SELECT round(latitude, 5), round(longitude, 5) FROM previous.case_record
                WHERE latitude IS NOT NULL AND longitude IS NOT NULL AND case_id NOT IN (SELECT case_id FROM changed UNION ALL SELECT case_id FROM gone))"""
            )
        points |= set(run("FROM crowded").fetchall())
        run("DROP TABLE crowded")
    run("DROP TABLE at_point")
    stage.frame("placeholder", pd.DataFrame(sorted(points), columns=["latitude", "longitude"], dtype="float64"))
    run(
        """CREATE TABLE placeholder_count AS SELECT p.latitude, p.longitude, c.source_name, count(*) AS case_count, min(c.source_id) AS example
        FROM changed c JOIN placeholder p ON round(c.latitude, 5) = p.latitude AND round(c.longitude, 5) = p.longitude GROUP BY ALL"""
    )
    run(
        """UPDATE changed SET latitude = NULL, longitude = NULL, location_key = NULL FROM placeholder p
        WHERE round(changed.latitude, 5) = p.latitude AND round(changed.longitude, 5) = p.longitude"""
    )


def place(stage: Stage, city: City) -> None:
    """Table `area_of_n` (case -> area) for every slot: by the point, else by the name the source gives. `unplaced` has the rest.

    The stage has `map_area_n` (label -> area) and `point_area_n` (point -> area, 0 = none) for each layer.
    """
    run = stage.connection.execute
    run("CREATE TABLE unplaced (source_name VARCHAR, kind VARCHAR, field VARCHAR, value VARCHAR, case_count BIGINT, example VARCHAR)")
    for slot in range(1, schema.AREA_SLOTS + 1):
        if slot > len(city.area_layers):
            run(f"CREATE TABLE area_of_{slot} (case_id BIGINT, id BIGINT)")
            continue
        run(
            f"""CREATE TABLE area_of_{slot} AS SELECT c.case_id, coalesce(nullif(p.id, 0), m.id) AS id FROM changed c
            LEFT JOIN point_area_{slot} p ON p.latitude = c.latitude AND p.longitude = c.longitude
            LEFT JOIN map_area_{slot} m ON m.label = c.area_{slot}"""
        )
        layer = city.area_layers[slot - 1]
        if not layer.file:
            continue
        by_point = layer.assign == "polygon"
        value, missed = ("NULL", "c.latitude IS NOT NULL") if by_point else (f"c.area_{slot}", f"c.area_{slot} IS NOT NULL")
        run(
            f"""INSERT INTO unplaced SELECT c.source_name, ?, ?, {value}, count(*), min(c.source_id) FROM changed c
            JOIN area_of_{slot} a USING (case_id) WHERE a.id IS NULL AND {missed} GROUP BY ALL""",
            ["point_outside_areas" if by_point else "area_not_on_map", layer.id],
        )
