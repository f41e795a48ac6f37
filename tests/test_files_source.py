"""A city's exports, read as they are delivered: plain or packed, one file or many, with what exports have wrong."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.towns import HEADER, MAPPING, Town

POTHOLE = "1,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,2026-03-20 08:00:00,"
TREE = "2,Tree,Parks,Web,Closed,2026-03-16 09:00:00,2026-03-20 09:00:00,2026-03-17 10:00:00"
TEXT = f"{HEADER}\n{POTHOLE}\n{TREE}\n"


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = Town(tmp_path_factory.mktemp("town")).files()
    made.write("cases.csv", POTHOLE, TREE)
    made.load()
    return made


@pytest.fixture
def town(first_load: Town, tmp_path: Path) -> Town:
    """A town that has loaded cases.csv, with two cases."""
    return first_load.copy(tmp_path)


def reading(folder: Path, path: str, mapping: str = MAPPING) -> Town:
    return Town(folder).files(path, mapping)


def both(town: Town) -> bool:
    """Whether the mart holds exactly the two cases, whole."""
    cases = town.cases()
    return (
        sorted(cases) == ["1", "2"]
        and (cases["1"]["request_type"], cases["1"]["status"], cases["1"]["opened_at"]) == ("Pothole", "open", datetime(2026, 3, 16, 12))
        and (cases["2"]["request_type"], cases["2"]["department"], cases["2"]["closed_at"]) == ("Tree", "Parks", datetime(2026, 3, 17, 14))
    )


def as_parquet(path: Path, frame: pd.DataFrame) -> None:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)


# Forms


@pytest.mark.parametrize(
    ("name", "content", "mapping"),
    [
        ("cases.csv", TEXT.encode(), ""),
        ("cases.csv", b"\xef\xbb\xbf" + TEXT.encode(), ""),
        ("cases.csv", TEXT.replace("\n", "\r\n").encode(), ""),
        ("cases.csv", ("\n" + TEXT.replace(f"{POTHOLE}\n", f"{POTHOLE}\n\n\n")).rstrip().encode(), ""),
        ("cases.csv.gz", gzip.compress(TEXT.encode()), ""),
        ("CASES.CSV.GZ", gzip.compress(TEXT.encode()), ""),
        ("cases.csv.gz", gzip.compress(f"{HEADER}\n{POTHOLE}\n".encode()) + gzip.compress(f"{TREE}\n".encode()), ""),
        ("cases.txt", TEXT.replace(",", ";").encode(), '[read]\ndelimiter = ";"\n'),
        ("cases.tsv", TEXT.replace(",", "\t").encode(), '[read]\ndelimiter = "\\t"\n'),
        ("cases.csv", TEXT.encode("utf-16"), '[read]\nencoding = "utf-16"\n'),
        ("cases.csv", TEXT.encode("cp1252"), '[read]\nencoding = "cp1252"\n'),
    ],
    ids=["plain", "BOM", "CRLF", "blank lines", "gzip", "capitals", "two gzip members", "semicolon", "tab", "UTF-16", "Windows"],
)  # fmt: skip
def test_a_file_is_read_in_whatever_form_it_comes(tmp_path: Path, name: str, content: bytes, mapping: str) -> None:
    (tmp_path / name).write_bytes(content)
    town = reading(tmp_path, name, mapping + MAPPING)
    assert town.load().rows_new == 2
    assert both(town)


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    """Times with and without zone, whole numbers with gaps, words kept as a dictionary: the same two cases."""
    as_parquet(tmp_path / "cases.parquet", pd.DataFrame({
        "id": pd.array([1, 2], "Int64"), "type": pd.Categorical(["Pothole", "Tree"]), "department": ["Streets", "Parks"],
        "channel": pd.Categorical(["Phone", "  "]), "status": ["Open", "Closed"],
        "opened": pd.to_datetime(["2026-03-16 08:00", "2026-03-16 09:00"]),
        "due": pd.to_datetime(["2026-03-20 12:00", "2026-03-20 13:00"], utc=True),
        "closed": pd.to_datetime([None, "2026-03-17 10:00"]), "parent": pd.array([None, 1], "Int64"),
    }))  # fmt: skip
    town = reading(tmp_path, "cases.parquet", MAPPING.replace("[columns]", '[columns]\nparent_source_id = "parent"'))
    assert town.load().rows_new == 2
    assert both(town)
    cases = town.cases()
    assert (cases["1"]["due_at"], cases["2"]["parent_source_id"]) == (datetime(2026, 3, 20, 12), "1")
    assert (cases["2"]["channel"], cases["2"]["channel_raw"]) == ("unknown", None)


def test_a_parquet_number_of_nineteen_digits_stays_exact_beside_a_gap(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": pd.array([9_007_199_254_740_993, None], "Int64"), "opened": ["2026-03-16"] * 2, "status": ["Open"] * 2})
    as_parquet(tmp_path / "cases.parquet", frame)
    town = reading(
        tmp_path, "cases.parquet", '[columns]\nsource_id = "id"\nopened_at = "opened"\nstatus = "status"\n[status]\nOpen = "open"\n'
    )
    assert (town.load().rows_quarantined, list(town.cases())) == (1, ["9007199254740993"])


@pytest.mark.parametrize("path", ["export", "export/*.csv*", "exp*/cases-202?.*", "**/cases-*", "{}/export"])
def test_a_folder_or_a_pattern_names_many_files(tmp_path: Path, path: str) -> None:
    """Two years of cases in two files, and a note that is none of them."""
    town = reading(tmp_path, path.format(tmp_path))
    town.write("export/cases-2025.csv", POTHOLE)
    (tmp_path / "export" / "cases-2026.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{TREE}\n".encode()))
    (tmp_path / "export" / "README.txt").write_text("Not a case.")
    assert town.load().rows_read == 2
    assert both(town)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    town = reading(tmp_path, "cases [2026].csv")
    town.write("cases [2026].csv", POTHOLE, TREE)
    assert town.load().rows_new == 2


def test_a_text_may_have_commas_quotes_and_lines_of_its_own(tmp_path: Path) -> None:
    town = reading(tmp_path, "cases.csv")
    town.write("cases.csv", POTHOLE.replace("Pothole", '"Pothole, ""deep""\nand wide"'), TREE.replace("Tree", 'Tree 12" thick'))
    town.load()
    assert town.cases()["1"]["request_type"] == 'Pothole, "deep"\nand wide'
    assert town.cases()["2"]["request_type"] == 'Tree 12" thick'


# Many files, one city


def test_the_same_case_in_several_files_is_one_case_and_the_last_update_wins(tmp_path: Path) -> None:
    """The old file knows case 1 open, the new one closed, and both know case 2: five rows, two cases."""
    mapping = MAPPING.replace("[columns]", '[columns]\nsource_updated_at = "updated"')
    town = reading(tmp_path, "export", mapping)
    header = HEADER + ",updated"
    closed = POTHOLE.replace("Open", "Closed") + "2026-03-18 08:00:00"
    town.write("export/a.csv", f"{closed},2026-03-18 09:00:00", f"{TREE},2026-03-17 10:00:00", header=header)
    town.write(
        "export/b.csv", f"{POTHOLE},2026-03-16 08:00:00", f"{TREE},2026-03-17 10:00:00", f"{TREE},2026-03-17 11:00:00", header=header
    )
    report = town.load()
    assert (report.rows_read, report.rows_new, report.rows_changed, report.rows_unchanged) == (5, 2, 1, 2)
    assert (town.cases()["1"]["status"], len(town.cases())) == ("closed", 2)


def test_without_an_update_time_the_later_file_wins(tmp_path: Path) -> None:
    town = reading(tmp_path, "export")
    town.write("export/2025.csv", POTHOLE)
    town.write("export/2026.csv", POTHOLE.replace("Pothole", "Sinkhole"))
    town.load()
    assert town.cases()["1"]["request_type"] == "Sinkhole"


def test_a_column_renamed_between_years_is_found_by_its_other_name_and_reported(tmp_path: Path) -> None:
    mapping = MAPPING.replace('due_at = "due"', 'due_at = ["due", "target"]')
    town = reading(tmp_path, "export", mapping)
    town.write("export/2025.csv", POTHOLE)
    town.write("export/2026.csv", TREE + ",x", header=HEADER.replace("due", "target") + ",extra")
    report = town.load()
    assert both(town)
    assert town.cases()["2"]["due_at"] == datetime(2026, 3, 20, 13)
    assert report.drift == [
        "2026.csv has other columns than 2025.csv: +extra, +target, -due",
        "due_at comes from 'target', there is no 'due'",
    ]
    assert ("schema_drift", "columns", report.drift[0], 0) in town.findings()


def test_a_column_may_be_absent_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    town = reading(tmp_path, "export")
    town.write("export/2025.csv", POTHOLE)
    town.write("export/2026.csv", "2,Tree,Parks,Web,Closed,2026-03-16 09:00:00,2026-03-17 10:00:00", header=HEADER.replace(",due", ""))
    assert "column 'due' (for due_at) is missing" in town.refused()
    (tmp_path / "export.toml").write_text('[read]\noptional = ["due_at"]\n' + MAPPING)
    assert "due_at has no column (due)" in town.load().drift
    assert town.cases()["2"]["due_at"] is None


def test_a_case_that_left_the_files_leaves_the_mart(town: Town) -> None:
    town.write("cases.csv", POTHOLE)
    report = town.load()
    assert (report.rows_read, report.rows_unchanged, report.rows_deleted) == (1, 1, 1)
    assert list(town.cases()) == ["1"]


def test_loading_the_same_files_again_changes_nothing(town: Town) -> None:
    report = town.load()
    assert (report.rows_read, report.rows_unchanged, report.generation, town.generation()) == (2, 2, None, 1)


# What exports have wrong


def test_broken_lines_go_to_quarantine_and_nothing_of_them_is_kept(town: Town) -> None:
    """Two lines have too few or too many columns; what stands in them could be anything, also a name."""
    town.write("cases.csv", POTHOLE, "3,Ada Lovelace", TREE, f"{TREE},Ada Lovelace")
    report = town.load()
    assert (report.rows_read, report.rows_unchanged, report.rows_quarantined) == (4, 2, 2)
    assert report.generation is None
    town.load(full=True)
    assert town.quarantine() == [(None, "A line has 2 columns instead of 8."), (None, "A line has 9 columns instead of 8.")]
    assert both(town)
    assert town.says("lovelace") == []


def test_rows_that_come_refused_again_stand_in_quarantine_once_and_mended_ones_no_more(town: Town) -> None:
    town.write("cases.csv", POTHOLE, TREE, "3,Tree,Parks,Web,Open,16 March,,", "9,Tree")
    town.load()
    town.write("cases.csv", POTHOLE, TREE, "3,Tree,Parks,Web,Open,2026-03-16 10:00:00,,", "9,Tree", "9,Tree")
    assert town.load().rows_quarantined == 2
    assert [reason for _, reason in town.quarantine()] == ["A line has 2 columns instead of 8."] * 2
    assert sorted(town.cases()) == ["1", "2", "3"]


def good_then(town: Town, name: str, content: bytes) -> str:
    """The line of a load of `content` after the good one; the good data is still there."""
    (town.folder / name).write_bytes(content)
    town.sources[0]["path"] = name
    line = town.refused()
    assert both(town)
    return line


MANY = f"{HEADER}\n" + "".join(f"{n},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,\n" for n in range(20_000))
"""About a megabyte: more than a reader looks at first."""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cases.csv", TEXT.replace("Tree", "Árbol").encode("latin-1"), "cases.csv: it is not 'utf-8' text; set the file's encoding in [read]"),
        ("cases.csv", (MANY + "20001,Árbol,Streets,Phone,Open,2026-03-16 08:00:00,,\n").encode("latin-1"), "it is not 'utf-8' text"),
        ("cases.csv", TEXT.encode("utf-16"), "it is not 'utf-8' text"),
        ("cases.csv.gz", gzip.compress(MANY.encode())[:-2_000], "cases.csv.gz: it cannot be read (Truncated compressed stream); deliver it again"),
        ("cases.csv.gz", gzip.compress(MANY.encode())[:-4], "cases.csv.gz: it cannot be read"),
        ("cases.csv.gz", TEXT.encode(), "cases.csv.gz: it cannot be read (Not a gzipped file"),
        ("cases.csv", b"", "cases.csv: it is empty; deliver it again"),
        ("cases.csv", f"{HEADER}\n".encode(), "source 'export' has no rows; an empty table is not loaded over good data"),
        ("cases.csv", TEXT.replace(",", ";").encode(), "column 'id' (for source_id) is missing"),
        ("cases.csv", f"Exported on 17 March\n{TEXT}".encode(), "column 'id' (for source_id) is missing; there are 'Exported on 17 March'"),
        ("cases.csv", MANY.replace("15000,Pothole", '15000,"Pothole').encode(), "a quotation mark is opened and not closed, which swallows 4,999 lines"),
        ("cases.parquet", b"PAR1 no parquet at all", "cases.parquet: it cannot be read"),
        ("cases.csv", MANY.replace("2026-03-16 08", "16 March 08").encode(), "20,000 of 20,000 rows are refused, most because: The opening time cannot be read."),
        ("cases.csv", MANY.replace(",Open,", ",In arbeit,").encode(), "status 'In arbeit' is not mapped and 20,000 of 20,000 rows"),
    ],
    ids=["encoding", "encoding late", "UTF-16", "truncated", "no end mark", "no gzip", "empty", "header only", "delimiter", "title line",
         "open quote", "no parquet", "time format", "status"],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_is_one_line_and_the_last_good_data_stays(town: Town, name: str, content: bytes, said: str) -> None:
    assert said in good_then(town, name, content)


def test_a_file_that_is_not_there_is_one_line(town: Town) -> None:
    for path in ("elsewhere.csv", "elsewhere", "elsewhere/*.csv", "."):
        (town.folder / "cases.csv").unlink(missing_ok=True)
        town.sources[0]["path"] = path
        assert "no file at" in town.refused()
    assert both(town)


def test_an_unknown_encoding_is_named(town: Town) -> None:
    (town.folder / "export.toml").write_text('[read]\nencoding = "utf-9"\n' + MAPPING)
    assert "encoding 'utf-9' is not known; mend it in [read] of export.toml" in town.refused()


def test_one_bad_file_among_good_ones_stops_the_load(tmp_path: Path) -> None:
    """Half a year would look like a quiet year."""
    town = reading(tmp_path, "export")
    town.write("export/2025.csv", POTHOLE)
    town.write("export/2026.csv", TREE)
    town.load()
    (tmp_path / "export" / "2026.csv").write_bytes(b"\xff\xfe\x00")
    assert "2026.csv" in town.refused()
    assert both(town)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (MAPPING.replace('opened_at = "opened"', 'opend_at = "opened"'), "'opend_at' is not a field of a case; did you mean 'opened_at'?"),
        (MAPPING.replace('opened_at = "opened"\n', ""), "'opened_at' has no column; add it"),
        (MAPPING.replace('source_id = "id"\n', ""), "'source_id' has no column; add it"),
        ('[read]\nid_from = ["address"]\n' + MAPPING, "'address' has no column; add it"),
        ('[read]\noptional = ["opened_at"]\n' + MAPPING, "'opened_at' cannot be optional"),
        ('[time]\nzone = "America/New_Yrok"\n' + MAPPING, "it is no time zone"),
        ('[time]\nformats = ["%Q"]\n' + MAPPING, "bad directive"),
        ('[time]\nformat = ["%Y"]\n' + MAPPING, "did you mean 'formats'?"),
        (MAPPING + '[[outcome_pattern]]\npattern = "("\noutcome = "resolved"\nlabel = "x"\n', "it is no regular expression"),
        (MAPPING.replace('"Open" = "open"', '"Open" = "opn"'), "'opn' is not a status; it may be"),
        (MAPPING + '[events.columns]\nsource_id = "id"\n[events.kinds]\n', "'event_at' has no column; add it"),
        ('[read]\nentity = "measures"\n[columns]\nmeasure = "m"\n', "'department' has no column; add it"),
    ],
)
def test_a_mapping_with_a_mistake_names_it_and_the_file(town: Town, mapping: str, said: str) -> None:
    (town.folder / "export.toml").write_text(mapping)
    line = town.refused()
    assert said in line
    assert "export.toml" in line
    assert both(town)
