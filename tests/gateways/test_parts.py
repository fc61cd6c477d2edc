"""Of a body of several parts, each is judged on its own, as it comes."""

from __future__ import annotations

import base64
import gzip

import pytest

from geacc_proxy.gateways.mitm.parts import PartsPassage, boundary_of
from geacc_proxy.gateways.mitm.passage import settle
from geacc_proxy.gateways.mitm.unpacking import Unpacker
from geacc_proxy.images.embedded import TextLimits
from geacc_proxy.verdict import Context, Reason

from .doors import BENIGN, MALIGN, Door

PNG = b"\x89PNG\r\n\x1a\n"


def part(body: bytes, content_type: bytes = b"image/gif", *, length: bool = True) -> bytes:
    declared = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"--frame\r\nContent-Type: %s\r\n%s\r\n%s\r\n" % (content_type, declared, body)


async def passed(
    body: bytes, size: int = 10**9, cap: int = 10_000, unpacker: Unpacker | None = None
) -> tuple[bytes, Door]:
    door = Door()
    parts = PartsPassage(door, Context(url="http://camera.test/"), TextLimits(), b"--frame", cap, unpacker)
    out = b""
    for at in range(0, len(body), size):
        pieces = parts.feed(body[at : at + size])
        await settle(pieces)
        out += b"".join(pieces)  # type: ignore[arg-type]
    pieces = parts.close()
    await settle(pieces)
    return out + b"".join(pieces), door  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"--frame"),
        ('multipart/x-mixed-replace;BOUNDARY="a b"; x=y', b"--a b"),
        ("multipart/x-mixed-replace; boundary=--frame", b"--frame"),
        ("multipart/x-mixed-replace", b""),
    ],
)
def test_the_boundary_is_read_from_the_type(header: str, boundary: bytes) -> None:
    assert boundary_of(header) == boundary


@pytest.mark.parametrize("size", [1, 7, 64, 10**9])
@pytest.mark.parametrize("length", [True, False])
async def test_parts_that_may_be_shown_pass_byte_for_byte(size: int, length: bool) -> None:
    body = b"preamble\r\n" + part(BENIGN, length=length) * 3 + part(b"<p>text</p>", b"text/html") + b"--frame--\r\n"
    out, door = await passed(body, size)
    assert out == body
    assert door.told == []


@pytest.mark.parametrize("size", [1, 7, 64, 10**9])
@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("content_type", [b"image/gif", b"application/octet-stream", b"text/plain"])
async def test_a_malign_part_is_replaced_and_its_neighbours_are_not(
    size: int, length: bool, content_type: bytes
) -> None:
    first, last = part(BENIGN, length=length), part(BENIGN + b"2", length=length)
    out, door = await passed(first + part(MALIGN, content_type, length=length) + last + b"--frame--\r\n", size)
    assert MALIGN not in out
    assert out.startswith(first)
    assert out.endswith(last + b"--frame--\r\n")
    assert b"Content-Type: image/png\r\n" in out
    head, _, rest = out[len(first) :].lstrip(b"\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"--frame\r\n")
    assert rest.startswith(PNG)
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.MALIGN]


async def test_a_part_goes_on_as_soon_as_its_declared_length_is_there() -> None:
    parts = PartsPassage(Door(), Context(), TextLimits(), b"--frame", 10_000)
    pieces = parts.feed(part(BENIGN).removesuffix(b"\r\n"))
    await settle(pieces)
    assert BENIGN in b"".join(pieces)  # type: ignore[arg-type]


async def test_a_picture_inside_a_text_part_is_replaced() -> None:
    text = b'<img src="data:image/gif;base64,' + base64.b64encode(MALIGN) + b'">'
    out, door = await passed(part(text, b"text/html") + b"--frame--")
    assert base64.b64encode(MALIGN) not in out
    assert b'<img src="data:image/png;base64,' in out
    assert len(door.told) == 1


async def test_a_part_beyond_the_cap_is_left_out_and_the_next_is_judged() -> None:
    body = part(BENIGN * 1000, length=False) + part(BENIGN) + part(MALIGN) + b"--frame--"
    for size in (100, 1000):
        out, door = await passed(body, size, cap=2_000)
        assert len(out) < 20_000
        assert BENIGN * 50 not in out
        assert MALIGN not in out
        failures = [judgement.decision.reason for judgement, _ in door.told]
        assert failures == [Reason.TOO_LARGE, Reason.MALIGN]


async def test_an_encoded_body_is_undone_first() -> None:
    out, _ = await passed(gzip.compress(part(MALIGN) + part(BENIGN) + b"--frame--"), 10, unpacker=Unpacker("gzip"))
    assert MALIGN not in out
    assert BENIGN in out
