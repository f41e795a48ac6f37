"""`python -m benchmarks.attack [quick | FIGURE...]`: a resident asks the portal for everything, and tries to work out what it hides.

The data is that of STATROOM_DATA and STATROOM_CITY. All figures, split and filtered in all ways there are, are asked of the API, the
numbers of sensitive services are taken as files, from the API and from the charts of their page, and files and pages are searched for places and for names of services that
are not published. What is told is put together; then hidden numbers are sought: told elsewhere, by subtraction, and by linear
programming over all sums. It prints how much was asked, how much is hidden and how much was found out, and exits with 1 if anything was.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
from flask.testing import FlaskClient

from data_access.mart.reading import Mart, open_mart
from data_access.released import attack
from data_access.released.bounds import Contradiction
from data_access.released.trees import Cell
from settings import Settings, read_settings

QUICK = ("opened",)
"""Figures asked for by a quick attack, of the latest quarter only."""
PATIENCE = 120
"""Seconds that a resident waits for a file that is being made."""
PLACE = re.compile(r"\b(latitude|longitude|address|location_key)\b")
PAGES = ("/", "/services", "/areas", "/promises", "/data", "/definitions", "/data-health", "/what-we-publish")


class Resident:
    """Asks, and remembers what was told of every cell."""

    def __init__(self, client: FlaskClient, mart: Mart) -> None:
        self.client, self.mart = client, mart
        self.asked = Counter[str]()
        self.told: dict[tuple[str, Cell], set[int]] = {}
        """(figure, cell) -> the numbers of cases that were told of it."""
        self.kept: set[tuple[str, Cell]] = set()
        """Those that some answer withheld."""
        self.places: list[str] = []
        self.layers = [layer.slug for layer in sorted(mart.dimensions.area_layers, key=lambda each: each.id) if layer.id > 0]

    def ask(self, address: str) -> str | None:
        """The answer as text; None if it was refused."""
        answer = self.client.get(address)
        self.asked["asked"] += 1
        for _ in range(PATIENCE):
            # Files of the latest data are made aside; a resident comes back.
            if answer.status_code != 503:
                break
            time.sleep(1)
            answer = self.client.get(address)
        if answer.status_code != 200:
            assert answer.status_code < 500, (address, answer.status_code)
            self.asked["refused"] += 1
            return None
        text = answer.get_data().decode("utf-8", "replace")
        if PLACE.search(text.split("\n", 1)[0] if address.partition("?")[0].endswith(".csv") else ""):
            self.places.append(address)
        return text

    def figure(self, metric: str, query: str, fixed: dict[str, str]) -> None:
        """Ask the API for one figure and remember its cells."""
        text = self.ask(f"/api/v1/metrics/{metric}?{query}")
        if text is None:
            return
        answer = json.loads(text)
        names = answer["by"].split(",") if answer["by"] else []
        for row in answer["rows"]:
            said = {**fixed, **{name: row[key] for name, key in zip(names, ("key", "key_2"), strict=False)}}
            period = str(row.get("period") or answer["filters"].get("during") or answer["filters"].get("from"))[:10]
            cell = (
                f"{period[:4]}-Q{(int(period[5:7]) + 2) // 3}" if "Q" not in period else period,
                self._area(said),
                said.get("request_type", ""),
                "",
            )
            if row["suppressed"]:
                self.kept.add((metric, cell))
            elif row["n"]:
                self.told.setdefault((metric, cell), set()).add(row["n"])

    def _area(self, said: dict[str, str]) -> str:
        """The path of the area that is asked about, as the portal's own list of areas tells it."""
        layer = next((name for name in reversed(self.layers) if name in said), None)
        if layer is None:
            return ""
        member = self.mart.dimensions.areas(layer).by_slug.get(said[layer])
        above = None if member is None else member.extra.get("parent_slug")
        # Cases in no area of a smaller layer lie in any area of a larger one, and are a part of none.
        return f"{above}/{said[layer]}" if above else said[layer] if layer == self.layers[0] else f"?/{said[layer]}"

    def found_out(self) -> dict[str, list[Any]]:
        """Hidden cells whose number is known: told by another answer, or following from all answers together."""
        elsewhere = sorted(str(cell) for cell in self.kept & self.told.keys())
        twofold = sorted(str(cell) for cell, numbers in self.told.items() if len(numbers) > 1)
        solved: list[str] = []
        for metric, period in sorted({(metric, cell[0]) for metric, cell in {*self.kept, *self.told}}):
            published: dict[Cell, int | None] = {c: min(n) for (m, c), n in self.told.items() if m == metric and c[0] == period}
            published |= {c: None for m, c in self.kept if m == metric and c[0] == period}
            try:
                solved += [f"{metric} {cell}" for cell in attack.recovered(_with_rest(published))]
            except Contradiction:
                # A figure whose cases are counted for several groups at once: its numbers are no sums.
                self.asked["not sums"] += 1
        return {"told elsewhere": elsewhere, "told twice": twofold, "solved": solved}


