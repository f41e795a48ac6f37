"""Portals on this machine that answer as Socrata, ArcGIS and CKAN document it: paging, limits, errors, and rows in SQLite behind them."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

DATASET = "abcd-1234"
RESOURCE = "11111111-2222-3333-4444-555555555555"
SYSTEM = (":id", ":created_at", ":updated_at")


class Portal:
    """What was asked (`asked`: path, arguments, headers), what comes instead of the next answers (`instead`), and the rows."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.instead: list[Response | None] = []
        self.breaks: Callable[[str, dict[str, str]], Response | None] = lambda path, args: None
        """Answers that are always wrong, by path and arguments."""
        self.has_sql = True
        self.most = 1_000
        """Rows of one answer at most, where the protocol has such a limit."""
        self.dates: dict[str, tuple[str, ...]] = {}
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        self._lock = threading.Lock()

    def table(self, name: str, rows: list[dict[str, Any]], dates: tuple[str, ...] = ()) -> None:
        """Let there be these rows; `dates` are the columns that are times (of ArcGIS, in milliseconds)."""
        self.dates[name] = dates
        self.run(f'DROP TABLE IF EXISTS "{name}"')
        columns = list(dict.fromkeys(column for row in rows for column in row))
        self.run(f'CREATE TABLE "{name}" ({", ".join(_quoted(column) for column in columns)})')
        for row in rows:
            self.run(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', *(row.get(column) for column in columns))

    def run(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Any statement; its rows."""
        with self._lock:
            found = self._rows.execute(statement, values)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def columns(self, name: str) -> list[str]:
        return [row["name"] for row in self.run(f'PRAGMA table_info("{name}")')]

    def paths(self, ending: str = "") -> list[dict[str, str]]:
        """The arguments of what was asked at addresses that end so."""
        return [args for path, args, _ in self.asked if path.endswith(ending)]


def _quoted(name: str) -> str:
    return f'"{name}"'


P = TypeVar("P", bound=Portal)


@contextmanager
def portal() -> Iterator[Portal]:
    """A portal on a free port of this machine."""
    app = Flask("portal")
    with serving(app, Portal) as made:
        _socrata(app, made)
        _arcgis(app, made)
        _ckan(app, made)
        yield made


@contextmanager
def serving(app: Flask, kind: type[P]) -> Iterator[P]:
    """`app` on a free port of this machine, with a `kind` of portal that sees what it is asked."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    made = kind(f"http://127.0.0.1:{server.server_port}")

    @app.before_request
    def watch() -> Response | None:
        made.asked.append((request.path, request.args.to_dict(), dict(request.headers)))
        if made.instead:
            return made.instead.pop(0)
        return made.breaks(request.path, request.args.to_dict())

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _socrata(app: Flask, made: Portal) -> None:
    def soql(text: str) -> str:
        return re.sub(
            r":\w+", lambda found: _quoted(found[0]), re.sub(r"'[^']*'", lambda found: found[0].replace(":", "\0"), text)
        ).replace("\0", ":")

    @app.get(f"/resource/{DATASET}.json")
    def rows() -> Any:
        args = request.args
        if set(args) - {"$select", "$where", "$order", "$limit", "$offset"}:
            return jsonify({"error": True, "message": f"Unrecognized arguments {sorted(args)}"}), 400
        statement = f'SELECT {soql(args.get("$select", "*"))} FROM "{DATASET}"'
        statement += f" WHERE {soql(args['$where'])}" if "$where" in args else ""
        statement += f" ORDER BY {soql(args['$order'])}" if "$order" in args else ""
        statement += f" LIMIT {int(args.get('$limit', 1000))} OFFSET {int(args.get('$offset', 0))}"
        try:
            found = made.run(statement)
        except sqlite3.OperationalError as error:
            return jsonify({"error": True, "message": f"Query coordinator error: query.soql.no-such-column; {error}"}), 400
        # A row has no key for what is null; numbers come as text.
        return jsonify([{name: str(value) for name, value in row.items() if value is not None} for row in found])

    @app.get(f"/api/views/{DATASET}.json")
    def view() -> Any:
        return jsonify({"id": DATASET, "columns": [{"fieldName": name} for name in made.columns(DATASET) if name not in SYSTEM]})


def _arcgis(app: Flask, made: Portal) -> None:
    @app.get("/arcgis/rest/services/311/FeatureServer/<layer>")
    def describe(layer: str) -> Any:
        kinds = dict.fromkeys(made.dates[layer], "esriFieldTypeDate") | {"OBJECTID": "esriFieldTypeOID"}
        names = [name for name in made.columns(layer) if name not in ("x", "y")]
        return jsonify({
            "type": "Feature Layer", "geometryType": "esriGeometryPoint", "objectIdField": "OBJECTID", "maxRecordCount": made.most,
            "fields": [{"name": name, "type": kinds.get(name, "esriFieldTypeString")} for name in names],
            "editFieldsInfo": {"editDateField": "EditDate"} if "EditDate" in names else None,
            "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True},
        })  # fmt: skip

    @app.get("/arcgis/rest/services/311/FeatureServer/<layer>/query")
    def query(layer: str) -> Any:
        args = request.args
        where = re.sub(r"TIMESTAMP '([^']+)'", lambda found: str(_milliseconds(found[1])), args["where"])
        try:
            if args.get("returnCountOnly") == "true":
                return jsonify({"count": made.run(f'SELECT count(*) AS n FROM "{layer}" WHERE {where}')[0]["n"]})
            most = min(int(args["resultRecordCount"]), made.most)
            found = made.run(f'SELECT * FROM "{layer}" WHERE {where} ORDER BY {args["orderByFields"]} LIMIT {most + 1}')
        except sqlite3.OperationalError:
            return jsonify({"error": {"code": 400, "message": "Cannot perform query. Invalid query parameters.", "details": ["'where'"]}})
        wanted = args["outFields"].split(",")
        features = [
            {"attributes": {name: row[name] for name in wanted}}
            | ({"geometry": {"x": row["x"], "y": row["y"]}} if args.get("returnGeometry") == "true" and args.get("outSR") == "4326" else {})
            for row in found[:most]
        ]
        return jsonify({"features": features} | ({"exceededTransferLimit": True} if len(found) > most else {}))


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _ckan(app: Flask, made: Portal) -> None:
    def answer(rows: list[dict[str, Any]], **more: Any) -> Any:
        fields = [{"id": name, "type": "text"} for name in made.columns(RESOURCE)]
        return jsonify({"success": True, "result": {"records": rows, "fields": fields, **more}})

    def refused(status: int, message: str) -> Any:
        return jsonify({"success": False, "error": {"message": message, "__type": "Not Found Error"}}), status

    @app.get("/api/3/action/datastore_search")
    def search() -> Any:
        args = request.args
        if args["resource_id"] != RESOURCE:
            return refused(404, f'Not found: Resource "{args["resource_id"]}" was not found.')
        most = min(int(args["limit"]), made.most)
        listed = ", ".join(_quoted(name) for name in args["fields"].split(",")) if "fields" in args else "*"
        rows = made.run(f'SELECT {listed} FROM "{RESOURCE}" ORDER BY {args.get("sort", "_id")} LIMIT {most} OFFSET {args.get("offset", 0)}')
        total = made.run(f'SELECT count(*) AS n FROM "{RESOURCE}"')[0]["n"]
        return answer(rows, limit=most, **({"total": total} if args.get("include_total") != "false" else {}))

    @app.get("/api/3/action/datastore_search_sql")
    def sql() -> Any:
        if not made.has_sql:
            return refused(400, "Bad request - Action name not known: datastore_search_sql")
        return answer(made.run(request.args["sql"]))
