"""What a city writes in `city.toml`: every key with its meaning and default."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_access.gate_models import Gate
from data_access.model_base import Id, Labels, Model, Share
from data_access.programme_models import Programme
from data_access.publish_models import Publishes
from data_access.web_models import Web

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class CityFacts(Model):
    """`[city]`"""

    id: Id
    name: str
    zone: str
    """IANA time zone, for example America/New_York."""
    locale: str = "en-US"
    week_start: Literal["monday", "sunday"] = "monday"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    """Month in which the fiscal year begins."""
    simulated: bool = False
    """True for invented data: every page says so."""
    stale_after_hours: Annotated[float, Field(gt=0)] = 48
    """Data older than this puts a banner on every page."""
    tell_after_failures: Annotated[int, Field(ge=1)] = 2
    """So many loads of a source that fail in a row are told to administrators who want to know by mail."""
    placeholder_point_share: Share = 0.02
    """A point that holds more than this share of the cases is an address-unknown point."""
    on_time_target: Share | None = None
    """Target of departments that have none of their own."""


ANSWER_SECONDS = 600
"""A database that gives no answer for this long hangs: the load ends."""


class SourceConfig(Model):
    """`[[source]]`: files (`path`), or a database or an API on the web (`url`)."""

    name: Id
    kind: Literal["sql", "files", "open311", "seeclickfix", "socrata", "ckan", "arcgis"]
    programme: Id
    url: str | None = None
    urls: tuple[str, ...] = ()
    """Several addresses on the web with rows of one kind, such as a layer for each year."""
    web: Web = Web()
    path: str | None = None
    preset: str | None = None
    """A mapping that comes with Statroom."""
    mapping: str | None = None
    """A mapping file beside `city.toml`."""
    as_of: datetime | None = None
    """Instant (with offset, or UTC) up to which an extract is complete, when its rows cannot tell."""
    schedule: str | None = None
    """When the sync should run, for the scheduler; a cron line."""
    answer_seconds: Annotated[float, Field(ge=1)] = ANSWER_SECONDS
    """Databases: how long a statement, or a chunk of rows, may let one wait before the load ends."""
    gate: Gate = Gate()
    """How far a load may differ from what is in service before a person decides."""


class Department(Model):
    """`[[department]]`: label, the source's spellings, its target."""

    id: Id
    name: str
    aliases: tuple[str, ...] = ()
    parent: Id | None = None
    on_time_target: Share | None = None


class HolidayCalendar(Model):
    """`holidays = {country = "US", subdivision = "MA"}` of a calendar."""

    country: str
    subdivision: str | None = None


class CalendarConfig(Model):
    """`[[calendar]]`: weekly business windows in local time, holidays, and the city's own exceptions."""

    id: Id
    zone: str | None = None
    weekly: dict[Weekday, tuple[tuple[str, str], ...]]
    holidays: HolidayCalendar | None = None
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


class SlaRuleConfig(Model):
    """`[[sla_rule]]`: the deadline of one request type or several, or of a whole programme, while the rule is valid, as data."""

    request_type: Labels | None = None
    programme: Id | None = None
    """Only cases of this programme; without `request_type`, all of them."""
    basis: str | None = None
    """The law or ordinance that sets it: the deadline is then a statutory one."""
    department: str | None = None
    priority: str | None = None
    measure: Literal["resolve"] = "resolve"
    unit: Literal["business_days", "business_hours", "calendar_days", "elapsed_hours"]
    amount: Annotated[float, Field(ge=0)]
    calendar: Id | None = None
    weekend_policy: Literal["next_window_start", "keep_time", "last_close"] = "next_window_start"
    after_hours_policy: Literal["same_day", "next_start", "last_close"] = "same_day"
    due_time: Literal["last_close", "same_time"] = "last_close"
    clock: Literal["wall", "elapsed"] = "wall"
    truncate: Literal["none", "second", "minute", "day"] = "none"
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> SlaRuleConfig:
        if self.request_type is None and self.programme is None:
            raise ValueError("name a 'request_type' or a 'programme'")
        return self


class SlaPreset(Model):
    """The deadlines of a known export: `presets/*_sla.toml`."""

    calendar: tuple[CalendarConfig, ...] = ()
    sla_rule: tuple[SlaRuleConfig, ...]


class AreaLayer(Model):
    """`[[area_layer]]`: polygons or names of the places cases lie in, or context drawn under maps."""

    id: Id
    name: str
    plural: str
    file: str | None = None
    """GeoJSON in WGS84, beside `city.toml`."""
    id_property: str | None = None
    name_property: str = "name"
    population_property: str | None = None
    population_source: str | None = None
    """Whose count of people it is and of when, as readers should be told: "census of 2020"."""
    income_property: str | None = None
    parent_property: str | None = None
    assign: Literal["polygon", "name"] = "polygon"
    """polygon: by the case's point; name: by the area the source names, matched to the map by key."""
    aliases: dict[str, str] = {}
    """Source spelling -> name on the map."""
    context: bool = False
    version_of: Id | None = None
    """The layer with the boundaries of today, where these are earlier ones of the same areas."""
    valid_from: date | None = None
    """First day on which these boundaries were in force."""
    valid_to: date | None = None
    """Last day on which they were."""


