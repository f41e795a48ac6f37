"""Every worked example of the metric dictionary comes out of the product's own code.

The examples are a file of cases and expected values found independently of this project.
STATROOM_ORACLE names another file of the same shape.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Callable

import pandas as pd
import pytest

from metrics import compare, composite, intervals, ranking, score, suppression, survival, xmr
from metrics.ageing import ageing
from metrics.cases import case_list
from metrics.definitions import REGISTRY
from metrics.dictionary.clock import BUNCHING_HOURS
from metrics.dictionary.rules import AGE_BOUNDS, had_earlier
from metrics.exclusions import sla_exclusions
from metrics.headline import week_to_date
from metrics.measure import ask, counted, measure
from metrics.periods import SAME_WEEK_LAST_YEAR, Calendar, iso_week
from metrics.question import Question
from metrics.reporting import reporting_rate
from metrics.select import Asked
from tests.support.clocks import business_seconds_between, due_date_of
from tests.support.marts import MAYOR, instant, make_mart, small_city

DEFAULT = Path(__file__).resolve().parents[1].parent / "shared" / "oracle" / "metric_examples.json"
ORACLE = Path(os.environ.get("STATROOM_ORACLE") or DEFAULT)
OUTCOMES = {"completed": "resolved", "no_action": "not_actionable", None: None}


def examples() -> list[dict[str, Any]]:
    return json.loads(ORACLE.read_text())["examples"] if ORACLE.exists() else []


def test_there_are_examples_to_check() -> None:
    if not ORACLE.exists():
        pytest.skip(f"no worked examples at {ORACLE}; set STATROOM_ORACLE to a file of them")
    assert examples()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["name"])
def test_worked_example(example: dict[str, Any], tmp_path: Path) -> None:
    found = ANSWERS[example["metric"]](Example(example, tmp_path))
    assert _equal(found, example["expected"], float(example["tolerance"])), f"{found} is not {example['expected']}"
    for mistake, wrong in example.get("wrong_values", {}).items():
        if not _gives(example["expected"], wrong, float(example["tolerance"])):
            assert not _gives(found, wrong, float(example["tolerance"])), f"the answer of this mistake: {mistake}"


def _gives(found: Any, wrong: Any, tolerance: float) -> bool:
    """Whether `found` is `wrong`, or has it as one of its figures."""
    if isinstance(found, dict) and not isinstance(wrong, dict):
        return any(_equal(figure, wrong, tolerance) for figure in found.values())
    return _equal(found, wrong, tolerance)


def _equal(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(k in found and _equal(found[k], v, tolerance) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(lambda a, b: _equal(a, b, tolerance), found, expected))
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return found == expected
    return isinstance(found, (int, float)) and abs(found - expected) <= max(tolerance, 1e-9)


class Example:
    """One example, with its cases in a real mart when a figure asks for them."""

    def __init__(self, data: dict[str, Any], folder: Path) -> None:
        self.parameters, self.inputs = data["parameters"], data.get("inputs") or {}
        self._cases, self._folder = data["cases"], folder
        self._mart = None

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.parameters.get("tz", "UTC"), self.parameters.get("week_start", "monday"))

    def asked(self, end: str | None = None, as_of: str | None = None) -> Asked:
        """The example's question: its own period and instant unless others are given."""
        last = as_of or self.parameters.get("as_of") or self.parameters.get("period_end") or "2027-01-01T00:00:00Z"
        calendar, given = self.calendar, None if end else self.parameters.get("period_start")
        begin = instant(given) if given else calendar.midnight(date(2000, 1, 1))
        finish = instant(end or self.parameters.get("period_end") or last)
        question = Question(calendar.day_of(begin), calendar.day_of(finish), instant(last).to_pydatetime())
        assert calendar.midnight(question.start) == begin, "the examples' periods begin at local midnight"
        if calendar.midnight(question.end) != finish:
            question = question.about(end=question.end + timedelta(days=1))
        return ask(self.mart, calendar, question, MAYOR)

    def measure(self, metric: str, **period: str) -> Any:
        return measure(metric, self.asked(**period))

    @property
    def mart(self):  # type: ignore[no-untyped-def]
        if self._mart is None:
            cases, events = [], []
            for case in self._cases:
                cases.append(self._case(case))
                events.extend(self._events(case))
            zone = self.parameters.get("tz", "UTC")
            self._mart = make_mart(self._folder, cases, events, as_of=datetime(2027, 1, 1), city=small_city(zone))
        return self._mart

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Make the mart of rows of one's own, where the example has figures instead of cases."""
        self._mart = make_mart(self._folder, rows, as_of=datetime(2027, 1, 1), city=small_city("UTC"))

    @staticmethod
    def _case(case: dict[str, Any]) -> dict[str, Any]:
        spells = case.get("spells")
        outcome = case.get("outcome")
        place = case.get("location_key")
        return {
            "source_id": case["id"], "opened_at": instant(case["opened_at"]), "due_at": instant(case.get("due_at")),
            "closed_at": instant(spells[-1][1] if spells else case.get("closed_at")), "outcome": OUTCOMES.get(outcome, outcome),
            "request_type": case.get("type", "any"), "department": "any", "channel": case.get("channel"),
            "initiated_by": "staff" if case.get("channel") == "staff" else "resident",
            "location_key": None if place is None else int(str(place).lstrip("L")),
        }  # fmt: skip

    @staticmethod
    def _events(case: dict[str, Any]) -> list[dict[str, Any]]:
        made = []
        spells = case.get("spells") or []
        for number, (begin, end) in enumerate(spells):
            if number:
                made.append({"source_id": case["id"], "event_at": instant(begin), "event_kind": "reopened"})
            if end is not None:
                made.append({"source_id": case["id"], "event_at": instant(end), "event_kind": "closed"})
        for move in range(case.get("transfers", 0)):
            at = instant(case["opened_at"]) + timedelta(seconds=10 + move)
            made.append(
                {"source_id": case["id"], "event_at": at, "event_kind": "transferred", "from_value": f"d{move}", "to_value": f"d{move + 1}"}
            )
        return made


