"""However the first bytes come, web traffic is seen as such."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.gateways.mitm.patience import may_become_web_traffic

from .doors import MALIGN, Door
from .live import through

REQUEST = b"GET /malign HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "begun", [b"", b"\x16", b"\x16\x03", b"G", b"GET", b"GET ", b"GET /a?b HTT", b"\r\n", b"\r\nGE"]
)
def test_what_could_become_a_request_is_waited_for(begun: bytes) -> None:
    assert may_become_web_traffic(begun)


@pytest.mark.parametrize(
    "other",
    [
        b"\x00",
        b"\x17",
        b"\x16\x04",
        b"\x16\x03\x01",
        b"GET / HTTP/1.1\r\n",
        b"a" * 40,
        b"{\x00",
        b"G /" + b"x" * 20_000,
    ],
)
def test_what_cannot_is_not(other: bytes) -> None:
    assert not may_become_web_traffic(other)


@pytest.mark.parametrize("pieces", [[1], [3], [4], [10], [19], [1, 3, 10, 20]])
@pytest.mark.parametrize("before", [b"", b"\r\n"])
async def test_a_request_in_pieces_is_filtered(pieces: list[int], before: bytes, tmp_path: Path) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: %d\r\n\r\n" % len(MALIGN) + MALIGN)

    async with through(PictureFilter(Door(), 10_000), answer, tmp_path) as client:
        client._writer.write(f"CONNECT {client._origin} HTTP/1.1\r\n\r\n".encode())
        await client._reader.readuntil(b"\r\n\r\n")
        sent = before + REQUEST
        for begin, end in zip([0, *pieces], [*pieces, len(sent)], strict=True):
            client._writer.write(sent[begin:end])
            await client._writer.drain()
            await asyncio.sleep(0.02)
        came = b""
        with contextlib.suppress(TimeoutError):
            while b"\r\n\r\n" not in came and (
                piece := await asyncio.wait_for(client._reader.read(1000), 0.5 if before else 20)
            ):
                came += piece

    assert MALIGN not in came
    assert before or b"image/png" in came


async def test_what_is_no_web_traffic_passes_where_nobody_minds(tmp_path: Path) -> None:
    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00 heard " + head)

    async with through(PictureFilter(Door(), 10_000), answer, tmp_path) as client:
        client._writer.write(f"CONNECT {client._origin} HTTP/1.1\r\n\r\n".encode())
        await client._reader.readuntil(b"\r\n\r\n")
        client._writer.write(b"\x00\x01 no web\r\n\r\n")

        assert await asyncio.wait_for(client._reader.readuntil(b"web"), 20) == b"\x00 heard \x00\x01 no web"
