"""What views say together, and what a judge makes of a body."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.classify.judging import ModelJudge, weighed
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Failure, Scores, Unjudged

MALIGN = Image.open(Path(__file__).parents[1] / "data" / "malign-synthetic-1.png").convert("RGB")


@pytest.fixture(scope="module")
def judge() -> ModelJudge:
    return ModelJudge(registry.find(None), Caps())


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_whole_view_counts_as_it_is() -> None:
    assert weighed(np.array([0.0, 0.4, 1.0]), np.array([0, 0, 0])).tolist() == [0.0, 0.4, 1.0]


def test_a_part_must_be_surer_the_more_parts_there_are() -> None:
    few, many = weighed(np.array([0.95, 0.95]), np.array([4, 16]))
    assert 0 <= many < few < 0.95


def test_a_part_that_is_certain_is_certain_among_any_number() -> None:
    assert weighed(np.array([1.0, 1.0]), np.array([2, 50])).tolist() == [1.0, 1.0]


def test_the_worst_view_counts_and_its_labels_are_told(judge: ModelJudge) -> None:
    sheet = Image.new("RGB", (1600, 1200), (200, 220, 240))
    sheet.paste(Image.new("RGB", (800, 600), (40, 90, 50)), (0, 0))
    sheet.paste(Image.new("RGB", (800, 600), (90, 60, 50)), (800, 600))
    sheet.paste(MALIGN.resize((800, 600)), (800, 0))
    verdict = judge.verdict(png(sheet), "")
    assert isinstance(verdict, Scores)
    assert verdict.frames > 1
    labels = dict(verdict.labels)
    part = sum(labels[name] for name in judge.card.malign_labels)
    assert 0.9 < verdict.malign <= part <= 1 + 1e-6


def test_a_body_without_scores_says_why(judge: ModelJudge) -> None:
    verdict = judge.verdict(png(Image.new("RGB", (5, 5))), "")
    assert verdict == Unjudged(Failure.TINY, "5×5", verdict.picture)
    assert (verdict.picture.width, verdict.picture.height) == (5, 5)


def test_what_a_picture_looks_like_is_told_of_its_first_whole_view(judge: ModelJudge) -> None:
    frames = [MALIGN.resize((240, 160)), *(Image.new("RGB", (240, 160), (shade, 0, 0)) for shade in (50, 250))]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], quality=90)
    still, moving = judge.verdict(png(MALIGN), ""), judge.verdict(file.getvalue(), "")
    assert isinstance(still, Scores)
    assert isinstance(moving, Scores)
    assert moving.frames > 1
    assert still.likeness is not None
    assert moving.likeness is not None
    assert (still.likeness ^ moving.likeness).bit_count() <= 6


def test_what_has_no_structure_looks_like_nothing_else(judge: ModelJudge) -> None:
    verdict = judge.verdict(png(Image.new("RGB", (90, 90), (9, 90, 120))), "")
    assert isinstance(verdict, Scores)
    assert verdict.likeness is None
