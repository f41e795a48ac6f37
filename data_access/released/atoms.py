"""Counts the cases of class B in the staff mart: the smallest groups of which released cells are made."""

from __future__ import annotations

import pandas as pd

from data_access import vocabulary
from data_access.city import City
from data_access.mart.fact_sql import HEADLINE
from data_access.mart.staging import Stage
from data_access.released.files import Tree
from data_access.released.hiding import LEAST, LEAST_SENSITIVE
from data_access.released.trees import ELSEWHERE, up

NO_GROUP = "other"
_SERVICE = f"s.is_counted AND s.case_class_id = {vocabulary.code_of('case_class', 'service')} AND {HEADLINE}"
_OPENED = f"s.spell_no = 1 AND {_SERVICE}"
"""As the figure "Opened" counts."""
_FELL_DUE = f"s.next_opened_at IS NULL AND s.has_valid_due AND {_SERVICE}"
"""As the figure "On time" counts, of deadlines that have come."""


def count(stage: Stage, layers: list[tuple[int, str]], tree: Tree | None) -> pd.DataFrame:
    """`month`, `area`, `service`, `deadline` and `n` of every smallest group, all of the staff mart's time.

    `month` is when cases were opened, or, where `deadline` says whether that was met, when they fell due.
    """
    slots = [slot for slot, _ in layers]
    areas = "".join(f", s.area_{slot}_id" for slot in slots)
    of_type = "JOIN staff.request_type t ON t.id = s.request_type_id"
    groups = f"{of_type} LEFT JOIN staff.request_group g ON g.id = t.request_group_id"
    columns = f"t.slug AS type, coalesce(g.slug, '{NO_GROUP}') AS of_group{areas}, count(*)::INTEGER AS n"
    frame = stage.connection.execute(
        f"""SELECT strftime(s.opened_on, '%Y-%m') AS month, '' AS deadline, {columns} FROM staff.spell s {groups}
            WHERE t.release_class = 'B' AND {_OPENED} GROUP BY ALL
        UNION ALL
        SELECT strftime(s.due_on, '%Y-%m'), CASE WHEN s.closed_at <= s.due_at THEN 'met' ELSE 'missed' END, {columns} FROM staff.spell s {groups}
            WHERE t.release_class = 'B' AND {_FELL_DUE} GROUP BY ALL"""
    ).df()
    kept = {} if tree is None else tree.services
    paths = _area_paths(stage, layers)
    ids = zip(*(frame[f"area_{slot}_id"].tolist() for slot in slots), strict=True) if slots else [()] * len(frame)
    area = [_area_of(each, paths) for each in ids]
    # A type stays in the group it was first released in, or a group's year would not be the sum of its quarters.
    service = [kept.get(name, f"{group}/{name}") for name, group in zip(frame["type"], frame["of_group"], strict=True)]
    made = frame[["month", "deadline", "n"]].assign(area=pd.Series(area, dtype="str"), service=pd.Series(service, dtype="str"))
    return made.groupby(["month", "area", "service", "deadline"], as_index=False)["n"].sum()


def withheld(stage: Stage, year: str) -> int:
    """Cases opened in `year` of services of which nothing else is published."""
    rows = stage.connection.execute(
        f"""SELECT count(*) FROM staff.spell s JOIN staff.request_type t ON t.id = s.request_type_id
        WHERE t.release_class = 'C' AND {_OPENED} AND s.opened_on BETWEEN make_date(?, 1, 1) AND make_date(?, 12, 31)""",
        [int(year), int(year)],
    ).fetchall()
    return int(rows[0][0])


def least(stage: Stage, city: City) -> dict[str, int]:
    """Type of class B -> fewest cases that are shown of it, as the city says now."""
    rows = stage.connection.execute("SELECT slug, name FROM staff.request_type WHERE release_class = 'B'").fetchall()
    return {key: LEAST_SENSITIVE if city.is_sensitive(name) else LEAST for key, name in rows}


def names(stage: Stage, layers: list[tuple[int, str]], found: pd.DataFrame) -> dict[str, str]:
    """Labels of the areas and services of `found`: "area:..." and "service:..." with their paths."""
    run = stage.connection.execute
    types = dict(run("SELECT slug, name FROM staff.request_type").fetchall())
    groups = dict(run("SELECT slug, name FROM staff.request_group").fetchall())
    made: dict[str, str] = {}
    for path in sorted(set(found["service"])):
        group, _, kind = path.partition("/")
        made |= {f"service:{group}": groups.get(group, group), f"service:{path}": types.get(kind, kind)}
    areas = {(layer, key): name for layer, key, name in run("SELECT layer_id, slug, name FROM staff.area").fetchall()}
    for path in {step for leaf in set(found["area"]) for step in up(leaf) if step}:
        steps = path.split("/")
        made[f"area:{path}"] = areas.get((layers[len(steps) - 1][1], steps[-1]), "")
    return made


def _area_paths(stage: Stage, layers: list[tuple[int, str]]) -> list[dict[int, str]]:
    """For each layer: area number -> path."""
    made: list[dict[int, str]] = []
    by_slug: dict[str, str] = {}
    for at, (_, layer) in enumerate(layers):
        rows = stage.connection.execute("SELECT id, slug, parent_slug FROM staff.area WHERE layer_id = ?", [layer]).fetchall()
        paths = {key: f"{by_slug[above]}/{key}" if at else key for _, key, above in rows if not at or above in by_slug}
        made.append({number: paths[key] for number, key, _ in rows if key in paths})
        by_slug = paths
    return made


def _area_of(numbers: tuple[int, ...], paths: list[dict[int, str]]) -> str:
    """The path of the smallest area a case is known to lie in, and `none` for the layers below it."""
    for at in range(len(numbers) - 1, -1, -1):
        path = paths[at].get(numbers[at])
        if path is not None:
            return "/".join([path, *[ELSEWHERE] * (len(numbers) - 1 - at)])
    return "/".join([ELSEWHERE] * len(numbers))
