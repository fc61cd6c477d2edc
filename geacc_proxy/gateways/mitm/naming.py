"""Which sites a request is about: what is certain, and what the client says beside it.

A client may name a site in four places: the target of the request or of CONNECT, the TLS hello, the `Host` header (or
`:authority`), and the address in the request line. The server is certain of what it was connected to by name, or of
what its certificate was checked for. The rest is only said: all of it must be open, and none of it makes a site
trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.gateways.mitm.hosts import plain_host

if TYPE_CHECKING:
    from mitmproxy.http import Request

    from geacc_proxy.gateways.mitm.recognition import Line


@dataclass(frozen=True, slots=True)
class Named:
    """The sites of a request, each as `plain_host` gives it.

    Attributes:
        site: where the bytes come from; empty where that is not certain.
        asked: whom the server takes itself for: what `Host` says.
        hosts: all that are named, the most certain first; each must be open.
    """

    site: str
    asked: str
    hosts: tuple[str, ...]


def named(request: Request, headers: dict[bytes, bytes], line: Line) -> Named | None:
    """Read them, and make the request name one site only where it must.

    Args:
        request: an absolute address in it, and a `Host` that is another one's, are put right as RFC 9112, 3.2.2 asks
            of a proxy.
        headers: of the request, by lower-case name.
        line: that it came over.

    Returns:
        The names; None where a name is none, or there are two `Host` headers.
    """
    target = plain_host(request.host)
    header = _said(request, headers, target)
    said = plain_host(header) if header else target
    if not target or not said:
        return None
    if request.scheme == "https":
        return _encrypted(target, said, line.client.sni)
    if said == target:
        return Named(target, target, (target,))
    if line.explicit:
        request.host_header = _with_port(request)
        return Named(target, target, (target,))
    return Named("", said, (target, said))


def of_connection(host: str, sni: str | None) -> str:
    """The most certain name of a connection: what its certificate is checked for, or whom it goes to."""
    return plain_host(sni) if sni else plain_host(host)


def _encrypted(target: str, said: str, sni: str | None) -> Named | None:
    checked = plain_host(sni) if sni else target
    if not checked:
        return None
    if checked == said == target:
        return Named(checked, said, (checked,))
    hosts = dict.fromkeys((checked, said, target))
    return Named(checked if said == checked else "", said, tuple(hosts))


def _said(request: Request, headers: dict[bytes, bytes], target: str) -> str:
    """What the client says that the host is; a comma, which no host has, where it says two."""
    header = headers.get(b"host", b"")
    if header and len(headers) < len(request.headers.fields) and len(request.headers.get_all("host")) > 1:
        return ","
    authority = request.authority
    if not authority:
        return header.decode("latin-1")
    if request.is_http2 or request.is_http3:
        if header:
            del request.headers["host"]
        return authority
    if plain_host(authority) != target:
        request.authority = ""
    return header.decode("latin-1")


def _with_port(request: Request) -> str:
    host = f"[{request.host}]" if ":" in request.host else request.host
    return host if request.port == (443 if request.scheme == "https" else 80) else f"{host}:{request.port}"
