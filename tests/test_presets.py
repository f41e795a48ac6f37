"""What the presets make of a few rows of each layout: status, how it came and ended, when, and of what class.

The rows are written by hand after each layout's documentation. Times are given in UTC.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_access.mapping.cases import Mapped, map_cases
from data_access.mapping.spec import PRESETS, load_mapping
from data_access.sources import open_source
from tests.support.towns import Town

NOW = datetime(2026, 6, 1)
OTHERS = {"dc_agency_kpis", "open311", "open311_fixmystreet", "open311_chicago", "seeclickfix"}
"""Presets that other tests read whole: of figures that are not cases, and of APIs."""


def mapped(folder: Path, preset: str, rows: list[dict[str, str]]) -> Mapped:
    """`rows` by the layout's own columns, as a file, through the preset."""
    path = folder / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    town = Town(folder)
    town.sources.append({"name": "export", "kind": "files", "path": "rows.csv", "preset": preset, "programme": "requests"})
    city = town.city()
    source = open_source(city.sources[0], city)
    frames = [batch.frame for batch in source.batches(None)]
    return map_cases(pd.concat(frames), source.mapping, city, programme="requests", source_name="export", now=NOW)


def shown(made: Mapped, *fields: str) -> list[tuple[Any, ...]]:
    """`fields` of each case; times as text to the minute, what is empty as None."""
    columns = [made.cases[field] for field in fields]
    plain = [column.dt.strftime("%Y-%m-%d %H:%M") if column.dtype.kind == "M" else column for column in columns]
    return [tuple(None if pd.isna(value) else value for value in row) for row in zip(*plain, strict=True)]


def nothing_unmapped(made: Mapped) -> bool:
    return not [kind for kind in made.issues["kind"] if kind.startswith("unmapped_")] and made.quarantine.empty


WORDS = ("status", "channel", "outcome", "case_class")
TIMES = ("opened_at", "due_at", "closed_at", "has_valid_interval")

OLD_BOSTON = {
    "case_enquiry_id": "101", "type": "Request for Pothole Repair", "reason": "Highway Maintenance", "department": "PWDx", "queue": "PWDx_D3",
    "source": "Constituent Call", "case_status": "Closed", "closure_reason": "Case Closed Case Resolved Ada Lovelace thanks you", "location": "5 Main St",
    "open_dt": "2011-07-01 08:00:00", "target_dt": "2011-07-06 08:00:00", "closed_dt": "2011-07-05 12:00:00", "latitude": "42.3", "longitude": "-71.1",
}  # fmt: skip
NEW_BOSTON = {
    "case_id": "BCS-1", "case_topic": "Road", "service_name": "Pothole", "assigned_department": "PWD", "assigned_team": "District 3", "report_source": "Phone",
    "case_status": "Closed", "closure_reason": "Resolved by Ada Lovelace", "closure_comments": "Ada Lovelace called", "on_time": "ONTIME",
    "open_date": "2026-03-16 08:00:00", "target_close_date": "2026-03-18 08:00:00", "close_date": "2026-03-17 12:00:00", "neighborhood": "Dorchester",
}  # fmt: skip


def test_boston_in_its_old_layout_as_a_file_and_from_the_portal(tmp_path: Path) -> None:
    from_portal = OLD_BOSTON | {"case_enquiry_id": "102", "source": "Employee Generated", "open_dt": "2011-07-01T08:00:00", "target_dt": "", "closed_dt": "2011-07-01T08:00:30"}  # fmt: skip
    made = mapped(tmp_path, "boston_311", [OLD_BOSTON, from_portal])
    assert shown(made, *WORDS) == [("closed", "phone", "resolved", "service"), ("closed", "staff", "resolved", "staff_entered")]
    assert shown(made, *TIMES) == [
        ("2011-07-01 12:00", "2011-07-06 12:00", "2011-07-05 16:00", True),
        ("2011-07-01 12:00", None, "2011-07-01 12:00", True),
    ]
    assert nothing_unmapped(made)
    assert "Lovelace" not in made.cases.to_csv()


def test_boston_of_2013_undoes_the_offset_that_was_taken_twice(tmp_path: Path) -> None:
    rows = [{("sla_target_dt" if name == "target_dt" else name): value for name, value in OLD_BOSTON.items()}]
    assert shown(mapped(tmp_path, "boston_311_2013", rows), *TIMES) == [("2011-07-01 16:00", "2011-07-06 16:00", "2011-07-05 20:00", True)]


