"""The quick ones of the faults that `make faults` tries: the same code, broken once each."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from benchmarks.faults.ground import ROWS
from benchmarks.faults.proxy import Proxy
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town


@pytest.mark.parametrize("passed", [700, 30_000], ids=["while it signs in", "while it sends rows"])
def test_a_database_that_falls_silent_ends_the_load_in_one_line(tmp_path: Path, postgres_url: str, passed: int) -> None:
    """The connection stays open and the network confirms everything: without somebody to hang up the load would wait for ever."""
    Crm(postgres_url).run(ROWS, last=1_000)
    address = make_url(postgres_url)
    with Proxy(int(address.port or 5432), after=passed, then="hang") as way:
        url = address.set(port=way.port).render_as_string(hide_password=False)
        town = Town(tmp_path).database(url, MAPPING, answer_seconds=1)
        assert "cannot be read: it gave no answer for 1 seconds." in town.refused()
        assert way.cuts == 1


def test_a_silent_mariadb_too(tmp_path: Path, mariadb_url: str) -> None:
    Crm(mariadb_url)
    address = make_url(mariadb_url)
    with Proxy(int(address.port or 3306), after=1_500, then="hang") as way:
        url = address.set(port=way.port).render_as_string(hide_password=False)
        assert "cannot be read" in Town(tmp_path).database(url, MAPPING, answer_seconds=1).refused()
