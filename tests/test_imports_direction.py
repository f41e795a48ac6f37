"""Who may know whom: data_access <- metrics <- components <- pages <- app; and what stays at its place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from data_access.mart import schema
from settings import ROOT

LAYERS = ("settings", "access", "data_access", "metrics", "components", "pages")
"""Lowest first. A layer imports itself and those before it."""
TOP = ("app", "api", "cli", "serve")
"""Above all layers: each may import any of them."""
SQL = ("sqlalchemy", "duckdb", "duckdb_sqlalchemy", "psycopg", "pymysql", "sqlite3", "alembic")
EXPRESSIONS_ONLY = "metrics"
"""Builds SELECTs of SQLAlchemy expressions, which only `Mart.read` runs."""
CONNECTING = {"create_engine", "Engine", "Connection", "text", "literal_column", "sessionmaker", "Session", "MetaData", "Table", "inspect"}
PERSONAL = re.compile(r"e_?mail|phone|telephone|(first|last|full|requester|reporter|constituent|contact|citizen)_?name|ssn|birth", re.I)


@cache
def files() -> list[Path]:
    made = [path for name in (*LAYERS, *TOP) for path in (ROOT / f"{name}.py", *sorted((ROOT / name).rglob("*.py"))) if path.exists()]
    return [path for path in made if "migrations" not in path.parts]


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in the code of `path`; read once, since each of the many claims about every file asks for it."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """(module, name) of every import, also those inside functions."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# One test for all files: a test for each is thousands, and to count them takes longer than to look.


def test_a_layer_imports_only_itself_and_lower_ones() -> None:
    wrong = {}
    for path in files():
        layer = layer_of(path)
        if layer in ("settings", "access"):
            allowed = {layer}
        elif layer in LAYERS:
            allowed = set(LAYERS[: LAYERS.index(layer) + 1])
        else:
            allowed = {*LAYERS, *TOP}
        ours = {module.partition(".")[0] for module, _ in imports(path)} & {*LAYERS, *TOP}
        if not ours <= allowed:
            wrong[named(path)] = ours - allowed
    assert wrong == {}
    assert len(files()) > 100


def test_sql_stays_below() -> None:
    wrong = {}
    for path in files():
        used = [(module, name) for module, name in imports(path) if module.partition(".")[0] in SQL]
        layer = layer_of(path)
        if layer == "data_access":
            continue
        if layer == EXPRESSIONS_ONLY:
            used = [(module, name) for module, name in used if module.partition(".")[0] != "sqlalchemy" or name in CONNECTING]
        if used:
            wrong[named(path)] = used
    assert wrong == {}


def test_callbacks_are_made_by_the_gate_alone() -> None:
    wrong = []
    for path in files():
        if path == ROOT / "components" / "gate.py":
            continue
        names = {name for module, name in imports(path) if module in ("dash", "dash.dependencies", "dash._callback")}
        by_name = re.search(r"\bdash\.(clientside_)?callback\b|\bapp\.(clientside_)?callback\b", path.read_text("utf-8"))
        if names & {"callback", "clientside_callback"} or by_name:
            wrong.append(named(path))
    assert wrong == []


def test_modules_stay_readable() -> None:
    lines = {named(path): len(path.read_text("utf-8").splitlines()) for path in files()}
    assert {name: n for name, n in lines.items() if n > 300} == {}


def test_only_settings_ask_the_machine_for_the_time() -> None:
    clock = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(\)|Timestamp\.(now|today|utcnow)\(")
    asking = [str(path.relative_to(ROOT)) for path in files() if layer_of(path) != "settings" and clock.search(path.read_text("utf-8"))]
    assert asking == []


def test_nothing_is_fetched_from_elsewhere_at_run_time() -> None:
    """A city network blocks CDNs: scripts, styles, fonts and shapes are served by the application."""
    fetched = re.compile(
        r"https?://(?!127\.0\.0\.1|localhost)[\w.-]*(cdn|jsdelivr|unpkg|googleapis|gstatic|bootstrapcdn|cloudflare|mapbox|openstreetmap|carto)"
    )
    ours = [*files(), *(path for path in (ROOT / "assets").rglob("*") if path.suffix in (".css", ".js", ".html", ".json", ".svg"))]
    found = {}
    for path in ours:
        source = path.read_text("utf-8", errors="replace")
        outside = fetched.findall(source) + re.findall(r"""(?:url\(|@import|src=)\s*['"]?https?://""", source)
        outside += re.findall(r"dbc\.(?:themes|icons)\.[A-Z]+", source)
        if outside:
            found[str(path.relative_to(ROOT))] = outside[:3]
    assert found == {}


def test_the_mart_has_no_column_for_a_person() -> None:
    columns = [f"{table.name}.{column.name}" for table in schema.metadata.sorted_tables for column in table.columns]
    assert [name for name in columns if PERSONAL.search(name)] == []


def test_importing_a_layer_does_no_work() -> None:
    """No file is opened for writing, no address is resolved and nothing is connected to by an import."""
    watch = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "sqlite3.connect"):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(refuse)
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files()]
    # One module needs packages that only some cities install, and nothing imports it without them (tests/test_dependencies.py).
    below = [
        name
        for name in names
        if name.partition(".")[0] in ("settings", "access", "data_access", "metrics", "cli", "api") and not name.endswith(".spark_dialect")
    ]
    done = subprocess.run([sys.executable, "-c", watch, *below], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
