"""The tables of sensitive services to take away: every released cell as it was published, and what each release is.

Nothing is chosen and nothing is counted here, so two readers, or one who comes twice, cannot learn more by putting answers side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from data_access.released.trees import quarter_of
from metrics.released import released_cells, releases
from metrics.select import Asked

CELLS = (
    "release", "period", "grain", "from", "to", "group", "group_name", "service", "service_name", "area_layer", "area", "area_name", "within",
    "deadline", "cases", "hidden", "vintage",
)  # fmt: skip
RELEASES = (
    "release", "grain", "from", "to", "vintage", "counted_as_of", "numbers", "numbers_hidden",
    "finest_period", "finest_service", "finest_area", "deadlines_finest_period", "deadlines_finest_service", "deadlines_finest_area",
    "withheld_services_cases", "sha256",
)  # fmt: skip
GRAINS = {"year": 12, "quarter": 3, "month": 1}
"""What periods are called, the longest first, and how many months they have."""
CITY, ALL = "city", "all"
SERVICES = (ALL, "group", "service")


def cells_to_take(asked: Asked, release: str | None = None) -> pd.DataFrame:
    """The released cells of one release or of all (columns `CELLS`): a row for each that has cases; of a hidden one `cases` is empty.

    Raises:
        BadQuestion: nothing was released under that name.
    """
    frame = released_cells(asked, release)
    ends = [start + pd.DateOffset(months=GRAINS[grain]) for start, grain in _starts(frame)]
    made = frame.rename(columns={
        "starts_on": "from", "request_group": "group", "request_group_name": "group_name", "request_type": "service",
        "request_type_name": "service_name", "area_above": "within", "n": "cases", "is_hidden": "hidden",
    }).assign(to=[end.date().isoformat() for end in ends], release=[_release_of(period) for period in frame["period"]])  # fmt: skip
    made["from"] = [start.date().isoformat() for start, _grain in _starts(frame)]
    return made.assign(hidden=made["hidden"].astype("boolean"), vintage=made["vintage"].astype("Int64"))[list(CELLS)]


def releases_to_take(asked: Asked) -> pd.DataFrame:
    """What was released (columns `RELEASES`), the newest first, with how finely its cells are cut."""
    found, cells = releases(asked), released_cells(asked)
    layers = ["", *(layer.slug for layer in sorted(asked.mart.dimensions.area_layers, key=lambda layer: layer.id))]
    cells = cells.assign(release=[_release_of(period) for period in cells["period"]])
    made = found.rename(columns={
        "period": "release", "starts_on": "from", "ends_on": "to", "cell_count": "numbers", "hidden_count": "numbers_hidden",
        "withheld_count": "withheld_services_cases",
    })  # fmt: skip
    for name in ("from", "to"):
        made[name] = [pd.Timestamp(day).date().isoformat() for day in made[name]]
    made["counted_as_of"] = [pd.Timestamp(instant).isoformat(timespec="seconds") + "Z" for instant in made["counted_as_of"]]
    finest = [
        {**_finest(own[own["deadline"] == ""], layers, ""), **_finest(own[own["deadline"] != ""], layers, "deadlines_")}
        for own in (cells[cells["release"] == name] for name in made["release"])
    ]
    for name in RELEASES:
        if "finest_" in name:
            made[name] = [one[name] for one in finest]
    whole = dict.fromkeys(("vintage", "numbers", "numbers_hidden", "withheld_services_cases"), "Int64")
    return made.astype(whole)[list(RELEASES)]


def _starts(frame: pd.DataFrame) -> list[tuple[pd.Timestamp, str]]:
    return [(pd.Timestamp(start), grain) for start, grain in zip(frame["starts_on"], frame["grain"], strict=True)]


def _release_of(period: str) -> str:
    """The release that `period` is part of: months are published with their quarter."""
    return quarter_of(period) if len(period) == len("2026-01") and "Q" not in period else period


def _finest(cells: pd.DataFrame, layers: Sequence[str], prefix: str) -> Mapping[str, str | None]:
    """The smallest periods, services and areas among `cells`; None of each where there are none."""
    names = [f"{prefix}finest_{what}" for what in ("period", "service", "area")]
    if cells.empty:
        return dict.fromkeys(names)
    depth = int(max((cells["request_group"] != "").astype(int) + (cells["request_type"] != "").astype(int)))
    area = max(cells["area_layer"], key=lambda layer: layers.index(layer) if layer in layers else len(layers))
    return dict(zip(names, (max(cells["grain"], key=list(GRAINS).index), SERVICES[depth], area or CITY), strict=True))
