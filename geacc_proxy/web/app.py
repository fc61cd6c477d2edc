"""The pages that a device at home opens to be set up: what this is, the proxy's address, the certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from geacc_proxy.web.certificate import PublicCertificate
from geacc_proxy.web.hostname import host_name
from geacc_proxy.web.landing import LandingPage
from geacc_proxy.web.middleware import HomeClientsOnly, SecurityHeaders

_STATIC = Path(__file__).parent / "static"
_EVERY_INTERFACE = ("", "0.0.0.0", "::")  # noqa: S104  compared with, not bound


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages tell.

    Attributes:
        proxy_host: the address that the proxy listens on; empty, `0.0.0.0` or `::` for every interface.
        proxy_port: its port.
        certificate_pem: the authority's certificate, without its key.
        certificate_name: its common name, as devices list it.
        model: the model that judges, such as `nsfwjs-mobilenet_v2@4.4.0`.
        strictness: how strictly.
        version: of geacc-proxy.
        is_healthy: whether pictures are being judged at this moment; cheap, called for each request.
    """

    proxy_host: str
    proxy_port: int
    certificate_pem: bytes
    certificate_name: str
    model: str
    strictness: str
    version: str
    is_healthy: Callable[[], bool]


def create_app(site: Site) -> Starlette:
    """Return the application that serves `/`, `/healthz`, `/cert/geacc-proxy-ca.{pem,cer,crt}` and `/static`.

    Raises:
        ValueError: `certificate_pem` holds a private key, or not exactly one certificate.
    """
    certificate = PublicCertificate.from_pem(site.certificate_pem)
    page = LandingPage(
        certificate_name=site.certificate_name,
        fingerprint=certificate.fingerprint,
        model=site.model,
        strictness=site.strictness,
        version=site.version,
    )

    async def landing(request: Request) -> Response:
        text = page.render(proxy_host=_proxy_host(site, request), proxy_port=site.proxy_port, healthy=site.is_healthy())
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    async def healthz(_: Request) -> Response:
        healthy = site.is_healthy()
        return JSONResponse(
            {"status": "ok" if healthy else "unhealthy"},
            status_code=200 if healthy else 503,
            headers={"Cache-Control": "no-store"},
        )

    return Starlette(
        routes=[
            Route("/", landing),
            Route("/healthz", healthz),
            _download("geacc-proxy-ca.pem", certificate.pem, "application/x-pem-file"),
            _download("geacc-proxy-ca.cer", certificate.der, "application/x-x509-ca-cert"),
            _download("geacc-proxy-ca.crt", certificate.der, "application/x-x509-ca-cert"),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(HomeClientsOnly)],
    )


def _download(name: str, body: bytes, media_type: str) -> Route:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}

    async def download(_: Request) -> Response:
        return Response(body, media_type=media_type, headers=headers)

    return Route(f"/cert/{name}", download)


def _proxy_host(site: Site, request: Request) -> str:
    """Return the name that reaches this machine from the device that asks: the one it has just used."""
    asked = host_name(request.headers.get("host", ""))
    if asked is not None:
        return asked
    if site.proxy_host not in _EVERY_INTERFACE:
        return site.proxy_host
    server: tuple[str, int | None] = request.scope["server"]
    return server[0]
