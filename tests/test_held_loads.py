"""A load that differs too much from the data in service waits for a person; meanwhile, and whatever befalls it, everybody reads the old data."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from access import AccessDenied, Viewer
from data_access import deciding
from data_access.mart import amending, gates, generations, holding, logs, postgres
from data_access.store import audit, held
from data_access.store.acting import Acting
from data_access.store.engine import open_store
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town

ADMIN = Viewer("ada", "Ada", "admin")
LEAST = {"least": 20}
"""Towns of hundreds of cases, which the usual least number would let pass."""


def row(n: int, department: str = "", day: str = "", **other: str) -> str:
    department = department or ("Streets", "Parks")[n % 2]
    opened = f"{day or f'2026-03-{28 - n % 28:02d}'} 08:00:00"
    return ",".join([f"C{n}", other.get("type", "Tree"), department, other.get("channel", "Phone"), "Open", opened, "", ""])


ROWS = [row(n) for n in range(100)]
"""50 cases of Parks, 50 of Streets, the newest of 28 March."""


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = Town(tmp_path_factory.mktemp("town")).files(gate=LEAST)
    made.write("cases.csv", *ROWS)
    assert made.load().state == "loaded"
    return made


@pytest.fixture
def town(first_load: Town, tmp_path: Path) -> Town:
    return first_load.copy(tmp_path)


@pytest.fixture
def collapsed(town: Town) -> Town:
    """Nine of ten cases are gone at the source: the load is held as generation 2."""
    town.write("cases.csv", *ROWS[:10])
    assert town.load().state == "held"
    return town


@contextmanager
def store_of(town: Town) -> Iterator[Any]:
    store = open_store(town.settings)
    yield store
    store.dispose()


def decide(town: Town, *, approve: bool, viewer: Viewer = ADMIN, because: str = "Looked at it.") -> None:
    """As a person does in the browser: nothing is carried out yet."""
    with store_of(town) as store:
        found = held.open_one(store)
        assert found is not None
        held.decide(Acting(viewer, store, datetime(2026, 4, 1)), found.edition, approve=approve, because=because)


def carry_out(town: Town) -> held.HeldLoad | None:
    """As the clock does every minute."""
    with store_of(town) as store:
        return deciding.decided(town.settings, store) if deciding.is_due(town.settings, store) else None


def waiting(town: Town) -> held.HeldLoad | None:
    with store_of(town) as store:
        return held.open_one(store)


def folders(town: Town) -> list[str]:
    return sorted(path.name for path in town.settings.mart.iterdir() if path.is_dir())


def spoke(town: Town) -> set[tuple[str, str]]:
    found = waiting(town)
    return {(remark.gate, remark.subject) for remark in found.remarks} if found else set()


# What is held


def test_a_source_that_lost_nine_of_ten_cases_is_held_and_the_old_data_stay(collapsed: Town) -> None:
    assert folders(collapsed) == ["gen-000001", "held-000002"]
    assert len(collapsed.cases()) == 100
    assert spoke(collapsed) == {("fewer", ""), ("department", "Parks"), ("department", "Streets")}
    (run, _) = collapsed.runs()
    assert (run["state"], run["generation"], run["error"]) == ("held", 2, None)


@pytest.mark.parametrize(("rows", "said"), [
    ([*ROWS, *(row(n, day="2025-06-02") for n in range(100, 1000))], {("more", "")}),
    ([line.replace(",Parks,", ",Parks and Trees,") for line in ROWS], {("department", "Parks"), ("new_values", "department")}),
    ([row(n, day=f"2026-02-{1 + n % 28:02d}") for n in range(100)], {("newest_back_hours", "")}),
    ([line.replace("C", "X", 1) for line in ROWS], {("replaced", "")}),
    ([line.replace("Tree", f"{n % 3}") for n, line in enumerate(ROWS)], {("new_values", "type")}),
    ([line.replace("Phone", "") for line in ROWS], {("nulls", "channel")}),
    ([*ROWS, *(f"R{n},Tree,Parks,Phone,Open,yesterday,," for n in range(30)), row(200)], {("refused", "")}),
], ids=["backfill", "renamed department", "older newest", "new numbers", "retyped", "emptied column", "refused"])  # fmt: skip
def test_each_way_in_which_a_source_breaks_is_held_for_its_own_reason(town: Town, rows: list[str], said: set[tuple[str, str]]) -> None:
    town.write("cases.csv", *rows)
    assert town.load().state == "held"
    assert spoke(town) == said
    assert town.generation() == 1


def test_with_the_usual_limits_a_town_this_small_is_never_held(town: Town) -> None:
    town.sources[0].pop("gate")
    town.write("cases.csv", *ROWS[:1])
    assert (town.load().state, len(town.cases())) == ("loaded", 1)


# What a person decides


def test_an_approved_load_goes_into_service_as_it_was_built(collapsed: Town) -> None:
    def bytes_of(folder: str) -> list[str]:
        return [hashlib.sha256((collapsed.settings.mart / folder / f"{of}.duckdb").read_bytes()).hexdigest() for of in ("staff", "public")]

    built = bytes_of("held-000002")
    decide(collapsed, approve=True)
    assert len(collapsed.cases()) == 100
    done = carry_out(collapsed)
    assert done is not None and done.generation == 2
    assert (len(collapsed.cases()), bytes_of("gen-000002"), folders(collapsed)) == (10, built, ["gen-000001", "gen-000002"])
    assert (waiting(collapsed), [run["state"] for run in collapsed.runs()]) == (None, ["loaded", "loaded"])
    assert collapsed.load().state == "unchanged"
    with store_of(collapsed) as store:
        last = audit.entries(store, ADMIN).iloc[0]
    assert (last["viewer_name"], last["action"], last["detail"]) == ("Ada", "load approved", "generation 2 of export: Looked at it.")


def test_a_rejected_load_is_thrown_away_and_the_same_data_are_not_held_again_without_saying_so(collapsed: Town) -> None:
    decide(collapsed, approve=False, because="The export broke off.")
    assert carry_out(collapsed) is None
    assert (folders(collapsed), waiting(collapsed)) == (["gen-000001"], None)
    again = collapsed.load()
    assert (again.state, folders(collapsed), waiting(collapsed)) == ("rejected", ["gen-000001"], None)
    assert again.remarks == [
        "These are the cases that Ada rejected on 2026-04-01 00:00 UTC (“The export broke off.”); they are not held again."
    ]
    with store_of(collapsed) as store:
        assert held.still_rejected(store, ["export"]) is not None
    collapsed.write("cases.csv", *ROWS[:11])
    assert collapsed.load().state == "held"
    collapsed.write("cases.csv", *ROWS)
    collapsed.load()
    with store_of(collapsed) as store:
        assert held.still_rejected(store, ["export"]) is None


@pytest.mark.parametrize("role", ["viewer", "department", "analyst", "executive", "public"])
def test_nobody_but_an_administrator_decides(collapsed: Town, role: Any) -> None:
    with pytest.raises(AccessDenied):
        decide(collapsed, approve=True, viewer=Viewer("m", "Mallory", role))
    assert (carry_out(collapsed), len(collapsed.cases())) == (None, 100)


def test_a_decision_has_a_reason_and_is_taken_once_about_the_load_that_was_looked_at(collapsed: Town) -> None:
    with pytest.raises(held.NotDecided, match="Say why"):
        decide(collapsed, approve=True, because=" ")
    looked_at = waiting(collapsed)
    collapsed.write("cases.csv", *ROWS[:9])
    collapsed.load()
    assert looked_at is not None
    with store_of(collapsed) as store, pytest.raises(held.NotDecided, match="newer load took its place"):
        held.decide(Acting(ADMIN, store, datetime(2026, 4, 1)), looked_at.edition, approve=True, because="Yes.")
    decide(collapsed, approve=False)
    assert waiting(collapsed) is None


# Loads while one is held


def test_a_newer_load_that_passes_takes_the_place_of_the_held_one(collapsed: Town) -> None:
    collapsed.write("cases.csv", *ROWS, row(100))
    assert collapsed.load().state == "loaded"
    assert (folders(collapsed), waiting(collapsed)) == (["gen-000001", "gen-000003"], None)
    assert [run["state"] for run in collapsed.runs()] == ["loaded", "replaced", "loaded"]


def test_a_source_that_is_as_it_was_leaves_nothing_to_decide_about(collapsed: Town) -> None:
    collapsed.write("cases.csv", *ROWS)
    assert collapsed.load().state == "unchanged"
    assert (folders(collapsed), waiting(collapsed)) == (["gen-000001"], None)


def test_a_newer_load_that_does_not_pass_is_the_one_to_decide_about(collapsed: Town) -> None:
    collapsed.write("cases.csv", *ROWS[:12])
    assert collapsed.load().state == "held"
    found = waiting(collapsed)
    assert found is not None and found.generation == 3 and "12 rows instead of 100" in found.remarks[0].sentence
    assert folders(collapsed) == ["gen-000001", "held-000003"]


def test_a_load_that_fails_leaves_the_held_one(collapsed: Town) -> None:
    collapsed.write("cases.csv", header="nothing")
    collapsed.refused()
    assert (folders(collapsed), spoke(collapsed) != set()) == (["gen-000001", "held-000002"], True)


def test_another_source_goes_into_service_and_what_is_held_is_built_again_on_it(collapsed: Town) -> None:
    collapsed.files("more.csv", name="more")
    collapsed.write("more.csv", row(900))
    assert collapsed.load(source="more").state == "held"
    found = waiting(collapsed)
    assert found is not None and (found.sources, found.generation) == (("export",), 4)
    assert (folders(collapsed), len(collapsed.cases())) == (["gen-000001", "gen-000003", "held-000004"], 101)


def test_cases_missed_by_comparing_ids_are_looked_for_again_until_somebody_decides(tmp_path: Path) -> None:
    """A load of changes would find nothing; what is held is 30 of 60 cases gone."""
    crm = Crm(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    for n in range(4, 61):
        crm.add(n)
    town = Town(tmp_path).database(crm.url, MAPPING, gate=LEAST)
    town.load()
    crm.run("DELETE FROM service_requests WHERE id > 30")
    assert town.load(compare_keys=True).state == "held"
    crm.add(61, updated_at="2026-03-17 12:00:00")
    assert (town.load().state, spoke(town)) == ("held", {("fewer", "")})
    decide(town, approve=True)
    assert (town.load().state, len(town.cases())) == ("unchanged", 31)


# Columns of databases


@pytest.mark.parametrize("crm", ["sqlite", "postgresql"])
def test_a_column_that_is_renamed_dropped_or_retyped_changes_nothing_in_service(
    crm: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = Crm(request.getfixturevalue("postgres_url") if crm == "postgresql" else f"sqlite:///{tmp_path / 'crm.sqlite'}")
    for n in range(4, 41):
        made.add(n, latitude=40.7, longitude=-74.0)
    town = Town(tmp_path).database(made.url, MAPPING.replace("[sql]", '[read]\noptional = ["channel"]\n[sql]'), gate=LEAST)
    town.load()
    made.run("ALTER TABLE service_requests RENAME COLUMN department TO dept")
    assert "column 'department' (for department) is missing; the nearest there is 'dept'" in town.refused(full=True)
    made.run("ALTER TABLE service_requests RENAME COLUMN dept TO department")
    made.run("ALTER TABLE service_requests DROP COLUMN channel")
    assert (town.load(full=True).state, spoke(town)) == ("held", {("nulls", "channel")})
    made.run("ALTER TABLE service_requests DROP COLUMN type")
    made.run("ALTER TABLE service_requests ADD COLUMN type INTEGER")
    made.run("UPDATE service_requests SET type = id % 3")
    assert (town.load().state, spoke(town)) == ("held", {("nulls", "channel"), ("new_values", "type")})
    assert town.generation() == 1


# Races and crashes


def test_an_approval_while_a_load_runs_waits_for_its_end(collapsed: Town) -> None:
    decide(collapsed, approve=True)
    with generations.writing(collapsed.settings.mart), pytest.raises(generations.LoadInProgress):
        carry_out(collapsed)
    assert len(collapsed.cases()) == 100
    assert carry_out(collapsed) is not None


@pytest.mark.parametrize(("rows", "state", "cases"), [(ROWS[:11], "set aside", 10), ([*ROWS, row(100)], "loaded", 101)])
def test_what_is_approved_while_a_newer_load_is_built_gives_way_only_to_one_that_passes(
    collapsed: Town, monkeypatch: pytest.MonkeyPatch, rows: list[str], state: str, cases: int
) -> None:
    judge = gates.remarks

    def approve_first(*given: Any) -> Any:
        decide(collapsed, approve=True)
        return judge(*given)

    monkeypatch.setattr(gates, "remarks", approve_first)
    collapsed.write("cases.csv", *rows)
    assert (collapsed.load().state, len(collapsed.cases()), waiting(collapsed)) == (state, cases, None)
    assert not [name for name in folders(collapsed) if not name.startswith("gen-")]


def test_a_load_that_died_before_it_was_noted_still_waits(collapsed: Town) -> None:
    with store_of(collapsed) as store:
        held.replace_all(store)
        found = holding.waiting(collapsed.settings.mart)
        assert found is not None
        with store.begin() as connection:
            connection.exec_driver_sql("DELETE FROM held_load")
    carry_out(collapsed)
    assert spoke(collapsed) != set()
    decide(collapsed, approve=True)
    assert carry_out(collapsed) is not None and len(collapsed.cases()) == 10


def test_an_approval_that_died_halfway_is_carried_out_to_its_end(collapsed: Town) -> None:
    decide(collapsed, approve=True)
    mart = collapsed.settings.mart
    (mart / "held-000002").rename(mart / "gen-000002")
    assert collapsed.generation() == 1
    assert carry_out(collapsed) is not None
    assert (collapsed.generation(), (mart / "gen-000002" / holding.FACTS).exists(), len(collapsed.cases())) == (2, False, 10)


def test_what_was_compared_with_data_no_longer_in_service_cannot_take_over(collapsed: Town) -> None:
    collapsed.write("cases.csv", *ROWS, row(100))
    collapsed.load()
    collapsed.write("cases.csv", *ROWS[:10])
    assert collapsed.load().state == "held"
    decide(collapsed, approve=True)
    (collapsed.settings.mart / "current").write_text("gen-000001")
    assert carry_out(collapsed) is None
    assert (len(collapsed.cases()), waiting(collapsed)) == (100, None)


# Other kinds of marts


def test_an_amended_generation_is_held_and_approved_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amending, "LEAST_CASES", 0)
    monkeypatch.setattr(amending, "MOST_CHANGED", 1.0)
    monkeypatch.setattr(amending, "MOST_AMENDED", 1.0)
    crm = Crm(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    for n in range(4, 31):
        crm.add(n)
    town = Town(tmp_path).database(crm.url, MAPPING, gate={"least": 5})
    town.load()
    for n in range(100, 106):
        crm.add(n, type="77", updated_at="2026-03-17 12:00:00")
    assert (town.load().state, spoke(town)) == ("held", {("new_values", "type"), ("more", "")} & spoke(town) | {("new_values", "type")})
    assert logs.log_bytes(town.settings.mart / "held-000002" / "staff.duckdb") > 0
    assert len(town.cases()) == 30
    decide(town, approve=True)
    carry_out(town)
    assert (len(town.cases()), town.cases()["1100"]["request_type"]) == (36, "77")


def test_an_approved_load_goes_into_service_in_postgresql_too(town: Town, postgres_url: str) -> None:
    address = f"{postgres_url.replace('postgresql+psycopg', 'postgresql')}?schema=held"
    town.settings = dataclasses.replace(town.settings, mart_server=address)
    town.load()
    town.write("cases.csv", *ROWS[:10])
    assert town.load().state == "held"
    served = postgres.current(address)
    assert served is not None and served.number == 1
    decide(town, approve=True)
    carry_out(town)
    served = postgres.current(address)
    assert served is not None and served.number == 2


def test_of_a_held_load_nothing_is_released_before_it_is_approved(tmp_path: Path) -> None:
    """A backfill closes quarters; their cells are published once and for ever, so not from data that nobody looked at."""
    town = Town(tmp_path, release={"B": ["Tree"]}).files(gate=LEAST)
    town.write("cases.csv", *(row(n, day="2025-01-01") for n in range(30)))
    town.load()
    assert not list(town.settings.released.glob("*.json"))
    town.write("cases.csv", *(row(n, day="2025-01-01") for n in range(300)), row(300, day="2026-08-01"))
    assert town.load().state == "held"
    assert not list(town.settings.released.glob("*.json"))
    decide(town, approve=True)
    carry_out(town)
    assert list(town.settings.released.glob("2025*.v1.json"))
    assert sorted(path.name for path in (town.settings.mart / "gen-000002").iterdir()) == ["public.duckdb", "staff.duckdb"]


# Changes of the past


def test_cases_of_the_past_that_come_late_or_are_changed_are_counted(town: Town) -> None:
    """Known to 28 March, 12:00 UTC: two older cases come and one is changed; one of 29 March is no news of the past."""
    changed = ROWS[5].replace("Phone", "Web")
    town.write("cases.csv", *ROWS[:5], changed, *ROWS[6:], row(100), row(101), row(102, day="2026-03-29"))
    report = town.load()
    assert (report.rows_new, report.rows_changed, report.rows_restated) == (3, 1, 3)
    assert town.runs()[0]["rows_restated"] == 3
