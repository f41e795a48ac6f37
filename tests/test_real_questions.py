"""Every figure can be asked of a real city by what it can be split by, and says nothing that is not a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import orjson
import pandas as pd
import pytest

from metrics.answer import Answer, pack, unpack
from metrics.definitions import METRICS
from metrics.measure import ask, measure
from metrics.question import PLAIN_DIMENSIONS, BadQuestion, parse_question, require_dimension
from metrics.select import Asked
from tests.support import real as real_cities
from tests.support.marts import MAYOR
from tests.support.real import WALKED, Loaded, RealCity

OF_ONE_INSTANT = tuple(metric.id for metric in METRICS if not metric.by_period)
"""Asked by week, these are refused with a sentence."""
NEVER_KNOWN = ("per_1000", "satisfaction_top2")
"""No population came with the boundaries, and no resident's answer with the cases."""
COUNTED = ("flow", "stock", "share")
EACH = 3
"""Of the dimensions, each figure is asked by one of so many, the next figure by the next ones."""


def asked_by_the_mayor(city: Loaded) -> Asked:
    """What the address of a page over all the city's openings asks; the last quarter where there are no cases."""
    calendar = city.asked().calendar
    days = [calendar.day_of(at) for at in city.records("opened_at")["opened_at"].agg(["min", "max"])] if len(city.records()) else []
    first, last = days or (calendar.day_of(city.mart.as_of) - timedelta(weeks=13), calendar.day_of(city.mart.as_of))
    query = {"from": str(first), "to": str(last + timedelta(days=8)), "case_class": "all"}
    return ask(city.mart, calendar, parse_question(query, MAYOR, city.mart, calendar), MAYOR)


def checked(answer: Answer) -> pd.DataFrame:
    """The answer's frame, once it is sure that it can leave as JSON and that a value is only absent where it cannot be given."""
    frame, what = answer.frame, (answer.metric.id, answer.by, answer.period)
    numbers = frame.select_dtypes("number").to_numpy(dtype="float64", na_value=np.nan)
    assert not np.isinf(numbers).any(), what
    # The cache writes what is missing as null, and must find it missing again.
    pd.testing.assert_frame_equal(unpack(orjson.loads(orjson.dumps(pack(frame)))), frame, check_dtype=False, check_index_type=False)
    absent = frame["value"].isna()
    # Periods that began before the data did have no figure; after the first that has one, all have.
    begun = frame["period"] >= frame.loc[~absent, "period"].min() if answer.period else pd.Series(True, index=frame.index)
    if answer.metric.kind in ("flow", "stock"):
        assert not (absent & begun).any(), what
    elif answer.metric.kind == "share":
        assert (absent == (frame["denominator"].fillna(0) == 0))[begun].all(), what
        assert frame["value"].dropna().between(0, 1).all(), what
    elif answer.metric.kind == "duration":
        assert (absent == (frame["n"] == 0))[begun].all(), what
    if answer.metric.id in NEVER_KNOWN:
        assert absent.all(), what
    return frame


@pytest.mark.parametrize("real", WALKED, ids=lambda real: real.name)
def test_every_figure_by_its_dimensions_and_by_week(real: RealCity, load_real: Callable[[RealCity], Loaded]) -> None:
    city = load_real(real)
    asked = asked_by_the_mayor(city)
    layers = [layer.slug for layer in city.mart.dimensions.area_layers]
    assert len(layers) == len(real.layers)
    dimensions = [require_dimension(name, city.mart) for name in (*PLAIN_DIMENSIONS, *layers)]
    for place, metric in enumerate(METRICS):
        whole = checked(measure(metric.id, asked))
        # Every dimension of some figures and every figure by some dimensions: all of both takes minutes.
        for by in dimensions if real_cities.ALL_IS_WALKED else dimensions[place % EACH :: EACH]:
            parts = checked(measure(metric.id, asked, by=by))
            assert parts["label"].notna().all()
            if metric.kind in COUNTED:
                assert parts[["n", "numerator"]].sum().tolist() == whole[["n", "numerator"]].sum().tolist(), (metric.id, by)
        if metric.id in OF_ONE_INSTANT:
            with pytest.raises(BadQuestion, match="a figure of one instant"):
                measure(metric.id, asked, period=True)
            continue
        weeks = checked(measure(metric.id, asked, period=True))
        assert list(weeks["period"].dt.date) == asked.calendar.starts(asked.question.start, asked.question.end, "week"), metric.id
        if metric.kind in ("flow", "share") and metric.window:
            # The week in which the data begin has no figure, and still says how many cases it counted.
            assert weeks["n"].sum() == whole["n"].sum(), metric.id
            assert weeks["numerator"].sum() <= whole["numerator"].sum(), metric.id
        checked(measure(metric.id, asked, by="department", period=True))
