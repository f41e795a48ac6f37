"""Mail for residents: the form, the two links of letters, and what the letters say. Plain forms, without scripts.

Whoever writes an address into the form gets the same answer in every case. Nothing is sent but one letter that asks the address's
owner, until the link in it is opened and its button pressed: programs that look through mail open links, but press nothing.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote, urlencode

from dash import html
from flask import Flask, Response, render_template, request

from access import AccessDenied
from components import gate, language, limits, portal_links, resident_words, web, words
from components.language import _
from components.letter import Letter, Line
from data_access import residents
from data_access.mart.reading import Mart
from data_access.residents import Resident
from data_access.store.subscriptions import LONGEST_EMAIL, is_address
from metrics.desk import Desk
from metrics.resident import answers
from metrics.select import Asked
from settings import utc_now

FORM, CONFIRM, END = "/by-mail", "/by-mail/confirm", "/by-mail/end"
PER_CALLER, PER_ADDRESS, LINKS = "10 per hour", "5 per day", "30 per minute"
LONGEST_ABOUT = 300


def is_offered() -> bool:
    """Whether this city sends residents mail: it has a mail server, and says in `city.toml` where its portal is."""
    desk = gate.desk()
    return bool(desk.settings.smtp_url and desk.city.file.portal.address)


def link_to(about: str) -> str:
    """Address of the form about a page of the portal."""
    return f"{FORM}?{urlencode({'about': about})}"


def offer(about: str) -> list[Any]:
    """The way from a page to the form about it; nothing where no mail is sent. A plain link: the form is none of Dash's pages."""
    if not about or not is_offered():
        return []
    return [html.P(html.A(_("Get these figures by e-mail"), href=link_to(about)), className="by-mail")]


def name_of(about: str, mart: Mart) -> str | None:
    """What the page of a service or an area is called; None for any other address, and for what is not published."""
    match [unquote(part) for part in about.strip("/").split("/")]:
        case ["service", slug]:
            found = portal_links.service_of(slug, mart)
            return None if found is None or about != portal_links.service(slug) else found.name
        case ["area", layer, slug]:
            found = portal_links.area_of(layer, slug, mart)
            return None if found is None or about != portal_links.area(layer, slug) else found.name
    return None


def add_routes(server: Flask, desk: Desk) -> None:
    """The form and the links, where the city sends mail; they are missing pages otherwise."""
    limiter = limits.limiter_of(server, desk.settings)

    @server.get(FORM)
    def form() -> Any:
        return _form(request.args.get("about", ""))

    @server.post(FORM)
    @limiter.limit(PER_CALLER)
    @limiter.limit(PER_ADDRESS, key_func=_written_address)
    def ask() -> Any:
        about, email = request.form.get("about", "")[:LONGEST_ABOUT], request.form.get("email", "").strip()
        if not is_offered() or (name := name_of(about, gate.desk().mart())) is None:
            return _missing()
        try:
            gate.require_same_site()
        except AccessDenied as error:
            return web.refused(error)
        if not is_address(email):
            return _form(about, _("'{email}' is no e-mail address; write one such as ana@example.org.", email=email[:60]), email), 400
        residents.ask(_database(), email, about, language.spoken().code, _now())
        said = _("If {email} gets mail, a letter is on its way. Open the link in it within 48 hours and press the button there; until then nothing else is sent.", email=email)  # fmt: skip
        return _page(_("One more step"), [said], back=about, back_name=name)

    @server.get(f"{CONFIRM}/<token>")
    def ask_to_confirm(token: str) -> Any:
        found = residents.of_token(_database(), token, "confirm", _now()) if is_offered() else None
        if found is None:
            return _stale()
        name = name_of(found.about, gate.desk().mart()) or found.about
        return _page(_("By e-mail: {name}", name=name), [_("Press the button, and the figures are sent when there are new ones, at most once a month.")], button=_("Send them to me"))  # fmt: skip

    @server.post(f"{CONFIRM}/<token>")
    @limiter.limit(LINKS)
    def confirm(token: str) -> Any:
        found = residents.confirm(_database(), token, _now()) if is_offered() else None
        if found is None:
            return _stale()
        return _page(_("It is settled"), [_("The figures are sent when there are new ones. Every letter has a link that ends them.")], back=found.about, back_name=_("To the figures"))  # fmt: skip

    @server.get(f"{END}/<token>")
    def ask_to_end(token: str) -> Any:
        # The same page for every link: it tells nobody whether somebody is written to.
        return _page(_("No more letters"), [_("Press the button, and no more of these letters are sent; your address is deleted with them.")], button=_("Send no more"))  # fmt: skip

    @server.post(f"{END}/<token>")
    @limiter.limit(LINKS)
    def end(token: str) -> Any:
        # Who holds the token may end it, from wherever: mail programs send this themselves (RFC 8058).
        residents.end(_database(), token, _now())
        return _page(_("No more letters"), [_("No more of these letters are sent, and the address they went to is deleted.")])


