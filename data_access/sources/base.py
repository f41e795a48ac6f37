"""What every source gives: batches of raw rows, columns named by canonical field."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Literal

import pandas as pd

from data_access.city import City
from data_access.city_models import SourceConfig
from data_access.mapping.otherwise import PREFIX
from data_access.mapping.spec import MappingFile

BATCH_ROWS = 50_000


class SourceError(RuntimeError):
    """The source cannot be read: one line that names it, what is wrong and the remedy. Holds no password.

    Args:
        may_pass: whether it may be read later although nobody does anything.
    """

    def __init__(self, line: str, *, may_pass: bool = False) -> None:
        super().__init__(line)
        self.may_pass = may_pass


@dataclass(frozen=True)
class RawBatch:
    """Up to `BATCH_ROWS` rows. `watermark`: the highest update time in it, as the source writes it."""

    kind: Literal["cases", "events", "measures", "contacts"]
    frame: pd.DataFrame
    watermark: str | None = None


@dataclass(frozen=True)
class Sample:
    """Some raw rows, columns named as the source names them."""

    frame: pd.DataFrame
    left_out: tuple[str, ...]
    """Columns that were not read."""
    rows: int
    """How many rows were seen to choose these from."""
    complete: bool
    """Whether that is all of them."""


class Source(ABC):
    """One `[[source]]`."""

    def __init__(self, config: SourceConfig, city: City, mapping: MappingFile, mapping_path: Path) -> None:
        self.config = config
        self.city = city
        self.mapping = mapping
        self.mapping_path = mapping_path
        self.drift: list[str] = []
        """Columns that were not found or are new, in words; filled while reading."""

    @abstractmethod
    def batches(self, since: str | None) -> Iterator[RawBatch]:
        """All rows, or those changed at or after `since` where the source can tell.

        Raises:
            SourceError: it cannot be reached, a column is missing, or its bytes are no text.
        """

    @abstractmethod
    def count(self) -> int | None:
        """How many case rows there are, for a progress bar; None if that is not known beforehand."""

    def keys(self) -> Iterator[pd.Series] | None:
        """The ids of all cases there are now, in batches; None if every load reads them all anyway."""
        return None

    def sample(self, rows: int, seconds: float, leave_out: Callable[[str], bool]) -> Sample:
        """Up to `rows` raw rows in about `seconds` at most, without the columns that `leave_out` says by their name.

        Raises:
            SourceError: as for `batches`, or sources of this kind cannot be looked at.
        """
        raise SourceError(
            f"source {self.config.name!r}: a source of kind {self.config.kind!r} cannot be looked at beforehand; `flask check` reads it."
        )

    def named(self, sample: Sample) -> pd.DataFrame:
        """The sample's rows with columns named by canonical field, as `batches` gives them; what was left out is empty.

        Raises:
            SourceError: a column that the mapping names is not there.
        """
        chosen = self.chosen_columns([*sample.frame.columns, *sample.left_out])
        return pd.DataFrame(
            {field: sample.frame[name] if name in sample.frame else None for field, name in chosen.items()}, index=sample.frame.index
        )

    @property
    def always_complete(self) -> bool:
        """Whether every load reads everything."""
        return self.keys() is None

    def note_drift(self, text: str) -> None:
        """Remember a difference in columns, once."""
        if text not in self.drift:
            self.drift.append(text)

    def chosen_columns(self, available: Iterable[str]) -> dict[str, str]:
        """Canonical field -> source column, for every field whose column is there.

        Only these columns are ever read: what a mapping does not name never leaves the source.

        Raises:
            SourceError: a column is missing and the mapping does not say that it may be.
        """
        there = list(available)
        chosen: dict[str, str] = {}
        for field in self.mapping.columns:
            names = self.mapping.aliases(field)
            found = next((name for name in names if name in there), None)
            if found is not None:
                chosen[field] = found
                if found != names[0]:
                    self.note_drift(f"{field} comes from {found!r}, there is no {names[0]!r}")
            elif field in self.mapping.read.optional:
                self.note_drift(f"{field} has no column ({' or '.join(names)})")
            else:
                wanted = " or ".join(repr(name) for name in names)
                near = difflib.get_close_matches(names[0], there, n=1, cutoff=0.5)
                hint = f"the nearest there is {near[0]!r}" if near else f"there are {', '.join(map(repr, there[:40]))}"
                raise SourceError(
                    f"source {self.config.name!r}: column {wanted} (for {field}) is missing; {hint}. Mend [columns] in {self.mapping_path.name}."
                )
        for field, name in self.mapping.otherwise.items():
            if name in there and chosen.get(field, name) != name:
                chosen[f"{PREFIX}{field}"] = name
        layers = {layer.id for layer in self.city.area_layers}
        for kind, wanted in (("area", self.mapping.areas), ("stage", self.mapping.stages)):
            for name, given in wanted.items():
                found = next((column for column in ((given,) if isinstance(given, str) else given) if column in there), None)
                if found is not None and (kind == "stage" or name in layers):
                    chosen[f"{kind}:{name}"] = found
        return chosen
