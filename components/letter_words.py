"""Letters to staff in words. No address and no text of a case is in any of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from components import commitment_words, commitments, filters, lists, signal_words, tiles, words
from components.letter import Letter, Line
from data_access.store.commitments import Commitment, Reminder
from data_access.store.subscriptions import DIGEST, LOADS, SIGNAL, THRESHOLD, WORKLIST, Subscription
from metrics.definitions import REGISTRY
from metrics.headline import Headline
from metrics.mail import Alert, Digest, Worklist
from metrics.select import Asked
from metrics.signals import filters_of
from metrics.weekly import WHOLE

KINDS = {
    DIGEST: "The week in figures: headline figures, signals and what was promised, once a week before the meeting",
    WORKLIST: "Work list of the day: what is overdue and what is due today, every morning there is something",
    SIGNAL: "Signals: when a headline figure really changes, once for each change",
    THRESHOLD: "A threshold: when one figure crosses a value, and it is a signal",
    LOADS: "Loads: when they fail, when the data grow old, and when all is well again",
}
SHORT_KINDS = {DIGEST: "The week in figures", WORKLIST: "Work list", SIGNAL: "Signals", THRESHOLD: "Threshold", LOADS: "Loads"}
MOST_LINES, MOST_PROMISES = 12, 12


def title(kind: str, asked: Asked, metric: str = "", bound: float | None = None, beyond: str = "") -> str:
    """What a subscription is called: "The week in figures: Parks"."""
    about = (filters.said(asked) if kind != LOADS else "") or "the whole city"
    if kind == THRESHOLD and bound is not None:
        return f"{REGISTRY[metric].label} {'over' if beyond == 'higher' else 'under'} {words.amount(bound, REGISTRY[metric].unit)}: {about}"
    figure = f" of {words.label(REGISTRY[metric])}" if metric else ""
    return f"{SHORT_KINDS[kind]}{figure}: {about}"


def digest(of: Digest, subscription: Subscription, asked: Asked) -> Letter:
    """The week before the meeting."""
    week = words.days_between(*of.week)
    lines = [Line(f"The week of {week}, the last complete one."), *_age(asked), Line("Headline figures", "heading")]
    lines += [Line(_headline(head), "item", tiles.cases_of(head.metric.id, asked)) for head in of.heads]
    lines.append(Line("What really changed", "heading"))
    told = of.signals.lines.to_dict("records")
    lines += [Line(_signal(row), "item", filters.link("/signals", asked, series=signal_words.series_id(row))) for row in told[:MOST_LINES]]  # type: ignore[arg-type]
    more = len(told) - MOST_LINES
    if more > 0:
        lines.append(
            Line(f"{words.plural(more, 'more signal', 'more signals')} on the page Signals.", path=filters.link("/signals", asked))
        )
    if not told:
        lines.append(Line(signal_words.finding(of.signals, True), path=filters.link("/signals", asked)))
    lines.append(Line("What was promised", "heading"))
    lines += [Line(_promise(one, asked), "item", commitments.link(one)) for one in of.promises[:MOST_PROMISES]]
    if len(of.promises) > MOST_PROMISES:
        lines.append(
            Line(f"{len(of.promises) - MOST_PROMISES} more are late, due within a week or wait for a review.", path=commitments.PAGE)
        )
    if not of.promises:
        lines.append(Line("Nothing is late, due within a week or waiting for a review."))
    return Letter(f"{subscription.title}, week of {week}", [*lines, *why(subscription)])


def worklist(of: Worklist, subscription: Subscription, asked: Asked) -> Letter:
    """A crew's list of the day."""
    lines = [
        Line(f"{words.weekday(of.day)}: {words.count(of.overdue_n)} overdue, {words.count(of.due_n)} due by the end of the day."),
        *_age(asked),
    ]
    for name, frame, total, metric in (
        ("Due by the end of today", of.due, of.due_n, "due_next_7_days"),
        ("Overdue, longest first", of.overdue, of.overdue_n, "overdue_now"),
    ):
        if not total:
            continue
        lines.append(Line(f"{name}: {words.cases(total)}", "heading"))
        lines += [
            Line(_case(row, asked), "item", lists.case_address(row["programme"], row["source_id"])) for row in frame.to_dict("records")
        ]
        if total > len(frame):
            lines.append(Line(f"{words.count(total - len(frame))} more in the list.", path=filters.link("/cases", asked, of=metric)))
    return Letter(f"{subscription.title}: {words.count(of.due_n)} due, {words.count(of.overdue_n)} overdue", [*lines, *why(subscription)])  # fmt: skip


