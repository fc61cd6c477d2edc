"""Damaged pictures, as Chromium paints them and as they are judged: `python -m fuzz.beside_chromium`.

A decoder that reads a damaged file in another way than the browser judges another picture than the one on the screen.
Malign stand-ins (noise that depicts nothing) are damaged in places that matter, shown by a real Chromium, and what it
painted is judged beside the file itself. Malign on the screen and benign as a file: a hole.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from fuzz.seeds import saved
from geacc_proxy.classify.judging import ModelJudge
from geacc_proxy.images.caps import Caps
from geacc_proxy.models.registry import find
from geacc_proxy.verdict import Failure, Scores, Unjudged

SIDE, COLUMNS, AT_ONCE = 240, 5, 150
MEMORY = 6 * 2**30
"""Bytes of private memory: a damaged header may ask for any amount."""
_NOISE = Path(__file__).parent.parent / "tests" / "data" / "malign-synthetic-2.png"
_LANDMARKS = re.compile(
    rb"IHDR|PLTE|tRNS|acTL|fcTL|fdAT|IDAT|eXIf|IEND|VP8[ XL]|ANIM|ANMF|ALPH|meta|iloc|ispe|iprp|ipma|moov|trak|stsz|"
    rb"stco|mdat|elst|Exif|!\xf9\x04|\xff[\xc0-\xfe]"
)


def main() -> int:
    """The exit code: 0 without a hole."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.beside_chromium", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311  (no secrets)
    ends = time.monotonic() + arguments.seconds
    judge = ModelJudge(find(None), Caps())
    holes = Path(tempfile.gettempdir()) / "geacc-fuzz-holes"
    whole = list(_whole().items())
    shown = found = total = 0
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--force-color-profile=srgb"],
            env={**os.environ, "HOME": home},
        )
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        while time.monotonic() < ends:
            damaged = [(name, _damaged(body, chance)) for name, body in (whole * AT_ONCE)[:AT_ONCE]]
            for (name, body), painted in zip(damaged, _painted(browser, [b for _, b in damaged]), strict=True):
                total += 1
                if _malign(judge, saved(painted, "PNG")) < 0.6:
                    continue
                shown += 1
                if _malign(judge, body) < 0.5:
                    found += 1
                    holes.mkdir(exist_ok=True)
                    file = holes / f"{name}-{arguments.seed}-{total}"
                    file.write_bytes(body)
                    print(f"hole: {file}", flush=True)
        browser.close()
    print(f"{total} damaged files, {shown} of them malign on the screen, {found} of these judged benign")
    return 1 if found else 0


def _malign(judge: ModelJudge, body: bytes) -> float:
    """The score; 1 for what is hidden since it cannot be judged, 0 for what is shown all the same."""
    match judge.verdict(body, ""):
        case Scores(malign=malign):
            return malign
        case Unjudged(failure=Failure.TINY | Failure.NOT_A_PICTURE):
            return 0.0
        case _:
            return 1.0


def _whole() -> dict[str, bytes]:
    with Image.open(_NOISE) as stored:
        noise = stored.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    calm = [Image.new("RGB", (SIDE, SIDE), (120, 170, 235 - 9 * number)) for number in range(2)]
    for number, picture in enumerate(calm):
        ImageDraw.Draw(picture).rectangle((0, 140 - 9 * number, SIDE, SIDE), fill=(40, 150, 60))
    turned, tag = noise.transpose(Image.Transpose.ROTATE_90), Image.Exif()
    tag[0x0112] = 6
    last = {"save_all": True, "append_images": [noise], "duration": [20, 60_000]}
    second = {"save_all": True, "append_images": [noise, calm[1]], "duration": [20, 60_000, 20]}
    return {
        "gif": saved(noise, "GIF"),
        "gif-plain": saved(noise, "GIF", interlace=0),
        "gif-last": saved(calm[0], "GIF", **last),
        "gif-second": saved(calm[0], "GIF", **second),
        "png": saved(noise, "PNG"),
        "png-palette": saved(noise.quantize(256), "PNG"),
        "png-turned": saved(turned, "PNG", exif=tag),
        "apng-last": saved(calm[0], "PNG", **last),
        "apng-behind": saved(
            calm[0], "PNG", save_all=True, append_images=[calm[1], noise], duration=[20, 60_000], default_image=True
        ),
        "webp": saved(noise, "WEBP", quality=92),
        "webp-lossless": saved(noise, "WEBP", lossless=True, method=0),
        "webp-last": saved(calm[0], "WEBP", quality=90, **last),
        "avif": saved(noise, "AVIF", quality=88, speed=10),
        "avif-last": saved(calm[0], "AVIF", quality=88, speed=10, **last),
        "jpeg": saved(noise, "JPEG", quality=92, subsampling=0),
        "jpeg-progressive": saved(noise, "JPEG", quality=92, subsampling=0, progressive=True),
        "jpeg-turned": saved(turned, "JPEG", quality=92, subsampling=0, exif=tag),
        "bmp": saved(noise, "BMP"),
        "ico": saved(noise, "ICO", sizes=[(32, 32), (SIDE, SIDE)], append_images=[calm[0].resize((32, 32))]),
        "ico-bmp": saved(noise, "ICO", sizes=[(SIDE, SIDE)], bitmap_format="bmp"),
    }


def _damaged(body: bytes, chance: random.Random) -> bytes:
    """`body` with a few changes, most of them where its structure stands."""
    changed, places = bytearray(body), list(_places(body))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at = min(chance.choice(places) if chance.random() < 0.9 else chance.randrange(len(body)), len(changed) - 1)
        match chance.randrange(10):
            case 0 | 1 | 2 | 3 | 4:
                changed[at] ^= 1 << chance.randrange(8)
            case 5 | 6:
                changed[at] = chance.choice((0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 7:
                del changed[at : at + chance.choice((1, 2, 4, 8, 12))]
            case 8:
                changed[at:at] = chance.randbytes(chance.choice((1, 2, 3, 4, 8)))
            case _:
                source = chance.randrange(len(changed))
                changed[at:at] = changed[source : source + chance.choice((4, 8, 16, 40, 200))]
    return bytes(changed)


def _places(body: bytes) -> Iterator[int]:
    yield from range(min(120, len(body)))
    for landmark in _LANDMARKS.finditer(body):
        yield from range(max(0, landmark.start() - 8), min(len(body), landmark.start() + 40))


def _painted(browser: Browser, bodies: list[bytes]) -> Iterator[Image.Image]:
    """What the browser shows of each, on white, squeezed to a square."""
    step = SIDE + 4
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(bodies):
            (Path(folder) / str(number)).write_bytes(body)
        spots = [(number % COLUMNS * step, number // COLUMNS * step) for number in range(len(bodies))]
        size = f"position:absolute;width:{SIDE}px;height:{SIDE}px"
        images = [f'<img src="{n}" style="{size};left:{left}px;top:{top}px">' for n, (left, top) in enumerate(spots)]
        page = Path(folder) / "page.html"
        page.write_text(f'<body style="background:#fff">{"".join(images)}', encoding="utf-8")
        tab = browser.new_page(viewport={"width": COLUMNS * step, "height": -(-len(bodies) // COLUMNS) * step})
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1200)  # what moves comes to rest
        screen = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        tab.close()
    for left, top in spots:
        yield screen.crop((left, top, left + SIDE, top + SIDE))


if __name__ == "__main__":
    sys.exit(main())
