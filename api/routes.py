"""The addresses below `/api/v1`: metrics, their answers, and the cases behind them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from flask import Blueprint, Response, jsonify, request

from api import commitments, contacts, geojson, measures, openapi, programmes, released, signals, stages
from api.asking import asked_of, context, one_of, parameters, whole_number
from api.errors import NotThere
from api.files import file_of, kept_fresh, require_format
from components import files
from data_access.store.remarks import Remark
from metrics import remarks
from metrics.ageing import ages_of
from metrics.answer import Answer
from metrics.cases import DEFAULT_SORT, MOST_EXPORTED, MOST_ROWS, case_export, case_list
from metrics.clock import late_of
from metrics.definitions import REGISTRY
from metrics.desk import Desk
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.periods import GRAINS
from metrics.question import BadQuestion
from metrics.select import Asked, By

MOST_ANSWER_ROWS = 20_000
"""Rows of one metric's answer; about two megabytes of JSON."""
HITS = {"": None, "true": True, "false": False}


def blueprint(desk: Desk) -> Blueprint:
    """All routes, answered by `desk`."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/openapi.json")
    def description() -> Response:
        desk.viewer()
        return _told(jsonify(openapi.document(desk.city.area_layers, staff=not desk.is_public)))

    @api.get("/metrics")
    @api.get("/metrics.<form>")
    def metrics(form: str = "json") -> Response:
        desk.viewer()
        rows = [described(metric) for metric in REGISTRY.values()]
        return _told(jsonify(metrics=rows) if form == "json" else file_of(pd.DataFrame(rows), form, "metrics", {}))

    @api.get("/metrics/<metric_id>")
    @api.get("/metrics/<metric_id>.<form>")
    def metric(metric_id: str, form: str = "json") -> Response:
        require_format(form)
        if metric_id not in REGISTRY:
            raise NotThere(f"There is no metric called '{metric_id[:60]}'; /api/v1/metrics lists those there are.")
        asked, by, period = metric_question(desk)
        said = remarks.standing(desk)
        return kept_fresh(desk, asked, lambda: _metric(REGISTRY[metric_id], asked, by, period, form, said), said.version)

    @api.get("/cases")
    @api.get("/cases.<form>")
    def cases(form: str = "json") -> Response:
        require_format(form)
        asked = asked_of(desk)
        return kept_fresh(desk, asked, lambda: _page(asked) if form == "json" else _export(desk, asked, form))

    @api.get("/areas/<layer>.geojson")
    def areas(layer: str) -> Response:
        asked = asked_of(desk)
        geojson.require_layer(asked, layer)
        return kept_fresh(desk, asked, lambda: geojson.areas(asked, layer))

    @api.get("/measures")
    @api.get("/measures.<form>")
    def measure_list(form: str = "json") -> Response:
        return measures.listing(desk, form)

    @api.get("/measures/<department>/<measure_id>")
    @api.get("/measures/<department>/<measure_id>.<form>")
    def one_measure(department: str, measure_id: str, form: str = "json") -> Response:
        return measures.one(desk, department, measure_id, form)

    @api.get("/contacts")
    @api.get("/contacts.<form>")
    def contact_figures(form: str = "json") -> Response:
        return contacts.listing(desk, form)

    @api.get("/programmes/<programme>/totals")
    @api.get("/programmes/<programme>/totals.<form>")
    def programme_totals(programme: str, form: str = "json") -> Response:
        require_format(form)
        asked = asked_of(desk)
        return kept_fresh(desk, asked, lambda: programmes.answer(asked, programme, form))

    if desk.is_public:

        @api.get("/cases.geojson")
        def published_cases() -> Response:
            asked = asked_of(desk)
            return kept_fresh(desk, asked, lambda: geojson.cases(asked))

        @api.get("/released")
        @api.get("/released.<form>")
        def released_numbers(form: str = "json") -> Response:
            require_format(form)
            asked = asked_of(desk)
            return kept_fresh(desk, asked, lambda: released.answer(asked, form))

    else:

        @api.get("/programmes")
        @api.get("/programmes.<form>")
        def programmes_side_by_side(form: str = "json") -> Response:
            require_format(form)
            asked = stages.asked_for(desk)
            return kept_fresh(desk, asked, lambda: stages.programmes(asked, form))

        @api.get("/programmes/<programme>/stages")
        @api.get("/programmes/<programme>/stages.<form>")
        def stages_of_programme(programme: str, form: str = "json") -> Response:
            require_format(form)
            asked = stages.asked_for(desk, programme)
            return kept_fresh(desk, asked, lambda: stages.stages(asked, programme, form))

        @api.get("/signals")
        @api.get("/signals.<form>")
        def signal_lines(form: str = "json") -> Response:
            require_format(form)
            asked = signals.asked_for_signals(desk)
            facts = context(asked)
            answer = (
                signals.as_json(desk, asked)
                if form == "json"
                else file_of(signals.as_frame(desk, asked), form, f"signals-{facts['as_of'][:10]}", facts)
            )
            # Notes change it between loads, so it has no tag of the data.
            answer.headers["Cache-Control"] = "no-store"
            return answer

        @api.get("/commitments")
        @api.get("/commitments.<form>")
        def promises(form: str = "json") -> Response:
            require_format(form)
            if form == "json":
                answer = commitments.as_json(desk)
            else:
                frame, facts = commitments.as_frame(desk)
                answer = file_of(frame, form, f"commitments-{facts['as_of'][:10]}", facts)
            # People change them between loads.
            answer.headers["Cache-Control"] = "no-store"
            return answer

    @api.get("/<path:_rest>")
    def nothing(_rest: str) -> Response:
        raise NotThere("There is nothing at this address; /api/v1/openapi.json describes what there is.")

    return api


def described(metric: Metric) -> dict[str, Any]:
    """A metric's definition as JSON values."""
    names = ("id", "label", "kind", "unit", "direction", "date_field", "meaning", "formula", "caveat", "source")
    return {**{name: getattr(metric, name) for name in names}, "definition_version": metric.version}