def alert(of: Alert, subscription: Subscription, asked: Asked) -> Letter:
    """One figure that really changed."""
    metric = REGISTRY[of.metric]
    about = filters.said(asked) or "the whole city"
    now, usual = (words.value(value, metric.unit) for value in (of.value, of.expected))
    way = "higher" if of.sign > 0 else "lower"
    judged = "" if of.verdict == "neither" else f", which is {of.verdict}"
    week = words.days_between(of.week, of.week + timedelta(weeks=1))
    row: dict[str, Any] = {"rules": list(of.rules), "weeks": of.weeks, "cases": of.cases, "sign": of.sign, "metric": of.metric}
    lines = [Line(f"{metric.label}, {about}: {now} in the week of {week}, {usual} expected. It is {way}{judged}.")]
    if of.bound is not None:
        bound = words.value(of.bound, metric.unit)
        lines.append(
            Line(
                f"It is {'over' if of.sign > 0 else 'under'} {bound} since the week of {words.day(of.since)}, and that is a signal, no ordinary up or down."
            )
        )
    lines.append(Line(f"How it shows: {signal_words.rule(row)}. It stands for {signal_words.more(row)} than expected."))
    series = f"{of.metric}.{WHOLE}.{WHOLE}"
    lines.append(Line("The figure with its limits", path=filters.link("/signals", asked, series=series)))
    lines += [*_age(asked), Line("You are told of this change once; the next letter is about another one."), *why(subscription)]
    return Letter(f"{metric.label} is {way} than expected: {about}", lines)


def reminder(of: Reminder, day: date) -> Letter:
    """To somebody who owes a commitment."""
    promise = of.commitment
    when = commitment_words.when(promise, day)
    lines = [
        Line(f"{promise.owner_name}, you promised: {promise.deliverable}"), Line(f"Due on {words.weekday(promise.due_on)}: {when}."),
        Line(f"{commitment_words.hoped(promise)}."), Line("Say that it is done, or what stands in the way", path=commitments.link(promise)),
        Line("You get this because you are named as the one who owes it. It is repeated every week until evidence is given or the day is moved."),
    ]  # fmt: skip
    return Letter(f"Promised, {when}: {promise.deliverable}", lines)


def _headline(head: Headline) -> str:
    metric = head.metric
    of = f" of {words.cases(head.n)}" if metric.unit == "share" and not words.is_missing(head.value) else ""
    said = f"{metric.label}: {words.value(head.value, metric.unit)}{of}"
    return f"{said}; {words.changed(head.previous, metric.unit, 'the week before')}" if head.previous_known else said


def _signal(row: dict[str, Any]) -> str:
    verdict = "" if row["verdict"] == "neither" else f" ({row['verdict']})"
    ask = f" Ask {row['owner']}." if row["owner"] else ""
    return f"{signal_words.named(row)}: {signal_words.more(row)} than expected{verdict}. {signal_words.rule(row)}.{ask}"


def _promise(of: Commitment, asked: Asked) -> str:
    day = asked.calendar.day_of(asked.question.as_of)
    return f"{of.owner_name}: {of.deliverable} ({commitment_words.when(of, day)}, {words.day(of.due_on)})"


def _case(row: dict[str, Any], asked: Asked) -> str:
    kind = "No type" if words.is_missing(row["request_type"]) else row["request_type"]
    due = words.moment(pd.Timestamp(row["due_at"]), asked.calendar)
    late = row.get("days_overdue")
    return f"{row['source_id']} {kind}, due {due}" + (
        "" if words.is_missing(late) else f", {words.plural(max(round(float(late)), 1), 'day')} late"
    )


def _age(asked: Asked) -> list[Line]:
    """How old the figures are: a letter is read later than a page."""
    return [Line(f"Figures through {words.instant(asked.question.as_of, asked.calendar)}.")]


def why(subscription: Subscription) -> list[Line]:
    """Why somebody gets a letter, and the way out."""
    return [
        Line("About this mail", "heading"), Line(f"You subscribed to “{subscription.title}” in Statroom."),
        Line("Your subscriptions", path="/subscriptions"),
    ]  # fmt: skip


def new_address(asked: Asked, **more: str) -> str:
    """Address of the form that subscribes to what is asked about, without its period."""
    query = {name: ",".join(sorted(values)) for name, values in filters_of(asked).items()}
    return f"/subscriptions/new?{urlencode({**more, **query})}" if query or more else "/subscriptions/new"
