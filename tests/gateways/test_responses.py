"""What happens to a response once its headers are here."""

import pytest
from mitmproxy.http import Headers

from geacc_proxy.gateways.mitm.requests import Intent, folded
from geacc_proxy.gateways.mitm.responses import Arrival, Plan, after_peek, arrival, is_text, plan

CAP = 1000


@pytest.mark.parametrize(
    ("intent", "status", "type_", "length", "expected"),
    [
        (Intent.PICTURE, 200, "image/jpeg", "10", Plan.HOLD),
        (Intent.PICTURE, 200, "text/html", "10", Plan.HOLD),
        (Intent.PICTURE, 404, "text/html", "10", Plan.HOLD),
        (Intent.PICTURE, 200, None, None, Plan.HOLD),
        (Intent.BLIND, 200, "image/png", "10", Plan.HOLD),
        (Intent.OPEN, 200, "IMAGE/PNG; charset=x", "10", Plan.HOLD),
        (Intent.OPEN, 200, "text/html", "10", Plan.PEEK),
        (Intent.BLIND, 200, "video/mp4", "10", Plan.PEEK),
        (Intent.BLIND, 200, "font/woff2", "10", Plan.PEEK),
        (Intent.OPEN, 200, None, "10", Plan.PEEK),
        (Intent.OPEN, 200, "application/octet-stream", "10", Plan.PEEK),
        (Intent.OPEN, 200, "application/octet-stream", "1000000000", Plan.PEEK),
        (Intent.OPEN, 200, "text/event-stream", None, Plan.STREAM),
        (Intent.OPEN, 200, "application/grpc-web+proto", None, Plan.STREAM),
        (Intent.OPEN, 200, "multipart/x-mixed-replace", None, Plan.STREAM),
        (Intent.PICTURE, 200, "multipart/x-mixed-replace", None, Plan.HOLD),
        (Intent.OPEN, 206, "image/png", "10", Plan.PARTIAL),
        (Intent.PICTURE, 200, "image/png", "1001", Plan.TOO_LARGE),
        (Intent.PICTURE, 200, "image/png", "0", Plan.STREAM),
        (Intent.PICTURE, 200, "image/png", "lies", Plan.HOLD),
        (Intent.PICTURE, 304, "image/png", None, Plan.STREAM),
        (Intent.PICTURE, 204, "image/png", None, Plan.STREAM),
        (Intent.PICTURE, 103, None, None, Plan.STREAM),
    ],
)
def test_the_plan(intent: Intent, status: int, type_: str | None, length: str | None, expected: Plan) -> None:
    headers = Headers()
    if type_ is not None:
        headers["content-type"] = type_
    if length is not None:
        headers["content-length"] = length
    came = arrival("GET", status, folded(headers))
    assert plan(came, intent, CAP) is expected


def test_the_answer_to_head_has_no_body_to_hold() -> None:
    headers = Headers(content_type="image/png", content_length="10")
    assert plan(arrival("HEAD", 200, folded(headers)), Intent.PICTURE, CAP) is Plan.STREAM


HTML, PNG = b"<!doctype html>", b"\x89PNG\r\n\x1a\n"
WHOLE, BEGINNING, MIDDLE = "bytes 0-9/10", "bytes 0-9/99", "bytes 10-19/99"
SEVERAL = "multipart/byteranges"


def fragment(content_type: str, content_range: str) -> Arrival:
    headers = Headers(content_type=content_type, content_range=content_range, content_length="10")
    return arrival("GET", 206, folded(headers))


@pytest.mark.parametrize(
    ("intent", "type_", "range_", "expected"),
    [
        (Intent.OPEN, "image/png", WHOLE, Plan.HOLD),
        (Intent.PICTURE, "application/x", WHOLE, Plan.HOLD),
        (Intent.OPEN, "image/png", BEGINNING, Plan.PARTIAL),
        (Intent.OPEN, "image/png", MIDDLE, Plan.PARTIAL),
        (Intent.PICTURE, "application/x", MIDDLE, Plan.PARTIAL),
        (Intent.PICTURE, SEVERAL, "", Plan.PARTIAL),
        (Intent.OPEN, "application/x", WHOLE, Plan.PEEK),
        (Intent.OPEN, "application/x", BEGINNING, Plan.PEEK),
        (Intent.OPEN, "text/html", BEGINNING, Plan.PEEK),
        (Intent.BLIND, "video/mp4", BEGINNING, Plan.PEEK),
        (Intent.OPEN, "application/x", MIDDLE, Plan.STREAM),
        (Intent.BLIND, "video/mp4", MIDDLE, Plan.STREAM),
        (Intent.OPEN, SEVERAL, "", Plan.PEEK),
    ],
)
@pytest.mark.parametrize("texts", [False, True])
def test_the_plan_for_a_fragment(intent: Intent, type_: str, range_: str, expected: Plan, *, texts: bool) -> None:
    assert plan(fragment(type_, range_), intent, CAP, texts=texts) is expected


