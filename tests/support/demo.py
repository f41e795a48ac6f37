"""A small demo city, built by the real simulator and loaded by the real sync, once per test run."""

from __future__ import annotations

import dataclasses
import fcntl
from datetime import date
from pathlib import Path

from data_access.city import City, load_city
from data_access.demo.build import build_demo
from data_access.sync import sync
from settings import ROOT, Settings, read_settings
from tests.support.marts import server_of

CASES = 12_000
SEED = 311
AS_OF = date(2026, 3, 31)
CITY = ROOT / "cities" / "demo"


def demo_in(folder: Path, *, cases: int = CASES, as_of: date = AS_OF) -> Settings:
    """Staff settings over a demo city whose data is in `folder`; built there if it is not yet."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = dataclasses.replace(
        read_settings({}),
        data=folder,
        mart=folder / "mart",
        city=CITY,
        store_url=f"sqlite:///{folder / 'statroom.sqlite'}",
        mart_server=server_of(folder),
    )
    with open(folder / "lock", "w") as lock:
        # Test processes share the folder: the first one builds, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (settings.mart / "current").exists():
            build_demo(demo_url(folder), cases, SEED, as_of, folder / "demo_truths.json")
            sync(settings, demo_city(folder), full=True)
    return settings


def demo_city(folder: Path) -> City:
    """The demo city reading the CRM in `folder`."""
    return load_city(CITY, {"STATROOM_DATA": str(folder), "CRM_URL": demo_url(folder)})


def demo_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'demo_crm.sqlite'}"
