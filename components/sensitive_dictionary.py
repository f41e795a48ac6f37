"""What the columns of the tables of sensitive services mean, and what to know before using them."""

from __future__ import annotations

from components.language import _

CELLS, RELEASES = "sensitive-services", "sensitive-releases"


def note(table_id: str) -> str:
    """What is coarsened and hidden in a table, for its card; empty where there is nothing to say."""
    return {
        CELLS: _("Cases about homes, businesses, health or persons, counted once for each quarter and year that has ended and never again. Cells are cut only as finely as few of them stay small; 'sensitive-releases' says how finely. A hidden number is small, or would give a small one away; no row means no case."),
        RELEASES: _("What was published when, how finely its cells are cut, and the hash by which a copy of the numbers can be checked."),
    }.get(table_id, "")  # fmt: skip


def meanings(table_id: str) -> dict[str, tuple[str, str, str]]:
    """Column -> its meaning, its unit, and what it means where it is empty."""
    return {CELLS: {**_shared(), **_of_cells()}, RELEASES: {**_shared(), **_of_releases()}}.get(table_id, {})


def _shared() -> dict[str, tuple[str, str, str]]:
    none = _("never empty")
    return {
        "release": (_("The quarter or year under which the number was published; months are published with their quarter."), _("for example 2026-Q3"), none),
        "grain": (_("How long the period is: year, quarter or month."), _("text"), none),
        "vintage": (_("1; one more for each time the year was counted anew."), _("number"), none),
    }  # fmt: skip


def _of_cells() -> dict[str, tuple[str, str, str]]:
    none = _("never empty")
    return {
        "period": (_("The year, quarter or month that is counted."), _("for example 2026-Q3"), none),
        "group": (_("The group of services."), _("text"), _("all services")),
        "group_name": (_("Its name."), _("text"), _("all services")),
        "service": (_("The service."), _("text"), _("the whole group")),
        "service_name": (_("Its name."), _("text"), _("the whole group")),
        "area_layer": (_("Which kind of area."), _("text"), _("the whole city")),
        "area": (_("The area, as addresses of the portal and the API name it; 'none' for cases whose area is not known."), _("text"), _("the whole city")),
        "area_name": (_("Its name."), _("text"), _("the whole city, or the area is not known")),
        "deadline": (_("'due': the cases whose deadline fell into the period; 'met' and 'missed': those of them closed in time, and the others."), _("text"), _("the cases reported in the period")),
        "cases": (_("How many cases."), _("cases"), _("hidden: it is small, or would give a small number away")),
        "hidden": (_("Whether the number is hidden. Which of the two reasons it is, is not told."), _("true or false"), none),
    }  # fmt: skip


def _of_releases() -> dict[str, tuple[str, str, str]]:
    none, no_deadlines = _("never empty"), _("deadlines are not published")
    return {
        "counted_as_of": (_("The instant up to which the cases were known when they were counted."), _("instant in UTC"), none),
        "numbers": (_("How many numbers above zero were published or hidden."), _("number"), none),
        "numbers_hidden": (_("How many of them are hidden."), _("number"), none),
        "finest_period": (_("The shortest periods that cases reported are counted by."), _("text"), none),
        "finest_service": (_("How finely services are told apart: all of them together, groups, or each service."), _("text"), none),
        "finest_area": (_("The smallest areas that are counted: a kind of area, or 'city'."), _("text"), none),
        "deadlines_finest_period": (_("The shortest periods that cases which fell due are counted by."), _("text"), no_deadlines),
        "deadlines_finest_service": (_("The same as 'finest_service', of the cases that fell due."), _("text"), no_deadlines),
        "deadlines_finest_area": (_("The same as 'finest_area', of the cases that fell due."), _("text"), no_deadlines),
        "withheld_services_cases": (_("Of a year: how many cases were of services nothing else is published of."), _("cases"), _("a quarter; or there are none, or too few to publish")),
        "sha256": (_("SHA-256 of what was published; the documentation of the API says of which lines."), _("text"), none),
    }  # fmt: skip
