"""What people wrote in Statroom is backed up while they write, and put back whole; what was acknowledged is never lost."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from click.testing import CliRunner
from sqlalchemy import create_engine, insert, select, text

from cli.backup import backup as backup_command
from cli.backup import restore as restore_command
from data_access import backups, residents
from data_access.backup_files import BackupError
from data_access.store.engine import MIGRATIONS, open_store, upgrade
from data_access.store.models import annotation
from settings import Settings, read_settings
from tests.support.stores import empty_store

NIGHT = datetime(2026, 3, 8, 3, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A city with one note of staff, one resident's wish, and one released file."""
    made = read_settings({"STATROOM_DATA": str(tmp_path / "data"), "STATROOM_CITY": str(tmp_path / "alder")})
    made.data.mkdir()
    empty_store(made.store_url).dispose()
    write_notes(made, "storm")
    with residents.opened(made.residents_url).begin() as connection:
        connection.execute(
            insert(residents.resident).values(
                email="r@x.example", about="/area/north", language="es", created_at=NIGHT.replace(tzinfo=None)
            )
        )
    made.released.mkdir()
    (made.released / "2026-Q1.json").write_text('{"n": 7}')
    return made


def write_notes(settings: Settings, *texts: str) -> None:
    store = open_store(settings)
    with store.begin() as connection:
        for one in texts:
            connection.execute(insert(annotation).values(**note(one)))
    store.dispose()


def note(text: str) -> dict[str, object]:
    needed = [column for column in annotation.columns if not column.nullable and column.name != "id"]
    values = {column.name: column.type.python_type for column in needed}
    made = {
        name: {str: text, int: 1, bool: False, datetime: NIGHT.replace(tzinfo=None)}.get(kind, NIGHT.date())
        for name, kind in values.items()
    }
    return made | {"title": text}


def notes(settings: Settings) -> list[str]:
    engine = create_engine(settings.store_url)
    with engine.connect() as connection:
        found = list(connection.execute(select(annotation.c.title).order_by(annotation.c.id)).scalars())
    engine.dispose()
    return found


def test_what_was_lost_comes_back_as_it_was(settings: Settings, tmp_path: Path) -> None:
    made = backups.back_up(settings)
    elsewhere = read_settings({"STATROOM_DATA": str(tmp_path / "new machine"), "STATROOM_CITY": str(settings.city)})
    put_back, before = backups.restore(elsewhere, made.file)
    assert (notes(elsewhere), before) == (["storm"], None)
    assert put_back.rows["residents.sqlite"]["resident"] == 1
    with residents.opened(elsewhere.residents_url).connect() as connection:
        assert connection.execute(select(residents.resident.c.email)).scalars().all() == ["r@x.example"]
    assert (elsewhere.released / "2026-Q1.json").read_text() == '{"n": 7}'


def test_only_its_owner_can_read_a_backup(settings: Settings) -> None:
    assert backups.back_up(settings).file.stat().st_mode & 0o077 == 0


def test_a_restore_replaces_nothing_unless_told_to_and_then_keeps_what_was_there(settings: Settings) -> None:
    made = backups.back_up(settings)
    write_notes(settings, "written later")
    (settings.released / "2026-Q2.json").write_text("{}")
    with pytest.raises(BackupError, match="--replace"):
        backups.restore(settings, made.file)
    _, before = backups.restore(settings, made.file, replace=True)
    assert notes(settings) == ["storm"]
    assert [path.name for path in settings.released.iterdir()] == ["2026-Q1.json"]
    assert before is not None
    backups.restore(settings, before.file, replace=True)
    assert notes(settings) == ["storm", "written later"]
    assert len(list(settings.data.glob("released-before-*"))) == 2


def test_a_process_that_has_the_database_open_goes_on_with_what_was_put_back(settings: Settings) -> None:
    made = backups.back_up(settings)
    serving = create_engine(settings.store_url)
    with serving.begin() as connection:
        connection.execute(insert(annotation).values(**note("written later")))
    backups.restore(settings, made.file, replace=True)
    with serving.begin() as connection:
        assert connection.execute(select(annotation.c.title)).scalars().all() == ["storm"]
        connection.execute(insert(annotation).values(**note("and goes on")))
    assert notes(settings) == ["storm", "and goes on"]


