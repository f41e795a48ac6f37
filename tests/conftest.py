"""What tests may ask for: a demo city, the application served, servers and a browser that run.

A test whose server, browser or data is missing is skipped and says what would make it run.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from data_access.mart import reading
from settings import Settings
from tests.support import servers, services, spark
from tests.support.marts import SERVER
from tests.support.servers import served

if TYPE_CHECKING:
    from tests.support.real import Loaded, RealCity

# A developer's own settings must not decide what the tests see.
for _name in [name for name in os.environ if name in ("CRM_URL", "PORT") or (name.startswith("STATROOM_") and "TEST" not in name)]:
    if _name not in ("STATROOM_ORACLE", "STATROOM_REAL_DATA", "STATROOM_DEBUG"):
        del os.environ[_name]

# Nor whether modules are kept compiled: the many processes that tests start would each compile the application anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure(config: pytest.Config) -> None:
    """With STATROOM_TEST_MART=postgresql or spark every mart that tests make is read from a server, also by the processes of a run."""
    wanted = os.environ.get("STATROOM_TEST_MART", "")
    if wanted not in ("postgresql", "spark") or hasattr(config, "workerinput"):
        return
    if wanted == "spark":
        _start_spark(config)
        return
    server = services.address(services.POSTGRES)
    if server is None:
        raise pytest.UsageError(f"STATROOM_TEST_MART=postgresql needs a PostgreSQL; start one or set {services.POSTGRES}")
    databases = _databases(server, "PostgreSQL")
    os.environ[SERVER] = next(databases)
    config.add_cleanup(lambda: next(databases, None))


def _start_spark(config: pytest.Config) -> None:
    # On a busy machine a cluster takes longer for nothing than people would wait.
    reading.QUERY_SECONDS = 300.0
    reason = spark.missing()
    if reason:
        raise pytest.UsageError(f"STATROOM_TEST_MART=spark: {reason}")
    if os.environ.get(SERVER):
        return
    folder = tempfile.TemporaryDirectory(prefix="statroom-spark-")
    cluster = spark.started_cluster(Path(folder.name))
    os.environ[SERVER] = cluster.__enter__()
    config.add_cleanup(lambda: (cluster.__exit__(None, None, None), folder.cleanup()))


LONGEST = (
    "browser", "hostile", "everyone", "sql_source", "links_to_cases", "page_map", "gate", "kept_promises", "programme_pages", "page_departments",
    "scripts_in_texts", "language", "page_sla", "page_backlog", "page_programmes", "freeze", "real_pages", "page_cases", "page_sources",
)  # fmt: skip
"""Files that take longest, the longest first: but of the first two, which two processes begin with, only one waits for the demo city to be built."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes none shall begin a long file when the others have nothing left to do."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        places = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole test run, shared by its processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def _compress_once(run_folder: Path) -> None:
    """All servers of a run share their compressed files, as those of a city do that are started again."""
    servers.COMPRESSED = run_folder / "compressed"


@pytest.fixture(scope="session")
def demo_settings(run_folder: Path) -> Settings:
    """Staff settings over a small demo city (`tests/support/demo.py` has its size, seed and last day)."""
    from tests.support.demo import demo_in

    made = demo_in(run_folder / "demo-city")
    # What people write is each test process's own, or two that run side by side would find each other's.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    own = run_folder / f"own-{worker}.sqlite"
    shared = make_url(made.store_url).database
    assert shared is not None
    shutil.copy(shared, own)
    return dataclasses.replace(made, store_url=f"sqlite:///{own}")


@pytest.fixture(scope="session")
def demo_public_settings(demo_settings: Settings) -> Settings:
    """The same city for the public."""
    return dataclasses.replace(demo_settings, audience="public")


@pytest.fixture(scope="session")
def staff_app(demo_settings: Settings) -> Flask:
    """The staff application over the demo city, in this process. There is no public one beside it: a process has one audience."""
    from app import create_app

    return create_app(demo_settings)


@pytest.fixture(scope="session")
def staff_url(demo_settings: Settings) -> Iterator[str]:
    """Address of the staff application over the demo city."""
    with served(demo_settings) as url:
        yield url


@pytest.fixture(scope="session")
def public_url(demo_public_settings: Settings) -> Iterator[str]:
    """Address of the public portal over the demo city."""
    with served(demo_public_settings) as url:
        yield url


@pytest.fixture(scope="session")
def mosaic_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the town of `tests/support/mosaic.py`, loaded."""
    from tests.support.mosaic import make_town

    return make_town(tmp_path_factory.mktemp("mosaic"))


@pytest.fixture(scope="session")
def load_real(run_folder: Path) -> Callable[[RealCity], Loaded]:
    """A published export (`tests/support/real.py`), loaded once for all tests of a run."""
    from tests.support.real import load_in

    return lambda real: load_in(run_folder / "real-cities" / real.name, real)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    yield from _empty_database(services.POSTGRES, "PostgreSQL")


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """An empty MariaDB database."""
    yield from _empty_database(services.MARIADB, "MariaDB")


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis database, emptied before and after."""
    url = services.address(services.REDIS)
    if url is None:
        pytest.skip(f"no Redis answers; start one or set {services.REDIS}")
    import redis

    client = redis.Redis.from_url(url)
    client.flushdb()
    yield url
    client.flushdb()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser of the system, for the fixtures of pytest-playwright."""
    path = services.browser()
    if path is None:
        pytest.skip(f"no Chromium or Chrome is installed; install one or set {services.BROWSER}")
    flags = (
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    )  # fmt: skip
    return {**browser_type_launch_args, "executable_path": path, "args": list(flags)}


def _empty_database(variable: str, label: str) -> Iterator[str]:
    server = services.address(variable)
    if server is None:
        pytest.skip(f"no {label} answers; start one or set {variable}")
    yield from _databases(server, label)


def _databases(server: str, label: str) -> Iterator[str]:
    name = f"statroom_test_{secrets.token_hex(4)}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f"DROP DATABASE {name}" + (" WITH (FORCE)" if label == "PostgreSQL" else ""))


def _run(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
