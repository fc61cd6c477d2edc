"""Encodings undone as a body comes."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from geacc_proxy.gateways.mitm.encodings import BodyTooLarge
from geacc_proxy.gateways.mitm.unpacking import CHUNK_CAP, Unpacker, can_undo

TEXT = " ".join(str(number) for number in range(40_000)).encode()


def raw_deflate(body: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(body) + deflate.flush()


def two_members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(body[half:])


def two_frames(body: bytes) -> bytes:
    half = len(body) // 2
    return zstandard.compress(body[:half]) + zstandard.compress(body[half:])


ENCODED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("gzip", two_members),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("zstd", two_frames),
    ("identity", bytes),
    ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
    ("br, identity, zstd", lambda body: zstandard.compress(brotli.compress(body))),
]


@pytest.mark.parametrize("size", [1, 7, 1460, 10**9])
@pytest.mark.parametrize(("name", "encode"), ENCODED, ids=[f"{name}-{at}" for at, (name, _) in enumerate(ENCODED)])
def test_the_body_comes_out_whatever_the_chunks(name: str, encode: Callable[[bytes], bytes], size: int) -> None:
    assert can_undo(name)
    packed = encode(TEXT if size > 1 else TEXT[:5000])
    unpacker = Unpacker(name)
    out = b"".join(unpacker.feed(packed[at : at + size]) for at in range(0, len(packed), size))
    assert out == (TEXT if size > 1 else TEXT[:5000])


@pytest.mark.parametrize(
    ("name", "encode"), ENCODED[:8], ids=[f"{name}-{at}" for at, (name, _) in enumerate(ENCODED[:8])]
)
def test_a_damaged_body_gives_what_was_right_and_never_fails(name: str, encode: Callable[[bytes], bytes]) -> None:
    packed = bytearray(encode(TEXT))
    chance = random.Random(7)
    for _ in range(30):
        broken = bytearray(packed)
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        unpacker = Unpacker(name)
        for at in range(0, len(broken), 4096):
            unpacker.feed(bytes(broken[at : at + 4096]))


def test_half_of_a_body_gives_about_half_of_the_text() -> None:
    packed = gzip.compress(TEXT)
    out = Unpacker("gzip").feed(packed[: len(packed) // 2])
    assert TEXT.startswith(out)
    assert len(out) > len(TEXT) // 3


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str) -> None:
    bomb = {
        "gzip": lambda body: gzip.compress(body, 1),
        "br": lambda body: brotli.compress(body, quality=1),
        "zstd": zstandard.compress,
    }[name](bytes(4 * CHUNK_CAP))
    with pytest.raises(BodyTooLarge) as caught:
        Unpacker(name).feed(bomb)
    assert len(caught.value.beginning) < 3 * CHUNK_CAP


def test_an_encoding_that_nobody_here_knows_cannot_be_undone() -> None:
    assert not can_undo("gzip, dcb")
    assert can_undo("")
