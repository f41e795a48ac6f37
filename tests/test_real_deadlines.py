"""Cities' own deadlines, rebuilt from the opening by configuration alone: the clock of a promise is data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_access import vocabulary
from data_access.city import City, load_city
from tests.support.real import BALTIMORE, BOSTON, RealCity, load_in
from tests.support.real_raw import rows, truth

CITY = """
sla_preset = ["{preset}"]

[city]
id = "{name}"
name = "{name}"
zone = "{zone}"

[[programme]]
id = "requests"
name = "Requests"

[[source]]
name = "export"
kind = "files"
path = "{path}"
programme = "requests"
{mapping}
"""
WITHOUT_DEADLINES = """
extends = "{preset}"

[read]
optional = ["outcome", "due_at"]

[columns]
due_at = "(left out)"
"""


def city_of(real: RealCity, folder: Path, *, with_deadlines: bool) -> City:
    """What a city would write: its export, with or without the column of deadlines, and the name of its promises."""
    ((_, preset),), path = real.sources, real.files()[0]
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(WITHOUT_DEADLINES.format(preset=preset))
    mapping = f'preset = "{preset}"' if with_deadlines else 'mapping = "mapping.toml"'
    (folder / "city.toml").write_text(CITY.format(name=real.name, zone=real.zone, preset=preset, path=path, mapping=mapping))
    return load_city(folder)


def deadlines(real: RealCity, folder: Path, column: str, *, with_deadlines: bool = False) -> pd.DataFrame:
    """`due` and `source` of every case after a load, beside `theirs` and the `type`; local times, in the order of the file."""
    city = city_of(real, folder / "city", with_deadlines=with_deadlines)
    frame = rows(real)
    found = load_in(folder / "data", real, city).records("due_at", "due_source_id").loc[frame[column]].reset_index(drop=True)
    due = found["due_at"].dt.tz_localize("UTC").dt.tz_convert(real.zone).dt.tz_localize(None)
    source = found["due_source_id"].map(dict(enumerate(vocabulary.DUE_SOURCES)))
    kind = frame["type" if real is BOSTON else "SRType"]
    return pd.DataFrame({"due": due, "source": source, "theirs": truth(real).due, "type": kind})


def test_boston_s_deadlines_of_2011_follow_from_the_opening(tmp_path: Path) -> None:
    """The 45,443 due dates of the 49 types with at least 100: 99 % within two minutes (404 differ; many were set by hand)."""
    found = deadlines(BOSTON, tmp_path, "case_enquiry_id")
    given = found[found["theirs"].notna()]
    population = given[given.groupby("type")["type"].transform("size") >= 100]
    assert (len(population), population["type"].nunique()) == (45_443, 49)
    assert (population["source"] == "sla_rule").all()
    near = (population["due"] - population["theirs"]).abs() <= pd.Timedelta(minutes=2)
    assert near.mean() >= 0.99
    assert (~near).sum() == 404
    others = found[~found["type"].isin(population["type"])]
    assert others["due"].isna().all(), "a type without a rule has no deadline"


def test_all_of_baltimore_s_deadlines_follow_from_the_opening_to_the_second(tmp_path: Path) -> None:
    found = deadlines(BALTIMORE, tmp_path, "SRRecordID")
    given = found[found["theirs"].notna()]
    assert len(given) == 9_714
    assert (given["source"] == "sla_rule").all()
    assert (given["due"] == given["theirs"]).all()
    assert found.loc[found["theirs"].isna(), "due"].isna().all(), "the 22 types that never had a deadline have none now"


def test_boston_s_own_deadlines_stand_and_only_the_missing_ones_are_computed(tmp_path: Path) -> None:
    """A quarter of the bulk item pick-ups, among others, came without one."""
    found = deadlines(BOSTON, tmp_path, "case_enquiry_id", with_deadlines=True)
    given = found["theirs"].notna()
    assert given.sum() == 47_270
    assert (found.loc[given, "source"] == "source").all()
    assert (found.loc[given, "due"] == found.loc[given, "theirs"]).all()
    promised = set(found.loc[given].groupby("type").filter(lambda cases: len(cases) >= 100)["type"])
    missing = found[~given]
    computed = missing["source"] == "sla_rule"
    assert computed.equals(missing["type"].isin(promised))
    assert computed[missing["type"] == "Schedule a Bulk Item Pickup"].sum() == 12_445 - 9_394
    assert missing.loc[~computed, "due"].isna().all()
