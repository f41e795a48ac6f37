"""Counts the cases of one programme in the staff mart for one quarter, or what of a year is no sum of its quarters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from data_access import vocabulary
from data_access.mart.staging import Stage
from data_access.released.programmes.durations import within_days
from data_access.released.trees import Cell
from data_access.slugs import slug

OTHER, UNKNOWN = "other", "none"
MOST_OUTCOMES = 12
"""Of the words a source has for how cases ended so many are told, the commonest; the rest is one number."""
LEAST_FOR_DAYS = 11
"""Fewest cases of which a median or another duration is told."""
EVERY = ""


@dataclass
class Programme:
    """The cases of one programme, with what totals are counted by."""

    slug: str
    is_aggregate: bool
    cases: pd.DataFrame
    """`opened_on`, `closed_on`, `due_on` (NaT: no valid promise), `kept`, `kind`, `outcome`, `is_extended`, `area`, `opened_at`, `closed_at`."""
    stays: pd.DataFrame
    """`stage`, `entered_on`, `left_on`, `due_on`, `kept`, `entered_at`, `left_at`."""
    steps: list[str]
    """Its stages in order, without those that end a case."""
    ends: list[str] = field(default_factory=list)
    has_areas: bool = False


def read(stage: Stage, slug_: str, is_aggregate: bool, least: int, slot: int | None) -> Programme:
    """The counted cases of a programme; `slot` is that of the first area layer residents may ask for."""
    run = stage.connection.execute
    area = "''" if slot is None or is_aggregate else f"coalesce(a.slug, '{UNKNOWN}')"
    join = "" if slot is None else f"LEFT JOIN staff.area a ON a.id = s.area_{slot}_id AND a.layer_id = (SELECT id FROM staff.area_layer WHERE slot = {slot})"  # fmt: skip
    service = vocabulary.code_of("case_class", "service")
    moved = vocabulary.code_of("event_kind", "due_changed")
    # Of these no events are kept; what moved a promise that nobody's waiting moved was an extension.
    told = f"s.case_id IN (SELECT case_id FROM staff.case_event WHERE event_kind_id = {moved})"
    waits = "EXISTS (FROM staff.stage w WHERE w.programme_id = p.id AND w.waits)"
    extended = f"coalesce(s.due_at > s.first_due_at, false) AND NOT {waits}" if is_aggregate else told
    cases = run(
        f"""SELECT s.case_id, s.opened_at, s.opened_on,
            CASE WHEN s.closed_on IS NOT NULL THEN greatest(s.closed_on, s.opened_on) END AS closed_on,
            CASE WHEN s.closed_at IS NOT NULL THEN greatest(s.closed_at, s.opened_at) END AS closed_at,
            CASE WHEN s.has_valid_due THEN s.due_on END AS due_on, coalesce(s.closed_at <= s.due_at, false) AS kept, t.slug AS kind,
            t.release_class = 'A' AS is_open_type, r.outcome_raw, s.outcome_id, {extended} AS is_extended, {area} AS area
        FROM staff.spell s JOIN staff.programme p ON p.id = s.programme_id JOIN staff.case_record r USING (case_id)
        LEFT JOIN staff.request_type t ON t.id = s.request_type_id {join}
        WHERE p.slug = ? AND s.next_opened_at IS NULL AND s.is_counted AND s.case_class_id = {service}""",
        [slug_],
    ).df()
    stays = run(
        f"""SELECT s.case_id, split_part(g.slug, '.', 2) AS stage, s.opened_at AS entered_at, s.opened_on AS entered_on, s.closed_at AS left_at,
            s.closed_on AS left_on, CASE WHEN s.has_valid_due THEN s.due_on END AS due_on, coalesce(s.closed_at <= s.due_at, false) AS kept
        FROM staff.stage_visit s JOIN staff.programme p ON p.id = s.programme_id JOIN staff.stage g ON g.id = s.stage_id
        WHERE p.slug = ? AND s.is_counted AND s.case_class_id = {service}""",
        [slug_],
    ).df()
    for frame, days in ((cases, ("opened_on", "closed_on", "due_on")), (stays, ("entered_on", "left_on", "due_on"))):
        for day in days:
            frame[day] = pd.to_datetime(frame[day])
    ordered = run(
        "SELECT split_part(g.slug, '.', 2), g.ends FROM staff.stage g JOIN staff.programme p ON p.id = g.programme_id WHERE p.slug = ? ORDER BY g.position",
        [slug_],
    ).fetchall()
    is_open_type = cases["is_open_type"].fillna(False).astype(bool)
    cases["kind"] = cases["kind"].fillna(UNKNOWN).where(is_open_type | is_aggregate, OTHER)
    cases["outcome"] = _outcomes(cases, least)
    return Programme(
        slug_, is_aggregate, cases, stays, [name for name, ends in ordered if not ends], [name for name, ends in ordered if ends],
        not is_aggregate and slot is not None and bool(is_open_type.all()) and bool((cases["area"] != UNKNOWN).any()),
    )  # fmt: skip


def _outcomes(cases: pd.DataFrame, least: int) -> pd.Series:
    """How each case ended, in the source's words: the commonest ones, as far as each is that of enough cases; else none of them."""
    words = cases["outcome_raw"].where(cases["closed_on"].notna())
    n = words.value_counts()
    kept = set(n[n >= least].index[:MOST_OUTCOMES])
    if not kept:
        names = dict(enumerate(vocabulary.VOCABULARIES["outcome"]))
        return cases["outcome_id"].map(names).astype("str")
    return words.map({word: slug(str(word)) for word in kept}).fillna(OTHER)


