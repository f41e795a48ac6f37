"""The same cases as a pandas frame in memory, the way a Dash application usually holds them.

Fair to pandas: the city's day of every instant and each case's district are worked out
beforehand, and the tuned frame keeps its words as categories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from metrics.periods import Calendar
from metrics.question import Question

WORDS = ("department", "type", "channel", "district", "neighbourhood")
COLUMNS = """
SELECT s.case_id, r.source_id, d.name AS department, t.name AS type, s.channel_id AS channel_number,
       a1.name AS district, a2.name AS neighbourhood, s.opened_at AS opened, s.closed_at AS closed, s.due_at AS due,
       s.opened_on::TIMESTAMP AS opened_day, s.closed_on::TIMESTAMP AS closed_day, s.due_on::TIMESTAMP AS due_day,
       s.is_counted AND s.case_class_id = 0 AS counts
FROM spell s JOIN case_record r USING (case_id)
LEFT JOIN department d ON d.id = s.department_id LEFT JOIN request_type t ON t.id = s.request_type_id
LEFT JOIN area a1 ON a1.layer_id = 'district' AND a1.id = s.area_1_id
LEFT JOIN area a2 ON a2.layer_id = 'neighbourhood' AND a2.id = s.area_2_id
ORDER BY s.opened_at
"""


def read_frame(path: Path, channels: tuple[str, ...], *, tuned: bool) -> pd.DataFrame:
    """All cases of the mart file at `path`; with words as categories if `tuned`."""
    with duckdb.connect(str(path), read_only=True) as connection:
        frame = connection.execute(COLUMNS).df()
    frame = frame.assign(
        channel=pd.Series(list(channels), dtype="str").reindex(frame["channel_number"]).array,
        district=frame["district"].fillna("Not on the map"), neighbourhood=frame["neighbourhood"].fillna("Not on the map"),
    ).drop(columns="channel_number")  # fmt: skip
    return frame.astype(dict.fromkeys(WORDS, "category")) if tuned else frame


@dataclass(frozen=True)
class Memory:
    """A frame and a question about it."""

    frame: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp
    as_of: pd.Timestamp
    weeks: pd.DatetimeIndex
    filters: dict[str, list[str]] = field(default_factory=dict)

    def chosen(self) -> pd.DataFrame:
        """The rows the filters leave."""
        keep = self.frame["counts"]
        for column, values in self.filters.items():
            keep = keep & self.frame[column].isin(values)
        return self.frame[keep]


def memory(frame: pd.DataFrame, question: Question, calendar: Calendar, filters: dict[str, list[str]], weeks: int) -> Memory:
    """`question` put to `frame`; weekly series reach back `weeks` weeks."""
    end = pd.Timestamp(question.end)
    starts = pd.date_range(end=end - pd.Timedelta(weeks=1), periods=weeks, freq="7D")
    return Memory(frame, pd.Timestamp(question.start), end, pd.Timestamp(question.as_of), starts, filters)