def _share(metric: str) -> Callable[[Example], Any]:
    def answer(example: Example) -> Any:
        found = example.measure(metric)
        return {"numerator": found.numerator, "denominator": found.denominator, "rate": found.value}

    return answer


def _flow(example: Example) -> Any:
    return {"net_flow": example.measure("net_flow").value, "clearance_rate": example.measure("clearance_rate").value}


def _exclusions(example: Example) -> Any:
    return sla_exclusions(example.asked())


def _overdue(example: Example) -> Any:
    asked = example.asked()
    count, backlog = measure("overdue_now", asked).value, measure("backlog", asked).value
    cases = case_list(asked, "overdue_now", sort="source_id").frame
    return {"count": count, "ids": list(cases["source_id"]), "share_of_open": count / backlog}


def _days_overdue(example: Example) -> Any:
    cases = case_list(example.asked(), "overdue_now").frame
    return dict(zip(cases["source_id"], cases["days_overdue"], strict=True))


def _oldest(example: Example) -> Any:
    first = case_list(example.asked(), "backlog", sort="opened_at", limit=1).frame.iloc[0]
    return {"id": first["source_id"], "age_days": first["days_open"]}


def _backlog_series(example: Example) -> Any:
    return [example.measure("backlog", as_of=t).value for t in example.parameters["as_of_list"]]


def _identity(example: Example) -> Any:
    start = example.parameters["period_start"]
    parts = {name: example.measure(name).value for name in ("opened", "closed", "reopened")}
    return {"start": example.measure("backlog", as_of=start, end=start).value, **parts, "end": example.measure("backlog").value}


def _ageing(example: Example) -> Any:
    bounds = tuple(example.parameters.get("lower_bounds", AGE_BOUNDS))
    frame = ageing(example.asked(), bounds=bounds)
    return dict(zip(frame["band"], frame["n"], strict=True))


def _ttc_closed(example: Example) -> Any:
    row = example.measure("ttc_closed").frame.iloc[0]
    return {"n": row["n"], "mean": row["mean"], "median": row["median"], "p90": row["p90"]}


