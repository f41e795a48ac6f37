"""docs/metrics.md says what the registry says."""

from __future__ import annotations

import pytest

from metrics.definitions import METRICS, REGISTRY
from metrics.describe import PATH, document
from metrics.kinds import Metric


def test_the_document_is_current() -> None:
    assert PATH.read_text("utf-8") == document(), "run `make docs`"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_every_metric_explains_itself(metric: Metric) -> None:
    assert metric.meaning.endswith(".")
    assert len(metric.meaning) <= 200
    assert len(metric.label) <= 60
    assert metric.formula
    assert metric.source
    assert all(part in REGISTRY for part in metric.parts)
