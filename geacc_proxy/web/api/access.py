"""Who asks: a program with a token, or a parent who is logged in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from geacc_proxy.home import tokens
from geacc_proxy.home.home import Home
from geacc_proxy.home.tokens import Scope
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.site import Site
from geacc_proxy.web.visits import SESSION_COOKIE, visit_of

PARENT = "parent"
_REALM = 'Bearer realm="geacc-proxy"'

# They only describe: a missing one is told of below, in our own words.
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="`geacc-proxy token create NAME --scope read`")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="session",
    description="A parent who is logged in; changes take the form token of the pages as `X-CSRF-Token`, too.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        site: what they ask of.
        who: what the audit trail calls them: `api:NAME` or `parent`.
        token: theirs; None for a parent.
        stands: whether they may still ask, for answers that go on for long.
    """

    site: Site
    who: str
    token: tokens.Token | None = None
    stands: Callable[[], bool] = field(default=lambda: True, repr=False)

    @property
    def home(self) -> Home:
        """The home."""
        return self.site.home

    def may(self, scope: Scope) -> bool:
        """Whether they may do what needs a scope."""
        return self.token is None or self.token.may(scope)


async def caller(
    request: Request, _described: Annotated[object, Security(_bearer)], _too: Annotated[object, Security(_cookie)]
) -> Caller:
    """Find out who asks.

    Raises:
        HTTPException: 401, nobody who may; 429, too many wrong tokens from this address.
    """
    header = request.headers.get("authorization")
    # Where there is a token it alone counts: the check of forms has let the request pass for its sake.
    return _parent(request) if header is None else _program(request, header)


def needs(*scopes: Scope) -> Any:
    """What an operation depends on: a caller who has one of these scopes."""

    async def checked(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if any(found.may(scope) for scope in scopes):
            return found
        wanted = " or ".join(scopes)
        raise HTTPException(
            403,
            f"this token may not do that; it takes the scope {wanted}",
            {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'},  # RFC 6750, 3.1
        )

    return Depends(_named(checked, scopes))


def _named(
    checked: Callable[[Caller], Coroutine[Any, Any, Caller]], scopes: tuple[Scope, ...]
) -> Callable[[Caller], Coroutine[Any, Any, Caller]]:
    checked.__name__ = f"needs_{'_or_'.join(scopes)}"
    return checked


def _parent(request: Request) -> Caller:
    visit = visit_of(request)
    if not visit.is_parent:
        # Without an error code, as nothing was shown that could be wrong (RFC 6750, 3.1).
        raise HTTPException(401, "show a token, or log in first", {"WWW-Authenticate": _REALM})
    sessions, session = request.app.state.sessions, visit.session

    def stands() -> bool:
        if session is None:
            return visit.is_machine and not sessions.has_password
        return any(kept.key == session.key for kept in sessions.all_of())

    return Caller(site_of(request), PARENT, stands=stands)


def _program(request: Request, header: str) -> Caller:
    site, throttle, address = site_of(request), request.app.state.throttle, visit_of(request).address
    wait = throttle.wait(address)
    if wait:
        raise HTTPException(429, f"too many wrong tokens; wait {wait} seconds", {"Retry-After": str(wait)})
    scheme, _, secret = header.partition(" ")
    found = tokens.find(site.home, secret.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        throttle.failed(address)
        raise HTTPException(
            401, "the token is none, or no longer good", {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
        )
    throttle.succeeded(address)
    return Caller(site, f"api:{found.name}", found, lambda: tokens.find(site.home, secret.strip()) is not None)
