"""What a body really is."""

import pytest

from geacc_proxy.images.sniff import Format, sniff, sniff_inside


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", Format.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Format.PNG),
        (b"GIF89a\x01\x00", Format.GIF),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Format.WEBP),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1avif", Format.AVIF),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", Format.AVIF),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Format.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", Format.HEIC),
        (b"\x00\x00\x00\x10ftypmif3avif\x00\x00", Format.AVIF),
        (b"\x00\x00\x00\x1cftypavis\x00\x00\x00\x00avifmsf1", Format.AVIF),
        (b"\x00\x00\x00\x18ftypmsf1\x00\x00\x00\x00msf1hevc", Format.HEIC),
        (b"GIF87a\x01\x00", Format.GIF),
        (b"BM\x36\x00", Format.BMP),
        (b"\x00\x00\x01\x00\x01\x00", Format.ICO),
        (b"\x00\x00\x02\x00\x01\x00", Format.ICO),
        (b"\xff\x0a\x00", Format.JXL),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", Format.JXL),
        (b"\xff\x4f\xff\x51\x00", Format.JPEG2000),
        (b"MM\x00*\x00\x00", Format.TIFF),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Format.JPEG2000),
        (b"II*\x00\x08\x00", Format.TIFF),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Format.SVG),
        (b"\n <?xml version='1.0'?><!-- c --><svg:svg xmlns:svg='http://www.w3.org/2000/svg'>", Format.SVG),
        ("\ufeff<svg/>".encode("utf-16-le"), Format.SVG),
    ],
)
def test_a_picture_is_known_by_its_first_bytes_whatever_its_declared_type(head: bytes, kind: Format) -> None:
    assert sniff(head, "text/plain") is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<!doctype html><html><body><svg></svg>",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42",
        b"RIFF\x00\x00\x00\x00WAVE",
    ],
)
def test_what_no_browser_paints_is_no_picture(body: bytes) -> None:
    assert sniff(body) is None


def test_a_declared_svg_is_one_however_it_begins() -> None:
    assert sniff(b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + b" " * 9000 + b"<svg/>", "image/svg+xml") is Format.SVG


@pytest.mark.parametrize("content_type", ["", "image/jpeg"])
@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", Format.JPEG),
        (b"\x89PNG\r\n\x1a\n", Format.PNG),
        (b"GIF89a", Format.GIF),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Format.WEBP),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1avif", Format.AVIF),
    ],
)
def test_a_picture_behind_other_bytes_is_found(picture: bytes, kind: Format, content_type: str) -> None:
    assert sniff_inside(b"<!-- GIF8 -->" + b"x" * 4000 + picture, content_type) == (kind, 4013)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x" * 10 + b"GIF89a", "text/html"),
        (b"x" * 5000 + b"GIF89a", ""),
        (b"x" * 10 + b"RIFF\x24\x00\x00\x00WAVEfmt ", ""),
        (b"nothing of the kind", ""),
    ],
)
def test_what_is_declared_something_else_or_begins_far_in_is_left_alone(body: bytes, content_type: str) -> None:
    assert sniff_inside(body, content_type) is None
