"""Every figure a second time, slowly and obviously: loops over cases, written from the definitions and not from the SQL.

`answer` gives, per group and period, (value, numerator, denominator, n); groups and periods without
any case are left out. All instants are naive UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partialmethod
from zoneinfo import ZoneInfo

from metrics.question import Question
from tests.support.worlds import DEPARTMENTS, LAYERS, TYPES, Case

DAY = timedelta(days=1)
Figure = tuple[float | None, float | None, float | None, float]


@dataclass(frozen=True)
class Seen:
    """One case as known at `as_of`, with its last stretch: what most figures judge."""

    case: Case
    as_of: datetime

    @property
    def closed(self) -> datetime | None:
        return self.case.spells[-1][1]

    @property
    def has_due(self) -> bool:
        return self.case.due is not None and self.case.due >= self.case.opened and self.case.is_trusted

    @property
    def is_met(self) -> bool:
        return self.closed is not None and self.closed <= self.case.due

    @property
    def is_overdue(self) -> bool:
        return self.has_due and self.closed is None and self.case.due < self.as_of


@dataclass(frozen=True)
class Row:
    """One thing counted: when it happened, which department it counts for, and whether it is a hit."""

    case: Case
    at: datetime | None
    owner: str
    hit: bool = True
    days: float = 0.0


class Plain:
    """The definitions over one world and one question."""

    def __init__(self, cases: Iterable[Case], question: Question, zone: str, week_start: str, fiscal_year_start: int) -> None:
        self.question, self.zone, self.week_start, self.fiscal = question, ZoneInfo(zone), week_start, fiscal_year_start
        self.as_of = question.as_of
        self.whole = {case.id: case for case in cases}
        self.all = [known for case in self.whole.values() if (known := case.known_at(self.as_of)) is not None]

    # Whose cases, and when

    def chosen(self, counted: bool = True) -> list[Seen]:
        """The cases the filters let through; departments are filtered row by row, since a closing has its own."""
        q = self.question
        return [
            Seen(case, self.as_of) for case in self.all
            if (not counted or is_counted(case))
            and (not q.case_class or (case.case_class or "service") in q.case_class)
            and (not q.programme or case.programme in q.programme)
            and (not q.request_type or case.request_type in q.request_type)
            and (not q.request_group or TYPES[case.request_type] in q.request_group)
            and (not q.channel or case.channel in q.channel)
            and (not q.outcome or (case.outcome or "unknown") in q.outcome)
            and all(self.area(case, layer) in {a for of, a in q.areas if of == layer} for layer, _ in q.areas)
        ]  # fmt: skip

    @staticmethod
    def area(case: Case, layer: str) -> str | None:
        return case.areas[list(LAYERS).index(layer)]

    def day(self, at: datetime) -> date:
        return at.replace(tzinfo=UTC).astimezone(self.zone).date()

    def within(self, at: datetime | None) -> bool:
        return at is not None and self.question.start <= self.day(at) < self.question.end and at <= self.as_of

    def now_owner(self, case: Case) -> str:
        return self.whole[case.id].owners[-1][1]

    def owner_at(self, case: Case, at: datetime | None) -> str:
        """Who had the case at `at`; who has it now where nothing ended."""
        if at is None:
            return self.now_owner(case)
        return [name for since, name in self.whole[case.id].owners if since <= at][-1]

    def closing_owner(self, seen: Seen) -> str:
        # The end that the data knows of decides, also when the question is asked as of an earlier instant.
        spell = self.whole[seen.case.id].spells[len(seen.case.spells) - 1]
        return self.owner_at(seen.case, spell[1])

    # Rows of each figure

    def opened(self) -> list[Row]:
        return [Row(s.case, s.case.opened, self.now_owner(s.case)) for s in self.chosen() if self.within(s.case.opened)]

    def reports(self) -> list[Row]:
        return [Row(s.case, s.case.opened, self.now_owner(s.case)) for s in self.chosen(False) if self.within(s.case.opened)]

    def resident_opened(self) -> list[Row]:
        return [row for row in self.opened() if row.case.initiated_by not in ("staff", "system")]

    def endings(self) -> list[tuple[Seen, int, datetime]]:
        return [(s, i, end) for s in self.chosen() for i, (_, end) in enumerate(s.case.spells) if self.within(end)]

    def closed(self) -> list[Row]:
        return [Row(s.case, end, self.owner_at(s.case, end)) for s, _, end in self.endings()]

    def closed_cases(self) -> list[Row]:
        return [Row(s.case, s.closed, self.closing_owner(s)) for s in self.chosen() if self.within(s.closed)]

    def reopened(self) -> list[Row]:
        return [Row(s.case, begin, self.now_owner(s.case)) for s in self.chosen() for begin, _ in s.case.spells[1:] if self.within(begin)]

    def backlog(self) -> list[Row]:
        return [Row(s.case, None, self.now_owner(s.case)) for s in self.chosen() if s.closed is None]

    def overdue_now(self) -> list[Row]:
        return [
            Row(s.case, None, self.now_owner(s.case), days=(self.as_of - s.case.due).total_seconds() / 86_400)
            for s in self.chosen() if s.is_overdue
        ]  # fmt: skip

    days_overdue = overdue_now

    def reopened_open(self) -> list[Row]:
        return [Row(s.case, None, self.now_owner(s.case)) for s in self.chosen() if s.closed is None and len(s.case.spells) > 1]

    def stuck(self) -> list[Row]:
        def heard(case: Case) -> list[datetime]:
            ends = [end for _, end in case.spells if end is not None]
            held = [at for hold in case.holds for at in hold if at is not None]
            return [begin for begin, _ in case.spells] + ends + [since for since, _ in case.owners[1:]] + held

        quiet = [
            s for s in self.chosen() if s.closed is None and max(at for at in heard(s.case) if at <= self.as_of) <= self.as_of - 14 * DAY
        ]
        return [Row(s.case, None, self.now_owner(s.case)) for s in quiet]

    def transferred(self) -> list[Row]:
        return [
            Row(s.case, None, self.now_owner(s.case)) for s in self.chosen() if any(self.within(since) for since, _ in s.case.owners[1:])
        ]

    def transferred_again(self) -> list[Row]:
        return [row for row in self.transferred() if len(row.case.owners) > 2]

    def due_next_7_days(self) -> list[Row]:
        return [
            Row(s.case, None, self.now_owner(s.case)) for s in self.chosen()
            if s.closed is None and s.has_due and self.as_of <= s.case.due < self.as_of + 7 * DAY
        ]  # fmt: skip

    def _judged(self, at: Callable[[Seen], datetime | None], when: Callable[[Seen], bool], hit: Callable[[Seen], bool]) -> list[Row]:
        return [Row(s.case, at(s), self.closing_owner(s), hit(s)) for s in self.chosen() if s.has_due and self.within(at(s)) and when(s)]

    def ontime_due(self) -> list[Row]:
        return self._judged(lambda s: s.case.due, lambda s: s.case.due <= self.as_of, lambda s: s.is_met)

    def ontime_closed(self) -> list[Row]:
        return self._judged(lambda s: s.closed, lambda s: True, lambda s: s.is_met)

    def ontime_closed_plus_overdue(self) -> list[Row]:
        over = [Row(s.case, None, self.closing_owner(s), False) for s in self.chosen() if s.is_overdue]
        return self.ontime_closed() + over

    def ontime_opened_all(self) -> list[Row]:
        return self._judged(lambda s: s.case.opened, lambda s: True, lambda s: s.is_met)

    def ontime_opened_matured(self) -> list[Row]:
        return self._judged(lambda s: s.case.opened, lambda s: s.case.due <= self.as_of, lambda s: s.is_met)

    def ontime_opened_flag(self) -> list[Row]:
        return self._judged(
            lambda s: s.case.opened, lambda s: True, lambda s: s.is_met or (s.closed is None and s.case.due > self.as_of)
        )  # fmt: skip

    def ontime_opened_closed_only(self) -> list[Row]:
        return self._judged(lambda s: s.case.opened, lambda s: s.closed is not None, lambda s: s.is_met)

    def due_extended_rate(self) -> list[Row]:
        return self._judged(lambda s: s.case.due, lambda s: True, lambda s: s.case.due > s.case.first_due)

    def due_extended_days(self) -> list[Row]:
        return [
            replace(row, hit=True, days=(row.case.due - row.case.first_due).total_seconds() / 86_400)
            for row in self.due_extended_rate() if row.hit
        ]  # fmt: skip

    def hold_rate(self) -> list[Row]:
        return self._judged(lambda s: s.case.due, lambda s: True, lambda s: bool(s.case.holds))

    def hold_days(self) -> list[Row]:
        return [replace(row, days=self.days_on_hold(row.case)) for row in self.hold_rate() if row.hit]

    def days_on_hold(self, case: Case) -> float:
        """Every second that lies after a pause and before the next resumption or closing, once."""
        ends = sorted([end for _, end in (*case.holds, *case.spells) if end is not None])
        stretches = sorted((begin, min([end for end in ends if end >= begin], default=self.as_of)) for begin, _ in case.holds)
        total, upto = timedelta(0), datetime.min
        for begin, end in stretches:
            total += max(timedelta(0), end - max(begin, upto))
            upto = max(upto, end)
        return total.total_seconds() / 86_400

    def moves_per_case(self) -> list[Row]:
        return [replace(row, days=len(row.case.owners) - 1) for row in self.opened()]

    def deadline_bunching(self) -> list[Row]:
        return [
            Row(s.case, end, self.owner_at(s.case, end), end <= s.case.due)
            for s, _, end in self.endings() if s.has_due and s.case.due - DAY < end <= s.case.due + DAY
        ]  # fmt: skip

    def ttc_closed(self) -> list[Row]:
        return [
            Row(s.case, s.closed, self.closing_owner(s), days=(s.closed - s.case.opened).total_seconds() / 86_400)
            for s in self.chosen() if s.case.is_trusted and self.within(s.closed)
        ]  # fmt: skip

    def _closed_within(self, days: int) -> list[Row]:
        return [
            Row(s.case, s.case.opened, self.now_owner(s.case), s.closed is not None and s.closed - s.case.opened <= days * DAY)
            for s in self.chosen()
            if s.case.is_trusted and self.within(s.case.opened) and s.case.opened <= self.as_of - days * DAY
        ]  # fmt: skip

    closed_within_1_days = partialmethod(_closed_within, 1)
    closed_within_3_days = partialmethod(_closed_within, 3)
    closed_within_7_days = partialmethod(_closed_within, 7)
    closed_within_14_days = partialmethod(_closed_within, 14)
    closed_within_30_days = partialmethod(_closed_within, 30)
    closed_within_90_days = partialmethod(_closed_within, 90)

    def closed_so_far(self) -> list[Row]:
        return self.ttc_km()

    def reopen_rate(self) -> list[Row]:
        def again(s: Seen, i: int, end: datetime) -> bool:
            return i + 1 < len(s.case.spells) and s.case.spells[i + 1][0] <= end + 14 * DAY

        return [
            Row(s.case, end, self.owner_at(s.case, end), again(s, i, end)) for s, i, end in self.endings() if end <= self.as_of - 14 * DAY
        ]  # fmt: skip

    def closed_without_work(self) -> list[Row]:
        without = ("not_actionable", "not_found", "referred")
        return [
            Row(s.case, end, self.owner_at(s.case, end), i == len(s.case.spells) - 1 and s.case.outcome in without) for s, i, end in self.endings()
        ]  # fmt: skip

    def transfer_rate(self) -> list[Row]:
        return [Row(row.case, row.at, row.owner, len(row.case.owners) > 1) for row in self.opened()]

    def fcr_proxy(self) -> list[Row]:
        def at_once(case: Case) -> bool:
            first = case.spells[0][1]
            if first is None or first > case.opened + timedelta(minutes=30) or not case.is_trusted or len(case.owners) > 1:
                return False
            return len(case.spells) == 1 or case.spells[1][0] > first + 7 * DAY

        return [Row(row.case, row.at, row.owner, at_once(row.case)) for row in self.opened()]

    def digital_share(self) -> list[Row]:
        digital = ("web", "app", "email", "chat", "sms", "social")
        known = [row for row in self.resident_opened() if row.case.channel not in ("unknown", "staff")]
        return [Row(row.case, row.at, row.owner, row.case.channel in digital) for row in known]

    def returning_share(self) -> list[Row]:
        return [
            Row(row.case, row.at, row.owner, bool(row.case.is_returning))
            for row in self.resident_opened()
            if row.case.is_returning is not None
        ]

    def led_to_work(self) -> list[Row]:
        known = [row for row in self._of_residents() if row.case.outcome not in (None, "unknown")]
        return [Row(row.case, row.at, row.owner, row.case.outcome == "resolved") for row in known]

    def survey_response(self) -> list[Row]:
        return [Row(row.case, row.at, row.owner, row.case.satisfaction is not None) for row in self._of_residents()]

    def _of_residents(self) -> list[Row]:
        return [row for row in self.closed_cases() if row.case.initiated_by not in ("staff", "system")]

    def satisfaction_top2(self) -> list[Row]:
        return [
            Row(s.case, s.closed, self.closing_owner(s), s.case.satisfaction >= 4)
            for s in self.chosen() if s.case.satisfaction is not None and self.within(s.closed)
        ]  # fmt: skip

    def repeat_location_rate(self) -> list[Row]:
        def again(case: Case) -> bool:
            return any(
                is_counted(other) and (other.request_type, other.place) == (case.request_type, case.place)
                and (other.opened, other.id) < (case.opened, case.id) and other.opened >= case.opened - 90 * DAY
                for other in self.all
            )  # fmt: skip

        return [Row(row.case, row.at, row.owner, again(row.case)) for row in self.opened() if row.case.place is not None]

    def reported_again(self) -> list[Row]:
        def again(case: Case, end: datetime) -> bool:
            return any(
                is_counted(other) and other.id != case.id and (other.request_type, other.place) == (case.request_type, case.place)
                and end < other.opened <= end + 14 * DAY
                for other in self.all
            )  # fmt: skip

        return [
            Row(s.case, end, self.owner_at(s.case, end), again(s.case, end)) for s, _, end in self.endings()
            if end <= self.as_of - 14 * DAY and s.case.place is not None
        ]  # fmt: skip

    def ttc_km(self) -> list[Row]:
        return [
            Row(s.case, s.case.opened, self.now_owner(s.case), s.closed is not None, ((s.closed or self.as_of) - s.case.opened).total_seconds() / 86_400)
            for s in self.chosen() if s.case.is_trusted and self.within(s.case.opened)
        ]  # fmt: skip

    def net_flow(self) -> list[Row]:
        """Signed: +1 for an opening or a reopening, -1 for a closing, each for the department that has the case now."""
        ends = [Row(s.case, end, self.now_owner(s.case), False) for s, _, end in self.endings()]
        return self.opened() + self.reopened() + ends

    # From rows to figures

    def rows(self, metric_id: str) -> list[Row]:
        rows, wanted = getattr(self, metric_id)(), self.wanted()
        return [row for row in rows if not wanted or row.owner in wanted]

    def wanted(self) -> set[str]:
        """The departments asked for and those below them; empty for all."""
        wanted = set(self.question.department)
        return wanted | {name for name, above in DEPARTMENTS.items() if above in wanted}

    def shown(self, owner: str) -> str:
        """The department whose row a case stands in: the one above, unless that was not asked for."""
        above, wanted = DEPARTMENTS[owner], self.wanted()
        return above if above is not None and (not wanted or above in wanted) else owner

    def groups(self, row: Row, by: tuple[str, ...], grain: str | None) -> tuple[object, ...]:
        case = row.case
        keys = {
            "department": self.shown(row.owner), "division": row.owner, "request_type": case.request_type,
            "request_group": TYPES[case.request_type], "programme": case.programme, "channel": case.channel,
            "outcome": case.outcome or "unknown", "case_class": case.case_class or "service",
            "district": case.areas[0] or "none", "quarter": case.areas[1] or "none",
        }  # fmt: skip
        period = () if grain is None else (None if row.at is None else self.start_of(self.day(row.at), grain),)
        return (*(keys[name] for name in by), *period)

    def start_of(self, day: date, grain: str) -> date:
        """First day of the period `day` lies in, found by walking back day by day."""
        while not self._begins(day, grain):
            day -= DAY
        return day

    def _begins(self, day: date, grain: str) -> bool:
        first = day.day == 1
        return {
            "day": True, "week": day.strftime("%A").lower() == self.week_start, "month": first, "quarter": first and day.month in (1, 4, 7, 10),
            "fiscal_year": first and day.month == self.fiscal,
        }[grain]  # fmt: skip

    def answer(self, metric_id: str, kind: str, by: tuple[str, ...] = (), grain: str | None = None) -> dict[tuple[object, ...], Figure]:
        """Figures of a metric by group and period."""
        parts: dict[tuple[object, ...], list[Row]] = {}
        for row in self.rows(metric_id):
            parts.setdefault(self.groups(row, by, grain), []).append(row)
        return {key: figure(metric_id, kind, rows) for key, rows in parts.items()}

    def stock(self, metric_id: str, at: datetime, by: tuple[str, ...] = ()) -> dict[tuple[object, ...], float]:
        """A stock asked as of `at`, by group."""
        then = Plain(self.whole.values(), self.question.about(as_of=at), str(self.zone), self.week_start, self.fiscal)
        return {key: found[3] for key, found in then.answer(metric_id, "stock", by).items()}


def is_counted(case: Case) -> bool:
    return case.outcome not in ("duplicate", "cancelled", "test")


def figure(metric_id: str, kind: str, rows: list[Row]) -> Figure:
    """(value, numerator, denominator, n) of the rows of one group."""
    n = float(len(rows))
    if metric_id == "ttc_km":
        return kaplan_meier(rows, 0.5), float(sum(row.hit for row in rows)), n, n
    if metric_id == "net_flow":
        net = float(sum(1 if row.hit else -1 for row in rows))
        return net, net, None, n
    if metric_id == "moves_per_case":
        moves = sum(row.days for row in rows)
        return moves / n, moves, n, n
    if metric_id == "deadline_bunching":
        before = float(sum(row.hit for row in rows))
        return (before / (n - before) if before < n else None), before, n - before, n
    if kind == "duration" or metric_id == "hold_days":
        return quantile([row.days for row in rows], 0.5), None, n, n
    if kind == "share":
        hits = float(sum(row.hit for row in rows))
        return hits / n, hits, n, n
    return n, n, None, n


def quantile(values: list[float], share: float) -> float:
    """Type 7: a straight line between the two nearest of the sorted values."""
    ordered, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def kaplan_meier(rows: list[Row], share: float) -> float | None:
    """First day by which `share` have closed, open cases leaving the risk set at their age; None if never."""
    stays = 1.0
    for day in sorted({row.days for row in rows if row.hit}):
        at_risk = sum(row.days >= day for row in rows)
        stays *= 1 - sum(row.hit and row.days == day for row in rows) / at_risk
        if stays <= 1 - share + 1e-9:
            return day
    return None