def test_boston_in_the_layout_of_2025(tmp_path: Path) -> None:
    open_one = NEW_BOSTON | {
        "case_id": "BCS-2",
        "case_status": "In Progress",
        "report_source": "City Worker App",
        "closure_reason": "",
        "close_date": "",
    }
    made = mapped(
        tmp_path,
        "boston_311_2025",
        [NEW_BOSTON, open_one, NEW_BOSTON | {"case_id": "BCS-3", "closure_reason": "Duplicate case of Ada Lovelace"}],
    )
    assert shown(made, *WORDS) == [
        ("closed", "phone", "resolved", "service"), ("in_progress", "staff", None, "service"), ("closed", "phone", "duplicate", "duplicate"),
    ]  # fmt: skip
    assert shown(made, *TIMES)[:2] == [
        ("2026-03-16 12:00", "2026-03-18 12:00", "2026-03-17 16:00", True),
        ("2026-03-16 12:00", "2026-03-18 12:00", None, True),
    ]
    assert shown(made, "request_type", "department", "queue")[0] == ("Pothole", "PWD", "District 3")
    assert nothing_unmapped(made)
    assert "Lovelace" not in made.cases.to_csv()


NEW_YORK = {
    "unique_key": "1", "complaint_type": "Noise", "descriptor": "Loud music", "agency": "NYPD", "open_data_channel_type": "ONLINE", "status": "Closed",
    "created_date": "2026-03-16T08:00:00.000", "due_date": "", "closed_date": "2026-03-16T09:00:00.000", "incident_address": "5 Main St",
    "resolution_action_updated_date": "2026-03-16T09:30:00.000", "resolution_description": "None.", "latitude": "40.7", "longitude": "-74.0",
}  # fmt: skip
NEW_YORK_FILE = {
    "unique_key": "Unique Key", "complaint_type": "Complaint Type", "descriptor": "Descriptor", "agency": "Agency", "status": "Status",
    "open_data_channel_type": "Open Data Channel Type", "created_date": "Created Date", "due_date": "Due Date", "closed_date": "Closed Date",
    "incident_address": "Incident Address", "resolution_action_updated_date": "Resolution Action Updated Date",
    "resolution_description": "Resolution Description", "latitude": "Latitude", "longitude": "Longitude",
}  # fmt: skip


def test_new_york_from_the_portal_and_as_a_file_say_the_same(tmp_path: Path) -> None:
    """The third is closed without a date: it ended when it was last acted on, which is no duration."""
    rows = [
        NEW_YORK,
        NEW_YORK | {"unique_key": "2", "status": "Pending", "closed_date": ""},
        NEW_YORK | {"unique_key": "3", "closed_date": ""},
    ]
    made = mapped(tmp_path, "nyc_311_api", rows)
    assert shown(made, "status", "channel", "case_class") == [
        ("closed", "web", "service"),
        ("waiting", "web", "service"),
        ("closed", "web", "service"),
    ]
    assert shown(made, *TIMES) == [
        ("2026-03-16 12:00", None, "2026-03-16 13:00", True), ("2026-03-16 12:00", None, None, True), ("2026-03-16 12:00", None, "2026-03-16 13:30", False),
    ]  # fmt: skip
    assert nothing_unmapped(made)
    written = {name: value.replace("2026-03-16T0", "03/16/2026 0").replace(".000", " AM") for name, value in NEW_YORK.items()}
    file = mapped(tmp_path, "nyc_311", [{NEW_YORK_FILE[name]: value for name, value in written.items()}])
    assert shown(file, "source_id", "request_type", *WORDS, *TIMES) == shown(made, "source_id", "request_type", *WORDS, *TIMES)[:1]


