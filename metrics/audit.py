"""The closure audit: closed cases drawn at random for somebody to go and look at, and how many were really fixed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from math import sqrt

import pandas as pd
from sqlalchemy import select

from access import Viewer, scope_of
from data_access.store import audits
from data_access.store.audits import Closing, Picked, Sample
from metrics.cases import case_count, worded
from metrics.definitions import REGISTRY
from metrics.intervals import wilson
from metrics.measure import window
from metrics.question import BadQuestion, to_query, visible_departments
from metrics.select import Asked

MOST_PER_DEPARTMENT = 50
MOST_CASES = 600
MOST_CLOSED = 1_000_000
"""Closed cases a sample may be drawn of."""
OF = "closed_cases"


@dataclass(frozen=True)
class Drawn:
    """What was drawn: how, of how many closed cases in each stratum, and which cases."""

    sample: Sample
    closed_cases: dict[str, int]
    picked: list[Picked]


def open_to(viewer: Viewer, asked: Asked) -> frozenset[str] | None:
    """Ids of the departments and divisions whose audited cases `viewer` may see; None: all. A sample is of whole departments: who sees part of one sees none."""
    if scope_of(viewer).is_part:
        return frozenset()
    return None if scope_of(viewer).departments is None else frozenset(visible_departments(viewer, asked.mart))


def draw(asked: Asked, per_department: int, seed: int, already: Collection[Closing] = ()) -> Drawn:
    """Draw up to `per_department` cases of every department from those closed in the question's period, each by its last closing.

    Every closed case gets a number from the seed and its ids alone, and the smallest are taken: the same seed draws the same
    cases, in whatever order they are read, and leaving some out (`already` drawn) changes nothing for the others.

    Raises:
        BadQuestion: a number that is too large, or too many closed cases.
    """
    if asked.scope.is_part:
        raise BadQuestion("A sample is drawn of whole departments; your account is limited to districts or programmes.")
    if not 1 <= per_department <= MOST_PER_DEPARTMENT:
        raise BadQuestion(f"Draw 1 to {MOST_PER_DEPARTMENT} cases of each department.")
    if case_count(asked, OF) > MOST_CLOSED:
        raise BadQuestion(f"More than {MOST_CLOSED:,} cases were closed in this period; choose a shorter one.")
    closed, question = _closed(asked), asked.question
    picked: list[Picked] = []
    for _, rows in closed.groupby("stratum", sort=True):
        left = [case for case in map(_picked, rows.to_dict("records")) if (case.programme, case.source_id, case.closed_at) not in already]
        picked += sorted(left, key=lambda case: _lot(seed, case))[:per_department]
    if len(picked) > MOST_CASES:
        raise BadQuestion(f"These are {len(picked):,} cases; a sample has at most {MOST_CASES}. Draw fewer of each department.")
    made = Sample(0, seed, per_department, question.start, question.end, question.as_of, to_query(question, asked.mart))
    return Drawn(made, closed.groupby("stratum").size().astype(int).to_dict(), picked)


def _closed(asked: Asked) -> pd.DataFrame:
    """The closed cases of the question: `stratum`, `department`, `programme`, `source_id`, `request_type`, `closed_at`."""
    metric = REGISTRY[OF]
    facts = asked.facts(metric)
    records = asked.mart.case_records(asked.scope)
    assert metric.rows is not None
    stratum = asked.group(facts, metric, "department").label("grp")
    division = facts.column("closing_department_id").label("grp_2")
    statement = (
        select(stratum, division, records.c.programme_id, records.c.source_id, records.c.request_type_id, facts.column("closed_at"))
        .select_from(facts.spell.join(records, records.c.case_id == facts.column("case_id")))
        .where(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    )
    frame = asked.named(asked.mart.read(statement, asked.scope), ("department", "division"))
    frame = worded(asked, frame.drop(columns=["label", "label_2"]))
    return frame.rename(columns={"key": "stratum", "key_2": "department"})


def _picked(row: dict) -> Picked:  # type: ignore[type-arg]
    return Picked(
        row["stratum"],
        row["department"],
        row["programme"],
        row["source_id"],
        row["request_type"] or "No type",
        row["closed_at"].to_pydatetime(),
    )


def _lot(seed: int, case: Picked) -> bytes:
    return hashlib.sha256(f"{seed}\n{case.programme}\n{case.source_id}\n{case.closed_at.isoformat()}".encode()).digest()


def looked_up(asked: Asked, cases: pd.DataFrame) -> pd.DataFrame:
    """`cases` of a sample with what the mart tells of each now: `outcome`, the first area layer, and `address` for who may read it."""
    records = asked.mart.case_records(asked.scope)
    ids = cases["source_id"].tolist()
    names = ["programme_id", "source_id", "outcome_id", "area_1_id", *(["address"] if asked.scope.may_read("address") else [])]
    statement = select(*[records.c[name] for name in names]).where(records.c.source_id.in_(ids))
    found = worded(asked, asked.mart.read(statement, asked.scope)) if ids else pd.DataFrame(columns=["programme", "source_id"])
    return cases.merge(found, on=["programme", "source_id"], how="left")


def estimates(cases: pd.DataFrame, closed_cases: dict[str, int]) -> pd.DataFrame:
    """How many closed cases were really fixed: one row for each stratum, and the last, `stratum` null, for all of them.

    Columns: `stratum`, `closed`, `drawn`, `fixed`, `not_fixed`, `unclear`, `left` (not visited yet), `n` (fixed and not fixed), `value`
    (fixed / n), `low` and `high` (95 %), `least` and `most` (all unclear ones not fixed, all of them fixed), `covered` (share of the
    closed cases whose stratum has a case that was judged).

    A stratum's interval is Wilson's. The whole weighs each stratum by its closed cases; its interval adds up the strata's squared
    distances between share and Wilson limit, each with its squared weight (Zou, Huang and Zhang 2009, method of variance
    estimates recovery), which stays honest where every case of a stratum was fixed. No correction for finite strata: it errs wide.
    """
    rows = []
    for stratum, closed in sorted(closed_cases.items()):
        found = cases["found"][cases["stratum"] == stratum]
        counts = {name: int((found == name).sum()) for name in audits.FINDINGS}
        rows.append({"stratum": stratum, "closed": closed, "drawn": len(found), **counts, "left": int(found.isna().sum()), **_of(counts)})
    columns = ["stratum", "closed", "drawn", *audits.FINDINGS, "left", "n", "value", "low", "high", "least", "most"]
    made = pd.DataFrame(rows, columns=columns)
    made["covered"] = (made["n"] > 0).astype("float64")
    whole = pd.DataFrame([_whole(made)], columns=made.columns)
    return pd.concat([made, whole], ignore_index=True) if len(made) else whole


def _of(counts: dict[str, int]) -> dict[str, float | None]:
    fixed, n = counts[audits.FIXED], counts[audits.FIXED] + counts[audits.NOT_FIXED]
    low, high = wilson(fixed, n) or (None, None)
    looked = n + counts[audits.UNCLEAR]
    bounds = (fixed / looked, (fixed + counts[audits.UNCLEAR]) / looked) if looked else (None, None)
    return {"n": n, "value": fixed / n if n else None, "low": low, "high": high, "least": bounds[0], "most": bounds[1]}


def _whole(strata: pd.DataFrame) -> dict[str, float | None]:
    """All strata together, those with a judged case weighed by their closed cases."""
    sums = {name: float(strata[name].sum()) for name in ("closed", "drawn", *audits.FINDINGS, "left", "n")}
    judged = strata[strata["n"] > 0]
    empty = dict.fromkeys(("value", "low", "high", "least", "most"))
    if judged.empty:
        return {"stratum": None, **sums, **empty, "covered": 0.0}
    weight = (judged["closed"] / judged["closed"].sum()).to_numpy("float64")
    value, low, high, least, most = ((judged[name].to_numpy("float64")) for name in empty)
    middle = float(weight @ value)
    below, above = (sqrt(float((weight**2) @ (gap**2))) for gap in (value - low, high - value))
    return {
        "stratum": None, **sums, "value": middle, "low": max(0.0, middle - below), "high": min(1.0, middle + above), "least": float(weight @ least),
        "most": float(weight @ most), "covered": float(judged["closed"].sum() / strata["closed"].sum()),
    }  # fmt: skip
