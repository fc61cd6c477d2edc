"""Bytes to small RGB frames, under caps. Runs in a sandboxed worker only: it parses what the internet sent."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pillow_heif  # type: ignore[import-untyped,unused-ignore]
import pillow_jxl  # noqa: F401  (registers the JPEG XL plugin)
import resvg_py
from PIL import (
    AvifImagePlugin,  # noqa: F401  (these plugins and no others: each registers itself, in the fork server)
    BmpImagePlugin,  # noqa: F401
    CurImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
    IcoImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    Jpeg2KImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.sniff import Format, sniff
from geacc_proxy.images.svgsize import svg_size
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

pillow_heif.register_heif_opener()
# Browsers paint what has arrived of a picture that was cut short; so must whoever judges it (52 of 52 such files).
ImageFile.LOAD_TRUNCATED_IMAGES = True
# Our own caps are lower than Pillow's, and are checked before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

_PILLOW_NAMES: dict[Format, tuple[str, ...]] = {
    Format.JPEG: ("JPEG", "MPO"),
    Format.PNG: ("PNG",),
    Format.GIF: ("GIF",),
    Format.WEBP: ("WEBP",),
    Format.AVIF: ("AVIF", "HEIF"),
    Format.HEIC: ("HEIF",),
    Format.BMP: ("BMP",),
    Format.ICO: ("ICO", "CUR"),
    Format.JXL: ("JXL",),
    Format.JPEG2000: ("JPEG2000",),
    Format.TIFF: ("TIFF",),
}
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_TRANSPOSE = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_SIDEWAYS = frozenset({5, 6, 7, 8})


class Undecodable(Exception):  # noqa: N818  (an outcome, not an error of the program)
    """A body without frames.

    Attributes:
        failure: the kind.
        picture: what the header told.
    """

    def __init__(self, failure: Failure, detail: str, picture: Picture | None = None) -> None:
        super().__init__(detail)
        self.failure = failure
        self.picture = picture or Picture()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture ready for a model.

    Attributes:
        picture: format and size as a browser shows it.
        frames: uint8, shape (n, size, size, 3), RGB; n ≥ 1.
    """

    picture: Picture
    frames: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Target:
    """What a model wants to be shown.

    Attributes:
        size: side of the square, pixels.
        resample: the filter that squeezes the whole picture into it.
    """

    size: int
    resample: Image.Resampling = Image.Resampling.BILINEAR


def decode(body: bytes, target: Target, caps: Caps, content_type: str = "") -> Decoded:
    """The frames of `body` worth judging, each squeezed to the target's square.

    A picture with transparency gives two frames for each of its own, on white and on black, since what it shows depends
    on the page behind it.

    Raises:
        Undecodable: no picture, broken, or beyond `caps`.
    """
    kind = sniff(body, content_type)
    if kind is None:
        raise Undecodable(Failure.NOT_A_PICTURE, "no known picture format")
    if len(body) > caps.bytes:
        raise Undecodable(Failure.TOO_LARGE, f"{len(body)} bytes, more than {caps.bytes}", Picture(kind))
    if kind is Format.SVG:
        return _decode_svg(body, target)
    picture = Picture(kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(body), formats=_PILLOW_NAMES[kind])
            with image:
                picture = Picture(kind, image.width, image.height)
                _check_pixels(picture, caps)
                image.draft("RGB", (target.size, target.size))
                turn = _orientation(image)
                if turn in _SIDEWAYS:
                    picture = Picture(kind, picture.height, picture.width)
                frames = _frames(image, target, turn, caps)
    except Undecodable:
        raise
    except MemoryError:
        raise Undecodable(Failure.TOO_LARGE, "more memory than a worker has", picture) from None
    except UnidentifiedImageError:
        raise Undecodable(Failure.UNREADABLE, f"begins like {kind} and is none", picture) from None
    except Exception as error:  # noqa: BLE001  (decoders raise anything on hostile bytes; all of it means one thing)
        raise Undecodable(Failure.UNREADABLE, f"{type(error).__name__}: {error}"[:200], picture) from None
    return Decoded(picture, frames)


