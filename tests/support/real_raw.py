"""The real exports read with pandas alone, to check the product's figures against. Nothing of the product is used here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

import pandas as pd
import shapely

from tests.support.real import ALL, BALTIMORE, BOSTON, BOSTON_ANIMAL, CHICAGO, FOLDER, LOS_ANGELES, NYC_2018, NYC_2023, RealCity

US_TIMES = "%m/%d/%Y %I:%M:%S %p"
BOSTON_STAFF = ("Employee Generated", "City Worker App")


@cache
def _rows(name: str) -> pd.DataFrame:
    real = next(found for found in ALL if found.name == name)
    return pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in real.files()], ignore_index=True)


def rows(real: RealCity) -> pd.DataFrame:
    """The files of `real` as they are: all cells are text, an empty one is ""."""
    return _rows(real.name)


def times(column: pd.Series, form: str = "ISO8601") -> pd.Series:
    return pd.to_datetime(column.where(column.str.strip() != ""), format=form)


def unshifted(written: pd.Series) -> pd.Series:
    """What the clock showed before the export took New York's offset off the local time once more."""
    local = written.dt.tz_localize("America/New_York", ambiguous=[True] * len(written), nonexistent=pd.Timedelta(hours=1))
    return local.dt.tz_convert("UTC").dt.tz_localize(None)


def boston_duplicates(frame: pd.DataFrame) -> pd.Series:
    """Cases whose closing text begins by saying that they are a duplicate."""

    def begins(text: str) -> bool:
        words = re.findall(r"[a-z]+", re.sub(r"Closed date : [-0-9:. ]+", "", text).lower())
        said = " ".join(words).removeprefix("case closed ")
        for opening in ("case resolved ", "case invalid ", "case noted ", "this request is a ", "this is a ", "this is an "):
            said = said.removeprefix(opening)
        return said.partition(" ")[0] == "duplicate"

    return frame["closure_reason"].map(begins)


@dataclass(frozen=True)
class Truth:
    """What a file says of each of its cases. Times on the city's clock."""

    zone: str
    opened: pd.Series
    due: pd.Series
    closed: pd.Series
    duplicate: pd.Series
    cancelled: pd.Series
    of_staff: pd.Series
    """Entered by staff when the work was done, or the city's own rounds."""
    information: pd.Series
    undated: pd.Series
    """Said to be closed, without a closing date."""

    @property
    def counted(self) -> pd.Series:
        return ~self.duplicate & ~self.cancelled

    @property
    def trusted(self) -> pd.Series:
        """The interval is known: closed no earlier than opened, and at a time the source gives."""
        return ~(self.closed < self.opened) & ~self.undated

    @property
    def has_due(self) -> pd.Series:
        """Usable for an on-time rate."""
        return self.counted & self.trusted & (self.due >= self.opened)

    @property
    def on_time(self) -> pd.Series:
        return self.has_due & (self.closed <= self.due)

    @property
    def days_to_close(self) -> pd.Series:
        """Of closed cases, on a stopwatch."""
        start, end = (at.dt.tz_localize(self.zone, ambiguous=[True] * len(at), nonexistent=pd.Timedelta(hours=1))
                      for at in (self.opened, self.closed))  # fmt: skip
        return ((end - start) / pd.Timedelta(days=1))[self.counted & self.trusted].dropna()

    @property
    def classes(self) -> pd.Series:
        result = pd.Series("Service", index=self.opened.index)
        for name, fits in (("Withdrawn", self.cancelled), ("Duplicate", self.duplicate), ("Information", self.information & ~self.duplicate),
                           ("Staff entered", self.of_staff)):  # fmt: skip
            result = result.mask(fits, name)
        return result


@cache
def _truth(name: str) -> Truth:
    real = next(found for found in ALL if found.name == name)
    readers = {BOSTON.name: boston, BOSTON_ANIMAL.name: boston, BALTIMORE.name: baltimore, NYC_2018.name: new_york,
               NYC_2023.name: new_york, LOS_ANGELES.name: los_angeles, CHICAGO.name: chicago}  # fmt: skip
    frame = rows(real)
    none = dict.fromkeys(("duplicate", "cancelled", "of_staff", "information", "undated"), pd.Series(False, index=frame.index))
    never = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return Truth(**{"zone": real.zone, "due": never, **none, **readers[name](real, frame)})


def truth(real: RealCity) -> Truth:
    return _truth(real.name)


