"""The table of settings in docs/operating.md says what stands beside the fields, and the defaults are those that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import ROOT, Provider, ProxyHeaders, read_settings
from settings.describe import ELSEWHERE, PATH, described, document

BESIDE = {"STATROOM_DATA": "data", "STATROOM_MART_URL": "mart", "STATROOM_HOST": "host", "PORT": "port", "STATROOM_LOG": "log_format"}
"""Fields that are not called as their variable is."""
DEFAULTS = {name: default.strip("`") for name, _, default in described()[: -len(ELSEWHERE)] if re.fullmatch(r"`[^`]+`|\d+", default)}


def test_the_document_is_current() -> None:
    assert PATH.read_text("utf-8") == document(), "run `make docs`"


def test_no_setting_is_described_twice() -> None:
    names = [name for name, _, _ in described()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_default_that_is_a_value_is_the_one_that_holds(name: str) -> None:
    settings, field = read_settings({}), BESIDE.get(name, name.removeprefix("STATROOM_").lower())
    shorter = field.partition("_")[2]
    if name.startswith(("STATROOM_OIDC_", "STATROOM_PROXY_")):
        record = Provider("https://id.example", "id", "secret") if "OIDC" in name else ProxyHeaders(())
        held = getattr(record, {"groups": "groups_claim"}.get(shorter, shorter) if "OIDC" in name else shorter)
    else:
        held = getattr(settings, field)
    assert DEFAULTS[name] == str(held.relative_to(ROOT) if isinstance(held, Path) else held)
