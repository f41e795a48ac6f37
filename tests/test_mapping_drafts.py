"""A mapping mended at a screen: only what differs is written, comments and earlier versions stay, presets are never changed."""

from __future__ import annotations

import os
import tomllib
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from data_access.city import City, load_city
from data_access.mapping.drafts import Draft, NotSaved, drafted, save, undo, written
from data_access.mapping.spec import load_mapping, preset_path
from data_access.sources import open_source
from data_access.sources.samples import keep_sample, kept_sample
from tests.test_cli import CITY, MAPPING

NOW, LATER = datetime(2026, 3, 20, 9), datetime(2026, 3, 20, 10)
COMMENTED = (
    MAPPING.replace('"Open" = "open"', '# Said on the telephone.\n"Open" = "open"   # also by mail')
    + '"Telex" = { channel = "other", initiated_by = "system" }\n'
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A city with a mapping of its own, and a second source with a preset."""
    second = (
        '[[source]]\nname = "other"\nkind = "files"\npath = "x.csv"\npreset = "boston_311"\nprogramme = "requests"  # as it is published\n'
    )
    (tmp_path / "city.toml").write_text(CITY + second)
    (tmp_path / "crm.toml").write_text(COMMENTED)
    return load_city(tmp_path)


def saved(city: City, draft: Draft, place: int = 0, now: datetime = NOW) -> Path:
    """Save over what stands now."""
    source = load_city(city.folder).sources[place]
    return save(city.folder, source, draft, written(city.folder, source).version, now)


def test_what_is_chosen_is_written_and_everything_else_stays_to_the_letter(city: City) -> None:
    kept = saved(
        city,
        Draft(
            {"due_at": "", "priority": "type"},
            {"status": {"closed": "status=closed outcome=duplicate", "Open": "status=open"}, "channel": {"Fax": "channel=mail"}},
        ),
    )
    lines = (city.folder / "crm.toml").read_text().splitlines()
    gone, come = set(COMMENTED.splitlines()) - set(lines), set(lines) - set(COMMENTED.splitlines())
    assert gone == {'due_at = "due"', '"Closed" = "closed"'}
    assert come == {'priority = "type"', '"Closed" = {status = "closed", outcome = "duplicate"}', 'Fax = "mail"'}
    assert kept.read_text() == COMMENTED
    assert load_mapping(city.folder / "crm.toml").channel["Telex"].initiated_by == "system"


def test_the_last_saving_can_be_taken_back_and_is_kept_too(city: City) -> None:
    saved(city, Draft({"due_at": ""}, {}))
    saved(city, Draft({"priority": "type"}, {}), now=LATER)
    second = (city.folder / "crm.toml").read_text()
    undo(city.folder, city.sources[0], LATER)
    assert "priority" not in (city.folder / "crm.toml").read_text()
    undo(city.folder, city.sources[0], datetime(2026, 3, 20, 11))
    assert (city.folder / "crm.toml").read_text() == COMMENTED
    assert (city.folder / "crm.toml.undone-20260320-100000").read_text() == second
    with pytest.raises(NotSaved, match="no earlier version"):
        undo(city.folder, city.sources[0], LATER)


def test_a_preset_stays_and_the_city_gets_a_mapping_that_extends_it(city: City) -> None:
    preset = preset_path("boston_311").read_bytes()
    saved(
        city, Draft({"due_at": "sla_target_dt", "queue": ""}, {"status": {"Parked": "status=waiting"}, "channel": {"Twitter": ""}}), place=1
    )
    own = tomllib.loads((city.folder / "other.toml").read_text())
    assert own == {
        "extends": "boston_311",
        "columns": {"due_at": "sla_target_dt", "queue": False},
        "status": {"Parked": "waiting"},
        "channel": {"Twitter": "unknown"},
    }
    assert "queue" not in load_mapping(city.folder / "other.toml").columns
    assert preset_path("boston_311").read_bytes() == preset
    now = load_city(city.folder)
    assert (now.sources[1].preset, now.sources[1].mapping) == (None, "other.toml")
    assert "# as it is published" in (city.folder / "city.toml").read_text()
    assert "boston_311" in undo(city.folder, now.sources[1], LATER)
    assert load_city(city.folder).sources[1].preset == "boston_311"


@pytest.mark.parametrize(
    ("draft", "place", "said"),
    [
        (Draft({"opened_at": ""}, {}), 0, "No case is without 'opened_at'"),
        (Draft({}, {"status": {"Open": "status=opn"}}), 0, "'status=opn' is no meaning"), (Draft({}, {"status": {"Open": "colour=red"}}), 0, "no meaning"),
        (Draft({"colour": "type"}, {}), 0, "'colour' is not a field of a case"), (Draft({}, {}), 0, "Nothing differs"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_explained_and_nothing_is_written(city: City, draft: Draft, place: int, said: str) -> None:
    before = {path.name: path.read_bytes() for path in city.folder.iterdir()}
    with pytest.raises(NotSaved, match=said):
        saved(city, draft, place)
    assert {path.name: path.read_bytes() for path in city.folder.iterdir()} == before


def test_who_saves_over_somebody_elses_change_is_told(city: City) -> None:
    seen = written(city.folder, city.sources[0]).version
    saved(city, Draft({"due_at": ""}, {}))
    with pytest.raises(NotSaved, match="Somebody changed this mapping meanwhile"):
        save(city.folder, city.sources[0], Draft({"priority": "type"}, {}), seen, LATER)


def test_a_folder_that_cannot_be_written_leaves_the_text_to_copy(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("data_access.mapping.drafts.tempfile.mkstemp", refused)
    with pytest.raises(NotSaved, match=r"cannot be written here \(Permission denied\); copy the text below"):
        saved(city, Draft({"due_at": ""}, {}))
    assert (city.folder / "crm.toml").read_text() == COMMENTED
    text, mapping = drafted(written(city.folder, city.sources[0]), Draft({"due_at": ""}, {}))
    assert "due_at" not in text
    assert "due_at" not in mapping.columns


def test_the_rows_that_are_kept_hold_nothing_about_people(city: City) -> None:
    """Of six columns about people two are told by their name and are not even read, four by what they hold."""
    rows = range(300)
    people = {"Caller Name": [f"Name {i}" for i in rows], "home_phone": ["x" for _ in rows]}
    people |= {"extra": [f"a{i}@b.example" for i in rows], "c7": [f"617-555-{1000 + i}" for i in rows], "said": [f"My neighbour number {i} never clears the snow before the door of his house" for i in rows]}  # fmt: skip
    frame = pd.DataFrame({"id": list(rows), "opened": ["2026-03-16 08:00:00" for _ in rows], "status": ["Open" for _ in rows], **people})
    frame.to_csv(city.folder / "cases.csv", index=False)
    assert keep_sample(open_source(city.sources[0], city), city.folder / "data", NOW)
    kept = kept_sample(city.folder / "data", "export")
    assert kept is not None
    assert list(kept.frame.columns) == ["id", "opened", "status"]
    assert set(kept.left_out) == set(people)
    path = city.folder / "data" / "samples" / "export.parquet"
    assert not any(word in path.read_bytes() for word in (b"b.example", b"617-555", b"neighbour", b"Name 1"))
    assert os.stat(path).st_mode & 0o077 == 0
    assert kept_sample(city.folder / "data", "nothing") is None
