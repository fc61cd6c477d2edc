"""A web site whose pictures and pages may be kept, and that knows what it was asked: HTTPS, HTTP/2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from hypercorn.config import Config

from .origin import listening, served

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Item:
    """What is kept at a path.

    Attributes:
        body: the bytes.
        content_type: as declared.
        headers: of caching, by lower-case name; with an `etag` or a `last-modified` the item can be asked about.
        hint: a `Link` that is sent before the answer (103 Early Hints); empty for none.
    """

    body: bytes
    content_type: str
    headers: Mapping[str, str]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what became of it."""

    path: str
    headers: Mapping[str, str]
    status: int


@dataclass
class CachingOrigin:
    """The running site.

    Attributes:
        url: its address, without a slash at the end.
        ca_file: certificate of the authority that vouches for it, PEM.
        items: what it has, by path; may be changed while it runs.
        asked: what it was asked so far.
    """

    url: str
    ca_file: Path
    items: dict[str, Item] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def statuses(self, path: str) -> list[int]:
        """How the path was answered since the last call; forgotten then."""
        came = [request.status for request in self.asked if request.path == path]
        self.asked = [request for request in self.asked if request.path != path]
        return came

    async def app(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return
        asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        item = self.items.get(scope["path"])
        status = 404 if item is None else 304 if _has(item, asked) else 200
        self.asked.append(Asked(scope["path"], asked, status))
        body = item.body if item is not None and status == 200 else b""
        headers = dict(item.headers) if item is not None else {"cache-control": "no-store"}
        if status != 304:
            headers |= {"content-length": str(len(body)), "content-type": item.content_type if item else "text/plain"}
        if item is not None and item.hint:
            await send({"type": "http.response.early_hint", "links": [item.hint.encode()]})
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _has(item: Item, asked: Mapping[str, str]) -> bool:
    if "if-none-match" in asked:
        return asked["if-none-match"] == item.headers.get("etag")
    return "last-modified" in item.headers and asked.get("if-modified-since") == item.headers["last-modified"]


@contextmanager
def running_caching_origin(directory: Path) -> Iterator[CachingOrigin]:
    """Serve at `https://localhost:PORT` until the block ends."""
    authority = trustme.CA()
    ca_file, leaf_file = directory / "origin-ca.pem", directory / "origin.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(leaf_file))
    listener = listening()
    origin = CachingOrigin(f"https://localhost:{listener.getsockname()[1]}", ca_file)
    config = Config()
    config.certfile = config.keyfile = str(leaf_file)
    config.alpn_protocols = ["h2"]
    with served(origin.app, config, listener):
        yield origin
