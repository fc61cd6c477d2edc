"""The pages of profiles: who has which, and what each says."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.guard import parent_only
from geacc_proxy.web.profiles.actions import copy, reset_or_remove, save
from geacc_proxy.web.profiles.views import edit, listing


def routes() -> list[BaseRoute]:
    """The routes; a name may have slashes, so what is done with a profile comes before the profile itself."""
    return [
        Route("/profiles", parent_only(listing)),
        Route("/profiles/{name:path}/copy", parent_only(copy), methods=["POST"]),
        Route("/profiles/{name:path}/remove", parent_only(reset_or_remove), methods=["POST"]),
        Route("/profiles/{name:path}", parent_only(edit), methods=["GET"]),
        Route("/profiles/{name:path}", parent_only(save), methods=["POST"]),
    ]