def _ttc_km(example: Example) -> Any:
    asked = example.asked()
    row = measure("ttc_km", asked).frame.iloc[0]
    closed = measure("ttc_closed", ask(asked.mart, asked.calendar, asked.question.about(end=asked.question.as_of.date()), MAYOR))
    median = row["median"] if row["median"] == row["median"] else None
    return {
        "closed_only_median": closed.value, "km_median": median, "km_median_lower_bound": row["lower_bound"],
        "share_closed": row["numerator"] / row["denominator"],
    }  # fmt: skip


def _ttc_km_period(example: Example) -> Any:
    points = survival.curve(example.asked(), entry=True)
    return {"curve": points[["days", "survival"]].values.tolist(), "median": survival.quantile(points, 0.5)}


def _closed_within(example: Example) -> Any:
    found = example.measure(f"closed_within_{example.parameters['within_days']}_days")
    return {"numerator": found.numerator, "denominator": found.denominator, "rate": found.value}


def _littles_law(example: Example) -> Any:
    asked = example.asked()
    days = (asked.question.end - asked.question.start).days
    levels = measure("backlog", ask(asked.mart, asked.calendar, asked.question.about(grain="day"), MAYOR), period=True).frame
    arrivals = measure("opened", asked).value / days
    # The stock at each day's end, for a window that starts and ends empty: its mean is the mean of the day starts too.
    return {
        "mean_backlog": levels["value"].mean(),
        "arrivals_per_day": arrivals,
        "mean_days": measure("ttc_closed", asked).frame.iloc[0]["mean"],
    }


def _reopen(example: Example) -> Any:
    found = example.measure("reopen_rate")
    waiting = example.measure("closed").value - found.denominator
    return {"numerator": found.numerator, "denominator": found.denominator, "not_yet_matured": waiting, "rate": found.value}


def _transfer(example: Example) -> Any:
    return _share("transfer_rate")(example) | {"transfers_per_case": example.measure("moves_per_case").value}


def _bunching(example: Example) -> Any:
    """The example has hours only: each becomes a case of a known deadline."""
    assert example.inputs["window_hours"] == BUNCHING_HOURS
    due = datetime(2026, 3, 2, 17)
    example.add([
        {"source_id": f"b{number}", "opened_at": due - timedelta(days=60), "due_at": due, "closed_at": due + timedelta(hours=hours), "department": "any"}
        for number, hours in enumerate(example.inputs["hours_from_due_at_closing"])
    ])  # fmt: skip
    found = example.measure("deadline_bunching")
    return {"last_24h_before_due": found.numerator, "first_24h_after_due": found.denominator, "ratio": found.value}


def _digital(example: Example) -> Any:
    found = example.measure("digital_share")
    mix = measure("opened", example.asked(), by="channel").frame.set_index("key")["value"]
    return {
        "digital": found.numerator, "resident_known": found.denominator, "digital_share": found.value,
        "staff": mix["staff"], "unknown": mix["unknown"],
    }  # fmt: skip


def _repeat(example: Example) -> Any:
    days = example.parameters["within_days"]
    metric = replace(REGISTRY["repeat_location_rate"], hits=lambda f: had_earlier(f, days))
    row = counted(metric, example.asked()).iloc[0]
    return {
        "numerator": row["numerator"], "denominator": row["denominator"], "rate": row["value"],
        "no_location": example.measure("opened").value - row["denominator"],
    }  # fmt: skip


def _without_work(example: Example) -> Any:
    found, again = example.measure("closed_without_work"), example.measure("reported_again")
    return {"closures": found.denominator, "without_work": found.numerator, "share": found.value, "reported_again_14d": again.numerator}


def _partial_week(example: Example) -> Any:
    return week_to_date("opened", example.asked())


def _age(example: Example) -> Any:
    return float(case_list(example.asked(), "backlog").frame.iloc[0]["days_open"])


def _period_bounds(example: Example) -> Any:
    calendar = example.calendar
    first = calendar.start_of(date.fromisoformat(example.parameters["any_local_date"]), "week")
    start, end = calendar.midnight(first), calendar.midnight(calendar.next_start(first, "week"))
    return {"start": start.isoformat() + "Z", "end": end.isoformat() + "Z", "hours": (end - start).total_seconds() / 3600}