def test_nobody_is_signed_in_by_a_restore(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data / "statroom.sqlite")) as connection, connection:
        columns = [
            (name, kind) for _, name, kind, needed, default, _ in connection.execute("PRAGMA table_info(sign_in)") if needed and not default
        ]
        values = [1 if kind == "INTEGER" else "2026-03-08 03:15:00.000000" for _, kind in columns]
        names = ", ".join(name for name, _ in columns)
        connection.execute(f"INSERT INTO sign_in ({names}) VALUES ({', '.join('?' * len(values))})", values)
    made = backups.back_up(settings)
    assert made.rows["store.sqlite"]["sign_in"] == 1
    backups.restore(settings, made.file, replace=True)
    with closing(sqlite3.connect(settings.data / "statroom.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM sign_in").fetchone() == (0,)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_backup_is_refused_and_changes_nothing(settings: Settings, at: float) -> None:
    made = backups.back_up(settings)
    content = bytearray(made.file.read_bytes())
    content[int(len(content) * at)] ^= 0x10
    made.file.write_bytes(content)
    write_notes(settings, "written later")
    with pytest.raises(BackupError, match=r"damaged|cannot be read"):
        backups.restore(settings, made.file, replace=True)
    assert notes(settings) == ["storm", "written later"]


def test_a_cut_off_backup_is_refused(settings: Settings) -> None:
    made = backups.back_up(settings)
    made.file.write_bytes(made.file.read_bytes()[:-2_000])
    with pytest.raises(BackupError, match="cannot be read"):
        backups.read(made.file)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "released/../../outside", "released", "more.sqlite"])
