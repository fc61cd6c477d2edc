"""What origins may say in HTTP/1.1 and mitmproxy does not understand by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow

from geacc_proxy.gateways.mitm import http1

from .live import through

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"


class Addon:
    """Lets every response stream, or be held."""

    judging = 0

    def __init__(self, *, stream: bool) -> None:
        self.stream = stream
        self.seen: list[int] = []
        http1.install()

    def responseheaders(self, flow: HTTPFlow) -> None:
        assert flow.response
        self.seen.append(flow.response.status_code)
        flow.response.stream = self.stream


@pytest.mark.parametrize(
    "pieces",
    [
        [OK],
        [HINTS + OK],
        [HINTS, OK],
        [HINTS[:20], HINTS[20:] + b"HTTP/1.1 102 Processing\r\n\r\nHTT", OK[3:]],
        [b"HTTP/1.0 103\r\n\r\n", b"HTTP/1.1 1", b"02\r\n", b"\r\n" + OK],
        [CHUNKED + b"X-Sum: 1\r\n\r\n"],
        [CHUNKED, b"X-Sum: 1\r\nX-Other: 2\r\n", b"\r\n"],
        [HINTS + CHUNKED + b"\r\n"],
    ],
    ids=range(8),
)
@pytest.mark.parametrize("stream", [True, False])
async def test_the_answer_comes_whole_and_the_connection_is_in_step(
    pieces: list[bytes], tmp_path: Path, *, stream: bool
) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)

    addon = Addon(stream=stream)
    async with through(addon, answer, tmp_path) as client:
        for _ in range(2):
            response = await client.get("/")
            assert (response.status, response.body) == (200, b"ok")
            assert "link" not in response.headers
    assert addon.seen == [200, 200]


async def test_an_origin_that_hints_and_hangs_up_is_a_fault_upstream(tmp_path: Path) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HINTS)
        await writer.drain()
        writer.close()

    async with through(Addon(stream=True), answer, tmp_path) as client:
        assert (await client.get("/")).status == 502


async def test_a_switch_of_protocols_is_no_hint(tmp_path: Path) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhello")

    async with through(Addon(stream=True), answer, tmp_path) as client:
        await client.ask("/", upgrade="echo", connection="upgrade")
        assert (await client.head())[0] == 101
        assert await client.body({"content-length": "5"}) == b"hello"