def test_washington_dc_reads_its_z_as_local_and_takes_1970_for_no_date(tmp_path: Path) -> None:
    row = {
        "SERVICEREQUESTID": "16-1", "SERVICECODEDESCRIPTION": "Parking Meter Repair", "SERVICETYPECODEDESCRIPTION": "Meters", "ORGANIZATIONACRONYM": "DDOT",
        "SERVICEORDERSTATUS": "CLOSED", "ADDDATE": "2026-03-16T08:00:00.000Z", "SERVICEDUEDATE": "2026-03-19T08:00:00.000Z", "INSPECTORNAME": "Ada Lovelace",
        "INSPECTIONDATE": "2026-03-17T08:00:00.000Z", "RESOLUTIONDATE": "2026-03-18T08:00:00.000Z", "LATITUDE": "38.9", "LONGITUDE": "-77.0", "WARD": "Ward 3",
    }  # fmt: skip
    rows = [
        row, row | {"SERVICEREQUESTID": "16-2", "SERVICEORDERSTATUS": "IN-PROGRESS", "RESOLUTIONDATE": "1970-01-01T00:00:00.000Z"},
        row | {"SERVICEREQUESTID": "16-3", "SERVICEORDERSTATUS": "Duplicate (Closed)"}, row | {"SERVICEREQUESTID": "16-4", "SERVICEORDERSTATUS": "VOIDED"},
    ]  # fmt: skip
    made = mapped(tmp_path, "dc_311", rows)
    assert shown(made, "status", "outcome", "case_class") == [
        ("closed", None, "service"), ("in_progress", None, "service"), ("closed", "duplicate", "duplicate"), ("cancelled", "withdrawn", "withdrawn"),
    ]  # fmt: skip
    assert shown(made, *TIMES, "inspected_at")[:2] == [
        ("2026-03-16 12:00", "2026-03-19 12:00", "2026-03-18 12:00", True, "2026-03-17 12:00"),
        ("2026-03-16 12:00", "2026-03-19 12:00", None, True, "2026-03-17 12:00"),
    ]
    assert nothing_unmapped(made)
    assert "Lovelace" not in made.cases.to_csv()


def test_san_francisco_keeps_of_its_notes_only_how_they_begin(tmp_path: Path) -> None:
    row = {
        "service_request_id": "1", "service_name": "Graffiti", "service_subtype": "Not_Offensive", "agency_responsible": "DPW", "source": "Mobile/Open311",
        "status_description": "Closed", "status_notes": "Case Resolved - Ada Lovelace", "requested_datetime": "2026-03-16T08:00:00.000Z", "address": "5 Main St",
        "closed_date": "2026-03-17T08:00:00.000Z", "updated_datetime": "2026-03-17T08:00:00.000Z", "lat": "0.0", "long": "0.0",
    }  # fmt: skip
    rows = [row, row | {"service_request_id": "2", "status_notes": "Duplicate of 7", "lat": "37.7", "long": "-122.4"}, row | {"service_request_id": "3", "status_description": "Open", "status_notes": "open", "closed_date": ""}]  # fmt: skip
    made = mapped(tmp_path, "sanfrancisco_311", rows)
    assert shown(made, *WORDS) == [
        ("closed", "app", "resolved", "service"),
        ("closed", "app", "duplicate", "duplicate"),
        ("open", "app", "unknown", "service"),
    ]
    assert shown(made, *TIMES)[0] == ("2026-03-16 15:00", None, "2026-03-17 15:00", True)
    assert shown(made, "latitude") == [(None,), (37.7,), (None,)]
    assert nothing_unmapped(made)
    assert "Lovelace" not in made.cases.to_csv()


def test_chicago_tells_calls_for_information_from_cases_and_duplicates_from_both(tmp_path: Path) -> None:
    row = {
        "sr_number": "SR1", "sr_type": "Pothole in Street Complaint", "owner_department": "CDOT", "origin": "Phone Call", "status": "Completed",
        "duplicate": "false", "parent_sr_number": "", "created_date": "2026-03-16T08:00:00.000", "closed_date": "2026-03-17T08:00:00.000",
        "last_modified_date": "2026-03-17T08:00:00.000", "street_address": "5 MAIN ST", "latitude": "41.9", "longitude": "-87.6",
    }  # fmt: skip
    rows = [
        row, row | {"sr_number": "SR2", "sr_type": "311 INFORMATION ONLY CALL"}, row | {"sr_number": "SR3", "duplicate": "true", "parent_sr_number": "SR1"},
        row | {"sr_number": "SR4", "status": "Canceled"},
    ]  # fmt: skip
    made = mapped(tmp_path, "chicago_311", rows)
    assert shown(made, *WORDS) == [
        ("closed", "phone", None, "service"), ("closed", "phone", None, "information"), ("closed", "phone", "duplicate", "duplicate"),
        ("cancelled", "phone", "cancelled", "withdrawn"),
    ]  # fmt: skip
    assert shown(made, *TIMES)[0] == ("2026-03-16 13:00", None, "2026-03-17 13:00", True)
    assert shown(made, "parent_source_id")[2] == ("SR1",)
    assert nothing_unmapped(made)


