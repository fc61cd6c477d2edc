"""Content encodings undone under a bound."""

import gzip
import os
import zlib

import brotli
import pytest
import zstandard

from geacc_proxy.gateways.mitm.encodings import BodyTooLarge, plain

BODY = os.urandom(3000) + bytes(3_000_000)
CAP = 4_000_000


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", lambda body: brotli.compress(body, quality=1)),
        ("zstd", zstandard.compress),
        ("identity", bytes),
        ("gzip, br", lambda body: brotli.compress(gzip.compress(body), quality=1)),
    ],
)
def test_the_body_comes_back_and_a_bomb_does_not(name: str, encode) -> None:
    assert plain(encode(BODY), name, CAP) == BODY
    with pytest.raises(BodyTooLarge):
        plain(encode(bytes(50_000_000)), name, CAP)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "unheard-of"])
def test_a_lying_encoding_leaves_the_body_as_it_is(name: str) -> None:
    assert plain(b"\x89PNG\r\n\x1a\n rest", name, CAP) == b"\x89PNG\r\n\x1a\n rest"


@pytest.mark.parametrize(("name", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_body_cut_short_gives_the_part_that_is_there(name: str, encode) -> None:
    whole = os.urandom(200_000)
    part = plain(encode(whole)[:-1000], name, CAP)
    assert len(part) > 0
    assert whole.startswith(part)
