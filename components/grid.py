"""A work list over any number of cases: rows are fetched, sorted and counted on the server as the reader scrolls.

A page declares `WorkList(name, title, choose)` and places `block(...)`; `choose` says which list the page's question and options
mean. What the grid in the browser asks for comes through the gate like every question: whole numbers and known columns only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dash
import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, dcc, html, no_update

from components import filters, gate, lists, suites, words
from components.chart import permanent_query
from components.lists import Listing
from components.page import Query
from metrics.case_history import find_cases
from metrics.cases import MOST_EXPORTED, MOST_ROWS, SORTS, case_count, case_list
from metrics.question import BadQuestion
from metrics.select import Asked

BLOCK_ROWS = 100
"""Rows fetched at once."""
FARTHEST_ROW = 10**8
ROW_PIXELS, HEADER_PIXELS, SCROLLBAR_PIXELS, MOST_ID_PIXELS = 36, 38, 20, 190
THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', textColor: 'var(--ink)', borderColor: 'var(--line)', accentColor: 'var(--accent)',
    headerBackgroundColor: 'var(--ground)', headerTextColor: 'var(--ink-soft)', rowHoverColor: 'var(--accent-soft)', oddRowBackgroundColor: 'var(--card)',
    fontFamily: 'var(--font)', fontSize: '14px', headerFontSize: '13px', wrapperBorderRadius: '6px', cellHorizontalPadding: '10px'})"""
"""The grid's colours are those of the page, so it follows light and dark with them."""
LISTS: dict[str, WorkList] = {}
"""The lists of this process, by name."""

KEY_COLUMN = {"due_next_7_days": "due_at", "overdue_now": "days_overdue", "days_overdue": "days_overdue", "reopened_open": "reopened_count"}
"""What a list is about: the column that stands right after the id."""

SEARCH = filters.Option("search", "Find a case by its id", None, lambda: "")


@dataclass(frozen=True)
class WorkList:
    """One list of one page."""

    name: str
    title: str
    choose: Callable[[Asked, Mapping[str, str]], Listing]

    def __post_init__(self) -> None:
        assert self.name not in LISTS, f"there is already a list called {self.name}"
        LISTS[self.name] = self


@dataclass(frozen=True)
class Shown:
    """One column: its name in the frame, its heading with its unit, and how wide it is."""

    key: str
    label: str
    width: int
    sort: str = ""
    """The name it is sorted by; empty: it cannot be sorted."""
    number: bool = False