def test_los_angeles_reads_no_day_of_service_as_a_deadline_in_either_layout(tmp_path: Path) -> None:
    row = {
        "srnumber": "1-1", "requesttype": "Bulky Items", "owner": "BOS", "assignto": "NC", "requestsource": "Mobile App", "status": "Closed",
        "createddate": "2026-03-16T08:00:00.000", "updateddate": "2026-03-18T08:00:00.000", "servicedate": "2026-03-15T00:00:00.000", "address": "5 MAIN ST",
        "closeddate": "2026-03-17T08:00:00.000", "latitude": "34.0", "longitude": "-118.3",
    }  # fmt: skip
    made = mapped(
        tmp_path, "losangeles_311_api", [row, row | {"srnumber": "1-2", "requestsource": "Driver Self Report", "status": "Referred Out"}]
    )
    assert shown(made, *WORDS) == [("closed", "app", None, "service"), ("closed", "staff", "referred", "staff_entered")]
    assert shown(made, *TIMES)[0] == ("2026-03-16 15:00", None, "2026-03-17 15:00", True)
    assert nothing_unmapped(made)
    names = {"srnumber": "SRNumber", "requesttype": "RequestType", "owner": "Owner", "assignto": "AssignTo", "requestsource": "RequestSource", "status": "Status", "createddate": "CreatedDate", "updateddate": "UpdatedDate", "closeddate": "ClosedDate", "servicedate": "ServiceDate", "address": "Address", "latitude": "Latitude", "longitude": "Longitude"}  # fmt: skip
    written = {name: value.replace("2026-03-", "03/").replace("T", "/2026 ").replace(".000", " AM") if name.endswith("date") else value for name, value in row.items()}  # fmt: skip
    file = mapped(tmp_path, "losangeles_311", [{names[name]: value for name, value in written.items()}])
    assert shown(file, "source_id", *WORDS, *TIMES) == shown(made, "source_id", *WORDS, *TIMES)[:1]


def test_austin_has_deadlines_only_in_its_own_export(tmp_path: Path) -> None:
    row = {
        "sr_number": "26-1", "sr_type_desc": "TPW - Pothole Repair", "sr_department_desc": "Austin Transportation and Public Works",
        "sr_method_received_desc": "Spot311 Interface", "sr_status_desc": "Closed", "sr_status_date": "2026-03-17T08:00:00.000",
        "sr_created_date": "2026-03-16T08:00:00.000", "sr_updated_date": "2026-03-17T08:00:00.000", "sr_closed_date": "2026-03-17T08:00:00.000",
        "sr_location": "5 MAIN ST", "sr_location_lat": "30.2", "sr_location_long": "-97.7", "sr_location_council_district": "3",
    }  # fmt: skip
    rows = [row, row | {"sr_number": "26-2", "sr_status_desc": "Duplicate (closed)", "sr_method_received_desc": "Phone"}, row | {"sr_number": "26-3", "sr_status_desc": "CancelledTesting"}]  # fmt: skip
    made = mapped(tmp_path, "austin_311", rows)
    assert shown(made, *WORDS) == [
        ("closed", "app", None, "service"),
        ("closed", "phone", "duplicate", "duplicate"),
        ("cancelled", "app", "test", "withdrawn"),
    ]
    assert shown(made, *TIMES)[0] == ("2026-03-16 13:00", None, "2026-03-17 13:00", True)
    assert nothing_unmapped(made)
    own = {
        "SR Number": "26-1", "Group": "Street", "SR Description": "Pothole Repair", "Department": "ATPW", "Method Received": "Phone", "SR Status": "Open",
        "Is Duplicate": "No", "Created Date": "03/16/2026 08:00:00 AM", "Overdue On Date": "03/20/2026 05:00:00 PM", "Close Date": "", "Closed Late": "0",
    }  # fmt: skip
    made = mapped(
        tmp_path, "austin_311_internal", [own, own | {"SR Number": "26-2", "Is Duplicate": "Yes", "Close Date": "3/17/2026 8:00"}]
    )
    assert shown(made, *WORDS) == [("open", "phone", None, "service"), ("open", "phone", "duplicate", "duplicate")]
    assert shown(made, *TIMES) == [
        ("2026-03-16 13:00", "2026-03-20 22:00", None, True),
        ("2026-03-16 13:00", "2026-03-20 22:00", "2026-03-17 13:00", True),
    ]
    assert nothing_unmapped(made)