def _with_rest(published: dict[Cell, int | None]) -> dict[Cell, int | None]:
    """`published` with what sums leave over, told or not: cases whose area or service is in no list."""
    made = dict(published)
    for total, parts in attack.lines_of(published):
        if all(made[cell] is not None for cell in (total, *parts)):
            rest = made[total] - sum(made[part] or 0 for part in parts)  # type: ignore[operator]
            if rest > 0:
                at = next(at for at in range(4) if parts[0][at] != total[at])
                name = f"{total[at]}/-" if total[at] else "-"
                made[tuple(name if each == at else value for each, value in enumerate(total))] = rest  # type: ignore[index]
    return made


def ask_everything(resident: Resident, quick: bool, chosen_figures: tuple[str, ...] = ()) -> None:
    """Every figure (or those chosen), by everything, filtered by everything."""
    text = resident.ask("/api/v1/metrics") or "{}"
    figures = [row["id"] for row in json.loads(text).get("metrics", [])] or ["opened"]
    services = [member.slug for member in resident.mart.dimensions.request_types]
    areas = [(layer, member.slug) for layer in resident.layers for member in resident.mart.dimensions.areas(layer)]
    filters: list[dict[str, str]] = [{}, *({"request_type": slug} for slug in services), *({layer: slug} for layer, slug in areas)]
    if quick:
        filters = filters[:4]
    for metric in QUICK if quick else chosen_figures or figures:
        for by in ["", "request_type", *resident.layers, *(f"request_type,{layer}" for layer in resident.layers)]:
            for chosen in filters:
                # A filter with a split by the same thing is refused or says the same.
                for period in ("",) if quick else ("", f"&period=quarter&{_years(resident.mart)}"):
                    query = "&".join([*(f"{name}={value}" for name, value in chosen.items()), *([f"by={by}"] if by else [])])
                    resident.figure(metric, query + period, chosen)
    if not quick:
        for service, (layer, area) in ((s, a) for s in services for a in areas):
            resident.figure("opened", f"request_type={service}&{layer}={area}", {"request_type": service, layer: area})


