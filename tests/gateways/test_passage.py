"""A body that changes while it passes, by work that takes time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow

from geacc_proxy.gateways.mitm import passage
from geacc_proxy.gateways.mitm.passage import Piece
from geacc_proxy.gateways.mitm.rewriting import rewrite_stream

from .live import through


class Shouting:
    """Turns a body into capitals; every `?` takes a while to become `!`."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.failing = False

    def feed(self, chunk: bytes) -> list[Piece]:
        if b"#" in chunk:
            raise ValueError("no such letter")
        letters = chunk.upper().decode()
        return [asyncio.ensure_future(self._answer()) if letter == "?" else letter.encode() for letter in letters]

    def close(self) -> list[Piece]:
        return [b"END"]

    async def _answer(self) -> bytes:
        await self.answered.wait()
        if self.failing:
            raise RuntimeError("no answer")
        return b"!"


class Addon:
    """Sends every response through one passage."""

    judging = 0

    def __init__(self) -> None:
        self.shouting = Shouting()

    def responseheaders(self, flow: HTTPFlow) -> None:
        passage.install()
        assert flow.response
        rewrite_stream(flow.request, flow.response)
        passage.pass_through(flow, self.shouting)

    async def geacc_pieces(self, pieces: list[Piece]) -> None:
        await passage.settle(pieces)


async def slow_answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.write(b"4\r\nwhy?\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.write(b"2\r\nok\r\n0\r\n\r\n")


async def test_what_is_known_goes_on_and_what_is_not_is_waited_for_in_order(tmp_path: Path) -> None:
    addon = Addon()
    async with through(addon, slow_answer, tmp_path) as client:
        await client.ask("/")
        _, headers = await client.head()
        assert headers["transfer-encoding"] == "chunked"
        assert await client.chunk() == b"ABC"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting := asyncio.ensure_future(client.chunk())), 0.6)
        addon.shouting.answered.set()
        assert await waiting == b"WHY!"
        assert await client.body(headers) == b"OKEND"
        assert (await client.get("/again")).body == b"ABCWHY!OKEND"  # the connection is in step


async def test_a_piece_that_fails_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    addon = Addon()
    addon.shouting.failing = True
    addon.shouting.answered.set()
    async with through(addon, slow_answer, tmp_path) as client:
        assert (await client.get("/")).body == b"ABCWHYOKEND"
    assert "left out" in caplog.text


async def test_after_a_fault_nothing_more_passes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.write(b"3\r\n#de\r\n3\r\nfgh\r\n0\r\n\r\n")

    async with through(Addon(), answer, tmp_path) as client:
        assert (await client.get("/")).body == b"ABC"
        assert "Looking through a body failed" in caplog.text
