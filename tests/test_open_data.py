"""What residents may take away: tables made of released cells only, each column explained, and files that say how old they are."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zipfile import ZipFile

import frictionless
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from access import PUBLIC_VIEWER
from components import open_data
from data_access.mart.reading import open_mart
from metrics.definitions import REGISTRY
from metrics.measure import ask, measure
from metrics.open_data import TABLES, columns, columns_of, period_of, released
from metrics.question import Question
from metrics.release import RELEASED
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import calendar_of, settings_in, small_city

ZONE = "America/New_York"
QUARTER = Question(date(2026, 1, 1), date(2026, 4, 1), worlds.AS_OF)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A town of 420 cases from 20 Sep 2025 to 20 Apr 2026: two whole quarters, six whole months."""
    folder = tmp_path_factory.mktemp("taken-away")
    city = worlds.city(folder, ZONE)
    worlds.mart_of(folder, [replace(case, case_class="service") for case in worlds.world(5, "w0", ZONE, 420)], city).close()
    mart = open_mart(settings_in(folder, "public"))
    return replace(ask(mart, calendar_of(small_city(ZONE)), QUARTER, PUBLIC_VIEWER), memory={})


def test_only_released_figures_stand_in_tables() -> None:
    assert {name for table in TABLES.values() for name in table.figures} <= RELEASED


@pytest.mark.parametrize("name", TABLES)
def test_the_dictionary_explains_every_column_and_no_other(asked: Asked, name: str) -> None:
    frame, entries = released(TABLES[name], asked), open_data.dictionary(TABLES[name])
    assert list(frame.columns) == columns(TABLES[name]) == [entry.column for entry in entries]
    assert all(entry.meaning and entry.unit and entry.empty for entry in entries)
    # This town has no sensitive service and no other programme; tests/test_released_cells.py has one that does.
    assert (len(frame) > 0) == (not name.startswith(("sensitive", "programme"))) and (frame["as_of"] == "2026-04-20T16:34:56Z").all()


def test_a_figure_is_explained_in_the_words_of_its_definition(asked: Asked) -> None:
    entries = {entry.column: entry for entry in open_data.dictionary(TABLES["city-by-month"])}
    assert entries["ontime_due"].meaning == REGISTRY["ontime_due"].meaning
    assert entries["opened"].empty == "Withheld: fewer than 5, or another cell would follow. Zero is told."


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.figures])
def test_a_table_says_of_every_cell_what_measure_says_of_it(asked: Asked, name: str) -> None:
    """Asked one figure at a time, in the way the API asks: the value, or nothing and the figure's name in `withheld`."""
    table = TABLES[name]
    start, end = period_of(table, asked) or (QUARTER.start, QUARTER.end)
    layers = ("district", "quarter") if "area" in table.about else ("",)
    grain, question = table.grain, asked.question.about(start=start, end=end, grain=table.grain or "month")
    rows = {_key(row, "from", "area_layer", "service", "area"): row for row in released(table, asked).to_dict("records")}
    seen = withheld = 0
    for layer in layers:
        by = tuple(part for part in ("request_type" if "service" in table.about else "", layer) if part)
        for figure in table.figures:
            for told in measure(figure, asked.about(question), by=by or None, period=grain is not None).frame.to_dict("records"):
                first = {"from": f"{told['period']:%Y-%m-%d}"} if grain else {}
                row = rows[_key({**first, **({"area_layer": layer} if layer else {}), **told}, "from", "area_layer", "key", "key_2")]
                assert (figure in row["withheld"].split()) == told["suppressed"]
                assert _same(row[figure], None if told["suppressed"] else told["value"])
                assert not told["suppressed"] or all(pd.isna(row[column]) for column in columns_of(REGISTRY[figure]))
                seen, withheld = seen + 1, withheld + told["suppressed"]
    assert seen and (withheld or "area" not in table.about)


def _key(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names if name in row)


def _same(ours: object, told: float | None) -> bool:
    if told is None or told != told:
        return bool(pd.isna(ours))
    return ours == pytest.approx(told, abs=1e-6)


def test_no_row_stands_for_no_case(asked: Asked) -> None:
    frame = released(TABLES["services-by-area-by-quarter"], asked)
    counted = frame[["opened", "closed"]].fillna(1)
    assert ((counted > 0).any(axis=1) | (frame["ontime_due_of"].fillna(1) > 0)).all()


def test_a_table_begins_with_the_first_period_that_the_data_know_whole(asked: Asked) -> None:
    assert period_of(TABLES["areas-by-quarter"], asked) == (date(2025, 10, 1), date(2026, 4, 1))
    assert period_of(TABLES["city-by-month"], asked) == (date(2025, 10, 1), date(2026, 4, 1))
    assert period_of(TABLES["open-now"], asked) is None


