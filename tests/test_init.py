"""`flask init` looks at a city's data and proposes what it means; it asks what it cannot tell, and leaves nothing half-written."""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import Result
from flask import Flask

import cli
import cli.asking
from data_access.city import load_city
from data_access.demo.build import build_demo
from data_access.mapping.spec import load_mapping
from data_access.proposing.facts import facts_of
from data_access.proposing.fields import propose
from data_access.proposing.personal import personal
from data_access.proposing.words import words_of
from settings import ROOT
from tests.support.crm import Crm
from tests.support.web_api import DATASET, portal
from tests.test_cli import assert_one_line

Types = Callable[..., Result]
KNOWN = ("Open", "Closed", "In Progress")


@pytest.fixture
def types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Types:
    """Somebody who types commands, with answers on the keyboard."""
    monkeypatch.setenv("STATROOM_DATA", str(tmp_path / "data"))
    server = Flask("init-test")
    cli.register(server)
    runner = server.test_cli_runner()
    return lambda *command, keys="": runner.invoke(args=["init", *map(str, command)], input=keys)


def export(path: Path, rows: int = 60, **columns: Callable[[int], object]) -> Path:
    """A CSV of requests, one an hour from 8 h to 17 h, half of them closed a day later; columns may be added, replaced or (None) left out."""
    day = lambda i, hours=0: f"{pd.Timestamp('2026-03-02 08:00') + pd.Timedelta(days=i // 10, hours=i % 10 + hours):%m/%d/%Y %I:%M:%S %p}"  # noqa: E731
    usual: dict[str, Callable[[int], object]] = {
        "Case No": lambda i: f"C-{i}", "Request Type": lambda i: ("Pothole", "Tree", "Noise")[i % 3], "Dept": lambda i: ("Streets", "Parks")[i % 2],
        "Status": lambda i: "Closed" if i % 2 else "Open", "Created Date": day, "Due Date": lambda i: day(i, 72), "Date Closed": lambda i: day(i, 24) if i % 2 else "",
        "lat": lambda i: 42.36 + i % 7 / 1000, "lon": lambda i: -71.06 - i % 5 / 1000, "Caller Phone": lambda i: f"617-555-{1000 + i}",
    }  # fmt: skip
    made = {name: [how(i) for i in range(rows)] for name, how in {**usual, **columns}.items() if how is not None}
    pd.DataFrame(made).to_csv(path, index=False)
    return path


def proposed(folder: Path, **columns: Callable[[int], object]) -> dict[str, str]:
    """Field -> proposed column of such an export."""
    frame = pd.read_csv(export(folder / "cases.csv", **columns), dtype=str, keep_default_na=False)
    return {name: one.column for name, one in propose(facts_of(frame)).fields.items()}


# A database: which table, which look-ups, which log


