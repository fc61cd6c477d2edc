"""What a request can bring to the screen."""

import pytest
from mitmproxy.http import Headers

from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, ask_whole, folded, intent, is_cut


@pytest.mark.parametrize(
    ("headers", "path", "expected"),
    [
        ({"sec-fetch-dest": "image"}, "/x", Intent.PICTURE),
        ({"sec-fetch-dest": "image"}, "/x.js", Intent.PICTURE),
        ({"sec-fetch-dest": "script"}, "/x.jpg", Intent.BLIND),
        ({"sec-fetch-dest": "style"}, "/x", Intent.BLIND),
        ({"sec-fetch-dest": "document"}, "/x", Intent.OPEN),
        ({"sec-fetch-dest": "document"}, "/x.png", Intent.PICTURE),
        ({"sec-fetch-dest": "empty"}, "/api?x=1", Intent.OPEN),
        ({"sec-fetch-dest": "empty"}, "/a/B.JPEG?x=.js", Intent.PICTURE),
        ({"accept": "image/avif,image/webp,*/*;q=0.8"}, "/x", Intent.PICTURE),
        ({"accept": "text/html,image/avif"}, "/x", Intent.OPEN),
        ({}, "/x%2Ejpg", Intent.PICTURE),
        ({}, "", Intent.OPEN),
    ],
)
def test_the_headers_tell_what_may_come(headers: dict[str, str], path: str, expected: Intent) -> None:
    fields = folded(Headers([(name.title().encode(), value.encode()) for name, value in headers.items()]))
    assert intent(fields, path) is expected


def test_conditions_and_ranges_are_dropped() -> None:
    headers = Headers(if_none_match='"a"', if_modified_since="x", range="bytes=0-1", if_range='"a"', accept="*/*")
    ask_anew(headers)
    ask_whole(headers)
    assert list(headers) == ["accept"]


@pytest.mark.parametrize(
    ("destination", "kind", "known_picture", "expected"),
    [
        (b"image", Intent.PICTURE, False, True),
        (b"document", Intent.OPEN, False, True),
        (b"script", Intent.BLIND, False, True),
        (b"serviceworker", Intent.BLIND, False, True),
        (b"empty", Intent.OPEN, False, False),
        (b"empty", Intent.OPEN, True, True),
        (b"", Intent.OPEN, False, False),
        (b"", Intent.OPEN, True, True),
        (b"video", Intent.BLIND, True, False),
        (b"audio", Intent.BLIND, False, False),
    ],
)
def test_a_range_is_a_cut_where_what_comes_is_judged_whole(
    destination: bytes, kind: Intent, known_picture: bool, expected: bool
) -> None:
    headers = {b"range": b"bytes=0-", b"sec-fetch-dest": destination}
    assert is_cut(headers, kind, known_picture=known_picture) is expected


def test_without_a_range_nothing_is_cut() -> None:
    assert not is_cut({b"sec-fetch-dest": b"image", b"if-range": b'"x"'}, Intent.PICTURE, known_picture=True)