def metric_question(desk: Desk) -> tuple[Asked, By, bool]:
    """(question, dimensions to split by, whether by period) of the present request."""
    query = parameters()
    period = one_of(query, "period", {"": "", **{grain: grain for grain in GRAINS}})
    asked = asked_of(desk, **({"grain": period} if period else {}))
    names = asked.dimensions(tuple(query["by"].split(","))) if query.get("by") else ()
    return asked, (names[0] if len(names) == 1 else names) or None, bool(period)


def _metric(metric: Metric, asked: Asked, by: By, period: bool, form: str, said: remarks.Remarks) -> Response:
    answer = measure(metric.id, asked, by=by, period=period)
    frame = _shaped(answer)
    if len(frame) > MOST_ANSWER_ROWS:
        raise BadQuestion(
            "The answer has {n} rows; {most} are allowed. Ask for a shorter or a coarser period.", n=len(frame), most=MOST_ANSWER_ROWS
        )
    facts = {"metric": metric.id, "definition_version": metric.version, **context(asked)}
    if form == "json":
        note = answer.reason if by is None and not period else None
        asked_for = {"by": by if by is None or isinstance(by, str) else ",".join(by), "period": asked.question.grain if period else None}
        told = {} if asked.scope.audience == "public" else {"remarks": [_remark(one) for one in said.within(metric.id, asked)]}
        return jsonify(
            {**facts, "label": metric.label, "unit": metric.unit, **asked_for, "note": note, **told, "rows": files.json_rows(frame)}
        )
    stamped = frame.assign(metric=metric.id, definition_version=metric.version, as_of=facts["as_of"])
    return file_of(stamped, form, f"{metric.id}-{facts['as_of'][:10]}", facts)


def _remark(one: Remark) -> dict[str, Any]:
    """What a department says of the figure, as JSON values."""
    names = ("department", "stance", "text", "filters", "answer")
    return {
        **{name: getattr(one, name) for name in names},
        "week": one.week.isoformat(),
        "written_by": one.written_by_name,
        "answered_by": one.answered_by_name,
    }


def _shaped(answer: Answer) -> pd.DataFrame:
    """An answer's frame in the order of the contract; periods as days, counts whole."""
    frame = answer.frame
    first = [name for name in ("key", "label", "key_2", "label_2", "period") if name in frame.columns]
    main = ["value", "numerator", "denominator", "n", "suppressed"]
    rest = [name for name in frame.columns if name not in (*first, *main)]
    ordered = frame[[*first, *main, *rest]]
    if "period" in first:
        ordered = ordered.assign(period=[day.date() for day in ordered["period"]])
    return ordered.assign(n=ordered["n"].astype("Int64"), suppressed=ordered["suppressed"].astype(bool))


def _listing(asked: Asked) -> dict[str, Any]:
    query = parameters()
    return {
        "of": query.get("of") or "backlog", "hits": one_of(query, "hits", HITS), "sort": query.get("sort") or DEFAULT_SORT,
        "descending": one_of(query, "order", {"": False, "asc": False, "desc": True}), "search": query.get("search", ""),
        "ages": ages_of(query["age"]) if query.get("age") else None, "late": late_of(query["late"]) if query.get("late") else None,
    }  # fmt: skip


def _about_stays(asked: Asked, query: dict[str, str]) -> Asked:
    """With `stays` what is listed are stays in stages; staff's alone."""
    is_about_stays = one_of(query, "stays", {"": False, "true": True, "false": False}) and asked.scope.audience == "staff"
    return asked.about(asked.question.about(visits=True)) if is_about_stays else asked


def _page(asked: Asked) -> Response:
    query, listing = parameters(), _listing(asked)
    asked = _about_stays(asked, query)
    offset, limit = whole_number(query, "offset", 0, 10**8), whole_number(query, "limit", openapi.DEFAULT_PAGE, MOST_ROWS)
    page = case_list(asked, listing.pop("of"), offset=offset, limit=limit, **listing)
    facts = {"of": query.get("of") or "backlog", **context(asked), "total": page.total, "offset": offset, "limit": limit}
    following = _following(query, offset + limit) if offset + limit < page.total else None
    answer = jsonify({**facts, "next": following, "rows": files.json_rows(page.frame)})
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _following(query: dict[str, str], offset: int) -> str:
    """The address of the page that begins at `offset`."""
    return f"{request.path}?{urlencode({**query, 'offset': offset})}"


def _export(desk: Desk, asked: Asked, form: str) -> Response:
    listing, asked = _listing(asked), _about_stays(asked, parameters())
    of = listing.pop("of")
    page = case_export(asked, of, **listing)
    facts = {"of": of, **context(asked), "total": page.total}
    desk.note("exported", f"{min(page.total, MOST_EXPORTED)} cases of {of} as {form}: {urlencode(facts['filters'])}")
    answer = file_of(page.frame.assign(as_of=facts["as_of"]), form, f"cases-{of}-{facts['as_of'][:10]}", facts)
    answer.headers["X-Statroom-Total"] = str(page.total)
    answer.headers["X-Statroom-Complete"] = "true" if page.total <= MOST_EXPORTED else "false"
    return answer


def _told(answer: Response) -> Response:
    """An answer that depends on nothing but the definitions, with a tag made of its content."""
    answer.add_etag()
    return answer.make_conditional(request)
