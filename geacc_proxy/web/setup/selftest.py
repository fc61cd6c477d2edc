"""The self-test: a page that the device opens, which says in words whether the filter works there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from geacc_proxy.home.preferences import preferences
from geacc_proxy.onboarding import self_test
from geacc_proxy.onboarding.reach import RESERVED_NAME
from geacc_proxy.policy.profile import Filtering
from geacc_proxy.web.guard import device_of, site_of
from geacc_proxy.web.middleware import content_policy
from geacc_proxy.web.pages import render
from geacc_proxy.web.setup.reaching import reach_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

SECURE = f"https://{RESERVED_NAME}"
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers of what tells nothing and may be asked from any page."""


async def page(request: Request) -> Response:
    """The page."""
    visit = visit_of(request)
    response = render(
        request,
        "setup/self_test.html",
        facts={**self_test.facts(), "data-ping": f"{SECURE}/self-test/ping"},
        through=visit.through_proxy,
        reserved=f"http://{RESERVED_NAME}/self-test",
        reach=reach_of(request),
    )
    response.headers["Content-Security-Policy"] = content_policy(connect=SECURE, images="blob:")
    return response


async def script(_request: Request) -> Response:
    """What the page runs."""
    return Response(self_test.SCRIPT.read_bytes(), media_type="text/javascript")


async def state(request: Request) -> Response:
    """What the filter knows of the device that asks, for the page and for `doctor`."""
    site, through = site_of(request), visit_of(request).through_proxy
    rules = site.home.rules_of(device_of(request))
    return JSONResponse(
        {
            "through_proxy": through,
            "healthy": site.is_healthy(),
            "filtering": rules.filtering is Filtering.HIDE,
            "doh_refused": through and preferences(site.home).doh_closed,
        },
        headers=_OPEN,
    )


async def ping(_request: Request) -> Response:
    """An answer over TLS: whoever gets it trusts the certificate."""
    return Response(b"", status_code=200, media_type="text/plain", headers=_OPEN)


async def malign(_request: Request) -> Response:
    """The harmless picture that must be hidden."""
    return Response(self_test.malign(), media_type="image/png", headers=_OPEN)


async def benign(_request: Request) -> Response:
    """The picture that must be shown."""
    return Response(self_test.benign(), media_type="image/png", headers=_OPEN)
