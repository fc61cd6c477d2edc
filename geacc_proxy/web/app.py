"""The pages: a parent's home, what any device at home may open to be set up, and the API beside them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home.preferences import preferences
from geacc_proxy.web import child, devices, home, lists, log, profiles, requests, settings, setup, start
from geacc_proxy.web.api import mounted
from geacc_proxy.web.certificate import PublicCertificate
from geacc_proxy.web.forgery import OwnFormsOnly
from geacc_proxy.web.i18n import Languages, _
from geacc_proxy.web.middleware import HomeClientsOnly, KnownNamesOnly, SecurityHeaders
from geacc_proxy.web.pages import STATIC, render
from geacc_proxy.web.sessions import Sessions
from geacc_proxy.web.site import Site
from geacc_proxy.web.start.code import StartCode
from geacc_proxy.web.throttle import Throttle
from geacc_proxy.web.visits import Visits

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

_log = logging.getLogger(__name__)


class Area(Protocol):
    """A module that makes some of the pages."""

    def routes(self) -> list[BaseRoute]:
        """Its routes."""


AREAS: tuple[Area, ...] = (home, devices, profiles, lists, log, requests, settings, start, setup, child)
"""All of them."""


def create_app(
    site: Site,
    *,
    areas: Iterable[Area] = AREAS,
    languages: Languages | None = None,
) -> Starlette:
    """Return the application.

    Args:
        site: what it stands on.
        areas: the modules whose pages it has.
        languages: those that pages can be in; all that there are catalogues for, if left out.

    Raises:
        ValueError: `certificate_pem` holds a private key, or not exactly one certificate.
    """
    certificate = PublicCertificate.from_pem(site.certificate_pem)
    languages = languages or Languages()
    sessions = Sessions(site.home)

    async def healthz(_request: Request) -> Response:
        healthy = site.is_healthy()
        return JSONResponse({"status": "ok" if healthy else "unhealthy"}, status_code=200 if healthy else 503)

    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        _download("geacc-proxy-ca.pem", certificate.pem, "application/x-pem-file"),
        _download("geacc-proxy-ca.cer", certificate.der, "application/x-x509-ca-cert"),
        _download("geacc-proxy-ca.crt", certificate.der, "application/x-x509-ca-cert"),
        Mount("/static", _Static(directory=STATIC)),
    ]
    for area in areas:
        routes += area.routes()
    routes.append(mounted(site))
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(HomeClientsOnly),
            Middleware(KnownNamesOnly, allowed=lambda: preferences(site.home).hosts),
            Middleware(Visits, site=site, sessions=sessions, languages=languages),
            Middleware(OwnFormsOnly),
        ],
        exception_handlers={HTTPException: _http_error, GeaccError: _geacc_error},
    )
    app.state.site = site
    app.state.sessions = sessions
    app.state.throttle = Throttle()
    app.state.start_code = StartCode(site.start_code)
    app.state.languages = languages
    app.state.certificate = certificate
    return app


class _Static(StaticFiles):
    """Files that a browser may keep, once asked for by an address that changes with their content."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        return response


def _download(name: str, body: bytes, media_type: str) -> Route:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}

    async def download(_request: Request) -> Response:
        return Response(body, media_type=media_type, headers=headers)

    return Route(f"/cert/{name}", download)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    if status in (204, 304):
        return Response(status_code=status, headers=headers)
    if _wants_words(request):
        return PlainTextResponse(f"{status}\n", status_code=status, headers=headers)
    words = _("There is no such page.") if status == 404 else _("That cannot be done here.")
    response = render(request, "errors/error.html", status=status, title=words, detail="")
    response.headers.update(headers or {})
    return response


async def _geacc_error(request: Request, error: Exception) -> Response:
    """What a person did that cannot be done, or a failure that a person can put right; one line either way."""
    status = 400 if isinstance(error, UsageError) else 500
    if status == 500:
        _log.warning("%s", error)
    if _wants_words(request):
        return PlainTextResponse(f"{error}\n", status_code=status)
    title = _("That will not do") if status == 400 else _("That did not work")
    return render(request, "errors/error.html", status=status, title=title, detail=str(error))


def _wants_words(request: Request) -> bool:
    """Whether a script or a program asks, to which a page means nothing."""
    return "text/html" not in request.headers.get("accept", "") or bool(request.headers.get("hx-request"))