class AddressFile(Model):
    """`[[address_file]]`: the city's addresses (CSV) or named streets (GeoJSON lines), by which residents find their area."""

    file: str
    """CSV with a point for each address, or GeoJSON, beside `city.toml`."""
    street: str = "street"
    """Column or property with the street's name."""
    number: str | None = None
    """Column or property with the house number."""
    longitude: str = "longitude"
    """Columns of a CSV file with the point, WGS84."""
    latitude: str = "latitude"


class Release(Model):
    """`[release]`: which request types residents may see. Types not named are class C: withheld."""

    A: tuple[str, ...] = ()
    B: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    """Types of class B about health, homes or persons: their numbers below 11 are hidden, those of the others below 5."""
    measures: bool | tuple[str, ...] = ()
    """Figures that are not cases which residents may see, by their names; true for all of them."""
    contacts: bool = False
    """True to tell residents how many calls came in, were answered and were given up, by day and queue."""
    all_A: bool = False
    """True for data that is already public: every type not named in B is class A."""
    addresses: str | None = None
    """CSV with columns latitude and longitude of the city's addresses: where published cases are shown then rests on these as well."""
    cases: bool = False
    """True to publish cases of class A one by one too: then every number can be counted from them, however small."""


class Portal(Model):
    """`[portal]`: what the residents' portal says of itself to others."""

    address: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]+)?$")] | None = None
    """Its public address, such as https://stats.example.gov: for link previews and the sitemap. None: the one a visitor used."""
    licence: str = ""
    """Under what terms the open data may be used."""
    contact: Annotated[str, Field(pattern=r"^(https?://[^\s\"'<>]+|[^\s@<>\"']+@[A-Za-z0-9.-]+)?$")] = ""
    """Where residents complain about what is published: an e-mail address or the address of a page."""
    licence_url: Annotated[str, Field(pattern=r"^(https?://[^\s\"'<>]+)?$")] = ""
    embed_on: tuple[Annotated[str, Field(pattern=r"^(\*|https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]+)?)$")], ...] = ("*",)
    """Sites that may show its charts in a frame; "*" is every site, an empty list none."""


class Group(Model):
    """`[[sign_in.group]]`: what the people of a group may see who sign in elsewhere."""

    group: Annotated[str, Field(min_length=1, max_length=300)]
    """The group exactly as the provider or the proxy writes it."""
    role: Literal["viewer", "department", "analyst", "executive", "admin"]
    departments: tuple[Id, ...] = ()
    """For role department: ids as in addresses."""
    districts: tuple[Id, ...] = ()
    """For role department: areas of the first layer; none for the whole city."""
    programmes: tuple[Id, ...] = ()
    """For role department: programmes; none for all of them."""

    @model_validator(mode="after")
    def _fits(self) -> Group:
        if (self.role == "department") != bool(self.departments):
            raise ValueError("name the departments of a group with role department, and of no other")
        if (self.districts or self.programmes) and self.role != "department":
            raise ValueError("only a group with role department can be limited to districts or programmes")
        return self


class SignInConfig(Model):
    """`[sign_in]`: of a person in several groups the first one here decides."""

    group: tuple[Group, ...] = ()


LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
CityName = Annotated[str, Field(min_length=1, max_length=200)]


class CityFile(Model):
    """The whole of `city.toml`."""

    city: CityFacts
    programme: tuple[Programme, ...]
    source: tuple[SourceConfig, ...]
    department: tuple[Department, ...] = ()
    calendar: tuple[CalendarConfig, ...] = ()
    sla_rule: tuple[SlaRuleConfig, ...] = ()
    sla_preset: tuple[str, ...] = ()
    """Calendars and rules that come with Statroom: the deadlines of known exports. A rule in this file goes before theirs."""
    area_layer: tuple[AreaLayer, ...] = ()
    address_file: tuple[AddressFile, ...] = ()
    crosswalk: str | None = None
    """CSV beside `city.toml`: departments, and areas that sources name, that changed their names, each from its day on."""
    release: Release = Release()
    portal: Portal = Portal()
    sign_in: SignInConfig = SignInConfig()
    publish: Publishes = ()
    names: dict[LanguageCode, dict[CityName, CityName]] = {}
    """`[names.es]`: what residents who read that language are told instead of a service's, a department's, an area's or a layer's own name."""