def boston(real: RealCity, frame: pd.DataFrame) -> dict[str, pd.Series]:
    columns = {"opened": "open_dt", "due": "target_dt" if real is BOSTON else "sla_target_dt", "closed": "closed_dt"}
    when = {name: times(frame[column]) for name, column in columns.items()}
    if real is BOSTON_ANIMAL:
        when = {name: unshifted(written) for name, written in when.items()}
    at_once = when["closed"] - when["opened"] <= pd.Timedelta(seconds=60)
    return when | {"duplicate": boston_duplicates(frame), "of_staff": frame["source"].isin(BOSTON_STAFF) & at_once}


def baltimore(real: RealCity, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Before 9 September 2018 the export's clock was shifted; deadlines keep their written distance from the opening."""
    written = {name: times(frame[name], US_TIMES) for name in ("CreatedDate", "DueDate", "CloseDate")}
    early = written["CreatedDate"] < pd.Timestamp("2018-09-09")
    start, end = (unshifted(written[name]).where(early, written[name]) for name in ("CreatedDate", "CloseDate"))
    rounds = frame["SRType"].isin([f"SW-{work} Proactive" for work in ("Rat Rubout", "Dirty Street", "Dirty Alley")])
    own = frame["MethodReceived"].isin(["Internal", "System"]) & (end - start <= pd.Timedelta(seconds=60))
    return {
        "opened": start, "due": start + (written["DueDate"] - written["CreatedDate"]), "closed": end, "of_staff": rounds | own,
        "duplicate": frame["SRStatus"].str.contains("Duplicate"),
    }  # fmt: skip


def new_york(real: RealCity, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """A case that says "Closed" without a date was closed when its status was set."""
    form = "%m/%d/%y %H:%M" if real is NYC_2018 else US_TIMES
    start, due, end, status = (times(frame[f"{name} Date"], form) for name in ("Created", "Due", "Closed", "Resolution Action Updated"))
    undated = end.isna() & (frame["Status"] == "Closed")
    return {"opened": start, "due": due, "closed": end.mask(undated, status), "undated": undated}


def los_angeles(real: RealCity, frame: pd.DataFrame) -> dict[str, pd.Series]:
    start, end = (times(frame[name], US_TIMES) for name in ("CreatedDate", "ClosedDate"))
    found = frame["RequestSource"] == "Driver Self Report"
    return {"opened": start, "closed": end, "cancelled": frame["Status"] == "Cancelled", "of_staff": found}


def chicago(real: RealCity, frame: pd.DataFrame) -> dict[str, pd.Series]:
    duplicate = frame["duplicate"].str.lower() == "true"
    return {
        "opened": times(frame["created_date"]), "closed": times(frame["closed_date"]), "duplicate": duplicate,
        "cancelled": (frame["status"] == "Canceled") & ~duplicate,
        "information": frame["sr_type"].isin(["311 INFORMATION ONLY CALL", "Aircraft Noise Complaint"]),
    }  # fmt: skip


def tally(column: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in column.value_counts().items()}


def by_area(real: RealCity, layer: str, latitude: str, longitude: str) -> dict[str, int]:
    """Cases per area: by the polygon around the point, the smallest of several.

    Points that hold more than 2 % of the cases stand for an unknown address.
    """
    frame, of = rows(real), next(made for made in real.layers if made["id"] == layer)
    features = json.loads((FOLDER / "boundaries" / of["file"]).read_text())["features"]
    names = [str(feature["properties"][of.get("name_property", "name")]) for feature in features]
    shapes = [shapely.make_valid(shapely.geometry.shape(feature["geometry"])) for feature in features]
    points = pd.DataFrame({"lat": pd.to_numeric(frame[latitude]), "lon": pd.to_numeric(frame[longitude])})
    crowd = points.round(5).groupby(["lat", "lon"])["lat"].transform("size") > 0.02 * points["lat"].notna().sum()
    known = points[points["lat"].notna() & ~crowd]
    case, area = shapely.STRtree(shapes).query(shapely.points(known["lon"], known["lat"]), predicate="intersects")
    found = pd.DataFrame({"case": known.index[case], "name": [names[i] for i in area], "size": [shapes[i].area for i in area]})
    inside = found.sort_values("size").drop_duplicates("case").set_index("case")["name"]
    return tally(inside.reindex(frame.index).fillna("Not on the map"))
