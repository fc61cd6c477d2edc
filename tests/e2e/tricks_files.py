"""Tricks that are in the file: containers, motion, transparency, orientation, shape, and SVG."""

from __future__ import annotations

import gzip
from dataclasses import replace
from urllib.parse import quote

import numpy as np
from PIL import Image

from .containers import (
    counted_twice,
    damaged_at_its_end,
    exif_orientation,
    icon,
    jpeg,
    moving,
    odd_orientation,
    only_on_white,
    orientation_of_a_thumbnail,
    png,
    saved,
    svg,
    svg_around,
    turned_by_exif,
    uri,
    with_an_empty_extension,
    with_late_exif,
    with_two_exifs,
    with_xmp,
    xmp_orientation,
)
from .tricks import SHOWN, SIDE, Act, Subject, Trick, benign, image, img
from .tricks_origin import Answer, answer

SHORT, LONG = 60, 60_000
"""Milliseconds: a frame that is gone before it is seen, and one that stays."""
SCREENFULS, PLACE = 8, 5
"""How long a strip is, and where in it the picture lies, in pictures."""
CELL, ACROSS = 400, 4
"""Of a sprite or mosaic: side of a cell, pixels, and how many there are in a row and in a column."""


def png_plain(subject: Subject) -> Act:
    return image(subject, png(subject.image))


def png_interlaced(subject: Subject) -> Act:
    return image(subject, png(subject.image, interlaced=True))


def png_16_bit(subject: Subject) -> Act:
    return image(subject, png(subject.image, deep=True))


def png_palette(subject: Subject) -> Act:
    return image(subject, saved(subject.image.quantize(256), "PNG"))


def jpeg_progressive(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image, progressive=True), "image/jpeg")


def jpeg_cmyk(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image.convert("CMYK")), "image/jpeg")


def jpeg_of_two_pictures(subject: Subject) -> Act:
    body = saved(subject.image, "MPO", save_all=True, append_images=[benign(90 + subject.number)], quality=92)
    return image(subject, body, "image/jpeg")


def jpeg_with_a_long_header(subject: Subject) -> Act:
    body = jpeg(subject.image)
    comment = b"\xff\xfe\xff\xff" + b" " * 65533
    return image(subject, body[:2] + comment * 3 + body[2:], "image/jpeg")


def jpeg_with_a_tail(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image) + b"<html>" + bytes(2000), "image/jpeg")


def gif_still(subject: Subject) -> Act:
    return image(subject, saved(subject.image, "GIF"), "image/gif")


def webp_lossy(subject: Subject) -> Act:
    return image(subject, saved(subject.image, "WEBP", quality=92), "image/webp")


def webp_lossless(subject: Subject) -> Act:
    return image(subject, saved(subject.image, "WEBP", lossless=True, method=0), "image/webp")


def avif_still(subject: Subject) -> Act:
    return image(subject, saved(subject.image, "AVIF", quality=88, speed=10), "image/avif")


def bmp_24_bit(subject: Subject) -> Act:
    return image(subject, saved(subject.image, "BMP"), "image/bmp")


def bmp_32_bit(subject: Subject) -> Act:
    return image(subject, saved(subject.image.convert("RGBA"), "BMP"), "image/bmp")


def ico_of_a_png(subject: Subject) -> Act:
    return image(subject, icon([(SIDE, png(subject.image))]), "image/x-icon")


def ico_of_a_bmp(subject: Subject) -> Act:
    body = saved(subject.image, "ICO", sizes=[(SIDE, SIDE)], bitmap_format="bmp")
    return image(subject, body, "image/x-icon")


def ico_with_a_clean_small_picture(subject: Subject) -> Act:
    small = benign(80 + subject.number).resize((32, 32))
    return image(subject, icon([(32, png(small)), (SIDE, png(subject.image))]), "image/x-icon")


def cur_of_a_png(subject: Subject) -> Act:
    return image(subject, icon([(SIDE, png(subject.image))], cursor=True), "image/x-icon")