def _form(about: str, problem: str = "", email: str = "") -> Any:
    about = about[:LONGEST_ABOUT]
    name = name_of(about, gate.desk().mart()) if is_offered() else None
    if name is None:
        return _missing()
    lead = _(
        "The figures of {name}, when there are new ones: at most once a month, usually once a quarter. A letter asks you first.", name=name
    )
    kept = _(
        "Kept are your address, what you chose and the language, until you end it by the link in any letter. Nobody else is given them."
    )
    return _page(_("By e-mail: {name}", name=name), [lead], about=about, problem=problem, email=email[:LONGEST_EMAIL], after=kept, back=about, back_name=name)  # fmt: skip


def _missing() -> Any:
    return _page(_("There is no page at this address"), [_("It may have been mistyped.")]), 404


def _stale() -> Any:
    return _page(_("This link is no longer good"), [_("It is not complete, or older than 48 hours. Write your address into the form again.")]), 404  # fmt: skip


def _page(title: str, said: list[str], **facts: Any) -> Response:
    usual = {"about": "", "problem": "", "email": "", "button": "", "after": "", "back": "", "back_name": ""}
    labels = {
        "label": _("E-mail address"),
        "submit": _("Send me the letter"),
        "home": _("Start from the front page"),
        "longest": LONGEST_EMAIL,
        "form": FORM,
    }
    city, code = gate.desk().called(gate.desk().city.name), language.spoken().code
    made = Response(render_template("resident_mail.html", title=title, said=said, city=city, lang=code, **labels, **{**usual, **facts}))
    # The address of some of these pages is a key, and of none is a copy wanted.
    made.headers.update(
        {"Referrer-Policy": "no-referrer" if "token" in (request.view_args or {}) else "same-origin", "Cache-Control": "no-store"}
    )
    return made


def _written_address() -> str:
    return "address " + sha256(request.form.get("email", "").strip().lower().encode("utf-8", "replace")).hexdigest()


def _database() -> Any:
    return residents.opened(gate.desk().settings.residents_url)


def _now() -> datetime:
    return utc_now().replace(tzinfo=None)


# What the letters say


def question_of(of: Resident, desk: Desk) -> Asked | None:
    """The latest quarter of what the resident chose, for `desk` of the public; None where it is not published any more."""
    mart = desk.mart()
    if name_of(of.about, mart) is None:
        return None
    kind, *names = [unquote(part) for part in of.about.strip("/").split("/")]
    return desk.ask({"request_type": names[0]} if kind == "service" else {names[0]: names[1]})


def asking(of: Resident, desk: Desk, token: str) -> Letter:
    """The letter that asks the owner of an address."""
    name, city = name_of(of.about, desk.mart()) or of.about, desk.called(desk.city.name)
    return Letter(
        _("{city}: do you want the figures of {name} by e-mail?", city=city, name=name),
        [
            Line(_("Somebody wrote your address into the form of the city's figures. If it was you, open this page within 48 hours and press the button:"), path=f"{CONFIRM}/{quote(token)}?{urlencode({language.PARAMETER: of.language})}"),
            Line(_("If it was not you, do nothing: nothing else is sent, and your address is deleted after 48 hours.")),
        ],
    )  # fmt: skip


def news(of: Resident, asked: Asked) -> Letter:
    """The figures of the latest quarter, as the portal tells them."""
    name, period = name_of(of.about, asked.mart) or of.about, words.asked_period(asked.question)
    is_service = of.about.startswith("/service/")
    city = None if is_service else answers(asked.about(asked.question.about(areas=())))
    lines = [Line(_("From {period}", period=period), "heading")]
    lines += [Line(resident_words.plain(" ".join(text for text in part if text))) for part in resident_words.parts(answers(asked), city)]
    lines.append(Line(_("All figures, with charts and tables"), path=f"{of.about}?{urlencode({language.PARAMETER: of.language})}"))
    lines.append(Line(_("Reports are not problems; closed is not always fixed.")))
    return Letter(_("{name}: the figures from {period}", name=name, period=period), lines)


def end_words() -> str:
    """What the link that ends the letters is called."""
    return _("No more of these letters")
