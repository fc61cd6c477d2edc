"""How much of a whole a response brings."""

import pytest

from geacc_proxy.gateways.mitm.extent import Extent, extent, first_piece


@pytest.mark.parametrize(
    ("status", "content_type", "content_range", "expected"),
    [
        (200, "image/png", b"", Extent.WHOLE),
        (200, "image/png", b"bytes 5-9/10", Extent.WHOLE),
        (206, "image/png", b"bytes 0-9/10", Extent.WHOLE),
        (206, "", b" Bytes 0-9/10 ", Extent.WHOLE),
        (206, "", b"bytes 0-8/10", Extent.BEGINNING),
        (206, "", b"bytes 0-9/*", Extent.BEGINNING),
        (206, "", b"bytes 1-9/10", Extent.MIDDLE),
        (206, "", b"bytes 1-9/*", Extent.MIDDLE),
        (206, "", b"", Extent.BEGINNING),
        (206, "", b"lines 1-9/10", Extent.BEGINNING),
        (206, "", b"bytes 99999999999999999999-1/1", Extent.BEGINNING),
        (206, "multipart/byteranges", b"", Extent.SEVERAL),
    ],
)
def test_the_headers_tell_how_much_came(status: int, content_type: str, content_range: bytes, expected: Extent) -> None:
    assert extent(status, content_type, content_range) is expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            b"--b\r\nContent-Type: Image/PNG; q=1\r\nContent-Range: bytes 0-1/9\r\n\r\nab\r\n--b",
            ("image/png", b"ab\r\n--b"),
        ),
        (b"\r\n--b\r\ncontent-range: bytes 4-5/9\r\n\r\nab", ("", b"ab")),
        (b"--b\ncontent-type:x/y\n\nab", ("x/y", b"ab")),
        (b"--b\r\nContent-Range: bytes 0-1/9\r\n\r\nContent-Type: image/png", ("", b"Content-Type: image/png")),
        (b"\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nab", ("image/png", b"ab")),
        (b"--b\r\nContent-Type: image/png", ("", b"")),
    ],
)
def test_the_first_of_several_pieces_tells_its_type_and_its_bytes(head: bytes, expected: tuple[str, bytes]) -> None:
    assert first_piece(head) == expected
