"""Departments, and areas that sources name, under the names that the city's crosswalk has for them."""

from __future__ import annotations

import pandas as pd

from data_access.city import City
from data_access.crosswalks import DEPARTMENT
from data_access.mapping.findings import Findings


def rename_cases(made: dict[str, pd.Series], city: City, ids: pd.Series, findings: Findings) -> None:
    """Put the names in `made` (canonical columns, with `area_1`, ... as the source names them) as they were on the day of opening.

    A department that neither the crosswalk nor `city.toml` knows keeps its own name, and is a finding.
    """
    walk = city.crosswalk
    if not walk.changes:
        return
    days, types = _days(made["opened_at"], city.zone), made["request_type"]
    made["department"] = walk.named(DEPARTMENT, made["department"], days, types)
    for slot, layer in enumerate(city.area_layers, start=1):
        if f"area_{slot}" in made:
            made[f"area_{slot}"] = walk.named(layer.id, made[f"area_{slot}"], days, types)
    if walk.changes_of(DEPARTMENT):
        labels = made["department"]
        unknown = {name for name in labels.dropna().unique() if city.department_of(name) is None and not walk.knows(DEPARTMENT, name)}
        findings.add("unmapped_department", "department", labels.isin(list(unknown)), ids, labels)


def rename_transfers(values: pd.Series, is_transfer: pd.Series, at: pd.Series, city: City) -> pd.Series:
    """Departments that cases came from or went to, as they were called on the day of the transfer (`at`: naive UTC)."""
    if not city.crosswalk.changes_of(DEPARTMENT) or not is_transfer.any():
        return values
    return values.mask(is_transfer, city.crosswalk.named(DEPARTMENT, values, _days(at, city.zone)))


def rename_always(labels: pd.Series, city: City) -> pd.Series:
    """Departments of what is no case, by the changes that are for all years."""
    return city.crosswalk.named(DEPARTMENT, labels, pd.Series(pd.NaT, index=labels.index, dtype="datetime64[us]"))


def _days(instants: pd.Series, zone: str) -> pd.Series:
    """The city's days of instants (naive UTC)."""
    return instants.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