@pytest.mark.parametrize("server", ["sqlite", "postgres_url", "mariadb_url"])
def test_the_demo_crm_is_mapped_as_its_makers_do_it(server: str, types: Types, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Its tables declare no foreign key: look-ups are found by name and by their ids. Every field of the hand-written mapping that names nobody."""
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}" if server == "sqlite" else request.getfixturevalue(server)
    build_demo(url, 1_000, as_of=date(2026, 3, 31))
    done = types(url, tmp_path / "city", "--yes", "--name", "Port Alder", "--zone", "America/New_York")
    assert done.exit_code == 0, done.stderr
    assert "The cases are in requests." in done.stdout
    assert "constituents: " in done.stdout
    assert "e-mail addresses and names of people and telephone numbers are not read" in done.stdout
    made, by_hand = load_mapping(tmp_path / "city" / "crm.toml"), load_mapping(ROOT / "cities" / "demo" / "crm.toml")
    same = {"source_id", "opened_at", "due_at", "closed_at", "source_updated_at", "status", "channel", "outcome", "priority", "request_type", "department", "queue", "latitude", "longitude"}  # fmt: skip
    assert {name: made.columns.get(name) for name in same} == {
        name: "closure_reason" if name == "outcome" else by_hand.columns[name] for name in same
    }
    assert not {"title", "description", "resolution_text"} & set(made.columns)
    assert made.events is not None
    assert made.events.kinds == by_hand.events.kinds  # type: ignore[union-attr]
    assert made.sql is not None
    assert (made.sql.key, made.sql.watermark) == ("number", "updated_at")
    for word in ("constituent", "closure_note", "description"):
        assert word not in made.sql.cases + str(made.sql.events)
    assert made.time.sentinels == by_hand.time.sentinels or made.time.sentinels == ()


def test_a_password_is_written_nowhere(types: Types, tmp_path: Path, postgres_url: str) -> None:
    Crm(postgres_url)
    with_password = postgres_url.replace("postgres@", "postgres:s3cret-word@")
    done = types(with_password, tmp_path / "city", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "s3cret-word" not in done.output + "".join(path.read_text() for path in (tmp_path / "city").glob("*.toml"))
    assert 'url = "${CRM_URL}"' in (tmp_path / "city" / "city.toml").read_text()


def test_a_database_that_is_down_or_has_no_cases_is_one_line(types: Types, tmp_path: Path) -> None:
    import sqlite3

    assert_one_line(types("postgresql+psycopg://me:hidden@127.0.0.1:1/crm", tmp_path / "city", "--yes"), "cannot be read")
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT)")
    assert_one_line(types(tmp_path / "other.sqlite", tmp_path / "city", "--yes"), "books", "--table")
    assert not (tmp_path / "city").exists()


# A file: columns by name and by content


def test_an_export_becomes_a_city_that_loads_with_one_question(types: Types, tmp_path: Path) -> None:
    """The zone comes from the points, the US dates from the values, the telephone stays out."""
    done = types(export(tmp_path / "cases.csv"), tmp_path / "city", keys="Testville\n")
    assert done.exit_code == 0, done.stderr
    assert "1 question asked" in done.stdout
    assert "cases                60 of 60 rows" in done.stdout
    assert (
        "on time              66.7% of 60 with a deadline" in done.stdout
    )  # of the 30 open ones 20 were due before the data ends, on 8 March at 17:00
    assert "median days to close 1.0 (of 30 closed)" in done.stdout
    assert "backlog              30 open" in done.stdout
    assert "Caller Phone: telephone numbers" in done.stdout
    city = load_city(tmp_path / "city")
    assert (city.name, city.zone) == ("Testville", "America/New_York")
    mapping = load_mapping(tmp_path / "city" / "crm.toml")
    assert mapping.time.formats == ("%m/%d/%Y %I:%M:%S %p",)
    assert mapping.columns["due_at"] == "Due Date"
    assert "617-555" not in (tmp_path / "city" / "crm.toml").read_text()


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        (lambda at: f"{at:%m/%d/%y} {at.hour}:{at:%M}", ("%m/%d/%y %H:%M",)), (lambda at: f"{at:%Y-%m-%dT%H:%M:%S.000}", ("ISO8601",)),
        (lambda at: f"{at:%Y-%m-%d %H:%M:%S}+00", ("ISO8601",)), (lambda at: str(int(at.timestamp())), ("epoch_seconds",)),
        (lambda at: str(int(at.timestamp() * 1000)), ("epoch_milliseconds",)), (lambda at: f"{at:%d.%m.%Y %H:%M}", ("%d.%m.%Y %H:%M",)),
        (lambda at: f"{at:%d/%m/%Y %H:%M}", ("%d/%m/%Y %H:%M",)),
    ],
)  # fmt: skip
def test_the_form_of_times_is_told_from_the_values(written: Callable[[pd.Timestamp], str], formats: tuple[str, ...]) -> None:
    at = [pd.Timestamp("2026-03-02 08:15") + pd.Timedelta(hours=17 * i) for i in range(60)]
    times = facts_of(pd.DataFrame({"created_at": [written(one) for one in at]}))["created_at"].times
    assert times is not None
    assert times.formats == formats
    assert (times.first, times.last) == (at[0], at[-1])


def test_numbers_from_1970_are_read_as_the_instants_they_are(types: Types, tmp_path: Path) -> None:
    """1772460900 is 14:15 in UTC on 2 March 2026, 9:15 in New York."""
    rows = export(tmp_path / "cases.csv", **{"Created Date": lambda i: 1772460900 + 60 * i, "Due Date": None, "Date Closed": None})  # type: ignore[arg-type]
    done = types(rows, tmp_path / "city", "--yes")
    assert "2026-03-02 to 2026-03-02, most at 09:00" in done.stdout


def test_days_and_months_that_could_change_places_are_told_by_what_lies_closer_together() -> None:
    """The 2nd to 7th of March: written day first they would lie a month apart each. Ten days of twelve months tell nothing."""
    days = pd.date_range("2026-03-02", periods=6)
    for form in ("%m/%d/%Y", "%d/%m/%Y"):
        times = facts_of(pd.DataFrame({"day": [f"{day:{form}}" for day in days] * 5}))["day"].times
        assert times is not None
        assert (times.formats, times.two_readings) == ((form,), False)
    square = [f"{month:02d}/{day:02d}/2026" for month in range(1, 11) for day in range(1, 11)]
    assert facts_of(pd.DataFrame({"day": square}))["day"].times.two_readings  # type: ignore[union-attr]


def test_days_that_stand_for_no_date_are_found() -> None:
    column = ["1900-01-01 00:00:00", "2026-03-02 09:00:00", "2026-03-03 10:00:00"] * 10
    times = facts_of(pd.DataFrame({"closed": column}))["closed"].times
    assert times is not None
    assert times.sentinels == ("1900-01-01",)
    assert times.first == pd.Timestamp("2026-03-02 09:00")


def test_numbers_with_commas_are_numbers() -> None:
    fact = facts_of(pd.DataFrame({"x": [f"{1_017_000 + i:,}" for i in range(40)]}))["x"]
    assert (fact.kind, fact.with_commas, fact.low, fact.high) == ("number", True, 1_017_000, 1_017_039)


def test_a_date_that_makes_nearly_all_late_is_no_deadline(tmp_path: Path) -> None:
    """Closed a day after the opening, "due" an hour after it: read as deadline it makes all of the closed ones late."""
    hour = lambda i: f"{pd.Timestamp('2026-03-02 09:00') + pd.Timedelta(days=i // 10, hours=i % 10):%m/%d/%Y %I:%M:%S %p}"  # noqa: E731
    frame = pd.read_csv(export(tmp_path / "cases.csv", **{"Due Date": hour}), dtype=str, keep_default_na=False)
    made = propose(facts_of(frame))
    assert "due_at" not in made.fields
    assert made.not_deadlines == {"Due Date": "read as deadline it makes 100% of the closed cases late"}


def test_the_id_is_the_column_that_differs_in_every_row(tmp_path: Path) -> None:
    assert proposed(tmp_path, **{"id": lambda i: i % 5})["source_id"] == "Case No"


def test_columns_about_people_are_told_by_their_name_or_their_values() -> None:
    mails = pd.Series([f"a{i}@b.example" for i in range(50)])
    assert personal("col7", mails) == "e-mail addresses"
    assert personal("extra", pd.Series([f"617-555-{1000 + i}" for i in range(50)])) == "telephone numbers"
    assert personal("x", pd.Series([f"{i:03d}-45-6789" for i in range(50)])) == "identity numbers"
    people = pd.Series(
        [
            f"{first}a {last}son"
            for first in ("Ann", "Bern", "Carl", "Dor", "Ev", "Fred")
            for last in (f"{a}{b}".title() for a in "abcdefg" for b in "hijklm")
        ]
    )
    assert personal("col9", people) == "names of people"
    sentence = pd.Series([f"The lamp number {i} before my house flickers since some days, please come and mend it" for i in range(120)])
    assert personal("col3", sentence) == "free text, which may say anything of anybody"
    for name in ("birth_date", "SSN", "contact_name", "UserName", "homePhone", "e_mail", "inspector_name"):
        assert personal(name, pd.Series(dtype="str")), name
    for name in ("agency_name", "street_name", "Location Type", "mobile_os", "Status", "department_name", "case_title_code"):
        assert personal(name, pd.Series(["x"])) is None, name


def test_words_mean_what_they_say_and_the_contrary_of_it_does_not() -> None:
    said = ["Closed", "NOT COMPLETED", "Re-opened", "Completed", "Awaiting parts", "Closed as duplicate", "Void", "Zzz"]
    found = {word.value: word.meaning for word in words_of("status", [(value, 1) for value in said])}
    assert found == {
        "Closed": {"status": "closed"}, "NOT COMPLETED": {"status": "open"}, "Re-opened": {"status": "open"}, "Completed": {"status": "closed"},
        "Awaiting parts": {"status": "waiting"}, "Closed as duplicate": {"status": "closed", "outcome": "duplicate"},
        "Void": {"status": "cancelled", "outcome": "cancelled"}, "Zzz": None,
    }  # fmt: skip
    channels = {
        word.value: (word.meaning or {}).get("channel")
        for word in words_of("channel", [("Kiosk", 1), ("iOS", 1), ("Call-in", 1), ("Text message", 1)])
    }
    assert channels == {"Kiosk": "walk_in", "iOS": "app", "Call-in": "phone", "Text message": "sms"}


# What is asked, and what is not


def test_a_word_nobody_knows_and_a_second_deadline_are_asked_once_with_a_default(types: Types, tmp_path: Path) -> None:
    later = lambda i: f"{pd.Timestamp('2026-03-09 09:00') + pd.Timedelta(days=i // 10, hours=i % 10):%m/%d/%Y %I:%M:%S %p}"  # noqa: E731
    rows = export(tmp_path / "cases.csv", **{"Target Date": later, "Status": lambda i: ("Closed", "Zweifel")[i % 2 == 0]})
    done = types(rows, tmp_path / "city", keys="Testville\nTarget Date\nwaiting\n")
    assert "3 questions asked" in done.stdout
    mapping = load_mapping(tmp_path / "city" / "crm.toml")
    assert mapping.columns["due_at"] == "Target Date"
    assert mapping.status["Zweifel"].status == "waiting"


def test_a_wrong_answer_is_explained_and_asked_again(types: Types, tmp_path: Path) -> None:
    rows = export(tmp_path / "cases.csv", lat=None, lon=None)  # type: ignore[arg-type]
    done = types(rows, tmp_path / "city", keys="Testville\nMars/Olympus\nEurope/Madrid\n")
    assert "'Mars/Olympus' is no time zone" in done.stderr
    assert load_city(tmp_path / "city").zone == "Europe/Madrid"


def test_a_script_answers_from_a_file_and_is_told_what_does_not_fit(types: Types, tmp_path: Path) -> None:
    rows = export(tmp_path / "cases.csv", Status=lambda i: "Zweifel")
    answers = tmp_path / "answers.toml"
    answers.write_text('name = "Villa"\n[status]\nZweifel = "open"\n')
    assert "0 questions asked" in types(rows, tmp_path / "city", "--answers", answers).stdout
    assert load_mapping(tmp_path / "city" / "crm.toml").status["Zweifel"].status == "open"
    answers.write_text('name = "Villa"\n[status]\nZweifel = "opn"\n')
    assert_one_line(types(rows, tmp_path / "other", "--answers", answers), "status.Zweifel", "'opn'", "did you mean 'open'?")
    assert not (tmp_path / "other").exists()


def test_an_unknown_word_stays_unmapped_and_is_doubted(types: Types, tmp_path: Path) -> None:
    done = types(export(tmp_path / "cases.csv", Status=lambda i: "Zweifel"), tmp_path / "city", "--yes")
    assert "! 60 of 60 rows have a status that is not mapped ('Zweifel' 60 x)" in done.stdout
    assert load_mapping(tmp_path / "city" / "crm.toml").status == {}


# Nothing half-written, nothing lost


def test_an_interrupted_init_leaves_nothing(types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = export(tmp_path / "cases.csv")
    for moment in ("cli.init._preview", "cli.asking.click.prompt"):
        with monkeypatch.context() as patched:
            patched.setattr(moment, lambda *_given, **_named: (_ for _ in ()).throw(KeyboardInterrupt()))
            done = types(rows, tmp_path / "city", *(["--yes"] if "preview" in moment else []))
        assert done.exit_code != 0
        assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.csv"]


def test_a_folder_is_replaced_only_by_force_and_kept_beside(types: Types, tmp_path: Path) -> None:
    rows, folder = export(tmp_path / "cases.csv"), tmp_path / "city"
    assert types(rows, folder, "--yes", "--name", "One").exit_code == 0
    assert_one_line(types(rows, folder, "--yes", "--name", "Two"), "not empty", "--force")
    assert load_city(folder).name == "One"
    done = types(rows, folder, "--yes", "--name", "Two", "--force")
    assert load_city(folder).name == "Two"
    kept = next(path for path in tmp_path.iterdir() if path.name.startswith("city.before-"))
    assert load_city(kept).name == "One"
    assert str(kept) in done.stdout


def test_files_of_other_kinds_in_a_folder_are_named(types: Types, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    export(tmp_path / "in" / "a.csv")
    (tmp_path / "in" / "b.csv").write_text("book,author\nx,y\n")
    assert_one_line(types(tmp_path / "in", tmp_path / "city", "--yes"), "b.csv", "different kinds")


def test_a_file_that_is_not_there_is_no_folder(types: Types, tmp_path: Path) -> None:
    assert_one_line(types(tmp_path / "cases.csv", tmp_path / "city", "--yes"), "no file at")


def test_other_delimiters_encodings_and_parquet_are_read_without_a_word(types: Types, tmp_path: Path) -> None:
    frame = pd.read_csv(export(tmp_path / "cases.csv", Dept=lambda i: "Parc Cité"), dtype=str)
    with gzip.open(tmp_path / "latin.csv.gz", "wt", encoding="cp1252") as file:
        frame.to_csv(file, sep=";", index=False)
    frame.to_parquet(tmp_path / "cases.parquet")
    for name in ("latin.csv.gz", "cases.parquet"):
        done = types(tmp_path / name, tmp_path / f"of-{name}", "--yes")
        assert done.exit_code == 0, done.stderr
        assert "cases                60 of 60 rows" in done.stdout
    said = tomllib.loads((tmp_path / "of-latin.csv.gz" / "crm.toml").read_text())["read"]
    assert said == {"encoding": "cp1252", "delimiter": ";"}


def test_nothing_is_asked_twice() -> None:
    from data_access.proposing.questions import Question

    asker = cli.asking.Asker({}, yes=True)
    assert [asker(Question("zone", "?", "UTC")), asker(Question("zone", "?", "Europe/Madrid"))] == ["UTC", "UTC"]
    with pytest.raises(click.ClickException, match="did you mean 'open'"):
        cli.asking.Asker({"s": "opne"}, yes=True)(Question("s", "?", "open", ("open", "closed")))


# An API on the web


def test_a_data_set_on_the_web_is_looked_at_and_what_it_says_of_people_is_not_asked_for(types: Types, tmp_path: Path) -> None:
    with portal() as api:
        rows = [
            {":id": str(i), ":created_at": "", ":updated_at": "2026-03-17T13:00:00.000Z", "sr_number": f"R-{i}", "request_type": ("Pothole", "Tree")[i % 2], "status": "Open",
             "created_date": f"2026-03-{2 + i % 20:02d}T{8 + i % 9:02d}:00:00.000", "caller_phone": "617-555-1000", "latitude": f"42.{360 + i % 7}", "longitude": "-71.061"}
            for i in range(60)
        ]  # fmt: skip
        api.table(DATASET, rows)
        done = types(f"{api.url}/resource/{DATASET}.json", tmp_path / "city", "--yes")
        assert done.exit_code == 0, done.stderr
        assert "cases                60 of 60 rows" in done.stdout
        assert not any("caller_phone" in args.get("$select", "") for args in api.paths(f"{DATASET}.json"))
    city, mapping = load_city(tmp_path / "city"), load_mapping(tmp_path / "city" / "crm.toml")
    assert (city.sources[0].kind, city.zone, mapping.web.watermark) == ("socrata", "America/New_York", ":updated_at")
    assert (mapping.columns["source_id"], mapping.columns["opened_at"]) == ("sr_number", "created_date")
    assert "caller_phone" not in str(mapping.columns)


def test_an_address_of_no_known_kind_is_told_which_there_are(types: Types, tmp_path: Path) -> None:
    assert_one_line(types("http://127.0.0.1:1/data", tmp_path / "city", "--yes"), "Socrata", "ArcGIS", "CKAN")
    assert_one_line(
        types("http://127.0.0.1:1/open311/v2", tmp_path / "city", "--yes"), "needs no look", 'preset = "open311"'.replace('"', "'")
    )
