"""Figures about sensitive services: the released cells, read as they are. Nothing of them is computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from data_access.mart import schema
from metrics.question import BadQuestion
from metrics.select import Asked


def releases(asked: Asked) -> pd.DataFrame:
    """What was released, newest first (columns of `schema.release`)."""
    frame = asked.mart.read(select(*schema.release.c), asked.scope)
    return frame.sort_values(["ends_on", "grain"], ascending=[False, False], ignore_index=True)


def released_cells(asked: Asked, period: str | None = None) -> pd.DataFrame:
    """The released cells (columns of `schema.released_cell`), of one release or of all: the same rows for everybody.

    A hidden cell has no `n` and is marked; a combination that is not among the rows has no cases.

    Args:
        period: a `period` of `releases`, such as 2026-Q2; a quarter's months come with it.

    Raises:
        BadQuestion: nothing was released under that name.
    """
    cells = schema.released_cell
    statement = select(*cells.c)
    if period is not None:
        found = releases(asked)
        match = found[found["period"] == period]
        if match.empty:
            if found.empty:
                raise BadQuestion("Nothing has been released yet.")
            raise BadQuestion(
                "Nothing was released of '{period}'; there are {known}.", period=period[:20], known=", ".join(found["period"])
            )
        first = match.iloc[0]
        statement = statement.where(cells.c.starts_on >= first["starts_on"], cells.c.starts_on < first["ends_on"])
        statement = statement.where(cells.c.grain == "year" if first["grain"] == "year" else cells.c.grain != "year")
    frame = asked.mart.read(statement, asked.scope)
    order = ["starts_on", "grain", "area_layer", "area_above", "area", "request_group", "request_type", "deadline"]
    return frame.assign(n=frame["n"].astype("Int64")).sort_values(order, ignore_index=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """What hiding costs in one release."""

    cells: int
    """Numbers above zero that it has."""
    hidden: int
    cases: int | None
    """Cases opened in all; None: hidden."""
    cases_shown: float | None
    """Share of them that stands in the finest cells that are shown; None where the total is hidden."""

    @property
    def share(self) -> float:
        return self.hidden / self.cells if self.cells else 0.0


def latest(asked: Asked, grain: str = "quarter") -> str | None:
    """The newest release; a quarter if there is one, else a year. None: nothing has been released."""
    found = releases(asked)
    names = [*found.loc[found["grain"] == grain, "period"], *found["period"]]
    return names[0] if names else None


def cost(asked: Asked, period: str) -> Cost:
    """What hiding costs in the release of `period`."""
    cells = released_cells(asked, period)
    opened = cells[(cells["period"] == period) & (cells["deadline"] == "")]
    top = opened[(opened["area_layer"] == "") & (opened["request_group"] == "")]
    total = None if top.empty or top["n"].isna().all() else int(top["n"].iloc[0])
    finest = opened[_is_finest(opened)]
    shown = None if not total else float(finest["n"].sum()) / total
    return Cost(len(cells), int(cells["is_hidden"].sum()), total, shown)


def by_service(asked: Asked, period: str) -> pd.DataFrame:
    """One row for each service of the whole city, most reported first.

    `request_type`, `label`, `opened`, `opened_hidden`, `due`, `met`, `value` (share on time, only where both its cells are shown) and
    `on_time_hidden`. Where deadlines are not published by service, `due`, `met` and `value` are empty in every row.
    """
    cells = released_cells(asked, period)
    cells = cells[(cells["period"] == period) & (cells["area_layer"] == "") & (cells["request_type"] != "")]
    has_deadlines = bool((cells["deadline"] != "").any())
    named = cells.drop_duplicates("request_type")[["request_type", "request_type_name"]].rename(columns={"request_type_name": "label"})
    opened, due, met, missed = (_numbers(cells, named["request_type"], state) for state in ("", "due", "met", "missed"))
    if not has_deadlines:
        due, met = due.assign(n=float("nan")), met.assign(n=float("nan"))
    on_time_hidden = due["hidden"] | met["hidden"] | missed["hidden"]
    made = named.assign(
        opened=opened["n"].to_numpy(), opened_hidden=opened["hidden"].to_numpy(), due=due["n"].to_numpy(), met=met["n"].to_numpy(),
        value=(met["n"] / due["n"].where(due["n"] > 0)).where(~on_time_hidden).to_numpy(), on_time_hidden=on_time_hidden.to_numpy(),
    )  # fmt: skip
    return made.sort_values(["opened", "label"], ascending=[False, True], ignore_index=True)


def by_area(asked: Asked, period: str) -> tuple[str, pd.DataFrame]:
    """The finest layer of areas that is released by service, and one row for each of its areas and service: `area`, `label`,
    `request_type`, `service`, `opened` and `opened_hidden`. The layer is empty where there is none."""
    cells = released_cells(asked, period)
    cells = cells[(cells["period"] == period) & (cells["deadline"] == "") & (cells["area_layer"] != "") & (cells["request_type"] != "")]
    above = set(cells["area_above"])
    finest = cells[cells["area_above"] != ""] if above - {""} else cells
    made = finest.rename(columns={"area_name": "label", "request_type_name": "service", "n": "opened", "is_hidden": "opened_hidden"})
    layer = "" if finest.empty else str(finest["area_layer"].iloc[0])
    made = made.assign(opened=made["opened"].astype("float64"))
    return layer, made[["area", "label", "request_type", "service", "opened", "opened_hidden"]].sort_values(
        ["label", "service"], ignore_index=True
    )


def _numbers(cells: pd.DataFrame, services: pd.Series, deadline: str) -> pd.DataFrame:
    """`n` (zero where there is no cell, missing where it is hidden) and `hidden` of each service."""
    found = cells[cells["deadline"] == deadline].set_index("request_type")
    hidden = found["is_hidden"].astype(bool).reindex(services, fill_value=False)
    n = found["n"].astype("float64").reindex(services)
    return pd.DataFrame({"n": n.where(n.notna() | hidden, 0.0), "hidden": hidden})


def _is_finest(cells: pd.DataFrame) -> pd.Series:
    types = cells["request_type"] != "" if (cells["request_type"] != "").any() else cells["request_type"] == ""
    layered = cells["area_above"] != "" if (cells["area_above"] != "").any() else cells["area_layer"] != ""
    return types & (layered if layered.any() else ~layered)


def published(asked: Asked) -> list[str]:
    """The services counted in the portal's figures, by name."""
    return [kind.name for kind in asked.mart.dimensions.request_types if kind.extra.get("release_class") == "A"]
