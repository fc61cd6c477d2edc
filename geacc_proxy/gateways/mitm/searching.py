"""Safe search, put into requests on their way."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from geacc_proxy.policy.safesearch import enforce

if TYPE_CHECKING:
    from mitmproxy.http import Request

_FORM = "application/x-www-form-urlencoded"
_A_SEARCH = "/search?q=a&text=a"
"""That no engine takes for a safe one as it is."""


@lru_cache(8192)
def is_engine(host: str) -> bool:
    """Whether something is to be seen to in requests to a host, as `plain_host` gives it."""
    return enforce(host, _A_SEARCH) is not None


def is_form(request: Request) -> bool:
    """Whether what is searched for may be in the body."""
    return request.method == "POST" and request.headers.get("content-type", "").lower().startswith(_FORM)


def make_safe(request: Request, host: str, *, form: bool = False) -> None:
    """Have a search engine leave out what is for adults.

    Args:
        request: changed in place.
        host: whom the server takes itself for.
        form: whether the body is here, and to be looked at.
    """
    cookie = "; ".join(request.headers.get_all("cookie"))
    body = request.get_text(strict=False) if form else None
    change = enforce(host, request.path, cookie=cookie, form=body)
    if change is None:
        return
    request.path = change.target
    for name, value in change.headers:
        request.headers[name] = value
    if change.form is not None and change.form != body:
        for name in ("content-encoding", "transfer-encoding"):
            request.headers.pop(name, None)
        request.text = change.form
