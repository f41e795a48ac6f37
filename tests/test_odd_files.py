"""`flask init` of files that nobody cleaned: what a source writes never becomes a line of a city's files, nor a person a sample."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from data_access.city import load_city
from data_access.mapping.spec import load_mapping
from data_access.proposing.personal import by_name, personal
from data_access.proposing.web_look import without_query
from data_access.sources import open_source
from data_access.sources.samples import TAKEN_OUT, keep_sample, kept_sample
from settings import utc_now
from tests.test_init import Types, export, types  # noqa: F401

HOSTILE = "Works\n[[publish]]\naudience = \"public\"\n\x07'''\\ ${HOME}"


def test_words_and_names_of_columns_of_a_source_are_no_lines_of_the_files(types: Types, tmp_path: Path) -> None:  # noqa: F811
    path = export(
        tmp_path / "c.csv",
        rows=40,
        **{"Dept": lambda i: HOSTILE, "Request Type": lambda i: 'P"\n]\n[x]\x1b[31m', 'evil\n[[source]]\nname = "x"': str, "bell\x07": str},
    )
    result = types(path, tmp_path / "made", "--yes", "--name", 'A "B" \\ C')
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output and "\x07" not in result.output
    city = load_city(tmp_path / "made")
    assert city.name == 'A "B" \\ C' and not city.file.publish and len(city.sources) == 1
    load_mapping(tmp_path / "made" / "crm.toml")
    # The rows are read as they are written.
    source = open_source(city.sources[0], city)
    assert {batch.frame["department"].iloc[0] for batch in source.batches(None)} == {HOSTILE}


@pytest.mark.parametrize("header", [["id", "created date", "status", "status"], ["id", "created date", "status", ""]])
def test_a_name_that_comes_twice_or_is_empty_stops_no_file(types: Types, tmp_path: Path, header: list[str]) -> None:  # noqa: F811
    with (tmp_path / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [header, *([f"C{i}", f"2026-03-0{i % 9 + 1} 10:00", "Open", "second"] for i in range(30)), ["too", "short"]]
        )
    assert types(tmp_path / "c.csv", tmp_path / "made", "--yes").exit_code == 0
    city = load_city(tmp_path / "made")
    frame = pd.concat([batch.frame for batch in open_source(city.sources[0], city).batches(None)])
    assert list(frame["status"].dropna().unique()) == ["Open"] and frame["source_id"].dropna().tolist() == [f"C{i}" for i in range(30)]


@pytest.mark.parametrize("text", ["", "\r\n", "id,created date\n"])
def test_a_file_without_rows_is_one_line(types: Types, tmp_path: Path, text: str) -> None:  # noqa: F811
    (tmp_path / "c.csv").write_text(text)
    result = types(tmp_path / "c.csv", tmp_path / "made", "--yes")
    assert result.exit_code == 1 and "STATROOM_DEBUG" not in result.output and not (tmp_path / "made").exists()


def test_dates_in_both_orders_are_doubted(types: Types, tmp_path: Path) -> None:  # noqa: F811
    days = pd.date_range("2026-01-01", periods=120)
    path = export(tmp_path / "c.csv", rows=120, **{"Created Date": lambda i: f"{days[i]:%d/%m/%Y}" if i % 2 else f"{days[i]:%m/%d/%Y}"})
    assert "month first and others with the day first" in types(path, tmp_path / "made", "--yes").output


@pytest.mark.parametrize(
    "name",
    ["Requestor", "requestor_name", "Contact Info", "reported_by", "OWNERNAME", "phone1", "Telefono", "useremail", "FName", "home_address"],
)
def test_more_names_say_that_a_column_is_about_people(name: str) -> None:
    assert by_name(name)


@pytest.mark.parametrize("name", ["contact method", "First Contact", "owner department", "Contact Type", "address", "received by", "Owner"])
def test_names_that_only_sound_so_do_not(name: str) -> None:
    assert by_name(name) is None


def test_a_handful_of_people_is_told_by_names_that_many_have() -> None:
    few = ["Anna Wolf", "BROWN, DAVID", "jose perez", "Mary-Ann Lee", "Xu Wei", "Pat Q", "Tom B. Stone", "Zed Nox"]
    assert personal("Owner", pd.Series(few)) == "names of people" and personal("name", pd.Series(few)) == "names of people"
    for other in (
        ["John Street", "St James Park", "Mary Ave", "Martin Rd", "George St", "Anne Pl"],
        ["Parks", "Street Lights", "Solid Waste"],
    ):
        assert personal("Owner", pd.Series(other)) is None


def test_the_kept_sample_names_nobody(types: Types, tmp_path: Path) -> None:  # noqa: F811
    told = {
        "comments": lambda i: "call me at 617-555-0123 please",
        "Name": lambda i: f"{('Anna', 'Tom', 'Eva', 'Sue', 'Kim')[i % 5]} Ek",
        "Requestor": lambda i: "Bo Ek",
    }
    path = export(tmp_path / "c.csv", **told, **{"Request Type": lambda i: "write to a@b.example" if i == 5 else f"Pothole {i}"})
    assert types(path, tmp_path / "made", "--yes").exit_code == 0
    city = load_city(tmp_path / "made")
    assert keep_sample(open_source(city.sources[0], city), tmp_path / "data", utc_now().replace(tzinfo=None))
    kept = kept_sample(tmp_path / "data", city.sources[0].name)
    assert kept is not None
    assert not {"comments", "Name", "Requestor", "Caller Phone"} & {*kept.frame.columns}
    assert kept.frame["Request Type"].tolist().count(TAKEN_OUT) == 1
    assert "example" not in json.dumps(kept.frame.to_dict()) + (tmp_path / "made" / "crm.toml").read_text()


def test_an_address_on_the_web_leaves_its_token_out(types: Types, tmp_path: Path) -> None:  # noqa: F811
    assert without_query("https://a.example/resource/abcd-1234.json?$$app_token=s3cret") == "https://a.example/resource/abcd-1234.json"
    result = types("https://me:s3cret@a.example/resource/abcd-1234.json", tmp_path / "made", "--yes")
    assert result.exit_code == 1 and "s3cret" not in result.output.splitlines()[-1]


def test_a_database_whose_columns_need_quotation_marks_is_read_as_proposed(types: Types, tmp_path: Path) -> None:  # noqa: F811
    """Names with blanks, capitals, quotation marks and what would end a text of several lines; a look-up table beside."""
    with sqlite3.connect(tmp_path / "crm.sqlite") as crm:
        crm.execute(
            'CREATE TABLE "Service Requests" ("Case ""No""" TEXT, "Opened At" TEXT, "Status\'\'\'s" TEXT, "Dept Id" INTEGER, "Requestor" TEXT)'
        )
        crm.execute('CREATE TABLE "Depts" ("Dept Id" INTEGER PRIMARY KEY, "Dept Name" TEXT)')
        crm.executemany('INSERT INTO "Depts" VALUES (?, ?)', [(1, "Works"), (2, "Parks")])
        rows = [(f"C-{i}", f"2026-03-{i % 28 + 1:02d} 10:00:00", "Open", i % 2 + 1, "Anna Ek") for i in range(80)]
        crm.executemany('INSERT INTO "Service Requests" VALUES (?, ?, ?, ?, ?)', rows)
    result = types(f"sqlite:///{tmp_path / 'crm.sqlite'}", tmp_path / "made", "--yes", "--table", "Service Requests")
    assert result.exit_code == 0, result.output
    city = load_city(tmp_path / "made")
    frame = pd.concat([batch.frame for batch in open_source(city.sources[0], city).batches(None)])
    assert len(frame) == 80 and set(frame["source_id"]) == {f"C-{i}" for i in range(80)} and frame["opened_at"].notna().all()
    assert "Anna" not in (tmp_path / "made" / "crm.toml").read_text()
