"""Makes the application: `server` for gunicorn, `create_app` for tests and for the `flask` command.

One process serves one audience: Dash keeps pages and callbacks in the process, so two applications in one
process would share them. `STATROOM_AUDIENCE` decides before any page is imported.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

from flask import Flask

import cli
from data_access import installation
from settings import LOOPBACK_HOSTS, ROOT, Settings, SettingsError, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings.audience`; without settings only the commands, which is what `flask` looks for.

    Raises:
        SettingsError: the staff application would be served to other machines.
    """
    if settings is None:
        server = Flask("statroom")
        cli.register(server)
        return server
    return _serving(settings)


def _serving(settings: Settings) -> Flask:
    from flask_bootstrap import Bootstrap5
    from flask_compress import Compress

    import api
    from access import PUBLIC_VIEWER
    from components import gate, keeping, language, limits, observing, page, shell, web
    from components.suites import Suites
    from data_access import cache, slow
    from metrics.desk import Desk

    is_public = settings.audience == "public"
    is_demo = not is_public and settings.sign_in == "demo"
    if is_demo and settings.host not in LOOPBACK_HOSTS:
        raise SettingsError(f"STATROOM_HOST is {settings.host!r}; without passwords the staff application serves 127.0.0.1 only.")
    server = Flask("statroom", root_path=str(ROOT), template_folder="components/templates")
    web.behind_proxies(server, settings.trusted_proxies)
    is_secure = settings.trusted_proxies > 0 or settings.host not in LOOPBACK_HOSTS
    server.secret_key = settings.secret_key or secrets.token_hex(32)
    server.config |= {
        "SESSION_COOKIE_SAMESITE": "Lax", "SESSION_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SECURE": is_secure,
        # With this prefix a browser takes the cookie from this host over TLS only, so that no neighbour can plant one.
        "SESSION_COOKIE_NAME": f"{'__Host-' if is_secure else ''}{settings.cookie}",
    }  # fmt: skip
    desk = Desk(settings, lambda: PUBLIC_VIEWER)
    gate.start(server, desk)
    observing.start(server, settings)
    slow.start(settings)
    cache.start(server, settings)
    if is_public:
        from components import answers, freshness, outward

        language.start(server, lambda: desk.city.facts.locale)
        outward.start()
        desk.speak(lambda: language.spoken().code)
        desk.read(freshness.Freshness(server).mart)
        limits.limit_residents(server, settings)
        kept = answers.Answers()
        answers.look_up(server, kept)
    else:
        from components import viewing

        viewing.start(server, desk)
    web.before_dash(server, this_machine=is_demo)
    Bootstrap5(server)
    app = shell.Framed(
        "statroom", server=server, use_pages=True, pages_folder="", assets_folder=str(ROOT / "assets"),
        assets_ignore=r".*/early/.*", index_string=shell.INDEX, title="Statroom", update_title="",
        suppress_callback_exceptions=True, enable_mcp=False, serve_locally=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}], include_pages_meta=False,
    )  # fmt: skip
    page.import_pages(settings.audience)
    app.layout = lambda: shell.layout(settings.audience)
    app.suites = Suites(app, settings, public=is_public)
    app.suites.start(server)
    web.protect(server, lambda: app.policy_hashes, public=is_public, hsts=settings.hsts)
    if is_public:
        keeping.start(server)
    web.add_routes(server)
    if is_public:
        from components import portal, resident_mail

        web.tell_missing(server, portal.is_missing)
        resident_mail.add_routes(server, desk)
    else:
        from components import memo, packet_files, subscriptions

        viewing.add_menu(server, desk)
        memo.add_routes(server)
        packet_files.start(server, desk)
        subscriptions.add_routes(server, desk)
    api.register(server, desk)
    Compress(server)
    keeping.bound(server)
    if is_public:
        answers.keep(server, kept)
    cli.register(server)
    # Dash learns its callbacks with the first request. That one is made here, or a visitor whose page was
    # served by another process would be told that there is no such callback.
    server.test_client().get("/healthz")
    return server


def __getattr__(name: str) -> Any:
    # Made when gunicorn asks for it: a command that only loads data should not wait for pages.
    if name == "server":
        from components import logs

        try:
            settings = read_settings(installation.own(os.environ))
            logs.start(settings)
            made = globals()["server"] = create_app(settings)
        except SettingsError as error:
            raise SystemExit(f"Error: {error}") from None
        return made
    raise AttributeError(name)


if __name__ == "__main__":
    from serve import main

    raise SystemExit(main())
