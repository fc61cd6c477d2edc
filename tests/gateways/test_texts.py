"""Texts go on as they come; the pictures inside them are judged first."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import brotli
import pytest

from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.gateways.mitm.texts import charset_of, looks_like_text
from geacc_proxy.verdict import Reason

from .doors import BENIGN, MALIGN, Door
from .live import through

CAP = 1_000_000


def data_url(picture: bytes) -> bytes:
    return b"data:image/gif;base64," + base64.b64encode(picture)


def page(picture: bytes) -> bytes:
    return b'<!doctype html><title>Page</title><p>Before</p><img src="%s"><p>After</p>' % data_url(picture)


def answering(body: bytes, *lines: str, framing: str = "length") -> Callable[..., Awaitable[None]]:
    """An origin that answers everything with `body`."""

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        head = ["HTTP/1.1 200 OK", *lines]
        if framing == "length":
            writer.write("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body)
        elif framing == "chunked":
            writer.write("\r\n".join([*head, "Transfer-Encoding: chunked", "", ""]).encode())
            for at in range(0, len(body), 50):
                writer.write(b"%x\r\n%s\r\n" % (len(body[at : at + 50]), body[at : at + 50]))
                await writer.drain()
                await asyncio.sleep(0.001)
            writer.write(b"0\r\n\r\n")
        else:
            writer.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)
            await writer.drain()
            writer.close()

    return answer


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("encoding", ["", "gzip", "br", "gzip, br"])
async def test_a_malign_picture_inside_a_page_is_replaced_in_place(framing: str, encoding: str, tmp_path: Path) -> None:
    encode: Callable[[bytes], bytes] = {
        "": bytes,
        "gzip": gzip.compress,
        "br": brotli.compress,
        "gzip, br": lambda body: brotli.compress(gzip.compress(body)),
    }[encoding]
    door = Door()
    lines = ["Content-Type: text/html; charset=utf-8"] + ([f"Content-Encoding: {encoding}"] if encoding else [])
    answer = answering(encode(page(MALIGN)), *lines, framing=framing)
    async with through(PictureFilter(door, CAP), answer, tmp_path) as client:
        came = await client.get("/")
    assert "content-encoding" not in came.headers
    assert base64.b64encode(MALIGN) not in came.body
    assert came.body.startswith(b'<!doctype html><title>Page</title><p>Before</p><img src="data:image/png;base64,iVBOR')
    assert came.body.endswith(b'"><p>After</p>')
    [(judgement, context)] = door.told
    assert judgement.decision.reason is Reason.MALIGN
    assert context.url.endswith("/")
    assert context.content_type == "image/gif"


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_text_without_malign_pictures_comes_as_it_was(framing: str, tmp_path: Path) -> None:
    body = page(BENIGN) * 3 + b"\xff\x00\xfe no charset at all data: data:image/png;base64"
    answer = answering(body, "Content-Type: text/html", 'ETag: "1"', framing=framing)
    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        assert (await client.get("/")).body == body


async def test_a_short_text_without_pictures_keeps_even_its_encoding(tmp_path: Path) -> None:
    packed = gzip.compress(b"body { background: url(/picture.png) }" * 20)
    answer = answering(packed, "Content-Type: text/css", "Content-Encoding: gzip")
    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        came = await client.get("/style.css")
    assert came.body == packed
    assert came.headers["content-encoding"] == "gzip"
    assert came.headers["content-length"] == str(len(packed))


async def test_the_beginning_of_a_page_does_not_wait_for_its_end(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        for text in (b"<!doctype html><title>A page that comes slowly</title>", page(MALIGN)):
            writer.write(b"%x\r\n%s\r\n" % (len(text), text))
            await writer.drain()
            await go_on.wait()
        writer.write(b"0\r\n\r\n")

    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        await client.ask("/")
        _, headers = await client.head()
        assert await client.chunk() == b"<!doctype html><title>A page that comes slowly</title>"
        go_on.set()
        rest = await client.body(headers)
    assert b"After" in rest
    assert base64.b64encode(MALIGN) not in rest


async def test_events_of_a_server_pass_one_by_one(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        await go_on.wait()
        for picture in (BENIGN, MALIGN):
            event = b"data: %s\n\n" % json.dumps({"src": data_url(picture).decode()}).encode()
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
        await asyncio.Event().wait()

    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        await client.ask("/")
        status, _ = await client.head()  # before the first event
        assert status == 200
        go_on.set()
        events = b""
        while events.count(b"\n\n") < 2:
            events += await client.chunk()
    first, second, _ = events.split(b"\n\n")
    assert base64.b64encode(BENIGN) in first
    assert json.loads(second.removeprefix(b"data: "))["src"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/css", "text/javascript", "application/javascript", "text/plain", "", "application/x-y"],
)
async def test_a_text_is_looked_through_whatever_it_is_called(content_type: str, tmp_path: Path) -> None:
    body = json.dumps({"name": "a picture", "picture": data_url(MALIGN).decode(), "more": "text"}).encode()
    lines = [f"Content-Type: {content_type}"] if content_type else []
    async with through(PictureFilter(Door(), CAP), answering(body, *lines), tmp_path) as client:
        came = json.loads((await client.get("/api")).body)
    assert came["picture"].startswith("data:image/png;base64,")
    assert (came["name"], came["more"]) == ("a picture", "text")


async def test_what_is_no_text_streams(tmp_path: Path) -> None:
    body = bytes(range(256)) * 40 + data_url(MALIGN)
    answer = answering(body, "Content-Type: application/octet-stream")
    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        assert (await client.get("/download")).body == body


async def test_a_picture_that_is_called_a_page_is_judged_as_a_picture(tmp_path: Path) -> None:
    answer = answering(MALIGN, "Content-Type: text/html")
    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        came = await client.get("/")
    assert came.headers["content-type"] == "image/png"
    assert MALIGN not in came.body


async def test_a_picture_behind_an_encoding_that_trickles_is_judged(tmp_path: Path) -> None:
    packed = gzip.compress(MALIGN + bytes(500))

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(len(packed)):
            writer.write(b"1\r\n%s\r\n" % packed[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0.001)
        writer.write(b"0\r\n\r\n")

    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        assert (await client.get("/")).headers["content-type"] == "image/png"


async def test_a_page_that_inflates_without_end_is_cut_off_and_told(tmp_path: Path) -> None:
    door = Door()
    bomb = gzip.compress(b"<html>" + bytes(80_000_000))
    answer = answering(bomb, "Content-Type: text/html", "Content-Encoding: gzip")
    async with through(PictureFilter(door, CAP), answer, tmp_path) as client:
        came = await client.get("/")
    assert len(came.body) < 40_000_000
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.TOO_LARGE]


async def test_parts_of_a_camera_are_judged_one_by_one(tmp_path: Path) -> None:
    parts = [b"--f\r\nContent-Type: image/gif\r\n\r\n%s\r\n" % picture for picture in (BENIGN, MALIGN, BENIGN)]
    answer = answering(b"".join(parts) + b"--f--\r\n", "Content-Type: multipart/x-mixed-replace; boundary=f")
    async with through(PictureFilter(Door(), CAP), answer, tmp_path) as client:
        came = await client.get("/camera", Sec_Fetch_Dest="image")
    assert came.body.count(BENIGN) == 2
    assert MALIGN not in came.body


@pytest.mark.parametrize(
    ("header", "charset"),
    [("text/html", ""), ("text/html; charset=UTF-16LE", "utf-16le"), ('text/html;a=b; Charset = "big5"', "big5")],
)
def test_the_charset_is_read_from_the_type(header: str, charset: str) -> None:
    assert charset_of(header) == charset


def test_text_is_told_from_bytes() -> None:
    assert looks_like_text(b"<!doctype html>\n")
    assert looks_like_text("größer".encode())
    assert looks_like_text("<p>".encode("utf-16"))
    assert not looks_like_text(b"\x00\x01binary")
    assert not looks_like_text(b"PK\x03\x04")


async def test_a_text_that_only_keeps_the_proxy_busy_is_cut_off_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geacc_proxy.gateways.mitm.texts.MOST_SECONDS", 0.0)
    door = Door()
    body = b"<p>words</p>" * 100_000
    answer = answering(body, "Content-Type: text/html")
    async with through(PictureFilter(door, CAP), answer, tmp_path) as client:
        came = await client.get("/")
    assert 0 < len(came.body) < len(body)
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.TOO_LARGE]
