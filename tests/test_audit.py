"""The closure audit: drawn by lot and anew by the same seed, kept whole, recorded by whom it concerns, and never written over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from access import AccessDenied, Viewer
from data_access.store import audits
from data_access.store.acting import Acting
from data_access.store.audits import NotRecorded, Picked, Sample
from data_access.store.models import audit_finding
from metrics import audit
from metrics.intervals import wilson
from metrics.measure import ask, measure
from metrics.question import BadQuestion
from metrics.select import Asked
from tests.support.marts import MAYOR
from tests.support.stores import empty_store
from tests.test_closure import DAY, DUE, town

ANALYST, COUNCIL = Viewer("ana", "Ana", "analyst"), Viewer("council", "Council office", "viewer")
PARKS = Viewer("parks", "Head of Parks", "department", ("parks",))
NOW = datetime(2026, 4, 1, 9)
SAMPLE = Sample(0, 311, 2, date(2026, 3, 2), date(2026, 3, 30), datetime(2026, 4, 1), {"from": "2026-03-02", "to": "2026-03-30"})


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'own.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = empty_store(url)
    yield engine
    engine.dispose()


def acting(store: Engine, viewer: Viewer = ANALYST, minute: int = 0) -> Acting:
    return Acting(viewer, store, NOW + timedelta(minutes=minute))


def closing(number: int, department: str = "roads") -> Picked:
    return Picked(department, department, "requests", str(number), "Pothole", datetime(2026, 3, 10, 12, number % 60))


@pytest.fixture
def kept(store: Engine) -> int:
    """A sample of two cases of Roads and two of Parks."""
    picked = [closing(1), closing(2), closing(3, "parks"), closing(4, "parks")]
    return audits.keep_sample(acting(store), SAMPLE, {"roads": 50, "parks": 10}, picked)


def ids(store: Engine, kept: int, only: Any = None) -> list[int]:
    return audits.cases(store, kept, only)["id"].tolist()


class TestTheStore:
    def test_a_sample_is_kept_with_how_it_was_drawn(self, store: Engine, kept: int) -> None:
        sample = audits.samples(store, None)[0]
        assert (sample.id, sample.seed, sample.per_department, sample.start, sample.end) == (
            kept,
            311,
            2,
            date(2026, 3, 2),
            date(2026, 3, 30),
        )
        assert (sample.filters, sample.drawn_at, sample.drawn_by) == ({"from": "2026-03-02", "to": "2026-03-30"}, NOW, "Ana")
        assert audits.strata(store, kept, None) == {"roads": 50, "parks": 10}
        frame = audits.cases(store, kept, None)
        assert frame[["stratum", "place", "source_id"]].to_numpy().tolist() == [
            ["parks", 1, "3"],
            ["parks", 2, "4"],
            ["roads", 1, "1"],
            ["roads", 2, "2"],
        ]
        assert frame["found"].isna().all() and (frame["revision"] == 0).all()

    def test_a_closing_is_in_one_sample_only_and_a_sample_is_kept_whole_or_not_at_all(self, store: Engine, kept: int) -> None:
        with pytest.raises(NotRecorded, match="somebody else"):
            audits.keep_sample(acting(store), SAMPLE, {"roads": 50}, [closing(9), closing(1)])
        assert [sample.id for sample in audits.samples(store, None)] == [kept]
        assert {source_id for _, source_id, _ in audits.drawn_already(store)} == {"1", "2", "3", "4"}

    def test_a_finding_is_recorded_and_a_correction_keeps_what_was_there(self, store: Engine, kept: int) -> None:
        case = ids(store, kept)[0]
        assert audits.record(acting(store, PARKS, 1), case, "fixed", " grass is cut ", 0, {"parks"})
        assert audits.record(acting(store, ANALYST, 2), case, "not_fixed", "cut, but not the edges", 1, None)
        now = audits.cases(store, kept, None).set_index("id").loc[case]
        assert (now["found"], now["note"], now["recorded_by"], now["revision"]) == ("not_fixed", "cut, but not the edges", "Ana", 2)
        before = audits.history(store, case, None)
        assert before[["revision", "found", "note", "recorded_by"]].to_numpy().tolist() == [
            [2, "not_fixed", "cut, but not the edges", "Ana"], [1, "fixed", "grass is cut", "Head of Parks"],
        ]  # fmt: skip

    def test_the_same_sent_twice_is_recorded_once(self, store: Engine, kept: int) -> None:
        case = ids(store, kept)[0]
        assert audits.record(acting(store), case, "unclear", "locked gate", 0, None)
        assert not audits.record(acting(store, ANALYST, 5), case, "unclear", "locked gate", 0, None)
        assert len(audits.history(store, case, None)) == 1

    def test_nobody_writes_over_what_they_have_not_seen(self, store: Engine, kept: int) -> None:
        case = ids(store, kept)[0]
        audits.record(acting(store), case, "fixed", "", 0, None)
        for seen in (0, 2, 7):
            with pytest.raises(NotRecorded, match="meanwhile"):
                audits.record(acting(store, PARKS, 1), case, "not_fixed", "", seen, {"parks"})
        assert len(audits.history(store, case, None)) == 1

    def test_of_two_who_record_at_once_one_is_told(self, store: Engine, kept: int) -> None:
        case, said = ids(store, kept)[0], []
        start = threading.Barrier(2)

        def write(found: str) -> None:
            start.wait()
            try:
                said.append(audits.record(acting(store), case, found, "", 0, None))
            except NotRecorded:
                said.append("meanwhile")

        threads = [threading.Thread(target=write, args=(found,)) for found in ("fixed", "not_fixed")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(str, said)) == ["True", "meanwhile"]
        with store.connect() as connection:
            assert len(connection.execute(select(audit_finding)).fetchall()) == 1

    @pytest.mark.parametrize(("found", "note"), [("Fixed", ""), ("", ""), ("done", ""), ("fixed' OR 1=1", ""), ("fixed", "x" * 501)])
    def test_what_is_no_finding_is_refused(self, store: Engine, kept: int, found: str, note: str) -> None:
        case = ids(store, kept)[0]
        with pytest.raises(NotRecorded):
            audits.record(acting(store), case, found, note, 0, None)
        assert audits.history(store, case, None).empty

    def test_a_department_sees_and_records_its_own_cases_only(self, store: Engine, kept: int) -> None:
        own, all_cases = ids(store, kept, {"parks"}), ids(store, kept)
        assert len(own) == 2 and len(all_cases) == 4
        assert audits.strata(store, kept, {"parks"}) == {"parks": 10}
        other = next(case for case in all_cases if case not in own)
        for case in (other, 10_000, -1):
            with pytest.raises(AccessDenied, match="There is no such case"):
                audits.record(acting(store, PARKS), case, "fixed", "", 0, {"parks"})
            assert audits.history(store, case, {"parks"}).empty
        assert audits.samples(store, set()) == [] and audits.cases(store, kept, set()).empty

    def test_who_may_only_look_writes_nothing(self, store: Engine, kept: int) -> None:
        case = ids(store, kept)[0]
        with pytest.raises(AccessDenied):
            audits.record(acting(store, COUNCIL), case, "fixed", "", 0, None)
        with pytest.raises(AccessDenied):
            audits.keep_sample(acting(store, COUNCIL), SAMPLE, {"roads": 1}, [closing(8)])
        assert audits.history(store, case, None).empty and len(audits.samples(store, None)) == 1


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Thirty closed cases of Roads, four of Parks, one of them opened again and one a duplicate."""
    rows: list[dict[str, Any]] = [{"closed_at": DUE + number * timedelta(minutes=7)} for number in range(30)]
    rows += [{"closed_at": DUE, "department": "Parks", "address": "5 Elm Street"} for _ in range(4)]
    rows += [{"department": "Parks", "status": "open"}, {"closed_at": DUE, "department": "Parks", "outcome": "duplicate"}]
    events = [{"source_id": "34", "event_kind": kind, "event_at": DUE + n * DAY} for n, kind in enumerate(("closed", "reopened"))]
    return town(tmp_path_factory.mktemp("audit"), rows, events)


