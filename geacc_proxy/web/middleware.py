"""What every answer has in common: who may ask, by which name, and what the browser may do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from geacc_proxy.web.hostname import host_name, is_own_name

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_policy(connect: str = "", images: str = "") -> str:
    """The content security policy: nothing but from here, no script and no style within a page.

    Args:
        connect: a further origin that scripts of the page may ask.
        images: a further origin that the page may show pictures of.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src {' '.join(filter(None, ("'self' data:", images)))}; "
        f"connect-src {' '.join(filter(None, ("'self'", connect)))}; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


SECURITY_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would send `Origin: null` with our own forms, and the check of the origin be blind.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""On every answer that does not say otherwise."""

_SAFE_NAMES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
_OPEN_TO_ANY_NAME = ("/healthz", "/proxy.pac", "/wpad.dat")


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if _is_trustworthy(scope):  # elsewhere browsers pass over it, and complain
                    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class HomeClientsOnly:
    """Refuses clients from the open internet with 403, as the proxy itself does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not _is_at_home(scope.get("client")):
            refusal = PlainTextResponse(
                "These pages are for devices at home. At home, use the private (IPv4) address of this machine.\n",
                status_code=403,
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


class KnownNamesOnly:
    """Refuses requests by a name that is not this machine's with 421.

    Otherwise a page from outside could have its own name lead here ("DNS rebinding") and read what these pages say. No
    stranger owns an address, or a name in a zone that is kept for homes. What any device may have, such as the PAC
    file by the name `wpad`, is told by any name.
    """

    def __init__(self, app: ASGIApp, allowed: Callable[[], Iterable[str]]) -> None:
        """Set it up.

        Args:
            app: what is behind it.
            allowed: further names that a parent allows; called for each request with a name that is not known.
        """
        self.app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not self._is_known(scope):
            refusal = PlainTextResponse(
                "This machine does not answer to that name: use its address, or allow the name in the settings.\n",
                status_code=421,
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path in _OPEN_TO_ANY_NAME or path.startswith("/cert/"):
            return True
        name = host_name(Headers(scope=scope).get("host", ""))
        if name is None:
            return False
        name = name.lower().removesuffix(".")
        return is_own_name(name) or name.endswith(_SAFE_NAMES) or name in self._allowed()


def _is_trustworthy(scope: Scope) -> bool:
    """Whether the browser takes the connection for a safe one (https://w3c.github.io/webappsec-secure-contexts/)."""
    name = host_name(Headers(scope=scope).get("host", "")) or ""
    return scope["scheme"] == "https" or name in ("localhost", "127.0.0.1", "::1")


def _is_at_home(client: tuple[str, int] | None) -> bool:
    """Whether the peer's address is loopback, private or link-local; an unknown one is not."""
    if client is None:
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global
