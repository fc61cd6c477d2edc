"""Depictions on their way from a worker that may have been taken over."""

import io

import pytest
from PIL import Image, PngImagePlugin

from geacc_proxy.classify import answers
from geacc_proxy.classify.depictions import read, size
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.depict import depict
from geacc_proxy.images.manner import Manner
from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged

PICTURE = Image.effect_noise((300, 200), 90).convert("RGB")


def saved(format_: str, image: Image.Image = PICTURE, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


@pytest.mark.parametrize("manner", Manner)
def test_what_a_worker_draws_is_read(manner: Manner) -> None:
    drawn = depict(saved("PNG"), "", Caps(), manner)
    assert read(drawn, manner) == drawn
    assert size(drawn) == manner.size(300, 200)


def test_the_reason_why_there_is_none_is_read() -> None:
    why = Unjudged(Failure.UNREADABLE, "no", Picture("png"))
    assert read(answers.written(why), Manner.BLUR) == why


def _noted() -> bytes:
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "a message")
    return saved("PNG", pnginfo=note)


JPEG, PNG, SMALL = saved("JPEG"), saved("PNG"), saved("JPEG", PICTURE.resize((64, 43)))
NOT_DEPICTIONS = {
    "nothing": (b"", Manner.BLUR),
    "scores": (answers.written(Scores(Picture(), "m@1", 0.1, (), 1)), Manner.BLUR),
    "JSON that is no verdict": (b'{"failure": "splendid"}', Manner.BLUR),
    "a page": (b"<html>", Manner.BLUR),
    "a GIF": (saved("GIF"), Manner.BLUR),
    "a WebP": (saved("WEBP"), Manner.THUMBNAIL),
    "a PNG for a JPEG": (PNG, Manner.BLUR),
    "a JPEG for a PNG": (JPEG, Manner.PIXELATE),
    "a thumbnail that is too large": (JPEG, Manner.THUMBNAIL),
    "a clearer one that is too large": (JPEG, Manner.CLEARER),
    "a PNG that is too large": (saved("PNG", Image.new("P", (5000, 10))), Manner.PIXELATE),
    "a JPEG that is too large": (saved("JPEG", Image.new("RGB", (10, 5000))), Manner.BLUR),
    "a PNG with a note": (_noted(), Manner.PIXELATE),
    "a JPEG with a comment": (saved("JPEG", comment=b"a message"), Manner.BLUR),
    "a JPEG with Exif": (saved("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"), Manner.BLUR),
    "a progressive JPEG": (saved("JPEG", progressive=True), Manner.BLUR),
    "a JPEG of CMYK": (saved("JPEG", PICTURE.convert("CMYK")), Manner.BLUR),
    "a JPEG without its end": (JPEG[:-2], Manner.BLUR),
    "a JPEG's beginning": (JPEG[:4] + b"\xff\xd9", Manner.BLUR),
    "a JPEG of no size": (b"\xff\xd8\xff\xda\0\x02\xff\xd9", Manner.BLUR),
    "a PNG with bytes behind it": (PNG + b"more bytes behind it", Manner.PIXELATE),
    "a PNG without its end": (PNG[:-12], Manner.PIXELATE),
    "a PNG cut short": (PNG[:-20], Manner.PIXELATE),
    "a PNG's beginning": (PNG[:8], Manner.PIXELATE),
    "a PNG's first bytes": (PNG[:11], Manner.PIXELATE),
    "a PNG of no size": (PNG[:16] + bytes(8) + PNG[24:], Manner.PIXELATE),
}


@pytest.mark.parametrize("what", NOT_DEPICTIONS)
def test_what_nobody_asked_for_is_no_depiction(what: str) -> None:
    answer, manner = NOT_DEPICTIONS[what]
    with pytest.raises(ValueError):  # noqa: PT011  (whatever it says)
        read(answer, manner)


def test_the_same_pictures_pass_where_they_were_asked_for() -> None:
    for answer, manner in ((JPEG, Manner.BLUR), (PNG, Manner.PIXELATE), (SMALL, Manner.THUMBNAIL)):
        assert read(answer, manner) == answer
