"""A load needs memory for a batch, not for a city. `make bench` measures the five million cases this is for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT
from tests.support.crm import MAPPING, Crm
from tests.support.towns import HEADER, Town

# Not `ru_maxrss`: a new process inherits that from the one that starts it, and a test run is large.
PEAK = """
def peak():
    return next(int(line.split()[1]) / 1000 for line in open("/proc/self/status") if line.startswith("VmHWM"))
"""
READ = """
import json, sys
from pathlib import Path
from data_access.sources import open_source
from tests.support.towns import Town
folder, url, mapping = sys.argv[1:]
city = Town(Path(folder)).database(url, mapping).city()
rows = sum(len(batch.frame) for batch in open_source(city.sources[0], city).batches(None))
print(json.dumps([rows, peak()]))
"""
LOAD = """
import json, sys
from pathlib import Path
from tests.support.towns import Town
report = Town(Path(sys.argv[1])).files().load()
print(json.dumps([report.rows_new, peak()]))
"""
NUMBERS = {"postgresql": "SELECT n FROM generate_series(10, {}) s(n)", "mysql": "SELECT seq AS n FROM seq_10_to_{}"}
CASE = "1000 + n, 'Pothole', 'Streets', 'Phone', 'Open', '2026-03-16 08:00:00', '2026-03-20 08:00:00', '2026-03-16 12:00:00'"
FIELDS = "number, type, department, channel, status, opened_at, due_at, updated_at"


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which only Linux has")


def in_child(program: str, *arguments: str) -> tuple[int, float]:
    """(rows, peak memory in MB) of a program in a process of its own."""
    done = subprocess.run([sys.executable, "-c", PEAK + program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    rows, peak = json.loads(done.stdout)
    return rows, peak


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_three_times_the_rows_of_a_database_need_no_more_memory(server: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """100,000 rows, which are two batches, and 300,000: drivers that fetch everything at once take 80 MB more for the second."""
    url = request.getfixturevalue(server)
    crm, peaks = Crm(url), []
    crm.run("DELETE FROM service_requests")
    for first, last in ((10, 100_009), (100_010, 300_009)):
        numbers = NUMBERS[crm.engine.dialect.name].format(last)
        crm.run(f"INSERT INTO service_requests (id, {FIELDS}) SELECT n, {CASE} FROM ({numbers}) q WHERE n >= {first}")
        rows, peak = in_child(READ, str(tmp_path), url, MAPPING)
        assert rows == last - 9
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 50, peaks


def test_a_load_of_150_000_cases_stays_below_a_gigabyte(tmp_path: Path) -> None:
    """Python and its libraries take about 300 MB of it, the mart's engine takes what it is allowed."""
    town = Town(tmp_path).files()
    with open(town.folder / "cases.csv", "w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"{n},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,2026-03-20 08:00:00,\n" for n in range(150_000))
    rows, peak = in_child(LOAD, str(tmp_path))
    assert rows == 150_000
    assert peak < 1_000
