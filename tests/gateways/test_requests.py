"""What a request can bring to the screen."""

import pytest
from mitmproxy.http import Headers

from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, ask_whole, folded, intent


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
