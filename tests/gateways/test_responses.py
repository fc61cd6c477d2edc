"""What happens to a response once its headers are here."""

import pytest
from mitmproxy.http import Headers

from geacc_proxy.gateways.mitm.requests import Intent, folded
from geacc_proxy.gateways.mitm.responses import Plan, arrival, plan

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
        (Intent.BLIND, 200, "video/mp4", "10", Plan.STREAM),
        (Intent.OPEN, 200, None, "10", Plan.PEEK),
        (Intent.OPEN, 200, "application/octet-stream", "10", Plan.PEEK),
        (Intent.OPEN, 200, "application/octet-stream", "1000000000", Plan.PEEK),
        (Intent.OPEN, 200, "text/event-stream", None, Plan.STREAM),
        (Intent.OPEN, 206, "application/octet-stream", "10", Plan.STREAM),
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