def _years(mart: Mart) -> str:
    end = mart.as_of.date().replace(day=1)
    end = end.replace(month=3 * ((end.month - 1) // 3) + 1)
    return f"from={end.replace(year=end.year - 2)}&to={end}"


def ask_for_tables(resident: Resident) -> dict[str, Any]:
    """Take the numbers of sensitive services in every way there is, put them together, and solve each year.

    They are offered as files, by the API and in the charts of a page. What one of them hides no other may tell.
    """
    file = resident.ask("/data/sensitive-services.csv")
    rows = _rows(file or "")
    releases = {row["release"] for row in rows}
    sources = [list(_taken(rows)), list(_taken(json.loads(resident.ask("/api/v1/released") or "{}").get("rows", [])))]
    sources += [list(_taken(_rows(resident.ask(f"/api/v1/released.csv?release={release}") or ""))) for release in sorted(releases)]
    paths = (
        {cell[2].rpartition("/")[2]: cell[2] for cell, _n in sources[0]},
        {cell[1].rpartition("/")[2]: cell[1] for cell, _n in sources[0]},
    )
    for year in range(resident.mart.as_of.year - 6, resident.mart.as_of.year + 1):
        for period in (str(year), *(f"{year}-Q{quarter}" for quarter in range(1, 5))):
            sources.append(
                [((when, paths[1].get(a, a), paths[0].get(s, s), state), n) for (when, a, s, state), n in _tables(resident, period)]
            )
    return {"taken": len(sources[0]), **_put_together([told for source in sources for told in source])}


def _put_together(told: list[tuple[Cell, int | None]]) -> dict[str, Any]:
    """What all sources together tell: cells, hidden ones, those that one hides and another tells, and those that follow."""
    hidden = {cell for cell, n in told if n is None}
    numbers: dict[Cell, set[int]] = {}
    for cell, n in told:
        if n:
            numbers.setdefault(cell, set()).add(n)
    years: dict[str, dict[Cell, int | None]] = {}
    for cell in hidden | numbers.keys():
        years.setdefault(cell[0][:4], {})[cell] = None if cell in hidden else min(numbers[cell])
    return {
        "cells": len(hidden | numbers.keys()), "hidden": len(hidden), "told_elsewhere": len(hidden & numbers.keys()),
        "told_twice": sum(len(each) > 1 for each in numbers.values()),
        "solved": sum(len(attack.recovered(_with_rest(published))) for published in years.values()),
    }  # fmt: skip


def _taken(rows: list[dict[str, Any]]) -> Iterator[tuple[Cell, int | None]]:
    """The cells of a file or an answer of the API, where they lie in their trees."""
    rows = [{name: "" if value is None or value != value else value for name, value in row.items()} for row in rows]
    above = {row["area"]: row["within"] for row in rows}

    def path(area: str) -> str:
        return f"{path(above[area])}/{area}" if above.get(area) else area

    for row in rows:
        service = "/".join(part for part in (row["group"], row["service"]) if part)
        yield (str(row["period"]), path(str(row["area"])), service, row["deadline"]), None if row["hidden"] else int(row["cases"])


def _tables(resident: Resident, period: str) -> Iterator[tuple[Cell, int | None]]:
    services = resident.ask(f"/charts/sensitive-services.csv?release={period}")
    areas = resident.ask(f"/charts/sensitive-areas.csv?release={period}")
    if services is None or areas is None:
        return
    for row in _rows(services):
        for state, name, mark in (("", "opened", "opened_hidden"), ("due", "due", "on_time_hidden"), ("met", "met", "on_time_hidden")):
            if row[mark] or (row[name] == row[name] and row[name]):
                yield (period, "", row["request_type"], state), None if row[mark] else int(row[name])
    for row in _rows(areas):
        yield (period, str(row["area"]), row["request_type"], ""), None if row["opened_hidden"] else int(row["opened"])


def _rows(text: str) -> list[dict[str, Any]]:
    return pd.read_csv(io.StringIO(text)).to_dict("records") if text.strip() else []


TAKEN = ("/api/v1/cases.geojson?limit=2000", "/open311/v2/services.json", "/open311/v2/requests.json", "/data/datapackage.json")
"""What other programs take, in the forms that they take it."""


def search(resident: Resident, staff: Mart, quick: bool) -> list[str]:
    """Pages and files that name a withheld service, or hold a place."""
    withheld = [kind.name for kind in staff.dimensions.request_types if kind.extra.get("release_class") == "C"]
    found = []
    # The files take long to make the first time.
    files = [] if quick else [f"/data/{name}" for name in re.findall(r'href="/data/([^"]+)"', resident.ask("/data") or "")]
    for address in (
        *PAGES,
        *files,
        "/api/v1/metrics.csv",
        "/api/v1/cases.csv",
        *TAKEN,
        "/sitemap.xml",
        "/_dash-layout",
        "/_dash-dependencies",
    ):
        text = resident.ask(address) or ""
        found += [f"{address}: {name}" for name in withheld if name in text]
    return found


def resident_of(settings: Settings) -> Resident:
    """A resident before the portal over `settings`, in this process."""
    from app import create_app

    public = dataclasses.replace(settings, audience="public", api_rate="1000000 per second")
    return Resident(create_app(public).test_client(), open_mart(public))


def main(words: list[str]) -> int:
    """Attack, print, and answer the exit code."""
    quick = words == ["quick"]
    settings = read_settings()
    resident = resident_of(settings)
    ask_everything(resident, quick, () if quick else tuple(words))
    told = resident.found_out()
    tables = ask_for_tables(resident)
    named = search(resident, open_mart(dataclasses.replace(settings, audience="staff")), quick)
    cells = len({*resident.told, *resident.kept})
    lost = (
        sum(map(len, told.values()))
        + sum(tables[name] for name in ("told_elsewhere", "told_twice", "solved"))
        + len(named)
        + len(resident.places)
    )
    made = {
        "asked": resident.asked["asked"], "refused": resident.asked["refused"], "not_sums": resident.asked["not sums"], "figures": cells, "figures_hidden": len(resident.kept), **{k: v[:5] for k, v in told.items()},
        "tables": tables, "withheld_names": named[:5], "places": resident.places[:5], "found_out": lost,
    }  # fmt: skip
    print(json.dumps(made, indent=1))
    return 1 if lost else 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # Threads that make files aside may still run, and an engine that is taken down under them ends in an abort.
    os._exit(code)
