"""The packet's page and its files: what is shown to whom, what is written and refused, and that every form holds the same."""

from __future__ import annotations

import ast
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from pptx import Presentation
from sqlalchemy import text

import cli
from cli.packet import announce_next
from components import packet_charts, packet_files, packet_pdf, packets
from components.packet_view import Line, View
from data_access.store import meetings
from data_access.store import packets as kept
from data_access.store.acting import Acting
from data_access.store.engine import open_store, prepared
from data_access.store.packets import WHOLE
from metrics.desk import Desk
from settings import ROOT, Settings, read_settings, utc_now
from tests.support.demo import AS_OF
from tests.support.looking import watched
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post

DEPARTMENTS = ["public-works", "transportation"]
SITE = "https://stat.example"
TABLES = ("packet_text", "packet_part", "packet", "meeting", "meeting_series")


@pytest.fixture(scope="module")
def store(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    engine = open_store(demo_settings)
    yield engine
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


@pytest.fixture(scope="module")
def desk(demo_settings: Settings) -> Desk:
    return Desk(demo_settings, lambda: MAYOR)


@pytest.fixture(scope="module")
def drafted(store: Any, desk: Desk) -> dict[str, int]:
    """A meeting's packet, and that of one of its departments, by department."""
    acting = Acting(MAYOR, store, utc_now().replace(tzinfo=None))
    meetings.plan_series(
        acting, name="Streets", departments=DEPARTMENTS, first_on=AS_OF + timedelta(days=2), starts_at="09:00", minutes=60, every_weeks=2
    )
    meetings.materialise(store, AS_OF)
    met = next(one for one in meetings.schedule(store, None, AS_OF, AS_OF + timedelta(days=7)) if one.series.name == "Streets")
    return {name: packets.draft_packet(desk, acting, met.id, name) for name in (WHOLE, "public-works")}


@pytest.fixture(scope="module")
def view(drafted: dict[str, int], desk: Desk) -> View:
    return packet_files.view_of(desk, drafted[WHOLE])


@pytest.fixture
def client(staff_app: Flask) -> FlaskClient:
    made = staff_app.test_client()
    made.get("/")
    return made


def called(client: FlaskClient, name: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The answer of the callback with `name` in its output."""
    callback = next(found for found in callbacks() if name in found)
    answer = post(client, body(callback, values, **more))
    assert answer.status_code in (200, 204), answer.get_data(as_text=True)[:300]
    return answer.get_json(silent=True) or {}


def shown(client: FlaskClient, number: int) -> str:
    return json.dumps(called(client, "packet-parts", {"question.data": {"packet": str(number)}}), ensure_ascii=False)


def changed(client: FlaskClient, number: int, part: int, act: str, **state: Any) -> dict[str, Any]:
    """What is answered to one button of one part."""
    callback = next(found for found in callbacks() if "packet-done" in found)
    made = body(callback, {"question.data": {"packet": str(number)}, "n_clicks": 1, **{"value": None, "data": None}})
    made["outputs"]["id"] |= {"part": str(part), "act": act}
    for given in (*made["inputs"], *made["state"]):
        if isinstance(given["id"], dict):
            given["id"] |= {"part": str(part), **({"act": act} if "act" in given["id"] else {})}
            kind = given["id"]["type"].removeprefix("packet-")
            given["value"] = given["id"] if given["property"] == "id" else state.get(kind, given["value"])
    answer = client.post("/_dash-update-component", json=made)
    return answer.get_json(silent=True) or {}


def notice(answer: dict[str, Any]) -> str:
    return str(answer.get("sideUpdate", {}).get("notice", {}).get("children", ""))


def part_of(store: Any, number: int, kind: str = "data") -> kept.Part:
    return next(part for part in kept.parts(store, MAYOR, None, number) if part.kind == kind)


def with_names(view: View, names: list[str]) -> View:
    """A packet of one part with these names in its lines and in a chart."""
    part = next(part for part in view.parts if any(chart["kind"] == "bars" for chart in part.charts))
    bars = next(chart for chart in part.charts if chart["kind"] == "bars")
    chart = {**bars, "x": names, "lines": [{"name": names[0], "y": list(range(len(names)))}]}
    lines = tuple(Line(name, "") for name in names)
    return replace(view, parts=(replace(part, heading=names[0], lines=lines, charts=(chart,), questions=(), tables=(), cases=()),))


class TestReading:
    def test_the_page_shows_each_part_with_its_sentences_their_sources_and_charts(
        self, client: FlaskClient, drafted: dict[str, int], view: View
    ) -> None:
        page = shown(client, drafted[WHOLE])
        for part in view.parts:
            assert part.heading in page
            assert all(json.dumps(line.text, ensure_ascii=False)[1:-1] in page and line.source in page for line in part.lines)
            assert all(chart["title"] in page for chart in part.charts)

    @pytest.mark.parametrize(("head", "sees"), [("public-works", ["public-works"]), ("transportation", []), ("parks-and-trees", [])])
    def test_a_head_reads_the_packet_of_the_own_department_alone(
        self, client: FlaskClient, drafted: dict[str, int], head: str, sees: list[str]
    ) -> None:
        """By the page, as a file, and in the list."""
        as_head = look_as(client, f"head-of-{head}")
        listed = json.dumps(called(as_head, "packets-list", {"question.data": {}}))
        for name, number in drafted.items():
            page, file = shown(as_head, number), as_head.get(f"/packet/{number}.html")
            assert ("Promises of last time" in page, file.status_code, f'"/packet/{number}"' in listed) == (
                (True, 200, True) if name in sees else (False, 404, False)
            )
            if name not in sees:
                assert kept.NO_PACKET in page and file.get_data(as_text=True).strip() == kept.NO_PACKET

    def test_who_may_not_write_is_offered_no_field(self, client: FlaskClient, drafted: dict[str, int]) -> None:
        assert "packet-text" in shown(client, drafted[WHOLE])
        assert "packet-text" not in shown(look_as(client, "head-of-public-works"), drafted["public-works"])

    @pytest.mark.parametrize("number", ["0", "999999", "x", "-1", "1e3", "", "٣"])
    def test_a_packet_that_is_none_is_refused_in_words(self, client: FlaskClient, drafted: dict[str, int], number: str) -> None:
        assert kept.NO_PACKET in json.dumps(called(client, "packet-parts", {"question.data": {"packet": number}}))


class TestWriting:
    def test_words_are_saved_and_a_line_that_stays_keeps_its_source(self, client: FlaskClient, store: Any, drafted: dict[str, int]) -> None:
        part = part_of(store, drafted[WHOLE])
        first = part.latest.text.splitlines()[0]
        changed(client, drafted[WHOLE], part.id, "save", text=f"{first}\nThe feed was late on Monday.", seen=0)
        page = shown(client, drafted[WHOLE])
        assert "The feed was late on Monday." in page and "In the words of Mayor's office" in page
        body_of = page[page.index("The feed was late on Monday.") - 1500 : page.index("The feed was late on Monday.") + 60]
        assert "packet-source" in body_of and not body_of.endswith("source")
        changed(client, drafted[WHOLE], part.id, "restore", version="0", seen=1)
        assert part_of(store, drafted[WHOLE]).latest.text == part.latest.text

    def test_whoever_comes_second_is_told_and_nothing_is_drawn_over_what_they_wrote(
        self, client: FlaskClient, store: Any, drafted: dict[str, int]
    ) -> None:
        part = part_of(store, drafted[WHOLE], "equity")
        changed(client, drafted[WHOLE], part.id, "save", text="First.", seen=part.latest.revision)
        answer = changed(client, drafted[WHOLE], part.id, "save", text="Second.", seen=part.latest.revision)
        assert notice(answer) == kept.MEANWHILE
        assert not any("packet-body" in key for key in answer["sideUpdate"])
        assert part_of(store, drafted[WHOLE], "equity").latest.text == "First."
        changed(client, drafted[WHOLE], part.id, "draft", seen=part.latest.revision + 1)
        assert part_of(store, drafted[WHOLE], "equity").latest.text == part.draft

    @pytest.mark.parametrize("act", ["restore", "draft", "out"])
    def test_nothing_is_drawn_over_words_that_are_not_saved_yet(
        self, client: FlaskClient, store: Any, drafted: dict[str, int], act: str
    ) -> None:
        part = part_of(store, drafted[WHOLE], "backlog")
        answer = changed(client, drafted[WHOLE], part.id, act, text="Half a sentence", version="0", seen=part.latest.revision)
        assert "is not kept yet" in notice(answer) and not any("packet-body" in key for key in answer["sideUpdate"])
        assert part_of(store, drafted[WHOLE], "backlog") == part
        changed(client, drafted[WHOLE], part.id, "out", text=f" {part.latest.text}\n", seen=part.latest.revision)
        changed(client, drafted[WHOLE], part.id, "back", text=part.latest.text, seen=part.latest.revision)
        assert part_of(store, drafted[WHOLE], "backlog") == part

    def test_a_part_that_is_taken_out_is_in_no_file_and_comes_back(
        self, client: FlaskClient, store: Any, desk: Desk, drafted: dict[str, int]
    ) -> None:
        part = part_of(store, drafted[WHOLE], "risk")
        changed(client, drafted[WHOLE], part.id, "out")
        assert part.heading not in [one.heading for one in packet_files.view_of(desk, drafted[WHOLE]).parts]
        assert "Put this part back" in shown(client, drafted[WHOLE])
        changed(client, drafted[WHOLE], part.id, "back")
        assert part.heading in [one.heading for one in packet_files.view_of(desk, drafted[WHOLE]).parts]

    @pytest.mark.parametrize(
        "state", [{"text": 5}, {"text": "x" * 20_000}, {"seen": "0"}, {"seen": -3}, {"seen": True}, {"version": "x"}, {"version": 2}]
    )
    def test_what_no_field_of_ours_sends_is_refused(
        self, client: FlaskClient, store: Any, drafted: dict[str, int], state: dict[str, Any]
    ) -> None:
        part = part_of(store, drafted[WHOLE])
        assert notice(changed(client, drafted[WHOLE], part.id, "save", **{"text": "New.", "seen": part.latest.revision, **state}))
        assert part_of(store, drafted[WHOLE]) == part

    def test_a_part_of_another_packet_and_a_head_s_change_are_refused(
        self, client: FlaskClient, store: Any, drafted: dict[str, int]
    ) -> None:
        part = part_of(store, drafted["public-works"])
        assert "no such part" in notice(changed(client, drafted[WHOLE], part.id, "save", text="New.", seen=0))
        head = look_as(client, "head-of-public-works")
        assert "not change it" in notice(changed(head, drafted["public-works"], part.id, "save", text="New.", seen=0))
        assert part_of(store, drafted["public-works"]) == part

    def test_drafting_again_brings_figures_and_keeps_words(self, client: FlaskClient, store: Any, drafted: dict[str, int]) -> None:
        number = drafted["public-works"]
        part = part_of(store, number)
        kept.revise(Acting(MAYOR, store, utc_now().replace(tzinfo=None)), part.id, "We mended the feed.", part.latest.revision)
        said = called(client, "packet-drafted", {"packet-again.n_clicks": 1, "question.data": {"packet": str(number)}})
        assert "Drafted again" in json.dumps(said)
        page = shown(client, number)
        assert "We mended the feed." in page and "The figures were drafted anew after that" in page

    @pytest.mark.parametrize("chosen", [None, "", "x", "1", "99999999 ", "{meeting} parks-and-trees"])
    def test_a_packet_is_drafted_for_a_meeting_and_its_departments_alone(
        self, client: FlaskClient, store: Any, drafted: dict[str, int], chosen: Any
    ) -> None:
        meeting = kept.latest(store, MAYOR, None)[0].meeting_id
        given = chosen.format(meeting=meeting) if chosen else chosen
        answer = called(client, "packet-ready", {"packet-draft.n_clicks": 1, "question.data": {}, "packet-for.value": given})
        assert notice(answer) or "open it" in json.dumps(answer)
        assert {one.department for one in kept.latest(store, MAYOR, None) if one.meeting_id == meeting} <= {WHOLE, "public-works"}


class TestFiles:
    def test_a_process_that_serves_pages_does_not_wait_for_what_only_makes_files(self) -> None:
        for path in (ROOT / "components").glob("packet*.py"):
            first = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, (ast.Import, ast.ImportFrom))]
            assert not re.search(r"\b(pptx|typst|lxml|PIL|font_source_sans_pro)\b", " ".join(map(ast.unparse, first))), path.name

    def test_the_html_file_needs_nothing_from_anywhere_and_has_all_of_it(self, view: View) -> None:
        file = packet_files.made(view, "html", SITE).decode()
        assert file.startswith('<!doctype html><html lang="en">')
        assert not re.search(r"<(script|link|img|iframe)|url\(|@import", file)
        assert set(re.findall(r'(?:src|href)="([^"]*)"', file)) <= {
            href for href in re.findall(r'href="([^"]*)"', file) if href.startswith(SITE + "/")
        }
        for part in view.parts:
            assert part.heading.replace("'", "&#39;") in file
        assert file.count("<svg") == sum(len(part.charts) for part in view.parts) == file.count('role="img"')
        assert file.count('<section class="') == len(view.parts)

    def test_the_pdf_is_tagged_and_says_its_language_and_title(self, view: View) -> None:
        """The compiler refuses a document that is not accessible to everybody (PDF/UA-1)."""
        file = packet_files.made(view, "pdf", SITE)
        assert file.startswith(b"%PDF-1.7")
        for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang", b"pdfuaid"):
            assert mark in file, mark

    def test_a_pdf_whose_chart_nobody_could_hear_is_not_made(self, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
        import typst

        monkeypatch.setattr(packet_charts, "said", lambda _chart, _sentence: None)
        with pytest.raises(typst.TypstError):
            packet_files.made(view, "pdf", SITE)

    def test_the_slides_have_charts_whose_data_can_be_changed(self, view: View) -> None:
        deck = Presentation(io.BytesIO(packet_files.made(view, "pptx", SITE)))
        found = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
        assert len(found) == sum(len(part.charts) for part in view.parts)
        bars = next(chart for part in view.parts for chart in part.charts if chart["kind"] == "bars")
        drawn = next(shape.chart for shape in found if shape.chart.chart_title.text_frame.text == bars["title"])
        assert list(drawn.plots[0].categories) == bars["x"] and list(drawn.plots[0].series[0].values) == bars["lines"][0]["y"]
        assert all(shape._element.nvGraphicFramePr.cNvPr.get("descr") for shape in found)

    def test_on_no_slide_does_anything_lie_over_anything_or_beyond_its_edge(self, view: View) -> None:
        deck = Presentation(io.BytesIO(packet_files.made(view, "pptx", SITE)))
        for number, slide in enumerate(deck.slides, start=1):
            boxes = [(shape.name, shape.left, shape.top, shape.left + shape.width, shape.top + shape.height) for shape in slide.shapes]
            assert slide.shapes.title.text_frame.text, number
            for at, (name, left, top, right, bottom) in enumerate(boxes):
                assert left >= 0 and top >= 0 and right <= deck.slide_width and bottom <= deck.slide_height, (number, name)
                assert [
                    other[0] for other in boxes[at + 1 :] if left < other[3] and other[1] < right and top < other[4] and other[2] < bottom
                ] == [], number

    def test_a_long_text_goes_on_on_another_slide(self, view: View) -> None:
        long = replace(
            view,
            parts=(
                replace(
                    view.parts[-1],
                    lines=tuple(Line(f"{at} " + "word " * 60, "") for at in range(40)),
                    charts=(),
                    tables=(),
                    questions=(),
                    cases=(),
                ),
            ),
        )
        deck = Presentation(io.BytesIO(packet_files.made(long, "pptx", SITE)))
        texts = [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]
        assert len(deck.slides) > 3
        assert all(any(f"• {at} word" in said for said in texts) for at in range(40))

    def test_a_name_that_begins_as_a_formula_stays_a_name_in_the_data_of_a_slide(self, view: View) -> None:
        """Whoever opens a chart's data opens a workbook."""
        names = ['=HYPERLINK("https://evil.example","x")', "{=1+1}", "+1", "https://evil.example"]
        deck = Presentation(io.BytesIO(packet_files.made(with_names(view, names), "pptx", SITE)))
        part = next(shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart).part
        with zipfile.ZipFile(io.BytesIO(part.chart_workbook.xlsx_part.blob)) as book:
            sheet, texts = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
        assert "<f" not in sheet and "hyperlink" not in sheet
        assert all(name in unescape(texts) for name in names)

    def test_signs_that_the_font_of_the_pdf_lacks_are_boxes_in_it_and_are_kept_elsewhere(self, view: View) -> None:
        """PDF/UA-1 allows no others, and one such sign would keep the whole file from being made."""
        odd = with_names(view, ["Fallen trees \U0001f333", "\u4e2d\u6587"])
        for form in packet_files.FORMS:
            assert packet_files.made(odd, form, SITE)
        assert "\u4e2d\u6587" in packet_files.made(odd, "html", SITE).decode()
        with tempfile.TemporaryDirectory() as folder:
            content = packet_pdf._content(odd, SITE, Path(folder), frozenset("\U0001f333\u4e2d\u6587"))
            picture = (Path(folder) / "chart-0-0.svg").read_text("utf-8")
        assert content["parts"][0]["lines"][0]["text"] == "Fallen trees \u25a1" and content["about"].endswith(packet_pdf.BOXED)
        assert "\u4e2d" not in picture and "\u25a1\u25a1" in picture

    def test_markup_of_the_document_s_language_is_text_in_it(self, view: View) -> None:
        """What is written comes to the template as data: `#read` reads nothing."""
        assert packet_files.made(with_names(view, ['#read("/etc/passwd")', "$ #panic() ["]), "pdf", SITE)

    def test_a_file_is_made_once_for_each_version(
        self, client: FlaskClient, demo_settings: Settings, store: Any, drafted: dict[str, int]
    ) -> None:
        def files() -> list[str]:
            return sorted(path.name for path in (demo_settings.data / "packets").glob(f"{drafted[WHOLE]}-*.html"))

        for _ in range(2):
            answer = client.get(f"/packet/{drafted[WHOLE]}.html")
            assert (answer.status_code, answer.headers["Content-Disposition"]) == (
                200,
                f'attachment; filename="packet-{drafted[WHOLE]}.html"',
            )
        before = files()
        part = part_of(store, drafted[WHOLE])
        kept.revise(Acting(MAYOR, store, utc_now().replace(tzinfo=None)), part.id, "Other words.", part.latest.revision)
        assert "Other words." in client.get(f"/packet/{drafted[WHOLE]}.html").get_data(as_text=True)
        assert len(before) == len(files()) == 1 and before != files()
        client.get(f"/packet/{drafted[WHOLE]}.html", headers={"Host": "127.0.0.1:9999"})
        assert len(files()) == 1

    def test_while_a_file_is_being_made_the_reader_is_told_and_asked_to_wait(
        self, client: FlaskClient, drafted: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packet_files, "PATIENCE", 0)
        monkeypatch.setattr(packet_files, "done_within", lambda _key, _seconds, _work: False)
        answer = client.get(f"/packet/{drafted['public-works']}.pptx")
        assert (answer.status_code, answer.headers["Refresh"]) == (202, "2")
        assert packet_files.MAKING in answer.get_data(as_text=True)

    def test_a_file_that_cannot_be_made_says_so_and_leaves_nothing(
        self, client: FlaskClient, drafted: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_view: View, _site: str) -> bytes:
            raise OSError("no room")

        monkeypatch.setitem(packet_files.FORMS, "pptx", (broken, "text/plain"))
        answer = client.get(f"/packet/{drafted[WHOLE]}.pptx")
        assert (answer.status_code, answer.get_data(as_text=True).strip()) == (503, packet_files.FAILED)

    @pytest.mark.parametrize("path", ["/packet/1.docx", "/packet/999999.pdf", f"/packet/{10**30}.pdf"])
    def test_what_there_is_not_is_said(self, client: FlaskClient, path: str) -> None:
        assert client.get(path).status_code == 404


class TestCommand:
    """`flask packet`, over the demo city's data; its meetings are of days that are over, but for one."""

    @pytest.fixture
    def flask(self, demo_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
        own = f"sqlite:///{tmp_path / 'own.sqlite'}"
        acting = Acting(MAYOR, prepared(own), utc_now().replace(tzinfo=None))
        soon = utc_now().date() + timedelta(days=3)
        meetings.plan_series(acting, name="Streets", departments=DEPARTMENTS, first_on=soon, starts_at="09:00", minutes=60, every_weeks=2)
        for name, value in {
            "STATROOM_DATA": str(demo_settings.data),
            "STATROOM_STORE_URL": own,
            "STATROOM_CITY": str(demo_settings.city),
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        server = Flask("commands")
        cli.register(server)
        return lambda *args: server.test_cli_runner().invoke(args=["packet", *args])

    def test_it_drafts_the_next_meeting_s_packet_and_writes_it(self, flask: Callable[..., Result], tmp_path: Path) -> None:
        done = flask("--next", "--department", "transportation", "--format", "html", "--site", SITE)
        assert (done.exit_code, done.output.partition(" of ")[0]) == (0, "Wrote packet 1")
        file = (tmp_path / "packet-1.html").read_text("utf-8")
        assert "Briefing: Transportation" in file and f'href="{SITE}/backlog?' in file

    def test_what_is_there_is_written_as_it_is_until_it_is_to_be_drafted_again(self, flask: Callable[..., Result], tmp_path: Path) -> None:
        out = tmp_path / "one.html"
        flask("1", "--format", "html", "--out", str(out))
        assert flask("--next", "--format", "html", "--out", str(out)).output.startswith("Wrote packet 1 ")
        before = out.read_bytes()
        flask("1", "--format", "html", "--out", str(out))
        assert out.read_bytes() == before
        with engine_of(tmp_path).begin() as connection:
            connection.execute(text("UPDATE packet_part SET heading = 'Old heading'"))
        flask("1", "--format", "html", "--out", str(out), "--again")
        assert "Old heading" not in out.read_text("utf-8")

    @pytest.mark.parametrize(
        ("args", "why"),
        [
            ((), "Name one meeting by its number"), (("1", "--next"), "Name one meeting by its number"), (("77",), "there is no meeting 77"),
            (("--next", "--department", "nowhere"), "no meeting about department 'nowhere' is planned"), (("1", "--format", "docx"), "docx"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_said(self, flask: Callable[..., Result], args: tuple[str, ...], why: str) -> None:
        done = flask(*args)
        assert done.exit_code != 0 and why in done.output

    def test_a_week_that_is_closed_drafts_the_next_meeting_s_packet_once(
        self, flask: Callable[..., Result], capsys: pytest.CaptureFixture[str]
    ) -> None:
        for _ in range(2):
            announce_next(read_settings())
        assert re.fullmatch(r"The briefing packet of Streets, \d+ \w+ \d{4}, is drafted: /packet/1\.\n", capsys.readouterr().out)


def engine_of(folder: Path) -> Any:
    """The database that a command of a test wrote to."""
    return prepared(f"sqlite:///{folder / 'own.sqlite'}")


@pytest.mark.browser
def test_a_packet_is_read_and_changed_on_a_phone_by_keyboard(browser: Browser, staff_url: str, drafted: dict[str, int]) -> None:
    with watched(browser, size={"width": 320, "height": 640}) as found:
        page = found.page
        page.set_default_timeout(20_000)
        page.goto(f"{staff_url}/packet/{drafted[WHOLE]}")
        part = page.locator(".packet-part").first
        part.wait_for()
        found.settle()
        assert found.overflow() <= 0
        part.locator("summary", has_text="Change the text").focus()
        page.keyboard.press("Enter")
        part.locator("textarea").fill("Said on a phone.")
        part.locator("button", has_text="Save").focus()
        page.keyboard.press("Enter")
        expect(part.locator(".packet-lines li")).to_have_text(["Said on a phone."])
        expect(part.get_by_role("status")).to_have_text("Saved.")
        assert found.violations(targets=True) == []
        assert found.errors == []
