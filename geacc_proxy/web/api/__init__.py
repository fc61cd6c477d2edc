"""The REST API: all that the pages do, for programs; it describes itself at `/api/openapi.json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.routing import Mount

from geacc_proxy.web.api import answers, deeds, devices, events, home, lists, log, preferences, profiles, requests
from geacc_proxy.web.api.limits import BoundedBody
from geacc_proxy.web.api.problems import PROBLEMS, handlers
from geacc_proxy.web.sessions import Sessions
from geacc_proxy.web.throttle import Throttle

if TYPE_CHECKING:
    from geacc_proxy.web.site import Site

_AREAS = (home, devices, profiles, lists, answers, requests, log, deeds, preferences, events)
_ABOUT = """\
Everything that a parent can see and change at home. Programs show a token
(`geacc-proxy token create NAME --scope read`) as `Authorization: Bearer geacc_…`; each operation says which scope it
takes. Every change leaves a line in the audit trail, and can be undone.
"""


def create_api(site: Site) -> FastAPI:
    """Return the application, to be mounted at `/api` of the pages' own.

    It relies on what stands before it there: `Visits`, which finds out who asks, and `OwnFormsOnly`, which keeps
    pages of others from using a parent's session.

    Args:
        site: what it stands on.
    """
    api = FastAPI(
        title="geacc-proxy",
        version="1",
        summary="A home behind a filter of pictures.",
        description=_ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,  # their scripts come from another host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses=PROBLEMS,
        exception_handlers=handlers(),
        middleware=[Middleware(BoundedBody)],
    )
    api.state.site = site
    api.state.sessions = Sessions(site.home)
    api.state.throttle = Throttle()
    for area in _AREAS:
        api.include_router(area.router, prefix="/v1")
    return api


def mounted(site: Site) -> Mount:
    """Return the route that has it at `/api`; whatever is below, in a path with line breaks too, is the API's."""
    mount = Mount("/api", create_api(site))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _operation_id(route: APIRoute) -> str:
    return route.name
