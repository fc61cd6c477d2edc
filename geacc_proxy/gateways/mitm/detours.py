"""Requests that would lead round the filter: names looked up over HTTPS, and relays."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from geacc_proxy.policy.bypass import is_doh, is_relay
from geacc_proxy.policy.profile import Filtering

if TYPE_CHECKING:
    from geacc_proxy.policy.house import Rules


def detour(rules: Rules, host: str, path: str, headers: dict[bytes, bytes]) -> str:
    """Which way round a request would take, `doh` or `relay`; empty where it takes none, or may.

    Args:
        rules: of who asks; where nothing is filtered, there is nothing to go round, and a site that a parent has
            allowed is allowed.
        host: whom the server takes itself for.
        path: of the request, with its query.
        headers: of the request, by lower-case name.
    """
    if rules.filtering is Filtering.OFF:
        return ""
    accept, kind = headers.get(b"accept", b""), headers.get(b"content-type", b"")
    found = _by_host(host)
    # Of nearly every request this is all that is looked at.
    if not found and ("%" in path or "dns" in path.lower() or b"dns" in accept.lower() or b"dns" in kind.lower()):
        is_query = is_doh(host, path, kind.decode("latin-1"), accept.decode("latin-1"))
        found = "doh" if is_query else ""
    if not found:
        return ""
    answer = rules.profile.sites.answer(host)
    return "" if answer is not None and not answer.blocked else found


@lru_cache(8192)
def _by_host(host: str) -> str:
    if is_relay(host):
        return "relay"
    return "doh" if is_doh(host, "/") else ""