# Over HTTP


def _got(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read()


@pytest.fixture(scope="module")
def ready(public_url: str) -> str:
    """The portal once its tables are made: until then it asks for patience, with 503."""
    for _ in range(30):
        code, headers, _body = _got(f"{public_url}/data/areas-by-quarter.csv")
        if code == 200:
            return public_url
        assert code == 503 and int(headers["Retry-After"]) > 0
    raise AssertionError("the tables were not made in two minutes")


def test_a_table_is_the_same_as_csv_and_as_parquet(ready: str) -> None:
    _code, headers, text = _got(f"{ready}/data/services-by-quarter.csv")
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    table = parquet.read_table(io.BytesIO(_got(f"{ready}/data/services-by-quarter.parquet")[2]))
    assert [str(value) for value in table.column("service").to_pylist()] == [row["service"] for row in rows]
    assert table.column("opened").to_pylist() == [int(row["opened"]) if row["opened"] else None for row in rows]
    assert headers["X-Statroom-As-Of"] == rows[0]["as_of"] == table.schema.metadata[b"statroom.as_of"].decode()
    assert "attachment" in headers["Content-Disposition"]
    assert table.schema.metadata[b"statroom.licence"] == b"Invented data: free for any use"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("name", ["areas-by-quarter.csv", "areas.parquet", "areas.geojson", "dictionary.csv"])
def test_a_file_may_be_kept_a_minute_and_is_asked_for_again_by_its_tag(ready: str, name: str, encoding: str) -> None:
    code, headers, _body = _got(f"{ready}/data/{name}", **{"Accept-Encoding": encoding})
    assert (code, headers["Cache-Control"]) == (200, "public, max-age=60")
    code, again, body = _got(f"{ready}/data/{name}", **{"Accept-Encoding": encoding, "If-None-Match": headers["ETag"]})
    assert (code, body) == (304, b"")
    assert again["ETag"].partition(":")[0].strip('"') == headers["ETag"].partition(":")[0].strip('"')


def test_the_areas_are_a_map_that_others_can_draw(ready: str) -> None:
    made = json.loads(_got(f"{ready}/data/areas.geojson")[2])
    rows = list(csv.DictReader(io.StringIO(_got(f"{ready}/data/areas.csv")[2].decode())))
    assert [feature["id"] for feature in made["features"]] == [f"{row['area_layer']}/{row['area']}" for row in rows]
    assert all(feature["geometry"]["type"] in ("Polygon", "MultiPolygon") for feature in made["features"])
    assert made["licence"] == "Invented data: free for any use" and made["as_of"].endswith("Z")


def test_the_data_package_is_what_it_says_and_holds_the_files_byte_by_byte(ready: str, tmp_path: Path) -> None:
    described = json.loads(_got(f"{ready}/data/datapackage.json")[2])
    code, headers, content = _got(f"{ready}/data/datapackage.zip")
    assert (code, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/zip", "public, max-age=60")
    with ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == {"datapackage.json", "dictionary.csv", *(f"{name}.csv" for name in TABLES)}
        assert json.loads(archive.read("datapackage.json")) == described
        archive.extractall(tmp_path)
    for name in ("services-by-quarter", "sensitive-services", "open-now", "programme-totals"):
        assert (tmp_path / f"{name}.csv").read_bytes() == _got(f"{ready}/data/{name}.csv")[2]
    assert described["licenses"][0]["title"] == "Invented data: free for any use" and described["version"].endswith("-public")
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid and report.stats["tasks"] == len(TABLES), report.flatten(["name", "rowNumber", "fieldName", "message"])[:5]
    # What the description forbids is found out: a share above 1, and a file that is not as long as it says.
    table = (tmp_path / "city-by-month.csv").read_text("utf-8").splitlines()
    share = table[0].split(",").index("ontime_due")
    table[1] = ",".join([*table[1].split(",")[:share], "1.5", *table[1].split(",")[share + 1 :]])
    (tmp_path / "city-by-month.csv").write_text("\r\n".join(table), "utf-8")
    found = frictionless.validate(str(tmp_path / "datapackage.json")).flatten(["type"])
    assert {("constraint-error",), ("byte-count",)} <= {tuple(row) for row in found}


@pytest.mark.parametrize("name", ["nothing.csv", "services.xlsx", "services.csv/x", "%00.csv", "../city.toml", "=1.csv"])
def test_there_is_no_other_file(ready: str, name: str) -> None:
    code, headers, body = _got(f"{ready}/data/{name}")
    assert code in (200, 404)
    assert code == 404 or headers["Content-Type"].startswith("text/html"), body[:200]
