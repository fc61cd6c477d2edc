"""Which parts of a picture are judged beside the whole."""

import numpy as np
import pytest
from PIL import Image
from traps import benign, grainy, put_together, strip

from geacc_proxy.images.panels import panels
from geacc_proxy.images.parts import may_have_parts, parts_of


@pytest.mark.parametrize("across", [2, 3, 4])
@pytest.mark.parametrize("gap", [0, 8, 14, 40])
def test_the_malign_cell_of_a_mosaic_is_cut_out(across: int, gap: int) -> None:
    width, height = 1680 // across, 1260 // across
    wanted = (width + gap // 2, height + gap // 2, 2 * width - gap // 2, 2 * height - gap // 2)
    pieces = panels(put_together(across, (1, 1), gap), 64)
    nearest = min(max(abs(a - b) for a, b in zip(piece, wanted, strict=True)) for piece in pieces)
    assert nearest <= 2


def test_a_picture_of_one_piece_is_not_cut() -> None:
    shades = np.linspace(40, 200, 1600 * 1200).reshape(1200, 1600).astype(np.uint8)
    assert panels(grainy(Image.fromarray(shades).convert("RGB")), 16) == []


def test_of_many_pieces_as_many_as_may_be_are_taken_from_all_over() -> None:
    pieces = panels(put_together(4, (0, 0), 14), 5)
    assert len(pieces) == 5
    assert min(piece.top for piece in pieces) < 400
    assert max(piece.bottom for piece in pieces) > 900


def test_parts_are_looked_for_in_strips_and_in_large_pictures_only() -> None:
    assert not may_have_parts(1000, 1000, 16, 256)
    assert may_have_parts(1500, 1001, 16, 256)
    assert may_have_parts(300, 100, 16, 256)
    assert not may_have_parts(300, 16, 16, 256)  # screenfuls that are tiny
    assert not may_have_parts(3000, 3000, 1, 256)


def test_a_strip_of_one_piece_is_seen_by_screenfuls() -> None:
    boxes, count = parts_of(grainy(Image.new("RGB", (200, 900), (90, 120, 60))), 16)
    assert len(boxes) == 8
    assert count == 5


def test_a_strip_put_together_is_seen_by_its_pieces_and_never_more_than_allowed() -> None:
    image = strip(7, 3)
    for limit in (2, 5, 16):
        boxes, count = parts_of(image, limit)
        assert 2 <= len(boxes) <= limit
        assert count >= 2


def test_nothing_of_a_plain_drawing_is_a_part() -> None:
    assert parts_of(grainy(benign((1600, 1200))), 16)[0] == []


@pytest.mark.parametrize("shade", ["white", "#202020"])
@pytest.mark.parametrize("place", [(0, 0), (137, 901), (1400, 1100)])
def test_what_lies_on_an_empty_page_is_cut_out(shade: str, place: tuple[int, int]) -> None:
    page = Image.new("RGB", (2000, 1600), shade)
    page.paste(grainy(benign((600, 500))), place)
    [piece] = panels(page, 16)
    wanted = (*place, place[0] + 600, place[1] + 500)
    assert max(abs(a - b) for a, b in zip(piece, wanted, strict=True)) <= 4


def test_pictures_that_lie_far_apart_on_an_empty_page_are_cut_out_one_by_one() -> None:
    page = Image.new("RGB", (2400, 2000), "white")
    for left, top in ((100, 200), (1500, 300), (200, 1300)):
        page.paste(grainy(benign((600, 500))), (left, top))
    assert len(panels(page, 16)) == 3
