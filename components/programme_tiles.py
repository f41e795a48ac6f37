"""The tiles of one programme: what came, what is open, whether promises are kept, what is stuck and what falls due next."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components import gate, lists, programme_words, words
from components.lists import Listing
from components.programme_words import kind_of, own
from metrics.cases import case_count
from metrics.measure import measure
from metrics.outcomes import overview
from metrics.select import Asked
from metrics.stages import MOST_STUCK, cohort, first_answer, funnel, programme_of, stages_of, stuck, waiting
from metrics.stages import whole as whole_of


def tiles(asked: Asked) -> list[html.Section]:
    """Six tiles, or five where the programme has no stages."""
    staged = bool(stages_of(asked))
    last = _answered if staged and programme_of(asked).extra["kind"] == "idea" else _due_soon
    whole = [_opened(asked), _open(asked, staged), _on_time(asked)]
    return [*whole, *([_first(asked), _stuck(asked)] if staged else [_overdue(asked)]), last(asked)]


def _tile(label: str, value: str, unit: str, lines: list[Any], links: list[tuple[str, str]]) -> html.Section:
    return html.Section(
        [
            html.H2(label),
            html.Div([html.Span(value, className="value"), html.Span(unit, className="unit")], className="figure"),
            *[html.P(line, className="change") for line in lines if line],
            html.Div([dcc.Link(name, href=href) for name, href in links], className="tile-links"),
        ],
        className="card tile",
    )


def _opened(asked: Asked) -> html.Section:
    n = measure("opened", asked).frame["n"].iloc[0]
    one, many = own(asked)
    label = kind_of(programme_of(asked)).opened
    return _tile(label, words.count(n), one if n == 1 else many, [words.asked_period(asked.question)], [
        (many.capitalize(), lists.address(Listing("opened"), asked)), ("Definition", "/definitions#opened"),
    ])  # fmt: skip


def _open(asked: Asked, staged: bool) -> html.Section:
    row = overview(asked).set_index("key").loc[programme_of(asked).slug]
    one, many = own(asked)
    age = (
        None
        if row["oldest_at"] is None or row["oldest_at"] != row["oldest_at"]
        else (asked.question.as_of - row["oldest_at"]).total_seconds() / 86_400
    )
    lines: list[Any] = [f"the oldest for {words.length(age)}" if age is not None else None]
    if staged and (n := int(waiting(asked)["open"].sum())):
        outside = lists.address(Listing("backlog"), asked, stage=",".join(waiting(asked)["key"]))
        lines.append([dcc.Link(f"{n:,} of them", href=outside), f" {'waits' if n == 1 else 'wait'} for somebody outside"])
    open_now = row["open"]
    return _tile("Open now", words.count(open_now), one if open_now == 1 else many, lines, [
        (many.capitalize(), lists.address(Listing("backlog", descending=False), asked)), ("Definition", "/definitions#backlog"),
    ])  # fmt: skip


def _on_time(asked: Asked) -> html.Section:
    answer = measure("ontime_due", asked)
    row = answer.frame.iloc[0]
    promised = programme_words.promise(gate.desk().city, programme_of(asked).slug)
    n = int(row["denominator"] or 0)
    lines = [
        f"promised: {promised}"
        if promised
        else "by the deadline each one has"
        if n
        else "Nothing is promised of the whole; see the stages."
    ]
    links = [("Late ones", lists.address(Listing("ontime_due", "false"), asked))] if n else []
    return _tile(
        "On time",
        words.share(row["value"]),
        f"of {n:,} due" if n else "",
        lines,
        [*links, ("Definition", "/definitions#ontime_due")],
    )


def _first(asked: Asked) -> html.Section:
    row = first_answer(asked).iloc[0]
    stays = Listing("ontime_due", "false", stays=True)
    promised = programme_words.stage_promise(row["amount"], row["unit"])
    lines = [
        f"left {row['label']} within {promised}" if promised else f"{row['label']} promises nothing",
        f"half within {words.decimal(row['median'])} days" if not words.is_missing(row["median"]) else None,
    ]
    links = [("Late ones", lists.address(stays, asked, stage=row["key"]))] if row["due"] else []
    return _tile("First answer in time", words.share(row["on_time"]), f"of {words.count(row['due'])}" if row["due"] else "", lines, [
        *links, ("Definition", "/definitions#stage_first"),
    ])  # fmt: skip


def _stuck(asked: Asked) -> html.Section:
    n = len(stuck(asked))
    one, many = own(asked)
    value = f"{n:,}" + ("+" if n == MOST_STUCK else "")
    link = html.A("Which ones", href="#chart-stage-stuck")
    made = _tile(
        "Stuck in a stage",
        value,
        one if n == 1 else many,
        ["longer there than promised, or than nine of ten"],
        [("Definition", "/definitions#stage_stuck")],
    )
    made.children[-1].children.insert(0, link)  # type: ignore[union-attr]
    return made


def _answered(asked: Asked) -> html.Section:
    """Of ideas nothing falls due as a whole: what they want to know is whether they are answered, and what comes of them."""
    about, frame = whole_of(asked), funnel(asked)
    n, opened = cohort(about), Listing("opened")
    first, later = frame.iloc[0], frame.iloc[1:]
    answered = n - int(first["here"]) - int(first["dropped"])
    ends = later[later["ends"] | (later["amount"].isna() & ~later["waits"])]
    lines = [
        [dcc.Link(f"{words.count(row['came'])}", href=lists.address(opened, about, reached=row["key"])), f" came to {row['label']}"]
        for row in ends.to_dict("records")
    ]
    return _tile("Answered", words.share(answered / n if n else None), f"of {n:,}", lines, [("Definition", "/definitions#stage_funnel")])


def _overdue(asked: Asked) -> html.Section:
    n = measure("overdue_now", asked).frame["n"].iloc[0]
    one, many = own(asked)
    return _tile("Overdue", words.count(n), one if n == 1 else many, ["open, their deadline has passed"], [
        (many.capitalize(), lists.address(Listing("overdue_now", sort="days_overdue"), asked)), ("Definition", "/definitions#overdue_now"),
    ])  # fmt: skip


def _due_soon(asked: Asked) -> html.Section:
    week, fortnight = (case_count(asked, f"due_next_{days}_days") for days in (7, 14))
    one, many = own(asked)
    longer = [
        dcc.Link(
            f"{fortnight:,} in the next 14 days", href=lists.address(Listing("due_next_14_days", sort="due_at", descending=False), asked)
        )
    ]
    return _tile("Due in 7 days", words.count(week), one if week == 1 else many, [longer], [
        (many.capitalize(), lists.address(Listing("due_next_7_days", sort="due_at", descending=False), asked)), ("Definition", "/definitions#due_next_7_days"),
    ])  # fmt: skip
