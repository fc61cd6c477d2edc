"""Settings of the whole home, who is logged in, and the audit trail."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.guard import parent_only
from geacc_proxy.web.settings import access, choices, messages, trail


def routes() -> list[BaseRoute]:
    """The routes of this area."""
    return [
        Route("/settings", parent_only(choices.show)),
        Route("/settings/language", parent_only(choices.language), methods=["POST"]),
        Route("/settings/log", parent_only(choices.log), methods=["POST"]),
        Route("/settings/network", parent_only(choices.network), methods=["POST"]),
        Route("/settings/messages", parent_only(messages.show)),
        Route("/settings/messages", parent_only(messages.choose), methods=["POST"]),
        Route("/settings/messages/add", parent_only(messages.add), methods=["POST"]),
        Route("/settings/messages/remove", parent_only(messages.remove), methods=["POST"]),
        Route("/settings/messages/test", parent_only(messages.test), methods=["POST"]),
        Route("/settings/access", parent_only(access.show)),
        Route("/settings/password", parent_only(access.password), methods=["POST"]),
        Route("/settings/sessions/end", parent_only(access.end), methods=["POST"]),
        Route("/settings/trail", parent_only(trail.show)),
        Route("/undo", parent_only(trail.undo), methods=["POST"]),
    ]
