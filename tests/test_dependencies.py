"""What is installed is what was tried: every package exactly named, every import's package among them, none without use."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from settings import ROOT
from tests.support.audit import verdict

RUNTIME = (
    "access.py",
    "app.py",
    "gunicorn.conf.py",
    "serve.py",
    "settings",
    "api",
    "cli",
    "components",
    "data_access",
    "metrics",
    "pages",
)
DEVELOPMENT = ("benchmarks", "docs", "tests")
RANGES = {"numpy", "pyproj"}
"""No one release of these fits every Python there is; pip picks the newest that does."""
BY_NAME = {
    "gunicorn": "`serve.py` starts it", "duckdb-sqlalchemy": "SQLAlchemy finds it by the address", "psycopg": "SQLAlchemy finds it by the address",
    "pymysql": "SQLAlchemy finds it by the address", "redis": "Flask-Caching and Flask-Limiter find it by the address", "tzdata": "Python reads it",
    "plotly": "Dash draws with it", "duckdb": "SQLAlchemy's dialect needs it",
}  # fmt: skip
"""Used without an import of ours."""
NEWER = {"compression"}
"""Of Python itself from a later release on; before it a package of `requirements.txt` stands in."""
OPTIONAL = {"pyhive", "thrift"}
"""Of `requirements-spark.txt`: who reads the mart from a Spark cluster installs them."""
TOOLS = {"pyright", "ruff", "pytest-playwright", "pytest-timeout", "pytest-xdist", "playwright", "pip-audit"}
"""Commands, and plug-ins of pytest."""


def read(name: str) -> list[str]:
    """The lines of a requirements file that name a package; a comment that begins the second part is kept."""
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("-r")]


def parts() -> tuple[dict[str, Requirement], dict[str, Requirement]]:
    """(what our code imports, what that needs), by name."""
    lines = read("requirements.txt")
    at = lines.index("# What these need")
    return tuple(  # type: ignore[return-value]
        {canonicalize_name(one.name): one for one in (Requirement(line) for line in some if not line.startswith("#"))}
        for some in (lines[:at], lines[at:])
    )


def development() -> dict[str, Requirement]:
    return {
        canonicalize_name(one.name): one for one in (Requirement(line) for line in read("requirements-dev.txt") if not line.startswith("#"))
    }


def packages_of(places: tuple[str, ...]) -> set[str]:
    """The packages whose modules our code imports."""
    known, ours = packages_distributions(), {path.stem for path in ROOT.iterdir()}
    found = set()
    for place in places:
        for path in [ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
                found |= {module.partition(".")[0] for module in modules}
    return {canonicalize_name(known.get(name, [name])[0]) for name in found - set(sys.stdlib_module_names) - ours - NEWER - {"__future__"}}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-spark.txt"])
def test_every_package_is_named_with_its_exact_version(file: str) -> None:
    wanted = [Requirement(line) for line in read(file) if not line.startswith("#")]
    loose = {canonicalize_name(one.name) for one in wanted if [part.operator for part in one.specifier] != ["=="]}
    assert loose <= RANGES


def test_the_application_imports_what_is_named_as_imported_and_no_more() -> None:
    named, used = set(parts()[0]), packages_of(RUNTIME)
    assert used - named - OPTIONAL == set()
    assert named - used - set(BY_NAME) == set()


def test_what_only_some_cities_install_is_imported_where_an_address_asks_for_it() -> None:
    """One module has imports of it at its top, and no module imports that one at its own."""
    found = set()
    for path in (ROOT / "data_access").rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                if {name.partition(".")[0] for name in names} & {*OPTIONAL, "spark_dialect"}:
                    found.add(path.name)
    assert found == {"spark_dialect.py"}


def test_the_tests_import_what_is_named_for_them() -> None:
    named = set(development())
    used = packages_of(DEVELOPMENT) - set(parts()[0])
    assert used - named - set(parts()[1]) == set()
    assert named - used - TOOLS == set()


def test_everything_that_is_needed_by_what_we_name_is_named_too() -> None:
    imported, needed = parts()
    named = {**imported, **needed}
    missing = set()
    for name, wanted in named.items():
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            # For another Python than this one.
            assert wanted.marker is not None, name
            continue
        for one in map(Requirement, lines):
            extras = wanted.extras or {""}
            is_exact = [part.operator for part in one.specifier] == ["=="]
            if not is_exact and any(one.marker is None or one.marker.evaluate({"extra": extra}) for extra in extras):
                missing |= {canonicalize_name(one.name)} - set(named)
    assert missing == set()


def test_no_package_comes_from_anywhere_but_the_index() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        assert not re.search(r"://|^-e|^--|@", Path(ROOT / file).read_text(), re.M)


def test_an_audit_that_asked_about_nothing_says_so() -> None:
    """A mirror of the index may know no faults at all: that is no clean bill."""
    skipped = {"name": "x", "skip_reason": "not found"}
    clean = {"name": "y", "version": "1", "vulns": []}
    faulty = {"name": "z", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    assert verdict({"dependencies": [skipped]}) == (
        "Nothing was audited: the package index that was asked knows of no faults (1 packages).",
        0,
    )
    assert verdict({"dependencies": [skipped, clean]}) == ("1 packages audited, 0 known faults; 1 packages could not be audited.", 0)
    assert verdict({"dependencies": [faulty]})[0].startswith("z 2: CVE-1, mended in 3\n")
    assert verdict({"dependencies": [faulty]})[1] == 1


def test_the_lock_names_what_is_required_with_hashes_and_nothing_else() -> None:
    """Written by `make lock`; here only compared, for which no index is asked."""
    blocks = re.findall(
        r"^([a-z]\S*)==(\S+)(.*)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", (ROOT / "requirements.lock").read_text(), re.M
    )
    locked = {(canonicalize_name(name.partition("[")[0]), version) for name, version, _, _ in blocks}
    assert len(blocks) == len(re.findall(r"^[a-z]", (ROOT / "requirements.lock").read_text(), re.M))
    wanted = {**parts()[0], **parts()[1]}
    exact = {(name, next(iter(one.specifier)).version) for name, one in wanted.items() if name not in RANGES}
    assert exact <= locked
    assert {name for name, _ in locked - exact} == RANGES | {"psycopg-binary", "pydantic-core"} - set(wanted)
    for name in RANGES:
        pythons = {marker.split('"')[1] for found, _, marker, _ in blocks if found == name}
        assert pythons == {"3.11", "3.12", "3.13"}
        assert all(version in wanted[name].specifier for found, version, _, _ in blocks if found == name)
