"""A second web site on 127.0.0.1, for `texts`: long pages, and pages with thumbnails in them or beside them.

`/plain/NUMBER` and `/gzip/NUMBER` are a page of 200 KB without pictures, `/embedded/NUMBER` one with thumbnails inside,
`/linked/NUMBER` the same with their addresses instead, `/thumbnail/NUMBER` one of these.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import json
import random
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from benchmarks import samples
from benchmarks.origin import Origin

PAGE_BYTES = 200_000
THUMBNAILS = 30
SIDE = 180
"""Of a thumbnail, pixels: about 8 KB as JPEG."""


@functools.cache
def page() -> str:
    """HTML of `PAGE_BYTES` as pages have it: markup, addresses, words, some script."""
    source = random.Random("page")
    words = ("the", "of", "and", "to", "in", "is", "you", "that", "it", "he", "was", "for", "on", "with", "his", "they")
    parts = ['<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title></head><body>']
    size = 0
    while size < PAGE_BYTES:
        text = " ".join(source.choice(words) for _ in range(source.randrange(8, 40)))
        number = source.randrange(10**6)
        parts.append(
            source.choice(
                [
                    f'<p class="text c{number % 40}">{text}</p>\n',
                    f'<a href="/articles/{number}?from=home&amp;id={number}" data-id="{number}">{text}</a>\n',
                    f'<div id="d{number}" style="margin:0 auto;width:{number % 900}px"><span>{text}</span></div>\n',
                    f'<li><img src="/pictures/{number}.jpg" alt="{text[:30]}" width="120" height="90"></li>\n',
                    f'<script>window.state.push({{"id":{number},"title":"{text[:60]}","data":null}})</script>\n',
                ]
            )
        )
        size += len(parts[-1])
    return "".join(parts)[:PAGE_BYTES]


@functools.cache
def zipped() -> bytes:
    """The page as servers send it."""
    return gzip.compress(page().encode(), 6)


def thumbnail(number: int) -> bytes:
    """A JPEG with bytes of its own."""
    return samples.numbered_photo(number, SIDE)


def _gallery(addresses: list[str]) -> bytes:
    figures = "".join(f'<figure><img src="{address}" width="180" height="180"></figure>\n' for address in addresses)
    return f"<!doctype html><title>Gallery</title>{page()[:20_000]}{figures}".encode()


def _numbers(number: int) -> range:
    return range(number * THUMBNAILS, (number + 1) * THUMBNAILS)


def answer(path: str) -> tuple[str, bytes]:
    """More headers, and the body."""
    html = "Content-Type: text/html; charset=utf-8\r\n"
    match path.split("/")[1:]:
        case ["plain", _]:
            return html, page().encode()
        case ["gzip", _]:
            return f"{html}Content-Encoding: gzip\r\n", zipped()
        case ["embedded", number]:
            bodies = [b64encode(thumbnail(each)).decode() for each in _numbers(int(number))]
            return html, _gallery([f"data:image/jpeg;base64,{body}" for body in bodies])
        case ["linked", number]:
            return html, _gallery([f"/thumbnail/{each}" for each in _numbers(int(number))])
        case ["thumbnail", number]:
            return "Content-Type: image/jpeg\r\n", thumbnail(int(number))
        case _:
            raise ValueError(path)


@contextmanager
def running_pages(directory: Path) -> Iterator[Origin]:
    """Serve until the block ends."""
    ca_file = directory / "pages-ca.pem"
    command = [sys.executable, "-m", "benchmarks.pages", str(ca_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Origin(json.loads(process.stdout.readline())["port"], ca_file)
        finally:
            process.terminate()


async def _serve(ca_file: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                headers, body = answer(request.split(b" ", 2)[1].decode())
                writer.write(f"HTTP/1.1 200 OK\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    zipped()
    for scene in range(samples.SCENES):  # drawing them must not fall into a measurement
        thumbnail(scene)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
