"""Pictures of pixels, by Pillow and its plugins: a look at the structure first, then a decoder that is allowed."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pillow_heif  # type: ignore[import-untyped,unused-ignore]
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,  # noqa: F401  (these plugins and no others: each registers itself, in the fork server)
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    Jpeg2KImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)
from pillow_jxl import JpegXLImagePlugin

from geacc_proxy.images import bmps, gifs, isomedia, jpegs, jxls, pngs, tiffs, webps
from geacc_proxy.images.backgrounds import plain
from geacc_proxy.images.formats import Format
from geacc_proxy.images.frames import CUT_SHORT, moving_views
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.images.upright import both_ways, orientations, size_as_shown
from geacc_proxy.images.views import pixels_needed, views
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View

    Show = Callable[..., list[View]]

# A thumbnail inside need not show what the picture shows.
pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
# A worker has one thread; those of a decoder would take memory that counts against its limit.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
JpegXLImagePlugin.DECODE_THREADS = 0
# Our own caps are lower than Pillow's, and are checked before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

_PLUGINS: dict[Format, tuple[str, ...]] = {
    Format.JPEG: ("JPEG", "MPO"),
    Format.PNG: ("PNG",),
    Format.GIF: ("GIF",),
    Format.WEBP: ("WEBP",),
    Format.AVIF: ("AVIF",),
    Format.HEIC: ("HEIF",),
    Format.BMP: ("BMP",),
    Format.JXL: ("JXL",),
    Format.JPEG2000: ("JPEG2000",),
    Format.TIFF: ("TIFF",),
}
_LOOKS = {
    Format.JPEG: jpegs.look,
    Format.PNG: pngs.look,
    Format.GIF: gifs.look,
    Format.WEBP: webps.look,
    Format.BMP: bmps.look,
    Format.JXL: jxls.look,
    Format.TIFF: tiffs.look,
}
_ISO_MEDIA = frozenset({Format.AVIF, Format.HEIC})
# Chromium paints what has arrived of these. Of others, an undecoded rest would be judged as if it were black.
_PAINTED_IN_PART = frozenset({Format.JPEG, Format.PNG, Format.GIF, Format.WEBP, Format.AVIF, Format.BMP})
# What is whole is decoded strictly; what is damaged is looked at more closely.
_STRICT_FIRST = frozenset({Format.JPEG, Format.GIF})
_DAMAGED_VIEWS = {Format.GIF: gifs.damaged_views, Format.PNG: pngs.damaged_views}
_CUT_SHORT = "truncated"  # of Pillow's words where a file ends too soon, against those for damage
_MOVE = frozenset({Format.PNG, Format.GIF, Format.WEBP, Format.AVIF})
# How much longer a pixel takes than in one pass of a JPEG (5 to 10 ns), and how much longer yet a clear one, which is
# shown on two backgrounds.
_SLOWNESS = {Format.PNG: 4, Format.WEBP: 3, Format.AVIF: 4, Format.HEIC: 4, Format.JXL: 6, Format.JPEG2000: 10}
_CLEAR_SLOWNESS = 2
# Formats whose header cannot be smaller than what a browser paints.
_TINY_BY_HEADER = frozenset({Format.JPEG, Format.PNG, Format.GIF, Format.WEBP, Format.BMP})


def raster(body: bytes, kind: Format, job: Job) -> tuple[Picture, list[View]]:
    """What `body` is, upright, and views of all that it shows.

    Raises:
        Undecodable: beyond the caps, or too small to show anything.
        Exception: decoders raise anything on hostile bytes.
    """
    ready = _look(body, kind, job)
    if kind in _TINY_BY_HEADER and 0 < ready.width * ready.height <= job.caps.tiny_pixels:
        picture = Picture(kind, ready.width, ready.height)
        raise Undecodable(Failure.TINY, f"{ready.width}×{ready.height}", picture)
    if kind in _STRICT_FIRST or (kind is Format.PNG and pngs.is_interlaced(body)):
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            return _opened(replace(ready, cut_short=False), kind, job, views)
        except CUT_SHORT as error:
            # Its traceback would hold this frame, and this frame the picture, until the collector comes by.
            damage = error.with_traceback(None)
        if kind is Format.JPEG and _CUT_SHORT not in str(damage):
            return _without_damage(ready, job, damage)
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        return _opened(ready, kind, job, _DAMAGED_VIEWS.get(kind, views))
    ImageFile.LOAD_TRUNCATED_IMAGES = kind in _PAINTED_IN_PART
    return _opened(ready, kind, job, views)


def _opened(ready: Ready, kind: Format, job: Job, show: Show) -> tuple[Picture, list[View]]:
    with Image.open(io.BytesIO(ready.body), formats=_PLUGINS[kind]) as image:
        turns = orientations(image, kind)
        picture = Picture(kind, *size_as_shown(image.size, turns[0]))
        job.check_pixels(picture)
        if kind in _SLOWNESS:
            slow = _SLOWNESS[kind] * (_CLEAR_SLOWNESS if image.has_transparency_data else 1)
            job.check_scans(
                slow * picture.width * picture.height, f"{picture.width}×{picture.height} of a slow format", picture
            )
        total = _frames(image, ready)
        if total > 1 and kind in _MOVE:
            job.check_frames(total, picture)
            if kind is Format.GIF:
                show = gifs.within(image.size, show)
            found = moving_views(image, total, partial(show, turn=turns[0]), job, picture, cut_short=ready.cut_short)
            return picture, both_ways(found, turns)
        if total > 1:
            return picture, _pages(image, total, kind, job, picture)
        return picture, both_ways(_still(image, turns[0], kind, job, show), turns)


def _without_damage(ready: Ready, job: Job, damage: Exception) -> tuple[Picture, list[View]]:
    """A JPEG of which a scan cannot be decoded: what is before it, which is what a browser has painted.

    Pillow shows nothing of a progressive one with such a scan, and of others the rows above the damage.
    """
    if not jpegs.is_progressive(ready.body):
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        return _opened(ready, Format.JPEG, job, views)
    for body in jpegs.with_fewer_scans(ready.body):
        job.check_time(Picture(Format.JPEG, ready.width, ready.height))
        try:
            return _opened(replace(ready, body=body), Format.JPEG, job, views)
        except OSError:
            continue
    raise damage


def _look(body: bytes, kind: Format, job: Job) -> Ready:
    if kind in _ISO_MEDIA:
        return isomedia.look(body, kind, job)
    look = _LOOKS.get(kind)
    return look(body, job) if look else Ready(body)


def _frames(image: Image.Image, ready: Ready) -> int:
    if image.format == "GIF":  # Pillow would read the file to its end to know
        return ready.frames
    told = int(getattr(image, "n_frames", 1)) if image.format != "TIFF" else ready.frames
    return min(told, ready.frames) if ready.frames else told


def _still(image: Image.Image, turn: int, kind: Format, job: Job, show: Show) -> list[View]:
    size = image.size
    if kind is Format.JPEG:
        image.draft("RGB", pixels_needed(size, job))
    if kind is Format.BMP:
        return show(_opaque_if_all_clear(image), job, size, turn)
    return show(image, job, size, turn)


def _pages(image: Image.Image, total: int, kind: Format, job: Job, picture: Picture) -> list[View]:
    """Views of every picture of a file that holds several; browsers show the first, and scripts any."""
    first = image.tell()
    if kind is not Format.TIFF:  # its pages have been counted
        job.count(total, picture)
    share = job.shared_by(total)
    found: list[View] = []
    for index in sorted(range(total), key=lambda page: page != first):
        job.check_time(picture)
        try:
            if index != image.tell():
                image.seek(index)
            turns = orientations(image, kind)
            job.check_pixels(Picture(kind, *size_as_shown(image.size, turns[0])))
            found += both_ways(_still(image, turns[0], kind, share, views), turns)
        except CUT_SHORT:
            if index == first:
                raise
    return found


def _opaque_if_all_clear(image: Image.Image) -> Image.Image:
    """A BMP whose alpha is nothing but zeros is shown opaque: many programs left the channel unused."""
    shown = plain(image)
    if shown.mode == "RGBA" and shown.getchannel("A").getextrema()[1] == 0:
        return shown.convert("RGB")
    return shown