def quarter(programme: Programme, period: str, first: pd.Timestamp, end: pd.Timestamp) -> dict[Cell, int]:
    """The cells of one quarter that have cases; the quarter begins on `first`, `end` is the first day after it."""
    made: dict[tuple[str, str], int] = {}
    cases, stays = programme.cases, programme.stays
    opened = _within(cases, "opened_on", first, end)
    closed = _within(cases, "closed_on", first, end)
    due = _within(cases, "due_on", first, end)
    before = _standing(cases, "opened_on", "closed_on", first)
    still = _standing(cases, "opened_on", "closed_on", end)
    made |= _split("opened", "request_type", opened["kind"])
    made |= _split("closed", "outcome", closed["outcome"])
    made |= _split("closed", "state", closed["is_extended"].map({True: "extended", False: "not_extended"}))
    made |= _split("due", "state", due["kept"].map({True: "kept", False: "missed"}))
    state = pd.Series("no_promise", index=still.index).mask(still["due_on"] >= end, "in_time").mask(still["due_on"] < end, "overdue")
    made |= _split("open", "state", state)
    made |= {("carried", EVERY): len(before), ("in_hand", EVERY): len(before) + len(opened)}
    made |= _only("reached", _within(stays, "entered_on", first, end)["stage"])
    in_steps = stays[stays["stage"].isin(programme.steps)]
    there = _standing(in_steps, "entered_on", "left_on", end)
    made |= _only("open", there["stage"])
    was = _standing(in_steps, "entered_on", "left_on", first)
    came = _within(in_steps, "entered_on", first, end)
    made |= _only("was_in", was["stage"]) | _only("stayed", pd.concat([was["stage"], came["stage"]]))
    made |= _only("left", _within(in_steps, "left_on", first, end)["stage"])
    promised = _within(in_steps, "due_on", first, end)
    made |= _only("stage_due", promised["stage"])
    made |= _only("stage_kept", promised.loc[promised["kept"], "stage"]) | _only("stage_missed", promised.loc[~promised["kept"], "stage"])
    return {(period, measure, programme.slug, member): n for (measure, member), n in made.items() if n}


def areas(programme: Programme, year: str, first: pd.Timestamp, end: pd.Timestamp) -> dict[Cell, int]:
    """Of a year the cases opened by area, where all its types are such that areas may be told."""
    if not programme.has_areas:
        return {}
    n = _within(programme.cases, "opened_on", first, end)["area"].value_counts()
    return {(year, "opened", programme.slug, f"area:{area}"): int(count) for area, count in n.items()}


def durations(
    programme: Programme, period: str, first: pd.Timestamp, end: pd.Timestamp, as_of: pd.Timestamp, shown: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Days until half and nine of ten were closed, and left each stage; only where their number is `shown`."""
    made: dict[Cell, int] = {}

    def tell(prefix: str, member: str, counted: Cell, rows: pd.DataFrame, start: str, stop: str) -> None:
        if shown.get(counted, 0) < LEAST_FOR_DAYS or len(rows) < LEAST_FOR_DAYS:
            return
        for name, share in (("median", 0.5), ("p90", 0.9)):
            days = within_days(rows[start], rows[stop], as_of, share)
            if days is not None:
                made[period, f"{prefix}{name}", programme.slug, member] = days

    opened = (period, "opened", programme.slug, EVERY)
    tell("", EVERY, opened, _within(programme.cases, "opened_on", first, end), "opened_at", "closed_at")
    came = _within(programme.stays, "entered_on", first, end)
    for step in programme.steps:
        reached = (period, "reached", programme.slug, f"stage:{step}")
        tell("stage_", f"stage:{step}", reached, came[came["stage"] == step], "entered_at", "left_at")
    return made


def _within(frame: pd.DataFrame, day: str, first: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame[day] >= first) & (frame[day] < end)]


def _standing(frame: pd.DataFrame, since: str, until: str, at: pd.Timestamp) -> pd.DataFrame:
    """What had begun before the day `at` and not ended before it."""
    return frame[(frame[since] < at) & (frame[until].isna() | (frame[until] >= at))]


def _split(measure: str, split: str, members: pd.Series) -> dict[tuple[str, str], int]:
    """The total and its parts."""
    return {(measure, EVERY): len(members)} | {(measure, f"{split}:{member}"): n for member, n in Counter(members).items()}


def _only(measure: str, stages: Iterable[str]) -> dict[tuple[str, str], int]:
    return {(measure, f"stage:{stage}"): n for stage, n in Counter(stages).items()}
