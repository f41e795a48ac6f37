"""A small city of one's own for tests of loading: its files in a folder, real loads, and a look into the mart they made."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb

from data_access import vocabulary
from data_access.city import City
from data_access.city_models import CityFile
from data_access.loading import LoadReport
from data_access.mart import generations
from data_access.store import runs
from data_access.store.engine import open_store
from data_access.sync import SyncError, sync
from settings import Settings, read_settings

MAPPING = """
[columns]
source_id = "id"
request_type = "type"
department = "department"
channel = "channel"
status = "status"
opened_at = "opened"
due_at = "due"
closed_at = "closed"
[status]
"Open" = "open"
"Closed" = "closed"
[channel]
"Phone" = "phone"
"Web" = "web"
"""
HEADER = "id,type,department,channel,status,opened,due,closed"
WORDS = {"status": "status", "channel": "channel", "outcome": "outcome", "case_class": "case_class", "due_source": "due_source", "initiated_by": "initiated_by"}  # fmt: skip


class Town:
    """A city in New York's time zone with one programme. `folder` holds its files, `settings` its mart and own database."""

    def __init__(self, folder: Path, **tables: Any) -> None:
        self.folder = folder
        self.tables: dict[str, Any] = tables
        self.sources: list[dict[str, Any]] = []
        data = folder / "data"
        self.settings: Settings = dataclasses.replace(
            read_settings({}), city=folder, data=data, mart=data / "mart", store_url=f"sqlite:///{data / 'statroom.sqlite'}"
        )

    def copy(self, folder: Path) -> Town:
        """The same town with all it has loaded, in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        made = Town(folder, **self.tables)
        made.sources = [dict(source) for source in self.sources]
        return made

    def files(self, path: str = "cases.csv", mapping: str = MAPPING, name: str = "export", **more: Any) -> Town:
        """Read files at `path`."""
        (self.folder / f"{name}.toml").write_text(mapping)
        self.sources.append({"name": name, "kind": "files", "path": path, "mapping": f"{name}.toml", "programme": "requests", **more})
        return self

    def database(self, url: str, mapping: str, name: str = "crm", **more: Any) -> Town:
        """Read the database at `url`."""
        (self.folder / f"{name}.toml").write_text(mapping)
        self.sources.append({"name": name, "kind": "sql", "url": url, "mapping": f"{name}.toml", "programme": "requests", **more})
        return self

    def web(
        self, kind: str, url: str, mapping: str | None = None, name: str = "api", *, ask: dict[str, Any] | None = None, **more: Any
    ) -> Town:
        """Read the API at `url`, with a mapping's text or a `preset`; `ask` is its `[source.web]`, without pauses unless it says so."""
        if mapping is not None:
            (self.folder / f"{name}.toml").write_text(mapping)
            more["mapping"] = f"{name}.toml"
        asked = {"requests_per_second": 20, **(ask or {})}
        self.sources.append({"name": name, "kind": kind, "url": url, "programme": "requests", "web": asked, **more})
        return self

    def write(self, name: str, *rows: str, header: str = HEADER) -> Path:
        """A CSV file of `rows` in the town's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row}\n" for row in (header, *rows)))
        return path

    def map(self, name: str, features: list[tuple[str, list[list[tuple[float, float]]]]]) -> None:
        """A GeoJSON file of named polygons: (name, rings of (longitude, latitude))."""
        made = [
            {"type": "Feature", "properties": {"name": label}, "geometry": {"type": "Polygon", "coordinates": rings}}
            for label, rings in features
        ]
        (self.folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": made}))

    def city(self) -> City:
        facts = {"id": "town", "name": "Town", "zone": "America/New_York", **self.tables.get("city", {})}
        rest = {key: value for key, value in self.tables.items() if key != "city"}
        data = {"city": facts, "programme": [{"id": "requests", "name": "Requests"}], "source": self.sources, **rest}
        return City(self.folder, CityFile.model_validate(data))

    def load(self, **options: Any) -> LoadReport:
        """Load, and check that every row read is accounted for; answers the report of the last source."""
        reports = sync(self.settings, self.city(), **options)
        for report in reports:
            parts = report.rows_new + report.rows_changed + report.rows_unchanged + report.rows_quarantined
            assert report.rows_read == parts, report
        return reports[-1]

    def refused(self, **options: Any) -> str:
        """The line with which a load fails, after checking that it is one line, on record, and changed nothing."""
        before = self.generation(), self.runs()
        try:
            sync(self.settings, self.city(), **options)
        except SyncError as error:
            line = str(error)
        else:
            raise AssertionError("the load did not fail")
        now = self.runs()
        assert "\n" not in line and len(line) < 600, line
        assert self.generation() == before[0]
        assert len(now) == len(before[1]) + 1 and now[0]["state"] == "failed" and now[0]["error"] == line
        return line

    def generation(self) -> int | None:
        """Number of the generation in service."""
        current = generations.current(self.settings.mart)
        return None if current is None else current.number

    def runs(self) -> list[dict[str, Any]]:
        """The loads on record, newest first."""
        store = open_store(self.settings)
        try:
            return runs.recent(store).to_dict("records")
        finally:
            store.dispose()

    def ask(self, query: str, audience: str = "staff") -> list[tuple[Any, ...]]:
        """Rows of `query` put to the mart in service."""
        current = generations.current(self.settings.mart)
        assert current is not None
        with duckdb.connect(str(current.path(audience)), read_only=True) as connection:  # type: ignore[arg-type]
            return connection.execute(query).fetchall()

    def says(self, *words: str, audience: str = "staff") -> list[str]:
        """The texts of the mart in service, in whatever table, that contain one of `words`."""
        current = generations.current(self.settings.mart)
        assert current is not None
        found = []
        with duckdb.connect(str(current.path(audience)), read_only=True) as connection:  # type: ignore[arg-type]
            texts = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR'"
            ).fetchall()
            assert len(texts) > 20
            for table, column in texts:
                fits = " OR ".join(f"contains(lower({column}), '{word.lower()}')" for word in words)
                found += [
                    f"{table}.{column}: {text}" for (text,) in connection.execute(f"SELECT {column} FROM {table} WHERE {fits}").fetchall()
                ]
        return found

    def cases(self) -> dict[str, dict[str, Any]]:
        """The cases in service by their id in the source, with words in place of numbers."""
        current = generations.current(self.settings.mart)
        assert current is not None
        with duckdb.connect(str(current.path("staff")), read_only=True) as connection:
            rows = connection.execute(
                """SELECT r.*, d.name AS department, t.name AS request_type, s.has_valid_interval, s.has_valid_due, s.is_instant
                FROM case_record r LEFT JOIN department d ON d.id = r.department_id LEFT JOIN request_type t ON t.id = r.request_type_id
                JOIN spell s ON s.case_id = r.case_id AND s.next_opened_at IS NULL ORDER BY r.case_id"""
            )
            names = [column[0] for column in rows.description or []]
            found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        for case in found:
            for name, words in WORDS.items():
                case[name] = vocabulary.VOCABULARIES[words][case[f"{name}_id"]]
        return {case["source_id"]: case for case in found}

    def findings(self) -> set[tuple[str, str, str | None, int]]:
        """(kind, field, value, rows) of what loads noticed in rows they kept."""
        return set(self.ask("SELECT kind, field, value, case_count FROM quality_issue"))

    def quarantine(self) -> list[tuple[Any, ...]]:
        """(id, reason) of the refused rows."""
        return self.ask("SELECT source_id, reason FROM quarantine ORDER BY ALL")
