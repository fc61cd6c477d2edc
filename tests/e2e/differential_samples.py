"""Files to show to a browser: of every format, whole and broken, honest and not, with every declared type."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import brotli
import zstandard
from PIL import Image

from .containers import icon, jpeg, moving, png, saved, svg, svg_around, uri
from .processes import REPOSITORY
from .tricks import benign
from .tricks_origin import Reply, answer

FIXTURES = Path(os.environ.get("GEACC_FIXTURES") or REPOSITORY.parent / "shared" / "fixtures")
"""A folder of odd and hostile files that are not the project's own; may be absent."""

_TYPES = {
    "image/jpeg": ".jpg .jpeg .jfif",
    "image/png": ".png",
    "image/apng": ".apng",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/x-icon": ".ico .cur",
    "image/svg+xml": ".svg .svgz",
    "image/jxl": ".jxl",
    "image/heic": ".heic .heif",
    "image/jp2": ".jp2",
    "image/tiff": ".tif .tiff",
}
_TYPE_OF = {suffix: kind for kind, suffixes in _TYPES.items() for suffix in suffixes.split()}


@dataclass(frozen=True, slots=True)
class Sample:
    """One file.

    Attributes:
        name: what it is.
        body: the file, without any content encoding.
        content_type: the one that fits.
        encoding: `Content-Encoding` that it is sent with; empty for none.
        encoded: as it is sent.
        for_browsers: whether a browser can be shown it without harm.
    """

    name: str
    body: bytes
    content_type: str
    encoding: str = ""
    encoded: bytes = b""
    for_browsers: bool = True

    def replies(self) -> Iterator[tuple[str, Reply]]:
        """The file with its own type, without one, and with two wrong ones; each with a word for it."""
        declared = {"right": self.content_type, "none": "", "bytes": "application/octet-stream", "png": "image/png"}
        for word, content_type in declared.items():
            headers = [f"Content-Type: {content_type}"] if content_type else []
            if self.encoding:
                headers.append(f"Content-Encoding: {self.encoding}")
            yield word, answer(self.encoded or self.body, *headers)


def samples() -> list[Sample]:
    """All that there are; the same ones each time."""
    return [*_generated(), *_fixtures()]


def _fixtures() -> Iterator[Sample]:
    for folder in ("variety", "hostile"):
        manifest = FIXTURES / folder / "manifest.csv"
        if not manifest.exists():
            continue
        with manifest.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                path = manifest.parent / row["file"]
                kind = _TYPE_OF.get(path.suffix.lower()) or _TYPE_OF.get(f".{row['format'].lower()}", "image/unknown")
                harmless = row["chromium_shows"] != "skipped"
                yield Sample(f"{folder}/{path.name}", path.read_bytes(), kind, for_browsers=harmless)