def test_baltimore_in_its_three_layouts(tmp_path: Path) -> None:
    """The file's times of 2018 are shifted twice until September; the layer's are instants; the older layout has no time of closing."""
    file = {
        "SRRecordID": "18-1", "SRType": "SW-Dirty Alley", "Agency": "Solid Waste", "MethodReceived": "Phone", "SRStatus": "Closed", "StatusDate": "04/13/2018 08:00:00 AM",
        "CreatedDate": "04/12/2018 08:00:00 AM", "DueDate": "04/19/2018 08:00:00 AM", "CloseDate": "04/13/2018 08:00:00 AM", "Latitude": "39", "Longitude": "-77", "Address": "5 MAIN ST",
    }  # fmt: skip
    layer = {name: value.replace("04/", "2018-04-").replace("/2018 ", "T").replace(" AM", ".000+00:00") for name, value in file.items()}
    made = mapped(
        tmp_path, "baltimore_311", [file, file | {"SRRecordID": "18-2", "SRStatus": "Closed (Transferred)", "MethodReceived": "API"}]
    )
    assert shown(made, *WORDS) == [("closed", "phone", None, "service"), ("closed", "app", "referred", "service")]
    assert shown(made, *TIMES, "latitude")[0] == ("2018-04-12 16:00", "2018-04-19 16:00", "2018-04-13 16:00", True, None)
    now = mapped(tmp_path, "baltimore_311_arcgis", [layer])
    assert shown(now, *WORDS) == shown(made, *WORDS)[:1]
    assert shown(now, *TIMES) == [("2018-04-12 08:00", "2018-04-19 08:00", "2018-04-13 08:00", True)]
    older = {
        "servicerequestnum": "10-1", "code": "DIRTYALLEY", "codedescription": "Dirty Alley", "methodreceived": "Phone", "status": "CLOSED",
        "createddate": "04/12/2010 08:00:00 AM", "duedate": "04/19/2010 08:00:00 AM", "statusdate": "04/13/2010 08:00:00 AM", "neighborhood": "Canton",
    }  # fmt: skip
    made = mapped(tmp_path, "baltimore_311_older", [older, older | {"servicerequestnum": "10-2", "status": "OPEN"}])
    assert shown(made, "status", *TIMES) == [
        ("closed", "2010-04-12 12:00", "2010-04-19 12:00", "2010-04-13 12:00", False), ("open", "2010-04-12 12:00", "2010-04-19 12:00", None, True),
    ]  # fmt: skip
    assert nothing_unmapped(made)


def test_new_orleans_in_both_layouts_and_its_blight_cases(tmp_path: Path) -> None:
    row = {
        "service_request": "2026-1", "request_type": "Roads/Drainage", "request_reason": "Pothole", "responsible_agency": "Department of Public Works",
        "request_status": "Closed", "date_created": "2026-03-16T08:00:00.000", "date_modified": "2026-03-17T08:00:00.000", "final_address": "5 Main St",
        "case_close_date": "2026-03-17T08:00:00.000", "latitude": "29.9", "longitude": "-90.1", "address_councildis": "B",
    }  # fmt: skip
    made = mapped(
        tmp_path, "neworleans_311", [row, row | {"service_request": "2026-2", "request_status": "Pending", "case_close_date": ""}]
    )
    assert shown(made, "request_type", "status", "case_class", *TIMES) == [
        ("Pothole", "closed", "service", "2026-03-16 13:00", None, "2026-03-17 13:00", True), ("Pothole", "open", "service", "2026-03-16 13:00", None, None, True),
    ]  # fmt: skip
    older = {
        "ticket_id": "1", "issue_type": "Pothole", "ticket_status": "Closed", "issue_description": "Ada Lovelace", "council_district": "B",
        "ticket_created_date_time": "03/16/2015 08:00:00 AM", "ticket_closed_date_time": "03/17/2015 08:00:00 AM",
    }  # fmt: skip
    old = mapped(tmp_path, "neworleans_311_older", [older])
    assert shown(old, "request_type", "status", *TIMES) == [("Pothole", "closed", "2015-03-16 13:00", None, "2015-03-17 13:00", True)]
    assert "Lovelace" not in old.cases.to_csv()
    blight = {
        "case_number": "15-1",
        "received_date": "2015-03-16",
        "inspection_date": "2015-03-20",
        "stage": "Hearing",
        "hearing_date": "2015-05-01",
        "resolution_date": "",
    }
    cases = mapped(
        tmp_path,
        "neworleans_blightstatus",
        [blight, blight | {"case_number": "15-2", "stage": "Resolution", "resolution_date": "2015-06-01"}],
    )
    assert shown(cases, "status", *TIMES, "inspected_at") == [
        ("in_progress", "2015-03-16 05:00", None, None, True, "2015-03-20 05:00"), ("closed", "2015-03-16 05:00", None, "2015-06-01 05:00", True, "2015-03-20 05:00"),
    ]  # fmt: skip
    assert nothing_unmapped(made) and nothing_unmapped(old) and nothing_unmapped(cases)


