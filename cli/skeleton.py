"""The first files of a new city: a `city.toml` and a mapping in which every key is explained."""

from __future__ import annotations

import re

from cli.toml_text import quoted

MAPPING_FILE = "crm.toml"

CITY_HEAD = """\
# What Statroom knows about a city. Texts may name environment variables: ${{CRM_URL}}, ${{CRM_URL:-default}}.

[city]
id = "{id}"
name = {name}
zone = "{zone}"            # IANA time zone; days and weeks are counted in it
locale = "en-US"
week_start = "monday"      # or "sunday"
fiscal_year_start = 7      # month
simulated = false          # true: every page says that the data is invented
stale_after_hours = 48     # older data puts a banner on every page
on_time_target = 0.8       # of departments that have none of their own
# placeholder_point_share = 0.02   # a point with more of the cases than this means "address unknown"

[[programme]]
id = "requests"
name = "Service requests"
kind = "service_request"
"""

SOURCES = """\
# A database: any that SQLAlchemy reaches. The account should be able to read and nothing else.
[[source]]
name = "crm"
kind = "sql"
url = "${CRM_URL:-sqlite:///crm.sqlite}"
mapping = "crm.toml"       # how its columns become cases, in this folder
programme = "requests"
schedule = "*/15 * * * *"  # for `flask clock`; a cron line in the city's time

# Files: CSV (also gzip) or Parquet, one or many. `preset` is a mapping that comes with Statroom.
# [[source]]
# name = "open-data"
# kind = "files"
# path = "exports/*.csv.gz"
# preset = "boston_311"
# programme = "requests"
# as_of = 2026-01-01T05:00:00Z   # when an extract ends, if its rows cannot tell
"""

DEPARTMENTS = """\
# Departments the source spells in several ways, and their targets.
# [[department]]
# id = "public-works"
# name = "Public Works"
# aliases = ["PW", "PWD"]
# parent = "infrastructure"
# on_time_target = 0.85
"""

CALENDAR = """\
[[calendar]]
id = "city"
holidays = { country = "US" }   # subdivision = "MA" adds a state's; leave out for none
# add = [2026-07-03]
# remove = [2026-10-12]

[calendar.weekly]
monday = [["08:00", "17:00"]]
tuesday = [["08:00", "17:00"]]
wednesday = [["08:00", "17:00"]]
thursday = [["08:00", "17:00"]]
friday = [["08:00", "17:00"]]
"""

RULES = """\
# Deadlines where the source gives none. The rule in force when a case opened counts.
# [[sla_rule]]
# request_type = "Pothole"
# unit = "business_days"   # or business_hours, calendar_days, elapsed_hours
# amount = 3
# calendar = "city"
# valid_from = 2026-01-01
"""

LAYERS = """\
# Areas on maps and in tables: GeoJSON in WGS84 beside this file.
# [[area_layer]]
# id = "district"
# name = "District"
# plural = "Districts"
# file = "areas/districts.geojson"
# id_property = "id"
# name_property = "name"
# population_property = "population"
"""

RELEASE = """\
# What residents may see. A: counted in published figures (and with cases = true published one by one). B: fixed tables of closed
# quarters in which few cases are hidden, below 11 for the sensitive ones. What is not named: one number a year for all of it.
[release]
A = []
B = []
sensitive = []
"""

MAPPING = """\
# How the CRM's columns become cases. Only columns named here are ever read.

[sql]
cases = "requests"         # a table, a view or a SELECT
key = "id"                 # a column that never changes
watermark = "updated_at"   # loads read what changed since the last one; leave out to read all each time
overlap_minutes = 60

[columns]
source_id = "id"
request_type = "type"
department = "department"
channel = "channel"
status = "status"
opened_at = "opened_at"
due_at = "due_at"
closed_at = "closed_at"
source_updated_at = "updated_at"
latitude = "latitude"
longitude = "longitude"

[time]
# zone = "UTC"             # of times without an offset; the city's own if not said
# sentinels = ["1900-01-01"]   # dates that mean "no date"

# The source's words on the left. What is not mapped is loaded as unknown, counted and listed.
[status]
"Open" = "open"
"Closed" = "closed"

[channel]
"Phone" = "phone"
"Web" = "web"
"App" = "app"
"""


def texts(name: str, zone: str) -> dict[str, str]:
    """File name -> content of a new city's files."""
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "city"
    head = CITY_HEAD.format(id=key, name=quoted(name), zone=zone)
    return {"city.toml": "\n".join([head, SOURCES, DEPARTMENTS, CALENDAR, RULES, LAYERS, RELEASE]), MAPPING_FILE: MAPPING}