def _comparison(example: Example) -> Any:
    start = date.fromisoformat(example.inputs["current_week_start"])
    last_year = start - SAME_WEEK_LAST_YEAR
    return {
        "current_start": start.isoformat(), "iso_week": iso_week(start), "previous_week_start": (start - timedelta(days=7)).isoformat(),
        "last_year_start": last_year.isoformat(), "last_year_iso_week": iso_week(last_year),
    }  # fmt: skip


def _departments(example: Example) -> list[ranking.Contender]:
    return [ranking.Contender(d["name"], d["name"], d["met"], d["due"], d.get("target")) for d in example.inputs["departments"]]


def _funnel(example: Example) -> Any:
    rows = _departments(example)
    common = sum(r.met for r in rows) / sum(r.due for r in rows)
    z = {r.name: intervals.funnel_z(r.met, r.due, common) for r in rows}
    return {name: {"z": round(value, 4), "tier": intervals.tier(value)} for name, value in z.items() if value is not None}


def _leaderboard(example: Example) -> Any:
    places = ranking.leaderboard(_departments(example), example.inputs["min_n"])
    ranked = [{"name": p.contender.name, "tier": p.tier, "rank": p.rank} for p in places if p.rank]
    return {"ranked": ranked, "not_ranked": [p.contender.name for p in places if not p.rank]}


def _shrinkage(example: Example) -> Any:
    p0, weight, shares = ranking.shrunk({r.name: (r.met, r.due) for r in _departments(example)})
    return {"p0": p0, "prior_m": weight, "shrunk": shares}


def _standardised(example: Example) -> Any:
    return ranking.standardised({a: {t: (c["met"], c["due"]) for t, c in types.items()} for a, types in example.inputs["areas"].items()})


def _mix(example: Example) -> Any:
    sides = [{t: (c["due"], c["rate"]) for t, c in example.inputs[side].items()} for side in ("before", "after")]
    total, mix, rate = compare.mix_and_rate(*sides)
    return {"change": total, "mix_effect": mix, "rate_effect": rate}


def _components(example: Example) -> list[float | None]:
    cap = example.inputs.get("cap", score.CAP)
    return [score.component(c["value"], c["target"], c["better"], cap) for c in example.inputs["components"]]


def _score(example: Example) -> Any:
    found = score.city_score(_components(example))
    return {"score": found.score, "n_scored": found.scored, "n_total": found.total, "below_target": found.below_target}


def _satisfaction(example: Example) -> Any:
    scores, invited = example.inputs["scores"], example.inputs["invited"]
    rows = [{"source_id": str(i), "opened_at": instant("2026-01-01T00:00:00Z"), "closed_at": instant("2026-01-02T00:00:00Z"),
             "request_type": "any", "satisfaction": scores[i] if i < len(scores) else None} for i in range(invited)]  # fmt: skip
    mart = make_mart(example._folder, rows, as_of=datetime(2026, 2, 1), city=small_city("UTC"))
    asked = ask(mart, Calendar("UTC"), Question(date(2026, 1, 1), date(2026, 2, 1), datetime(2026, 2, 1)), MAYOR)
    found, closed = measure("satisfaction_top2", asked), measure("closed", asked).value
    interval = intervals.wilson(found.numerator, found.denominator)
    return {
        "n": found.n,
        "top2": found.numerator,
        "share": found.value,
        "wilson95": list(interval),
        "response_rate": found.denominator / closed,
    }


def _xmr(example: Example) -> Any:
    of = xmr.limits(example.inputs["values"], None, screen=example.inputs.get("screen_moving_ranges", True))
    return {"mean": of.mean, "upl": of.upper, "lpl": of.lower}


def _xmr_signals(example: Example) -> Any:
    values = example.inputs["values"]
    found = xmr.signals(values, xmr.limits(values, example.inputs["baseline_n"]))
    return {name: getattr(found, name) for name in ("outside", "shift", "trend", "two_of_three")}


def _xmr_shown(example: Example) -> Any:
    raw = xmr.limits(example.inputs["values"], None)
    drawn = xmr.shown(raw, example.inputs["kind"])
    return {"lpl_raw": raw.lower, "lpl_shown": drawn.lower, "upl_shown": drawn.upper}


def _xmr_assurance(example: Example) -> Any:
    of = xmr.limits(example.inputs["values"], None)
    return [xmr.assurance(of, target, example.inputs["better"]) for target in example.inputs["targets"]]


