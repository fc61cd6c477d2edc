"""The pictures and the script that show whether the filter is alive."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from geacc_proxy.onboarding import self_test


def test_both_pictures_are_small_and_of_the_same_size() -> None:
    for content in (self_test.malign(), self_test.benign()):
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "PNG"
            assert picture.size == (self_test.WIDTH, self_test.HEIGHT)
        assert len(content) < 32_000


@pytest.mark.parametrize("name", ["malign", "benign"])
def test_the_facts_are_those_of_the_pictures(name: str) -> None:
    content = {"malign": self_test.malign, "benign": self_test.benign}[name]()
    with Image.open(io.BytesIO(content)) as picture:
        row = picture.convert("RGB").crop((0, 0, 8, 1)).tobytes().hex()

    assert self_test.facts()[f"data-{name}-pixels"].replace(",", "") == row
    assert self_test.facts()[f"data-{name}-length"] == str(len(content))


def test_the_script_has_nothing_that_a_strict_policy_forbids() -> None:
    text = self_test.SCRIPT.read_text("ascii")

    for word in ("eval", "innerHTML", "document.write", "new Function", ".style", "insertAdjacentHTML"):
        assert word not in text
