"""What a briefing asks: every kind of question it puts, answered by the numbers that one of its sentences is made of.

An answer depends on its address alone (the question's filters, period and `as_of`, and the parameters of its kind), on what is
loaded and on what people wrote. So whoever asks the address of a sentence again finds the sentence's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from data_access.store import commitments
from metrics import health
from metrics.ageing import ageing
from metrics.areas import area_figures, layers
from metrics.briefing_known import Known, standings
from metrics.briefing_measured import target, targets
from metrics.briefing_series import line_of, listed, narrow, series, span
from metrics.cases import case_counts, case_list
from metrics.commitment_effect import effect_of
from metrics.curves import BEFORE, curves
from metrics.definitions import DEFINITIONS_VERSION, REGISTRY
from metrics.due_soon import expected
from metrics.headline import headline
from metrics.mix import on_time_split
from metrics.outlook import outlook
from metrics.question import BadQuestion
from metrics.remarks import as_of, own_filters
from metrics.restated import restated
from metrics.select import Asked
from metrics.transfers import moved

Own = Mapping[str, str]
Numbers = dict[str, Any]
TOP, EXAMPLES = 5, 5
LINES = 8
"""How many of the signal list get a line."""
OLD_DAYS = 90
CURVE_DAYS = tuple(range(0, 91, 2))
"""The ages at which a curve of closing is drawn."""
MIX_DAYS = 91
LEAST_AREAS = 3
"""Of two areas that differ nobody can say which one is unusual."""
EVIDENCE_LETTERS = 300


def figure(asked: Asked, own: Own, _known: Known) -> Numbers:
    """One headline figure of the last complete week, the week before and a year earlier."""
    of, (first, end) = headline(own["metric"], asked), asked.last_week()
    return {
        "metric": own["metric"], "value": of.value, "n": of.n, "previous": of.previous.previous, "last_year": of.last_year.previous,
        "first": first.isoformat(), "end": end.isoformat(),
    }  # fmt: skip


def ages(asked: Asked, own: Own, _known: Known) -> Numbers:
    """The open cases by age: of all that is asked about, or of a series."""
    frame = ageing(narrow(asked, own))
    total = int(frame["n"].sum())
    old = int(frame.loc[[int(band.rstrip("+").partition("-")[0]) >= OLD_DAYS for band in frame["band"]], "n"].sum())
    return {"bands": frame["band"].tolist(), "n": [int(n) for n in frame["n"]], "total": total, "old": old, "old_days": OLD_DAYS}


def overdue(asked: Asked, _own: Own, _known: Known) -> Numbers:
    """What is overdue, and the cases that have been so longest."""
    page = case_list(asked, "overdue_now", sort="days_overdue", descending=True, limit=EXAMPLES)
    longest = page.frame["days_overdue"].max() if len(page.frame) else None
    return {"total": page.total, "longest": None if longest is None else float(longest), "cases": _ids(page.frame)}


def quiet(asked: Asked, _own: Own, known: Known) -> Numbers:
    """How many series were judged, and how many changed."""
    of = listed(asked, known.rebasing)
    return {"series": of.series, "signals": len(of.lines), "told": min(len(of.lines), LINES), "quiet": of.quiet, "faint": of.faint}


def signal(asked: Asked, own: Own, known: Known) -> Numbers:
    """One line of the signal list."""
    line = line_of(asked, own["series"], known.rebasing)
    since, until = line["since"].isoformat(), line["until"].isoformat()
    plain = {
        name: line[name]
        for name in ("metric", "dimension", "label", "cases", "sign", "weeks", "verdict", "rules", "owner", "seasonal", "change")
    }
    return {**plain, "since": since, "until": until, "value": _number(line["value"]), "expected": _number(line["expected"]),
            "also": [part["label"] for part in line["also"]], "also_metrics": sorted({part["metric"] for part in line["also"]})}  # fmt: skip


def weeks(asked: Asked, own: Own, known: Known) -> Numbers:
    """The weekly values of a series with its limits."""
    return series(asked, own["series"], known.rebasing)


def split(asked: Asked, own: Own, known: Known) -> Numbers:
    """The cases of a series since its signal began by one dimension, most first; of a share, those that missed it."""
    metric = REGISTRY[own["series"].partition(".")[0]]
    is_share = metric.kind == "share"
    about = span(asked, own["series"], known.rebasing)
    frame = case_counts(about, metric.id, own["by"], hits=False if is_share else None)
    top = frame.head(TOP)
    return {
        "metric": metric.id, "by": own["by"], "labels": top["label"].tolist(), "n": [int(n) for n in top["n"]], "total": int(frame["n"].sum()),
        "groups": len(frame), **_period(about),
    }  # fmt: skip


def moves(asked: Asked, own: Own, _known: Known) -> Numbers:
    """How many cases of a series changed their department, and how many more than once."""
    of = moved(narrow(asked, own))
    return {"cases": of.cases, "again": of.again, "days": of.days}


def curve(asked: Asked, own: Own, _known: Known) -> Numbers:
    """The share closed by age, now and a year earlier."""
    found = {one.key: one for one in curves(narrow(asked, own), BEFORE)}
    made: Numbers = {"days": list(CURVE_DAYS)}
    for name in ("now", BEFORE):
        of = found.get(name)
        points = None if of is None else of.points.set_index("day")["closed"].reindex(range(CURVE_DAYS[-1] + 1)).ffill()
        known = (
            [] if points is None or of is None else [float(points[day]) if day <= of.points["day"].max() else None for day in CURVE_DAYS]
        )
        made |= {name: known, f"n_{name}": 0 if of is None else of.opened}
    return made


def examples(asked: Asked, own: Own, known: Known) -> Numbers:
    """Single cases of a series, by their number: what has waited longest, or came last."""
    metric = REGISTRY[own["series"].partition(".")[0]]
    misses = False if metric.kind == "share" else None
    waits = metric.only_open or misses is False
    sort = "days_overdue" if metric.id == "overdue_now" or misses is False else "days_open" if waits else f"{metric.date_field}"
    about = span(asked, own["series"], known.rebasing)
    page = case_list(about, metric.id, hits=misses, sort=sort, descending=True, limit=EXAMPLES)
    return {"metric": metric.id, "total": page.total, "cases": _ids(page.frame), **_period(about)}


def mix(asked: Asked, own: Own, _known: Known) -> Numbers:
    """What the change of a share on time is made of."""
    of = on_time_split(narrow(asked, own), MIX_DAYS)
    if of is None:
        return {"is_known": False}
    return {
        "is_known": True,
        "change": of.change,
        "mix": of.mix,
        "rate": of.rate,
        "is_said": of.is_said,
        "type": str(of.types["label"].iloc[0]),
    }


def due(asked: Asked, _own: Own, _known: Known) -> Numbers:
    """What falls due in the next seven days, and how much of it is expected to be late."""
    frame = expected(asked, "request_type")
    late = frame["late"].sum(min_count=1)
    return {
        "n": int(frame["n"].sum()),
        "late": _number(late),
        "labels": frame["label"].head(TOP).tolist(),
        "by_type": [int(n) for n in frame["n"].head(TOP)],
    }


def forecast(asked: Asked, _own: Own, _known: Known) -> Numbers:
    """Overdue cases four weeks ahead, as a range, with its record."""
    of = outlook(asked)
    if of.weeks.empty:
        return {"value": None}
    now = of.present
    past = of.weeks[["now"]].tail(27)["now"]
    return {
        **{name: _number(now[name]) for name in ("now", "value", "low", "high")},
        "past": [_number(n) for n in past],
        "held": of.held(),
        "judged": len(of.judged),
    }


def equity(asked: Asked, own: Own, _known: Known) -> Numbers:
    """Areas of a layer that report less than is typical and wait longer than is typical."""
    rate, wait = (area_figures(asked, name, own["layer"]).frame.set_index("key") for name in ("per_1000", "ttc_km"))
    both = pd.DataFrame({"label": rate["label"], "rate": rate["value"], "days": wait["value"].reindex(rate.index)}).dropna()
    made: Numbers = {"areas": len(both), "layer": layers(asked)[own["layer"]], "out": []}
    if len(both) < LEAST_AREAS:
        return made
    typical = float(both["rate"].median()), float(both["days"].median())
    out = both[(both["rate"] < typical[0]) & (both["days"] > typical[1])].sort_values(["days", "label"], ascending=[False, True])
    longest = float(out["days"].iloc[0]) if len(out) else None
    return {**made, "out": out["label"].tolist(), "typical_rate": typical[0], "typical_days": typical[1], "longest": longest}


def promises(asked: Asked, own: Own, known: Known) -> Numbers:
    """How many commitments were owed, overdue and waiting at an instant."""
    at = _instant(own["at"])
    day, found = asked.calendar.day_of(at), standings(known, at)
    owed = [one for one in found if one.promise.state == commitments.OPEN]
    counts = {state: sum(one.promise.state == state for one in found) for state in commitments.STATES}
    return {**counts, "overdue": sum(one.promise.due_on < day for one in owed), "day": day.isoformat()}


def promise(asked: Asked, own: Own, known: Known) -> Numbers:
    """One commitment as it stood at an instant, and whether its figure moved. Not who owes it: not every reader of a packet is told that."""
    at = _instant(own["at"])
    of = next((one for one in standings(known, at) if str(one.promise.id) == own["commitment"]), None)
    if of is None:
        raise BadQuestion("There is no such commitment, or it is not open to you.")
    day, told = asked.calendar.day_of(at), effect_of(of.promise, known.ask, known.rebasing, asked.question.as_of.isoformat() + "Z")
    return {
        "deliverable": of.promise.deliverable,  "department": asked.name_of("department", of.promise.department), "state": of.promise.state,
        "due_on": of.promise.due_on.isoformat(), "days_late": of.promise.days_late(day),
        "evidence": of.evidence[:EVIDENCE_LETTERS], "metric": of.promise.metric, "verdict": told.verdict, "because": told.because, "weeks": told.weeks,
        "usual": told.usual, "since": told.since, "tells_from": told.tells_from.isoformat(), "reached": told.reached,
    }  # fmt: skip


def said(asked: Asked, own: Own, known: Known) -> Numbers:
    """What departments had said at an instant of a signal's weeks, or of a headline figure of the last complete week."""
    at, (first, _) = _instant(own["at"]), asked.last_week()
    last, metric = first, own.get("metric", "")
    if own.get("series"):
        line = line_of(asked, own["series"], known.rebasing)
        metric, (first, last) = line["metric"], (asked.calendar.start_of(line[name], "week") for name in ("since", "until"))
    found = as_of(known.remarks, at).on(metric, own_filters(narrow(asked, own)), first, last)
    return {"remarks": [
        {
            "department": asked.name_of("department", one.department), "stance": one.stance, "week": one.week.isoformat(), "text": one.text, "answer": one.answer,
            "answered_by": one.answered_by_name,
        }
        for one in found
    ]}  # fmt: skip


