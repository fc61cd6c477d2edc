"""The picture formats of the web in one table: who shows them, how they are decoded, what happens if they are not.

docs/formats.md has the same table for people. Light on purpose: the proxy process reads it and must not load decoders.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """A picture format that some browser shows."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"
    HEIC = "heic"
    BMP = "bmp"
    ICO = "ico"
    JXL = "jxl"
    JPEG2000 = "jpeg2000"
    TIFF = "tiff"
    SVG = "svg"


class Browser(StrEnum):
    """A family of browsers that share an engine."""

    CHROMIUM = "Chromium"
    FIREFOX = "Firefox"
    SAFARI = "Safari"


EVERY_BROWSER = frozenset(Browser)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the program knows of a format.

    Attributes:
        name: as people write it.
        media_types: as origins declare it, the registered one first.
        suffixes: how the names of its files end, lower case.
        shown_by: the browsers that show it in a page.
        decoder: the library that turns it into pixels.
        judged: what of a file is judged.
        otherwise: what is not decoded, and what a browser makes of it; such a picture has no scores, and the profile's
            rule for what cannot be judged decides.
    """

    name: str
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]
    shown_by: frozenset[Browser]
    decoder: str
    judged: str
    otherwise: str


FORMATS: dict[Format, Facts] = {
    Format.JPEG: Facts(
        name="JPEG",
        media_types=("image/jpeg", "image/jpg", "image/pjpeg"),
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".mpo"),
        shown_by=EVERY_BROWSER,
        decoder="Pillow (libjpeg-turbo)",
        judged="the picture; every picture of a multi-picture file (MPO)",
        otherwise="12 bits a sample and lossless: no browser shows them",
    ),
    Format.PNG: Facts(
        name="PNG, APNG",
        media_types=("image/png", "image/apng", "image/x-png"),
        suffixes=(".png", ".apng"),
        shown_by=EVERY_BROWSER,
        decoder="Pillow (zlib-ng)",
        judged="the picture; sampled frames, and the still picture that stands before them",
        otherwise="–",
    ),
    Format.GIF: Facts(
        name="GIF",
        media_types=("image/gif",),
        suffixes=(".gif",),
        shown_by=EVERY_BROWSER,
        decoder="Pillow",
        judged="sampled frames",
        otherwise="a file without a single frame: browsers show nothing of it",
    ),
    Format.WEBP: Facts(
        name="WebP",
        media_types=("image/webp",),
        suffixes=(".webp",),
        shown_by=EVERY_BROWSER,
        decoder="Pillow (libwebp)",
        judged="the picture; sampled frames",
        otherwise="–",
    ),
    Format.AVIF: Facts(
        name="AVIF",
        media_types=("image/avif", "image/avif-sequence"),
        suffixes=(".avif", ".avifs"),
        shown_by=EVERY_BROWSER,
        decoder="Pillow (libavif, dav1d)",
        judged="the picture; sampled frames of a sequence",
        otherwise="the minimised container (`mif3`), which Chromium shows",
    ),
    Format.HEIC: Facts(
        name="HEIC, HEIF",
        media_types=("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
        suffixes=(".heic", ".heif", ".hif"),
        shown_by=frozenset({Browser.SAFARI}),
        decoder="pillow-heif (libheif, libde265)",
        judged="every picture of the file; its thumbnails are not trusted",
        otherwise="sequences that are only a track, and codecs other than HEVC, of which Safari shows some",
    ),
    Format.BMP: Facts(
        name="BMP",
        media_types=("image/bmp", "image/x-ms-bmp"),
        suffixes=(".bmp", ".dib"),
        shown_by=EVERY_BROWSER,
        decoder="Pillow",
        judged="the picture",
        otherwise="unusual bit fields, of which browsers show some",
    ),
    Format.ICO: Facts(
        name="ICO, CUR",
        media_types=("image/x-icon", "image/vnd.microsoft.icon"),
        suffixes=(".ico", ".cur"),
        shown_by=EVERY_BROWSER,
        decoder="entry by entry, each as the PNG or BMP that it is",
        judged="every entry that is not tiny",
        otherwise="–",
    ),
    Format.JXL: Facts(
        name="JPEG XL",
        media_types=("image/jxl",),
        suffixes=(".jxl",),
        shown_by=frozenset({Browser.CHROMIUM, Browser.SAFARI}),
        decoder="pillow-jxl-plugin (libjxl)",
        judged="the picture",
        otherwise="animations, which both show: the library decodes one frame",
    ),
    Format.JPEG2000: Facts(
        name="JPEG 2000",
        media_types=("image/jp2", "image/jpx"),
        suffixes=(".jp2", ".j2k", ".jpx", ".jpf"),
        shown_by=frozenset({Browser.SAFARI}),
        decoder="Pillow (OpenJPEG)",
        judged="the picture",
        otherwise="–",
    ),
    Format.TIFF: Facts(
        name="TIFF",
        media_types=("image/tiff",),
        suffixes=(".tif", ".tiff"),
        shown_by=frozenset({Browser.SAFARI}),
        decoder="Pillow (libtiff)",
        judged="every page",
        otherwise="BigTIFF and colour spaces of print, of which Safari shows some",
    ),
    Format.SVG: Facts(
        name="SVG",
        media_types=("image/svg+xml",),
        suffixes=(".svg", ".svgz"),
        shown_by=EVERY_BROWSER,
        decoder="resvg; pictures inside by their own decoders",
        judged="the drawing as it first appears, and every picture inside it",
        otherwise="text and HTML inside, animation by script or style: the rest is judged without them",
    ),
}
"""Facts by format."""

SUFFIXES = frozenset(suffix for facts in FORMATS.values() for suffix in facts.suffixes)
"""How the names of picture files end, lower case."""
