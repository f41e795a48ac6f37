"""`/metrics`: what the processes counted and the state of the data, in the text form of Prometheus, for who shows the token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from flask import Flask, Response, request
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily

from data_access import observed
from data_access.watched import Fact, facts
from metrics.desk import Desk

TYPE = "text/plain; version=0.0.4; charset=utf-8"


def register(server: Flask, desk: Desk) -> None:
    """Add the address; without `STATROOM_METRICS_TOKEN` there is none."""
    token = desk.settings.metrics_token
    if not token:
        return

    @server.get("/metrics")
    def metrics() -> Response:
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return _answer(401, "Show the token of STATROOM_METRICS_TOKEN: Authorization: Bearer ...\n")
        found = facts(desk.settings, desk.city)
        return _answer(200, (generate_latest(observed.counted()) + generate_latest(_Gauges(found))).decode())


class _Gauges:
    """Facts as a registry that is collected once."""

    def __init__(self, found: list[Fact]) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        made: dict[str, GaugeMetricFamily] = {}
        for fact in self._found:
            if fact.name not in made:
                made[fact.name] = GaugeMetricFamily(f"statroom_{fact.name}", fact.meaning, labels=list(fact.labels))
            made[fact.name].add_metric(list(fact.labels.values()), fact.value)
        yield from made.values()


def _answer(code: int, text: str) -> Response:
    answer = Response(text, code, content_type=TYPE if code == 200 else "text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer
