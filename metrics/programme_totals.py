"""Programmes in totals: the numbers that loads made and published, read as they are. The same rows for everybody, staff and residents."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from access import Scope
from data_access.mart import schema
from data_access.mart.dimensions import Member
from data_access.mart.reading import Mart
from metrics.question import BadQuestion, visible_programmes
from metrics.select import Asked

TAKEN = (
    "programme", "period", "grain", "from", "to", "measure", "split", "key", "label", "n", "unit", "hidden", "fewest_shown", "vintage", "counted_as_of",
)  # fmt: skip
DAYS = ("median", "p90", "stage_median", "stage_p90")
"""The measures that are days; all others are cases."""


def programmes(mart: Mart, scope: Scope | None = None) -> list[Member]:
    """The programmes that are told of in totals, by name: those of which nothing else is told, and the open ones beside the headline figures.

    For whoever is limited to programmes those among them; without a `scope` all.
    """
    return [one for one in visible_programmes(scope, mart).values() if is_told(one)]


def is_told(programme: Member) -> bool:
    """Whether there are totals of a programme, as `data_access.released.programmes` makes them."""
    privacy = programme.extra["privacy"]
    return privacy == "aggregate" or (privacy == "open" and not programme.extra["is_main"])


def named(asked: Asked, slug: str) -> Member:
    """The programme of that id.

    Raises:
        BadQuestion: there is none for the viewer, or none that is told of in totals.
    """
    found = visible_programmes(asked.scope, asked.mart).get(slug)
    if found is None or not is_told(found):
        raise BadQuestion("There are no totals of a programme called '{name}'.", name=slug[:40])
    return found


def rows_of(asked: Asked, programme: str) -> pd.DataFrame:
    """Every published row of a programme (columns of `schema.programme_total`); hidden ones have no `n`."""
    table = schema.programme_total
    return _plain(asked.mart.read(select(*table.c).where(table.c.programme == programme), asked.scope))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(n=frame["n"].astype("Int64"), is_hidden=frame["is_hidden"].astype(bool))


def periods(rows: pd.DataFrame) -> list[str]:
    """The periods there are: the years, newest first, then the quarters, newest first."""
    return sorted(set(rows["period"]), key=lambda period: (len(period) == len("2025"), period), reverse=True)


@dataclass(frozen=True)
class Totals:
    """What is told of one programme in one period."""

    programme: Member
    period: str
    rows: pd.DataFrame

    def n(self, measure: str, split: str = "", key: str = "") -> int | None:
        """A number; None where it is hidden, 0 where there is none."""
        found = self.rows[(self.rows["measure"] == measure) & (self.rows["split"] == split) & (self.rows["key"] == key)]
        if split and found.empty and self.is_withheld(measure, split):
            return None
        if found.empty:
            return 0
        return None if found["is_hidden"].iloc[0] else int(found["n"].iloc[0])

    def is_withheld(self, measure: str, split: str) -> bool:
        """Whether a split is told of as a whole only, because most of its numbers would be small."""
        rows = self.rows
        return bool(((rows["measure"] == measure) & (rows["split"] == split) & (rows["key"] == "")).any())

    def days(self, measure: str, key: str = "") -> int | None:
        """Days of a duration; None where it is not told."""
        found = self.rows[(self.rows["measure"] == measure) & (self.rows["key"] == key)]
        return None if found.empty or pd.isna(found["n"].iloc[0]) else int(found["n"].iloc[0])

    def parts(self, measure: str, split: str) -> pd.DataFrame:
        """`key`, `label`, `n` and `is_hidden` of a split, the largest first and what is hidden last; empty where there is none."""
        rows = self.rows[(self.rows["measure"] == measure) & (self.rows["split"] == split) & (self.rows["key"] != "")]
        made = rows[["key", "label", "n", "is_hidden"]].assign(n=rows["n"].astype("float64"))
        return made.sort_values(["n", "key"], ascending=[False, True], na_position="last", ignore_index=True)

    @property
    def share_kept(self) -> float | None:
        """Of the cases whose promise fell due the share it was kept for; None where that is hidden or none fell due."""
        return share(self.n("due", "state", "kept"), self.n("due"))

    @property
    def least(self) -> int:
        """Fewest cases that are shown."""
        return int(self.rows["least"].iloc[0])


def totals(asked: Asked, programme: str, period: str = "") -> Totals | None:
    """What is told of a programme in a period, by itself the newest year or, without one, the newest quarter; None where nothing is yet.

    Raises:
        BadQuestion: there is no such programme, or nothing is told of it in that period.
    """
    found, rows = named(asked, programme), rows_of(asked, programme)
    known = periods(rows)
    if not known:
        return None
    if period and period not in known:
        raise BadQuestion("Of '{period}' nothing is published; there are {known}.", period=period[:20], known=", ".join(known))
    chosen = period or known[0]
    return Totals(found, chosen, rows[rows["period"] == chosen])


def stages(told: Totals, mart: Mart) -> pd.DataFrame:
    """One row for each stage in the usual order.

    `key`, `label`, `ends`, `amount` and `unit` of what is promised (None: nothing), `reached`, `open` (at the end), `due`, `kept`, `share`
    (kept of due), `median` and `p90` (days in it); a hidden number is missing and `<name>_hidden` says so.
    """
    own = [one for one in mart.dimensions.stages if one.extra["programme_id"] == told.programme.id]
    made = []
    for stage in sorted(own, key=lambda one: one.extra["position"]):
        key = stage.slug.partition(".")[2]
        numbers = {"reached": "reached", "open": "open", "due": "stage_due", "kept": "stage_kept"}
        row = {name: told.n(measure, "stage", key) for name, measure in numbers.items()}
        made.append({
            "key": key, "label": stage.name, "ends": bool(stage.extra["ends"]), "amount": stage.extra["amount"], "unit": stage.extra["unit"], **row,
            **{f"{name}_hidden": n is None for name, n in row.items()}, "share": share(row["kept"], row["due"]),
            "median": told.days("stage_median", key), "p90": told.days("stage_p90", key),
        })  # fmt: skip
    frame = pd.DataFrame(made)
    figures = ["reached", "open", "due", "kept", "share", "median", "p90", "amount"]
    return frame.astype(dict.fromkeys(figures, "float64")) if made else frame


def over_time(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each period, oldest first: `period`, `grain`, `opened`, `closed`, `due`, `kept`, `share`, `median`; hidden ones are missing."""
    made = []
    for (period, grain), own in rows.groupby(["period", "grain"]):
        n = {(r["measure"], r["split"], r["key"]): None if r["is_hidden"] else int(r["n"]) for r in own.to_dict("records")}
        due, kept = n.get(("due", "", ""), 0), n.get(("due", "state", "kept"), 0)
        made.append({
            "period": period, "grain": grain, "opened": n.get(("opened", "", ""), 0), "closed": n.get(("closed", "", ""), 0), "due": due, "kept": kept,
            "share": share(kept, due), "median": n.get(("median", "", "")),
        })  # fmt: skip
    frame = pd.DataFrame(made, columns=["period", "grain", "opened", "closed", "due", "kept", "share", "median"])
    return frame.astype(dict.fromkeys(["opened", "closed", "due", "kept", "share", "median"], "float64"))


