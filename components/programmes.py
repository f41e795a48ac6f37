"""All programmes side by side: what each is, and its figures, which are not ranked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from components import filters, gate, lists, programme_words, words
from components.chart import Chart, Drawn
from components.lists import Listing
from components.programme_words import KINDS
from components.table import Column, Twin
from metrics.outcomes import overview
from metrics.select import Asked

NOT_RANKED = (
    "They stand side by side, not against each other: an idea, a records request and a pothole differ in what is promised, in who has to act and "
    "in how long they must take. Each is to be compared with its own promise and its own past."
)
TOTALS = "totals only"


def draw_side_by_side(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What came, what is open and which promises are kept, programme by programme."""
    frame = overview(asked)
    told = frame["privacy"] != "aggregate"

    def listed(of: Listing) -> list[str | None]:
        return [lists.address(of, asked, programme=key) if is_told else None for key, is_told in zip(frame["key"], told, strict=True)]

    rows = frame.assign(
        page=[filters.link(f"/programmes/{key}", asked, programme=None) for key in frame["key"]], kind_said=[KINDS[kind].name for kind in frame["kind"]],
        promise=[programme_words.promise(gate.desk().city, key) or None for key in frame["key"]], opened_href=listed(Listing("opened")),
        open_href=listed(Listing("backlog", descending=False)), due_href=[href if n else None for href, n in zip(listed(Listing("ontime_due")), frame["due"], strict=True)],
        age=[(asked.question.as_of - at).total_seconds() / 86_400 if at == at else None for at in frame["oldest_at"]],
    )  # fmt: skip
    columns = (
        Column("label", "Programme", href="page"), Column("kind_said", "Kind"), Column("opened", "Opened", "cases", href="opened_href"),
        Column("open", "Open now", "cases", href="open_href"), Column("on_time", "On time", "share"), Column("due", "Fell due", "cases", href="due_href"),
        Column("promise", "Promised"), Column("age", "Oldest open (days)", "days"),
    )  # fmt: skip
    n, hidden = len(frame), int((~told).sum())
    said = f"{words.plural(n, 'programme')}" + (
        f"; of {words.joined(list(frame.loc[~told, 'label']))} only totals are told." if hidden else "."
    )
    return Drawn(said, None, Twin(rows, columns, "Programmes side by side", frame), NOT_RANKED)


def cards(asked: Asked) -> list[Any]:
    """One card for each programme: what it is, what it counts and how it stands."""
    return [_card(row, asked) for row in overview(asked).to_dict("records")]


def _card(row: dict[str, Any], asked: Asked) -> html.Section:
    programme = asked.mart.dimensions.programmes.by_slug[row["key"]]
    many = programme.extra["cases_word"]
    page = filters.link(f"/programmes/{row['key']}", asked, programme=None)
    head = [
        html.H2(dcc.Link(row["label"], href=page)),
        html.P(f"{KINDS[row['kind']].name}, counted in {many}.", className="subtitle"),
        html.P(programme.extra["about"] or ""),
    ]
    if row["privacy"] == "aggregate":
        return html.Section(
            [*head, html.P(f"Only totals are told of these {many}: no list, map or single one.", className="note")],
            className="card programme",
        )

    def figure(label: str, value: Any, of: Listing | None = None) -> list[Any]:
        shown = value if of is None or value == words.MISSING else dcc.Link(value, href=lists.address(of, asked, programme=row["key"]))
        return [html.Dt(label), html.Dd(shown)]

    promised = programme_words.promise(gate.desk().city, row["key"])
    on_time = f"{words.share(row['on_time'])} of {words.count(row['due'])} due" if row["due"] else "nothing is promised of the whole"
    age = (asked.question.as_of - row["oldest_at"]).total_seconds() / 86_400 if row["oldest_at"] == row["oldest_at"] else None
    facts = [
        *figure(KINDS[row["kind"]].opened, words.count(row["opened"]), Listing("opened")), *figure("Open now", words.count(row["open"]), Listing("backlog", descending=False)),
        *figure("On time", on_time, Listing("ontime_due") if row["due"] else None), *(figure("Promised", promised) if promised else []),
        *figure("Oldest open", words.length(age) if age is not None else words.MISSING),
    ]  # fmt: skip
    return html.Section([*head, html.Dl(facts)], className="card programme")


SIDE_BY_SIDE = Chart("programmes", "Programmes side by side", draw_side_by_side, metric="ontime_due")
