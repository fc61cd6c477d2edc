"""Who asks, in which language: found once for each request, before any page is made."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.home.preferences import preferences
from geacc_proxy.web.hostname import host_name, is_own_name
from geacc_proxy.web.i18n import Language, Languages, speaking

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geacc_proxy.web.sessions import Session, Sessions
    from geacc_proxy.web.site import Site

SESSION_COOKIE = "geacc_session"
FORM_COOKIE = "geacc_form"
_SCOPE_KEY = "geacc.visit"
_SIX_MONTHS = 180 * 24 * 3600


@dataclass(slots=True)
class Visit:
    """One request's asker.

    Attributes:
        address: of the device that asks, without `::ffff:`; of the one behind the proxy where it came that way.
        through_proxy: whether it came through the proxy. It is a device's request then, wherever it comes from.
        session: of the parent who is logged in.
        has_password: whether one is set.
        secret: what the tokens of forms are made from; the session's own where there is one.
        wants_cookie: whether a form was made for somebody who has no cookie yet.
        has_cookie: whether the browser has shown the one that `secret` is of.
        by_own_name: whether the browser calls this machine by an address, `localhost` or its own name. By any other it
            could be made to believe that a page from elsewhere is ours.
    """

    address: str
    through_proxy: bool
    session: Session | None
    has_password: bool
    secret: str = field(repr=False)
    wants_cookie: bool = False
    has_cookie: bool = False
    by_own_name: bool = False

    @property
    def is_machine(self) -> bool:
        """Whether it comes from the machine that the proxy runs on."""
        return not self.through_proxy and self.by_own_name and _is_loopback(self.address)

    @property
    def is_parent(self) -> bool:
        """Whether all may be seen and changed: after the password, or from the machine itself while there is none."""
        return self.session is not None or (not self.has_password and self.is_machine)

    @property
    def form_token(self) -> str:
        """What forms carry, bound to the session or, without one, to a cookie."""
        return token_for_forms(self.secret)

    def is_form_token(self, given: str) -> bool:
        """Whether a form has come from a page that was made for this asker."""
        return self.has_cookie and hmac.compare_digest(self.form_token.encode(), given.encode())


def token_for_forms(secret: str) -> str:
    """What forms carry, made of a session's token or of the cookie that stands in for one."""
    return hmac.new(secret.encode(), b"geacc form", hashlib.sha256).hexdigest()


def visit_of(request: HTTPConnection) -> Visit:
    """Who asks."""
    visit: Visit = request.scope[_SCOPE_KEY]
    return visit


def log_in(response: Response, request: Request, token: str, *, stays: bool) -> None:
    """Have the browser keep a session's token."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=30 * 24 * 3600 if stays else None,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def log_out(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")


class Visits:
    """Puts a `Visit` into the scope, and speaks the asker's language while the answer is made."""

    def __init__(self, app: ASGIApp, site: Site, sessions: Sessions, languages: Languages) -> None:
        self.app = app
        self._site = site
        self._sessions = sessions
        self._languages = languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        visit = self._visit(request)
        scope[_SCOPE_KEY] = visit
        if visit.session is not None:
            with contextlib.suppress(GeaccError):  # a log that cannot be written ends no session
                await self._sessions.note(visit.session)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visit.wants_cookie:
                cookie = Response()
                cookie.set_cookie(
                    FORM_COOKIE,
                    visit.secret,
                    max_age=_SIX_MONTHS,
                    httponly=True,
                    samesite="strict",
                    secure=request.url.scheme == "https",
                )
                MutableHeaders(scope=message).append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        with speaking(await self._language(request)):
            await self.app(scope, receive, send_with_cookie)

    def _visit(self, request: Request) -> Visit:
        client = request.client
        behind = None if client is None else self._site.through((client.host, client.port))
        token = request.cookies.get(SESSION_COOKIE, "")
        session = self._sessions.find(token)
        form_cookie = request.cookies.get(FORM_COOKIE, "")
        secret = token if session is not None else form_cookie
        return Visit(
            address=plain_address(behind or ("" if client is None else client.host)),
            through_proxy=behind is not None,
            session=session,
            has_password=self._sessions.has_password,
            secret=secret if len(secret) >= 32 else secrets.token_urlsafe(32),
            has_cookie=len(secret) >= 32,
            by_own_name=is_own_name(host_name(request.headers.get("host", "")) or ""),
        )

    async def _language(self, request: Request) -> Language:
        accepted = request.headers.get("accept-language", "")
        code = self._languages.choose(preferences(self._site.home).language, accepted)
        if self._languages.is_read(code):
            found = self._languages.get(code)
        else:
            found = await run_in_threadpool(self._languages.get, code)
        locale = self._languages.locale(code, accepted)
        return Language(locale, found.texts, self._site.home.house.zone)


def plain_address(address: str) -> str:
    """An address without the zone and without `::ffff:`; what is none, as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
