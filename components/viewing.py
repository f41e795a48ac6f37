"""As whom the staff application is looked at: a demo viewer chosen at the top of the page, or whoever is signed in.

A public process never imports this.
"""

from __future__ import annotations

from flask import Flask

from components import sign_in, viewers
from metrics.desk import Desk


def start(server: Flask, desk: Desk) -> None:
    """Let `desk` know who is asking, and with accounts answer nobody else. Called before the Dash application is made."""
    if desk.settings.sign_in == "demo":
        desk.look_as(lambda: viewers.chosen_viewer(desk.mart()))
        return
    if desk.settings.proxy is not None:
        from components import proxy

        desk.look_as(proxy.present_viewer)
        proxy.require(server, desk.settings.proxy)
        return
    desk.look_as(sign_in.present_viewer)
    sign_in.require(server)


def add_menu(server: Flask, desk: Desk) -> None:
    """The menu at the top of every page, and the addresses it sends to."""
    if desk.settings.sign_in == "demo":
        from components import viewer_menu

        viewer_menu.add(server)
        return
    # Importing it declares the menu's callback; in the demo there is another one in its place.
    from components import account_menu

    assert account_menu
    if desk.settings.proxy is not None:
        return
    sign_in.add_routes(server, desk.settings)
    if desk.settings.provider is not None:
        from components import provider

        provider.add_routes(server, desk.settings, desk.settings.provider)
