"""Where the numbers of a briefing's sentence can be looked at: the page, with the period and the `as_of` they were asked with."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from metrics.briefing_asks import OWN, Numbers
from metrics.definitions import REGISTRY

PAGES = {
    "figure": "/", "ages": "/backlog", "overdue": "/cases", "quiet": "/signals", "signal": "/signals", "weeks": "/signals", "split": "/cases",
    "moves": "/backlog/causes", "curve": "/time-to-close", "examples": "/cases", "mix": "/sla", "due": "/backlog/ahead", "forecast": "/backlog/ahead",
    "equity": "/map", "promises": "/commitments", "promise": "/commitments", "data": "/data-health", "gate": "/data-health", "refused": "/data-health",
    "changed": "/data-health", "said": "/remarks", "targets": "/figures", "target": "/figures",
}  # fmt: skip


def source(of: str, query: Mapping[str, str], numbers: Numbers) -> str:
    """Address of the page that shows it."""
    kept = {name: text for name, text in query.items() if name not in OWN}
    path = f"{PAGES[of]}/{query['commitment']}" if "commitment" in query else PAGES[of]
    # The cases of a signal are those since it began.
    period = {name: numbers[name] for name in ("from", "to") if name in numbers}
    return f"{path}?{urlencode({**kept, **period, **_more(of, query, numbers)})}"


def _more(of: str, query: Mapping[str, str], numbers: Numbers) -> dict[str, str]:
    """What the page has to be told beside the filters."""
    metric, _, rest = query.get("series", "").partition(".")
    dimension, _, key = rest.partition(".")
    narrowed = {dimension: key} if dimension not in ("", "whole") else {}
    if of in ("targets", "target"):
        return {"meets": "missed"} if of == "targets" else {"named": numbers["name"]}
    if of in ("signal", "weeks"):
        return {"series": query["series"]}
    if of == "figure" or of == "overdue":
        return {"of": "overdue_now"} if of == "overdue" else {}
    if of in ("split", "examples"):
        return {**narrowed, "of": metric, **({"hits": "false"} if REGISTRY[metric].kind == "share" else {})}
    if of == "curve":
        return {**narrowed, "compare": "before"}
    return {**narrowed, **({"layer": query["layer"]} if "layer" in query else {})}