def share(kept: int | None, due: int | None) -> float | None:
    """Kept of due; None where one is hidden or nothing was due."""
    return None if kept is None or not due else kept / due


def to_take(asked: Asked, programme: str, period: str = "") -> pd.DataFrame:
    """The published rows of a programme (columns `TAKEN`), of one period or of all, for files and programs.

    Raises:
        BadQuestion: as `totals`.
    """
    named(asked, programme)
    rows = rows_of(asked, programme)
    if period:
        found = totals(asked, programme, period)
        rows = rows[rows["period"] == period] if found is not None else rows
    return _taken(rows)


def all_to_take(asked: Asked) -> pd.DataFrame:
    """The published rows of every programme that is told of in totals (columns `TAKEN`)."""
    told = [one.slug for one in programmes(asked.mart)]
    table = schema.programme_total
    return _taken(_plain(asked.mart.read(select(*table.c).where(table.c.programme.in_(told)).order_by(table.c.programme), asked.scope)))


def _taken(rows: pd.DataFrame) -> pd.DataFrame:
    made = rows.rename(columns={"starts_on": "from", "ends_on": "to", "is_hidden": "hidden", "least": "fewest_shown"})
    made = made.assign(
        unit=["days" if measure in DAYS else "cases" for measure in made["measure"]],
        counted_as_of=[pd.Timestamp(at).isoformat(timespec="seconds") + "Z" for at in made["counted_as_of"]],
        **{name: [pd.Timestamp(day).date().isoformat() for day in made[name]] for name in ("from", "to")},
    )
    made = made.astype({"hidden": "boolean", "vintage": "Int64", "fewest_shown": "Int64"})
    return made.sort_values(["programme", "from", "grain", "measure", "split", "key"], ignore_index=True)[list(TAKEN)]
