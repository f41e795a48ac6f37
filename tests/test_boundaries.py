"""Areas that were drawn anew: the boundaries of a period, the same cases in all of them, and what a city may not write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from components import area_versions, filters
from data_access import city_checks as cities
from data_access.city import CityError, load_city
from data_access.mart.reading import open_mart
from metrics.areas import layers
from metrics.boundaries import changed_within, in_force, versions
from metrics.measure import ask, measure
from metrics.periods import Calendar
from metrics.question import PLAIN_DIMENSIONS, Question
from metrics.select import Asked
from tests.support import mosaic
from tests.support.desks import CITY_TOML, asked_for, at_desk, listed, view_for
from tests.support.marts import MAYOR, settings_in

JANUARY = Question(date(2026, 1, 5), date(2026, 2, 2), mosaic.AS_OF)
APRIL = Question(date(2026, 3, 30), date(2026, 4, 27), mosaic.AS_OF)
ACROSS = Question(date(2026, 2, 2), date(2026, 3, 30), mosaic.AS_OF)


@pytest.fixture(scope="module")
def folder(mosaic_town: Path) -> Path:
    return mosaic_town


def asked(folder: Path, question: Question) -> Asked:
    return ask(open_mart(settings_in(folder)), Calendar("UTC", "monday", 1), question, MAYOR)


@pytest.mark.parametrize(("question", "then"), [(JANUARY, "old_block"), (APRIL, "block"), (ACROSS, "block")], ids=["before", "after", "across"])  # fmt: skip
def test_a_period_has_the_boundaries_of_its_last_day(folder: Path, question: Question, then: str) -> None:
    assert in_force(asked(folder, question), "block").layer == then
    assert in_force(asked(folder, question), "block", "today").layer == "block"
    assert changed_within(asked(folder, question), "block") == (question is ACROSS)


def test_the_last_day_of_the_old_boundaries_is_theirs(folder: Path) -> None:
    for end, then in ((date(2026, 3, 1), "old_block"), (date(2026, 3, 2), "block")):
        assert in_force(asked(folder, JANUARY.about(end=end)), "block").layer == then


def test_every_case_lies_in_both_whichever_is_drawn(folder: Path) -> None:
    whole = asked(folder, Question(date(2026, 1, 1), date(2026, 4, 30), mosaic.AS_OF))
    by_version = {layer: measure("opened", whole, by=layer).frame.set_index("key")["n"].to_dict() for layer in ("block", "old_block")}
    service = [case["block"] for case in mosaic.cases() if case["case_class"] == "service"]
    assert by_version["block"] == Counter(block.lower() for block in service)
    assert by_version["old_block"] == Counter(f"row-{block[1]}" for block in service)
    assert sum(by_version["block"].values()) == sum(by_version["old_block"].values()) == measure("opened", whole).value


def test_a_layer_that_was_never_redrawn_has_one_version(folder: Path) -> None:
    assert [version.layer for version in versions(asked(folder, APRIL), "block")] == ["old_block", "block"]
    assert [version.layer for version in versions(asked(folder, APRIL), "old_block")] == ["old_block"]


class TestOnTheMap:
    @pytest.fixture
    def city_map(self, staff_app: Flask, folder: Path) -> Iterator[Any]:
        from pages.staff import map as city_map

        with at_desk(folder, on_time_target=0.8):
            yield city_map

    def drawn(self, city_map: Any, **query: str) -> Any:
        asked = asked_for(from_="2026-01-05", to="2026-02-02")
        return city_map.draw_map(asked, view_for(asked, layer="block", metric="opened", **query))

    def test_the_map_says_which_boundaries_it_shows(self, city_map: Any) -> None:
        then, today = self.drawn(city_map), self.drawn(city_map, boundaries="today")
        assert set(then.twin.frame["label"]) == {f"Row {row}" for row in range(5)} and len(today.twin.frame) == 25
        assert then.title.endswith("; boundaries to 28 Feb 2026") and today.title.endswith("; boundaries from 1 Mar 2026 on")
        assert then.twin.frame["value"].sum() == today.twin.frame["value"].sum()
        assert all(listed(href) == value for href, value in zip(then.twin.frame["href"], then.twin.frame["value"], strict=True))

    def test_a_reader_chooses_among_the_layers_of_today(self, city_map: Any) -> None:
        asked = asked_for()
        assert set(layers(asked)) == {"block", "old_block"} and set(area_versions.layers_of_today(asked)) == {"block"}


def test_names_that_addresses_use_are_no_layers() -> None:
    """A layer of areas is a parameter of every page and of the API."""
    from dataclasses import fields

    known = (
        {field.name for field in fields(Question)} - {"start", "end", "areas"}
        | {"from", "to", "weeks", "by", "period"}
        | set(PLAIN_DIMENSIONS)
    )
    assert known <= cities.TAKEN


def test_no_page_option_can_be_the_name_of_a_layer(staff_app: Flask) -> None:
    """Each option of a page keeps its name from layers as soon as there is one."""
    assert {"metric", "layer", "show"} <= set(filters.OPTIONS) <= cities.TAKEN


LAYER = '[[area_layer]]\nid = "{id}"\nname = "A"\nplural = "As"\n{more}\n'


@pytest.mark.parametrize(("layers", "said"), [
    ([("metric", "")], "which addresses use for something else; name the layer 'metric_area'"),
    ([("department", "")], "which addresses use for something else"),
    ([("ward", 'file = "w.geojson"'), ("old", 'file = "o.geojson"\nversion_of = "wards"\nvalid_to = 2020-01-01')], "name the layer with the boundaries of today"),
    ([("ward", 'file = "w.geojson"'), ("old", 'file = "o.geojson"\nversion_of = "ward"')], "say with 'valid_to'"),
    ([("ward", 'file = "w.geojson"\nassign = "name"'), ("old", 'file = "o.geojson"\nversion_of = "ward"\nvalid_to = 2020-01-01')], "needs a 'file' and assign"),
    ([("ward", 'file = "w.geojson"\nvalid_from = 2020-01-02\nvalid_to = 2020-01-01')], "before its 'valid_from'"),
])  # fmt: skip
def test_a_layer_that_cannot_be_is_refused_in_words(tmp_path: Path, layers: list[tuple[str, str]], said: str) -> None:
    text = CITY_TOML.format(more="") + "".join(LAYER.format(id=id, more=more) for id, more in layers)
    (tmp_path / "city.toml").write_text(text)
    with pytest.raises(CityError, match=said):
        load_city(tmp_path)


def test_context_layers_may_be_called_anything(tmp_path: Path) -> None:
    text = CITY_TOML.format(more="") + LAYER.format(id="list", more='file = "x.geojson"\ncontext = true')
    (tmp_path / "city.toml").write_text(text)
    assert load_city(tmp_path).context_layers[0].id == "list"
