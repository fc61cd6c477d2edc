import io
import os
import signal

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geacc_proxy.lab.evaluation import thumbnails
from geacc_proxy.lab.evaluation.framing import LENGTH, REPLY_BYTES, SIDE, SIZE
from geacc_proxy.lab.evaluation.thumbnailing import serve, squeezed
from geacc_proxy.lab.evaluation.thumbnails import HEIGHT, WIDTH, Thumbnailer


@pytest.fixture
def picture(tmp_path):
    """Black and white stripes: as a colour, grey."""
    image = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(image)
    for left in range(0, 400, 20):
        draw.rectangle((left, 0, left + 9, 199), fill="black")
    image.save(tmp_path / "stripes.png")
    return tmp_path / "stripes.png"


def test_a_thumbnail_shows_the_picture_in_its_proportions_where_asked(picture):
    with Thumbnailer(blurred=False) as thumbnailer:
        small = thumbnailer.thumbnail(picture)
    assert small.size == (WIDTH, WIDTH // 2)
    assert np.asarray(small).std() > 80


def test_a_blurred_one_shows_colours_and_no_shapes(picture):
    with Thumbnailer(blurred=True) as thumbnailer:
        small = thumbnailer.thumbnail(picture)
    assert small.size == (WIDTH, WIDTH // 2)
    assert np.asarray(small).std() < 20
    assert 100 < np.asarray(small).mean() < 150


def test_what_is_no_picture_has_none_and_the_next_one_is_drawn(tmp_path, picture):
    (tmp_path / "text.jpg").write_text("no picture")
    with Thumbnailer(blurred=False) as thumbnailer:
        assert thumbnailer.thumbnail(tmp_path / "text.jpg") is None
        assert thumbnailer.thumbnail(tmp_path / "none.jpg") is None
        assert thumbnailer.thumbnail(picture) is not None


def test_a_child_that_dies_costs_one_picture(monkeypatch, picture):
    with Thumbnailer(blurred=False) as thumbnailer:
        assert thumbnailer.thumbnail(picture) is not None
        os.kill(thumbnailer._child.pid, signal.SIGSTOP)  # it hangs; its time is over at once
        monkeypatch.setattr(thumbnails, "_SECONDS", 0.2)
        assert thumbnailer.thumbnail(picture) is None
        monkeypatch.undo()
        assert thumbnailer.thumbnail(picture) is not None


def test_the_answer_is_of_the_same_length_whatever_the_picture(picture):
    body = picture.read_bytes()
    replies = io.BytesIO()
    serve(io.BytesIO(LENGTH.pack(len(body)) + body + LENGTH.pack(3) + b"abc"), replies)
    assert len(replies.getvalue()) == 2 * REPLY_BYTES
    assert SIZE.unpack_from(replies.getvalue()) == (400, 200)
    assert not any(replies.getvalue()[REPLY_BYTES:])
    assert SIZE.size + 3 * SIDE**2 == REPLY_BYTES


def test_a_very_long_picture_still_fits(tmp_path):
    Image.new("RGB", (20, 4000), "red").save(tmp_path / "long.png")
    assert SIZE.unpack_from(squeezed((tmp_path / "long.png").read_bytes())) == (20, 4000)
    with Thumbnailer(blurred=False) as thumbnailer:
        assert thumbnailer.thumbnail(tmp_path / "long.png").size == (HEIGHT // 4, HEIGHT)