FORMATS: list[Trick] = [
    png_plain,
    png_interlaced,
    png_16_bit,
    png_palette,
    jpeg_progressive,
    jpeg_cmyk,
    jpeg_of_two_pictures,
    jpeg_with_a_long_header,
    jpeg_with_a_tail,
    gif_still,
    webp_lossy,
    webp_lossless,
    avif_still,
    bmp_24_bit,
    bmp_32_bit,
    ico_of_a_png,
    ico_of_a_bmp,
    ico_with_a_clean_small_picture,
    cur_of_a_png,
]


def _last(subject: Subject, before: int = 1) -> tuple[list[Image.Image], list[int]]:
    decoys = [benign(30 + subject.number + step) for step in range(before)]
    return [*decoys, subject.image], [SHORT] * before + [LONG]


def _middle(subject: Subject) -> tuple[list[Image.Image], list[int]]:
    decoy = benign(50 + subject.number)
    return [decoy, subject.image, decoy], [SHORT, LONG, SHORT]


def apng_last_frame(subject: Subject) -> Act:
    return image(subject, moving(*_last(subject), "PNG"))


def apng_middle_frame(subject: Subject) -> Act:
    return image(subject, moving(*_middle(subject), "PNG"))


def apng_behind_a_clean_picture(subject: Subject) -> Act:
    """What a viewer without APNG shows is clean, and is no frame of the animation."""
    body = moving([benign(60), subject.image, subject.image], [LONG, LONG], "PNG", default_image=True)
    return image(subject, body)


def apng_counted_twice(subject: Subject) -> Act:
    return image(subject, counted_twice(moving(*_last(subject), "PNG")))


def apng_with_a_damaged_last_frame(subject: Subject) -> Act:
    body = damaged_at_its_end(moving(*_last(subject), "PNG"), b"fdAT")
    return replace(image(subject, body), spares_benign=False)


def gif_behind_an_empty_extension(subject: Subject) -> Act:
    return image(subject, with_an_empty_extension(moving(*_last(subject), "GIF")), "image/gif")


def gif_last_frame(subject: Subject) -> Act:
    return image(subject, moving(*_last(subject), "GIF"), "image/gif")


def gif_middle_frame(subject: Subject) -> Act:
    return image(subject, moving(*_middle(subject), "GIF"), "image/gif")


def gif_last_of_41_frames(subject: Subject) -> Act:
    frames, times = _last(subject, 40)
    return image(subject, moving(frames, [20] * 40 + times[-1:], "GIF"), "image/gif")


def gif_one_odd_frame_of_41(subject: Subject) -> Act:
    """A frame that stays long stands between the frames that even sampling would take."""
    decoys = [benign(30 + subject.number + step) for step in range(40)]
    frames = [*decoys[:18], subject.image, *decoys[18:]]
    return image(subject, moving(frames, [20] * 18 + [LONG] + [20] * 22, "GIF"), "image/gif")


def webp_last_frame(subject: Subject) -> Act:
    return image(subject, moving(*_last(subject), "WEBP"), "image/webp")


def webp_middle_frame(subject: Subject) -> Act:
    return image(subject, moving(*_middle(subject), "WEBP"), "image/webp")


def avif_last_frame(subject: Subject) -> Act:
    return image(subject, moving(*_last(subject), "AVIF"), "image/avif")


def avif_middle_frame(subject: Subject) -> Act:
    return image(subject, moving(*_middle(subject), "AVIF"), "image/avif")


MOTION: list[Trick] = [
    apng_last_frame,
    apng_middle_frame,
    apng_behind_a_clean_picture,
    apng_counted_twice,
    apng_with_a_damaged_last_frame,
    gif_behind_an_empty_extension,
    gif_last_frame,
    gif_middle_frame,
    gif_last_of_41_frames,
    gif_one_odd_frame_of_41,
    webp_last_frame,
    webp_middle_frame,
    avif_last_frame,
    avif_middle_frame,
]


def alpha_on_white(subject: Subject) -> Act:
    return image(subject, png_of(only_on_white(subject.image)))


def alpha_on_white_webp(subject: Subject) -> Act:
    body = saved(only_on_white(subject.image), "WEBP", lossless=True, exact=True, method=0)
    return image(subject, body, "image/webp")