def columns(asked: Asked, listing: Listing) -> list[Shown]:
    """The columns of a list, in the order they are read. What is not known of any open case is left out of a list of open ones."""
    metric, question, dimensions = listing.metric, asked.question, asked.mart.dimensions
    layers = sorted((layer for layer in dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)[:2]
    is_past = question.as_of != asked.mart.as_of
    many = len(dimensions.programmes) > 1
    made = [
        Shown("source_id", "Case", 125),
        *([Shown("programme", "Programme", 130)] if many else []),
        Shown("request_type", "Type", 205, "request_type"),
        Shown("department", "Department", 165, "department"),
        Shown("opened_at", "Opened", 170, "opened_at"),
        Shown("due_at", "Due", 170, "due_at"),
        *([] if metric.only_open else [Shown("closed_at", "Closed", 170, "closed_at")]),
        Shown("days_open", "Open for (days)", 150, "days_open", number=True),
        Shown("days_overdue", "Overdue (days)", 150, "days_overdue", number=True),
        # What a source says of a case's state is known for now only.
        Shown("status", "Status now" if is_past else "Status", 115, "status"),
        *([] if metric.only_open else [Shown("outcome", "Outcome", 120)]),
        *[Shown(layer.slug, layer.name, 140, "area" if layer.id == 1 else "") for layer in layers],
        *([Shown("address", "Address", 190)] if asked.scope.may_read("address") else []),
        Shown("channel", "Reported by", 115),
        Shown("reopened_count", "Reopened (times)", 160, number=True),
    ]
    first = KEY_COLUMN.get(listing.of)
    at = next((i for i, column in enumerate(made) if column.key == first), None)
    if at is not None:
        made.insert(1 + many, made.pop(at))
    return made


def part_id(part: str, name: Any) -> dict[str, Any]:
    """Id of one part of a list's block."""
    return {"type": f"list-{part}", "name": name}


def block(work_list: WorkList, query: Query, *above: Any, className: str = "") -> html.Section:
    """The place of `work_list` on its page; `above` stands between its heading and its rows."""
    name = work_list.name
    return html.Section(
        [
            # The heading says how many there are; it is read out when another list is chosen.
            html.Div(html.H2(work_list.title, id=part_id("said", name), className="finding"), **{"aria-live": "polite"}),
            html.P(id=part_id("note", name), className="note"),
            html.Div([*above, filters.control(SEARCH.name, query)], className="list-controls"),
            html.Div(id=part_id("rows", name), className="list-rows"),
            html.Div(id=part_id("links", name), className="chart-links"),
        ],
        id=f"list-{name}",
        className=f"card work-list {className}".strip(),
    )


def choice(name: str, query: Query) -> html.Fieldset:
    """A page's own option as a row of buttons, all of its values in sight."""
    option = filters.OPTIONS[name]
    value = query.get(name) or option.default()
    radio = dbc.RadioItems(
        id=filters.control_id(name), options=[{"value": value, "label": "…"}], value=value, inline=True, className="choice",
        inputClassName="btn-check", labelClassName="btn btn-outline-primary btn-sm", labelCheckedClassName="active",
    )  # fmt: skip
    return html.Fieldset([html.Legend(option.label, className="visually-hidden"), radio], className="filter-choice")


def _list_of(value: Any) -> WorkList:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in LISTS:
        raise BadQuestion("There is no such list; open the page again.")
    return LISTS[name]


def _refused(message: str) -> dict[str, Any]:
    return {"said": message, "note": "", "rows": "", "links": ""}


@gate.answers(
    {part: Output(part_id(part, MATCH), "children") for part in ("said", "note", "rows", "links")},
    question=Input("question", "data"),
    values={"work_list": (State(part_id("rows", MATCH), "id"), _list_of), "query": (State("question", "data"), gate.query_of)},
    refused=_refused,
)
def fill(asked: Asked, work_list: WorkList, query: dict[str, str]) -> dict[str, Any]:
    """Say what the list holds, and make its grid."""
    listing = work_list.choose(asked, filters.view_of(query, asked))
    counted = lists.asked_about(listing, asked)
    total = case_count(counted, listing.of, **listing.chosen())
    rows = _grid(work_list, listing, total, asked) if total else html.P(_nothing(listing, asked), className="empty")
    view = f"?{permanent_query(asked, filters.view_of(query, asked))}#list-{work_list.name}"
    return {
        "said": lists.said(listing, total, asked),
        "note": _note(total, listing),
        "rows": rows,
        "links": _links(listing, total, asked, view),
    }


def _grid(work_list: WorkList, listing: Listing, total: int, asked: Asked) -> dag.AgGrid:
    shown = columns(asked, listing)
    suites.need_grid()
    return dag.AgGrid(
        id={"type": "grid", "name": work_list.name},
        rowModelType="infinite",
        columnDefs=[_column_def(column, listing) for column in shown],
        defaultColDef={"sortable": False, "filter": False, "resizable": True, "suppressMovable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={
            "theme": {"function": THEME}, "context": {"label": lists.named(listing, asked)},
            "cacheBlockSize": BLOCK_ROWS, "maxConcurrentDatasourceRequests": 1, "maxBlocksInCache": 20, "infiniteInitialRowCount": 1,
            "rowHeight": ROW_PIXELS, "headerHeight": HEADER_PIXELS, "suppressMultiSort": True, "enableCellTextSelection": True, "ensureDomOrder": True,
            "suppressDragLeaveHidesColumns": True, "tooltipShowDelay": 600, "animateRows": False,
        },
        eventListeners={"firstDataRendered": ["statroomReady(params)"]},
        className="cases-grid",
        style={"height": f"min(34rem, 75vh, {HEADER_PIXELS + ROW_PIXELS * total + SCROLLBAR_PIXELS}px)"},
    )  # fmt: skip


def _column_def(column: Shown, listing: Listing) -> dict[str, Any]:
    made: dict[str, Any] = {"field": column.key, "colId": column.sort or column.key, "headerName": column.label, "width": column.width}
    if column.sort:
        made |= {"sortable": True, "sortingOrder": ["asc", "desc"]}
    if column.sort == listing.sort:
        made["sort"] = "desc" if listing.descending else "asc"
    if column.number:
        made |= {"cellClass": "ag-right-aligned-cell", "headerClass": "ag-right-aligned-header"}
    if column.key == "source_id":
        made |= {"cellRenderer": "StatroomCase", "pinned": "left", "minWidth": 90, "maxWidth": MOST_ID_PIXELS}
    return made


def request_of(value: Any) -> dict[str, Any] | None:
    """What the grid asks for: the first row, how many, and the order; None before it asks.

    Raises:
        BadQuestion: it is nothing a grid of ours asks for.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadQuestion("The list's rows cannot be read; open the page again.")
    start, end = value.get("startRow"), value.get("endRow")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= FARTHEST_ROW or end - start > MOST_ROWS:
        raise BadQuestion(f"A list is read in blocks of 1 to {MOST_ROWS} rows.")
    if value.get("filterModel"):
        raise BadQuestion("This list has no filters of its own; use those at the top of the page.")
    return {"offset": start, "limit": end - start, **_order_of(value.get("sortModel") or [])}


def _order_of(model: Any) -> dict[str, Any]:
    if not isinstance(model, list) or len(model) > 1 or not all(isinstance(entry, dict) for entry in model):
        raise BadQuestion("A list is sorted by one column.")
    for entry in model:
        column, way = entry.get("colId"), entry.get("sort")
        if not isinstance(column, str) or column not in SORTS:
            raise BadQuestion(f"Cases cannot be sorted by '{str(column)[:40]}'.")
        if way not in ("asc", "desc"):
            raise BadQuestion(f"A list is sorted upwards or downwards, not '{str(way)[:20]}'.")
        return {"sort": column, "descending": way == "desc"}
    return {}


def _no_rows(message: str) -> dict[str, Any]:
    dash.set_props("notice", {"children": message, "hidden": False})
    return {"rowData": [], "rowCount": 0}


@gate.answers(
    Output({"type": "grid", "name": MATCH}, "getRowsResponse"),
    question=State("question", "data"),
    initial=False,
    values={
        "request": (Input({"type": "grid", "name": MATCH}, "getRowsRequest"), request_of),
        "work_list": (State({"type": "grid", "name": MATCH}, "id"), _list_of),
        "query": (State("question", "data"), gate.query_of),
    },
    refused=_no_rows,
)  # fmt: skip
def rows(asked: Asked, request: dict[str, Any] | None, work_list: WorkList, query: dict[str, str]) -> Any:
    """One block of rows, as text."""
    if request is None:
        return no_update
    listing = work_list.choose(asked, filters.view_of(query, asked))
    order = {"sort": listing.sort, "descending": listing.descending, **request}
    page = case_list(lists.asked_about(listing, asked), listing.of, **listing.chosen(), **order)
    return {"rowData": [row_of(record, asked) for record in page.frame.to_dict("records")], "rowCount": page.total}


def row_of(record: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """A case as the grid shows it: texts, on the city's clock."""
    made: dict[str, Any] = {}
    for name, value in record.items():
        if name in ("opened_at", "due_at", "closed_at"):
            made[name] = words.moment(value, asked.calendar)
        elif name in ("days_open", "days_overdue"):
            made[name] = words.decimal(value)
        elif name == "reopened_count":
            made[name] = words.count(value)
        else:
            made[name] = words.MISSING if words.is_missing(value) else str(value)
    return {**made, "href": lists.case_address(record["programme"], record["source_id"])}


def _note(total: int, listing: Listing) -> str:
    if not total:
        return ""
    return (
        f"{lists.OF_A_STAY} " * listing.stays
        + "Choose a column's heading to sort by it; arrow keys move through the rows, Enter opens a case."
    )


def _nothing(listing: Listing, asked: Asked) -> Any:
    """Why there is no row; a case that is looked for by its id may be in another list."""
    if not listing.search:
        return "There is no such case."
    found = find_cases(asked, listing.search)
    if found.empty:
        return f"There is no case with the id {listing.search}, or it is not open to you."
    links = [dcc.Link(f"Open case {listing.search}", href=lists.case_address(*row)) for row in found[["programme", "source_id"]].values]
    return ["The case is not in this list. ", *links]


def _links(listing: Listing, total: int, asked: Asked, view: str) -> list[Any]:
    if not total:
        return []
    part = f" (first {MOST_EXPORTED:,})" if total > MOST_EXPORTED else ""
    return [
        html.A(f"CSV{part}", href=lists.file_address(listing, asked, "csv"), title="This list as CSV, times in UTC"),
        html.A(f"Parquet{part}", href=lists.file_address(listing, asked, "parquet"), title="This list as Parquet, times in UTC"),
        dcc.Link("Definition", href=f"/definitions#{listing.defined}", title=listing.metric.meaning),
        html.A("Link to this view", href=view),
    ]
