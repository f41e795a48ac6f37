"""Every metric Statroom knows, each declared once. Read the files below `metrics/dictionary/` to know what a number means."""

from __future__ import annotations

from metrics.dictionary import behind, clock, closing, on_time, open_cases, participation, volume
from metrics.kinds import Metric

METRICS: tuple[Metric, ...] = (
    *volume.METRICS,
    *open_cases.METRICS,
    *on_time.METRICS,
    *clock.METRICS,
    *closing.METRICS,
    *participation.METRICS,
)
REGISTRY: dict[str, Metric] = {metric.id: metric for metric in METRICS}
LISTS: dict[str, Metric] = {metric.id: metric for metric in (*METRICS, *behind.LISTS) if metric.rows is not None}
"""What can be listed case by case, by id: the metrics that count rows, and what stands behind numbers that are no metric."""
DEFINITIONS_VERSION = "1"
ONTIME_DEFINITIONS = tuple(metric.id for metric in METRICS if metric.id.startswith("ontime_") and metric.rows is not None)
HEADLINE = ("opened", "closed", "backlog", "ontime_due", "overdue_now", "weeks_of_work")