def alpha_on_black(subject: Subject) -> Act:
    inverse = only_on_white(Image.eval(subject.image, lambda value: 255 - value))
    red, green, blue, alpha = inverse.split()
    colours = [Image.eval(band, lambda value: 255 - value) for band in (red, green, blue)]
    act = image(subject, png_of(Image.merge("RGBA", [*colours, alpha])))
    return Act(f'<div class="fill" style="background:#000">{act.markup}</div>', answers=act.answers)


def palette_alpha(subject: Subject) -> Act:
    body = png_of(only_on_white(subject.image).quantize(256, Image.Quantize.FASTOCTREE))
    return image(subject, body)


def exif_turned_jpeg(subject: Subject) -> Act:
    return image(subject, turned_by_exif(subject.image, "JPEG", quality=92, subsampling=0), "image/jpeg")


def exif_turned_png(subject: Subject) -> Act:
    return image(subject, turned_by_exif(subject.image, "PNG"))


def exif_that_browsers_ignore(subject: Subject) -> Act:
    """Stored upright and shown so, since no browser looks into the metadata of a WebP."""
    return image(subject, saved(subject.image, "WEBP", quality=92, exif=exif_orientation()), "image/webp")


def xmp_that_browsers_ignore(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image, xmp=xmp_orientation()), "image/jpeg")


def xmp_of_a_png(subject: Subject) -> Act:
    return image(subject, with_xmp(png(subject.image), xmp_orientation()))


def exif_after_the_pixels(subject: Subject) -> Act:
    return image(subject, with_late_exif(png(subject.image), exif_orientation()))


def exif_twice(subject: Subject) -> Act:
    """Two blocks of metadata that disagree."""
    return image(subject, with_two_exifs(jpeg(subject.image), exif_orientation(1), exif_orientation(6)), "image/jpeg")


def exif_twice_turned(subject: Subject) -> Act:
    lying = jpeg(subject.image.transpose(Image.Transpose.ROTATE_90))
    return image(subject, with_two_exifs(lying, exif_orientation(6), exif_orientation(1)), "image/jpeg")


def exif_of_another_type(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image, exif=odd_orientation()), "image/jpeg")


def exif_of_the_thumbnail(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image, exif=orientation_of_a_thumbnail()), "image/jpeg")


def irot_turned_avif(subject: Subject) -> Act:
    return image(subject, turned_by_exif(subject.image, "AVIF", quality=88, speed=10), "image/avif")


def _decoy(place: int) -> Image.Image:
    """A landscape in a light and with a grain of its own, as other pictures on a sheet have."""
    light = [(250, 210, 120), (60, 60, 110), (230, 240, 250), (160, 70, 60), (90, 140, 90)][place * 3 % 5]
    picture = Image.blend(benign(100 + place), Image.new("RGB", (SIDE, SIDE), light), 0.4)
    grain = np.random.default_rng(place).normal(0, 9, (SIDE, SIDE, 1))
    return Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))


def _strip(subject: Subject) -> list[Image.Image]:
    pieces = [_decoy(step) for step in range(SCREENFULS)]
    pieces[PLACE] = subject.image
    return pieces


def strip_tall(subject: Subject) -> Act:
    whole = Image.new("RGB", (SIDE, SIDE * SCREENFULS))
    for step, piece in enumerate(_strip(subject)):
        whole.paste(piece, (0, SIDE * step))
    return image(subject, jpeg(whole), "image/jpeg", style=f"height:auto;margin-top:{-PLACE * SHOWN}px")


def strip_wide(subject: Subject) -> Act:
    whole = Image.new("RGB", (SIDE * SCREENFULS, SIDE))
    for step, piece in enumerate(_strip(subject)):
        whole.paste(piece, (SIDE * step, 0))
    style = f"width:auto;height:{SHOWN}px;max-width:none;margin-left:{-PLACE * SHOWN}px"
    return image(subject, jpeg(whole), "image/jpeg", style=style)


def _mosaic(subject: Subject, column: int, row: int) -> bytes:
    whole = Image.new("RGB", (CELL * ACROSS, CELL * ACROSS))
    for place in range(ACROSS * ACROSS):
        where = divmod(place, ACROSS)
        piece = subject.image if where == (row, column) else _decoy(place)
        whole.paste(piece.resize((CELL, CELL)), (where[1] * CELL, where[0] * CELL))
    return jpeg(whole)


