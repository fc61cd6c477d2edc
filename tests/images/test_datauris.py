"""`data:` addresses in attributes and style sheets."""

import base64

import pytest

from geacc_proxy.images.datauris import DataUri, find, length, parse

BODY = bytes(range(256))
PLAIN = base64.b64encode(BODY).decode()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"data:image/png;base64,{PLAIN}", DataUri("image/png", BODY)),
        (f"DATA:Image/PNG;charset=utf-8; BASE64 ,{PLAIN}", DataUri("image/png", BODY)),
        (f"data:image/png;base64,{PLAIN[:80]}\n   {PLAIN[80:]}", DataUri("image/png", BODY)),
        (f"data:image/png;base64,{PLAIN.rstrip('=')}", DataUri("image/png", BODY)),
        (f"data:;base64,{PLAIN.replace('+', '-').replace('/', '_')}", DataUri("", BODY)),
        (f"data:image/png;base64,{PLAIN.replace('+', '%2B')}", DataUri("image/png", BODY)),
        ("data:image/svg+xml,%3Csvg/%3E", DataUri("image/svg+xml", b"<svg/>")),
        ("data:,plain", DataUri("", b"plain")),
        ("data:image/png;base64,A", DataUri("image/png", b"")),
        ("data:image/png", None),
        ("http://a/b,c", None),
    ],
)
def test_an_address_is_read_as_leniently_as_browsers_do(address: str, expected: DataUri | None) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" data:image/png;base64,AA BB ", ["data:image/png;base64,AA BB"]),
        ("a{b:url(data:x,1)} c{d:URL( 'data:x,(2)' )} e{f:url(\"data:x,3\")}", ["data:x,1", "data:x,(2)", "data:x,3"]),
        ("data-x data:a,1 1x, data:b,2 2x"[7:], ["data:a,1 1x, data:b,2 2x"]),
        ("one data:a,1 two 'data:b,2'", ["data:a,1", "data:b,2"]),
        ("nothing of the kind", []),
    ],
)
def test_addresses_are_found_in_values_and_in_style_sheets(text: str, expected: list[str]) -> None:
    assert find(text) == expected


def test_their_length_is_told_quickly() -> None:
    assert length(f"<a b='data:image/png,{'x' * 100}' c='data:y,'/>") == len("data:image/png,") + 100 + len("data:y,")
