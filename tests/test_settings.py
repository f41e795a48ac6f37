"""A wrong setting is refused at start, with its name, its value and what it may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import ROOT, SettingsError, read_settings


def test_with_an_empty_environment_the_demo_city_is_served_on_loopback() -> None:
    settings = read_settings({})
    assert settings.city == ROOT / "cities" / "demo"
    assert settings.data == ROOT / "var"
    assert settings.mart == ROOT / "var" / "mart"
    assert settings.store_url == f"sqlite:///{ROOT / 'var' / 'statroom.sqlite'}"
    assert (settings.audience, settings.host, settings.port) == ("staff", "127.0.0.1", 8050)


def test_the_data_folder_moves_everything_below_it(tmp_path: Path) -> None:
    settings = read_settings({"STATROOM_DATA": str(tmp_path)})
    assert settings.mart == tmp_path / "mart"
    assert settings.store_url == f"sqlite:///{tmp_path / 'statroom.sqlite'}"


def test_the_mart_can_live_elsewhere(tmp_path: Path) -> None:
    assert read_settings({"STATROOM_MART_URL": f"duckdb:///{tmp_path}"}).mart == tmp_path


def test_the_mart_can_be_read_from_a_server_and_is_built_in_the_data_folder(tmp_path: Path) -> None:
    settings = read_settings({"STATROOM_MART_URL": "postgresql://u:hunter2@db/city", "STATROOM_DATA": str(tmp_path)})
    assert (settings.mart, settings.mart_server) == (tmp_path / "mart", "postgresql://u:hunter2@db/city")
    assert "hunter2" not in repr(settings)
    assert read_settings({"STATROOM_MART_URL": "hive://spark/city?files=/mnt/city"}).mart_server == "hive://spark/city?files=/mnt/city"
    with pytest.raises(SettingsError, match="postgresql://USER@HOST/DATABASE") as raised:
        read_settings({"STATROOM_MART_URL": "postgres://u:hunter2@db/city"})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("STATROOM_AUDIENCE", "mayor", "'staff' or 'public'"),
        ("STATROOM_SECRET_KEY", "short", "at least 32"),
        ("STATROOM_MART_URL", "sqlite:///x", "duckdb:///FOLDER"),
        ("STATROOM_MART_URL", "duckdb:///", "duckdb:///FOLDER"),
        ("PORT", "http", "whole number"),
        ("PORT", "0", "whole number"),
        ("PORT", "70000", "whole number"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(variable: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({variable: value})
    assert variable in str(raised.value) and remedy in str(raised.value)
    assert value in str(raised.value) or variable == "STATROOM_SECRET_KEY"


def test_a_short_secret_is_not_printed() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"STATROOM_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(raised.value)
