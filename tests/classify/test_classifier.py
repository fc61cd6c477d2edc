"""Known already, or computed once however many ask."""

import asyncio
import io

import pytest
from PIL import Image

from geacc_proxy.classify.cache import VerdictCache
from geacc_proxy.classify.classifier import Classifier
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.manner import Manner
from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged, Verdict


def _jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "JPEG")
    return file.getvalue()


JPEG = _jpeg(1, 1)
SCORES = Scores(Picture("png", 1, 1), "m@1", 0.25, (("neutral", 0.75), ("porn", 0.25)))


class CountingJudge:
    """Answers `verdict` after `seconds`, and counts."""

    def __init__(self, verdict: Verdict = SCORES, seconds: float = 0.01) -> None:
        self.verdict = verdict
        self.seconds = seconds
        self.calls: list[tuple[bytes, str]] = []
        self.drawing: bytes | None = JPEG
        self.drawings: list[tuple[bytes, str, Manner]] = []

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        self.calls.append((body, content_type))
        await asyncio.sleep(self.seconds)
        return self.verdict

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        self.drawings.append((body, content_type, manner))
        await asyncio.sleep(self.seconds)
        return self.drawing


async def test_many_who_ask_at_once_share_one_computation() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    answers = await asyncio.gather(*(classifier.classify(b"same") for _ in range(50)))
    assert len(judge.calls) == 1
    assert {answer.verdict for answer in answers} == {SCORES}


async def test_what_was_judged_is_known() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    first, second = await classifier.classify(b"a"), await classifier.classify(b"a")
    assert (first.cached, second.cached) == (False, True)
    assert first.digest == second.digest
    assert len(first.digest) == 32
    statistics = classifier.cache.statistics
    assert (statistics.hits, statistics.misses) == (1, 1)


async def test_the_cache_is_bounded_by_count() -> None:
    classifier = Classifier(CountingJudge(seconds=0), Caps(), cache=VerdictCache(3))
    for number in range(10):
        await classifier.classify(bytes([number]))
    assert len(classifier.cache) == 3


async def test_the_same_bytes_are_judged_again_as_svg() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a", "text/plain")
    await classifier.classify(b"a", "image/svg+xml")
    assert [content_type for _, content_type in judge.calls] == ["text/plain", "image/svg+xml"]


async def test_one_who_loses_patience_hides_and_the_result_is_kept_for_the_next() -> None:
    judge = CountingJudge(seconds=0.2)
    classifier = Classifier(judge, Caps(), patience=0.05)
    first = await classifier.classify(b"a")
    assert isinstance(first.verdict, Unjudged)
    assert first.verdict.failure is Failure.TIMED_OUT
    await asyncio.sleep(0.3)
    assert (await classifier.classify(b"a")).verdict is SCORES
    assert len(judge.calls) == 1


async def test_a_body_beyond_the_cap_is_not_sent_to_a_worker() -> None:
    judge = CountingJudge()
    found = await Classifier(judge, Caps(bytes=10)).classify(b"x" * 11)
    assert isinstance(found.verdict, Unjudged)
    assert found.verdict.failure is Failure.TOO_LARGE
    assert judge.calls == []


@pytest.mark.parametrize("failure", list(Failure))
async def test_a_failure_is_remembered(failure: Failure) -> None:
    judge = CountingJudge(Unjudged(failure))
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a")
    assert (await classifier.classify(b"a")).cached
    assert len(judge.calls) == 1


async def test_a_verdict_is_known_by_digest_without_work() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    found = await classifier.classify(b"a", "image/png")
    assert classifier.known(found.digest, "image/webp") == SCORES
    assert classifier.known(found.digest, "image/svg+xml") is None
    assert classifier.known("0" * 32, "image/png") is None
    assert len(judge.calls) == 1


async def test_many_who_want_the_same_drawn_at_once_share_one_drawing() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    drawn = await asyncio.gather(*(classifier.depict(b"same", "image/png", Manner.BLUR) for _ in range(50)))
    assert set(drawn) == {JPEG}
    assert judge.drawings == [(b"same", "image/png", Manner.BLUR)]


async def test_what_was_drawn_is_known_by_body_and_manner() -> None:
    judge = CountingJudge(seconds=0)
    classifier = Classifier(judge, Caps())
    for _ in range(3):
        for body, manner in ((b"a", Manner.BLUR), (b"a", Manner.THUMBNAIL), (b"b", Manner.BLUR)):
            assert await classifier.depict(body, "", manner) == JPEG
    assert len(judge.drawings) == 3


async def test_what_was_drawn_is_remembered_up_to_some_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geacc_proxy.classify.classifier.DRAWN_BYTES", 2 * len(JPEG))
    judge = CountingJudge(seconds=0)
    classifier = Classifier(judge, Caps())
    for number in (0, 1, 2, 2, 0):
        await classifier.depict(bytes([number]), "", Manner.BLUR)
    assert [body[0] for body, *_ in judge.drawings] == [0, 1, 2, 0]


async def test_what_could_not_be_drawn_is_tried_again() -> None:
    judge = CountingJudge(seconds=0)
    judge.drawing = None
    classifier = Classifier(judge, Caps())
    assert await classifier.depict(b"a", "", Manner.BLUR) is None
    judge.drawing = JPEG
    assert await classifier.depict(b"a", "", Manner.BLUR) == JPEG


@pytest.mark.parametrize("failure", list(Failure))
async def test_what_could_not_be_judged_is_not_drawn(failure: Failure) -> None:
    judge = CountingJudge(Unjudged(failure))
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a", "image/png")
    assert await classifier.depict(b"a", "image/png", Manner.BLUR) is None
    assert judge.drawings == []


async def test_a_body_beyond_the_cap_is_not_drawn() -> None:
    judge = CountingJudge()
    assert await Classifier(judge, Caps(bytes=10)).depict(b"x" * 11, "", Manner.BLUR) is None
    assert judge.drawings == []


@pytest.mark.parametrize(("drawing", "expected"), [(JPEG, JPEG), (_jpeg(2, 1), None)])
async def test_a_drawing_of_another_size_than_the_judged_picture_is_none(
    drawing: bytes, expected: bytes | None
) -> None:
    judge = CountingJudge()
    judge.drawing = drawing
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a")
    assert await classifier.depict(b"a", "", Manner.BLUR) == expected


async def test_one_who_loses_patience_gets_no_drawing_and_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geacc_proxy.classify.classifier.DRAWING_SECONDS", 0.05)
    judge = CountingJudge(seconds=0.2)
    classifier = Classifier(judge, Caps())
    assert await classifier.depict(b"a", "", Manner.BLUR) is None
    await asyncio.sleep(0.3)
    assert await classifier.depict(b"a", "", Manner.BLUR) == JPEG
    assert len(judge.drawings) == 1
