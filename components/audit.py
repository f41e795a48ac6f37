"""The closure audit on screen: the sample shown, how many were really fixed, the list to hand out, and one case to record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html

from access import MAY, AccessDenied
from components import filters, gate, lists, words
from components.chart import Drawn
from components.figures.ranked import intervals
from components.table import Column, Twin, html_table
from data_access.store import audits
from data_access.store.audits import Sample
from metrics import audit
from metrics.question import BadQuestion
from metrics.select import Asked

PATH = "/closure/audit"
LATEST = "latest"
FOUND = {"fixed": "Fixed", "not_fixed": "Not fixed", "unclear": "Unclear"}
NONE_YET = "No sample has been drawn yet."
METHOD = (
    "Share fixed of those judged, with 95 % intervals: Wilson's for a department; for all of them each department weighs as much as it closed, and the "
    "intervals are put together by the method of variance estimates recovery (Zou, Huang and Zhang 2009). Unclear cases are judged neither way: "
    "the two last columns say what the share were if none or all of them were fixed."
)


def _samples() -> list[Sample]:
    desk = gate.desk()
    viewer = desk.viewer()
    return audits.samples(desk.store(), audit.open_to(viewer, desk.ask({})))


def _offered(asked: Asked) -> dict[str, str]:
    return {LATEST: "The latest", **{str(sample.id): _named(sample, asked) for sample in _samples()}}


def _named(sample: Sample, asked: Asked) -> str:
    return f"No. {sample.id}: closed {words.days_between(sample.start, sample.end)}"


SAMPLE = filters.Option("sample", "Sample", _offered, lambda: LATEST)
SHOWN = filters.Option("found", "Cases shown", lambda _asked: {"all": "All", "left": "Not visited yet", **FOUND}, lambda: "all")
VISIT = filters.Option("visit", "Case to record", None, lambda: "")


def chosen(view: Mapping[str, str]) -> Sample | None:
    """The sample the reader looks at; None before the first was drawn.

    Raises:
        BadQuestion: there is none of that number open to the viewer.
    """
    found = _samples()
    if view[SAMPLE.name] == LATEST:
        return found[0] if found else None
    for sample in found:
        if str(sample.id) == view[SAMPLE.name]:
            return sample
    raise BadQuestion("There is no such sample, or it is not open to you.")


def cases_of(sample: Sample, asked: Asked) -> pd.DataFrame:
    """The sample's cases that the viewer may see, of the departments that the page asks for."""
    desk = gate.desk()
    frame = audits.cases(desk.store(), sample.id, audit.open_to(desk.viewer(), asked))
    return frame[frame["stratum"].isin(asked.question.department) | frame["department"].isin(asked.question.department)] if asked.question.department else frame  # fmt: skip


def about(sample: Sample, asked: Asked) -> str:
    """How a sample was drawn, in one sentence."""
    # Who drew it may see departments and places that this viewer may not.
    unsaid = (
        "from",
        "to",
        "as_of",
        *(() if asked.scope.departments is None and asked.scope.may_read("address") else ("department", "moved", "place", "cell")),
    )
    narrowed = {name: text for name, text in sample.filters.items() if name not in unsaid}
    within = f" ({', '.join(f'{name}: {text}' for name, text in narrowed.items())})" if narrowed else ""
    return (
        f"Sample {sample.id}: up to {sample.per_department} cases of each department, drawn at random (seed {sample.seed}) from those closed "
        f"{words.during(sample.start, sample.end)}{within}, as known on {words.moment(sample.as_of, asked.calendar)}; drawn by {sample.drawn_by} on "
        f"{words.moment(sample.drawn_at, asked.calendar)}."
    )


