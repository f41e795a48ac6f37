"""Whatever is sent to whichever address by whoever: a plain refusal or an answer that is theirs to see; nothing of what is not.

A short run asks a part of everything; `python -m benchmarks.hostile` asks all of it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT
from tests.support import hostile, interference, mutants, walled

MOST, PAIRS, MOST_OF_A_PAIR = 12, 10, 2
"""Hostile requests as each role, pairs of towns for each, and questions of each pair, in the short run."""
AUDIENCES = ("public", "staff")

pytestmark = pytest.mark.timeout(900)


def replayed(folder: Path, audience: str) -> dict[str, Any]:
    """What `tests/support/replay.py` tells, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.replay", str(folder), audience, str(MOST), str(MOST_OF_A_PAIR)]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walled")
    interference.make_pairs(folder, PAIRS)
    return folder


@pytest.fixture(scope="module")
def told(towns: Path) -> dict[str, dict[str, Any]]:
    return {audience: replayed(towns, audience) for audience in AUDIENCES}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_request_is_answered_with_an_error_or_with_what_no_answer_may_hold(told: dict[str, Any], audience: str) -> None:
    assert min(told[audience]["tried"].values()) > MOST
    assert told[audience]["wrong"] == []


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_mark_of_a_private_cell_reaches_who_may_not_see_it(told: dict[str, Any], audience: str) -> None:
    assert told[audience]["leaks"] == []


def test_every_kind_of_private_cell_reaches_who_may_see_it(told: dict[str, Any]) -> None:
    """Or a mark that is nowhere would prove nothing."""
    assert {"id", "queue", "reason", "stage", "url", *walled.TEXTS} <= set(told["staff"]["seen"]["executive"])
    assert {"promise", "owner", "remark", "evidence"} <= set(told["staff"]["seen"]["executive"])
    assert {*walled.TEXTS, "promise", "remark"} <= set(told["staff"]["seen"]["head of parks"])
    assert "id" in told["staff"]["seen"]["viewer"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_withheld_name_and_a_made_up_one_get_the_same_answer(told: dict[str, Any], audience: str) -> None:
    assert told[audience]["unlike"] == []


def test_the_residents_process_names_nothing_of_the_staff_s(told: dict[str, Any]) -> None:
    # One plain word may stand anywhere; a name of two cannot be chance.
    ours = {name for name in set(told["staff"]["names"]) - set(told["public"]["names"]) if "-" in name or " " in name}
    assert {"admin-accounts", "audit-drawn", "Accounts and audit"} <= ours
    structure = json.dumps(told["public"]["structure"])
    assert [name for name in ours if f'"{name}' in structure or f".{name}" in structure] == []


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_answer_depends_on_what_the_asker_may_not_see(told: dict[str, Any], audience: str) -> None:
    for role, found in told[audience]["pairs"].items():
        assert found["pairs"] >= PAIRS, role
        assert found["requests"] >= PAIRS * MOST_OF_A_PAIR
        assert found["differ"] == []


def test_other_inputs_take_the_place_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.write_text('texts = ["only this"]\n')
    monkeypatch.setenv("STATROOM_HOSTILE", str(own))
    inputs = hostile.read_inputs()
    assert inputs.texts == ("only this",)
    assert len(inputs.bodies) > 20


# Each guard, weakened


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.guard)
def test_the_guard_that_would_be_weakened_is_still_there(mutant: mutants.Mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1
    for name in mutant.tests.split():
        path, *inside = name.split("::")
        body = ast.parse((ROOT / path).read_text("utf-8")).body
        for part in inside:
            # A test that stands in a class is only found there.
            (found,) = [one for one in body if getattr(one, "name", "") == part]
            body = getattr(found, "body", [])


@pytest.mark.parametrize("guard", ["seal of a scope"])
def test_a_weak_guard_is_noticed(tmp_path: Path, guard: str) -> None:
    """One of them here; `python -m benchmarks.mutants` weakens all."""
    mutants.copy_to(tmp_path)
    assert mutants.is_noticed(next(mutant for mutant in mutants.MUTANTS if mutant.guard == guard), tmp_path)