def sprite(subject: Subject) -> Act:
    path = subject.path("sprite.jpg")
    style = f"background:url({path}) {-2 * SHOWN}px {-SHOWN}px / {4 * SHOWN}px {4 * SHOWN}px no-repeat"
    body = _mosaic(subject, 2, 1)
    return Act(f'<div class="fill" style="{style}"></div>', answers={path: answer(body, "Content-Type: image/jpeg")})


def mosaic_corner(subject: Subject) -> Act:
    style = f"width:{4 * SHOWN}px;height:{4 * SHOWN}px;margin:{-3 * SHOWN}px 0 0 {-3 * SHOWN}px;max-width:none"
    return image(subject, _mosaic(subject, 3, 3), "image/jpeg", style=style)


def truncated_png(subject: Subject) -> Act:
    body = png(subject.image)
    return image(subject, body[: len(body) * 4 // 5])


def truncated_jpeg(subject: Subject) -> Act:
    body = jpeg(subject.image)
    return image(subject, body[: len(body) * 4 // 5], "image/jpeg")


def truncated_progressive_jpeg(subject: Subject) -> Act:
    body = jpeg(subject.image, progressive=True)
    return image(subject, body[: len(body) * 9 // 10], "image/jpeg")


def truncated_gif(subject: Subject) -> Act:
    body = saved(subject.image, "GIF", interlace=0)
    return image(subject, body[: len(body) * 4 // 5], "image/gif")


def truncated_interlaced_gif(subject: Subject) -> Act:
    """Browsers fill the rows that are not there with those that are."""
    body = saved(subject.image, "GIF", interlace=1)
    return replace(image(subject, body[: len(body) // 2], "image/gif"), spares_benign=False)


def ico_with_a_damaged_picture(subject: Subject) -> Act:
    """Beside a small clean one that is whole."""
    small = benign(80 + subject.number).resize((32, 32))
    large = damaged_at_its_end(png(subject.image), b"IDAT")
    return replace(image(subject, icon([(32, png(small)), (SIDE, large)]), "image/x-icon"), spares_benign=False)


def damaged_png(subject: Subject) -> Act:
    """Its checksums are wrong."""
    body = png(subject.image)
    return image(subject, body[:-16] + bytes(4) + body[-12:])


def png_of(picture: Image.Image) -> bytes:
    return saved(picture, "PNG")


LOOKS: list[Trick] = [
    alpha_on_white,
    alpha_on_white_webp,
    alpha_on_black,
    palette_alpha,
    exif_turned_jpeg,
    exif_turned_png,
    exif_that_browsers_ignore,
    xmp_that_browsers_ignore,
    xmp_of_a_png,
    exif_after_the_pixels,
    exif_twice,
    exif_twice_turned,
    exif_of_another_type,
    exif_of_the_thumbnail,
    irot_turned_avif,
    strip_tall,
    strip_wide,
    sprite,
    mosaic_corner,
    truncated_png,
    truncated_jpeg,
    truncated_progressive_jpeg,
    truncated_gif,
    truncated_interlaced_gif,
    ico_with_a_damaged_picture,
    damaged_png,
]


def _svg(subject: Subject, text: str, charset: str = "utf-8", *headers: str) -> Act:
    return image(subject, text.encode(charset), "image/svg+xml", *headers)


def svg_with_a_raster(subject: Subject) -> Act:
    return _svg(subject, svg_around(uri(jpeg(subject.image)), SIDE))


def svg_with_a_percent_encoded_raster(subject: Subject) -> Act:
    return _svg(subject, svg_around("data:image/jpeg," + quote(jpeg(subject.image)), SIDE))


def svg_with_an_svg_with_a_raster(subject: Subject) -> Act:
    inner = svg_around(uri(jpeg(subject.image)), SIDE)
    return _svg(subject, svg_around(uri(inner.encode(), "image/svg+xml"), SIDE))


def svg_with_a_percent_encoded_svg(subject: Subject) -> Act:
    inner = svg_around(uri(jpeg(subject.image)), SIDE)
    return _svg(subject, svg_around("data:image/svg+xml," + quote(inner), SIDE))


def svg_with_a_page(subject: Subject) -> Act:
    raster = uri(jpeg(subject.image))
    page = f'<img xmlns="http://www.w3.org/1999/xhtml" width="{SIDE}" height="{SIDE}" src="{raster}"/>'
    return _svg(subject, svg(f'<foreignObject width="{SIDE}" height="{SIDE}">{page}</foreignObject>', SIDE))


def svg_with_a_style(subject: Subject) -> Act:
    style = f"width:{SIDE}px;height:{SIDE}px;background:url({uri(jpeg(subject.image))})"
    page = f'<div xmlns="http://www.w3.org/1999/xhtml" style="{style}"/>'
    return _svg(subject, svg(f'<foreignObject width="{SIDE}" height="{SIDE}">{page}</foreignObject>', SIDE))


def svg_with_a_filter(subject: Subject) -> Act:
    box = f'x="0" y="0" width="{SIDE}" height="{SIDE}"'
    effect = f'<filter id="f" {box} filterUnits="userSpaceOnUse"><feImage href="{uri(jpeg(subject.image))}" {box}/>'
    return _svg(subject, svg(f'{effect}</filter><rect {box} filter="url(#f)"/>', SIDE))


def svg_that_appears_later(subject: Subject) -> Act:
    raster = f'<image width="{SIDE}" height="{SIDE}" href="{uri(jpeg(subject.image))}" opacity="0">'
    return _svg(subject, svg(f'{raster}<set attributeName="opacity" to="1" begin="0.1s"/></image>', SIDE))


def svg_with_an_entity(subject: Subject) -> Act:
    declared = f'<!DOCTYPE svg [<!ENTITY raster "{uri(jpeg(subject.image))}">]>'
    return _svg(subject, svg(f'<image width="{SIDE}" height="{SIDE}" href="&raster;"/>', SIDE, declared))


def svg_in_utf_16(subject: Subject) -> Act:
    return _svg(subject, svg_around(uri(jpeg(subject.image)), SIDE), "utf-16")


def svg_in_gzip(subject: Subject) -> Act:
    body = gzip.compress(svg_around(uri(jpeg(subject.image)), SIDE).encode())
    return image(subject, body, "image/svg+xml", "Content-Encoding: gzip")


def svg_behind_a_comment(subject: Subject) -> Act:
    """The element comes later than a sniffer looks."""
    return _svg(subject, f"<?xml version='1.0'?><!--{'x' * 9000}-->" + svg_around(uri(jpeg(subject.image)), SIDE))


def svg_as_a_document(subject: Subject) -> Act:
    """In a frame, SVG loads what it refers to."""
    raster, document = subject.path("raster.jpg"), subject.path("document.svg")
    return Act(
        f'<iframe src="{document}" scrolling="no"></iframe>',
        answers={
            raster: answer(jpeg(subject.image), "Content-Type: image/jpeg"),
            document: answer(svg_around(raster, SHOWN).encode(), "Content-Type: image/svg+xml"),
        },
    )


SVG: list[Trick] = [
    svg_with_a_raster,
    svg_with_a_percent_encoded_raster,
    svg_with_an_svg_with_a_raster,
    svg_with_a_percent_encoded_svg,
    svg_with_a_page,
    svg_with_a_style,
    svg_with_a_filter,
    svg_that_appears_later,
    svg_with_an_entity,
    svg_in_utf_16,
    svg_in_gzip,
    svg_behind_a_comment,
    svg_as_a_document,
]

PIECES_ACROSS = 24


def tiny_pieces(subject: Subject) -> Act:
    """Pictures of 10 × 10 pixels, each too small to be judged, side by side."""
    size, shown = SIDE // PIECES_ACROSS, SHOWN // PIECES_ACROSS
    answers: dict[str, Answer] = {}
    for place in range(PIECES_ACROSS**2):
        left, top = place % PIECES_ACROSS * size, place // PIECES_ACROSS * size
        piece = subject.image.crop((left, top, left + size, top + size))
        answers[subject.path(f"{place}.png")] = answer(png(piece), "Content-Type: image/png")
    style = f"float:left;width:{shown}px;height:{shown}px"
    return Act("".join(img(path, style) for path in answers), answers=answers)
