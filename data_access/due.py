"""A city's configured calendars and SLA rules, ready to compute deadlines with."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, CalendarError, make_calendar
from data_access.city import City, CityError
from data_access.city_models import WEEKDAYS, CalendarConfig, SlaRuleConfig
from data_access.holds import moved_by_holds
from data_access.programme_models import StageConfig
from data_access.sla import SlaRule, SlaRuleError, check_rules, due_dates, rules_in_force
from data_access.slugs import slug

HOLIDAY_YEARS = range(1990, 2051)


def compute_due_dates(frame: pd.DataFrame, city: City) -> pd.Series:
    """Deadlines of cases (`request_type`, `department`, `priority`, `programme`, `opened_at`) by the city's rules.

    Raises:
        CityError: a rule or calendar that cannot be used.
    """
    rules = [rule_of(config, city) for config in city.sla_rules]
    try:
        return due_dates(_with_owners(frame, city), rules, calendars_of(city), city.zone)
    except (SlaRuleError, CalendarError) as error:
        raise CityError(str(error)) from None


def after_holds(frame: pd.DataFrame, promised: pd.Series, holds: pd.DataFrame, city: City) -> pd.Series:
    """Deadlines moved by the times in which a case waited, each by the clock of the rule that promised it.

    Args:
        frame: as `compute_due_dates` takes it, with `case_id`.
        promised: its deadlines without any hold.
        holds: `case_id`, `since`, `until` (naive UTC), not overlapping.
    """
    if holds.empty:
        return promised
    rules, calendars = [rule_of(config, city) for config in city.sla_rules], calendars_of(city)
    due = promised.to_numpy().astype("datetime64[us]").astype("int64")
    place = pd.Series(np.arange(len(frame)), index=frame["case_id"].to_numpy())
    at = holds.assign(row=holds["case_id"].map(place)).dropna(subset=["row"]).sort_values(["row", "since"])
    waits = np.unique(at["row"].to_numpy("int64"))
    waits = waits[promised.notna().to_numpy()[waits]]
    numbers = rules_in_force(_with_owners(frame, city).iloc[waits], rules, city.zone)
    for number in np.unique(numbers[numbers >= 0]):
        rows = waits[numbers == number]
        mine = at[at["row"].isin(rows)].assign(row=lambda held, rows=rows: np.searchsorted(rows, held["row"]))
        due[rows] = moved_by_holds(rules[number], due[rows], mine, calendars, city.zone)
    return pd.Series(due.astype("datetime64[us]"), index=frame.index)


def _with_owners(frame: pd.DataFrame, city: City) -> pd.DataFrame:
    """`frame` with one name for all the city's spellings of a department."""
    if "department" not in frame.columns:
        return frame
    return frame.assign(
        department=frame["department"].map({label: _department(label, city) for label in frame["department"].dropna().unique()})
    )


def statutory(frame: pd.DataFrame, city: City) -> pd.Series:
    """Whether the rule that promises each case (as `compute_due_dates` takes them) has a law as its basis."""
    rules = [rule_of(config, city) for config in city.sla_rules]
    numbers = rules_in_force(_with_owners(frame, city), rules, city.zone)
    return pd.Series([number >= 0 and rules[number].basis is not None for number in numbers], index=frame.index, dtype="bool")


def stage_deadlines(entered: pd.Series, stage: StageConfig, city: City) -> pd.Series:
    """Until when cases that came to a stage at `entered` (naive UTC) should have left it; NaT where nothing is promised."""
    if stage.amount is None:
        return pd.Series(pd.NaT, index=entered.index, dtype="datetime64[us]")
    frame = pd.DataFrame({"request_type": None, "opened_at": entered})
    return due_dates(frame, [_rule_of_stage(stage)], calendars_of(city), city.zone)


def _rule_of_stage(stage: StageConfig) -> SlaRule:
    return SlaRule((), unit=stage.unit, amount=float(stage.amount or 0), calendar=stage.calendar, programme=None)


def check_deadlines(city: City) -> None:
    """Raise `CityError` for the first calendar, SLA rule or stage that cannot be used; holidays are not looked at."""
    try:
        known = {config.id: make_calendar(config.id, config.zone or city.zone, _weekly(config)) for config in city.calendars}
        check_rules([rule_of(config, city) for config in city.sla_rules], known)
        for programme in city.programmes:
            for stage in (stage for stage in programme.stage if stage.amount is not None):
                _check_stage(programme.id, stage, known)
    except (SlaRuleError, CalendarError) as error:
        raise CityError(str(error)) from None


def _check_stage(programme: str, stage: StageConfig, known: dict[str, Calendar]) -> None:
    try:
        check_rules([_rule_of_stage(stage)], known)
    except SlaRuleError as error:
        raise CityError(f"stage {stage.id!r} of programme {programme!r}: {str(error).split(': ', 1)[-1]}") from None


def calendars_of(city: City) -> dict[str, Calendar]:
    """The city's calendars by id, with their holidays worked out."""
    return {config.id: _calendar(config, city.zone) for config in city.calendars}


def rule_of(config: SlaRuleConfig, city: City) -> SlaRule:
    """A configured rule as the engine takes it."""
    department = None if config.department is None else _department(config.department, city)
    given = config.model_dump(exclude={"measure", "request_type", "department"})
    return SlaRule(config.request_type or (), department=department, **given)


def promises(city: City, on: date) -> dict[str, SlaRule]:
    """Slug of a request type -> the rule in force for it on a day; one for a department or a priority alone is not the type's."""
    found = {}
    for config in city.sla_rules:
        in_force = (config.valid_from is None or config.valid_from <= on) and (config.valid_to is None or on < config.valid_to)
        if in_force and config.department is None and config.priority is None:
            rule = rule_of(config, city)
            found.update({slug(label): rule for label in config.request_type or ()})
    return found


def programme_promise(city: City, programme: str, on: date) -> SlaRule | None:
    """The rule in force on a day for all cases of a programme; None where there is none, or only one for some of its types."""
    for config in city.sla_rules:
        in_force = (config.valid_from is None or config.valid_from <= on) and (config.valid_to is None or on < config.valid_to)
        if (
            in_force
            and config.programme == programme
            and config.request_type is None
            and config.department is None
            and config.priority is None
        ):
            return rule_of(config, city)
    return None


def _department(label: str, city: City) -> str:
    """One name for all the city's spellings of a department."""
    known = city.department_of(label)
    return label if known is None else known.id


def _calendar(config: CalendarConfig, zone: str) -> Calendar:
    days = set()
    if config.holidays is not None:
        days = set(_holidays(config.holidays.country, config.holidays.subdivision, config.id))
    return make_calendar(config.id, config.zone or zone, _weekly(config), frozenset((days | set(config.add)) - set(config.remove)))


def _weekly(config: CalendarConfig) -> dict[int, list[tuple[str, str]]]:
    return {number: list(config.weekly.get(day, ())) for number, day in enumerate(WEEKDAYS)}


@lru_cache(maxsize=16)
def _holidays(country: str, subdivision: str | None, calendar_id: str) -> frozenset[date]:
    import holidays  # imported late: only calendars with holidays need it

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=HOLIDAY_YEARS))
    except NotImplementedError as error:
        raise CityError(f"calendar {calendar_id!r}: holidays of {country} {subdivision or ''} are not known ({error}).") from None
