"""Keeps pages of others from changing anything here in a parent's name (cross-site request forgery)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse

from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FIELD = "csrf"
"""The field of a form that has the token; scripts send it as `X-CSRF-Token`."""
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_BYTES_OF_STRANGERS = 64 * 2**10
_MOST_BYTES = 40 * 2**20


class OwnFormsOnly:
    """Lets what changes something through only if it comes from a page that was made here for whoever asks.

    The browser tells where a request comes from (`Origin`, `Sec-Fetch-Site`): here or it is refused. And it carries a
    token that is bound to the session, or to a cookie before there is one. What comes to the API with a bearer token
    needs neither: no browser adds one by itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in _UNSAFE:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        is_bearer = request.headers.get("authorization", "").lower().startswith("bearer ")
        if scope["path"].startswith("/api/") and is_bearer:
            await self.app(scope, receive, send)
            return
        if not _is_from_here(request):
            await _refused(403, "This came from a page of somebody else.")(scope, receive, send)
            return
        token = request.headers.get("x-csrf-token", "")
        if not token and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
            most = _MOST_BYTES if visit_of(request).is_parent else _MOST_BYTES_OF_STRANGERS
            body = await _whole_body(request, most)
            if body is None:
                await _refused(413, f"It is too large; {most // 2**10} KiB are taken.")(scope, receive, send)
                return
            receive = _again(body, receive)
            form = await Request(scope, _again(body, receive)).form()
            found = form.get(FIELD)
            token = found if isinstance(found, str) else ""
            await form.close()
        if not visit_of(request).is_form_token(token):
            await _refused(403, "This page is too old, or cookies are off: load it again and repeat what you did.")(
                scope, receive, send
            )
            return
        await self.app(scope, receive, send)


def _is_from_here(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""


async def _whole_body(request: Request, most: int) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, once more; then what the server says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _refused(status: int, line: str) -> PlainTextResponse:
    return PlainTextResponse(line + "\n", status_code=status)
