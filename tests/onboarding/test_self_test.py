"""The pictures that show whether the filter is alive."""

from __future__ import annotations

import io

from PIL import Image

from geacc_proxy.onboarding import self_test


def test_both_pictures_are_small_and_of_the_same_size() -> None:
    for content in (self_test.malign(), self_test.benign()):
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "PNG"
            assert picture.size == (self_test.WIDTH, self_test.HEIGHT)
        assert len(content) < 32_000


def test_the_pictures_differ() -> None:
    assert self_test.malign() != self_test.benign()
