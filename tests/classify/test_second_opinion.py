"""What becomes of pictures that the quick model is in doubt of."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from geacc_proxy.classify.judging import ModelJudge
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.images.caps import Caps
from geacc_proxy.models.card import SecondOpinion
from geacc_proxy.models.registry import InstalledModel, find
from geacc_proxy.verdict import Failure, Scores, Unjudged

MALIGN = (Path(__file__).parents[1] / "data" / "malign-synthetic-1.png").read_bytes()


def grey() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (200, 200), (128, 128, 128)).save(file, "PNG")
    return file.getvalue()


def pair(low: float, high: float) -> InstalledModel:
    """The embedded model, which in doubt asks one that says the opposite: malign is what is drawn or neutral."""
    model = find("embedded")
    contrary = replace(model.card, name="contrary", malign_labels=("drawing", "neutral"))
    quick = replace(model.card, second=SecondOpinion("contrary", (low, high)))
    return InstalledModel(quick, model.path, InstalledModel(contrary, model.path))


@pytest.fixture(scope="module")
def judge() -> Callable[[float, float, bytes], Scores]:
    def judged(low: float, high: float, body: bytes) -> Scores:
        verdict = ModelJudge(pair(low, high), Caps()).verdict(body, "")
        assert isinstance(verdict, Scores)
        return verdict

    return judged


Judge = Callable[[float, float, bytes], Scores]


def test_in_doubt_the_second_model_has_the_last_word_and_both_scores_are_kept(judge: Judge) -> None:
    verdict = judge(0.9, 1.0, MALIGN)
    (first, sure), (second, contrary) = verdict.opinions
    assert (first, second) == ("nsfwjs-mobilenet_v2@4.4.0", "contrary@4.4.0")
    assert sure > 0.99
    assert contrary < 0.01
    assert verdict.malign == contrary


def test_the_second_model_can_find_malign_what_the_first_does_not(judge: Judge) -> None:
    assert judge(0.0, 0.5, grey()).malign > 0.5


def test_outside_the_band_the_second_model_is_not_asked(judge: Judge) -> None:
    for low, high, body in ((0.1, 0.9, MALIGN), (0.9, 1.0, grey())):
        verdict = judge(low, high, body)
        assert verdict.opinions == ()
        assert verdict == replace(judge(0.999999, 1.0, body), decode_ms=verdict.decode_ms, model_ms=verdict.model_ms)


def test_the_ends_of_the_band_are_within_it(judge: Judge) -> None:
    score = judge(0.999999, 1.0, MALIGN).malign
    assert judge(score, 1.0, MALIGN).opinions
    assert judge(0.0, score, MALIGN).opinions


def test_a_picture_that_leaves_no_time_for_the_second_model_has_no_scores() -> None:
    judge = ModelJudge(pair(0.0, 1.0), Caps())
    ask = judge._first.opinion
    judge._first.opinion = lambda *picture: replace(ask(*picture), decode_ms=1e3 * Caps().seconds)  # type: ignore[method-assign]
    file = io.BytesIO()
    frames = [Image.effect_noise((90, 90), sigma) for sigma in range(10, 60, 10)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    verdict = judge.verdict(file.getvalue(), "")
    assert isinstance(verdict, Unjudged)
    assert verdict.failure is Failure.TOO_LARGE


async def test_both_opinions_come_out_of_a_sandboxed_worker() -> None:
    pool = WorkerPool(pair(0.5, 1.0), Caps(), Limits(), workers=1)
    try:
        verdict = await pool.judge(MALIGN, "image/png")
    finally:
        pool.stop()
    assert isinstance(verdict, Scores)
    assert [name for name, _ in verdict.opinions] == ["nsfwjs-mobilenet_v2@4.4.0", "contrary@4.4.0"]
