"""What hiding costs in real data: seven years of Boston's requests about animals and pests, as if all of them were sensitive."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from data_access.city import City
from data_access.mart import generations
from data_access.released import attack, cube
from data_access.released.trees import depth, period_depth
from tests.support.real import BOSTON_ANIMAL, Loaded, RealCity

SENSITIVE = ("Bed Bugs", "Pest Infestation - Residential", "Housing")


@dataclass
class Opened:
    """A staff mart as a load has it."""

    connection: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def made(load_real: Callable[[RealCity], Loaded], tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> cube.Cube:
    loaded = load_real(BOSTON_ANIMAL)
    folder = tmp_path_factory.mktemp("released")
    generation = generations.current(run_folder / "real-cities" / BOSTON_ANIMAL.name / "mart")
    assert generation is not None
    copy = shutil.copy(generation.path("staff"), folder / "copy.duckdb")
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{copy}' AS staff")
    connection.execute("UPDATE staff.request_type SET release_class = 'B'")
    release = loaded.city.file.release.model_copy(update={"sensitive": SENSITIVE})
    city = City(loaded.city.folder, loaded.city.file.model_copy(update={"release": release}))
    return cube.release(Opened(connection), city, folder, loaded.mart.as_of, [(1, "neighborhood")])


def test_of_boston_most_numbers_are_shown_and_none_that_is_hidden_follows(made: cube.Cube) -> None:
    assert made.refused == "" and made.tree is not None
    cells = sum(len(one.cells) for one in made.periods.values())
    hidden = sum(len(one.hidden) for one in made.periods.values())
    level = made.tree.plain
    finest = [
        (cell in one.hidden, n)
        for one in made.periods.values()
        for cell, n in one.cells.items()
        if not cell[3] and (period_depth(cell[0]), depth(cell[1]), depth(cell[2])) == (level.period, level.area, level.service)
    ]
    shown = sum(n for is_hidden, n in finest if not is_hidden) / sum(n for _, n in finest)
    print(
        f"{level}: {len(made.periods)} releases, {cells} cells, {hidden} hidden ({hidden / cells:.1%}); {shown:.1%} of cases in shown finest cells"
    )
    assert len(made.periods) > 20 and cells > 300
    assert hidden / cells < 0.25 and shown > 0.9
    for year in {name[:4] for name in made.periods}:
        of = [one for name, one in made.periods.items() if name[:4] == year]
        assert not attack.recovered({cell: None if cell in one.hidden else n for one in of for cell, n in one.cells.items()})