def _per_1000(example: Example) -> Any:
    made = []
    for row in example.inputs["areas"]:
        rate = composite.rate_per_1000(row["resident_requests"], row["population"], example.inputs["min_population"])
        made.append({"area": row["area"], "rate": rate, "shown": rate is not None})
    return made


def _due(example: Example) -> Any:
    amount = {k.removeprefix("sla_"): v for k, v in example.inputs.items() if k.startswith("sla_")}
    ((kind, number),) = amount.items()
    unit = {"hours": "business_hours", "business_days": "business_days", "calendar_days": "calendar_days"}[kind]
    found = due_date_of(instant(example.inputs["opened_at"]), unit, number, _calendar_data(example))
    return found.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _weeks_of_work(example: Example) -> Any:
    closed, opened = example.inputs["closed_last_8_weeks"], example.inputs.get("opened_last_8_weeks_total")
    weeks = compare.weeks_of_work(pd.Series([float(example.inputs["backlog"])]), pd.Series([float(sum(closed))]), len(closed)).iloc[0]
    return {"weeks": None if pd.isna(weeks) else float(weeks), "trend": None if opened is None else compare.trend(opened - sum(closed))}


def _business_seconds(example: Example) -> Any:
    return business_seconds_between(instant(example.inputs["start"]), instant(example.inputs["end"]), _calendar_data(example))


def _calendar_data(example: Example) -> dict[str, Any]:
    return example.parameters.get("calendar") or {"tz": example.parameters["tz"], "weekly": {}, "holidays": []}


ANSWERS: dict[str, Callable[[Example], Any]] = {
    "opened": lambda e: e.measure("opened").value,
    "closed": lambda e: e.measure("closed").value,
    "backlog": lambda e: e.measure("backlog").value,
    "flow": _flow,
    **{name: _share(name) for name in (
        "ontime_due", "ontime_closed", "ontime_opened_all", "ontime_opened_matured", "ontime_opened_flag",
        "ontime_closed_plus_overdue", "ontime_opened_closed_only", "fcr_proxy",
    )},
    "sla_exclusions": _exclusions, "overdue_now": _overdue, "days_overdue": _days_overdue, "oldest_open": _oldest,
    "backlog_series": _backlog_series, "flow_identity": _identity, "ageing_buckets": _ageing, "age_days": _age,
    "ttc_closed": _ttc_closed, "ttc_km": _ttc_km, "ttc_km_period": _ttc_km_period, "closed_within": _closed_within,
    "clearance_rate": lambda e: None if e.inputs["opened"] == 0 else e.inputs["closed"] / e.inputs["opened"],
    "weeks_of_work": _weeks_of_work,
    "littles_law": _littles_law, "reopen_rate": _reopen, "transfer_rate": _transfer, "digital_share": _digital,
    "per_1000": _per_1000, "repeat_location_rate": _repeat, "satisfaction_top2": _satisfaction,
    "city_score_components": _components, "city_score": _score,
    "change": lambda e: {"difference": (c := compare.change(e.inputs["current"], e.inputs["previous"], least_base=e.inputs["min_base"])).difference, "pct": c.share},
    "comparison_week": _comparison, "partial_week": _partial_week, "period_bounds": _period_bounds,
    "xmr_limits": _xmr, "xmr_signals": _xmr_signals, "xmr_display_limits": _xmr_shown, "xmr_assurance": _xmr_assurance,
    "wilson95": lambda e: [list(intervals.wilson(k, n)) for k, n in e.inputs["pairs"]],
    "funnel": _funnel, "eb_shrinkage": _shrinkage, "leaderboard": _leaderboard, "observed_expected": _standardised,
    "mix_decomposition": _mix, "suppress": lambda e: suppression.suppress(e.inputs["cells"], e.inputs["threshold"]),
    "closed_without_work": _without_work,
    "deadline_bunching": _bunching,
    "reporting_rate": lambda e: {a: reporting_rate(rows) for a, rows in e.inputs["areas"].items()},
    "due_business_hours": _due, "due_business_days": _due, "due_calendar_days": _due, "business_seconds": _business_seconds,
}  # fmt: skip
