"""What is fetched: text such as pages are made of, and pictures that look like photographs; always the same ones."""

from __future__ import annotations

import functools
import io
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TEXTS = (
    ("page-0.html", "text/html; charset=utf-8", "document", 62_000),
    ("page-1.html", "text/html; charset=utf-8", "document", 24_000),
    ("app-0.js", "application/javascript", "script", 90_000),
    ("app-1.js", "application/javascript", "script", 31_000),
    ("style-0.css", "text/css", "style", 46_000),
    ("style-1.css", "text/css", "style", 12_000),
    ("data-0.json", "application/json", "empty", 27_000),
    ("data-1.json", "application/json", "empty", 4_000),
)
"""Name, type, `Sec-Fetch-Dest` of who asks, and bytes: 37,000 on average."""
SCENES = 6


def text(name: str) -> bytes:
    """A body of the size that `TEXTS` says; words, so that it is neither random nor one repeated byte."""
    size = next(size for known, _, _, size in TEXTS if known == name)
    source = random.Random(name)
    words = ["const", "return", "div", "class", "{", "}", "margin", "0 auto;", "=>", '"value":', "function", "span"]
    return "".join(f"{source.choice(words)} " for _ in range(size)).encode()[:size]


@functools.cache
def photo(scene: int, side: int) -> bytes:
    """A JPEG that is as hard to decode as a photograph: sky, ground, houses, texture and a little noise."""
    source = np.random.default_rng(scene)
    across, down = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    horizon = 0.45 + 0.08 * np.sin(across * 5 + scene)
    ground = (1 / (1 + np.exp((horizon - down) * side / 4)))[..., None]
    texture = sum(_layer(source, 2**octave, side) * 30 / 1.35**octave for octave in range(2, 9))
    sky = np.array([115, 165, 225]) + 60 * down[..., None] + 0.3 * texture
    pixels = (1 - ground) * sky + ground * (np.array([75, 120, 55]) + 1.3 * texture)
    for _ in range(8):  # edges, as of houses
        left, top = source.integers(0, side * 3 // 4), source.integers(side // 3, side * 3 // 4)
        wide, high = source.integers(side // 20, side // 6, 2)
        pixels[top : top + high, left : left + wide] = pixels[top : top + high, left : left + wide] * 0.4 + 70
    pixels += source.normal(0, 7, pixels.shape)
    stored = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stored, "JPEG", quality=85)
    return stored.getvalue()


def _layer(source: np.random.Generator, cells: int, side: int) -> NDArray[np.float32]:
    """Smooth noise with that many cells a side, one channel."""
    grid = Image.fromarray(source.normal(0, 1, (cells, cells)).astype(np.float32))
    return np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))[..., None]


def numbered_photo(number: int, side: int) -> bytes:
    """As `photo`, with a comment inside that makes its bytes its own; the same pixels come back for `SCENES` later."""
    body = photo(number % SCENES, side)
    comment = f"{number:010d}".encode()
    return body[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + body[2:]


def no_photo(number: int, side: int) -> bytes:
    """As many bytes as `numbered_photo` and as dense, that begin like no picture: nothing that a filter looks at."""
    return b"/*" + numbered_photo(number, side)[2:]
