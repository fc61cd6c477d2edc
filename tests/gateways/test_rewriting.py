"""The headers of a text agree with what it has become."""

from __future__ import annotations

import pytest
from mitmproxy.http import Headers
from mitmproxy.test import tutils

from geacc_proxy.gateways.mitm.rewriting import rewrite, rewrite_stream

OLD = Headers(
    content_type="text/html; charset=utf-8",
    content_length="999",
    content_encoding="gzip",
    accept_ranges="bytes",
    content_md5="x",
    set_cookie="a=b",
    access_control_allow_origin="*",
)
KEPT = {"content-type", "set-cookie", "access-control-allow-origin"}


def test_a_whole_text_has_its_new_length_and_no_encoding() -> None:
    response = tutils.tresp(headers=OLD.copy())
    rewrite(response, b"new")
    assert response.raw_content == b"new"
    assert {name.lower() for name in response.headers} == KEPT | {"content-length"}
    assert response.headers["content-length"] == "3"


@pytest.mark.parametrize(
    ("version", "framing"), [("HTTP/1.1", {"transfer-encoding"}), ("HTTP/2.0", set()), ("HTTP/1.0", set())]
)
def test_a_text_that_passes_has_no_length_and_is_framed_as_its_version_has_it(version: str, framing: set[str]) -> None:
    request, response = tutils.treq(http_version=version.encode()), tutils.tresp(headers=OLD.copy())
    assert rewrite_stream(request, response) is not None
    assert {name.lower() for name in response.headers} == KEPT | framing
    assert response.stream is True


def test_a_plain_text_needs_no_unpacking() -> None:
    assert rewrite_stream(tutils.treq(), tutils.tresp(headers=Headers(content_type="text/html"))) is None