def _check_pixels(picture: Picture, caps: Caps) -> None:
    if picture.width * picture.height > caps.pixels:
        raise Undecodable(
            Failure.TOO_LARGE, f"{picture.width}×{picture.height}, more than {caps.pixels} pixels", picture
        )
    if not (picture.width and picture.height):
        raise Undecodable(Failure.UNREADABLE, "no pixels", picture)


def _orientation(image: Image.Image) -> int:
    if image.format in ("HEIF", "AVIF"):  # their decoders turn the picture themselves
        return 1
    return int(image.getexif().get(ExifTags.Base.Orientation, 1) or 1)


def _frames(image: Image.Image, target: Target, turn: int, caps: Caps) -> NDArray[np.uint8]:
    squares: list[NDArray[np.uint8]] = []
    for index in _sampled(image, caps):
        if index:
            try:
                image.seek(index)
            except (EOFError, SyntaxError, ValueError, OSError):
                break  # cut short: what came before has been seen
        squares.extend(_squares(image, target, turn))
    return np.stack(squares)


def _sampled(image: Image.Image, caps: Caps) -> list[int]:
    """First, last and evenly between, within the caps."""
    total = getattr(image, "n_frames", 1)
    if total <= 1:
        return [0]
    # Reaching a frame means decoding those before it.
    if total * image.width * image.height > caps.frame_pixels:
        raise Undecodable(
            Failure.TOO_LARGE,
            f"{total} frames of {image.width}×{image.height}",
            Picture(_format_name(image), image.width, image.height),
        )
    count = min(total, caps.frames)
    return sorted({round(i * (total - 1) / (count - 1)) for i in range(count)}) if count > 1 else [0]


def _format_name(image: Image.Image) -> str:
    return next((kind for kind, names in _PILLOW_NAMES.items() if image.format in names), Format.PNG)


def _squares(image: Image.Image, target: Target, turn: int) -> list[NDArray[np.uint8]]:
    if image.has_transparency_data:
        return _on_backgrounds(_turned(_squeezed(image.convert("RGBA"), target), turn))
    rgb = image if image.mode == "RGB" else _to_rgb(image)
    return [np.asarray(_turned(_squeezed(rgb, target), turn))]


def _squeezed(image: Image.Image, target: Target) -> Image.Image:
    return image.resize((target.size, target.size), target.resample)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":  # 16-bit grey: Pillow's own conversion clips it to white
        wide = np.asarray(image, dtype=np.int64)
        return Image.fromarray((np.clip(wide, 0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _turned(image: Image.Image, turn: int) -> Image.Image:
    # Squeezing to a square and turning commute, and turning a small square is cheaper.
    for step in _TRANSPOSE.get(turn, ()):
        image = image.transpose(step)
    return image


def _on_backgrounds(rgba: Image.Image) -> list[NDArray[np.uint8]]:
    if rgba.getchannel("A").getextrema()[0] == 255:
        return [np.asarray(rgba.convert("RGB"))]
    frames = []
    for colour in (_WHITE, _BLACK):
        ground = Image.new("RGBA", rgba.size, (*colour, 255))
        ground.alpha_composite(rgba)
        frames.append(np.asarray(ground.convert("RGB")))
    return frames


def _decode_svg(body: bytes, target: Target) -> Decoded:
    text = _svg_text(body)
    picture = Picture(Format.SVG, *svg_size(text))
    try:
        rendered = resvg_py.svg_to_bytes(
            svg_string=text, width=target.size * 2, skip_system_fonts=True, resources_dir=None
        )
        with Image.open(io.BytesIO(bytes(rendered)), formats=("PNG",)) as image:
            small = _squeezed(image.convert("RGBA"), target)
    except MemoryError:
        raise Undecodable(Failure.TOO_LARGE, "more memory than a worker has", picture) from None
    except Exception as error:  # noqa: BLE001  (as above)
        raise Undecodable(Failure.UNREADABLE, f"{type(error).__name__}: {error}"[:200], picture) from None
    return Decoded(picture, np.stack(_on_backgrounds(small)))


def _svg_text(body: bytes) -> str:
    for bom, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if body.startswith(bom):
            return body.decode(encoding, "replace")
    return body.decode("utf-8", "replace")