class TestDrawing:
    def test_each_department_gives_as_many_as_asked_for_or_all_it_has(self, asked: Asked) -> None:
        drawn = audit.draw(asked, 5, seed=1)
        assert pd.Series([case.stratum for case in drawn.picked]).value_counts().to_dict() == {"roads": 5, "parks": 4}
        assert drawn.closed_cases == {"roads": 30, "parks": 4}
        assert {"34", "35"}.isdisjoint(case.source_id for case in drawn.picked)
        assert sum(drawn.closed_cases.values()) == measure("closed_cases", asked).value

    def test_the_same_seed_draws_the_same_cases_and_another_others(self, asked: Asked) -> None:
        first, again, other = (audit.draw(asked, 5, seed=seed).picked for seed in (1, 1, 2))
        assert first == again != other

    def test_what_is_in_a_sample_already_is_left_out_and_changes_nothing_else(self, asked: Asked) -> None:
        first = audit.draw(asked, 5, seed=1).picked
        already = {(case.programme, case.source_id, case.closed_at) for case in first}
        second = audit.draw(asked, 5, seed=1, already=already).picked
        assert not {case.source_id for case in first} & {case.source_id for case in second}
        assert [case.source_id for case in audit.draw(asked, 10, seed=1).picked if case.stratum == "roads"] == [
            case.source_id for case in (*first, *second) if case.stratum == "roads"
        ]  # fmt: skip

    def test_every_case_is_drawn_about_as_often_as_any_other(self, asked: Asked) -> None:
        """10 of 30, 120 times: 40 times each, give or take."""
        closed = [case for case in audit.draw(asked, 50, seed=0).picked if case.stratum == "roads"]
        times = dict.fromkeys((case.source_id for case in closed), 0)
        for seed in range(120):
            for case in sorted(closed, key=lambda case: audit._lot(seed, case))[:10]:
                times[case.source_id] += 1
        assert min(times.values()) > 20 and max(times.values()) < 60

    def test_a_head_draws_from_the_own_department_only(self, asked: Asked) -> None:
        own = ask(asked.mart, asked.calendar, asked.question, PARKS)
        assert {case.department for case in audit.draw(own, 5, seed=1).picked} == {"parks"}
        assert audit.open_to(PARKS, own) == {"parks"} and audit.open_to(MAYOR, asked) is None

    def test_too_many_and_none_are_refused(self, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in (0, -1, 51):
            with pytest.raises(BadQuestion, match="1 to 50"):
                audit.draw(asked, number, seed=1)
        monkeypatch.setattr(audit, "MOST_CASES", 8)
        with pytest.raises(BadQuestion, match="at most 8"):
            audit.draw(asked, 5, seed=1)

    def test_the_address_is_looked_up_only_for_who_may_read_it(self, asked: Asked) -> None:
        frame = pd.DataFrame(
            [
                {"programme": "requests", "source_id": "30", "stratum": "parks"},
                {"programme": "requests", "source_id": "gone", "stratum": "parks"},
            ]
        )
        assert audit.looked_up(asked, frame)["address"].tolist()[0] == "5 Elm Street"
        assert "address" not in audit.looked_up(ask(asked.mart, asked.calendar, asked.question, COUNCIL), frame)
        assert audit.looked_up(asked, frame.head(0)).empty


def found(**strata: tuple[int, int, int, int]) -> pd.DataFrame:
    """(fixed, not fixed, unclear, not visited) of each stratum, as the cases of a sample."""
    words = (*audits.FINDINGS, None)
    return pd.DataFrame([{"stratum": name, "found": word} for name, counts in strata.items() for word, n in zip(words, counts, strict=True) for _ in range(n)])  # fmt: skip


class TestEstimating:
    def test_shares_by_hand(self) -> None:
        """Roads closed nine times as much as Parks: of all, 0.9 x 8/10 + 0.1 x 3/4."""
        frame = audit.estimates(found(roads=(8, 2, 2, 1), parks=(3, 1, 0, 0)), {"roads": 900, "parks": 100}).set_index("stratum")
        roads, whole = frame.loc["roads"], frame.iloc[-1]
        assert (roads["value"], roads["n"], roads["unclear"], roads["left"], roads["drawn"]) == (0.8, 10, 2, 1, 13)
        assert (roads["low"], roads["high"]) == pytest.approx(wilson(8, 10))
        assert (roads["least"], roads["most"]) == pytest.approx((8 / 12, 10 / 12))
        assert whole["value"] == pytest.approx(0.9 * 0.8 + 0.1 * 0.75)
        assert whole["least"] == pytest.approx(0.9 * 8 / 12 + 0.1 * 0.75) and whole["covered"] == 1
        below = ((0.9 * (0.8 - wilson(8, 10)[0])) ** 2 + (0.1 * (0.75 - wilson(3, 4)[0])) ** 2) ** 0.5  # type: ignore[index]
        assert whole["low"] == pytest.approx(whole["value"] - below)

    def test_a_single_stratum_has_its_own_interval(self) -> None:
        frame = audit.estimates(found(roads=(8, 2, 0, 0)), {"roads": 900})
        assert frame[["value", "low", "high"]].iloc[0].tolist() == pytest.approx(frame[["value", "low", "high"]].iloc[1].tolist())

    def test_what_was_not_judged_says_nothing_and_how_much_is_covered_is_said(self) -> None:
        frame = audit.estimates(found(roads=(4, 0, 0, 6), parks=(0, 0, 3, 7)), {"roads": 300, "parks": 100})
        assert pd.isna(frame["value"].iloc[0]) and (frame["least"].iloc[0], frame["most"].iloc[0]) == (0, 1)
        assert frame["covered"].iloc[-1] == 0.75
        assert frame["value"].iloc[-1] == 1 and frame["low"].iloc[-1] < 0.6

    def test_nothing_visited_is_no_share(self) -> None:
        frame = audit.estimates(found(roads=(0, 0, 0, 5)), {"roads": 300})
        assert frame[["value", "low", "high", "least", "most"]].isna().all(axis=None)
        assert audit.estimates(found(), {})["drawn"].tolist() == [0]

    def test_the_interval_of_the_whole_holds_the_truth_nineteen_times_of_twenty(self) -> None:
        """Three unlike departments, ten visits each, two thousand times over."""
        chance, truth, weight = np.random.default_rng(311), np.array([0.95, 0.7, 0.5]), np.array([0.6, 0.3, 0.1])
        closed, hit = {"a": 600, "b": 300, "c": 100}, 0
        for fixed in chance.binomial(10, truth, size=(2_000, 3)):
            rows = [{"stratum": name, "closed": n, "drawn": 10, **audit._of({"fixed": int(k), "not_fixed": int(10 - k), "unclear": 0}), "fixed": k,
                     "not_fixed": 10 - k, "unclear": 0, "left": 0} for (name, n), k in zip(closed.items(), fixed, strict=True)]  # fmt: skip
            whole = audit._whole(pd.DataFrame(rows))
            hit += whole["low"] <= float(truth @ weight) <= whole["high"]
        assert 0.93 <= hit / 2_000 <= 0.99

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(*[st.integers(0, 6)] * 4, st.integers(1, 10_000)), min_size=1, max_size=6))
    def test_whatever_was_found_shares_lie_in_their_intervals_and_bounds(self, strata: list[tuple[int, int, int, int, int]]) -> None:
        names = [f"d{number}" for number in range(len(strata))]
        frame = audit.estimates(found(**{name: row[:4] for name, row in zip(names, strata, strict=True)}) if any(sum(row[:4]) for row in strata) else pd.DataFrame(columns=["stratum", "found"]),
                                {name: row[4] for name, row in zip(names, strata, strict=True)})  # fmt: skip
        known = frame.dropna(subset=["value"])
        for low, high in (("low", "high"), ("least", "most")):
            assert ((known[low] <= known["value"] + 1e-12) & (known["value"] <= known[high] + 1e-12)).all()
            assert known[low].between(0, 1).all() and known[high].between(0, 1).all()
        assert frame["drawn"].iloc[-1] == frame["drawn"].iloc[:-1].sum() == sum(sum(row[:4]) for row in strata)