def _generated() -> Iterator[Sample]:
    whole = dict(_whole())
    yield from (Sample(name, body, kind) for name, (body, kind) in whole.items())
    yield from _exotic()
    chance = random.Random(20)
    for name, (body, kind) in whole.items():
        for percent in (15, 50, 90, 99):
            yield Sample(f"{name}, {percent} %", body[: len(body) * percent // 100], kind)
        for number in range(5):
            yield Sample(f"{name}, flipped {number}", _flipped(body, chance, 4**number), kind)
        yield Sample(f"{name} before zeros", body + bytes(5000), kind)
        yield Sample(f"{name} before a page", body + b"<html><script>1</script>", kind)
        for what, prefix in (
            ("a line", b"\n"),
            ("a mark", b"\xef\xbb\xbf"),
            ("a page", b"<html>"),
            ("zeros", bytes(8)),
        ):
            yield Sample(f"{name} behind {what}", prefix + body, kind)
    for name in ("png", "jpeg", "svg"):
        yield from _encodings(name, *whole[name])


def _whole() -> Iterator[tuple[str, tuple[bytes, str]]]:
    """What some browser shows."""
    one, two = (benign(number).resize((72, 60)) for number in (1, 2))
    yield "png", (png(one), "image/png")
    yield "png interlaced", (png(one, interlaced=True), "image/png")
    yield "png with alpha", (saved(one.convert("RGBA"), "PNG"), "image/png")
    yield "apng", (moving([one, two], [90, 90], "PNG"), "image/apng")
    yield "jpeg", (jpeg(one), "image/jpeg")
    yield "jpeg progressive", (jpeg(one, progressive=True), "image/jpeg")
    yield "jpeg cmyk", (jpeg(one.convert("CMYK")), "image/jpeg")
    yield "gif", (saved(one, "GIF"), "image/gif")
    yield "gif moving", (moving([one, two], [90, 90], "GIF"), "image/gif")
    yield "webp", (saved(one, "WEBP"), "image/webp")
    yield "webp lossless", (saved(one, "WEBP", lossless=True), "image/webp")
    yield "webp moving", (moving([one, two], [90, 90], "WEBP"), "image/webp")
    yield "avif", (saved(one, "AVIF"), "image/avif")
    yield "avif moving", (moving([one, two], [90, 90], "AVIF"), "image/avif")
    yield "bmp", (saved(one, "BMP"), "image/bmp")
    yield "ico", (icon([(60, png(one.resize((60, 60))))]), "image/x-icon")
    yield "ico of bmp", (saved(one, "ICO", sizes=[(48, 48)], bitmap_format="bmp"), "image/x-icon")
    yield "cur", (icon([(60, png(one.resize((60, 60))))], cursor=True), "image/x-icon")
    yield "jxl", (saved(one, "JXL"), "image/jxl")
    yield "heic", (saved(one, "HEIF"), "image/heic")
    yield "jpeg 2000", (saved(one, "JPEG2000"), "image/jp2")
    yield "tiff", (saved(one, "TIFF"), "image/tiff")
    yield "svg", (svg('<circle cx="30" cy="30" r="25" fill="teal"/>', 60).encode(), "image/svg+xml")
    yield "svg with a raster", (svg_around(uri(jpeg(one)), 60).encode(), "image/svg+xml")


def _exotic() -> Iterator[Sample]:
    """What else Pillow writes; no browser shows it, and if one did, it would have to be judged."""
    Image.init()
    picture = benign(3).resize((72, 60))
    known = {"PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO", "JXL", "HEIF", "JPEG2000", "TIFF"}
    for name in sorted(set(Image.SAVE) - known):
        for mode in ("RGB", "P", "L", "1"):
            file = io.BytesIO()
            try:
                picture.convert(mode).save(file, name)
            except (
                OSError,
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
            ):  # not this mode, or a tool that is absent
                continue
            yield Sample(f"{name.lower()} {mode}", file.getvalue(), Image.MIME.get(name, "image/unknown"))
            break


def _flipped(body: bytes, chance: random.Random, count: int) -> bytes:
    changed = bytearray(body)
    for _ in range(count):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _encodings(name: str, body: bytes, kind: str) -> Iterator[Sample]:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    encoded = {
        "gzip": gzip.compress(body),
        "br": brotli.compress(body),
        "deflate": zlib.compress(body),
        "zstd": zstandard.compress(body),
        "gzip, br": brotli.compress(gzip.compress(body)),
        "rot13": body,
    }
    for encoding, sent in encoded.items():
        yield Sample(f"{name} in {encoding}", body, kind, encoding, sent)
    yield Sample(f"{name} in raw deflate", body, kind, "deflate", raw.compress(body) + raw.flush())
    yield Sample(f"{name} in gzip, cut short", body, kind, "gzip", gzip.compress(body)[:-20])
    yield Sample(f"{name}, not in gzip", body, kind, "gzip", body)
    yield Sample(f"{name} in gzip, untold", gzip.compress(body), kind)
