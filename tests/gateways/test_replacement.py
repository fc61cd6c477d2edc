"""A changed response is a whole new response."""

from mitmproxy.http import Headers
from mitmproxy.test import tutils

from geacc_proxy.gateways.mitm.replacement import as_whole, replace, replace_stream

PNG = b"\x89PNG\r\n\x1a\n..."


def response(status: int = 200):
    return tutils.tresp(
        status_code=status,
        content=b"old",
        headers=Headers(
            content_type="image/jpeg",
            content_encoding="gzip",
            content_range="bytes 0-2/9",
            accept_ranges="bytes",
            etag='"old"',
            last_modified="yesterday",
            cache_control="max-age=31536000, immutable",
            transfer_encoding="chunked",
            access_control_allow_origin="*",
            cross_origin_resource_policy="cross-origin",
            set_cookie="a=b",
        ),
    )


def test_every_header_agrees_with_the_new_body() -> None:
    changed = response(206)
    replace(changed, PNG)
    assert changed.raw_content == PNG
    assert changed.status_code == 200
    assert dict(changed.headers) == {
        "content-type": "image/png",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "set-cookie": "a=b",
        "content-length": str(len(PNG)),
    }


def test_a_status_that_is_no_fragment_stays() -> None:
    changed = response(404)
    replace(changed, PNG)
    assert changed.status_code == 404


def test_a_fragment_that_is_all_there_is_becomes_a_whole() -> None:
    changed = response(206)
    as_whole(changed)
    assert (changed.status_code, changed.reason, changed.raw_content) == (200, "OK", b"old")
    assert "content-range" not in changed.headers
    assert changed.headers["etag"] == '"old"'


def test_a_body_that_is_not_held_is_dropped_and_the_stand_in_sent_once() -> None:
    changed = response()
    replace_stream(changed, PNG)
    assert callable(changed.stream)
    assert [changed.stream(chunk) for chunk in (b"a", b"b", b"")] == [PNG, b"", b""]
    assert changed.headers["content-length"] == str(len(PNG))