def test_fixmystreets_export_tells_fixed_from_closed_for_another_reason(tmp_path: Path) -> None:
    """Opened when confirmed; ended when fixed, or when closed without a fix; of the person nothing."""
    row = {
        "Report ID": "1", "Title": "Hole", "Detail": "Ada Lovelace", "User Name": "Ada Lovelace", "Query": "SW1A 1AA", "Category": "Roads", "Subcategory": "Pothole",
        "Created": "2026-03-16T07:00:00", "Confirmed": "2026-03-16T08:00:00", "Acknowledged": "2026-03-17T08:00:00", "Fixed": "2026-03-18T08:00:00", "Closed": "",
        "Status": "fixed - council", "Latitude": "51.5", "Longitude": "-0.1", "Ward": "West", "Device Type": "iOS", "Report URL": "https://example.org/report/1",
    }  # fmt: skip
    rows = [
        row, row | {"Report ID": "2", "Status": "not responsible", "Fixed": "", "Closed": "2026-03-19T08:00:00", "Device Type": "website"},
        row | {"Report ID": "3", "Status": "in progress", "Fixed": "", "Subcategory": ""}, row | {"Report ID": "4", "Status": "duplicate", "Fixed": ""},
    ]  # fmt: skip
    made = mapped(tmp_path, "fixmystreet_csv", rows)
    assert shown(made, *WORDS) == [
        ("closed", "app", "resolved", "service"), ("closed", "web", "referred", "service"), ("in_progress", "app", None, "service"),
        ("closed", "app", "duplicate", "duplicate"),
    ]  # fmt: skip
    assert shown(made, "opened_at", "acknowledged_at", "closed_at", "has_valid_interval") == [
        ("2026-03-16 12:00", "2026-03-17 12:00", "2026-03-18 12:00", True), ("2026-03-16 12:00", "2026-03-17 12:00", "2026-03-19 12:00", True),
        ("2026-03-16 12:00", "2026-03-17 12:00", None, True), ("2026-03-16 12:00", "2026-03-17 12:00", "2026-03-16 12:00", False),
    ]  # fmt: skip
    assert shown(made, "request_type") == [("Pothole",), ("Pothole",), ("Roads",), ("Pothole",)]
    assert nothing_unmapped(made)
    assert not any(word in made.cases.to_csv() for word in ("Lovelace", "SW1A", "Hole"))


def test_every_preset_is_read_here_or_elsewhere() -> None:
    names = {path.stem for path in PRESETS.glob("*.toml") if not path.stem.endswith("_sla")}
    tested = Path(__file__).read_text("utf-8")
    assert [name for name in sorted(names - OTHERS) if f'"{name}"' not in tested] == []
    assert names >= OTHERS
    for name in names:
        load_mapping(PRESETS / f"{name}.toml")


@pytest.mark.parametrize("wrong", ["due_at", "Fixed"])
def test_a_second_column_needs_a_first(tmp_path: Path, wrong: str) -> None:
    town = Town(tmp_path).files(mapping=f'[otherwise]\n{wrong} = "x"\n[columns]\nsource_id = "id"\nopened_at = "opened"\n')
    with pytest.raises(ValueError, match=f"'{wrong}' has no column that could be empty"):
        open_source(town.city().sources[0], town.city())
