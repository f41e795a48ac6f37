"""The demo CRM is the same in SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from data_access.demo.build import advance_demo, build_demo
from tests.test_demo_build import tables

AS_OF = date(2026, 3, 31)
NEXT = datetime(2026, 4, 1, 12)


def _plain(url: str) -> dict[str, list[list[str]]]:
    """All values as text, whatever type a database gives them."""
    return {name: [[_text(value) for value in row] for row in frame.to_numpy(dtype=object).tolist()] for name, frame in tables(url).items()}


def _text(value: object) -> str:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, (int, float)):
        return f"{float(value):.5f}"
    return str(value).removesuffix(".000000").removesuffix(" 00:00:00")


@pytest.fixture(scope="module")
def in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'crm.sqlite'}"
    build_demo(url, 2_000, as_of=AS_OF)
    advance_demo(url, NEXT)
    return _plain(url)


def test_postgresql_holds_the_same_rows_also_a_day_later(in_sqlite: dict[str, list[list[str]]], postgres_url: str) -> None:
    build_demo(postgres_url, 2_000, as_of=AS_OF)
    advance_demo(postgres_url, NEXT)
    assert _plain(postgres_url) == in_sqlite


def test_mariadb_holds_the_same_rows_also_a_day_later(in_sqlite: dict[str, list[list[str]]], mariadb_url: str) -> None:
    build_demo(mariadb_url, 2_000, as_of=AS_OF)
    advance_demo(mariadb_url, NEXT)
    assert _plain(mariadb_url) == in_sqlite


def test_a_demo_is_built_again_over_an_earlier_one_in_a_server(tmp_path: Path, postgres_url: str) -> None:
    alone = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    for seed in (1, 2):
        build_demo(postgres_url, 1_000, seed=seed, as_of=AS_OF)
    build_demo(alone, 1_000, seed=2, as_of=AS_OF)
    assert _plain(postgres_url) == _plain(alone)