def test_a_file_that_would_be_written_elsewhere_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    hostile = tmp_path / "hostile.tar.gz"
    with tarfile.open(hostile, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(BackupError, match="no backup holds"):
        backups.restore(settings, hostile, replace=True)


def test_the_backup_of_another_city_is_refused(settings: Settings) -> None:
    made = backups.back_up(settings)
    other = dataclasses.replace(settings, city=settings.city.with_name("lakeview"))
    with pytest.raises(BackupError, match="'alder', this one is 'lakeview'"):
        backups.restore(other, made.file, replace=True)


def test_a_backup_of_an_older_version_gets_the_tables_of_this_one(settings: Settings, tmp_path: Path) -> None:
    old = dataclasses.replace(
        settings, data=tmp_path / "old", store_url=f"sqlite:///{tmp_path / 'old.sqlite'}", residents_url=f"sqlite:///{tmp_path / 'no'}"
    )
    make_tables_of(old, "0009")
    made = backups.back_up(old)
    backups.restore(settings, made.file, replace=True)
    assert accounts_in(settings) == ["ada"]


def make_tables_of(settings: Settings, version: str) -> None:
    engine, config = create_engine(settings.store_url), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.execute(
            text(
                "INSERT INTO account (login, name, role, departments, districts, must_change_password, failures, created_at)"
                " VALUES ('ada', 'Ada', 'admin', '[]', '[]', false, 0, '2026-01-01 00:00:00')"
            )
        )
    engine.dispose()


def accounts_in(settings: Settings) -> list[str]:
    engine = create_engine(settings.store_url)
    with engine.connect() as connection:
        found = list(connection.execute(text("SELECT login FROM account")).scalars())
    engine.dispose()
    return found


def test_a_backup_of_a_newer_version_is_refused_and_says_what_to_do(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data / "statroom.sqlite")) as connection, connection:
        is_now = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    made = backups.back_up(settings)
    with closing(sqlite3.connect(settings.data / "statroom.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", is_now)
    with pytest.raises(BackupError, match="newer version"):
        backups.restore(settings, made.file, replace=True)
    assert notes(settings) == ["storm"]


def test_tables_that_hold_something_are_copied_before_they_are_changed(settings: Settings, tmp_path: Path) -> None:
    old = dataclasses.replace(settings, data=tmp_path / "old", store_url=f"sqlite:///{tmp_path / 'old' / 'own.sqlite'}")
    old.data.mkdir()
    make_tables_of(old, "0009")
    open_store(old).dispose()
    (copy,) = old.backups.iterdir()
    assert copy.name.startswith("before-upgrade-from-0009-")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT login FROM account").fetchall() == [("ada",)]
        assert "programmes" not in [row[1] for row in connection.execute("PRAGMA table_info(account)")]
    open_store(old).dispose()
    assert len(list(old.backups.iterdir())) == 1


def test_postgresql_is_copied_before_a_change_and_backed_up_and_put_back(settings: Settings, postgres_url: str) -> None:
    there = dataclasses.replace(settings, store_url=postgres_url)
    make_tables_of(there, "0009")
    open_store(there).dispose()
    (copy,) = there.backups.glob("before-upgrade-from-0009-*")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT login FROM account").fetchall() == [("ada",)]
    write_notes(there, "storm", "flood")
    made = backups.back_up(there)
    write_notes(there, "written later")
    _, before = backups.restore(there, made.file, replace=True)
    assert notes(there) == ["storm", "flood"]
    assert before is not None
    assert before.rows["store.sqlite"]["annotation"] == 3
    # The next one does not get a number that is taken.
    write_notes(there, "after")
    assert notes(there) == ["storm", "flood", "after"]
    # What was kept in PostgreSQL can go on in a file, and the other way round.
    backups.restore(settings, made.file, replace=True)
    assert notes(settings) == ["storm", "flood"]


def test_a_backup_a_night_and_fourteen_of_them(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = backups.back_up(settings)
    made = []
    for hours in range(0, 24 * 16 + 1, 8):
        monkeypatch.setattr(backups, "utc_now", lambda hours=hours: NIGHT + timedelta(hours=hours))
        made.append(backups.back_up_nightly(settings))
    assert [one is not None for one in made[:7]] == [True, False, False, True, False, False, True]
    kept = backups.found(settings)
    assert asked.file in kept
    assert len(kept) == 15


def test_a_backup_is_whole_or_not_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "flush", full)
    with pytest.raises(BackupError, match=r"no backup was made: .*No space left"):
        backups.back_up(settings)
    assert list(settings.backups.iterdir()) == []


WRITER = """
import sys
from sqlalchemy import create_engine, insert
from data_access.store.models import annotation
from tests.test_backup import note
engine = create_engine(sys.argv[1])
for number in range(100_000):
    with engine.begin() as connection:
        connection.execute(insert(annotation).values(**note(f"note {number}")))
    print(number, flush=True)  # only now is it acknowledged
"""


def test_no_acknowledged_write_is_lost_when_the_writer_is_killed_and_a_backup_has_all_from_before_it(settings: Settings) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, settings.store_url], stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    acknowledged: list[int] = []
    held = []
    for line in process.stdout:
        acknowledged.append(int(line))
        if len(acknowledged) in (20, 40):
            held.append((len(acknowledged), backups.back_up(settings)))
        if len(acknowledged) == 60:
            process.send_signal(signal.SIGKILL)
            break
    acknowledged += [int(line) for line in process.stdout]
    process.wait()
    process.stdout.close()
    kept = notes(settings)
    assert kept[0] == "storm"
    assert kept[1 : len(acknowledged) + 1] == [f"note {number}" for number in acknowledged]
    assert len(kept) - 1 - len(acknowledged) in (0, 1), "at most the one that was just being written"
    for count, made in held:
        backups.restore(settings, made.file, replace=True)
        back = notes(settings)
        assert len(back) > count
        assert back == kept[: len(back)]


def test_the_commands_say_what_they_did(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STATROOM_DATA": settings.data, "STATROOM_CITY": settings.city}.items():
        monkeypatch.setenv(name, str(value))
    run = CliRunner().invoke
    made = run(backup_command, [])
    assert (made.exit_code, "1 files of released figures" in made.output) == (0, True), made.output
    (file,) = backups.found(settings)
    assert str(file) in run(backup_command, ["--list"]).output
    assert "annotation 1" in run(restore_command, [str(file), "--check"]).output
    refused = run(restore_command, [str(file)])
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    done = run(restore_command, [str(file), "--replace"])
    assert "Everybody has to sign in again" in done.output
    assert json.dumps(notes(settings)) == '["storm"]'


def test_an_empty_place_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to back up yet"):
        backups.back_up(read_settings({"STATROOM_DATA": str(tmp_path)}))


def test_a_new_database_is_not_copied_first(tmp_path: Path) -> None:
    upgrade(create_engine(f"sqlite:///{tmp_path / 'own.sqlite'}"))
    assert not (tmp_path / "backups").exists()
