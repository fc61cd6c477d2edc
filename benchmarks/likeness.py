"""How far apart the hashes of different pictures are, and of one picture and its versions.

`python -m benchmarks.likeness FOLDER` measures it on the photographs in FOLDER and prints the tables of
docs/look-alikes.md. No time is measured, so it does not matter what else the machine does.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.images.likeness import fingerprint
from geacc_proxy.verdict import Failure

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_TARGET, _CAPS = Target(224), Caps(tiles=0)
_SHOWN = (6, 8, 10, 12, 14)


def _saved(image: Image.Image, format_: str = "JPEG", quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, quality=quality)
    return file.getvalue()


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))


def _cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


def _marked(image: Image.Image) -> Image.Image:
    """With a white box and a dark bar in it at the right below, 26 × 7 % of the picture."""
    marked, (width, height) = image.copy(), image.size
    draw = ImageDraw.Draw(marked)
    draw.rectangle((width * 0.72, height * 0.9, width * 0.98, height * 0.97), fill="white")
    draw.rectangle((width * 0.74, height * 0.92, width * 0.96, height * 0.95), fill=(20, 20, 20))
    return marked


_VERSIONS: dict[str, Callable[[Image.Image], bytes]] = {
    "a quarter of width and height": lambda image: _saved(_scaled(image, 0.25)),
    "JPEG of quality 30": lambda image: _saved(image, quality=30),
    "WebP of quality 50": lambda image: _saved(image, "WEBP", 50),
    "grey": lambda image: _saved(image.convert("L")),
    "10 % brighter": lambda image: _saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "10 % darker": lambda image: _saved(ImageEnhance.Brightness(image).enhance(0.9)),
    "a mark in a corner": lambda image: _saved(_marked(image)),
    "2 % off each side, a quarter, quality 30": lambda image: _saved(_scaled(_cropped(image, 0.02), 0.25), quality=30),
    "3 % off each side": lambda image: _saved(_cropped(image, 0.03)),
    "5 % off each side": lambda image: _saved(_cropped(image, 0.05)),
    "mirrored": lambda image: _saved(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
}


def _hashed(body: bytes) -> int | None:
    try:
        return fingerprint(decode(body, _TARGET, _CAPS).frames[0])
    except Undecodable as error:
        if error.failure is Failure.TINY:
            return None
        raise


def _between_all(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The distances of all pairs."""
    rows = [np.bitwise_count(hashes[at + 1 :] ^ hashes[at]) for at in range(len(hashes) - 1)]
    return np.concatenate(rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="photographs, each once")
    paths = sorted(path for path in parser.parse_args().folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    originals: list[int] = []
    distances: dict[str, list[int]] = {name: [] for name in _VERSIONS}
    without = 0
    for path in paths:
        body = path.read_bytes()
        told = _hashed(body)
        if told is None:
            without += 1
            continue
        originals.append(told)
        with Image.open(io.BytesIO(body)) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        for name, version in _VERSIONS.items():
            if (other := _hashed(version(image))) is not None:
                distances[name].append((told ^ other).bit_count())
    apart = _between_all(np.array(originals, np.uint64))
    print(f"{len(originals)} photographs with a hash, {without} without one; {len(apart):,} pairs")
    print(f"different photographs: nearest {apart.min()}, median {np.median(apart):.0f} bits")
    for limit in _SHOWN:
        print(f"  within {limit}: {np.mean(apart <= limit) * 1e6:.1f} in a million pairs")
    print("| version | pictures | median | 95 % within | furthest |", *(f"≤ {limit} |" for limit in _SHOWN))
    for name, found in distances.items():
        bits = np.array(found)
        shares = (f"{np.mean(bits <= limit):.1%} |" for limit in _SHOWN)
        print(
            f"| {name} | {len(bits)} | {np.median(bits):.0f} | {np.percentile(bits, 95):.0f} | {bits.max()} |", *shares
        )


if __name__ == "__main__":
    main()