@pytest.mark.parametrize(
    ("type_", "range_", "expected"),
    [
        ("application/x", MIDDLE, Plan.PARTIAL),
        (SEVERAL, "", Plan.PARTIAL),
        ("application/x", BEGINNING, Plan.PEEK),
        ("video/mp4", MIDDLE, Plan.STREAM),
    ],
)
def test_a_fragment_from_an_address_that_brought_a_picture(type_: str, range_: str, expected: Plan) -> None:
    assert plan(fragment(type_, range_), Intent.OPEN, CAP, known_picture=True) is expected


@pytest.mark.parametrize(
    ("came", "head", "expected"),
    [
        (Arrival(200, True, "text/plain", None), PNG, Plan.HOLD),
        (Arrival(200, True, "text/plain", None), HTML, Plan.STREAM),
        (fragment("application/x", WHOLE), PNG, Plan.HOLD),
        (fragment("application/x", BEGINNING), PNG, Plan.PARTIAL),
        (fragment("application/x", BEGINNING), HTML, Plan.STREAM),
        (fragment(SEVERAL, ""), b"--b\r\nContent-Type: image/png\r\n\r\n???", Plan.PARTIAL),
        (fragment(SEVERAL, ""), b"--b\r\nContent-Type: application/x\r\n\r\n" + PNG, Plan.PARTIAL),
        (fragment(SEVERAL, ""), b"--b\r\nContent-Type: application/x\r\n\r\n???", Plan.STREAM),
    ],
)
def test_the_first_bytes_tell_what_the_type_does_not(came: Arrival, head: bytes, expected: Plan) -> None:
    assert after_peek(came, head) is expected


def test_the_headers_of_a_piece_take_more_bytes_than_a_picture_needs_to_be_known() -> None:
    assert fragment(SEVERAL, "").enough > fragment("application/x", WHOLE).enough


@pytest.mark.parametrize(
    ("type_", "destination", "expected"),
    [
        ("text/html", b"", True),
        ("text/event-stream", b"empty", True),
        ("application/ld+json", b"empty", True),
        ("application/javascript", b"", True),
        ("application/xhtml+xml", b"document", True),
        ("application/manifest+json", b"manifest", True),
        ("application/x-ndjson", b"empty", True),
        ("image/svg+xml", b"document", False),
        ("application/octet-stream", b"", False),
        ("application/octet-stream", b"document", False),
        ("application/octet-stream", b"script", True),
        ("application/x-whatever", b"worker", True),
        ("video/mp4", b"script", False),
        ("image/png", b"script", False),
        ("", b"document", True),
        ("unknown/unknown", b"iframe", True),
        ("", b"style", True),
        ("", b"empty", False),
        ("", b"", False),
        ("", b"video", False),
        ("application/pdf", b"iframe", False),
    ],
)
def test_what_a_browser_takes_for_text(type_: str, destination: bytes, expected: bool) -> None:
    assert is_text(type_, destination) is expected


@pytest.mark.parametrize(
    ("intent", "status", "type_", "destination", "expected"),
    [
        (Intent.OPEN, 200, "text/html", b"document", Plan.TEXT),
        (Intent.BLIND, 200, "text/javascript", b"script", Plan.TEXT),
        (Intent.PICTURE, 200, "text/html", b"image", Plan.TEXT),
        (Intent.PICTURE, 200, "", b"document", Plan.TEXT),
        (Intent.OPEN, 200, "text/event-stream", b"empty", Plan.TEXT),
        (Intent.OPEN, 200, "application/octet-stream", b"empty", Plan.PEEK),
        (Intent.OPEN, 200, "image/svg+xml", b"document", Plan.HOLD),
        (Intent.PICTURE, 200, "", b"image", Plan.HOLD),
        (Intent.PICTURE, 200, "multipart/x-mixed-replace", b"image", Plan.PARTS),
        (Intent.OPEN, 200, "multipart/related", b"empty", Plan.PARTS),
        (Intent.OPEN, 200, "application/grpc", b"empty", Plan.STREAM),
        (Intent.OPEN, 304, "text/html", b"document", Plan.STREAM),
        (Intent.OPEN, 404, "text/html", b"document", Plan.TEXT),
    ],
)
def test_the_plan_for_texts(intent: Intent, status: int, type_: str, destination: bytes, expected: Plan) -> None:
    came = arrival("GET", status, folded(Headers(content_type=type_)))
    assert plan(came, intent, CAP, destination=destination, texts=True) is expected


@pytest.mark.parametrize(
    ("destination", "range_", "expected"),
    [
        (b"empty", WHOLE, Plan.TEXT),
        (b"empty", MIDDLE, Plan.STREAM),
        (b"document", BEGINNING, Plan.TEXT),  # its range was taken away, so this is what the origin calls a page
        (b"script", MIDDLE, Plan.TEXT),
    ],
)
def test_a_fragment_of_a_text_is_filtered_where_it_is_read_as_a_whole(
    destination: bytes, range_: str, expected: Plan
) -> None:
    came = fragment("text/html", range_)
    assert plan(came, Intent.OPEN, CAP, destination=destination, texts=True) is expected