def draw_estimate(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Share really fixed by department and for all of them, with intervals."""
    sample = chosen(view)
    columns = _estimate_columns()
    if sample is None:
        empty = pd.DataFrame(columns=[column.key for column in columns])
        return Drawn(NONE_YET, None, Twin(empty, columns))
    desk = gate.desk()
    only = audit.open_to(desk.viewer(), asked)
    frame = audit.estimates(audits.cases(desk.store(), sample.id, only), audits.strata(desk.store(), sample.id, only))
    # The whole says nothing that its only department does not say.
    frame = frame.iloc[:-1] if len(frame) == 2 else frame
    frame = frame.assign(
        label=["All departments" if words.is_missing(key) else asked.name_of("department", key) for key in frame["stratum"]]
    )
    links = {name: [_here(sample, key, name) for key in frame["stratum"]] for name in (*audits.FINDINGS, "left", "all")}
    frame = frame.assign(
        **{f"{name}_href": made for name, made in links.items()}, href=links["all"], closed_href=[_closed_link(sample, key) for key in frame["stratum"]],
    )  # fmt: skip
    twin = Twin(frame, columns, f"Really fixed, sample {sample.id}", frame.drop(columns=[name for name in frame if name.endswith("href")]))
    title = f"Closed cases that were really fixed, sample {sample.id}: closed {words.during(sample.start, sample.end)}"
    shown = frame.dropna(subset=["value"])
    figure = intervals(shown.assign(label=_labels(shown)), target=None, name="Really fixed") if len(shown) else None
    return Drawn(_estimate_words(frame), figure, twin, METHOD, title=title)


def _estimate_columns() -> tuple[Column, ...]:
    return (
        Column("label", "Department", href="href"), Column("closed", "Closed", "cases", href="closed_href"), Column("drawn", "Drawn", "cases", href="all_href"),
        *[Column(name, FOUND[name], "cases", href=f"{name}_href") for name in audits.FINDINGS], Column("left", "Not visited", "cases", href="left_href"),
        Column("value", "Really fixed", "share"), Column("low", "95 % from", "share"), Column("high", "to", "share"),
        Column("least", "If no unclear one is", "share"), Column("most", "If all unclear ones are", "share"),
    )  # fmt: skip


def _labels(frame: pd.DataFrame) -> list[str]:
    return [f"{label} ({words.count(n)} judged)" for label, n in zip(frame["label"], frame["n"], strict=True)]


def _here(sample: Sample, stratum: Any, found: str) -> str:
    query = {SAMPLE.name: str(sample.id), **({} if words.is_missing(stratum) else {"department": str(stratum)})}
    return PATH + filters.address({**query, **({} if found == "all" else {SHOWN.name: found})}) + "#chart-audit-list"


def _closed_link(sample: Sample, stratum: Any) -> str:
    """The list of the closed cases that a stratum was drawn of."""
    query = {**sample.filters, "of": audit.OF, "as_of": sample.as_of.isoformat() + "Z"}
    return "/cases" + filters.address(query if words.is_missing(stratum) else {**query, "department": str(stratum)})


def _estimate_words(frame: pd.DataFrame) -> str:
    last = frame.iloc[-1]
    if not last["n"]:
        return f"None of the {words.cases(last['drawn'])} of this sample has been judged yet."
    part = (
        ""
        if last["covered"] >= 1 or len(frame) == 1
        else f"; departments with {words.percent_of(last['covered'])} of the closed cases have been judged so far"
    )
    left = f"; {words.cases(last['left'])} not visited yet" if last["left"] else ""
    return (
        f"{words.share(last['value'])} of closed cases were really fixed, with 95 % confidence between {words.share(last['low'])} and {words.share(last['high'])} "
        f"({words.count(last['n'])} judged{left}{part})."
    )


def draw_list(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The cases of the sample, to print or to take along as a file."""
    sample = chosen(view)
    layers = sorted((layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)[:1]
    columns = (
        Column("number", "No."), Column("department_name", "Department"), Column("source_id", "Case", href="case_href"), Column("request_type", "Type"),
        *([Column("address", "Address")] if asked.scope.may_read("address") else []), *[Column(layer.slug, layer.name) for layer in layers],
        Column("closed_at", "Closed", "instant"), Column("outcome", "Outcome"), Column("found_said", "Found", href="visit_href"), Column("note", "Note"),
        Column("recorded_by", "By"),
    )  # fmt: skip
    if sample is None:
        return Drawn(
            "There is no list yet: draw a sample above.", None, Twin(pd.DataFrame(columns=[column.key for column in columns]), columns)
        )
    frame = audit.looked_up(asked, cases_of(sample, asked))
    wanted = view[SHOWN.name]
    shown = frame if wanted == "all" else frame[frame["found"].isna()] if wanted == "left" else frame[frame["found"] == wanted]
    shown = shown.assign(
        number=[str(number) for number in shown["id"]], department_name=[asked.name_of("division", key) for key in shown["department"]],
        found_said=[FOUND.get(found, "Record") for found in shown["found"]],
        case_href=[lists.case_address(*row) for row in shown[["programme", "source_id"]].to_numpy().tolist()],
        visit_href=[PATH + filters.address({SAMPLE.name: str(sample.id), VISIT.name: str(number)}) + "#audit-visit" for number in shown["id"]],
    )  # fmt: skip
    for column in columns:
        if column.key not in shown.columns:
            shown = shown.assign(**{column.key: None})
    file = shown[[column.key for column in columns if column.key != "found_said"]].assign(found=shown["found"])
    return Drawn(_progress(frame), None, Twin(shown, columns, f"Cases of sample {sample.id}", file), about(sample, asked), title=f"The list to take along, sample {sample.id}")  # fmt: skip


def _progress(frame: pd.DataFrame) -> str:
    visited = int(frame["found"].notna().sum())
    counts = [(FOUND[name].lower(), int((frame["found"] == name).sum())) for name in audits.FINDINGS]
    found = f": {words.joined([f'{n} {said}' for said, n in counts if n])}" if visited else ""
    return f"{visited} of {words.cases(len(frame))} visited{found}."


def visited(asked: Asked, view: Mapping[str, str]) -> pd.Series | None:
    """The case of the sample that is to be recorded; None if none is chosen.

    Raises:
        BadQuestion: the number is none.
        AccessDenied: there is no such case in the sample that the viewer may see.
    """
    text, sample = view[VISIT.name], chosen(view)
    if not text:
        return None
    number = number_of(text)
    frame = pd.DataFrame(columns=["id"]) if sample is None else cases_of(sample, asked)
    found = frame[frame["id"] == number]
    if found.empty:
        raise AccessDenied(audits.NO_CASE)
    return audit.looked_up(asked, found).iloc[0]


def number_of(text: str) -> int:
    """A case's number within the audits.

    Raises:
        BadQuestion: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadQuestion(f"There is no case number '{text[:20]}'.")
    return int(text)


def may_record() -> bool:
    """Whether the present viewer's role may draw and record."""
    return gate.desk().viewer().role in MAY["audit"]


def case_words(case: pd.Series, asked: Asked) -> list[Any]:
    """What the case is, and what was recorded of it before."""
    known = [
        case["request_type"],
        asked.name_of("division", case["department"]),
        case.get("address"),
        f"closed on {words.moment(case['closed_at'], asked.calendar)}",
    ]
    desk = gate.desk()
    before = audits.history(desk.store(), int(case["id"]), audit.open_to(desk.viewer(), asked))
    link = dcc.Link(f"Case {case['source_id']}", href=lists.case_address(case["programme"], case["source_id"]))
    parts: list[Any] = [html.P([link, ": ", ", ".join(str(part) for part in known if not words.is_missing(part)), "."])]
    if len(before):
        before = before.assign(found=[FOUND[found] for found in before["found"]])
        columns = (
            Column("found", "Found"),
            Column("note", "Note"),
            Column("recorded_at", "Recorded", "instant"),
            Column("recorded_by", "By"),
        )
        parts += [
            html.P("Recorded so far, newest first:"),
            html_table(Twin(before, columns, "What was recorded of this case"), asked.calendar),
        ]
    return parts