def data(asked: Asked, _own: Own, _known: Known) -> Numbers:
    """To which instant the data were known, and by which definitions figures were made."""
    return {"as_of": asked.question.as_of.isoformat(), "definitions": DEFINITIONS_VERSION}


def gate(_asked: Asked, _own: Own, known: Known) -> Numbers:
    """Whether the data of the frozen week were fit to be discussed."""
    week = known.freeze
    return {"week": None} if week is None else {"week": week.week.isoformat(), "is_red": week.is_red, "note": week.gate_note}


def refused(asked: Asked, _own: Own, _known: Known) -> Numbers:
    """Rows that were refused or hold a word nobody mapped; of the whole source."""
    counts = [int(frame["n"].sum()) for frame in (health.refused(asked), health.unmapped(asked))]
    return {"read": health.rows_read(asked), "refused": counts[0], "unmapped": counts[1]}


def changed(asked: Asked, _own: Own, known: Known) -> Numbers:
    """Which figures of the frozen week have another value by now."""
    if known.freeze is None:
        return {"week": None}
    found = restated(known.freeze, known.frozen, asked.about(asked.question.about(department=())))
    rows = [
        {"metric": one.frozen.metric, "label": asked.name_of("department", one.frozen.department) if one.frozen.department else "",
         "frozen": one.frozen.value, "now": one.now.value}
        for one in found
    ]  # fmt: skip
    return {"week": known.freeze.week.isoformat(), "figures": len(known.frozen), "changed": rows}


ASKS: dict[str, Callable[[Asked, Own, Known], Numbers]] = {
    "figure": figure, "ages": ages, "overdue": overdue, "quiet": quiet, "signal": signal, "weeks": weeks, "split": split, "moves": moves, "curve": curve,
    "examples": examples, "mix": mix, "due": due, "forecast": forecast, "equity": equity, "promises": promises, "promise": promise, "targets": targets, "target": target, "said": said, "data": data,
    "gate": gate, "refused": refused, "changed": changed,
}  # fmt: skip
OWN = ("metric", "series", "by", "layer", "commitment", "at", "measure")
"""Parameters of an address that are no filters of cases."""


def _period(asked: Asked) -> Numbers:
    """The period that was asked about, where it is another one than the address says."""
    return {"from": asked.question.start.isoformat(), "to": asked.question.end.isoformat()}


def _ids(frame: pd.DataFrame) -> list[list[str]]:
    """The (programme, number) of cases: what names them without telling anything of them."""
    return [[str(programme), str(number)] for programme, number in zip(frame["programme"], frame["source_id"], strict=True)]


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadQuestion("'{text}' is no instant.", text=text[:40]) from None


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
