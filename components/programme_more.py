"""Charts that belong to some kinds of programmes only: votes of ideas, queues and channels of hotlines, inspections."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import lists, programme_words, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars
from components.lists import Listing
from components.programme_words import counted, kind_of, own
from components.table import Column, Twin
from metrics import outcomes
from metrics.measure import measure
from metrics.only import NO_WORDS
from metrics.select import Asked
from metrics.stages import programme_of

MOST_BARS = 12


def draw_votes(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What most people support, and where it stands."""
    frame = outcomes.most_wanted(asked)
    named = frame["title"] if "title" in frame.columns else frame["source_id"]
    rows = frame.assign(
        label=[title if isinstance(title, str) and title else source_id for title, source_id in zip(named, frame["source_id"], strict=True)],
        value=frame["votes"], href=[lists.case_address(*row) for row in frame[["programme", "source_id"]].itertuples(index=False)],
    )  # fmt: skip
    one, many = own(asked)
    columns = (
        Column("label", one.capitalize(), href="href"), Column("votes", "Votes", "number"), Column("comments", "Comments", "number"),
        Column("request_type", "Topic"), Column("stage", "Stands at"),
    )  # fmt: skip
    twin = Twin(rows, columns, f"The {many} with most votes", frame)
    if frame.empty:
        return Drawn(f"No {one} with votes was opened in this period.", None, twin)
    figure = bars(rows, "cases", room=0.08, letters=46)
    figure["layout"]["xaxis"]["title"]["text"] = "Votes"
    first = rows.iloc[0]
    finding = f"Most wanted: {first['label']}, {words.plural(int(first['votes']), 'vote')}; it stands at {first['stage'] or 'no stage'}."
    return Drawn(
        finding,
        figure,
        twin,
        "Votes are not a sample of residents: who votes chooses to.",
        cases=lists.address(Listing("opened"), asked),
        leads={},
    )


def draw_queues(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Who has the open cases, as the source names its queues or rounds."""
    frame = outcomes.queues(asked)
    called = kind_of(programme_of(asked)).queue
    rows = frame.assign(
        label=[f"No {called.lower()} named" if queue == NO_WORDS else queue for queue in frame["queue"]], value=frame["n"],
        href=[lists.address(Listing("backlog"), asked, queue=queue) for queue in frame["queue"]],
        overdue_href=[lists.address(Listing("overdue_now"), asked, queue=queue) for queue in frame["queue"]],
    )  # fmt: skip
    columns = (
        Column("label", called),
        Column("n", "Open", "cases", href="href"),
        Column("overdue", "Overdue", "cases", href="overdue_href"),
    )
    twin = Twin(rows, columns, f"Open by {called.lower()}", frame)
    title = f"Open by {called.lower()}, on {words.instant(asked.question.as_of, asked.calendar)}"
    if not asked.scope.may_read("staff_names"):
        return Drawn(
            f"Which {called.lower()} has a {own(asked)[0]} is shown to those who may read who works on it.", None, twin, title=title
        )
    if not (frame["queue"] != NO_WORDS).any():
        return Drawn(f"The source names no {called.lower()} of any open {own(asked)[0]}.", None, twin, title=title)
    top, total = rows.iloc[0], int(frame["n"].sum())
    figure = bars(rows.head(MOST_BARS), "cases")
    figure["layout"]["xaxis"]["title"]["text"] = f"Open {own(asked)[1]}"
    left = len(rows) - MOST_BARS
    part = "all" if top["n"] == total else f"{words.count(top['n'])} of the"
    finding = f"{top['label']} has {part} {counted(total, asked)} that are open, {words.count(top['overdue']) if top['overdue'] else 'none'} of them overdue."
    note = f"{left:,} more in the table." if left > 0 else ""
    every = lists.address(Listing("backlog"), asked)
    return Drawn(finding, figure, twin, note, cases=every, title=title, leads={counted(total, asked): every})


def draw_channels(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How cases reach the city."""
    frame = measure("opened", asked, by="channel").frame.sort_values(["n", "label"], ascending=[False, True], ignore_index=True)
    total = frame["n"].sum()
    rows = frame.assign(
        share=frame["n"] / total if total else None, href=[lists.address(Listing("opened"), asked, channel=key) for key in frame["key"]]
    )
    columns = (
        Column("label", "Channel"),
        Column("n", own(asked)[1].capitalize(), "cases", href="href"),
        Column("share", "Of all", "share"),
    )
    twin = Twin(rows, columns, "By channel", frame)
    if frame.empty:
        return Drawn(f"No {own(asked)[0]} was opened in this period.", None, twin)
    top = rows.iloc[0]
    figure = bars(rows, "cases")
    figure["layout"]["xaxis"]["title"]["text"] = own(asked)[1].capitalize()
    every = lists.address(Listing("opened"), asked)
    finding = f"{top['label']} brings most: {words.count(top['n'])} of {counted(total, asked)} ({words.percent_of(top['share'])})."
    return Drawn(finding, figure, twin, cases=every, leads={counted(total, asked): every})


def draw_inspected(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How many were inspected, and how soon."""
    found = outcomes.inspections(asked)
    links = [lists.address(Listing("opened"), asked), lists.address(Listing("opened"), asked, had="inspected")]
    rows = pd.DataFrame({"label": [kind_of(programme_of(asked)).opened, "Inspected"], "value": [found.n, found.inspected], "href": links})
    twin = Twin(rows, (Column("label", "Step"), Column("value", own(asked)[1].capitalize(), "cases", href="href")), "Inspected")
    if not found.inspected:
        return Drawn("The source tells of no inspection in this period.", None, twin)
    figure = bars(rows, "cases")
    figure["layout"]["xaxis"]["title"]["text"] = own(asked)[1].capitalize()
    soon = f", half of these within {words.length(found.days)}" if found.days is not None else ""
    finding = f"{words.count(found.inspected)} of {counted(found.n, asked)} ({words.percent_of(found.inspected / found.n)}) {programme_words.were(found.inspected)} inspected{soon}."
    note = "The days are those of inspected ones alone: they say nothing of those that wait."
    return Drawn(finding, figure, twin, note, cases=links[1], leads={words.count(found.inspected): links[1]})


VOTES = Chart("programme-votes", "Most wanted", draw_votes, defined="votes")
QUEUES = Chart("programme-queues", "Open by queue", draw_queues, metric="backlog", has_period=False)
CHANNELS = Chart("programme-channels", "How they reach the city", draw_channels, metric="opened")
INSPECTED = Chart("programme-inspected", "Inspected", draw_inspected, defined="inspected")
