"""Is it a picture, whole, and how would it look smaller? In sandboxed processes only: it parses what strangers sent."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps

from geacc_proxy.images.backgrounds import on_backgrounds, plain
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.images.formats import Format
from geacc_proxy.images.sniff import sniff
from geacc_proxy.verdict import Failure, Picture

__all__ = ["CAPS", "QUALITY", "Examined", "examine"]

CAPS = Caps(frames=2, tiles=0)
"""As the proxy's; what it would not judge is no use for training or judging its models."""

QUALITY = 80
"""Of the JPEG that a picture is resized to; Geacc's."""

_TARGET = Target(32)
_PLUGINS = {Format.JPEG: ("JPEG", "MPO"), Format.HEIC: ("HEIF",)}
_NOT_RASTER = frozenset({Format.SVG, Format.ICO})

Image.preinit()  # now: in the sandbox nothing can be imported any more


@dataclass(frozen=True, slots=True)
class Examined:
    """A picture that is whole.

    Attributes:
        picture: its format and size.
        resized: a JPEG to be stored in its place; empty where the original is to stay.
    """

    picture: Picture
    resized: bytes = b""


def examine(body: bytes, content_type: str, size: tuple[int, int] | None) -> Examined:
    """Decode `body` to its end, and scale it down if asked to.

    Args:
        body: what came.
        content_type: as declared, without parameters.
        size: width and height in pixels that the smaller picture covers, its aspect kept; None: none is wanted. A
            picture is never enlarged, and stays as it is where the JPEG would be no shorter.

    Raises:
        Undecodable: no picture, broken, cut short, too small to show anything, or beyond `CAPS`.
    """
    kind = sniff(body, content_type)
    if kind is None:
        raise Undecodable(Failure.NOT_A_PICTURE, "no known picture format")
    picture = decode(body, _TARGET, CAPS, content_type).picture
    if kind in _NOT_RASTER:
        return Examined(picture)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Examined(picture, _decoded(body, kind, size))
        except (MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  (decoders raise anything, Rust's panics included)
            # The door takes what browsers paint of a picture that breaks off; nobody wants that in a data set.
            raise Undecodable(Failure.UNREADABLE, " ".join(str(error).split())[:200], picture) from None


def _decoded(body: bytes, kind: Format, size: tuple[int, int] | None) -> bytes:
    """Decode strictly; a JPEG of `size` if it is shorter than `body`, else nothing."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with Image.open(io.BytesIO(body), formats=_PLUGINS.get(kind, (kind.upper(),))) as image:
        image.load()
        if size is None:
            return b""
        small = _covering(ImageOps.exif_transpose(image), size)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue() if file.tell() < len(body) else b""


def _covering(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`image` in RGB on white, its edges no smaller than `size` and no larger than they were."""
    image = plain(image)
    scale = max(size[0] / image.width, size[1] / image.height)
    if scale < 1:
        image = image.resize(
            (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
            Image.Resampling.LANCZOS,
            reducing_gap=3.0,
        )
    return Image.fromarray(on_backgrounds(image)[0])
