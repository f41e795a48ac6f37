"""`/subscriptions`: what a member of staff wants by mail. Plain forms, as the account's page; a public process never imports this.

The link in a letter needs nobody who is signed in: it opens a page that ends one subscription by a button, because programs that
look through mail open links too. Mail programs press it by themselves (RFC 8058).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import html
from flask import Flask, Response, redirect, render_template, request

from access import MAY
from components import filters, gate, letter_words, limits, web, words
from components.chart import ASKING
from components.form_fields import value_of
from components.mail_due import Postman
from data_access import post
from data_access.store import audit, letters, readers, subscriptions
from data_access.store.commitments import FEWEST_PLACES
from data_access.store.subscriptions import KINDS, LOADS, SIGNAL, THRESHOLD, WORKLIST, NotSubscribed, Subscription
from metrics.definitions import REGISTRY
from metrics.desk import Desk
from metrics.question import BadQuestion
from metrics.select import Asked
from metrics.signals import filters_of
from metrics.weekly import METRICS
from settings import utc_now

PAGE = "/subscriptions"
METRIC = "figure"
"""Name of the figure in the form and its address."""
RATE = "30 per minute"
"""How often one address may write here."""
LEFT_OUT = (*FEWEST_PLACES, "moved")
GONE = "This link ends nothing: it is not complete, or it is none of ours. Sign in to see your subscriptions."


def add_routes(server: Flask, desk: Desk) -> None:
    """The list, the form, the preview, and the way out that every letter has.

    Raises:
        SettingsError: the mail settings cannot be used.
    """
    sends = post.office(desk.settings) is not None
    limiter = limits.limiter_of(server, desk.settings)

    @server.get(PAGE)
    def own_subscriptions() -> Any:
        return _list_page(sends)

    @server.get(f"{PAGE}/new")
    def new_subscription() -> Any:
        return _form_page(request.args.to_dict(), sends)

    @server.post(PAGE)
    @limiter.limit(RATE)
    def subscribe() -> Any:
        given = request.form.to_dict()
        try:
            gate.require_same_site()
            title = _add(given)
        except (BadQuestion, NotSubscribed) as error:
            return _form_page(given, sends, str(error)), 400
        except Exception as error:
            return web.refused(error)
        return redirect(f"{PAGE}?{urlencode({'added': title})}", 303)

    @server.post(f"{PAGE}/<int:number>/<any(end, restore):change>")
    @limiter.limit(RATE)
    def change_subscription(number: int, change: str) -> Any:
        try:
            gate.require_same_site()
            acting = gate.desk().acting("subscribe")
            (subscriptions.end if change == "end" else subscriptions.restore)(acting, number)
        except NotSubscribed as error:
            return _list_page(sends, str(error)), 400
        except Exception as error:
            return web.refused(error)
        return redirect(PAGE, 303)

    @server.get(f"{PAGE}/<int:number>/preview")
    def preview(number: int) -> Any:
        desk, viewer = gate.desk(), gate.desk().viewer()
        found = next((one for one in subscriptions.own(desk.store(), viewer, _now()) if one.id == number), None)
        if found is None:
            return _list_page(sends, "You have no such subscription."), 404
        try:
            letter = Postman(desk.settings, desk.store(), "", _now()).preview(found, viewer)
        except Exception as error:
            return web.refused(error)
        return _page("subscription_preview.html", of=found, letter=letter)

    @server.get("/unsubscribe/<token>")
    def ask_to_end(token: str) -> Any:
        found = subscriptions.of_token(gate.desk().store(), token)
        return _way_out(found, done=False)

    @server.post("/unsubscribe/<token>")
    @limiter.limit(RATE)
    def end_by_link(token: str) -> Any:
        # Who holds the token may end it, from wherever: mail programs send this themselves.
        found = subscriptions.end_by_token(gate.desk().store(), token, _now())
        return _way_out(found, done=True)


def _add(given: dict[str, str]) -> str:
    """Keep what the form says; answers what it is called."""
    desk = gate.desk()
    acting = desk.acting("subscribe")
    asked = desk.ask(_filters(given))
    kind = gate.one_of(_kinds(), "mail")(given.get("kind"))
    metric, bound, beyond = "", None, ""
    if kind in (SIGNAL, THRESHOLD) and given.get(METRIC):
        metric = gate.one_of(METRICS, "figure")(given[METRIC])
    if kind == THRESHOLD:
        if not metric:
            raise BadQuestion("Choose the figure of the threshold.")
        bound = value_of(gate.short_text(20, "The value")(given.get("bound")), REGISTRY[metric], "The value")
        beyond = gate.one_of(subscriptions.BEYOND, "way")(given.get("beyond"))
    email = _own_address(desk) or gate.short_text(subscriptions.LONGEST_EMAIL, "The e-mail address")(given.get("email"))
    title = letter_words.title(kind, asked, metric, bound, beyond)
    subscriptions.add(
        acting,
        email=email,
        kind=kind,
        title=title,
        filters="" if kind == LOADS else _scope(asked),
        metric=metric,
        bound=bound,
        beyond=beyond,
    )
    audit.note(acting.store, acting.viewer, "subscribed", f"{title}, to {email}", acting.now)
    return title


def _kinds() -> tuple[str, ...]:
    """What the viewer may have by mail."""
    return tuple(kind for kind in KINDS if kind != LOADS or gate.desk().viewer().role in MAY["administer"])


def _filters(given: dict[str, str]) -> dict[str, str]:
    """The filters that an address or the form gives: what is no filter of cases, and what leaves a single place, is left out."""
    query = dict(parse_qsl(given["filters"])) if "filters" in given else given
    if len(query) > gate.MOST_FILTERS:
        raise BadQuestion("The filters cannot be read; open the form from a page again.")
    period = ("from", "to", "weeks", "as_of", "during", "grain")
    return {name: value for name, value in query.items() if name not in (*LEFT_OUT, *period)}


def _scope(asked: Asked) -> str:
    return urlencode(sorted((name, ",".join(sorted(values))) for name, values in filters_of(asked).items()))


def _own_address(desk: Desk) -> str:
    """The address that mail of this viewer goes to, where signing in tells it; empty where it has to be typed."""
    login = readers.login_of(desk.store(), desk.viewer().id)
    return login if subscriptions.is_address(login) else ""


def _list_page(sends: bool, problem: str = "") -> Any:
    desk = gate.desk()
    mine = subscriptions.own(desk.store(), desk.viewer(), _now())
    last = letters.last_of(desk.store(), [one.id for one in mine])
    rows = [{"of": one, "kind": letter_words.KINDS[one.kind], "last": _last_said(last.get(one.id), desk)} for one in mine]
    added = request.args.get("added", "")[: subscriptions.LONGEST_TITLE]
    return _page(
        "subscriptions.html", rows=rows, sends=sends, problem=problem, added=added if any(one.title == added for one in mine) else ""
    )


def _last_said(last: Any, desk: Desk) -> str:
    if last is None:
        return "No letter yet."
    at, error = last
    return (
        f"Last letter {words.moment(at, desk.calendar)}."
        if at is not None
        else f"The last letter waits. {error}"
        if error
        else "A letter waits."
    )


def _form_page(given: dict[str, str], sends: bool, problem: str = "") -> Any:
    desk = gate.desk()
    try:
        asked = desk.ask(_filters(given))
    except BadQuestion as error:
        asked, problem = desk.ask({}), problem or str(error)
    except Exception as error:
        return web.refused(error)
    figures = [(name, REGISTRY[name].label) for name in METRICS]
    kind = given.get("kind") or (SIGNAL if given.get(METRIC) in METRICS else WORKLIST if given.get("of") else KINDS[0])
    return _page(
        "subscription_new.html", about=filters.said(asked) or "the whole city", scope=_scope(asked), kinds={name: letter_words.KINDS[name] for name in _kinds()}, chosen=kind, figures=figures,
        figure=given.get(METRIC, ""), bound=given.get("bound", "")[:20], beyond=given.get("beyond", ""), own=_own_address(desk),
        email=given.get("email", "")[: subscriptions.LONGEST_EMAIL], sends=sends, problem=problem,
    )  # fmt: skip


def _way_out(found: Subscription | None, *, done: bool) -> Any:
    made = Response(_page("unsubscribe.html", of=found, done=done, problem="" if found else GONE), 200 if found else 404)
    # The address of this page is the key: it is handed on to nobody.
    made.headers["Referrer-Policy"] = "no-referrer"
    return made


def _page(template: str, **facts: Any) -> str:
    return render_template(template, city=gate.desk().city.name, **facts)


def _now() -> Any:
    return utc_now().replace(tzinfo=None)


def offer(metric: str, asked: Asked) -> Any:
    """The way from a chart of a weekly figure to a subscription to it."""
    if metric not in METRICS or gate.desk().viewer().role not in MAY["subscribe"]:
        return None
    return html.A("By mail", href=letter_words.new_address(asked, **{METRIC: metric}))


ASKING.append(offer)
