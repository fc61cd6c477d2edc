"""SVG: the drawing as it first appears, and every picture inside it on its own.

A picture inside may be clipped, tiny or hidden until a style or a script shows it, so how it is drawn does not matter.
The drawing library reads files that a source names; such names are taken out before it sees the source. It has no
fonts, so letters are not drawn.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import resvg_py
from PIL import Image

from geacc_proxy.images import datauris
from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.sniff import sniff
from geacc_proxy.images.svgsize import svg_size
from geacc_proxy.images.svgsource import MalformedError, Source, TooDeepError, read
from geacc_proxy.images.svgtext import svg_text
from geacc_proxy.images.views import pixels_needed, views
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View

Inner = Callable[[bytes, str, "Job"], "tuple[Picture, list[View]]"]
"""Decodes a body of a declared type, as a part of a job."""

TINY_LENGTH = 512
"""Characters below which an SVG of shapes alone shows no more than a sign: a dozen outlines at most."""
_CANVAS = 448  # pixels of the long side: twice what most models see, for smooth edges
_CHEAP = 100  # of the work estimate; what is more is drawn with half the pixels
_REFERENCE_PIXELS = 448 * 448  # of the estimate
_DPI = 96.0  # CSS


def vector(body: bytes, job: Job, inner: Inner) -> tuple[Picture, list[View]]:
    """Size, and views of the drawing and of the pictures inside.

    Args:
        body: the source, plain or packed with gzip.
        job: its limits.
        inner: decodes the pictures inside.

    Raises:
        Undecodable: too small to show anything, beyond the caps, or no XML; or a picture inside is, or cannot be
            decoded.
    """
    text = svg_text(body, job.caps)
    picture = Picture(Format.SVG, *svg_size(text))
    source = _read(text, job, picture)
    if len(text) < TINY_LENGTH and source.plain:
        raise Undecodable(Failure.TINY, f"{len(text)} characters of shapes", picture)
    inside = _inside(source, job, inner, picture)
    return picture, _drawing(source, job, picture) + inside


def _read(text: str, job: Job, picture: Picture) -> Source:
    _check_length(len(text) - datauris.length(text), job, picture)
    try:
        source = read(text)
    except MalformedError as error:
        raise Undecodable(Failure.UNREADABLE, str(error)[:200], picture) from None
    except TooDeepError as error:
        raise Undecodable(Failure.TOO_LARGE, str(error), picture) from None
    _check_length(source.length, job, picture)
    _check_work(source.work, job, picture)
    return source


def _check_length(length: int, job: Job, picture: Picture) -> None:
    if length > job.caps.svg_bytes:
        raise Undecodable(Failure.TOO_LARGE, f"a source of more than {job.caps.svg_bytes} bytes", picture)


def _check_work(work: float, job: Job, picture: Picture) -> None:
    if work > job.caps.svg_work:
        raise Undecodable(Failure.TOO_LARGE, "takes long to draw", picture)


def _inside(source: Source, job: Job, inner: Inner, picture: Picture) -> list[View]:
    if not source.pictures:
        return []
    share = job.inside(len(source.pictures), picture)
    found: list[View] = []
    for address in source.pictures:
        job.check_time(picture)
        data = datauris.parse(address)
        if data is None or sniff(data.body, data.media_type) is None:
            continue  # a font, a style sheet: no browser paints it
        job.count(1, picture)
        try:
            within, shown = inner(data.body, data.media_type, share)
        except Undecodable as error:
            if error.failure is Failure.TINY:
                continue  # part of the drawing, like a shape
            raise Undecodable(error.failure, f"inside: {error}"[:200], picture) from None
        if within.format != Format.SVG:
            job.count(0, picture, within.width * within.height)
        found += shown
    return found


def _drawing(source: Source, job: Job, picture: Picture) -> list[View]:
    width, height = _canvas((picture.width, picture.height), job, dear=source.work > _CHEAP)
    _check_work(source.work * width * height / _REFERENCE_PIXELS, job, picture)
    rendered = resvg_py.svg_to_bytes(
        svg_string=source.text, width=width, height=height, dpi=_DPI, skip_system_fonts=True
    )
    with Image.open(io.BytesIO(bytes(rendered)), formats=("PNG",)) as image:
        return views(image, job, (picture.width, picture.height))


def _canvas(size: tuple[int, int], job: Job, *, dear: bool) -> tuple[int, int]:
    """Pixels to draw, in the proportions of `size`, enough for all that is judged."""
    needed = pixels_needed(size, job)
    scale = min(needed[0] / size[0], needed[1] / size[1])
    if not dear:
        scale = max(scale, _CANVAS / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
